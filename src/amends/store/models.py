"""The rows, their constraints and their indexes; an index says which read needs it.

Only `store` and `desk` import this module. Stored values are lower snake text and keep their name for ever.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils import timezone

from amends.core.case import Cause, Closing, Kind, Severity, Status
from amends.core.mention import Change, Visibility


def _choices(enum: Iterable[StrEnum]) -> list[tuple[str, str]]:
    return [(each.value, each.value) for each in enum]


class Role(models.TextChoices):
    ADMIN = "admin"
    LEAD = "lead"
    AGENT = "agent"
    READ_ONLY = "read_only"


class AgentManager(BaseUserManager["Agent"]):
    def create_agent(self, email: str, *, name: str, role: str, password: str | None = None) -> Agent:
        agent = self.model(email=self.normalize_email(email).lower(), name=name, role=role)
        agent.set_password(password)
        agent.save()
        return agent


class Agent(AbstractBaseUser):
    """A person of ours at the desk."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=120)
    role = models.CharField(max_length=16, choices=Role.choices, default=Role.AGENT)
    language = models.CharField(max_length=8, blank=True, default="")
    theme = models.CharField(max_length=8, blank=True, default="")
    has_keys = models.BooleanField(default=True)
    """Single-key shortcuts are on (WCAG 2.1.4 asks for an off switch)."""
    is_active = models.BooleanField(default=True)
    joined_at = models.DateTimeField(default=timezone.now)
    introduced_as = models.CharField(max_length=120, blank=True, default="")
    """The name and the work that customers read when this person takes over: “Camille, billing”. Empty: the first name."""
    resting_until = models.DateTimeField(null=True)
    """On a break from harsh words (A7): nothing of that kind is proposed to them until then."""
    shows_harsh = models.BooleanField(default=False)
    """Harsh words are shown to them without asking (A7); what they read is counted all the same."""

    objects = AgentManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    def __str__(self) -> str:
        return self.name


class SignInLink(models.Model):
    """A link that signs in once: printed by `amends up`, or sent as an invitation. Only its digest is kept."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=16)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class ApiKey(models.Model):
    """A key for the API; only its digest is kept."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE)
    name = models.CharField(max_length=120)
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class IdempotentRequest(models.Model):
    """What the API answered to a request with an `Idempotency-Key`, written in one transaction with what it did."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE)
    key = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    """SHA-256 (hex) of method, path and body: the key belongs to this request and to no other."""
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(null=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # The same request sent twice is done once.
            models.UniqueConstraint(fields=["agent", "key"], name="one_answer_per_idempotency_key")
        ]
        indexes = [
            # requests.forget
            models.Index(fields=["at"], name="idempotent_request_by_age"),
        ]


class Organisation(models.Model):
    """The one organisation of this desk, and what it set."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    brand = models.CharField(max_length=120, blank=True, default="")
    languages = models.JSONField(default=list)
    undo_seconds = models.PositiveIntegerField(null=True)
    contacts = models.JSONField(default=list)
    """Addresses, telephone numbers and links of ours that may be said in public."""
    hours = models.JSONField(default=dict)
    """{"zone": "Europe/Paris", "days": {"0": [["09:00", "18:00"]]}}; empty: always."""
    cooldown_minutes = models.PositiveIntegerField(default=10)
    """How long a heated draft rests (A6); 0: it does not."""
    rest_after = models.PositiveIntegerField(default=8)
    """After how many harsh posts in two hours a break is offered (A7); 0: never."""
    admission = models.CharField(max_length=12, default="when_known")
    """Whether a reply may say that we erred (A10): never, when_known (a warning), free."""
    four_eyes = models.JSONField(default=dict)
    """When a second person must say yes: {"new_days": 14, "severities": ["critical"], "amount": 50}; empty: never."""
    banned_words = models.JSONField(default=list)
    """Words that the brand does not use in public."""
    is_example = models.BooleanField(default=False)
    set_up_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_organisation")]


class WatchTerm(models.Model):
    """What we look for."""

    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=16, default="name")
    is_fuzzy = models.BooleanField(default=True)
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "kind"], name="one_row_per_watch_term")]


class SourceState(models.TextChoices):
    ACTIVE = "active"
    PAUSED = "paused"
    NEEDS_ATTENTION = "needs_attention"
    DONE = "done"
    """Read to its end (an imported file)."""


