"""Requests of AI agents and bots to hand over: kept once per key, brought about by the worker."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from escalation.actions import Action
from escalation.handover import Asked, Handover, HandoverState
from store import queue
from store import statements as sql
from store.codec import build, plain
from store.queue import Queue
from store.tables import HandoverRow, TimelineRow

_queue = Queue()


@dataclass(frozen=True, slots=True)
class Kept:
    """``new`` False: the same request was kept before; ``same`` False: its key was, with another body."""

    id: str
    new: bool
    same: bool


def keep(engine: Engine, caller: str, key: str, digest: str, id: str, asked: Asked, now: datetime) -> Kept:
    """Keep a request and queue it, in one transaction; of several with one key exactly one is kept."""
    values = {"id": id, "caller": caller, "key": key, "digest": digest, "asked": plain(asked), "at": now}
    row = insert(HandoverRow).values(**values, connection=asked.connection, ticket_id=asked.ticket)
    mine = (HandoverRow.caller == caller, HandoverRow.key == key)
    with engine.begin() as db:
        new = db.execute(row.on_conflict_do_nothing(index_elements=["caller", "key"]).returning(HandoverRow.id)).scalar()
        if new is None:
            found = db.execute(select(HandoverRow.id, HandoverRow.digest).where(*mine)).one()
            return Kept(found.id, False, found.digest == digest)
        # Its ticket's own lock where there is one: webhooks of the same ticket are looked at before or after, never beside.
        lock = f"{asked.connection}:{asked.ticket}" if asked.ticket else f"handover:{id}"
        _queue.add(db, queue.HANDOVER, lock, handover=id)
    return Kept(id, True, True)


def kept(db: Connection, id: str) -> Handover | None:
    """A kept request; None when there is none."""
    row = db.execute(select(HandoverRow.__table__).where(HandoverRow.id == id)).one_or_none()
    if row is None:
        return None
    return Handover(row.id, build(Asked, row.asked), HandoverState(row.state), row.ticket_id, row.tried, row.at)


def change(db: Connection, id: str, **values: Any) -> None:
    """Change columns of a request."""
    db.execute(update(HandoverRow).where(HandoverRow.id == id).values(**values))


def begun(db: Connection, id: str, handoff_id: str) -> None:
    """It became this handoff."""
    change(db, id, state=HandoverState.BEGUN.value, handoff_id=handoff_id)


def failed(db: Connection, jobs: Queue, id: str, why: str, now: datetime, actions: Iterable[Action]) -> None:
    """It was given up; whoever is to be told is told through the queue."""
    change(db, id, state=HandoverState.FAILED.value, why=why[:2000])
    row = db.execute(select(HandoverRow.connection, HandoverRow.ticket_id).where(HandoverRow.id == id)).one()
    about = {"connection": row.connection, "ticket_id": row.ticket_id or f"handover:{id}"}
    words = f"A bot's handover failed: {why}"
    db.execute(insert(TimelineRow).values(**about, at=now, kind="set_aside", words=words, actor="baton", data={"handover": id}))
    for action in actions:
        told = {"key": action.key, "kind": action.kind.value, "handoff_id": "", "why": action.why[:500], "data": plain(action)}
        number = db.execute(sql.ADD_ACTION, {**about, **told}).scalar()
        if number is not None:
            jobs.add(db, queue.PERFORM, f"handover:{id}:{action.kind.value}", action_id=number)


def told(engine: Engine, id: str) -> dict[str, Any] | None:
    """A request as the API tells it, with the id of the handoff it became ("" when it is none yet)."""
    columns = (HandoverRow.id, HandoverRow.state, HandoverRow.connection, HandoverRow.ticket_id, HandoverRow.handoff_id)
    query = select(*columns, HandoverRow.why, HandoverRow.at.label("received_at")).where(HandoverRow.id == id)
    with engine.begin() as db:
        row = db.execute(query).mappings().one_or_none()
    return dict(row) if row else None
