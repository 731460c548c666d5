"""One ticket locked for one transaction: ``escalation.journal.Case`` on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from escalation.actions import Action, ActionKind, Entry, Receipt, Timer
from escalation.context import ContextPackage
from escalation.decision import Decision
from escalation.hop import Handoff, Offer, State
from escalation.journal import Escalation, Outcome, Task
from escalation.ports import Posted
from escalation.roster import Load
from escalation.ticket import Message, Ticket
from store import queue
from store.codec import build, new_id, plain
from store.queue import Queue
from store.tables import (
    ActionRow,
    Delivery,
    EscalationRow,
    EvaluationRow,
    HandoffRow,
    MessageRow,
    OfferRow,
    TicketRow,
    TimelineRow,
    TimerRow,
)

_REMEMBERED_ACTIONS = 50
_LIVE = (State.OFFERED.value, State.WAITING.value, State.ACCEPTED.value, State.ANSWERED.value)


@dataclass(frozen=True, slots=True)
class StoredTicket:
    ticket: Ticket | None = None
    evaluated: Ticket | None = None
    actions_seen: tuple[str, ...] = ()  # oldest first


def load_ticket(db: Connection, connection: str, ticket_id: str) -> StoredTicket:
    """The ticket with its thread, empty when it was never seen."""
    mine = (TicketRow.connection == connection, TicketRow.ticket_id == ticket_id)
    row = db.execute(select(TicketRow.body, TicketRow.evaluated, TicketRow.actions_seen).where(*mine)).one_or_none()
    if row is None or not row.body:
        return StoredTicket()
    thread = (MessageRow.connection == connection, MessageRow.ticket_id == ticket_id)
    order = (MessageRow.at.asc().nulls_last(), MessageRow.message_id)
    messages = tuple(build(Message, m.body) for m in db.execute(select(MessageRow.body).where(*thread).order_by(*order)))
    ticket = replace(build(Ticket, row.body), messages=messages)
    return StoredTicket(ticket, build(Ticket, row.evaluated) if row.evaluated else None, tuple(row.actions_seen))


class StoredCase:
    """See ``escalation.journal.Case``; made by ``StoredJournal.case``."""

    def __init__(self, db: Connection, jobs: Queue, connection: str, ticket_id: str, now: datetime) -> None:
        self._db, self._queue = db, jobs
        self.connection, self.ticket_id, self.now = connection, ticket_id, now
        self.ticket: Ticket | None = None
        self.evaluated: Ticket | None = None
        self.escalation: Escalation | None = None
        self.handoff: Handoff | None = None
        self._stored_messages: dict[str, Message] = {}
        self._actions_seen: list[str] = []

    def load(self) -> None:
        """Lock the ticket's row (made if it is new) and read what is stored."""
        me = {"connection": self.connection, "ticket_id": self.ticket_id}
        self._db.execute(insert(TicketRow).values(**me, body={}).on_conflict_do_nothing())
        self._db.execute(select(TicketRow.ticket_id).filter_by(**me).with_for_update())
        stored = load_ticket(self._db, self.connection, self.ticket_id)
        self.ticket, self.evaluated, self._actions_seen = stored.ticket, stored.evaluated, list(stored.actions_seen)
        self._stored_messages = {m.id: m for m in stored.ticket.messages} if stored.ticket else {}
        self._load_escalation()

    def _load_escalation(self) -> None:
        open_one = select(EscalationRow.__table__).where(*self._mine(EscalationRow), EscalationRow.state == "open")
        row = self._db.execute(open_one).one_or_none()
        self.escalation = _escalation(row) if row else None
        if self.escalation:
            live = (HandoffRow.escalation_id == self.escalation.id, HandoffRow.state.in_(_LIVE))
            newest = select(HandoffRow.body, HandoffRow.id).where(*live).order_by(HandoffRow.id.desc()).limit(1)
            self.handoff = self._handoff(self._db.execute(newest).one_or_none())

    def _mine(self, table: Any) -> tuple[Any, Any]:
        return table.connection == self.connection, table.ticket_id == self.ticket_id

    def _handoff(self, row: Any) -> Handoff | None:
        if row is None:
            return None
        made = select(OfferRow.body).where(OfferRow.handoff_id == row.id).order_by(OfferRow.number)
        offers = tuple(build(Offer, o.body) for o in self._db.execute(made))
        return replace(build(Handoff, row.body), offers=offers)

    # --- the ticket ---

    def save_ticket(self, ticket: Ticket, *, read_at: datetime | None = None, actions_seen: Iterable[str] = ()) -> None:
        changed = [m for m in ticket.messages if self._stored_messages.get(m.id) != m]
        if changed:
            self._save_messages(changed)
        values: dict[str, Any] = {"body": plain(replace(ticket, messages=())), "changed_at": self.now}
        if read_at:
            values["read_at"] = read_at
        new = [action for action in actions_seen if action not in self._actions_seen]
        if new:
            self._actions_seen = [*self._actions_seen, *new][-_REMEMBERED_ACTIONS:]
            values["actions_seen"] = self._actions_seen
        self._db.execute(update(TicketRow).where(*self._mine(TicketRow)).values(values))
        self.ticket = ticket

    def _save_messages(self, messages: list[Message]) -> None:
        me = {"connection": self.connection, "ticket_id": self.ticket_id}
        rows = [{**me, "message_id": m.id, "at": m.at, "body": plain(m)} for m in messages]
        new = insert(MessageRow).values(rows)
        key = ["connection", "ticket_id", "message_id"]
        self._db.execute(new.on_conflict_do_update(index_elements=key, set_={"at": new.excluded.at, "body": new.excluded.body}))
        self._stored_messages |= {m.id: m for m in messages}

    def conclude(self, outcomes: Iterable[Outcome]) -> None:
        for one in outcomes:
            became = plain(one.became) if one.became else None
            values = {"status": one.status.value, "became": became, "why": one.why[:2000], "handled_at": self.now}
            self._db.execute(update(Delivery).where(Delivery.id == one.delivery).values(values))

    def record(self, decision: Decision, ticket: Ticket, deliveries: Iterable[int]) -> int:
        me = {"connection": self.connection, "ticket_id": self.ticket_id, "at": self.now}
        row = {**me, "deliveries": [str(d) for d in deliveries], "decision": plain(decision)}
        number = self._db.execute(insert(EvaluationRow).values(row).returning(EvaluationRow.id)).scalar_one()
        seen = {"evaluated": plain(replace(ticket, messages=()))}
        self._db.execute(update(TicketRow).where(*self._mine(TicketRow)).values(seen))
        return int(number)

    # --- the escalation and its handoff ---

    def open(self, decision: Decision, package: ContextPackage, evaluation: int) -> Escalation:
        self.escalation = Escalation(
            id=new_id("e", self.now),
            connection=self.connection,
            ticket_id=self.ticket_id,
            severity=decision.severity.value,
            issue_type=decision.issue_type,
            team=decision.team,
            path=decision.path,
            rules=tuple(v.rule for v in decision.fired()),
            reasons=decision.reasons,
            package=package,
            opened_at=self.now,
        )
        values = asdict(self.escalation) | {"package": plain(package), "state": "open", "evaluation_id": evaluation}
        values |= {"rules": list(self.escalation.rules), "reasons": list(self.escalation.reasons)}
        self._db.execute(insert(EscalationRow).values(values))
        return self.escalation

    def update(self, escalation: Escalation) -> None:
        values = {
            "severity": escalation.severity,
            "rules": list(escalation.rules),
            "reasons": list(escalation.reasons),
            "package": plain(escalation.package),
        }
        self._db.execute(update(EscalationRow).where(EscalationRow.id == escalation.id).values(values))
        self.escalation = escalation

    def close(self) -> None:
        if self.escalation:
            over = {"state": "closed", "closed_at": self.now}
            self._db.execute(update(EscalationRow).where(EscalationRow.id == self.escalation.id).values(over))

    def save_handoff(self, handoff: Handoff) -> None:
        me = {"escalation_id": handoff.escalation_id, "connection": self.connection, "ticket_id": self.ticket_id}
        state = {"state": handoff.state.value, "accepted_by": handoff.accepted_by, "changed_at": self.now}
        state["body"] = plain(replace(handoff, offers=()))  # type: ignore[assignment]
        new = insert(HandoffRow).values(id=handoff.id, opened_at=self.now, **me, **state)
        self._db.execute(new.on_conflict_do_update(index_elements=["id"], set_=state))
        before = {o.id: o for o in self.handoff.offers} if self.handoff and self.handoff.id == handoff.id else {}
        for number, offer in enumerate(handoff.offers, 1):
            if before.get(offer.id) != offer:
                self._save_offer(handoff.id, number, offer)
        self.handoff = handoff

    def _save_offer(self, handoff_id: str, number: int, offer: Offer) -> None:
        state = {"state": offer.state.value, "body": plain(offer)}
        new = insert(OfferRow).values(id=offer.id, handoff_id=handoff_id, number=number, agent=offer.agent, at=offer.at, **state)
        self._db.execute(new.on_conflict_do_update(index_elements=["id"], set_=state))

    def past_handoff(self, handoff_id: str) -> tuple[Handoff, Escalation] | None:
        if self.handoff and self.handoff.id == handoff_id and self.escalation:
            return self.handoff, self.escalation
        one = select(HandoffRow.body, HandoffRow.id).where(HandoffRow.id == handoff_id)
        handoff = self._handoff(self._db.execute(one).one_or_none())
        if handoff is None:
            return None
        why = select(EscalationRow.__table__).where(EscalationRow.id == handoff.escalation_id)
        return handoff, _escalation(self._db.execute(why).one())

    def new_handoff_id(self) -> str:
        return new_id("h", self.now)

    # --- effects, timers, timeline ---

    @staticmethod
    def lock_for(connection: str, ticket_id: str, kind: str) -> str:
        """Effects on one ticket go in order per destination: a chat that is away does not hold up the helpdesk."""
        return f"{connection}:{ticket_id}:{'helpdesk' if kind == ActionKind.WRITE else 'chat'}"

    def plan(self, action: Action) -> None:
        me = {"connection": self.connection, "ticket_id": self.ticket_id, "handoff_id": action.handoff_id}
        row = {**me, "key": action.key, "kind": action.kind.value, "why": action.why[:500], "data": plain(action)}
        new = insert(ActionRow).values(row).on_conflict_do_nothing().returning(ActionRow.id)
        number = self._db.execute(new).scalar()
        if number is not None:
            lock = self.lock_for(self.connection, self.ticket_id, action.kind)
            self._queue.add(self._db, queue.PERFORM, lock, action_id=number)

    def done(self, task: Task, receipt: Receipt | Posted | None, moot: str = "") -> None:
        state = {"state": "moot" if moot else "done", "done_at": self.now, "error": moot}
        kept = plain(replace(receipt, ticket=None) if isinstance(receipt, Receipt) else receipt) if receipt else None
        self._db.execute(update(ActionRow).where(ActionRow.id == task.id).values(**state, receipt=kept))

    def set_timers(self, timers: Iterable[Timer]) -> None:
        rows = [
            {"key": t.key, "kind": t.kind.value, "handoff_id": t.handoff_id, "offer_id": t.offer_id, "due_at": t.due_at}
            for t in timers
        ]
        if rows:
            self._db.execute(insert(TimerRow).values(rows).on_conflict_do_nothing())

    def claim_timer(self, key: str) -> bool:
        mine = (TimerRow.key == key, TimerRow.fired_at.is_(None))
        return self._db.execute(update(TimerRow).where(*mine).values(fired_at=self.now)).rowcount == 1

    def write(self, entries: Iterable[Entry], handoff_id: str = "") -> None:
        me = {"at": self.now, "connection": self.connection, "ticket_id": self.ticket_id, "handoff_id": handoff_id}
        me["escalation_id"] = self.escalation.id if self.escalation else ""
        rows = [{**me, "kind": e.kind, "words": e.words, "actor": e.actor, "data": dict(e.data)} for e in entries]
        if rows:
            self._db.execute(insert(TimelineRow).values(rows))

    def refresh_later(self) -> None:
        lock = f"{self.connection}:{self.ticket_id}"
        self._queue.add(self._db, queue.REFRESH, lock, connection=self.connection, ticket_id=self.ticket_id)

    # --- what routing asks ---

    def loads(self) -> Mapping[str, Load]:
        taken = (
            select(HandoffRow.accepted_by, func.count())
            .where(HandoffRow.state.in_(("accepted", "answered")))
            .group_by(HandoffRow.accepted_by)
        )
        handoffs = {row[0]: row[1] for row in self._db.execute(taken)}
        is_open = func.count().filter(OfferRow.state == "open")
        asked = select(OfferRow.agent, is_open, func.max(OfferRow.at)).where(OfferRow.agent != "").group_by(OfferRow.agent)
        offers = {row[0]: (row[1], row[2]) for row in self._db.execute(asked)}
        return {agent: Load(handoffs.get(agent, 0), *offers.get(agent, (0, None))) for agent in handoffs.keys() | offers.keys()}

    def last_fired(self) -> Mapping[str, datetime]:
        mine = select(EscalationRow.rules, EscalationRow.opened_at).where(*self._mine(EscalationRow))
        rows = self._db.execute(mine.order_by(EscalationRow.id))
        return {rule: row.opened_at for row in rows for rule in row.rules}

    def posted(self, offer_id: str) -> Posted | None:
        row = self._db.execute(select(OfferRow.channel, OfferRow.ts).where(OfferRow.id == offer_id)).one_or_none()
        return Posted(row.channel, row.ts) if row and row.ts else None

    def save_posted(self, offer_id: str, posted: Posted) -> None:
        where = {"channel": posted.channel, "ts": posted.ts}
        self._db.execute(update(OfferRow).where(OfferRow.id == offer_id).values(where))


def _escalation(row: Row[Any]) -> Escalation:
    own = {name: row._mapping[name] for name in Escalation.__dataclass_fields__}
    return build(Escalation, own)
