"""One ticket locked for one transaction: ``escalation.journal.Case`` on PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select, update

from escalation.actions import Action, Entry, Receipt, Timer
from escalation.affinity import Earlier
from escalation.away import Away
from escalation.bug import Bug, BugLink
from escalation.bug_book import Joined
from escalation.context import ContextPackage
from escalation.decision import Decision
from escalation.history import Contact, Logged
from escalation.hop import Handoff, Offer, State
from escalation.journal import Escalation, Look, Outcome, Shown
from escalation.planned import Task
from escalation.queued import Queued
from escalation.roster import Load
from escalation.ticket import Message, Ticket
from escalation.verdicts import Feedback
from store import away, bugs, feedback, handovers, not_read, queue, queue_rows, shown
from store import statements as sql
from store.actions import LATER, close_action, lock_for, open_proofs
from store.besides import load_contacts, load_loads
from store.codec import build, build_log, new_id, plain, plain_log
from store.queue import Queue
from store.shifts import StoredShiftCase
from store.shown import escalation_of, load_handoff
from store.tables import EscalationRow, TimelineRow, TimerRow
from store.unsaid import StoredUnsaying

_REMEMBERED_ACTIONS = 50
_LIVE = (State.OFFERED.value, State.WAITING.value, State.ACCEPTED.value, State.ANSWERED.value)


@dataclass(frozen=True, slots=True)
class StoredTicket:
    ticket: Ticket | None = None
    evaluated: Ticket | None = None
    actions_seen: tuple[str, ...] = ()  # oldest first
    log: tuple[Logged, ...] = ()


def load_ticket(db: Connection, connection: str, ticket_id: str, how: Any = sql.TICKET) -> StoredTicket | None:
    """The ticket with its thread; None when there is no row, an empty one when nothing was told yet."""
    me = {"the_connection": connection, "the_ticket": ticket_id}
    row = db.execute(how, me).one_or_none()
    if row is None or not row.body:
        return None if row is None else StoredTicket()
    messages = tuple(build(Message, m.body) for m in db.execute(sql.THREAD, me))
    ticket = replace(build(Ticket, row.body), messages=messages)
    evaluated = build(Ticket, row.evaluated) if row.evaluated else None
    return StoredTicket(ticket, evaluated, tuple(row.actions_seen), build_log(row.log))


class StoredCase(StoredUnsaying, StoredShiftCase):
    """See ``escalation.journal.Case``; made by ``StoredJournal.case``."""

    def __init__(self, db: Connection, jobs: Queue, connection: str, ticket_id: str, now: datetime) -> None:
        self._db, self._queue = db, jobs
        self.connection, self.ticket_id, self.now = connection, ticket_id, now
        self.ticket: Ticket | None = None
        self.evaluated: Ticket | None = None
        self.log: tuple[Logged, ...] = ()
        self.escalation: Escalation | None = None
        self.handoff: Handoff | None = None
        self._stored_messages: dict[str, Message] = {}
        self._actions_seen: list[str] = []
        self._newly_evaluated: dict[str, Any] | None = None
        self._routes_alone = False
        self._reserved = ""
        self._entries: list[dict[str, Any]] = []  # lines of the timeline that are not written yet
        self._not_read: Counter[not_read.Key] = Counter()  # the same, of its counters

    def load(self) -> None:
        """Lock the ticket's row (made if it is new) and read what is stored."""
        stored = load_ticket(self._db, self.connection, self.ticket_id, sql.LOCKED_TICKET)
        if stored is None:
            new = {"connection": self.connection, "ticket_id": self.ticket_id, "body": {}}
            if self._db.execute(sql.ADD_TICKET, new).first() is not None:
                return  # ours from its first moment: there is nothing to read
            stored = load_ticket(self._db, self.connection, self.ticket_id, sql.LOCKED_TICKET) or StoredTicket()
        self._take_in(stored)

    def _take_in(self, stored: StoredTicket) -> None:
        self.ticket, self.evaluated, self._actions_seen = stored.ticket, stored.evaluated, list(stored.actions_seen)
        self.log = stored.log
        self._stored_messages = {m.id: m for m in stored.ticket.messages} if stored.ticket else {}
        self._load_escalation()

    def _load_escalation(self) -> None:
        row = self._db.execute(sql.OPEN_ESCALATION, self._me).one_or_none()
        self.escalation = escalation_of(row) if row else None
        if row and row.handoff_id:
            self.handoff, _ = load_handoff(self._db, row)

    @property
    def _me(self) -> dict[str, Any]:
        return {"the_connection": self.connection, "the_ticket": self.ticket_id}

    def _mine(self, table: Any) -> tuple[Any, Any]:
        return table.connection == self.connection, table.ticket_id == self.ticket_id

    # --- the ticket ---

    def save_ticket(
        self,
        ticket: Ticket,
        *,
        read_at: datetime | None = None,
        actions_seen: Iterable[str] = (),
        look: Look | None = None,
    ) -> None:
        changed = [m for m in ticket.messages if self._stored_messages.get(m.id) != m]
        if changed:
            self._save_messages(changed)
        new = [action for action in actions_seen if action not in self._actions_seen]
        self._actions_seen = [*self._actions_seen, *new][-_REMEMBERED_ACTIONS:]
        values = {
            "body": plain(replace(ticket, messages=())),
            "changed_at": self.now,
            "evaluated": self._newly_evaluated,
            "read_at": read_at,
            "actions_seen": self._actions_seen,
            "requester_email": ticket.requester.email.lower(),
            "log": plain_log(look.log) if look and look.log != self.log else None,
            "looked": look is not None,
            "look_at": look.at if look else None,
            "look_version": look.version if look and not ticket.status.is_over else None,
        }
        self._db.execute(sql.SAVE_TICKET, self._me | values)
        self.ticket = ticket

    def _save_messages(self, messages: list[Message]) -> None:
        me = {"connection": self.connection, "ticket_id": self.ticket_id}
        self._db.execute(sql.SAVE_MESSAGES, [{**me, "message_id": m.id, "at": m.at, "body": plain(m)} for m in messages])
        self._stored_messages |= {m.id: m for m in messages}

    def conclude(self, outcomes: Iterable[Outcome]) -> None:
        rows = tuple(outcomes)
        bugs.conclude(self._db, rows, self.now)
        self._not_read += not_read.of(rows)

    def record(self, decision: Decision, ticket: Ticket, deliveries: Iterable[int]) -> int:
        me = {"connection": self.connection, "ticket_id": self.ticket_id, "at": self.now}
        row = {**me, "deliveries": [str(d) for d in deliveries], "decision": plain(decision)}
        self._newly_evaluated = plain(replace(ticket, messages=()))  # kept with the ticket, by save_ticket
        return int(self._db.execute(sql.ADD_EVALUATION, row).scalar_one())

    def contacts(self, email: str, since: datetime) -> tuple[Contact, ...]:
        return load_contacts(self._db, (self.connection, self.ticket_id), email, since)

    def earlier(self, email: str) -> tuple[Earlier, ...]:
        rows = self._db.execute(sql.EARLIER, {"email": email.lower(), **self._me}) if email else ()
        return tuple(Earlier(row.connection, row.assignee, row.accepted_by) for row in rows)

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
        values = plain(self.escalation) | {"opened_at": self.now, "state": "open", "evaluation_id": evaluation}
        self._db.execute(sql.ADD_ESCALATION, values)
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

    def former(self) -> tuple[Escalation, Handoff] | None:
        row = self._db.execute(sql.FORMER_ESCALATION, self._me).one_or_none()
        return (escalation_of(row), load_handoff(self._db, row)[0]) if row else None

    def reopen(self, escalation: Escalation) -> None:
        again = {"state": "open", "closed_at": None}
        self._db.execute(update(EscalationRow).where(EscalationRow.id == escalation.id).values(again))
        self.update(escalation)

    def save_handoff(self, handoff: Handoff) -> None:
        row = {
            "id": handoff.id,
            "escalation_id": handoff.escalation_id,
            "connection": self.connection,
            "ticket_id": self.ticket_id,
            "state": handoff.state.value,
            "accepted_by": handoff.accepted_by,
            "body": plain(replace(handoff, offers=())),
            "counted_with": handoff.roster_version if handoff.counts_hours else None,
            "opened_at": self.now,
            "changed_at": self.now,
        }
        self._db.execute(sql.SAVE_HANDOFF, row)
        before = {o.id: o for o in self.handoff.offers} if self.handoff and self.handoff.id == handoff.id else {}
        for number, offer in enumerate(handoff.offers, 1):
            if before.get(offer.id) != offer:
                self._save_offer(handoff.id, number, offer)
        self.handoff = handoff

    def _save_offer(self, handoff_id: str, number: int, offer: Offer) -> None:
        row = {"id": offer.id, "handoff_id": handoff_id, "number": number, "agent": offer.agent, "at": offer.at}
        self._db.execute(sql.SAVE_OFFER, {**row, "state": offer.state.value, "body": plain(offer)})

    def shown(self, handoff_id: str) -> Shown | None:
        return shown.load(self._db, handoff_id)

    def judge(self, handoff: Handoff, said: Feedback, entry: Entry) -> None:
        feedback.keep(self._db, handoff.id, said)
        self._append([entry], handoff.id, handoff.escalation_id)

    def reserve(self, handoff_id: str) -> None:
        self._reserved = handoff_id

    def new_handoff_id(self) -> str:
        reserved, self._reserved = self._reserved, ""
        return reserved or new_id("h", self.now)

    def begun(self, handover: str, handoff_id: str) -> None:
        handovers.begun(self._db, handover, handoff_id)

    def told(self, handoff_id: str, kinds: Iterable[str]) -> tuple[Entry, ...]:
        self.flush()
        mine = (*self._mine(TimelineRow), TimelineRow.handoff_id == handoff_id, TimelineRow.kind.in_(tuple(kinds)))
        rows = self._db.execute(select(TimelineRow.__table__).where(*mine).order_by(TimelineRow.id))
        return tuple(Entry(row.kind, row.words, row.actor, row.data) for row in rows)

    # --- effects, timers, timeline ---

    def plan(self, action: Action, *, wait: timedelta = timedelta(0)) -> bool:
        me = {"connection": self.connection, "ticket_id": self.ticket_id, "handoff_id": action.handoff_id}
        row = {**me, "key": action.key, "kind": action.kind.value, "why": action.why[:500], "data": plain(action)}
        number = self._db.execute(sql.ADD_ACTION, row).scalar()
        if number is not None:
            lock, priority = lock_for(self.connection, self.ticket_id, action), LATER.get(action.kind, 0)
            self._queue.add(self._db, queue.PERFORM, lock, priority=priority, wait=wait, action_id=number)
        return number is not None

    def proofs(self, handoff_id: str) -> tuple[Task, ...]:
        return open_proofs(self._db, handoff_id)

    def settle(self, task: Task) -> bool:
        return self._db.execute(sql.SETTLE, {"the_action": task.id, "done_at": self.now}).rowcount == 1

    def report_bug(self, bug: Bug, link: BugLink) -> Joined:
        return bugs.report(self._db, bug, link, self.now)

    def join_bug(self, bug_id: str, link: BugLink) -> Joined | None:
        return bugs.join(self._db, bug_id, link, self.now)

    def done(self, task: Task, receipt: Receipt | None) -> None:
        close_action(self._db, task, receipt, "", self.now)

    def set_timers(self, timers: Iterable[Timer]) -> None:
        rows = [
            {"key": t.key, "kind": t.kind.value, "handoff_id": t.handoff_id, "offer_id": t.offer_id, "due_at": t.due_at}
            for t in timers
        ]
        if rows:
            self._db.execute(sql.ADD_TIMERS, rows)

    def claim_timer(self, key: str) -> bool:
        mine = (TimerRow.key == key, TimerRow.fired_at.is_(None))
        return self._db.execute(update(TimerRow).where(*mine).values(fired_at=self.now)).rowcount == 1

    def write(self, entries: Iterable[Entry], handoff_id: str = "") -> None:
        self._append(entries, handoff_id, self.escalation.id if self.escalation else "")

    def _append(self, entries: Iterable[Entry], handoff_id: str, escalation_id: str) -> None:
        me = {"at": self.now, "connection": self.connection, "ticket_id": self.ticket_id, "handoff_id": handoff_id}
        me["escalation_id"] = escalation_id
        self._entries += [{**me, "kind": e.kind, "words": e.words, "actor": e.actor, "data": dict(e.data)} for e in entries]

    def flush(self) -> None:
        """Write what was kept back to be written in one go; called before the commit."""
        if self._entries:
            self._db.execute(sql.ADD_TIMELINE, self._entries)
            self._entries.clear()
        # The last of all: every ticket of a connection counts in the same rows, which are locked from here on.
        not_read.add(self._db, self._not_read)
        self._not_read.clear()

    def refresh_later(self) -> None:
        self._queue.add_refresh(self._db, self.connection, self.ticket_id)

    # --- what routing asks ---

    def loads(self, agents: Iterable[str]) -> Mapping[str, Load]:
        self._route_alone()
        return load_loads(self._db, agents)

    def _route_alone(self) -> None:
        if not self._routes_alone:
            self._db.execute(sql.ROUTE_ALONE)
            self._routes_alone = True

    def queued(self) -> tuple[Queued, ...]:
        self._route_alone()
        return queue_rows.load(self._db)

    def beside(self, connection: str, ticket_id: str) -> StoredCase | None:
        # Never waits for the other ticket: whoever has it may be waiting for us.
        stored = load_ticket(self._db, connection, ticket_id, sql.FREE_TICKET)
        if stored is None:
            return None
        other = StoredCase(self._db, self._queue, connection, ticket_id, self.now)
        other._routes_alone, other._entries = self._routes_alone, self._entries
        other._take_in(stored)
        return other

    def away(self) -> tuple[Away, ...]:
        return away.load(self._db, self.now)

    def last_fired(self) -> Mapping[str, datetime]:
        mine = select(EscalationRow.rules, EscalationRow.opened_at).where(*self._mine(EscalationRow))
        rows = self._db.execute(mine.order_by(EscalationRow.id))
        return {rule: row.opened_at for row in rows for rule in row.rules}

    def last_shadowed(self) -> Mapping[str, datetime]:
        self.flush()
        mine = select(TimelineRow.data, TimelineRow.at).where(*self._mine(TimelineRow), TimelineRow.kind == "shadow")
        return {row.data["rule"]: row.at for row in self._db.execute(mine.order_by(TimelineRow.id))}
