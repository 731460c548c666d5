"""What the core expects of the outside, and the only four errors the outside may raise.

Outside
├── TryLater      the same call may succeed later; wait as it says
├── GiveUp        it will not succeed unless a person changes something
├── BadSignature  the request is not proven to be the vendor's: nothing is stored
└── Unreadable    authentic, but not understood: kept and replayable
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from escalation.actions import Card, NewTicket, Note, Receipt, Write
from escalation.bug import BugLink, Filed
from escalation.draft import Brief, Draft
from escalation.shift_card import ShiftCard
from escalation.signals import Signal
from escalation.ticket import Account, Group, Ignored, Message, Person, Ticket, TicketChange


class Outside(Exception):
    """Base of everything that may go wrong beyond our border."""


class TryLater(Outside):
    """The call may succeed later. ``wait``: the vendor's own Retry-After; ``unclear``: it may have taken effect already."""

    def __init__(self, why: str, *, wait: timedelta | None = None, unclear: bool = False) -> None:
        super().__init__(why)
        self.wait, self.unclear = wait, unclear


class GiveUp(Outside):
    """Trying again is no use until a person acts; ``gone`` when the ticket, person or channel no longer exists.

    ``refused`` when the credentials or their permissions are the reason.
    """

    def __init__(self, why: str, *, gone: bool = False, refused: bool = False) -> None:
        super().__init__(why)
        self.gone, self.refused = gone, refused


class BadSignature(Outside):
    """Signature, token or age of a request is wrong; the text never quotes the secret or what was expected."""


class Unreadable(Outside):
    """The payload cannot be understood; ``path`` says where, ``remedy`` what an admin can do."""

    def __init__(self, why: str, *, path: str = "", remedy: str = "") -> None:
        super().__init__(why)
        self.path, self.remedy = path, remedy


@dataclass(frozen=True, slots=True)
class Inbound:
    """One HTTP request of a vendor: header names lower-cased, raw body as received (signatures need every byte)."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Arrival:
    """The little that must be known before the commit: idempotency key, ticket ("" when none is named) and event name.

    ``derived``: the vendor gave no key, so this one is made of the request, and equal requests may tell of two events.
    """

    key: str
    ticket_id: str
    event: str
    derived: bool = False


@dataclass(frozen=True, slots=True)
class HelpdeskAgent:
    """An agent account of a helpdesk; ``available`` None where the vendor does not tell."""

    id: str
    name: str = ""
    email: str = ""
    group_ids: tuple[str, ...] = ()
    available: bool | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """A ticket that its helpdesk lists as changed, and when by the helpdesk's own clock (aware)."""

    ticket_id: str
    at: datetime


class Helpdesk(Protocol):
    """One account of one helpdesk, both directions. Implementations are thread-safe."""

    kind: str  # the folder's name: zendesk, freshdesk, intercom
    connection: str  # the connection's id
    cannot: Mapping[str, str]  # ability → why this helpdesk lacks it, shown to admins
    echoes: bool  # True once its webhooks have told of a note of ours: then they may prove a write before it is read back

    def verify(self, inbound: Inbound, now: datetime) -> None:
        """Return if the request is proven to be the vendor's, else raise BadSignature."""

    def arrival(self, inbound: Inbound) -> Arrival:
        """Key, ticket id and event name of a request, without any I/O; raises Unreadable for what is not JSON."""

    def change(self, inbound: Inbound) -> TicketChange | Ignored:
        """What the delivery means for a ticket, through the mapping; raises Unreadable with the path."""

    def needs_read(self, change: TicketChange, ticket: Ticket | None) -> bool:
        """True when the ticket has to be read because the webhook and what is stored lack what a decision needs."""

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        """The whole ticket with its thread, requester, organisation, group; GiveUp(gone) when it does not exist.

        ``known``: the ticket as stored. Older messages may be taken from it where reading them again costs a call.
        """

    def in_thread(self, message_id: str) -> bool:
        """True when a read of the whole thread has the message with this id, or another in its place, while it is there."""

    def reread(self, ticket_id: str, known: Callable[[], Ticket | None] = lambda: None) -> Ticket:
        """The ticket as it stands, with what was just written; older messages and the customer's record only where they cost
        no call more. ``known`` gives the stored ticket, as in ``fetch``; not all ask for it."""

    def changed(self, since: datetime) -> Iterator[Changed]:
        """The tickets that changed at ``since`` or later, earliest change first; read page by page, as far as they are asked for.

        Deleted ones are left out, and the newest may be missing for some minutes. GiveUp(refused) where the token may not.
        """

    def past_tickets(self, ticket: Ticket) -> Ticket:
        """The same ticket with ``customer.past`` filled; costs a vendor call."""

    def steps(self, write: Write, seen: Ticket | None = None) -> tuple[Write, ...]:
        """Split into single vendor calls, in the order to be made; Zendesk needs one. GiveUp for what stands in ``cannot``.

        ``seen``: the ticket as last read; a call that would only repeat what it shows is left out.
        """

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        """Carry out one step; with ``look_first`` (an earlier try may have worked) look it up before repeating it."""

    def create(self, new: NewTicket, *, look_first: bool) -> str:
        """Make a ticket, once; its id. With ``look_first`` (an earlier try may have worked) it is looked for before."""

    def is_own(self, change: TicketChange) -> bool:
        """True when the change was caused by our own writes (actor or marker), so it is kept and not evaluated."""

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        """All agent accounts with groups and, where told, availability; cached briefly."""

    def check(self) -> tuple[str, ...]:
        """Problems of address, credentials and permissions in words with the remedy; empty when all is well."""


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a chat message stands: channel id (not name) and its time stamp id."""

    channel: str
    ts: str


class Chat(Protocol):
    """The chat tool (Slack). Implementations are thread-safe."""

    def post(self, to: str, card: Card | ShiftCard, key: str, *, look_first: bool, under: Posted | None = None) -> Posted:
        """Post a card to a channel or person id; with ``look_first`` the message carrying ``key`` is looked for before.

        ``under``: in the thread of this message.
        """

    def find(self, to: str, key: str, *, under: Posted | None = None) -> Posted | None:
        """The message that was posted to ``to`` (in a thread) with ``key`` lately, None when there is none."""

    def update(self, where: Posted, card: Card | ShiftCard) -> None:
        """Edit a posted card to what it should show now."""

    def tell(self, to: str, text: str, key: str, *, look_first: bool) -> Posted:
        """Post plain text (escaped here) to a channel or person id."""

    def undisturbed(self, people: Iterable[str]) -> Mapping[str, datetime]:
        """Of these person ids those who are not to be disturbed now, with until when (aware)."""

    def fill_group(self, group: str, people: Iterable[str]) -> bool:
        """Make these person ids (at least one) the members of a user group; False when they were already."""

    def person(self, email: str) -> str:
        """The chat id of the person with this e-mail address; GiveUp(gone) when there is none."""

    def check(self, groups: Iterable[str] = ()) -> tuple[str, ...]:
        """Problems of token, scopes, channels and these user groups in words with the remedy; empty when all is well."""


class Bots(Protocol):
    """The AI agents and bots that hand over, as far as they want to hear what became of it. Thread-safe."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where each is told; none when nobody wants to hear."""

    def tell(self, address: str, id: str, body: str, now: datetime) -> None:
        """Send one signed event (JSON); ``id`` is the same at every try. TryLater, or GiveUp when it is no use any more."""


