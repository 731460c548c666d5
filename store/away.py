"""Who is away by their own word: one row each, ended by time or by hand; every word of it on the timeline."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from escalation.away import Away, in_words
from escalation.roster import Agent
from store.tables import AwayRow, TimelineRow

_COLUMNS = (AwayRow.agent, AwayRow.until, AwayRow.reason, AwayRow.by)
_NOW = select(*_COLUMNS).where(AwayRow.until > bindparam("now")).order_by(AwayRow.agent)


def load(db: Connection, now: datetime) -> tuple[Away, ...]:
    """Everybody who is away at ``now``, by index."""
    return tuple(Away(row.agent, row.until.astimezone(UTC), row.reason, row.by) for row in db.execute(_NOW, {"now": now}))


def everybody(engine: Engine, now: datetime) -> tuple[Away, ...]:
    """The same, in a transaction of its own."""
    with engine.connect() as db:
        return load(db, now)


def begin(engine: Engine, agent: Agent, said: Away, now: datetime) -> None:
    """Keep that somebody is away; what they had said before is replaced."""
    values = {"until": said.until, "reason": said.reason, "by": said.by, "at": now}
    told = insert(AwayRow).values(agent=agent.id, **values).on_conflict_do_update(index_elements=["agent"], set_=values)
    data = {"agent": agent.id, "until": said.until.isoformat(), "reason": said.reason}
    with engine.begin() as db:
        db.execute(told)
        _note(db, "away", f"{agent.name} is {in_words(said, agent, now)}", said.by, now, data)


def end(engine: Engine, agent: Agent, by: str, now: datetime) -> bool:
    """Somebody is back; False when they were not away."""
    with engine.begin() as db:
        row = db.execute(delete(AwayRow).where(AwayRow.agent == agent.id).returning(AwayRow.until)).one_or_none()
        if row is None or row.until <= now:
            return False
        _note(db, "back", f"{agent.name} is back", by, now, {"agent": agent.id})
        return True


def _note(db: Connection, kind: str, words: str, actor: str, now: datetime, data: dict[str, str]) -> None:
    db.execute(insert(TimelineRow).values(at=now, kind=kind, words=words, actor=actor, data=data))
