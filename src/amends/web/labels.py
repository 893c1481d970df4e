"""What stored words are called on the screen. A stored value keeps its name for ever; a label may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

KINDS = {
    "complaint": _("Complaint"),
    "question": _("Question"),
    "praise": _("Praise"),
    "abuse": _("Abuse"),
    "other": _("Other"),
    "unsure": _("To judge"),
}
SEVERITIES = {"low": _("Low"), "medium": _("Medium"), "high": _("High"), "critical": _("Critical")}
CAUSES = {
    "expectations": _("Disappointed expectations"),
    "personality": _("Personalities"),
    "environment": _("The place or the tool"),
    "emotion": _("Emotion"),
    "unknown": _("Not known"),
}
STATUSES = {
    "new": _("New"),
    "open": _("Open"),
    "pending": _("Waiting for the customer"),
    "on_hold": _("Waiting for a colleague"),
    "resolved": _("Resolved, not confirmed"),
    "closed": _("Closed"),
}
CLOSINGS = {
    "satisfied": _("The customer is satisfied"),
    "let_go": _("Let go after a last offer"),
    "not_ours": _("Not ours"),
    "troll": _("Not answered: a troll"),
    "leave_troll": _("Not answered: a troll"),
    "not_answered": _("Not answered, by decision"),
    "nothing_to_mend": _("Nothing to mend"),
}
CLOSE_ACTIONS = {
    "satisfied": _("Close: the customer is satisfied"),
    "let_go": _("Let go"),
    "not_ours": _("Not ours"),
    "leave_troll": _("Do not answer this troll"),
    "nothing_to_mend": _("Nothing to mend"),
}
#: Why nobody answers (`followup/muted.py`).
MUTED = {
    "troll": _("A troll: it attacks and asks for nothing"),
    "spam": _("Spam or advertising"),
    "nothing_asked": _("Nothing is asked of us"),
    "answered_elsewhere": _("Answered elsewhere"),
    "other": _("Another reason, in your words"),
}
ABUSE = {
    "none": _("None"),
    "profanity": _("Swear words"),
    "insult": _("Insults"),
    "hate": _("Hate"),
    "threat": _("Threats"),
}
WANTS = {
    "help": _("Help"),
    "apology": _("An apology"),
    "compensation": _("Compensation"),
    "explanation": _("An explanation"),
    "to_be_heard": _("To be heard"),
    "ask": _("Not said: ask"),
}
SENTIMENTS = {"negative": _("Negative"), "neutral": _("Neutral"), "positive": _("Positive")}
ANGERS = {"0": _("Calm"), "1": _("Annoyed"), "2": _("Angry"), "3": _("Furious")}
EMOTIONS = {
    "anger": _("Anger"),
    "sadness": _("Sadness"),
    "fear": _("Fear"),
    "joy": _("Joy"),
    "neutral": pgettext_lazy("emotion", "None"),
}
CONTRARY = {"no": _("They mean what they say"), "yes": _("They mean the contrary")}
#: What makes it grave.
PARTS = {
    "safety": _("health or safety"),
    "self_harm": _("danger to themselves"),
    "vulnerable": _("somebody who needs more care"),
    "money": _("money"),
    "deadline": _("time presses"),
    "repeat": _("it comes again"),
    "legal": _("law or press"),
    "threat": _("a threat"),
}
#: Languages by their own names; another is shown by its two letters.
LANGUAGES = {
    "en": "English",
    "fr": "Français",
    "ro": "Română",
    "es": "Español",
    "de": "Deutsch",
    "it": "Italiano",
    "pt": "Português",
    "nl": "Nederlands",
    "ar": "العربية",
    "und": _("Not known"),
}
TOPICS = {
    "billing": _("Billing"),
    "delivery": _("Delivery"),
    "login": _("Login"),
    "outage": _("Outage"),
    "quality": _("Quality"),
    "service": _("Service"),
    "cancellation": _("Cancellation"),
    "privacy": _("Privacy"),
    "price": _("Price"),
    "other": _("Other"),
}
#: What our own connectors call themselves; other networks keep their own name in every language.
NETWORKS = {"Example town": _("Example town"), "Web feed": _("Web feed"), "Import": _("Import")}
COACH = {
    "acknowledge": _("Acknowledge"),
    "ask": _("Ask"),
    "set_expectations": _("Set expectations"),
    "explain": _("Explain"),
    "apologise": _("Apologise"),
    "fix": _("Fix"),
    "offer": _("Offer"),
}
#: The key that corrects a case to this kind, once the menu is open.
KIND_KEYS = (("complaint", "c"), ("question", "q"), ("praise", "p"), ("abuse", "x"), ("other", "o"))
#: The key that opens the choices of another field; a number then chooses.
FIELD_KEYS = (
    ("abuse", "a", _("Abuse in the words")),
    ("wants", "w", _("What they want")),
    ("sentiment", "s", _("Feeling")),
    ("anger", "g", _("Anger")),
    ("topic", "t", _("Topic")),
    ("language", "l", _("Language")),
    ("cause", "y", _("Why it came to this")),
    ("emotion", "e", _("Emotion")),
    ("sarcasm", "i", _("What the words mean")),
)
CLOCKS = {
    "first_answer": _("First answer"),
    "next_answer": _("Next answer"),
    "promise": _("Promise"),
    "look_again": _("Look again"),
}
OUTBOX = {
    "approved": _("Waiting to be sent"),
    "sending": _("Being sent"),
    "sent": _("Sent"),
    "failed": _("Not sent"),
    "unsure": _("Perhaps sent"),
    "by_hand": _("To be posted by hand"),
    "waiting": _("Waits for the part before it"),
    "held": _("Held back: many were alike"),
    "cancelled": _("Taken back"),
}
#: Ways out of the public thread (`desk/waysout.py`).
WAYS = {
    "site": _("Site"),
    "telephone": _("Telephone"),
    "form": _("Form"),
    "mail": _("E-mail"),
    "chat": _("Chat"),
    "shop": _("Shop"),
}
SOURCE_STATES = {
    "active": _("Listening"),
    "paused": _("Paused"),
    "needs_attention": _("Needs attention"),
    "done": _("Read to its end"),
}
TERM_KINDS = {
    "name": _("A name, also misspelled"),
    "phrase": _("These exact words"),
    "hashtag": _("A hashtag"),
    "excluded": _("Not about us"),
}
ROLES = {"admin": _("Admin"), "lead": _("Lead"), "agent": _("Agent"), "read_only": _("Read-only")}
MODES = {"reply": _("Public reply"), "direct": _("Direct message"), "note": _("Note")}
EVIDENCE = {
    "said": _("Said"),
    "edited": _("Edited"),
    "deleted": _("Deleted"),
    "sent": _("Sent by us"),
    "changed": _("Edited by us"),
    "removed": _("Taken down by us"),
    "closed": _("Case closed"),
}
VIEWS = {
    "due": _("Due first"),
    "mine": _("Mine"),
    "unassigned": _("Unassigned"),
    "judge": _("To judge"),
    "waiting": _("Waiting"),
    # A view holds many where the kind and the status are said of one: other languages use another word.
    "praise": pgettext_lazy("view", "Praise"),
    "closed": pgettext_lazy("view", "Closed"),
    "muted": pgettext_lazy("view", "Not answered"),
    "all": _("All"),
}

#: What a version of the desk's own corrects.
TASKS = {"kind": _("Kind"), "abuse": _("Abuse"), "severity": _("Severity"), "topic": _("Topic")}
#: The labelling page: the key of each answer, and what it means in short (docs/reference/labels.md says it whole).
LABEL_KIND_KEYS = (("complaint", "c"), ("question", "q"), ("praise", "p"), ("abuse", "a"), ("other", "o"))
LABEL_ABUSE_KEYS = (("none", "1"), ("profanity", "2"), ("insult", "3"), ("hate", "4"), ("threat", "5"))
KIND_GUIDE = {
    "complaint": _(
        "Something went wrong or disappoints, however it is said: politely, in anger, as a question, with irony."
    ),
    "question": _("They want to know or to get something, and nothing has gone wrong."),
    "praise": _("They are content or thankful, and nothing is left open."),
    "abuse": _("An attack and nothing else: no matter that the desk could take up."),
    "other": _("Nothing to do: news, jokes, advertising, a mention in passing."),
}
ABUSE_GUIDE = {
    "none": _("No abuse in the words."),
    "profanity": _("Swearing at nobody."),
    "insult": _("At a person, a team or the firm."),
    "hate": _("Against people for what they are: origin, religion, sex, orientation, disability."),
    "threat": _("Of violence against people or places; not “I will leave you”."),
}

#: What the trail says; the values come from the event's `data`, and `who` from its actor.
EVENTS = {
    "case_opened": _("Case opened"),
    "case_assigned": _("%(who)s gave the case to %(name)s"),
    "case_unassigned": _("%(who)s gave the case back to the team"),
    "case_taken": _("%(who)s took the case"),
    "case_held": _("%(who)s waits for a colleague"),
    "case_resumed": _("%(who)s took it up again"),
    "case_resolved": _("%(who)s marked it as resolved"),
    "case_closed": _("%(who)s closed the case"),
    "case_reopened": _("%(who)s reopened the case"),
    "case_snoozed": _("%(who)s snoozed the case"),
    "case_woken": _("The case is back"),
    "mention_edited": _("The post was edited"),
    "mention_deleted": _("The post was deleted; the evidence stays"),
    "author_wrote": _("The customer wrote again"),
    "author_thanked": _("The customer thanked us"),
    "answered_elsewhere": _("We answered outside this desk"),
    "promise_made": _("%(who)s promised: %(text)s"),
    "promise_kept": _("%(who)s kept a promise: %(text)s"),
    "promise_moved": _("%(who)s agreed on a new time for: %(text)s"),
    "promise_withdrawn": _("%(who)s withdrew a promise: %(text)s"),
    "promise_broken": _("A promise is broken: %(text)s"),
    "customer_satisfied": _("The customer said that they are satisfied"),
    "customer_unsatisfied": _("The customer said that they are not satisfied"),
    "customer_silent": _("No word from the customer"),
    "judgement_corrected": _("%(who)s corrected the judgement: %(before)s → %(after)s"),
    "reply_approved": _("%(who)s approved a reply"),
    "reply_sent": _("The reply is out"),
    "reply_failed": _("The reply was not sent"),
    "reply_taken_back": _("%(who)s took a reply back"),
    "reply_tried_again": _("%(who)s tried again to send a reply"),
    "reply_not_there": _("The reply is not on the network"),
    "reply_unsure": _("The network did not answer: the reply may be public"),
    "reply_doubted": _("The desk looks whether the reply is there already before it sends it"),
    "reply_part_sent": _("Part %(part)s of %(parts)s of the reply is out"),
    "reply_sent_early": _("%(who)s sent a reply at once that was to leave later"),
    "reply_changing": _("%(who)s asked to change a reply that is out"),
    "reply_changed": _("The reply was changed where it stands"),
    "reply_removed": _("The reply was taken down"),
    "reply_change_failed": _("The reply could not be changed"),
    "reply_held": _("The reply is held back: many of our posts were alike"),
    "reply_let_go": _("%(who)s let go a reply that was held back"),
    "reply_given_up": _("%(who)s gave up a reply"),
    "approval_asked": _("%(who)s asked for a second pair of eyes"),
    "approval_returned": _("%(who)s gave the reply back: %(why)s"),
    "approval_withdrawn": _("%(who)s withdrew the reply that waited for a second person"),
    "approval_overtaken": _("The reply that waited came back: what it answers has changed"),
    "block_lifted": _("%(who)s let through what %(rules)s had stopped: %(why)s"),
    "draft_held": _("A heated draft rests"),
    "draft_let_go": _("%(who)s read a heated draft and let it out"),
    "draft_thrown_away": _("A heated draft was thrown away"),
    "case_muted": _("%(who)s decided that nobody answers"),
    "case_unmuted": _("%(who)s took the decision back: it is answered"),
    "case_called": _("Open again although it was not to be answered: what they wrote must be seen"),
    "author_wrote_muted": _("They wrote again; by decision nobody was called"),
    "wanted_noted": _("%(who)s noted what they asked for: %(text)s"),
    "done_noted": _("%(who)s noted what was done: %(text)s"),
    "sla_breached": _("The customer waits longer than we allow ourselves"),
}


def event_text(kind: str, actor: str, data: Mapping[str, Any]) -> str:
    """One line of the trail. An event that we have no sentence for is shown by its name."""
    if kind == "case_assigned":
        kind = (
            "case_unassigned" if not data.get("to") else "case_taken" if data.get("name") == actor else kind
        )
    values = {"who": actor or gettext("The desk"), "name": "", "text": "", "before": "", "after": ""}
    values |= {key: str(value) for key, value in data.items() if isinstance(value, str | int)}
    if kind == "judgement_corrected" and (table := str(data.get("field"))) in TABLES:
        values |= {
            "before": label(str(data.get("before", "")), table) or "–",
            "after": label(str(data.get("value", "")), table) or "–",
        }
    return str(EVENTS.get(kind, kind.replace("_", " "))) % values


APPROVALS = {
    "waiting": _("Waits for a second person"),
    "approved": _("Let out"),
    "returned": _("Given back"),
    "withdrawn": _("Withdrawn"),
    "overtaken": _("Came back: what it answers has changed"),
}
TABLES: dict[str, Mapping[str, Any]] = {
    "approval": APPROVALS,
    "kind": KINDS,
    "severity": SEVERITIES,
    "cause": CAUSES,
    "topic": TOPICS,
    "status": STATUSES,
    "closing": CLOSINGS,
    "abuse": ABUSE,
    "wants": WANTS,
    "sentiment": SENTIMENTS,
    "anger": ANGERS,
    "emotion": EMOTIONS,
    "sarcasm": CONTRARY,
    "language": LANGUAGES,
    "part": PARTS,
    "clock": CLOCKS,
    "coach": COACH,
    "way": WAYS,
    "outbox": OUTBOX,
    "source": SOURCE_STATES,
    "term": TERM_KINDS,
    "role": ROLES,
    "mode": MODES,
    "evidence": EVIDENCE,
    "view": VIEWS,
    "muted": MUTED,
    "task": TASKS,
}


def label(value: str, table: str) -> str:
    """What `value` is called; a word that we do not know is shown as it is, without underscores."""
    return str(TABLES[table].get(str(value), str(value).replace("_", " ")))
