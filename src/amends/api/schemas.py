"""What answers hold. Moments are ISO 8601 in UTC; ids are integers, of evidence UUIDs."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field


class Reason(BaseModel):
    """A sentence in the reader's language, and the English template with its values."""

    text: str
    template: str
    values: dict[str, str | int]
    plural: str = ""


class FieldProblem(BaseModel):
    field: str
    problem: str


class ProblemShown(BaseModel):
    """RFC 9457: what happened (`title`), and what to do (`detail`)."""

    type: str
    title: str
    status: int
    detail: str
    reasons: list[Reason] = Field([], description="Of a refusal (409): each rule against it.")
    fields: list[FieldProblem] = Field([], description="Of a request that does not fit (422).")


class Person(BaseModel):
    id: int
    name: str


class Colleague(Person):
    role: str
    is_active: bool
    open_cases: int


class Me(Person):
    email: str
    role: str
    language: str
    rights: list[str]


class Author(BaseModel):
    id: int
    network: str
    remote_id: str
    handle: str
    name: str


class QueueCase(BaseModel):
    """One line of the queue."""

    id: int
    title: str
    snippet: str
    author_name: str
    author_handle: str
    network: str
    status: str
    kind: str
    severity: str
    topic: str
    abuse: str
    owner: Person | None
    opened_at: datetime
    changed_at: datetime
    last_author_at: datetime
    due_at: datetime | None
    due_for: str
    snoozed_until: datetime | None
    is_late: bool
    is_deleted: bool
    open_promises: int
    reply_status: str
    muted_at: datetime | None = Field(description="Decided not to answer, and still watched.")
    is_veiled: bool = Field(description="Title and snippet hold harsh words: ask before you show them.")
    veiled_text: str = Field(description="What may be shown at once: their own words without the harsh ones.")


class Queue(BaseModel):
    items: list[QueueCase]
    counts: dict[str, int]
    view: str
    search: str
    after: int | None = Field(description="Give it as `after` for the next page; null: this is the last.")


class Judged(BaseModel):
    """What the rules and the models, or a person, judged a text to be."""

    kind: str
    severity: str
    cause: str
    topic: str
    language: str
    abuse: str
    sentiment: str
    anger: int
    wants: str
    confidence: float
    words: list[list[int]] = Field(description="Spans [start, end) of the text that spoke for it.")
    reasons: list[Reason]
    kind_p: dict[str, float] = Field(
        {}, description="How likely each kind is, together 1. Empty where only the rules judged."
    )
    abuse_p: dict[str, float] = {}
    sentiment_p: dict[str, float] = {}
    emotion: str = Field("", description="anger, sadness, fear, joy, neutral; empty: it was not read.")
    sarcasm: float = Field(0.0, description="How likely the words mean the contrary, 0 to 1.")
    severity_parts: list[str] = Field(
        [], description="safety, self_harm, vulnerable, money, deadline, repeat, legal, threat."
    )
    tier: str = Field("rules", description="Who judged beside the rules: rules (nobody), ngrams or encoder.")
    corrected: list[str] = Field([], description="The fields that a person corrected.")
    by: Person | None = Field(None, description="Null: the rules and the models.")
    at: datetime | None = None


class JudgedText(Judged):
    id: str | int = Field(description="As it was given, else its place in the list.")


class Judgements(BaseModel):
    judgements: list[JudgedText] = Field(description="One for each text, in their order.")


class Sealed(BaseModel):
    """A piece of evidence: its SHA-256 and its place in the log."""

    id: UUID
    kind: str
    digest: str
    leaf: int
    seen_at: datetime


class VersionShown(BaseModel):
    number: int
    change: str
    text: str
    seen_at: datetime
    evidence: UUID


class MentionShown(BaseModel):
    id: int
    author: Author
    text: str
    title: str
    url: str
    visibility: str
    is_ours: bool
    is_bystander: bool
    posted_at: datetime | None
    found_at: datetime
    edited_at: datetime | None
    deleted_at: datetime | None
    found_because: list[Reason]
    is_veiled: bool = Field(
        description="The text holds harsh words: ask before you show it, and tell `shown`."
    )
    veiled_text: str = Field(description="What may be shown at once: their own words without the harsh ones.")
    versions: list[VersionShown]


