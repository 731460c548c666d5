"""Planned actions: in which order they are carried out, begun, and closed with what came of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zlib import crc32

from sqlalchemy import Connection

from escalation.actions import Action, ActionKind, Receipt
from escalation.planned import Task
from escalation.ports import Posted
from store import statements as sql
from store.codec import build, plain

_PLACES = dict.fromkeys((ActionKind.WRITE, ActionKind.PROVE, ActionKind.NOTE), "helpdesk")
_PLACES |= {ActionKind.GATHER: "gather", ActionKind.NOTIFY: "bots", ActionKind.BUG: "bugs"}
LATER = {ActionKind.GATHER: -1, ActionKind.WORD: -2}  # priorities of what nothing waits for; that of all else is 0
_MODELS_LANES = 4  # requests to a model at once, in all: however slow it is, it takes no more of the workers


def lock_for(connection: str, ticket_id: str, action: Action) -> str:
    """Effects on one ticket go in order per destination: a chat that is away does not hold up the helpdesk.

    Those on one bug go in order whatever ticket they are about: a link never overtakes the filing.
    """
    if action.kind in (ActionKind.FILE, ActionKind.LINK):
        return f"bug:{action.data['bug']}"
    if action.kind is ActionKind.SHIFT and (packet := action.data.get("packet")):
        return f"shift:{packet}"  # what somebody sees of a packet is one thing for many tickets
    if action.kind is ActionKind.WORD:
        return f"model:{crc32(action.handoff_id.encode()) % _MODELS_LANES}"
    if action.kind is ActionKind.PROVE and action.data.get("waited"):
        return f"{connection}:{ticket_id}:proof"  # its own: what is to be written meanwhile does not wait for it
    return f"{connection}:{ticket_id}:{_PLACES.get(action.kind, 'chat')}"


def begin_action(db: Connection, action_id: int) -> Task | None:
    """Mark an action as being tried, in one statement; None when there is nothing to try any more."""
    row = db.execute(sql.BEGIN, {"the_action": action_id}).one_or_none()
    return None if row is None else _task(row)


def open_proofs(db: Connection, handoff_id: str) -> tuple[Task, ...]:
    """The read-backs of a handoff that are not over."""
    return tuple(map(_task, db.execute(sql.OPEN_PROOFS, {"the_handoff": handoff_id})))


def _task(row: Any) -> Task:
    return Task(row.id, build(Action, row.data), row.connection, row.ticket_id, row.unclear, row.attempts)


def close_action(
    db: Connection, task: Task, receipt: Receipt | Posted | None, moot: str, now: datetime, *, offer_id: str = ""
) -> None:
    """Mark an action as done, or as moot with the reason why nothing had to be done; ``offer_id``: whose card was posted."""
    kept = plain(replace(receipt, ticket=None) if isinstance(receipt, Receipt) else receipt) if receipt else None
    values = {"the_state": "moot" if moot else "done", "error": moot, "done_at": now, "receipt": kept}
    if isinstance(receipt, Posted) and offer_id:
        where = {"the_offer": offer_id, "channel": receipt.channel, "ts": receipt.ts}
        db.execute(sql.DONE_AND_POSTED, {"the_action": task.id, **values, **where})
    else:
        db.execute(sql.DONE, {"the_action": task.id, **values})
