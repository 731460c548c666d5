"""What the pipeline asks of the store: a Journal, and a Case, which is one ticket locked for one transaction.

Everything planned in a Case is committed together with its queue job when the ``with`` block ends, or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from escalation.actions import Action, Entry, Timer, Write
from escalation.affinity import Earlier
from escalation.away import Away
from escalation.bug import Bug, BugLink
from escalation.bug_book import Bugs, Joined
from escalation.context import ContextPackage
from escalation.decision import Decision
from escalation.handover import Handover
from escalation.history import Contact, Logged
from escalation.hop import Handoff
from escalation.planned import PlanningCase, Task
from escalation.ports import Arrival, Changed, Inbound, News, Posted
from escalation.queued import Queued
from escalation.roster import Load
from escalation.shift_store import ShiftCase, ShiftJournal
from escalation.ticket import Ignored, Message, Ticket, TicketChange
from escalation.verdicts import Feedback


class DeliveryStatus(StrEnum):
    ACCEPTED = "accepted"  # committed, not yet looked at
    HANDLED = "handled"
    IGNORED = "ignored"  # understood, and no ticket's business; or our own echo
    UNREADABLE = "unreadable"  # kept; mend the mapping and replay
    FAILED = "failed"  # handling was given up; replay


@dataclass(frozen=True, slots=True)
class Waiting:
    """An accepted delivery that has not been looked at."""

    id: int
    inbound: Inbound
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """What is stored of a ticket before this pass, and the deliveries that wait for it."""

    ticket: Ticket | None
    actions_seen: frozenset[str]
    waiting: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one delivery."""

    delivery: int
    status: DeliveryStatus
    became: TicketChange | Ignored | News | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Escalation:
    """Why a ticket needs somebody else; one is open per ticket at most."""

    id: str
    connection: str
    ticket_id: str
    severity: str
    issue_type: str
    team: str
    path: str
    rules: tuple[str, ...]
    reasons: tuple[str, ...]
    package: ContextPackage
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A handoff that ``agent`` accepted, and the customer waits. ``asked``: we had offered it, so it is an id of the roster."""

    handoff_id: str
    connection: str
    ticket_id: str
    agent: str
    accepted_at: datetime
    asked: bool
    own_hours: bool = False  # the time to the reply counts in their own shifts, so it stands still while they are off


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a ticket leaves behind: its log, when to look again (None for never), with which playbook version."""

    log: tuple[Logged, ...]
    at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class Shown:
    """What a card shows, read without locking: ``ticket`` is without its thread; ``posted`` where each offer's card stands."""

    handoff: Handoff
    escalation: Escalation
    ticket: Ticket
    posted: Mapping[str, Posted]
    feedback: Feedback | None = None  # the receiver's verdict
    in_threads: Mapping[str, Posted] | None = None  # where cards stand in threads