class SentImage(BaseModel):
    attachment: int
    digest: str = Field(description="SHA-256 of its bytes.")
    alt: str


class ImageMade(BaseModel):
    id: int
    media_type: str
    digest: str
    alt: str


class Entry(BaseModel):
    """A reply that was approved, and what became of it."""

    id: int
    case: int
    status: str
    purpose: str
    visibility: str
    text: str
    approved_by: Person | None
    approved_at: datetime
    send_at: datetime
    sent_at: datetime | None
    url: str
    problem: Reason | None
    scheduled_at: datetime | None = Field(None, description="When it was wished to leave; null: at once.")
    part: int = Field(1, description="A long reply is several posts: this is the first, second …")
    parts: int = 1
    media: list[SentImage] = []
    removed_at: datetime | None = Field(None, description="When we took it down.")


class Ground(BaseModel):
    """Why a second person is asked."""

    ground: Literal["new_agent", "hot_case", "amount", "block", "heat", "asked"]
    rule: str = Field(description="Of a block: the guard’s code.")
    words: str = Field(description="Of a block: the words that it stops.")
    said: Reason


class ApprovalShown(BaseModel):
    """A reply that waits for a second person, or waited."""

    id: int
    case: int
    state: Literal["waiting", "approved", "returned", "withdrawn", "overtaken"]
    author: Person
    mode: str
    purpose: str
    text: str
    public_line: str
    plea: str = Field(description="Why its author asks.")
    send_at: datetime | None
    grounds: list[Ground]
    asked_at: datetime
    digest: str = Field(description="SHA-256 of all that a yes covers.")
    may_decide: bool = Field(description="Whether you may be the second person.")
    decided_by: Person | None
    decided_at: datetime | None
    decided_text: str = Field(description="As it was let out.")
    reason: str
    entry: int | None = Field(description="Its entry of the outbox.")


class Rests(BaseModel):
    """What became of heated drafts, without names."""

    held: int
    resting: int
    cancelled: int
    revised: int
    unchanged: int
    lifted: int


class Approvals(BaseModel):
    waiting: list[ApprovalShown]
    decided: list[ApprovalShown]
    rests: Rests


class Held(BaseModel):
    """A reply that was not sent yet: it waits for a second person, or rests because it is heated."""

    state: Literal["waiting", "resting"]
    approval: ApprovalShown | None = None
    rests_until: datetime | None = Field(None, description="Ask again then, with a new Idempotency-Key.")
    reasons: list[Reason]
    calmer: str = Field("", description="The same content in calmer words; empty: none to offer.")


class NoteShown(BaseModel):
    id: int
    author: Person | None
    text: str


class EventShown(BaseModel):
    id: int
    kind: str
    actor: Person | None
    data: dict[str, Any]


class TimelineEntry(BaseModel):
    """One thing in the history of a case; the field named by `what` holds it."""

    what: Literal["mention", "reply", "note", "event"]
    at: datetime
    mention: MentionShown | None = None
    reply: Entry | None = None
    note: NoteShown | None = None
    event: EventShown | None = None


class StepShown(BaseModel):
    """Where the case stands in one of the six steps."""

    room: str
    title: str
    question: str
    stage: str
    says: Reason


class Possible(BaseModel):
    """One thing that could be done, and what stands against it."""

    event: str
    is_possible: bool
    reasons: list[Reason]


class Neighbour(BaseModel):
    id: int
    title: str
    status: str
    opened_at: datetime
    author: str
    reason: Reason | None


class PromiseShown(BaseModel):
    id: int
    text: str
    made_by: Person | None
    made_at: datetime
    due_at: datetime
    kept_at: datetime | None
    withdrawn_at: datetime | None
    withdrawn_why: str
    is_late: bool


