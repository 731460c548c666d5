"""The context package: all that the next person must know about a ticket, each statement with its source (domain.md §5)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from escalation.actions import Line
from escalation.hours import MONTHS, duration
from escalation.ticket import ClockState, Priority, SlaClock

ASKED = " was asked: "  # between who was asked and what became of it, in a line of the chain


@dataclass(frozen=True, slots=True)
class Statement:
    """Words taken from the thread. ``source`` is the message's id ("" = not from a message), ``who`` its author."""

    text: str = ""
    source: str = ""
    who: str = ""
    at: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.text)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A remedy: who proposed or made it, in which words, and what the customer answered ("" = nothing yet)."""

    who: str
    role: str  # customer | agent | bot
    step: Statement
    result: Statement = Statement()
    worked: bool | None = None  # None: not said yet, or answered without a verdict
    cites: tuple[str, ...] = ()  # a model's words, drawn from these messages; () = the thread's own words


@dataclass(frozen=True, slots=True)
class Specific:
    """An exact word that must not be lost: an error code, an order number, an amount. ``kind`` is one of specifics.KINDS."""

    kind: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the ticket was escalated: the rule's id and title, and what it saw in words."""

    rule: str
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Something the receiver would want and does not get, and why not.

    ``cause``: connector | mapping | rule | person, whose turn it is to mend it; size: left out because there was too much.
    """

    field: str
    why: str
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """One line of the transcript; an internal note has ``public`` False."""

    id: str
    role: str
    who: str
    text: str
    at: datetime | None = None
    public: bool = True
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """The customer as the receiver meets them."""

    name: str = ""
    email: str = ""
    tier: str = ""
    organization: str = ""


@dataclass(frozen=True, slots=True)
class Worded:
    """A sentence that a model wrote, and the ids of the messages it cites."""

    text: str
    cites: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """What a model (``by``) wrote of a package, sentence by sentence held against what it cites (``wording.judged``).

    It stands beside the thread's own words and is for readers alone: whatever decides looks at those. () = keep them.
    """

    by: str = ""
    summary: tuple[Worded, ...] = ()
    tried: tuple[Attempt, ...] = ()  # with the attempts that the model did not word
    ruled_out: tuple[Worded, ...] = ()
    next_action: tuple[Worded, ...] = ()  # one at most
    intent: str = ""  # what the model takes the issue type to be

    def __bool__(self) -> bool:
        return bool(self.summary or self.tried or self.ruled_out or self.next_action or self.intent)


@dataclass(frozen=True, slots=True)
class ContextPackage:
    """Built once per look at a ticket by ``context.build``; plain data throughout, so that it can be kept as JSON.

    Times are UTC. Texts are cut to a length and free of secrets, but they are a customer's words: escape before showing.
    """

    connection: str
    ticket_id: str
    built_at: datetime
    subject: str = ""
    customer: Contact = Contact()
    summary: tuple[Statement, ...] = ()  # three sentences at most: what happened, what is wanted, what is in the way now
    question: Statement = Statement()  # the customer's own words
    asks: tuple[Statement, ...] = ()  # what the customer asks and wants, oldest first, each once
    promises: tuple[Statement, ...] = ()  # what our side said it would do, oldest first
    said: tuple[Statement, ...] = ()  # the customer's key sentences, oldest first
    tried: tuple[Attempt, ...] = ()  # oldest first
    ruled_out: tuple[Statement, ...] = ()
    specifics: tuple[Specific, ...] = ()
    issue_type: str = ""
    product_area: str = ""
    page: str = ""
    confidence: str = ""  # "intent 86%, AI 40%"
    complexity: str = ""  # "14 messages in 2 d 3 h, 2 agents"
    sentiment: str = ""  # frustrated | "angry, getting worse" | …
    sentiment_evidence: Statement = Statement()
    priority: Priority = Priority.UNKNOWN
    severity: str = ""
    impact: Statement = Statement()
    deadlines: tuple[Statement, ...] = ()
    waiting_since: datetime | None = None  # first customer message that no person has answered in public
    unanswered: int = 0  # customer messages since then
    last_reply: Statement = Statement()  # the newest public words of a person on our side
    clocks: tuple[SlaClock, ...] = ()
    next_steps: tuple[str, ...] = ()  # best first
    authority: str = ""  # what the receiver must be allowed to do
    sender: str = ""  # who handed over
    handover: Statement = Statement()  # the newest internal note of a colleague
    account: tuple[Line, ...] = ()
    earlier: tuple[Line, ...] = ()
    reasons: tuple[Reason, ...] = ()
    routed: str = ""
    chain: tuple[str, ...] = ()  # who was asked and what became of it (with ASKED), who accepted, how earlier handoffs ended
    missing: tuple[Gap, ...] = ()
    lacking: tuple[str, ...] = ()  # parts of the minimum (transcript, summary, account, reason) that are not there
    completeness: int = 0  # 0 to 100; 100 = all that completeness.BASE and the issue type ask for
    minimum: int = 0  # what the playbook wants of this issue type before it goes out, 0 for nothing
    wording: Wording = Wording()  # shown in place of summary, tried and ruled_out where a model has written them
    transcript: tuple[Turn, ...] = field(default=())

    def ended(self) -> ContextPackage:
        """The package once its handoff is over: no clock of it runs and nobody waits any more."""
        return replace(self, clocks=(), waiting_since=None, unanswered=0)

    def waiting(self, now: datetime | None = None) -> str:
        """How long the customer has waited for a person at ``now`` (default: when this was built): "2 h 10 min"."""
        if self.waiting_since is None:
            return "not waiting"
        return duration((now or self.built_at) - self.waiting_since)

    def urgency(self) -> str:
        """ "urgent, severity high": the helpdesk's priority and the rules' severity."""
        priority = "" if self.priority is Priority.UNKNOWN else str(self.priority)
        severity = f"severity {self.severity}" if self.severity else ""
        return ", ".join(word for word in (priority, severity) if word) or "not told"

    def sla(self, now: datetime | None = None, *, most: int = 3) -> str:
        """The running clocks in words at ``now``, the nearest first: "first reply due in 35 min (14:05 UTC)"."""
        running = [c for c in self.clocks if c.state is not ClockState.MET]
        running.sort(key=lambda c: (c.due_at is None, c.due_at or self.built_at))
        return "; ".join(_clock_words(clock, now or self.built_at) for clock in running[:most]) or "no running clock"


def utc_words(at: datetime, now: datetime) -> str:
    """A moment in UTC, with its day unless it is today's: "14:05 UTC", "3 Feb 14:05 UTC", "3 Feb 2024 14:05 UTC"."""
    at, now = at.astimezone(UTC), now.astimezone(UTC)
    year = "" if at.year == now.year else f" {at.year}"
    day = "" if at.date() == now.date() else f"{at.day} {MONTHS[at.month - 1]}{year} "
    return f"{day}{at:%H:%M} UTC"


def _clock_words(clock: SlaClock, now: datetime) -> str:
    name = clock.name.replace("_", " ")
    if clock.state is ClockState.PAUSED:
        return f"{name} paused"
    if clock.due_at is None:
        return f"{name} {'running' if clock.state is ClockState.UNKNOWN else clock.state}"
    left = clock.due_at - now
    if left.total_seconds() < 0:
        return f"{name} breached {duration(left)} ago ({utc_words(clock.due_at, now)})"
    amber = ", amber" if clock.state is ClockState.AMBER else ""
    return f"{name} due in {duration(left)} ({utc_words(clock.due_at, now)}{amber})"