class Source(models.Model):
    """One account, search, feed, stream or file that we read, and write to where the network allows."""

    connector = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    settings = models.JSONField(default=dict)
    secrets = models.TextField(blank=True, default="")
    """The secret settings, encrypted with a key that lies outside the database."""
    cursor = models.TextField(blank=True, default="")
    state = models.CharField(max_length=20, choices=SourceState.choices, default=SourceState.ACTIVE)
    problem = models.JSONField(null=True)
    """A `Said`: what a person must do, or why it waits."""
    failures = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(default=timezone.now)
    next_fetch_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(null=True)
    """When it last gave something."""
    gaps = models.JSONField(default=list)
    progress = models.JSONField(default=dict)
    takes_everything = models.BooleanField(default=False)
    """What comes from it concerns us by itself (an import, a feed of our own name): no word needs to match."""
    leased_until = models.DateTimeField(null=True)
    limits = models.JSONField(default=dict)
    """What the account's server allows in one post, as its connector's `limits` gives it; empty: as the traits say."""
    limits_at = models.DateTimeField(null=True)
    """When it was asked last."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connector", "name"], name="one_source_per_name")]

    def __str__(self) -> str:
        return self.name


class Capture(models.Model):
    """One delivery of a source: the exact bytes, durable before anything tries to understand them."""

    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    raw = models.BinaryField()
    media_type = models.CharField(max_length=120)
    url = models.TextField(blank=True, default="")
    digest = models.CharField(max_length=64)
    fetched_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)


class Author(models.Model):
    """The outside person who wrote it."""

    network = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=500)
    handle = models.CharField(max_length=300)
    name = models.CharField(max_length=300, blank=True, default="")
    first_seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "remote_id"], name="one_author_per_remote_id")
        ]
        indexes = [
            # strangers.foreign_in: whether a name in a draft is another customer's
            models.Index(fields=["handle"], name="author_by_handle"),
            models.Index(fields=["name"], name="author_by_name"),
        ]

    def __str__(self) -> str:
        return self.name or self.handle


class Case(models.Model):
    """Our work on one matter with one author."""

    author = models.ForeignKey(Author, on_delete=models.PROTECT)
    title = models.CharField(max_length=200)
    network = models.CharField(max_length=40)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    status = models.CharField(max_length=16, choices=_choices(Status), default=Status.NEW)
    kind = models.CharField(max_length=16, choices=_choices(Kind))
    severity = models.CharField(max_length=16, choices=_choices(Severity))
    severity_rank = models.PositiveSmallIntegerField(default=0)
    cause = models.CharField(max_length=16, choices=_choices(Cause), default=Cause.UNKNOWN)
    topic = models.CharField(max_length=60, blank=True, default="")
    language = models.CharField(max_length=8, default="und")
    abuse = models.CharField(max_length=16, default="none")
    owner = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="cases")
    opened_at = models.DateTimeField()
    last_author_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    first_answer_at = models.DateTimeField(null=True)
    last_answer_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    """When the clock that runs now runs out: the first or next answer, or a promise. None: no clock runs."""
    due_for = models.CharField(max_length=20, blank=True, default="")
    """Which clock: first_answer, next_answer, promise, asked."""
    breached_at = models.DateTimeField(null=True)
    snoozed_until = models.DateTimeField(null=True)
    asked_satisfied_at = models.DateTimeField(null=True)
    is_satisfied = models.BooleanField(null=True)
    last_offer_at = models.DateTimeField(null=True)
    closing = models.CharField(max_length=20, choices=_choices(Closing), blank=True, default="")
    closing_reason = models.TextField(blank=True, default="")
    closed_at = models.DateTimeField(null=True)
    reopened = models.PositiveIntegerField(default=0)
    policy_digest = models.CharField(max_length=64, blank=True, default="")
    playbook = models.PositiveIntegerField(default=0)
    """The number of the `PlaybookVersion` in force when the case was opened; 0: the plays as shipped."""
    wanted = models.CharField(max_length=500, blank=True, default="")
    """What the customer asked for, in a person's words (M8)."""
    was_done = models.CharField(max_length=500, blank=True, default="")
    """What was done about it (M8)."""
    muted_at = models.DateTimeField(null=True)
    """Not answered, by decision (W6): what its author writes is kept and read by the desk, and calls nobody."""
    keywords = models.JSONField(default=list)
    """The words that make it like other cases (K1)."""
    search_text = models.TextField(blank=True, default="")
    """Folded text of everything said, for the search box."""

    class Meta:
        indexes = [
            # queries.queue: live cases, due first
            models.Index(
                fields=["due_at", "-severity_rank", "id"], name="case_queue", condition=Q(closed_at=None)
            ),
            # queries.queue of one agent; queries.counts reads it alone (with `closed_at` in it, SQLite need not look at
            # the rows: 2 ms instead of 20 with ten thousand open cases)
            models.Index(
                fields=["owner", "due_at", "status", "kind", "snoozed_until", "closed_at"],
                name="case_queue_of_owner",
                condition=Q(closed_at=None),
            ),
            # queries.like_pool
            models.Index(fields=["-opened_at"], name="case_by_age"),
            # timers.breaches: those that were told of already are passed over
            models.Index(fields=["status", "breached_at", "due_at"], name="case_by_status"),
            # queries.changes_since, once a second while a page is open
            models.Index(fields=["-changed_at"], name="case_by_change"),
            # timers.snoozes, four times a second
            models.Index(
                fields=["snoozed_until"], name="case_snoozed", condition=Q(snoozed_until__isnull=False)
            ),
            # queries.queue "closed", and what queries.plan_page says of the last day
            models.Index(
                fields=["-closed_at", "-id"], name="case_closed", condition=Q(closed_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.title}"


class Mention(models.Model):
    """One message to us or about us, as it stands now; `Version` keeps every state of it."""

    network = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=1000)
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    capture = models.ForeignKey(Capture, null=True, on_delete=models.PROTECT)
    author = models.ForeignKey(Author, on_delete=models.PROTECT)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="mentions")
    text = models.TextField()
    title = models.TextField(blank=True, default="")
    url = models.TextField(blank=True, default="")
    thread_id = models.CharField(max_length=1000, blank=True, default="")
    in_reply_to = models.CharField(max_length=1000, blank=True, default="")
    revision = models.CharField(max_length=500, blank=True, default="")
    visibility = models.CharField(max_length=12, choices=_choices(Visibility), default=Visibility.PUBLIC)
    is_ours = models.BooleanField(default=False)
    is_bystander = models.BooleanField(default=False)
    """Written by somebody else in the thread of the case: context, not the author's word."""
    posted_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField()
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    match = models.JSONField(default=dict)
    """{"reasons": [Said…], "terms": […], "is_direct": bool}"""
    judgement = models.JSONField(null=True)
    """The latest `Judgement`, as its `as_json` gives it: a page shows it without a further query."""

    class Meta:
        constraints = [
            # Reading the same delivery again must be harmless.
            models.UniqueConstraint(fields=["network", "remote_id"], name="one_mention_per_remote_id"),
        ]
        indexes = [
            # intake: which case a thread belongs to
            models.Index(fields=["network", "thread_id"], name="mention_by_thread"),
            # queries.case_thread
            models.Index(fields=["case", "id"], name="mention_by_case"),
        ]


