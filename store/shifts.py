"""Shift handovers on PostgreSQL: what ``StoredCase`` and ``StoredJournal`` have of them, and the lists of pages and API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, exists, func, literal_column, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert

from escalation.hop import Handoff
from escalation.ports import Posted
from escalation.shift import Item
from escalation.shift_people import ShiftEnd
from escalation.shift_store import Line, Packet
from escalation.ticket import Ticket
from store.codec import build, new_id, plain
from store.engine import each_alone
from store.queries import Page, Rows, listed
from store.shift_tables import ItemRow, PacketPostRow, PacketRow, ShiftEndRow
from store.tables import EscalationRow, HandoffRow, TicketRow, TimelineRow

_WAITS = ItemRow.state.in_([literal_column("'open'"), literal_column("'with_lead'")])  # as the indexes have it
_FOREVER = datetime(9000, 1, 1, tzinfo=UTC)
_ALL = ""  # the row that says with which roster all are worked out

_WAITING_ITEM = select(ItemRow.body).where(ItemRow.handoff_id == bindparam("the_handoff"), _WAITS)
_ITEM = select(ItemRow.body).where(ItemRow.packet == bindparam("the_packet"), ItemRow.handoff_id == bindparam("the_handoff"))
_new_item = insert(ItemRow)
_SAVE_ITEM = _new_item.on_conflict_do_update(
    index_elements=["packet", "handoff_id"],
    set_={name: _new_item.excluded[name] for name in ("asked", "state", "body", "changed_at")},
)
# Handoffs of a person, by index; those that wait in a packet are left to it.
_HELD = text("""
SELECT h.id FROM handoffs h WHERE h.accepted_by = :agent AND h.state IN ('accepted', 'answered')
AND NOT EXISTS (SELECT 1 FROM shift_items i WHERE i.handoff_id = h.id AND i.state = 'open') ORDER BY h.id
""")
# Once a second: what is due, and the row that tells the roster's version, each by index.
_DUE = (
    select(ShiftEndRow.__table__)
    .where((ShiftEndRow.due_at <= bindparam("now")) | (ShiftEndRow.agent == _ALL))
    .order_by(ShiftEndRow.agent != _ALL, ShiftEndRow.due_at)
    .limit(bindparam("most"))
)
_LINES = (
    select(
        ItemRow.body.label("item"),
        HandoffRow.body.op("-", return_type=JSONB())("route").label("handoff"),  # the route is long and not shown
        TicketRow.body.label("ticket"),
        EscalationRow.severity,
    )
    .join(HandoffRow, HandoffRow.id == ItemRow.handoff_id)
    .join(EscalationRow, EscalationRow.id == HandoffRow.escalation_id)
    .join(TicketRow, (TicketRow.connection == HandoffRow.connection) & (TicketRow.ticket_id == HandoffRow.ticket_id))
    .where(ItemRow.packet == bindparam("the_packet"))
    .order_by(ItemRow.handoff_id)
)


class StoredShiftCase:
    """``escalation.shift_store.ShiftCase``."""

    _db: Connection
    now: datetime

    def shift_item(self, handoff: str, packet: str = "") -> Item | None:
        me = {"the_handoff": handoff} | ({"the_packet": packet} if packet else {})
        row = self._db.execute(_ITEM if packet else _WAITING_ITEM, me).one_or_none()
        return build(Item, row.body) if row else None

    def save_shift_item(self, item: Item) -> None:
        row = {"packet": item.packet, "handoff_id": item.handoff, "outgoing": item.outgoing, "asked": item.asked}
        told = {"state": item.state.value, "body": plain(item), "added_at": self.now, "changed_at": self.now}
        self._db.execute(_SAVE_ITEM, row | told)


class StoredShifts:
    """``escalation.shift_store.ShiftJournal``."""

    _engine: Engine

    def begin_packet(self, key: str, outgoing: str, at: datetime, why: str, made_by: str, now: datetime) -> str:
        told = {"outgoing": outgoing, "at": at, "why": why, "made_by": made_by}
        new = insert(PacketRow).values(id=new_id("s", now), key=key, **told).on_conflict_do_nothing(index_elements=["key"])
        with self._engine.begin() as db:
            db.execute(new)
            return str(db.execute(select(PacketRow.id).where(PacketRow.key == key)).scalar_one())

    def packet_with(self, key: str) -> str:
        with each_alone(self._engine) as db:
            return str(db.execute(select(PacketRow.id).where(PacketRow.key == key)).scalar() or "")

    def held_handoffs(self, agent: str) -> tuple[str, ...]:
        with each_alone(self._engine) as db:
            return tuple(db.execute(_HELD, {"agent": agent}).scalars())

    def packet(self, packet: str) -> Packet | None:
        with each_alone(self._engine) as db:
            row = db.execute(select(PacketRow.__table__).where(PacketRow.id == packet)).one_or_none()
            rows = db.execute(_LINES, {"the_packet": packet}).all() if row else ()
        if row is None:
            return None
        return Packet(row.id, row.outgoing, row.at, row.why, row.made_by, row.note, tuple(_line(one) for one in rows))

    def note_packet(self, packet: str, note: str, entry_by: str, now: datetime) -> None:
        entry = {"kind": "shift_note", "words": f"Of the whole shift: {note}", "actor": entry_by, "data": {"packet": packet}}
        with self._engine.begin() as db:
            db.execute(update(PacketRow).where(PacketRow.id == packet).values(note=note))
            db.execute(insert(TimelineRow).values(at=now, **entry))

    def packet_posted(self, packet: str, agent: str) -> tuple[Posted, str] | None:
        mine = (PacketPostRow.packet == packet, PacketPostRow.agent == agent)
        with each_alone(self._engine) as db:
            row = db.execute(select(PacketPostRow.__table__).where(*mine)).one_or_none()
        return (Posted(row.channel, row.ts), row.shown) if row else None

    def save_packet_posted(self, packet: str, agent: str, posted: Posted, shown: str) -> None:
        values = {"channel": posted.channel, "ts": posted.ts, "shown": shown}
        new = insert(PacketPostRow).values(packet=packet, agent=agent, **values)
        with each_alone(self._engine) as db:
            db.execute(new.on_conflict_do_update(index_elements=["packet", "agent"], set_=values))

    # --- shifts that end ---

    def due_shift_ends(self, now: datetime, most: int) -> tuple[int, tuple[ShiftEnd, ...]]:
        with each_alone(self._engine) as db:
            rows = db.execute(_DUE, {"now": now, "most": most + 1}).all()
        versions = [row.roster_version for row in rows if row.agent == _ALL]
        return versions[0] if versions else -1, tuple(_end(row) for row in rows if row.agent != _ALL)

    def shift_ends(self) -> tuple[ShiftEnd, ...]:
        with each_alone(self._engine) as db:
            return tuple(map(_end, db.execute(select(ShiftEndRow.__table__).where(ShiftEndRow.agent != _ALL))))

    def save_shift_end(self, known: ShiftEnd | None, coming: ShiftEnd | None) -> None:
        if known is None and coming is None:
            return
        with self._engine.begin() as db:
            if known is None and coming is not None:
                db.execute(insert(ShiftEndRow).values(agent=coming.agent, **_times(coming)).on_conflict_do_nothing())
            elif known is not None:
                same = (ShiftEndRow.agent == known.agent, ShiftEndRow.ends_at == known.ends)
                change = update(ShiftEndRow).where(*same).values(_times(coming)) if coming else delete(ShiftEndRow).where(*same)
                db.execute(change)

    def shift_ends_done(self, version: int, gone: Iterable[str]) -> None:
        never = {"starts_at": _FOREVER, "ends_at": _FOREVER, "due_at": _FOREVER, "roster_version": version}
        done = insert(ShiftEndRow).values(agent=_ALL, **never)
        with self._engine.begin() as db:
            db.execute(delete(ShiftEndRow).where(ShiftEndRow.agent.in_(list(gone))))
            db.execute(done.on_conflict_do_update(index_elements=["agent"], set_={"roster_version": version}))

    def postpone_shift_end(self, known: ShiftEnd, until: datetime) -> None:
        with each_alone(self._engine) as db:
            db.execute(update(ShiftEndRow).where(ShiftEndRow.agent == known.agent).values(due_at=until))


def packets(engine: Engine, page: Page, agent: str = "", *, waiting: bool = False) -> Rows:
    """Packets, newest first, each with how many items it has and how many wait; empty ones are left out."""
    mine = ItemRow.packet == PacketRow.id
    query = select(
        *(getattr(PacketRow, name) for name in ("id", "outgoing", "at", "why", "made_by", "note")),
        select(func.count()).where(mine).scalar_subquery().label("items"),
        select(func.count()).where(mine, _WAITS).scalar_subquery().label("waiting"),
    ).where(exists().where(mine, _WAITS) if waiting else exists().where(mine))
    return listed(engine, query.where(PacketRow.outgoing == agent) if agent else query, PacketRow.id, page)


def _line(row: Any) -> Line:
    return Line(build(Item, row.item), build(Handoff, row.handoff), build(Ticket, row.ticket), row.severity)


def _end(row: Any) -> ShiftEnd:
    return ShiftEnd(row.agent, row.starts_at.astimezone(UTC), row.ends_at.astimezone(UTC), row.roster_version)


def _times(coming: ShiftEnd) -> dict[str, object]:
    return {
        "starts_at": coming.starts,
        "ends_at": coming.ends,
        "due_at": coming.ends,
        "roster_version": coming.version,
    }