class Accounts(Protocol):
    """What other systems know of a customer: one or more sources in order of precedence. Implementations are thread-safe."""

    def look(self, requester: Person, organization: Group) -> Account:
        """The facts of all sources, read within seconds, with the reason for every field that nobody knows. Never raises."""

    def check(self) -> Mapping[str, str]:
        """Source → what it is, and what has to be mended ("" when nothing is)."""


class Writer(Protocol):
    """A model that words what a handoff says. Implementations are thread-safe."""

    @property
    def model(self) -> str:
        """Its name, as readers are shown it."""

    def write(self, brief: Brief) -> Draft:
        """One request, answered within its deadline; nothing of the answer is to be believed yet. TryLater or GiveUp."""


class Budget(Protocol):
    """How much may be asked of a model in an hour, over all processes. Thread-safe."""

    def spend(self, now: datetime) -> str:
        """Count one request; why there may be none, "" when it may be made."""


class Reader(Protocol):
    """Reads signals from a thread; pure, deterministic, never raises."""

    def read(self, messages: tuple[Message, ...], now: datetime, *, subject: str = "", language: str = "") -> tuple[Signal, ...]:
        """All signals found; agent and bot text never fires customer signals. ``language``: what the helpdesk says it is."""


class NewsKind(StrEnum):
    """What a tracker tells of a bug."""

    COMMENT = "comment"
    CLOSED = "closed"
    REOPENED = "reopened"


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened to a bug in its tracker. ``key`` names the fact, however often it is told."""

    bug_id: str  # the tracker's id, as in Filed
    kind: NewsKind
    key: str
    at: datetime | None = None
    who: str = ""
    text: str = ""  # of a comment, or how it was closed
    own: bool = False  # Baton wrote it


class Tracker(Protocol):
    """One project of one issue tracker, both directions. Implementations are thread-safe."""

    name: str  # linear, jira, github

    def find(self, mark: str) -> Filed | None:
        """The bug that was filed with this mark (``Note.key``), None when there is none."""

    def file(self, bug: Note) -> Filed:
        """File a bug; whether an earlier try did so is the caller's to ``find``."""

    def link(self, bug: Filed, link: BugLink, mark: str, *, look_first: bool) -> None:
        """Show one more ticket with the bug; with ``look_first`` what carries ``mark`` is looked for before."""

    def verify(self, inbound: Inbound, now: datetime) -> None:
        """Return if the request is proven to be the tracker's, else raise BadSignature."""

    def arrival(self, inbound: Inbound) -> Arrival:
        """Key, bug id (as ``ticket_id``) and event of a request, without any I/O; Unreadable for what is not JSON."""

    def change(self, inbound: Inbound) -> News | Ignored:
        """What the delivery means for a bug; raises Unreadable with the path."""

    def check(self) -> tuple[str, ...]:
        """Problems of address, credentials and project in words with the remedy; empty when all is well."""