class Leaf(models.Model):
    """One entry of the append-only evidence log (RFC 6962). Holds no personal data; never updated or deleted."""

    index = models.PositiveBigIntegerField(primary_key=True)
    data = models.TextField()
    hash = models.CharField(max_length=64)


class LogHead(models.Model):
    """The tree's head: size, root, and the roots of its complete subtrees, from the left."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    size = models.PositiveBigIntegerField(default=0)
    root = models.CharField(max_length=64)
    frontier = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_log_head")]


class Evidence(models.Model):
    """The kept bytes of one thing that was seen or done, and its leaf."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20)
    """said, edited, deleted, sent"""
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="evidence")
    raw = models.BinaryField()
    canonical = models.TextField()
    digest = models.CharField(max_length=64)
    """SHA-256 (hex) of `raw`."""
    salt = models.BinaryField()
    leaf = models.OneToOneField(Leaf, on_delete=models.PROTECT)
    seen_at = models.DateTimeField()


class Version(models.Model):
    """One state of a mention: as first said, as edited, or gone."""

    mention = models.ForeignKey(Mention, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    change = models.CharField(max_length=10, choices=_choices(Change))
    text = models.TextField()
    revision = models.CharField(max_length=500, blank=True, default="")
    seen_at = models.DateTimeField()
    evidence = models.OneToOneField(Evidence, on_delete=models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["mention", "number"], name="one_version_per_number")]


