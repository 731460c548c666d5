"""What a shift's packets ask of the store: of a locked ticket's Case, and of the Journal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from escalation.hop import Handoff
from escalation.ports import Posted
from escalation.shift import Item
from escalation.shift_people import ShiftEnd
from escalation.ticket import ClockState, Ticket


@dataclass(frozen=True, slots=True)
class Line:
    """An item with what it is about today; ``handoff`` without its offers, ``ticket`` without its thread."""

    item: Item
    handoff: Handoff
    ticket: Ticket
    severity: str

    @property
    def next_due(self) -> tuple[str, datetime] | None:
        """What has to happen next, and by when: the first reply after accepting, else the helpdesk's or our own next clock."""
        if self.handoff.state.is_live and self.handoff.answered_at is None and self.handoff.reply_due:
            return "first reply", self.handoff.reply_due
        running = (clock for clock in self.ticket.sla if clock.state not in (ClockState.MET, ClockState.PAUSED))
        found = min(((clock.due_at, clock.name) for clock in running if clock.due_at is not None), default=None)
        return (found[1].replace("_", " "), found[0]) if found else None


@dataclass(frozen=True, slots=True)
class Packet:
    """What one person had open at a moment (``at``); ``made_by`` is an agent, a person's name, or "baton"."""

    id: str
    outgoing: str  # agent id
    at: datetime
    why: str
    made_by: str
    note: str = ""
    lines: tuple[Line, ...] = ()

    def asked(self) -> tuple[str, ...]:
        """Everybody who was asked for something in it, in order."""
        return tuple(dict.fromkeys(agent for line in self.lines for agent in line.item.tried))

    @property
    def waiting(self) -> int:
        """How many items nobody has acknowledged, and could."""
        return sum(not line.item.state.is_settled for line in self.lines)


class ShiftCase(Protocol):
    """Of a ticket that is locked."""

    def shift_item(self, handoff: str, packet: str = "") -> Item | None:
        """The item of a handoff in a packet; without one the item that is not settled, in whatever packet."""

    def save_shift_item(self, item: Item) -> None:
        """Keep a new or changed item."""


class ShiftJournal(Protocol):
    """Each method is one transaction."""

    def begin_packet(self, key: str, outgoing: str, at: datetime, why: str, made_by: str, now: datetime) -> str:
        """The id of the packet with this key, made if there is none."""

    def packet_with(self, key: str) -> str:
        """The id of the packet with this key, "" when there is none."""

    def held_handoffs(self, agent: str) -> tuple[str, ...]:
        """The handoffs somebody has, oldest first, that are in no packet that still waits."""

    def packet(self, packet: str) -> Packet | None:
        """A packet with its items, None when there is none."""

    def note_packet(self, packet: str, note: str, entry_by: str, now: datetime) -> None:
        """Keep what the outgoing person says of the whole."""

    def packet_posted(self, packet: str, agent: str) -> tuple[Posted, str] | None:
        """Where a packet was posted for somebody, and what it showed; None when it was not."""

    def save_packet_posted(self, packet: str, agent: str, posted: Posted, shown: str) -> None:
        """Remember it."""

    def due_shift_ends(self, now: datetime, most: int) -> tuple[int, tuple[ShiftEnd, ...]]:
        """With which version of the roster every shift was worked out (-1: none yet); those to look at now, longest due first."""

    def shift_ends(self) -> tuple[ShiftEnd, ...]:
        """Every kept shift."""

    def save_shift_end(self, known: ShiftEnd | None, coming: ShiftEnd | None) -> None:
        """Replace ``known`` by ``coming``, unless somebody else has done so since."""

    def shift_ends_done(self, version: int, gone: Iterable[str]) -> None:
        """All are worked out with this roster; those of people who are gone are dropped."""

    def postpone_shift_end(self, known: ShiftEnd, until: datetime) -> None:
        """Look at it again at ``until``."""
