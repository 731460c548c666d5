"""One handoff as data: its states, offers, the events of its life and the outcome of a step (domain.md §4).

``handoff.advance`` moves it on; ``ladder`` knows whom to ask next.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from escalation.actions import Action, Entry, Timer
from escalation.clocks import Counting, ReplyClock
from escalation.decision import Route
from escalation.playbook import ClockKind, Level, Path
from escalation.roster import Cards, Roster


class State(StrEnum):
    OFFERED = "offered"  # somebody is being asked
    WAITING = "waiting"  # everybody was asked; channel, lead and watch know; still acceptable
    ACCEPTED = "accepted"  # somebody has it, the customer has had no human reply yet
    ANSWERED = "answered"  # a human has replied to the customer since
    CLOSED = "closed"  # the ticket is solved, closed or deleted after somebody had it
    CANCELLED = "cancelled"  # the ticket was over before anybody accepted

    @property
    def is_live(self) -> bool:
        return self not in (State.CLOSED, State.CANCELLED)

    @property
    def is_taken(self) -> bool:
        return self in (State.ACCEPTED, State.ANSWERED, State.CLOSED)


class OfferState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"  # somebody else accepted, the ticket was over, or it was taken back


@dataclass(frozen=True, slots=True)
class Offer:
    """One person (``agent``), or with ``agent`` "" one whole ``channel`` or ``tracker``, being asked once."""

    id: str
    agent: str
    at: datetime
    until: datetime
    channel: str = ""
    state: OfferState = OfferState.OPEN
    level: int = 0  # the rung of the path it was made on
    reason: str = ""  # why it was declined, withdrawn…
    why: str = ""  # why this person: the candidate's words
    on_pass: int = 0  # which pass through a level it belongs to
    assigned: bool = False  # the ticket was assigned with it
    clock: ClockKind = ClockKind.ALWAYS  # in which ``until`` is counted
    span: timedelta | None = None  # that is counted from ``at``; None: ``until`` stands as it is, whatever changes
    words: str = ""  # how ``until`` came about
    mark: str = ""  # ends the keys of its timers; another one each time ``until`` moves
    from_queue: bool = False  # made because somebody was free again
    snoozed: bool = False  # whoever is asked has put off answering, which goes once
    group: str = ""  # the user group that the channel's card calls
    cards: Cards = Cards.DM  # where its card stands
    tracker: str = ""  # in which its bug is waited for: no card, and nobody to press
    sender: str = ""  # who is asked for what is missing before anybody is: no card either

    @property
    def is_wait(self) -> bool:
        """True where nobody is offered anything: a bug, or the sender, is waited for."""
        return bool(self.tracker or self.sender)

    @property
    def everybody(self) -> str:
        """Who is asked where it is nobody in particular, in words."""
        if self.is_wait:
            return f"the tracker {self.tracker}" if self.tracker else "the sender, for what is missing"
        return f"everybody in {self.channel or 'the default channel'}" + (
            f", calling the user group {self.group}" * bool(self.group)
        )


@dataclass(frozen=True, slots=True)
class Handoff:
    """One hop. ``path`` and ``route`` are snapshots: a changed playbook does not change a running handoff."""

    id: str
    escalation_id: str
    connection: str
    ticket_id: str
    hop: int  # how often it was handed to somebody, counting from 1
    state: State
    path: Path
    team: str
    issue_type: str
    sender: str = ""
    level: int = 0
    offers: tuple[Offer, ...] = ()
    tried: Mapping[str, str] = field(default_factory=dict)  # agent → why not again
    route: Route | None = None  # the newest
    accepted_by: str = ""
    accepted_at: datetime | None = None
    answered_at: datetime | None = None
    closed_at: datetime | None = None
    playbook_version: int = 0
    hop_limit: int = 5  # more hand-overs than this, and a lead decides (bounce)
    steps: int = 0  # how often it was moved on; makes the keys of its card's edits unique
    noted: bool = False  # the internal note is planned; a handoff has one
    had: str = ""  # the helpdesk's id of whoever had the ticket when it was to be assigned last
    assigned_at: datetime | None = None  # when that was planned
    passes: int = 0  # how many passes through a level have begun
    repeated: int = 0  # how often the current level was gone through again
    laps: int = 0  # how often the path began again
    ask_again: tuple[str, ...] = ()  # those of ``tried`` who are asked again on a further pass: silent, busy, off shift
    lead_told: int = 0  # the hop on which the lead was told last
    former: str = ""  # the handoff it goes on from, where the ticket was reopened
    first: str = ""  # who had that one, and is asked before all others
    chain: tuple[str, ...] = ()  # what went before, in words
    reply: ReplyClock | None = None  # of whoever accepted; None also where an earlier version accepted it
    roster_version: int = 0  # with which its deadlines were counted last
    from_queue: bool = False  # it waited and is offered to whoever is free: without an answer it waits again
    skills: tuple[str, ...] = ()  # asked for on every level besides the issue type's; its path has them too
    by_name: tuple[str, ...] = ()  # who is asked before the level is, one by one
    bounced: str = ""  # why somebody was asked to decide who has it
    trail: tuple[str, ...] = ()  # the teams it was with, each time it was given back or on: then the first stands in front
    sent_by: str = ""  # the sender's agent id; "" where the roster does not know them, as with bots and rules
    lacked: str = ""  # what was missing when it was returned last, and to whom, in words

    def offer(self, offer_id: str) -> Offer | None:
        return next((o for o in self.offers if o.id == offer_id), None)

    @property
    def open_offers(self) -> tuple[Offer, ...]:
        return tuple(o for o in self.offers if o.state is OfferState.OPEN)

    @property
    def asked_now(self) -> tuple[Offer, ...]:
        """The open offers to people; a channel's card is nobody's."""
        return tuple(o for o in self.open_offers if o.agent)

    @property
    def in_rooms(self) -> tuple[Offer, ...]:
        """The open cards for whoever is there."""
        return tuple(o for o in self.open_offers if not o.agent and not o.is_wait)

    @property
    def owner(self) -> str:
        """Who answers for it: whoever accepted, until then the sender ("" where nobody sent it: then its team)."""
        return self.accepted_by or self.sender

    @property
    def reply_due(self) -> datetime | None:
        """When the first human reply to the customer is due; None before anybody accepted and while the clock stands still."""
        if self.reply is not None:
            return self.reply.due
        return self.accepted_at + self.path.first_reply_in if self.accepted_at else None

    @property
    def counts_hours(self) -> bool:
        """Whether a deadline runs that another roster could move."""
        if self.state is State.ACCEPTED:
            return self.path.reply_clock is not ClockKind.ALWAYS
        counted = (o for o in self.open_offers if o.clock is not ClockKind.ALWAYS and o.span is not None)
        return self.state is State.OFFERED and any(counted)

    @property
    def current_level(self) -> Level:
        return self.path.levels[min(self.level, len(self.path.levels) - 1)]


@dataclass(frozen=True, slots=True)
class HandOver:
    """Write the assignment (and the note, once per handoff) to the helpdesk. ``agent`` "" assigns the team's group only."""

    agent: str
    why: str