class Judgement(models.Model):
    """What a mention was judged to be, by the rules or by a person; the latest counts."""

    mention = models.ForeignKey(Mention, on_delete=models.CASCADE, related_name="judgements")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    """None: the rules."""
    at = models.DateTimeField()
    kind = models.CharField(max_length=16)
    severity = models.CharField(max_length=16)
    cause = models.CharField(max_length=16)
    topic = models.CharField(max_length=60, blank=True, default="")
    language = models.CharField(max_length=8, default="und")
    details = models.JSONField(default=dict)
    """sentiment, anger, abuse, wants, confidence, words"""
    reasons = models.JSONField(default=list)

    def as_json(self) -> dict[str, Any]:
        """What its mention keeps of it. Whoever writes a judgement writes this, too."""
        names = ("kind", "severity", "cause", "topic", "language", "details", "reasons")
        return {name: getattr(self, name) for name in names} | {
            "at": self.at.isoformat(),
            "by": {"id": self.by.pk, "name": self.by.name} if self.by else None,
        }


class Quarantined(models.Model):
    """What could not be understood: kept, shown, and tried again when somebody asks."""

    capture = models.ForeignKey(Capture, on_delete=models.PROTECT)
    position = models.PositiveIntegerField()
    raw = models.BinaryField()
    where = models.CharField(max_length=300)
    why = models.JSONField()
    state = models.CharField(max_length=12, default="waiting")
    """waiting, read (after a retry), set_aside (by a person)"""
    found_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["capture", "position"], name="one_quarantine_per_place")
        ]


class CaseEvent(models.Model):
    """The trail: what happened to a case, past tense, by whom."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=40)
    actor = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    """None: the desk itself."""
    at = models.DateTimeField()
    data = models.JSONField(default=dict)
    note = models.ForeignKey("Note", null=True, on_delete=models.SET_NULL, related_name="+")
    promise = models.ForeignKey("Promise", null=True, on_delete=models.SET_NULL, related_name="+")
    """What the event tells of: a page reads notes and promises with the trail, in one query."""

    class Meta:
        indexes = [
            # queries.case_page
            models.Index(fields=["case", "id"], name="event_by_case")
        ]


class Note(models.Model):
    """An internal word. Never leaves the desk."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    text = models.TextField()
    at = models.DateTimeField()


class Draft(models.Model):
    """What an agent is writing: kept on the server, so that it survives a closed tab and another device."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="drafts")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE)
    mode = models.CharField(max_length=12)
    """reply, direct, note"""
    text = models.TextField()
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "agent", "mode"], name="one_draft_per_agent_and_mode")
        ]


class OutboxEntry(models.Model):
    """A reply that was approved, and what became of it. Its states and their order: `reply/outbox.py`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="outbox")
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=16, default="reply")
    """reply, ask_satisfied, last_offer"""
    text = models.TextField()
    in_reply_to = models.CharField(max_length=1000)
    thread_id = models.CharField(max_length=1000, blank=True, default="")
    parent_revision = models.CharField(max_length=500, blank=True, default="")
    visibility = models.CharField(max_length=12, choices=_choices(Visibility), default=Visibility.PUBLIC)
    language = models.CharField(max_length=8, blank=True, default="")
    body_digest = models.CharField(max_length=64)
    """`reply.outbox.body_digest`: what was approved is what is sent."""
    key = models.CharField(max_length=100, unique=True)
    status = models.CharField(max_length=12, default="approved")
    written_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    """Whose words they are; the same as `approved_by` where nobody else had to say yes."""
    approved_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    approved_at = models.DateTimeField()
    send_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    problem = models.JSONField(null=True)
    remote_id = models.CharField(max_length=1000, blank=True, default="")
    url = models.TextField(blank=True, default="")
    sent_at = models.DateTimeField(null=True)
    scheduled_at = models.DateTimeField(null=True)
    """When somebody wished it to leave; None: as soon as it can no longer be undone."""
    part = models.PositiveSmallIntegerField(default=1)
    parts = models.PositiveSmallIntegerField(default=1)
    """A long reply is several posts; the second waits for the first, and so on."""
    first = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="later_parts")
    """The first part; None: this is it."""
    follows = models.BooleanField(default=False)
    """It answers the part before it; False: it answers the customer's post, as the private half of a public line does."""
    whole = models.TextField(blank=True, default="")
    """What was written, before it was split into parts; kept with the first part of each message."""
    media = models.JSONField(default=list)
    """What goes with it: [{"attachment": 1, "digest": "…", "alt": "…"}]."""
    removed_at = models.DateTimeField(null=True)
    """We took it off the network."""
    let_go_at = models.DateTimeField(null=True)
    """A person let it go although many were alike."""

    class Meta:
        constraints = [
            # Two agents, two tabs or a double click must not answer one case twice.
            models.UniqueConstraint(
                fields=["case", "part"],
                condition=Q(status__in=("approved", "sending", "unsure", "by_hand", "waiting", "held")),
                name="one_reply_under_way_per_case_and_part",
            )
        ]
        indexes = [
            # sender.claim and the page of replies that need a hand
            models.Index(fields=["status", "send_at"], name="outbox_by_status"),
            # intake: an answer to a post of ours
            models.Index(fields=["remote_id"], name="outbox_by_remote_id"),
        ]


