"""Back-tests as rows: what is tried, how far it is, what came out. One job judges a slice and queues the next."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Text, cast, func, insert, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from escalation.backtest import Backtest, Stored
from escalation.history import Background
from escalation.signals import Signal
from escalation.ticket import Ticket
from store import queue
from store.codec import build, build_json, build_log, plain
from store.queue import Queue
from store.tables import BacktestRow, EvaluationRow, MessageRow, TicketRow

SLICE = 500  # tickets a job
_KEY = (TicketRow.connection, TicketRow.ticket_id)
_IS_KNOWN = TicketRow.body != cast(literal("{}"), JSONB)
# A ticket with its thread, and what was read in it at its last evaluation, each as one JSON text: read at once, not row by row.
_IN_ORDER = aggregate_order_by(MessageRow.body, MessageRow.at.asc().nulls_last(), MessageRow.message_id)
_THREAD = (
    select(func.coalesce(func.jsonb_agg(_IN_ORDER), cast(literal("[]"), JSONB)))
    .where(MessageRow.connection == TicketRow.connection, MessageRow.ticket_id == TicketRow.ticket_id)
    .correlate(TicketRow)
    .scalar_subquery()
)
_WHOLE = cast(TicketRow.body.op("||")(func.jsonb_build_object("messages", _THREAD)), Text)
_SIGNALS = (
    select(cast(EvaluationRow.decision["signals"], Text))
    .where(EvaluationRow.connection == TicketRow.connection, EvaluationRow.ticket_id == TicketRow.ticket_id)
    .order_by(EvaluationRow.id.desc())
    .limit(1)
    .correlate(TicketRow)
    .scalar_subquery()
)
Judge = Callable[[Backtest, str, list[Stored]], Backtest]  # what was found so far, the draft's text, more tickets


class Backtests:
    """Starts, carries on and tells of back-tests; thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine, self._queue = engine, Queue()

    def start(self, draft: str, author: str, since: datetime) -> int:
        """Begin a back-test over the tickets that changed since then, and queue its first slice; its number."""
        count = select(func.count()).select_from(TicketRow).where(TicketRow.changed_at >= since, _IS_KNOWN)
        with self._engine.begin() as db:
            total = int(db.execute(count).scalar_one())
            row = {"draft": draft, "author": author, "since": since, "total": total, "result": plain(Backtest())}
            number = int(db.execute(insert(BacktestRow).values(row).returning(BacktestRow.id)).scalar_one())
            self._again(db, number, 0)
        return number

    def carry_on(self, number: int, judge: Judge, now: datetime) -> None:
        """Judge the next slice, keep what was found, and queue the one after it; a slice that was judged twice counts once."""
        with self._engine.begin() as db:
            query = select(BacktestRow.__table__).where(BacktestRow.id == number, BacktestRow.state == "running")
            row = db.execute(query.with_for_update()).one_or_none()
            if row is None:
                return
            tickets, after = _slice(db, row.since, row.after)
            found = judge(build(Backtest, row.result), row.draft, tickets)
            over = len(tickets) < SLICE
            values: dict[str, Any] = {"result": plain(found), "after": after, "state": "done" if over else "running"}
            db.execute(update(BacktestRow).where(BacktestRow.id == number).values(values | ({"done_at": now} if over else {})))
            if not over:
                self._again(db, number, found.tickets)

    def failed(self, number: int, why: str) -> None:
        """Give a back-test up, saying why."""
        with self._engine.begin() as db:
            db.execute(update(BacktestRow).where(BacktestRow.id == number).values(state="failed", error=why[:2000]))

    def told(self, number: int) -> dict[str, Any] | None:
        """State, progress and results; None when there is none of this number."""
        with self._engine.begin() as db:
            row = db.execute(select(BacktestRow.__table__).where(BacktestRow.id == number)).one_or_none()
        if row is None:
            return None
        return {
            name: row._mapping[name] for name in ("id", "at", "author", "since", "state", "total", "result", "error", "done_at")
        }

    def _again(self, db: Connection, number: int, judged: int) -> None:
        # A lock of its own for each slice: the row is locked anyway, and a job that waits for a lock is only found by a poll.
        self._queue.add(db, queue.BACKTEST, f"backtest:{number}:{judged}", number=number)


def _slice(db: Connection, since: datetime, after: list[str]) -> tuple[list[Stored], list[str]]:
    """The tickets that follow, with their threads and what was read in them last; and where the next slice begins."""
    query = select(*_KEY, _WHOLE, TicketRow.log, _SIGNALS).where(TicketRow.changed_at >= since, _IS_KNOWN).order_by(*_KEY)
    if after:
        query = query.where(tuple_(*_KEY) > tuple(after))
    rows = db.execute(query.limit(SLICE)).all()
    found = [
        Stored(build_json(Ticket, whole), build_json(tuple[Signal, ...], signals or "[]"), Background(build_log(log)))
        for _, _, whole, log, signals in rows
    ]
    return found, [rows[-1].connection, rows[-1].ticket_id] if rows else after