class CaseShown(BaseModel):
    id: int
    title: str
    network: str
    author: Author
    owner: Person | None
    status: str
    kind: str
    severity: str
    cause: str
    topic: str
    language: str
    abuse: str
    opened_at: datetime
    changed_at: datetime
    last_author_at: datetime
    first_answer_at: datetime | None
    last_answer_at: datetime | None
    due_at: datetime | None
    due_for: str
    snoozed_until: datetime | None
    asked_satisfied_at: datetime | None
    is_satisfied: bool | None
    last_offer_at: datetime | None
    closing: str
    closing_reason: str
    closed_at: datetime | None
    reopened: int
    needs: str = Field(description="What they ask for or complain of, in their own words; empty: not heard.")
    wanted: str = Field(description="What they asked for, as a person noted it.")
    was_done: str = Field(description="What was done about it.")
    muted_at: datetime | None = Field(description="Decided not to answer, and still watched.")
    policy_digest: str
    judgement: Judged | None
    steps: list[StepShown]
    may: list[Possible]
    timeline: list[TimelineEntry]
    promises: list[PromiseShown]
    evidence: list[Sealed]
    alike: list[Neighbour]
    same_author: list[Neighbour]
    can_answer: bool = Field(description="Whether the desk can post here; otherwise a person posts by hand.")
    can_direct: bool
    longest_reply: int = Field(description="0: no limit.")
    seen: str = Field(description="What there is to see of what we said: send it back with a reply.")


class Made(BaseModel):
    id: int


class Verdict(BaseModel):
    rule: str
    name: str
    level: str
    span: tuple[int, int] | None
    reason: Reason
    repair: Reason | None
    replacement: str | None
    move: str = Field(description="Where it is better said: direct, a direct message; empty: nowhere else.")


class CoachStep(BaseModel):
    step: str
    is_done: bool
    is_wanted: bool
    hint: Reason
    spans: list[tuple[int, int]] = Field(description="What shows it, in characters of the draft.")
    words: list[str]


class CoachAdvice(BaseModel):
    """The one thing that the coach says of the draft now."""

    step: str | None = Field(description="The step that it names; null: it is well as it stands.")
    says: Reason
    house_rule: int | None = Field(description="The rule of the house that it names.")


class PromiseHeard(BaseModel):
    """A promise in the words of a draft: offer to note it."""

    text: str
    due_at: datetime | None


class ReviewShown(BaseModel):
    level: str
    is_blocked: bool
    count: int
    longest: int
    steps: list[CoachStep] = Field(description="All seven, those of the play first and in its order.")
    advice: CoachAdvice
    verdicts: list[Verdict]
    promise: PromiseHeard | None


class Wellbeing(BaseModel):
    """Your own figures: nobody else's can be asked for."""

    two_hours: int
    today: int = Field(description="In the last 24 hours.")
    week: int
    resting_until: datetime | None


class Shared(BaseModel):
    shared: int


class PulseShown(BaseModel):
    """How many complain: in the last 24 hours, and on a usual day of the four weeks before."""

    topic: str
    today: int
    usual: float
    all_today: int
    all_usual: float
    critical: int = Field(
        description="Open cases in which somebody may be in danger and nobody has answered."
    )


class PostChecked(BaseModel):
    outcome: Literal["go", "think_again", "wait"]
    waits: list[Reason] = Field(description="Why this is not the moment.")
    verdicts: list[Verdict] = Field(
        description="What in the words would set the comments alight; the gravest first."
    )
    pulse: PulseShown


class LogHead(BaseModel):
    size: int
    root: str


class LeafProof(BaseModel):
    """RFC 6962: hash the leaf, then join it with each hash of the path; the result is the root."""

    index: int
    data: str
    hash: str
    path: list[str]
    size: int
    root: str
    is_whole: bool


class EvidenceShown(Sealed):
    case: int | None
    canonical: str
    salt: str
    leaf_hash: str
    leaf_data: str
    path: list[str]
    size: int
    root: str
    is_proven: bool
    digest_holds: bool


class SourceShown(BaseModel):
    """One account, search, feed or stream that we read. Never with its secrets."""

    id: int
    connector: str
    name: str
    state: str
    problem: Reason | None
    fetched_at: datetime | None
    found_at: datetime | None
    takes_everything: bool
    progress: dict[str, Any]
    gaps: list[Any]
    mentions_today: int | None = None
    quarantined: int | None = None


class Term(BaseModel):
    id: int
    text: str
    kind: str
    is_fuzzy: bool