class Promise(models.Model):
    """Something that we said we would do, with a due time (M1)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="promises")
    text = models.CharField(max_length=300)
    made_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True)
    broken_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        indexes = [
            # timers.promises, queries.promises
            models.Index(
                fields=["due_at"], name="promise_open_by_due", condition=Q(kept_at=None, withdrawn_at=None)
            ),
        ]


class Notice(models.Model):
    """Something that an agent should hear of; without an agent: everybody."""

    agent = models.ForeignKey(Agent, null=True, on_delete=models.CASCADE)
    case = models.ForeignKey(Case, null=True, on_delete=models.CASCADE)
    text = models.JSONField()
    level = models.CharField(max_length=8, default="info")
    """info, warn, loud"""
    at = models.DateTimeField()
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["agent", "-at"], name="notice_by_agent", condition=Q(read_at=None))]


class Task(models.Model):
    """Work passed between processes by the embedded stream (`stream/embedded.py`)."""

    topic = models.CharField(max_length=40)
    payload = models.JSONField()
    ready_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True)
    lease = models.CharField(max_length=40, blank=True, default="")
    attempts = models.PositiveIntegerField(default=0)
    dead_at = models.DateTimeField(null=True)
    problem = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            # embedded.take
            models.Index(fields=["topic", "ready_at"], name="task_ready", condition=Q(dead_at=None)),
        ]


class Heartbeat(models.Model):
    """When a process was last alive, and what it says of itself."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()
    data = models.JSONField(default=dict)


class CorrectedText(models.Model):
    """What people corrected of a post: it holds at once for posts that say nearly the same (`desk/teaching.py`)."""

    mention = models.OneToOneField(Mention, on_delete=models.CASCADE, related_name="corrected")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    fields = models.JSONField(default=dict)
    """Only what a person corrected: {"kind": "complaint", …}"""
    judged = models.JSONField(default=dict)
    """What the desk had said: kind, abuse, severity, topic, version."""

    class Meta:
        indexes = [
            # queries.quality_page, training: newest first
            models.Index(fields=["-at"], name="corrected_by_age"),
        ]


class CorrectedKey(models.Model):
    """By which corrected posts are found: near-identical ones have one in common (`triage/taught.py`)."""

    corrected = models.ForeignKey(CorrectedText, on_delete=models.CASCADE, related_name="keys")
    key = models.BigIntegerField()

    class Meta:
        constraints = [
            # teaching.Taught: once a page of posts
            models.UniqueConstraint(fields=["key", "corrected"], name="one_row_per_key_and_corrected_text")
        ]


class Sampled(models.Model):
    """A post of ours that was drawn to be labelled by two people, and what they made of it."""

    mention = models.OneToOneField(Mention, on_delete=models.CASCADE, related_name="sampled")
    is_random = models.BooleanField()
    """Drawn by chance: it counts for the base rate. False: drawn because the desk was unsure."""
    drawn_at = models.DateTimeField()
    judged = models.JSONField(default=dict)
    """What the desk had said then: kind, abuse, severity, topic, version."""
    language = models.CharField(max_length=8, default="und")
    given = models.PositiveSmallIntegerField(default=0)
    """How many labels it has; two are asked for."""
    kind = models.CharField(max_length=16, blank=True, default="")
    abuse = models.CharField(max_length=16, blank=True, default="")
    """What both said, or what was settled; "": open."""
    settled_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    settled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            # labelling.next_post
            models.Index(fields=["-given", "id"], name="sampled_open", condition=Q(given__lt=2)),
            # queries.labels_page: those to be settled
            models.Index(
                fields=["id"],
                name="sampled_to_settle",
                condition=Q(given__gte=2) & (Q(kind="") | Q(abuse="")),
            ),
        ]

    def people_say(self) -> dict[str, str]:
        """Kind and abuse as settled, as both said, or as the only one said so far; what is open is not in it."""
        if self.given < 2:
            only = [each for each in self.labels.all() if each.kind]
            return {"kind": only[0].kind, "abuse": only[0].abuse} if only else {}
        return {task: said for task, said in (("kind", self.kind), ("abuse", self.abuse)) if said}