class Case(PlanningCase, ShiftCase, Protocol):
    """One ticket, its open escalation and live handoff, locked until the block ends."""

    connection: str
    ticket_id: str
    now: datetime
    ticket: Ticket | None
    evaluated: Ticket | None  # as it was when the rules last looked
    log: tuple[Logged, ...]  # what it went through
    escalation: Escalation | None
    handoff: Handoff | None

    def save_ticket(
        self,
        ticket: Ticket,
        *,
        read_at: datetime | None = None,
        actions_seen: Iterable[str] = (),
        look: Look | None = None,
    ) -> None:
        """Keep the ticket and its messages; without ``look`` its log and its next look stay as they are."""

    def forget(self, messages: Iterable[Message]) -> None:
        """Delete messages, which the helpdesk has no more."""

    def unsay(self, rewrite: Callable[[object], object]) -> tuple[Handoff, ...]:
        """Rewrite every text that is kept of the ticket beside its messages; the handoffs whose escalations it changed."""

    def contacts(self, email: str, since: datetime) -> tuple[Contact, ...]:
        """Other tickets of the customer with this address that were first seen since then, on any connection; newest first."""

    def earlier(self, email: str) -> tuple[Earlier, ...]:
        """Who had the customer's other tickets, the newest ten of them."""

    def conclude(self, outcomes: Iterable[Outcome]) -> None:
        """Set the status of deliveries."""

    def record(self, decision: Decision, ticket: Ticket, deliveries: Iterable[int]) -> int:
        """Keep an evaluation for ever; its id. The ticket becomes ``evaluated``."""

    def open(self, decision: Decision, package: ContextPackage, evaluation: int) -> Escalation:
        """Begin an escalation."""

    def update(self, escalation: Escalation) -> None:
        """Keep changed reasons, severity or package."""

    def close(self) -> None:
        """End the open escalation."""

    def former(self) -> tuple[Escalation, Handoff] | None:
        """The last escalation that is over, with its last handoff; None when there is none."""

    def reopen(self, escalation: Escalation) -> None:
        """Go on with an escalation that was over, with its package as given."""

    def save_handoff(self, handoff: Handoff) -> None:
        """Keep a handoff and its offers."""

    def shown(self, handoff_id: str) -> Shown | None:
        """Any handoff of this ticket, live or over; None when there is none."""

    def judge(self, handoff: Handoff, said: Feedback, entry: Entry) -> None:
        """Keep the verdict on a handoff, which may be over, and append the entry to its timeline."""

    def new_handoff_id(self) -> str:
        """An id for a new handoff, sorted by time."""

    def reserve(self, handoff_id: str) -> None:
        """The next new handoff of this case gets this id."""

    def begun(self, handover: str, handoff_id: str) -> None:
        """A kept request of a bot became this handoff."""

    def loads(self, agents: Iterable[str]) -> Mapping[str, Load]:
        """Open handoffs, open offers and last offer of each of these agents.

        Until this case ends no other one is told loads, so that what is decided upon them still holds when it is committed.
        """

    def away(self) -> Iterable[Away]:
        """Everybody who is away now, by their own word."""

    def queued(self) -> tuple[Queued, ...]:
        """Every handoff that waits, in no order; as with ``loads``, nobody else is told until this case ends."""

    def beside(self, connection: str, ticket_id: str) -> Case | None:
        """Another ticket in this transaction; None while somebody else has it locked."""

    def last_fired(self) -> Mapping[str, datetime]:
        """Rule id → when it last opened an escalation of this ticket (cooldowns)."""

    def last_shadowed(self) -> Mapping[str, datetime]:
        """Rule id → when a rule in shadow was last noted for this ticket."""

    def report_bug(self, bug: Bug, link: BugLink) -> Joined:
        """Keep a new bug with its first ticket, or join the one with the same fingerprint that is not closed."""

    def join_bug(self, bug_id: str, link: BugLink) -> Joined | None:
        """Link this ticket to a bug that is there; None when it is not."""

    def refresh_later(self) -> None:
        """Queue a fresh read of this ticket."""


