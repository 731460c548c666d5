"""Bugs and the tickets behind them: ``escalation.bug_book.Bugs`` on PostgreSQL, and what a case does with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import insert

from escalation.bug import Bug, BugLink, BugState, Filed
from escalation.bug_book import Joined
from escalation.journal import Outcome
from escalation.ports import News
from store import statements as sql
from store.bug_tables import BugLinkRow, BugRow
from store.codec import build, plain
from store.engine import each_alone

MOST_COMPARED = 300  # the newest bugs of a tracker are compared with a ticket; the fingerprint finds older ones

_BUG = select(BugRow.__table__).where(BugRow.id == bindparam("the_bug"))
_SAME_FAULT = select(BugRow.__table__).where(
    BugRow.tracker == bindparam("tracker"), BugRow.fingerprint == bindparam("fingerprint"), text("state <> 'closed'")
)
_SAME_FAULT_LOCKED = _SAME_FAULT.with_for_update()
_ADD = (
    insert(BugRow)
    .on_conflict_do_nothing(index_elements=["tracker", "fingerprint"], index_where=text("state <> 'closed'"))
    .returning(BugRow.id)
)
_ADD_LINK = insert(BugLinkRow).on_conflict_do_nothing().returning(BugLinkRow.id)
_COUNT = update(BugRow).where(BugRow.id == bindparam("the_bug")).values(count=BugRow.count + 1).returning(BugRow.count)
_LINKS = select(BugLinkRow.body, BugLinkRow.told).where(BugLinkRow.bug_id == bindparam("the_bug")).order_by(BugLinkRow.id)
_RECENT = select(BugRow.__table__).where(BugRow.tracker == bindparam("tracker")).order_by(BugRow.id.desc()).limit(MOST_COMPARED)
_OF_TICKET = (
    select(BugRow.__table__)
    .join(BugLinkRow, BugLinkRow.bug_id == BugRow.id)
    .where(BugLinkRow.connection == bindparam("connection"), BugLinkRow.ticket_id == bindparam("ticket_id"))
    .order_by(BugRow.id.desc())
)
_KNOWN = (
    select(BugRow.__table__)
    .where(BugRow.tracker == bindparam("tracker"), BugRow.external_id == bindparam("external_id"), BugRow.external_id != "")
    .with_for_update()
)


def report(db: Connection, bug: Bug, link: BugLink, now: datetime) -> Joined:
    """Add a bug with its first link; of two at once on one fault the second waits for the first and joins it."""
    row = {
        "id": bug.id,
        "tracker": bug.tracker,
        "fingerprint": bug.fingerprint,
        "state": bug.state.value,
        "body": plain(replace(bug, filed=None)),
        "opened_at": bug.opened_at,
    }
    new = db.execute(_ADD.values(row)).scalar_one_or_none() is not None
    about = {"tracker": bug.tracker, "fingerprint": bug.fingerprint}
    found = _bug(db.execute(_SAME_FAULT_LOCKED, about).one_or_none())
    if found is None:  # it was closed between the two statements: this one is another outbreak of it
        return report(db, bug, link, now)
    return _linked(db, found, link, now, new=new)


def join(db: Connection, bug_id: str, link: BugLink, now: datetime) -> Joined | None:
    """Link a ticket to a bug that is there; None when it is not."""
    found = _bug(db.execute(_BUG.with_for_update(), {"the_bug": bug_id}).one_or_none())
    return _linked(db, found, link, now, new=False) if found else None


def _linked(db: Connection, bug: Bug, link: BugLink, now: datetime, *, new: bool) -> Joined:
    row = {"connection": link.connection, "ticket_id": link.ticket_id, "handoff_id": link.handoff_id}
    added = db.execute(_ADD_LINK.values(row | {"bug_id": bug.id, "body": plain(link), "at": now})).scalar_one_or_none()
    if added is None:
        return Joined(bug, new=False, linked=False)
    count = db.execute(_COUNT, {"the_bug": bug.id}).scalar_one()
    return Joined(replace(bug, count=count), new=new, linked=True)


def conclude(db: Connection, outcomes: Iterable[Outcome], now: datetime) -> None:
    """Set the status of deliveries."""
    rows = [
        {
            "the_delivery": one.delivery,
            "status": one.status.value,
            "became": plain(one.became) if one.became else None,
            "why": one.why[:2000],
            "handled_at": now,
        }
        for one in outcomes
    ]
    if rows:
        db.execute(sql.CONCLUDE, rows)


class StoredBugs:
    """``escalation.bug_book.Bugs`` over an engine; thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, bug_id: str) -> Bug | None:
        with each_alone(self._engine) as db:
            return _bug(db.execute(_BUG, {"the_bug": bug_id}).one_or_none())

    def links(self, bug_id: str) -> tuple[BugLink, ...]:
        with each_alone(self._engine) as db:
            return tuple(replace(build(BugLink, row.body), told=row.told) for row in db.execute(_LINKS, {"the_bug": bug_id}))

    def recent(self, tracker: str) -> tuple[Bug, ...]:
        with each_alone(self._engine) as db:
            return bugs_of(db.execute(_RECENT, {"tracker": tracker}))

    def same(self, tracker: str, fingerprint: str) -> Bug | None:
        with each_alone(self._engine) as db:
            return _bug(db.execute(_SAME_FAULT, {"tracker": tracker, "fingerprint": fingerprint}).one_or_none())

    def of_ticket(self, connection: str, ticket_id: str) -> tuple[Bug, ...]:
        with each_alone(self._engine) as db:
            return bugs_of(db.execute(_OF_TICKET, {"connection": connection, "ticket_id": ticket_id}))

    def filed(self, bug_id: str, filed: Filed, told: Iterable[BugLink]) -> None:
        there = {"external_id": filed.id, "key": filed.key, "url": filed.url, "state": "open", "error": ""}
        with self._engine.begin() as db:
            db.execute(update(BugRow).where(BugRow.id == bug_id).values(there))
            for link in told:
                _tell(db, bug_id, link)

    def not_filed(self, bug_id: str, why: str) -> None:
        mine = (BugRow.id == bug_id, BugRow.external_id == "")
        with each_alone(self._engine) as db:
            db.execute(update(BugRow).where(*mine).values(error=why[:2000]))

    def told(self, bug_id: str, link: BugLink) -> None:
        with each_alone(self._engine) as db:
            _tell(db, bug_id, link)

    def heard(self, tracker: str, news: News, state: BugState | None, now: datetime) -> Bug | None:
        with self._engine.begin() as db:
            row = db.execute(_KNOWN, {"tracker": tracker, "external_id": news.bug_id}).one_or_none()
            bug = _bug(row)
            if row is None or bug is None or state is None or row.state_key == news.key:
                return bug
            at = news.at or now
            if bug.state is state or (row.state_at is not None and at < row.state_at):
                return None
            changed: dict[str, Any] = {"state": state.value, "state_at": at, "state_key": news.key}
            if state is not BugState.CLOSED and _has_successor(db, bug):
                changed["fingerprint"] = f"{bug.fingerprint}:{bug.id}"  # new tickets join the one that was filed since
            db.execute(update(BugRow).where(BugRow.id == bug.id).values(changed))
            return replace(bug, state=state)


def _has_successor(db: Connection, bug: Bug) -> bool:
    return db.execute(_SAME_FAULT, {"tracker": bug.tracker, "fingerprint": bug.fingerprint}).first() is not None


def _tell(db: Connection, bug_id: str, link: BugLink) -> None:
    mine = (BugLinkRow.bug_id == bug_id, BugLinkRow.connection == link.connection, BugLinkRow.ticket_id == link.ticket_id)
    db.execute(update(BugLinkRow).where(*mine).values(told=True))


def bugs_of(rows: Iterable[Any]) -> tuple[Bug, ...]:
    """The bugs of rows."""
    return tuple(bug for row in rows if (bug := _bug(row)))


def _bug(row: Any) -> Bug | None:
    if row is None:
        return None
    filed = Filed(row.external_id, row.key, row.url) if row.external_id else None
    now = {"state": BugState(row.state), "fingerprint": row.fingerprint, "count": row.count, "error": row.error}
    return replace(build(Bug, row.body), filed=filed, **now)