class Label(models.Model):
    """What one person says of a post, without having seen what another said."""

    sampled = models.ForeignKey(Sampled, on_delete=models.CASCADE, related_name="labels")
    by = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="labels")
    at = models.DateTimeField()
    kind = models.CharField(max_length=16, blank=True, default="")
    """Empty, and abuse too: skipped."""
    abuse = models.CharField(max_length=16, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["sampled", "by"], name="one_label_per_person_and_post")
        ]
        indexes = [
            # labelling.undo
            models.Index(fields=["by", "-at"], name="label_by_person"),
        ]


class JudgeVersion(models.Model):
    """The desk's own correction of the shipped models, as it was fitted once. Judges only while switched on."""

    number = models.PositiveIntegerField(unique=True)
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    base = models.CharField(max_length=64)
    """The digest of the models that it corrects: with others it is refused."""
    tier = models.CharField(max_length=12)
    counts = models.JSONField(default=dict)
    """By task: posts fitted on, held out, labels, corrections, strength."""
    scores = models.JSONField(default=dict)
    """By task: what the one in force then and this one got on the held-out posts."""
    digest = models.CharField(max_length=64)
    """SHA-256 (hex) of its file."""


class JudgeSwitch(models.Model):
    """Who changed what judges, and when. The newest row says what is in force; none, or no version: the shipped one."""

    version = models.ForeignKey(JudgeVersion, null=True, on_delete=models.PROTECT, related_name="switches")
    before = models.ForeignKey(JudgeVersion, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()


class Attachment(models.Model):
    """An image that goes out with a reply, with the words for those who do not see it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="attachments")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=60)
    data = models.BinaryField()
    digest = models.CharField(max_length=64)
    """SHA-256 (hex) of `data`."""
    alt = models.CharField(max_length=1500, blank=True, default="")
    used_at = models.DateTimeField(null=True)
    """When a reply with it was approved; None: it belongs to a draft."""


class ReplyChange(models.Model):
    """A change to a reply that is public already: edited or taken down, where the network allows it."""

    entry = models.ForeignKey(OutboxEntry, on_delete=models.PROTECT, related_name="changes")
    what = models.CharField(max_length=8)
    """edit, remove"""
    text = models.TextField(blank=True, default="")
    before = models.TextField(blank=True, default="")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField()
    status = models.CharField(max_length=8, default="waiting")
    """waiting, done, failed"""
    next_try_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    problem = models.JSONField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status="waiting"), name="one_change_under_way_per_reply"
            )
        ]
        indexes = [
            # changing.drain
            models.Index(fields=["next_try_at"], name="reply_change_waiting", condition=Q(status="waiting"))
        ]


class Approval(models.Model):
    """A reply that waits for a second person, with exactly what would be sent (four eyes)."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="approvals")
    author = models.ForeignKey(Agent, on_delete=models.PROTECT, related_name="+")
    mode = models.CharField(max_length=12)
    """reply, direct"""
    purpose = models.CharField(max_length=16, default="reply")
    text = models.TextField()
    asked = models.JSONField(default=dict)
    """The rest of what was asked for: a public line, media, a time."""
    in_reply_to = models.CharField(max_length=1000)
    parent_revision = models.CharField(max_length=500, blank=True, default="")
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT)
    digest = models.CharField(max_length=64)
    """SHA-256 (hex) over text, account, parent with its version, visibility and media: another one comes back."""
    grounds = models.JSONField(default=list)
    """Why a second person is asked: [{"ground": "new_agent", "rule": "", "said": Said}]."""
    asked_at = models.DateTimeField()
    state = models.CharField(max_length=12, default="waiting")
    """waiting, approved, returned, withdrawn, overtaken (what it answers has changed)"""
    decided_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_text = models.TextField(blank=True, default="")
    """As the second person let it go; the difference to `text` is shown."""
    reason = models.CharField(max_length=500, blank=True, default="")
    entry = models.OneToOneField(OutboxEntry, null=True, on_delete=models.PROTECT, related_name="approval")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(state="waiting"), name="one_approval_waiting_per_case"
            )
        ]
        indexes = [
            # queries.approvals_waiting
            models.Index(fields=["asked_at"], name="approval_waiting", condition=Q(state="waiting"))
        ]