class Journal(ShiftJournal, Protocol):
    """The store as the pipeline sees it. Each method is one transaction."""

    @property
    def bugs(self) -> Bugs:
        """The bugs that were reported."""

    def accept(self, connection: str, inbound: Inbound, arrival: Arrival, *, unreadable: str = "") -> tuple[int, bool]:
        """Keep a delivery and queue its handling; (id, True when the key was there already). ``unreadable`` says why it is.

        A derived key that was there already is kept and handled again: nothing that comes after a read goes without one.
        """

    def known(self, connection: str, ticket_id: str) -> Known:
        """The stored ticket and its waiting deliveries, without locking."""

    def waiting(self, connection: str, ticket_id: str) -> tuple[Waiting, ...]:
        """The waiting deliveries of a ticket, oldest first."""

    def case(self, connection: str, ticket_id: str, now: datetime) -> AbstractContextManager[Case]:
        """Lock one ticket for one transaction."""

    def ticket_of(self, handoff_id: str) -> tuple[str, str]:
        """Connection and ticket id of a handoff; LookupError when there is none."""

    def move(self, delivery: int, connection: str, ticket_id: str) -> None:
        """A delivery turned out to be about another ticket: queue it there."""

    def begin(self, action_id: int) -> Task | None:
        """Mark an action as being tried; None when it is done, moot or set aside."""

    def shown(self, handoff_id: str) -> Shown | None:
        """Any handoff, live or over, with what its cards show; None when there is none."""

    def refresh_later(self, connection: str, why: Mapping[str, str]) -> None:
        """Queue the read of tickets, by id; ``why`` is what their timelines will tell of it, "" for nothing."""

    def unheard(self, connection: str, changes: Iterable[Changed]) -> Mapping[Changed, bool]:
        """Those of these changes that neither what is stored of the ticket shows nor a waiting delivery may tell of.

        True where it may be a write of our own that changed it, of which not all helpdesks tell.
        """

    def beat(self, name: str, now: datetime) -> None:
        """Remember a moment by a name: a sign of life, or up to when something was seen to."""

    def beaten(self, name: str) -> datetime | None:
        """The moment that was remembered last by this name."""

    def unwritten(self, handoff_id: str, key: str) -> tuple[Write, ...]:
        """The steps of the write-back with this key, those that mend it included, which are neither done nor needless."""

    def finish(self, task: Task, now: datetime, *, posted: Posted | None = None, offer_id: str = "", moot: str = "") -> None:
        """Mark an action as done and remember where the card of ``offer_id`` was posted; ``moot`` says why nothing was done."""

    def failed(self, task: Task, error: str, *, unclear: bool, final: bool) -> None:
        """A try failed; ``final`` sets the action aside."""

    def deliveries_failed(self, connection: str, ticket_id: str, why: str) -> None:
        """Handling was given up: every waiting delivery of the ticket becomes failed, replayable."""

    def anything_queued(self) -> bool:
        """True when some handoff waits."""

    def queued(self) -> tuple[Queued, ...]:
        """Every handoff that waits, in no order, without locking."""

    def loads(self, agents: Iterable[str]) -> Mapping[str, Load]:
        """What each of these agents has on the desk, without locking."""

    def away(self, now: datetime) -> tuple[Away, ...]:
        """Everybody who is away by their own word."""

    def holders(self) -> tuple[str, ...]:
        """Whoever has a handoff in which the customer has had no reply yet."""

    def unanswered(self, agents: Iterable[str]) -> tuple[Unanswered, ...]:
        """The handoffs of these people in which the customer has had no reply yet."""

    def conclude(self, outcomes: Iterable[Outcome], now: datetime) -> None:
        """Set the status of deliveries that are about no ticket."""

    def due_looks(self, now: datetime, version: int, most: int) -> tuple[tuple[str, str], ...]:
        """(connection, ticket id) of tickets to look at: those whose moment has come, then those of an older playbook."""

    def postpone_look(self, connection: str, ticket_id: str, until: datetime, version: int) -> None:
        """Look at a ticket again at ``until``."""

    def due_recounts(self, version: int, most: int) -> tuple[tuple[str, str, str], ...]:
        """(id, connection, ticket id) of handoffs whose running deadlines were counted with an earlier roster than this."""

    def recounted(self, handoff_id: str, version: int) -> None:
        """Note that a handoff's deadlines need no counting with this roster."""

    def due_timers(self, now: datetime, most: int) -> tuple[Timer, ...]:
        """Timers due and not fired, oldest first."""

    def postpone(self, timer: str, until: datetime) -> None:
        """Look at a timer again at ``until``."""

    def show_away(self, source: str, shown: Iterable[Away]) -> None:
        """Keep whom a helpdesk or the chat shows as away now, in place of what it showed before."""

    def forget_away(self, sources: Iterable[str]) -> None:
        """Drop what all other sources showed: they are not respected any more."""

    def handover(self, id: str) -> Handover | None:
        """A kept request of a bot; None when there is none."""

    def making(self, handover: str) -> None:
        """A ticket is about to be made for it."""

    def made(self, handover: str, ticket: str) -> None:
        """This ticket was made for it."""

    def handover_failed(self, handover: str, why: str, now: datetime, actions: Iterable[Action]) -> None:
        """It was given up: note why, and plan who is told."""

    def replay(self, delivery: int) -> None:
        """Queue a delivery again; LookupError when there is none."""

    def retry(self, action_id: int) -> None:
        """Queue a set-aside action again; LookupError when there is none."""
