"""What the web layer expects of the rest: the pipeline and the documents, as far as a page or a call needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from escalation.bug import Evidence
from escalation.bugs import Asked, Outlook, Reported
from escalation.events import Accept, Ask, Decline, NextLevel, Reassign, Refresh, Return, Snooze
from escalation.playbook import Playbook
from escalation.ports import Inbound
from escalation.roster import Agent, Roster
from escalation.shift import Event as ShiftEvent
from escalation.shift import Noted
from escalation.shift_store import Packet
from escalation.verdicts import Judge

Pressed = Accept | Decline | Return | Ask | NextLevel | Refresh | Reassign | Snooze | Judge


class Received(Protocol):
    """Where a webhook is kept; ``duplicate`` when its key was there already."""

    @property
    def delivery(self) -> int: ...
    @property
    def duplicate(self) -> bool: ...


class Answer(Protocol):
    """What somebody who answered a handoff is told; ``holder`` is the agent id who has it now, "" if nobody."""

    @property
    def ok(self) -> bool: ...
    @property
    def text(self) -> str: ...
    @property
    def holder(self) -> str: ...


class Pipeline(Protocol):
    """``escalation.pipeline.Pipeline`` as the web layer uses it."""

    @property
    def roster(self) -> Callable[[], Roster]:
        """The roster that is active now."""

    @property
    def playbook(self) -> Callable[[], Playbook]:
        """The playbook that is active now."""

    def receive(self, connection: str, inbound: Inbound, now: datetime) -> Received:
        """Keep a webhook; LookupError for an unknown connection, BadSignature, Unreadable."""

    def answer(self, handoff_id: str, event: Pressed, now: datetime) -> Answer:
        """Somebody accepts, declines, returns, asks, moves it on or judges it; LookupError for an unknown handoff."""

    def replay(self, delivery_id: int, now: datetime) -> None:
        """Handle a kept delivery again; LookupError when there is none."""

    def retry(self, action_id: int, now: datetime) -> None:
        """Try a set-aside action again; LookupError when there is none."""


class Backtests(Protocol):
    """Drafts of the rules tried on stored tickets, in the background."""

    def start(self, draft: str, author: str, days: int) -> int:
        """Begin one; its number. Problems for a draft that cannot be used."""

    def told(self, number: int) -> dict[str, Any] | None:
        """State, progress and results, None when there is none of this number."""


class Whom(Protocol):
    """``web.whom.Whom``: who handles an issue, and who would get it at a given moment."""

    def who(self, issue: str, connection: str = "", language: str = "") -> dict[str, Any]:
        """The answer as JSON-ready data; raises Wrong for a connection that there is not."""

    def simulate(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The ladder as JSON-ready data; raises Wrong, or LookupError for an unknown ticket."""


class BugDesk(Protocol):
    """``escalation.bugs.BugDesk``: where bugs are reported and trackers are heard."""

    def trackers(self) -> Sequence[str]:
        """The names of the trackers that are set up."""

    def look(self, handoff_id: str, added: Evidence = ...) -> Outlook:
        """What reporting a handoff's ticket would mean; LookupError for no such handoff."""

    def report(self, handoff_id: str, asked: Asked, now: datetime) -> Reported:
        """File a bug or link to one; LookupError for no such handoff."""

    def receive(self, tracker: str, inbound: Inbound, now: datetime) -> tuple[int, bool]:
        """Keep a tracker's webhook; LookupError for an unknown tracker, BadSignature, Unreadable."""


class Handed(Protocol):
    """What became of a wish to hand over a shift; ``packet`` "" when there was nothing."""

    @property
    def packet(self) -> str: ...
    @property
    def items(self) -> int: ...
    @property
    def text(self) -> str: ...


class Shifts(Protocol):
    """``escalation.shift_work.Shifts``: shift handovers."""

    def packet(self, packet: str) -> Packet | None:
        """A packet with its items as they are now."""

    def by_hand(self, agent: Agent, made_by: str, now: datetime) -> Handed:
        """Make a packet of what somebody has."""

    def answer(self, packet: str, handoff_id: str, event: ShiftEvent, now: datetime) -> Answer:
        """Somebody acknowledges, declines or notes an item; LookupError for an unknown one."""

    def note(self, packet: str, event: Noted, now: datetime) -> Answer:
        """A note on the whole packet; LookupError for an unknown one."""


class Document(Protocol):
    """One version of a YAML document."""

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> int: ...
    @property
    def text(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def at(self) -> datetime: ...


class Documents(Protocol):
    """The documents admins edit, every version of them."""

    def active(self, name: str) -> Document:
        """The version in force; LookupError for an unknown name."""

    def names(self) -> Sequence[str]:
        """The names of all documents."""

    def refused(self) -> Mapping[tuple[str, int], str]:
        """(name, version) of every version that was not taken → why."""

    def history(self, name: str) -> Sequence[Document]:
        """Every version, newest first."""