class Listening(BaseModel):
    sources: list[SourceShown]
    terms: list[Term]
    unread: int
    quarantined: int


class Started(BaseModel):
    sources: list[SourceShown]


class Checked(BaseModel):
    works: bool
    says: Reason


class PlanStep(BaseModel):
    room: str
    title: str
    question: str
    figures: dict[str, int]


class CaseDue(BaseModel):
    id: int
    title: str
    due_at: datetime


class PromiseDue(BaseModel):
    id: int
    case: int
    text: str
    due_at: datetime


class TopicCount(BaseModel):
    topic: str
    cases: int


class Plan(BaseModel):
    """The six steps for the whole desk, over the last day and of what is open."""

    steps: list[PlanStep]
    oldest_due: CaseDue | None
    next_promise: PromiseDue | None
    by_topic: list[TopicCount]


class PostToLabel(BaseModel):
    """A post to be labelled: its words, not who wrote it nor what anybody thinks of it."""

    id: int
    title: str
    text: str
    language: str
    network: str


class NextPost(BaseModel):
    post: PostToLabel | None = Field(description="Null: none waits for you; draw some.")


class Drawn(BaseModel):
    drawn: int


class OwnLabel(BaseModel):
    post: int
    kind: str
    abuse: str
    at: datetime


class KappaShown(BaseModel):
    """Cohen's kappa (1960) with its 95 % interval; null where chance explains all."""

    n: int
    agreed: int
    value: float | None
    low: float | None
    high: float | None


class PairShown(BaseModel):
    names: list[str]
    kind: KappaShown
    abuse: KappaShown


class LabelOf(BaseModel):
    name: str
    kind: str
    abuse: str


class Dispute(BaseModel):
    post: int
    title: str
    text: str
    labels: list[LabelOf]


class LabelsShown(BaseModel):
    drawn: int
    done: int
    half: int = Field(description="Judged by one person so far.")
    disputed: int
    own: list[OwnLabel] = Field(
        description="Your own newest 100 labels. Nobody sees another's before their own."
    )
    pairs: list[PairShown]
    disputes: list[Dispute] = Field(description="For those who settle; else empty.")


class ShareShown(BaseModel):
    """`hits` of `n`, with the 95 % interval by Wilson (1927), as parts of 1; null of nothing."""

    hits: int
    n: int
    value: float | None
    low: float
    high: float


class ClassShown(BaseModel):
    name: str
    base: ShareShown
    precision: ShareShown
    recall: ShareShown
    more: int | None = Field(description="Labels until both are known to ± 0.05; null: not to be told yet.")


class LanguageShown(BaseModel):
    code: str
    right: ShareShown
    complaints_found: ShareShown


class Cell(BaseModel):
    truth: str = Field(description="What people say it is.")
    said: str
    n: int


class CorrectedTo(BaseModel):
    field: str
    before: str
    after: str
    n: int


class QualityShown(BaseModel):
    """How good the desk is on its own posts. Only posts drawn by chance are counted, but for `unsure` and `corrections`."""

    version: int = Field(description="Which judges now; 0: the shipped models.")
    tier: str
    drawn: int
    by_one: int
    open: int
    by_current: int
    right: ShareShown
    kinds: list[ClassShown]
    abuse: list[ClassShown]
    complaints_as_abuse: ShareShown
    table: list[Cell]
    languages: list[LanguageShown]
    unsure: ShareShown
    corrected: int
    corrections: list[CorrectedTo]


class JudgeVersionShown(BaseModel):
    number: int
    at: datetime
    by: Person | None
    tier: str
    base: str = Field(description="Digest of the models that it corrects.")
    digest: str
    counts: dict[str, Any]
    scores: dict[str, Any] = Field(description="Before and after, on posts that it was not fitted on.")


class SwitchShown(BaseModel):
    to: int
    before: int
    by: Person | None
    at: datetime


class VersionsShown(BaseModel):
    in_force: int = Field(description="0: the shipped models.")
    problem: Reason | None = Field(description="Why the version that was switched on cannot judge.")
    is_training: bool
    versions: list[JudgeVersionShown]
    switches: list[SwitchShown]
