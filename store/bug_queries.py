"""Lists of bugs for the API and the pages."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Engine, select

from escalation.bug import Bug
from store import cursors
from store.bug_tables import BugRow
from store.bugs import bugs_of
from store.engine import each_alone


@dataclass(frozen=True, slots=True)
class BugRows:
    """A part of a list, and where the next one begins (None at the end)."""

    items: tuple[Bug, ...]
    next: str | None


def bugs(engine: Engine, limit: int, after: str, state: str = "") -> BugRows:
    """Bugs, newest first; ``after`` is the id the part before ended with. Raises NoSuchRow."""
    query = select(BugRow.__table__).order_by(BugRow.id.desc()).limit(limit + 1)
    query = query.where(BugRow.id < cursors.ended_with(engine, BugRow.id, after)) if after else query
    query = query.where(BugRow.state == state) if state else query
    with each_alone(engine) as db:
        found = bugs_of(db.execute(query))
    return BugRows(found[:limit], found[limit - 1].id if len(found) > limit else None)
