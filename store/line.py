"""The queue in its order, for lists: the same order in which what waits is offered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine

from escalation.playbook import Playbook
from escalation.queue_order import Place
from escalation.queued import Queued, in_order
from store import queries, queue_rows
from store.engine import each_alone
from store.queries import Item, Page, Rows


def ordered(engine: Engine, playbook: Playbook, now: datetime) -> list[tuple[int, Queued, Place]]:
    """Everything that waits with its number in the queue, the most valuable first."""
    with each_alone(engine) as db:
        queue = queue_rows.load(db)
    return [(number, one, where) for number, (one, where) in enumerate(in_order(queue, playbook, now), 1)]


def handoffs(engine: Engine, playbook: Playbook, page: Page, now: datetime) -> Rows:
    """One part of ``queries.handoffs`` in the order of the queue, each with its ``place``; ``after`` is a number in it."""
    line = ordered(engine, playbook, now)
    first = int(page.after or 0)
    part = line[first : first + page.limit]
    rows = queries.handoffs_called(engine, [one.handoff_id for _, one, _ in part])
    items = [{**rows[one.handoff_id], "place": told(n, where)} for n, one, where in part if one.handoff_id in rows]
    return Rows(items, str(first + page.limit) if len(line) > first + page.limit else None)


def told(number: int, where: Place) -> Item:
    """A place as data."""
    return {"number": number, "points": where.points, "words": where.words}
