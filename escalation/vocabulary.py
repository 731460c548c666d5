"""The names of everything rules may look at, and their closed word lists (docs/rules.md).

``FIELDS`` is the whole vocabulary: the loader refuses other names, the page and the docs are fed from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from escalation.ticket import ChangeKind, Channel, ClockState, Priority, Role, Status, TicketType


def _words(of: type[StrEnum]) -> frozenset[str]:
    return frozenset(word.value for word in of) - {"unknown"}


# Signals and their parts (domain.md §2). A signal with parts is read as signals.<name>.<part>; its first part is its headline.
SIGNALS: Mapping[str, tuple[str, ...]] = {
    "explicit_human_request": (),
    "security_incident": (),
    "compliance_request": (),
    "legal_threat": (),
    "privacy_request": (),
    "churn_risk": (),
    "failed_attempts": ("count", "items"),
    "refund_request": ("amount", "currency", "negated"),
    "impact": ("critical", "kind", "scope", "over"),
    "sentiment": ("label", "score", "trend"),
    "unanswered_messages": (),
    "complaint": ("asked_before", "days"),
    "repeated_question": ("count", "pairs"),
    "bot_loop": (),
    "urgency": ("level", "deadline"),
    "technical": ("kind", "api_error", "database", "code_level"),
    "language": ("code", "read", "why"),
    "intent": ("label", "confidence", "second", "below_threshold"),
    "issue_type": (),
}

# Read from the ticket as they are named.
ATTRIBUTES: Mapping[str, str] = {
    "subject": "the subject line",
    "status": "new, open, pending, on_hold, solved, closed, deleted",
    "priority": "low, normal, high, urgent",
    "type": "question, incident, problem, task, feature_request",
    "tags": "the list of tags",
    "channel": "email, web, chat, messaging, phone, social, api",
    "issue_type": "what the ticket is about, see issue_words",
    "product_area": "the part of the product",
    "page": "what the customer was looking at",
    "language": "the customer's language, such as en",
    "group.id": "the helpdesk's id of the group",
    "group.name": "the group's name",
    "assignee.id": "the helpdesk's id of the assigned agent",
    "assignee.name": "the assigned agent's name",
    "assignee.email": "the assigned agent's e-mail",
    "assignee.role": "agent, bot",
    "requester.id": "the helpdesk's id of the customer",
    "requester.name": "the customer's name",
    "requester.email": "the customer's e-mail",
    "requester.role": "customer, agent",
    "customer.organization.id": "the helpdesk's id of the organisation",
    "customer.organization.name": "the organisation's name",
    "customer.tier": "the account's tier or plan",
    "customer.contract_value": "money per year",
    "customer.health": "the account's health, your own words",
    "customer.renewal_on": "date of renewal",
    "customer.language": "the account's language",
    "customer.time_zone": "the account's time zone",
    "customer.disputes": "number of open payment disputes, from an account source",
    "customer.recent_charges": "the newest charges in words, from an account source",
    "customer.preferences": "how the customer wants to be treated, from an account source",
    "customer.usage": "how much the product is used, from an account source",
    "satisfaction": "good, bad, or the helpdesk's word",
    "created_at": "when the ticket was created",
    "updated_at": "when the ticket last changed",
    "solved_at": "when the ticket was solved",
}

# Worked out.
DERIVED: Mapping[str, str] = {
    "customer.past.count": "number of earlier tickets",
    "age": "time since the ticket was created",
    "in_queue": "time since the ticket waits in its group with nobody assigned",
    "business.age": "age in business hours: of the segment's calendar, else the playbook's, else all hours",
    "business.waiting": "waiting in business hours",
    "business.unanswered_for": "unanswered_for in business hours",
    "business.in_queue": "in_queue in business hours",
    "history.reopened": "how often the ticket was reopened",
    "history.assignees": "how many people the ticket was assigned to so far",
    "history.groups": "how many groups the ticket was in so far",
    "history.channels": "how many channels the ticket came through so far",
    "contacts.same_problem": "earlier contacts of this customer about the same problem within contact_window, on any channel",
    "escalate_note.team": "the team named in a newest internal note #escalate <team> <why>",
    "escalate_note.why": "what such a note gives as the reason",
    "product_areas": "product areas the customer speaks of, see product_areas below",
    "segment": "the customer's segment",
    "waiting": "time since the customer's last message, while nobody has answered it",
    "unanswered_for": "time since the oldest customer message that nobody has answered",
    "messages.count": "number of messages, notes included",
    "messages.customer.count": "number of the customer's messages",
    "messages.agent.count": "number of public messages by human agents",
    "messages.bot.count": "number of messages by bots",
    "last_message.role": "customer, agent, bot, system",
    "last_message.text": "text of the newest message or note",
    "last_message.public": "true, or false for an internal note",
    "text": "subject and all messages of the customer",
    "change.kind": "what happened: created, message_added, priority_changed, escalation_requested, ...",
    "change.event": "the helpdesk's own name of the event",
    "change.actor.role": "who did it: customer, agent, bot, system",
    "change.actor.id": "the helpdesk's id of who did it",
    "sla.worst": "the worst state of all clocks: green, amber, breached",
    "sla.*.state": "state of one clock, such as sla.first_reply.state",
    "sla.*.due_at": "deadline of one clock",
    "custom.*": "a custom field that the mapping names",
    "signals.*": "what was read in the text, see the list of signals",
    "signals.*.confidence": "how sure that reading is, 0 to 1",
    "before.*": "a field of the ticket, its customer or its clocks as it was at the last evaluation",
}

FIELDS: Mapping[str, str] = {**ATTRIBUTES, **DERIVED}
# First parts of what is worked out at each look and kept by nobody.
_WORKED_OUT = frozenset({"age", "waiting", "unanswered_for", "in_queue", "business", "history", "contacts", "escalate_note"})
_WORKED_OUT |= {"product_areas", "segment", "change", "signals", "text", "messages", "last_message"}  # threads are kept once

# Closed vocabularies: the loader refuses other words, because a rule with a mistyped word would silently never fire.
# "unknown" is in none of them: what is unknown is absent, and only the operator ``absent`` finds it.
VOCABULARY: Mapping[str, frozenset[str]] = {
    "status": _words(Status),
    "priority": _words(Priority),
    "type": _words(TicketType),
    "channel": _words(Channel),
    "change.kind": _words(ChangeKind),
    "change.actor.role": _words(Role),
    "last_message.role": _words(Role),
    "assignee.role": _words(Role),
    "requester.role": _words(Role),
    "sla.worst": _words(ClockState),
    "sla.*.state": _words(ClockState),
    "signals.sentiment": frozenset({"satisfied", "neutral", "frustrated", "angry"}),
    "signals.sentiment.label": frozenset({"satisfied", "neutral", "frustrated", "angry"}),
    "signals.sentiment.trend": frozenset({"improving", "steady", "worsening"}),
    "signals.impact.kind": frozenset({"safety", "data_loss", "outage", "all_blocked"}),
    "signals.impact.scope": frozenset({"one", "some", "all"}),
    "signals.urgency": frozenset({"low", "high"}),
    "signals.urgency.level": frozenset({"low", "high"}),
    "signals.technical": frozenset({"api_error", "database", "code_level"}),
    "signals.technical.kind": frozenset({"api_error", "database", "code_level"}),
}


class Kind(StrEnum):
    """What a field holds; the value is how it reads in "tags is a list, and ..."."""

    TEXT = "text"
    OWN_WORD = "a word of your own"  # text that may be a word of an order, such as a health of amber
    WORD = "a word of a closed list"
    RANK = "a word of an order"  # of a closed list whose words have an order
    LIST = "a list"
    WORDS = "a list of words"  # of a closed list
    PARTS = "a list of things with parts"  # which no word is equal to
    NUMBER = "a number"
    SHARE = "a share from 0 to 1"
    DURATION = "a length of time"
    TIME = "a date and time"
    MONEY = "a sum of money"
    YES_NO = "true or false"
    UNKNOWN = "anything"


def _of_kind(kind: Kind, *names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, kind)


# Every field by what ``facts`` puts there; a signal without parts in its name is its headline, see SIGNALS.
KINDS: Mapping[str, Kind] = {
    **_of_kind(Kind.TEXT, "subject", "page", "text", "last_message.text", "group.id", "group.name", "assignee.id"),
    **_of_kind(Kind.TEXT, "assignee.name", "assignee.email", "requester.id", "requester.name", "requester.email"),
    **_of_kind(Kind.TEXT, "customer.organization.id", "customer.organization.name", "customer.time_zone"),
    **_of_kind(Kind.TEXT, "customer.preferences", "escalate_note.team", "escalate_note.why", "signals.refund_request.currency"),
    **_of_kind(Kind.TEXT, "signals.urgency.deadline", "signals.language", "signals.language.code", "signals.language.why"),
    **_of_kind(Kind.TEXT, "signals.intent", "signals.intent.label", "signals.intent.second", "signals.issue_type"),
    **_of_kind(Kind.TEXT, "language", "customer.language"),
    **_of_kind(Kind.OWN_WORD, "issue_type", "product_area", "customer.tier", "customer.health", "customer.usage"),
    **_of_kind(Kind.OWN_WORD, "satisfaction", "segment"),
    **_of_kind(Kind.WORD, "status", "type", "channel", "assignee.role", "requester.role", "last_message.role"),
    **_of_kind(Kind.WORD, "signals.sentiment.trend", "signals.impact.kind", "signals.impact.scope"),
    **_of_kind(Kind.WORD, "signals.technical", "signals.technical.kind"),
    **_of_kind(Kind.RANK, "priority", "sla.worst", "sla.*.state", "signals.sentiment", "signals.sentiment.label"),
    **_of_kind(Kind.RANK, "signals.urgency", "signals.urgency.level"),
    **_of_kind(Kind.LIST, "tags", "product_areas", "customer.recent_charges", "change.event", "change.actor.id"),
    **_of_kind(Kind.WORDS, "change.kind", "change.actor.role"),
    **_of_kind(Kind.PARTS, "signals.failed_attempts.items", "signals.repeated_question.pairs"),
    **_of_kind(Kind.NUMBER, "customer.disputes", "customer.past.count", "contacts.same_problem"),
    **_of_kind(Kind.NUMBER, "history.reopened", "history.assignees", "history.groups", "history.channels"),
    **_of_kind(Kind.NUMBER, "messages.count", "messages.customer.count", "messages.agent.count", "messages.bot.count"),
    **_of_kind(Kind.NUMBER, "signals.failed_attempts", "signals.failed_attempts.count", "signals.unanswered_messages"),
    **_of_kind(Kind.NUMBER, "signals.repeated_question", "signals.repeated_question.count", "signals.complaint.days"),
    **_of_kind(Kind.NUMBER, "signals.sentiment.score"),
    **_of_kind(Kind.SHARE, "signals.*.confidence"),
    **_of_kind(Kind.DURATION, "age", "waiting", "unanswered_for", "in_queue"),
    **_of_kind(Kind.DURATION, "business.age", "business.waiting", "business.unanswered_for", "business.in_queue"),
    **_of_kind(Kind.TIME, "created_at", "updated_at", "solved_at", "customer.renewal_on", "sla.*.due_at"),
    **_of_kind(Kind.MONEY, "customer.contract_value", "signals.refund_request.amount"),
    **_of_kind(Kind.YES_NO, "last_message.public", "signals.explicit_human_request", "signals.security_incident"),
    **_of_kind(Kind.YES_NO, "signals.compliance_request", "signals.legal_threat", "signals.privacy_request"),
    **_of_kind(Kind.YES_NO, "signals.churn_risk", "signals.refund_request", "signals.refund_request.negated"),
    **_of_kind(Kind.YES_NO, "signals.impact", "signals.impact.critical", "signals.impact.over", "signals.complaint"),
    **_of_kind(Kind.YES_NO, "signals.complaint.asked_before", "signals.bot_loop", "signals.technical.api_error"),
    **_of_kind(Kind.YES_NO, "signals.technical.database", "signals.technical.code_level", "signals.language.read"),
    **_of_kind(Kind.YES_NO, "signals.intent.below_threshold"),
    **_of_kind(Kind.UNKNOWN, "custom.*"),
}

# Fields that may hold a list. Of a signal or a custom field only its full name tells.
LISTS = frozenset(
    {name for name, kind in KINDS.items() if kind in (Kind.LIST, Kind.WORDS) and name in FIELDS} | {"custom.*", "signals.*"}
)


def is_remembered(name: str) -> bool:
    """Whether it is known what the field ``name`` was at the last look; what a look works out is not kept (``facts.facts``)."""
    first = name.removeprefix("before.").split(".")[0]
    return first not in _WORKED_OUT


def kind_of(name: str) -> Kind:
    """What the field ``name`` holds, as it was before too; UNKNOWN for custom fields and names that are none."""
    bare = name.removeprefix("before.")
    return KINDS.get(bare) or KINDS.get(pattern_of(bare)) or Kind.UNKNOWN


def pattern_of(name: str) -> str:
    """The entry of ``FIELDS`` that ``name`` belongs to, "" for a name that no ticket can have."""
    name = name.removeprefix("before.")
    if name in FIELDS and "*" not in name:
        return name
    parts = name.split(".")
    if not all(parts):
        return ""
    if parts[0] == "custom" and len(parts) > 1:
        return "custom.*"
    if parts[0] == "sla" and len(parts) == 3 and parts[2] in ("state", "due_at"):
        return f"sla.*.{parts[2]}"
    return _signal_pattern(parts)


def _signal_pattern(parts: list[str]) -> str:
    if parts[0] != "signals" or len(parts) not in (2, 3) or parts[1] not in SIGNALS:
        return ""
    if len(parts) == 3 and parts[2] == "confidence":
        return "signals.*.confidence"
    return "signals.*" if len(parts) == 2 or parts[2] in SIGNALS[parts[1]] else ""
