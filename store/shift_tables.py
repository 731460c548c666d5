"""The tables of shift handovers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, PrimaryKeyConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.tables import Json, Table

_WAITS = text("state IN ('open', 'with_lead')")


class PacketRow(Table):
    """What one person had open at a shift's end; ``key`` makes it once."""

    __tablename__ = "shift_packets"
    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    outgoing: Mapped[str]
    at: Mapped[datetime]
    why: Mapped[str]
    made_by: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    __table_args__ = (Index("shift_packets_by_agent", "outgoing", "id"),)


class ItemRow(Table):
    """One handoff of a packet; ``body`` is the core's Item. It changes only while its ticket is locked."""

    __tablename__ = "shift_items"
    packet: Mapped[str] = mapped_column(ForeignKey("shift_packets.id"))
    handoff_id: Mapped[str] = mapped_column(ForeignKey("handoffs.id"))
    outgoing: Mapped[str]
    asked: Mapped[str]
    state: Mapped[str]
    body: Mapped[Json]
    added_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    __table_args__ = (
        PrimaryKeyConstraint("packet", "handoff_id"),
        # A handoff waits in one packet at most, kept by the database itself.
        Index("one_waiting_shift_item", "handoff_id", unique=True, postgresql_where=_WAITS),
        Index("waiting_shift_items", "packet", postgresql_where=_WAITS),
        Index("shift_items_asked", "asked", postgresql_where=_WAITS),
    )


class PacketPostRow(Table):
    """Where a packet was posted for somebody ("" = the channel); ``shown`` is a hash of what it says."""

    __tablename__ = "shift_posts"
    packet: Mapped[str] = mapped_column(ForeignKey("shift_packets.id"))
    agent: Mapped[str]
    channel: Mapped[str]
    ts: Mapped[str]
    shown: Mapped[str]
    __table_args__ = (PrimaryKeyConstraint("packet", "agent"),)


class ShiftEndRow(Table):
    """The shift of a person that runs or comes next; ``due_at`` is its end, later after a failure.

    The row of agent "" says with which roster all the others were worked out.
    """

    __tablename__ = "shift_ends"
    agent: Mapped[str] = mapped_column(primary_key=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    due_at: Mapped[datetime]
    roster_version: Mapped[int]
    __table_args__ = (Index("shift_ends_due", "due_at"),)