class CoolDown(models.Model):
    """A heated draft that rests before it may go out (A6), and what became of it."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="cool_downs")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=12)
    text = models.TextField()
    reasons = models.JSONField(default=list)
    calmer = models.TextField(blank=True, default="")
    """The same in calmer words, as it was offered; "": nothing was."""
    started_at = models.DateTimeField()
    until = models.DateTimeField()
    outcome = models.CharField(max_length=12, blank=True, default="")
    """"": it rests still; cancelled, revised, unchanged, lifted"""
    ended_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["case", "agent", "mode"], condition=Q(outcome=""), name="one_cool_down_per_draft"
            )
        ]
        indexes = [
            # cooling.counts
            models.Index(fields=["-started_at"], name="cool_down_by_age")
        ]


class Exposure(models.Model):
    """Harsh words that an agent read at work (A7): seen by that agent alone; the team sees no one's number."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    mention = models.ForeignKey(Mention, on_delete=models.CASCADE, related_name="+")
    abuse = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            # Read again is read once.
            models.UniqueConstraint(fields=["agent", "mention"], name="one_exposure_per_agent_and_post")
        ]
        indexes = [
            # shielding: what an agent read in the last hours
            models.Index(fields=["agent", "-at"], name="exposure_by_agent")
        ]


class Presence(models.Model):
    """Who has a case open now, and what they do there; a row that is not renewed says nothing any more."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="present")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    doing = models.CharField(max_length=8)
    """viewing, typing, idle"""
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "agent"], name="one_presence_per_agent_and_case")
        ]
        indexes = [
            # queries.present, once a second while a page is open
            models.Index(fields=["-at"], name="presence_by_time")
        ]


class Muting(models.Model):
    """A decision not to answer an author any more in one matter (W6), and whether it was taken back."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="mutings")
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    why = models.CharField(max_length=20, default="other")
    """troll, spam, nothing_asked, answered_elsewhere, other (`followup/muted.py`)"""
    reason = models.CharField(max_length=500)
    undone_by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(undone_at=None), name="one_muting_per_case")
        ]


class HouseRule(models.Model):
    """A rule of the house with its reason, as it may be told to a customer (A8). A change is a new row."""

    number = models.PositiveIntegerField()
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    topics = models.JSONField(default=list)
    texts = models.JSONField(default=dict)
    """The rule by language: {"en": "…"}."""
    reasons = models.JSONField(default=dict)
    """Why there is such a rule, by language."""
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    is_retired = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["number", "version"], name="one_house_rule_per_version"),
            models.UniqueConstraint(
                fields=["number"], condition=Q(is_current=True), name="one_current_version_per_house_rule"
            ),
        ]


class WayOut(models.Model):
    """Where a customer can be sent from the public thread (A12): a site, a telephone, a form, with its hours."""

    kind = models.CharField(max_length=12)
    """site, telephone, form, mail, chat, shop"""
    address = models.CharField(max_length=500)
    titles = models.JSONField(default=dict)
    """What it is for, by language."""
    topics = models.JSONField(default=list)
    languages = models.JSONField(default=list)
    """In which it is answered; empty: any."""
    hours = models.JSONField(default=dict)
    """As `Organisation.hours`; empty: always."""
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)


class PlaybookVersion(models.Model):
    """The plays as a desk wrote them. The newest is in force; none: plays.toml. Never changed, so that a case can say
    by which it was judged."""

    number = models.PositiveIntegerField(unique=True)
    text = models.TextField()
    """TOML, as plays.toml; "": back to the shipped ones."""
    why = models.CharField(max_length=300, blank=True, default="")
    by = models.ForeignKey(Agent, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField()


class Proposal(models.Model):
    """A draft that was proposed (by a play, or by a language model), for one case and one agent. Never sent by itself."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="proposals")
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=12)
    """play, model"""
    name = models.CharField(max_length=120, blank=True, default="")
    """The play's, or the model's."""
    text = models.TextField(blank=True, default="")
    problem = models.JSONField(null=True)
    at = models.DateTimeField()
