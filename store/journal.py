"""The Journal on PostgreSQL: each method is one transaction and queues its job in it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update
from sqlalchemy.dialects.postgresql import insert

from escalation.actions import Action, Timer, TimerKind, Write
from escalation.away import Away
from escalation.handover import Handover
from escalation.history import Background
from escalation.journal import Known, Outcome, Shown, Unanswered, Waiting
from escalation.planned import Task
from escalation.ports import Arrival, Changed, Inbound, Posted
from escalation.queued import Queued
from escalation.roster import Load
from escalation.ticket import Ticket
from store import away, handovers, queue, queue_rows, shown
from store import statements as sql
from store.actions import begin_action, close_action, lock_for
from store.besides import load_contacts, load_loads
from store.bugs import StoredBugs, conclude
from store.case import (
    StoredCase,
    StoredTicket,
    load_ticket,
)
from store.codec import build
from store.engine import each_alone
from store.intake import Intake, Row
from store.queue import Queue
from store.shifts import StoredShifts
from store.tables import ActionRow, BeatRow, Delivery, HandoffRow, TicketRow, TimelineRow, TimerRow

# The headers worth keeping: proofs are left out, they would be secrets of a kind (domain.md §7).
KEPT_HEADERS = frozenset(
    {
        "content-type",
        "user-agent",
        "x-baton-received",
        "x-zendesk-account-id",
        "x-zendesk-webhook-id",
        "x-zendesk-webhook-invocation-id",
        "x-zendesk-webhook-signature-timestamp",
        "x-request-id",
    }
)


class StoredJournal(StoredShifts):
    """``escalation.journal.Journal`` over an engine; thread-safe."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._queue = Queue()
        self._intake = Intake(engine)
        self.bugs = StoredBugs(engine)

    def close(self) -> None:
        """Give back what is held between calls."""
        self._intake.close()

    def accept(self, connection: str, inbound: Inbound, arrival: Arrival, *, unreadable: str = "") -> tuple[int, bool]:
        headers = {k: v for k, v in inbound.headers.items() if k in KEPT_HEADERS}
        query = {k: v for k, v in inbound.query.items() if k != "token"}
        status = "unreadable" if unreadable else "accepted"
        about = (connection, arrival.key, arrival.ticket_id, arrival.event)
        return self._intake.accept(Row(*about, headers, query, inbound.body, status, unreadable, arrival.derived))

    def _queue_handling(self, db: Connection, connection: str, ticket_id: str) -> None:
        self._queue.add(db, queue.HANDLE, f"{connection}:{ticket_id}", connection=connection, ticket_id=ticket_id)

    def known(self, connection: str, ticket_id: str) -> Known:
        with each_alone(self._engine) as db:
            stored = load_ticket(db, connection, ticket_id) or StoredTicket()
            return Known(stored.ticket, frozenset(stored.actions_seen), _waiting(db, connection, ticket_id))

    def remembered(self, connection: str, ticket_id: str, contacts_since: datetime) -> tuple[Ticket, Background] | None:
        """A stored ticket with its log and its customer's other tickets; None when there is none. For trying rules."""
        with each_alone(self._engine) as db:
            stored = load_ticket(db, connection, ticket_id)
            if stored is None or stored.ticket is None:
                return None
            email = stored.ticket.requester.email
            return stored.ticket, Background(stored.log, load_contacts(db, (connection, ticket_id), email, contacts_since))

    def loads(self, agents: Iterable[str]) -> Mapping[str, Load]:
        """What each of these agents has on the desk."""
        with each_alone(self._engine) as db:
            return load_loads(db, agents)

    def anything_queued(self) -> bool:
        with each_alone(self._engine) as db:
            return queue_rows.anything(db)

    def queued(self) -> tuple[Queued, ...]:
        with each_alone(self._engine) as db:
            return queue_rows.load(db)

    def away(self, now: datetime) -> tuple[Away, ...]:
        return away.everybody(self._engine, now)

    def holders(self) -> tuple[str, ...]:
        with each_alone(self._engine) as db:
            return queue_rows.holders(db)

    def unanswered(self, agents: Iterable[str]) -> tuple[Unanswered, ...]:
        with each_alone(self._engine) as db:
            return queue_rows.unanswered(db, agents)

    def waiting(self, connection: str, ticket_id: str) -> tuple[Waiting, ...]:
        with each_alone(self._engine) as db:
            return _waiting(db, connection, ticket_id)

    @contextmanager
    def case(self, connection: str, ticket_id: str, now: datetime) -> Iterator[StoredCase]:
        with self._engine.begin() as db:
            case = StoredCase(db, self._queue, connection, ticket_id, now)
            case.load()
            yield case
            case.flush()

    def ticket_of(self, handoff_id: str) -> tuple[str, str]:
        query = select(HandoffRow.connection, HandoffRow.ticket_id).where(HandoffRow.id == handoff_id)
        with each_alone(self._engine) as db:
            row = db.execute(query).one_or_none()
        if row is None:
            raise LookupError(f"no handoff {handoff_id}")
        return row.connection, row.ticket_id

    def move(self, delivery: int, connection: str, ticket_id: str) -> None:
        with self._engine.begin() as db:
            db.execute(update(Delivery).where(Delivery.id == delivery).values(ticket_id=ticket_id))
            self._queue_handling(db, connection, ticket_id)

    def begin(self, action_id: int) -> Task | None:
        with each_alone(self._engine) as db:
            return begin_action(db, action_id)

    def shown(self, handoff_id: str) -> Shown | None:
        return shown.look_up(self._engine, handoff_id)

    def unwritten(self, handoff_id: str, key: str) -> tuple[Write, ...]:
        with each_alone(self._engine) as db:
            rows = db.execute(sql.UNWRITTEN, {"the_handoff": handoff_id, "the_write": f"write:{key}"}).scalars()
            steps = [build(Action, data).write for data in rows]
        return tuple(step for step in steps if step is not None)

    def finish(self, task: Task, now: datetime, *, posted: Posted | None = None, offer_id: str = "", moot: str = "") -> None:
        with each_alone(self._engine) as db:
            close_action(db, task, posted, moot, now, offer_id=offer_id if posted else "")

    def failed(self, task: Task, error: str, *, unclear: bool, final: bool) -> None:
        state = "set_aside" if final else "planned"
        values: dict[str, Any] = {"state": state, "error": error[:2000]}
        if unclear:
            values["unclear"] = True
        with each_alone(self._engine) as db:
            db.execute(update(ActionRow).where(ActionRow.id == task.id, ActionRow.state == "trying").values(values))

    def deliveries_failed(self, connection: str, ticket_id: str, why: str) -> None:
        mine = (Delivery.connection == connection, Delivery.ticket_id == ticket_id, Delivery.status == "accepted")
        with each_alone(self._engine) as db:
            db.execute(update(Delivery).where(*mine).values(status="failed", why=why[:2000]))

    def conclude(self, outcomes: Iterable[Outcome], now: datetime) -> None:
        with self._engine.begin() as db:
            conclude(db, outcomes, now)

    def due_looks(self, now: datetime, version: int, most: int) -> tuple[tuple[str, str], ...]:
        columns = select(TicketRow.connection, TicketRow.ticket_id)
        due = columns.where(TicketRow.look_at <= now).order_by(TicketRow.look_at).limit(most)
        older = columns.where(TicketRow.look_version < version).order_by(TicketRow.look_version).limit(most)
        with each_alone(self._engine) as db:
            found = [(row.connection, row.ticket_id) for row in db.execute(due)]
            if len(found) < most:
                found += [(row.connection, row.ticket_id) for row in db.execute(older)]
        return tuple(dict.fromkeys(found))[:most]

    def postpone_look(self, connection: str, ticket_id: str, until: datetime, version: int) -> None:
        mine = (TicketRow.connection == connection, TicketRow.ticket_id == ticket_id)
        with each_alone(self._engine) as db:
            db.execute(update(TicketRow).where(*mine).values(look_at=until, look_version=version))

    def due_recounts(self, version: int, most: int) -> tuple[tuple[str, str, str], ...]:
        with each_alone(self._engine) as db:
            rows = db.execute(sql.COUNTED_BEFORE, {"version": version, "most": most}).all()
        return tuple((row.id, row.connection, row.ticket_id) for row in rows)

    def recounted(self, handoff_id: str, version: int) -> None:
        with each_alone(self._engine) as db:
            db.execute(sql.COUNTED, {"the_handoff": handoff_id, "version": version})

    def due_timers(self, now: datetime, most: int) -> tuple[Timer, ...]:
        due = (TimerRow.fired_at.is_(None), TimerRow.due_at <= now)
        query = select(TimerRow.__table__).where(*due).order_by(TimerRow.due_at).limit(most)
        with each_alone(self._engine) as db:
            rows = db.execute(query).all()
        return tuple(Timer(r.key, TimerKind(r.kind), r.handoff_id, r.due_at, r.offer_id) for r in rows)

    def postpone(self, timer: str, until: datetime) -> None:
        with each_alone(self._engine) as db:
            db.execute(update(TimerRow).where(TimerRow.key == timer).values(due_at=until))

    def show_away(self, source: str, shown: Iterable[Away]) -> None:
        away.show(self._engine, source, shown)

    def forget_away(self, sources: Iterable[str]) -> None:
        away.forget(self._engine, sources)

    def handover(self, id: str) -> Handover | None:
        with each_alone(self._engine) as db:
            return handovers.kept(db, id)

    def making(self, handover: str) -> None:
        with each_alone(self._engine) as db:
            handovers.change(db, handover, tried=True)

    def made(self, handover: str, ticket: str) -> None:
        with each_alone(self._engine) as db:
            handovers.change(db, handover, ticket_id=ticket)

    def handover_failed(self, handover: str, why: str, now: datetime, actions: Iterable[Action]) -> None:
        with self._engine.begin() as db:
            handovers.failed(db, self._queue, handover, why, now, actions)

    def replay(self, delivery: int) -> None:
        again = {"status": "accepted", "why": "", "replays": Delivery.replays + 1}
        query = update(Delivery).where(Delivery.id == delivery).values(again).returning(Delivery.connection, Delivery.ticket_id)
        with self._engine.begin() as db:
            row = db.execute(query).one_or_none()
            if row is None:
                raise LookupError(f"no delivery {delivery}")
            self._queue_handling(db, row.connection, row.ticket_id)

    def retry(self, action_id: int) -> None:
        # What was set aside may have taken effect long ago: it is looked up before it is done again.
        again = {"state": "planned", "attempts": 0, "unclear": True}
        query = update(ActionRow).where(ActionRow.id == action_id, ActionRow.state == "set_aside").values(again)
        with self._engine.begin() as db:
            row = db.execute(query.returning(ActionRow.connection, ActionRow.ticket_id, ActionRow.data)).one_or_none()
            if row is None:
                raise LookupError(f"no action {action_id} is set aside")
            lock = lock_for(row.connection, row.ticket_id, build(Action, row.data))
            self._queue.add(db, queue.PERFORM, lock, action_id=action_id)

    def beat(self, name: str, now: datetime) -> None:
        sign = insert(BeatRow).values(name=name, at=now)
        with each_alone(self._engine) as db:
            db.execute(sign.on_conflict_do_update(index_elements=["name"], set_={"at": now}))

    def beaten(self, name: str) -> datetime | None:
        with each_alone(self._engine) as db:
            at = db.execute(select(BeatRow.at).where(BeatRow.name == name)).scalar_one_or_none()
        return at.astimezone(UTC) if at else None

    def refresh_later(self, connection: str, why: Mapping[str, str]) -> None:
        with self._engine.begin() as db:
            for ticket_id, words in why.items():
                self._queue.add_refresh(db, connection, ticket_id, words)

    def unheard(self, connection: str, changes: Iterable[Changed]) -> Mapping[Changed, bool]:
        newest = {one.ticket_id: one for one in changes}
        told = {"the_connection": connection, "ids": list(newest), "moments": [one.at for one in newest.values()]}
        with each_alone(self._engine) as db:
            return {newest[row.id]: row.own for row in db.execute(sql.UNHEARD, told)}

    def note(self, kind: str, words: str, actor: str, now: datetime, **data: str) -> None:
        """A line of the timeline that belongs to no ticket: a sign-in, a changed document."""
        with each_alone(self._engine) as db:
            db.execute(insert(TimelineRow).values(at=now, kind=kind, words=words, actor=actor, data=data))


def _waiting(db: Connection, connection: str, ticket_id: str) -> tuple[Waiting, ...]:
    rows = db.execute(sql.WAITING, {"the_connection": connection, "the_ticket": ticket_id})
    return tuple(Waiting(r.id, Inbound(r.headers, r.body, r.query), r.received_at) for r in rows)
