"""Who is away: by their own word (one row each, ended by time or by hand, on the timeline), or as a vendor shows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine, bindparam, delete, select
from sqlalchemy.dialects.postgresql import insert

from escalation.away import Away, in_words
from escalation.roster import Agent
from store.engine import each_alone
from store.tables import AwayRow, TimelineRow

_COLUMNS = (AwayRow.agent, AwayRow.until, AwayRow.reason, AwayRow.by, AwayRow.source, AwayRow.at)
_KEY = ("agent", "source")
_NOW = select(*_COLUMNS).where(AwayRow.until > bindparam("now")).order_by(AwayRow.agent)


def load(db: Connection, now: datetime) -> tuple[Away, ...]:
    """Everybody who is away at ``now``, by index."""
    rows = db.execute(_NOW, {"now": now})
    return tuple(Away(r.agent, r.until.astimezone(UTC), r.reason, r.by, r.source, r.at.astimezone(UTC)) for r in rows)


def everybody(engine: Engine, now: datetime) -> tuple[Away, ...]:
    """The same, in a transaction of its own."""
    with each_alone(engine) as db:
        return load(db, now)


def begin(engine: Engine, agent: Agent, said: Away, now: datetime) -> None:
    """Keep that somebody is away; what they had said before is replaced."""
    values = {"until": said.until, "reason": said.reason, "by": said.by, "at": now}
    told = insert(AwayRow).values(agent=agent.id, **values).on_conflict_do_update(index_elements=_KEY, set_=values)
    data = {"agent": agent.id, "until": said.until.isoformat(), "reason": said.reason}
    with engine.begin() as db:
        db.execute(told)
        _note(db, "away", f"{agent.name} is {in_words(said, agent, now)}", said.by, now, data)


def end(engine: Engine, agent: Agent, by: str, now: datetime) -> bool:
    """Somebody is back; False when they were not away."""
    with engine.begin() as db:
        own = (AwayRow.agent == agent.id, AwayRow.source == "")
        row = db.execute(delete(AwayRow).where(*own).returning(AwayRow.until)).one_or_none()
        if row is None or row.until <= now:
            return False
        _note(db, "back", f"{agent.name} is back", by, now, {"agent": agent.id})
        return True


def show(engine: Engine, source: str, shown: Iterable[Away]) -> None:
    """Keep whom a source shows as away, in place of what it showed before. Not on the timeline: each route tells it."""
    now = datetime.now(UTC)
    rows = [{"agent": a.agent, "source": source, "until": a.until, "reason": a.reason, "by": source, "at": now} for a in shown]
    with engine.begin() as db:
        db.execute(delete(AwayRow).where(AwayRow.source == source, AwayRow.agent.not_in([row["agent"] for row in rows])))
        if rows:
            new = insert(AwayRow)
            again = {name: new.excluded[name] for name in ("until", "reason")}
            db.execute(new.on_conflict_do_update(index_elements=_KEY, set_=again), rows)


def forget(engine: Engine, sources: Iterable[str]) -> None:
    """Drop what all other sources showed."""
    with engine.begin() as db:
        db.execute(delete(AwayRow).where(AwayRow.source.not_in(["", *sources])))


def _note(db: Connection, kind: str, words: str, actor: str, now: datetime, data: dict[str, str]) -> None:
    db.execute(insert(TimelineRow).values(at=now, kind=kind, words=words, actor=actor, data=data))