@dataclass(frozen=True, slots=True)
class Asking:
    """How a sender is asked for what is missing: for how long, and where the answer goes; not waited for where it is urgent."""

    within: timedelta = timedelta(minutes=10)
    url: str = ""  # of the ticket
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Desk:
    """What a step may look at: the roster now, and a route computed freshly for a level and those not to ask again.

    ``path`` is the handoff's path as the active playbook has it (None: no longer), ``version`` that playbook's. ``hurry``: why
    no answer may be put off, "" where it may, until ``no_later`` at most.
    """

    roster: Roster
    choose: Callable[[Level, Mapping[str, str]], Route]
    path: Path | None = None
    version: int = 0
    counting: Counting = field(default_factory=Counting)
    hurry: str = ""
    no_later: datetime | None = None
    asking: Asking = field(default_factory=Asking)

    def name(self, agent_id: str) -> str:
        return self.roster.name(agent_id)


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome: the handoff after it, effects to plan, timers, timeline. ``refused``: nothing changed, and why."""

    handoff: Handoff
    actions: tuple[Action, ...] = ()
    timers: tuple[Timer, ...] = ()
    entries: tuple[Entry, ...] = ()
    hand_over: HandOver | None = None
    refused: str = ""

    def then(self, other: Step) -> Step:
        """This step followed by ``other``, which started from this one's handoff."""
        return Step(
            other.handoff,
            self.actions + other.actions,
            self.timers + other.timers,
            self.entries + other.entries,
            other.hand_over or self.hand_over,
        )


def clock(at: datetime | None) -> str:
    """``14:05 UTC``; cards show the reader's own zone where the chat tool can."""
    return at.strftime("%H:%M UTC") if at else "an unknown time"


def minutes(span: timedelta) -> str:
    """A span in words: "15 min", "2 h 10 min"."""
    total = max(0, round(span.total_seconds() / 60))
    hours, rest = divmod(total, 60)
    return f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"
