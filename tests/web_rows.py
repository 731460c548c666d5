"""Rows for tests of the web layer: two tickets with everything that Baton keeps about them, made by the core itself."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, insert
from sqlalchemy.orm import DeclarativeBase

from escalation import context
from escalation.actions import Entry
from escalation.backtest import Backtest, Count, Tally
from escalation.bug import Bug, BugLink, BugState, Filed
from escalation.decision import Decision, Seen, Verdict
from escalation.hop import Handoff, Offer, OfferState, State
from escalation.playbook import Level, Mode, Path, Severity
from escalation.ports import News, NewsKind
from escalation.roster import Load, Roster
from escalation.routing import choose
from escalation.signals import Evidence, Signal
from escalation.ticket import (
    ChangeKind,
    Channel,
    ClockState,
    Customer,
    Group,
    LeftOut,
    Message,
    Money,
    Person,
    Priority,
    Role,
    SlaClock,
    Status,
    Ticket,
    TicketChange,
)
from store.bugs import StoredBugs, join, report
from store.codec import plain
from store.tables import (
    ActionRow,
    BacktestRow,
    BeatRow,
    Delivery,
    EscalationRow,
    EvaluationRow,
    HandoffRow,
    MessageRow,
    OfferRow,
    TicketRow,
    TimelineRow,
)

PATH = Path("default", (Level("people", team=""), Level("channel", min_tier=1)))
HOSTILE = (
    "<script>alert(1)</script> & <!channel> <@U1> <img src=x onerror=alert(2)> <a href='javascript:alert(3)'>x</a> \u202egpj.exe"
)


def a_ticket(now: datetime, number: str = "4711", subject: str = "Charged twice for March, and support keeps looping") -> Ticket:
    """A ticket with a thread of four messages."""
    ada = Person("501", "Priya Raman", "priya@northwind.example", Role.CUSTOMER)
    bot = Person("900", "Helper", "", Role.BOT)
    said = [
        ("m1", ada, "Hello, we were charged 1,240.00 EUR twice for March (invoice INV-2025-0331).", 200),
        ("m2", bot, "Please clear your browser cache and open the invoice page again.", 195),
        ("m3", ada, "I did that and it didn't help. The second charge is still there. This blocks our month-end closing.", 130),
        ("m4", ada, f"Can I please talk to a person? {HOSTILE}", 70),
    ]
    messages = tuple(Message(i, who, text, True, now - timedelta(minutes=ago)) for i, who, text, ago in said)
    return Ticket(
        connection="zendesk",
        id=number,
        url=f"https://acme.zendesk.com/agent/tickets/{number}",
        subject=subject,
        status=Status.OPEN,
        priority=Priority.URGENT,
        tags=("billing", "vip"),
        channel=Channel.EMAIL,
        issue_type="billing",
        page="/account/invoices",
        language="en",
        group=Group("201", "Billing"),
        requester=ada,
        customer=Customer(Group("71", "Northwind Traders"), "enterprise", Money(Decimal(48000), "EUR"), renewal_on="2025-09-01"),
        messages=messages,
        sla=(SlaClock("next_reply", now + timedelta(minutes=35), ClockState.AMBER),),
        created_at=now - timedelta(minutes=200),
        updated_at=now - timedelta(minutes=70),
        known=frozenset({"subject", "status", "priority", "requester", "customer", "messages", "sla"}),
    )


def a_decision() -> Decision:
    """Two rules fired, one in shadow, one did not."""

    def verdict(rule: str, title: str, seen: tuple[Seen, ...], *, fired: bool = True, mode: Mode = Mode.LIVE) -> Verdict:
        words = f"{title}: {'; '.join(s.words for s in seen)}"
        return Verdict(rule, title, mode, fired, Severity.HIGH, "default", "", "", seen, words)

    urgent = Seen("priority", "changed_to", "urgent", "urgent", True, "priority changed to urgent (was normal)")
    person = Seen("signals.explicit_human_request", "is", True, True, True, "the customer asks for a person (“talk to a person”)")
    tone = Seen("signals.sentiment", "in", ["frustrated", "angry"], "frustrated", True, "the customer sounds frustrated")
    both = Seen("", "all", None, None, True, "both of these", (person, tone))
    refund = Seen("signals.refund_request.amount", ">=", 500, None, False, "no refund is asked for")
    health = Seen("customer.health", "is", "at_risk", "at_risk", True, "the account is at risk")
    verdicts = (
        verdict("urgent", "Priority is urgent", (urgent,)),
        verdict("wants_person", "The customer wants a person", (both,)),
        verdict("at_risk", "Account at risk", (health,), mode=Mode.SHADOW),
        verdict("refund", "Refund of 500 or more", (refund,), fired=False),
    )
    signals = (
        Signal("explicit_human_request", True, 0.95, (Evidence("m4", 13, 29, "talk to a person"),)),
        Signal("sentiment", "frustrated", 0.8, (Evidence("m3", 11, 29, "it didn't help"),)),
        Signal("failed_attempts", 1, 0.9, (Evidence("m3", 11, 29, "it didn't help"),)),
    )
    reasons = tuple(v.words for v in verdicts if v.fired and v.mode is Mode.LIVE)
    return Decision(True, verdicts, signals, Severity.HIGH, "default", "billing", "billing", reasons, 3)


def _add(db: Connection, table: type[DeclarativeBase], **values: Any) -> Any:
    key = next(iter(table.__table__.primary_key))
    return db.execute(insert(table).values(values).returning(key)).scalar_one()


def fill(engine: Engine, roster: Roster, now: datetime) -> dict[str, Any]:
    """A handoff that Ada is asked to take (hf_1) and one that Bob has (hf_2), with deliveries of every status; their ids."""
    with engine.begin() as db:
        ids = {"handled": _delivery(db, now, "handled", became=_change(now))}
        ids |= {status: _delivery(db, now, status) for status in ("accepted", "ignored", "unreadable", "failed")}
        _case(db, roster, a_ticket(now), "hf_1", now, ids["handled"])
        _case(db, roster, a_ticket(now, "4712", HOSTILE), "hf_2", now, ids["handled"], taken_by="bob")
        ids["set_aside"] = _actions(db, now)
        _add(db, BeatRow, name="clock", at=datetime.now(UTC))
    return ids


def fill_bugs(engine: Engine, bug: Bug, now: datetime) -> None:
    """One bug that is open on two tickets and named by a customer, one that is closed, one that the tracker would not take."""
    titles = {
        "b_open": f"Checkout says ledger mismatch {HOSTILE}",
        "b_closed": bug.title,
        "b_waits": "Export stops at 91 per cent",
    }
    kept = StoredBugs(engine)
    with engine.begin() as db:
        for ago, (id, title) in enumerate(titles.items()):
            new = replace(bug, id=id, fingerprint=id, title=title, state=BugState.FILING, opened_at=now - timedelta(days=ago))
            report(db, replace(new, filed=None), BugLink("zendesk", "4711", "hf_1"), now)
        join(db, "b_3", BugLink("zendesk", "4712", "hf_2"), now)
    for number, id in enumerate(("b_3", "b_2"), 31):
        kept.filed(id, Filed(str(number), f"#{number}", f"https://tracker.example/{number}"), ())
    kept.heard(bug.tracker, News("32", NewsKind.CLOSED, "closed:32", now), BugState.CLOSED, now)
    kept.not_filed("b_1", "github: POST /repos/play/product/issues answered 401: Bad credentials")


MANY = 62  # more tickets than are named behind a number


def fill_rules(engine: Engine, now: datetime) -> dict[str, Any]:
    """What pages about rules stand on, beside ``fill``: notes of a rule in shadow for 4711 (escalated), 4713 and 60 others that
    no rule escalated, 25 looks at 4713, and three back-tests; their numbers by state."""
    with engine.begin() as db:
        for number in range(MANY):
            _noted(db, "4711" if number == 0 else str(4712 + number), now - timedelta(minutes=10 * number + 5))
        _noted(db, "4713", now - timedelta(days=2))
        _noted(db, "4713", now - timedelta(days=40))
        _add(
            db,
            TicketRow,
            connection="zendesk",
            ticket_id="4713",
            body=plain(replace(a_ticket(now, "4713", HOSTILE), messages=())),
        )
        _looks(db, now)
        return _backtests(db, now)


def _noted(db: Connection, ticket: str, at: datetime) -> None:
    entry = plain(Entry("shadow", "Would have escalated (rule in shadow): Account at risk", data={"rule": "at_risk"}))
    _add(db, TimelineRow, connection="zendesk", ticket_id=ticket, at=at, **entry)


def _looks(db: Connection, now: datetime) -> None:
    quiet = replace(a_decision(), escalate=False, verdicts=a_decision().verdicts[2:], reasons=())
    for number in range(25, 0, -1):
        decision = plain(a_decision() if number == 1 else quiet)
        at = now - timedelta(hours=number)
        _add(db, EvaluationRow, connection="zendesk", ticket_id="4713", at=at, deliveries=[], decision=decision)


def _backtests(db: Connection, now: datetime) -> dict[str, Any]:
    both, many = ("zendesk:4711", "zendesk:4712"), tuple(f"zendesk:{number}" for number in range(4713, 4763))
    load = {"billing": {"Mon 09": 12, "Tue 14": 3}, "": {"Sun 23": 1}}
    active = Tally(Count(12, ("zendesk:4711",) * 12), {"urgent": Count(12, both), "at_risk": Count(4, both)}, load)
    drafted = {"urgent": Count(12, both), "at_risk": Count(1311, many), "brand_new": Count(2, both)}
    hours = {"billing": {"Mon 09": 1200, "Tue 14": 119}, "": {"Sun 23": 1}}
    draft = Tally(Count(1320, many), drafted, hours, {"billing": {"Mon 09": many[:20], "Tue 14": both}, "": {"Sun 23": both[:1]}})
    found = plain(Backtest(50_000, active, draft, Count(1311, many), Count(3, ("zendesk:4712", "zendesk:4711", "fresh:9"))))
    some = plain(Backtest(12_500, Tally(Count(3)), Tally(Count(5))))
    told = {"author": "cleo@example.com", "draft": f"# of the lead\n{HOSTILE}", "total": 50_000}
    span = {"at": now - timedelta(hours=1), "since": now - timedelta(days=30, hours=1)}
    done = {"state": "done", "result": found, "done_at": now}
    failed = {"state": "failed", "result": some, "error": "The process that judges back-tests ended with 9."}
    return {
        "tried": _add(db, BacktestRow, **told, **span, **done),
        "given_up": _add(db, BacktestRow, **told, **span, **failed),
        "running": _add(db, BacktestRow, **told, **span, state="running", result=some),
    }


def _change(now: datetime) -> dict[str, Any]:
    fields = {"priority": Priority.URGENT, "subject": "Charged twice for March"}
    lost = LeftOut("assignee.id", "detail.assignee_id", "expected text, found a list", "Mend it in the mapping.", 85)
    change = TicketChange("zendesk", "4711", ChangeKind.PRIORITY_CHANGED, "ticket.priority_changed", now, fields=fields)
    return plain(replace(change, unknown_words={"status": f"Frozen {HOSTILE}"}, left_out=(lost,)))


_WHY = {
    "ignored": "about a user, not a ticket",
    "unreadable": "detail.id: there is no ticket id. Add id to the trigger's body.",
    "failed": "connection zendesk could not be read for an hour",
}


def _delivery(db: Connection, now: datetime, status: str, became: dict[str, Any] | None = None) -> int:
    body = {"type": "zen:event-type:ticket.priority_changed", "detail": {"id": 4711, "priority": "URGENT", "subject": HOSTILE}}
    return int(
        _add(
            db,
            Delivery,
            connection="zendesk",
            key=f"key-{status}",
            ticket_id="4711",
            event="zen:event-type:ticket.priority_changed",
            headers={"content-type": "application/json", "x-webhook-token": "very-secret", "user-agent": "Zendesk Webhook"},
            query={},
            body=b"\xff\xfe not text" if status == "unreadable" else json.dumps(body).encode(),
            status=status,
            why=_WHY.get(status, ""),
            became=became,
            received_at=now - timedelta(minutes=65),
            handled_at=None if status == "accepted" else now - timedelta(minutes=64),
        )
    )


def _case(
    db: Connection, roster: Roster, case: Ticket, handoff_id: str, now: datetime, delivery: int, taken_by: str = ""
) -> None:
    decision, team = a_decision(), roster.team("billing")
    route = choose(case, "billing", team, roster, {"cleo": Load(5)}, now, level=PATH.levels[0])
    package = context.build(case, decision.signals, decision, route, now - timedelta(minutes=60))
    escalation = f"esc_{handoff_id}"
    where = {"connection": case.connection, "ticket_id": case.id}
    body = plain(replace(case, messages=()))
    _add(db, TicketRow, **where, body=body)
    for message in case.messages:
        _add(db, MessageRow, **where, message_id=message.id, at=message.at, body=plain(message))
    evaluated = _add(
        db, EvaluationRow, **where, at=now - timedelta(minutes=64), deliveries=[str(delivery)], decision=plain(decision)
    )
    _add(
        db,
        EscalationRow,
        **where,
        id=escalation,
        state="open",
        severity="high",
        issue_type="billing",
        team="billing",
        path="default",
        rules=["urgent", "wants_person"],
        reasons=list(decision.reasons),
        package=plain(package),
        evaluation_id=evaluated,
        opened_at=now - timedelta(minutes=64),
    )
    handoff = Handoff(handoff_id, escalation, case.connection, case.id, 1, State.OFFERED, PATH, "billing", "billing", route=route)
    handoff = _taken(handoff, taken_by, now) if taken_by else replace(handoff, offers=_offers(handoff_id, now))
    _save(db, handoff, now)
    entries = [
        ("escalated", "Escalated: priority changed to urgent", "baton"),
        ("offered", "Offered to Bob Cole: skill billing 4/5, 1 of 5 open", "baton"),
        ("declined", f"Bob Cole declined (busy: {HOSTILE}, Slack)", "bob"),
    ]
    for kind, words, actor in entries:
        entry = plain(Entry(kind, words, actor))
        told = {**where, "escalation_id": escalation, "handoff_id": handoff_id, "at": now - timedelta(minutes=60)}
        _add(db, TimelineRow, **told, **entry)


def _offers(handoff_id: str, now: datetime) -> tuple[Offer, ...]:
    first, then = now - timedelta(minutes=64), now - timedelta(minutes=5)
    declined = Offer(f"{handoff_id}_o1", "bob", first, first + timedelta(minutes=15), "", OfferState.DECLINED, reason="busy")
    return declined, Offer(f"{handoff_id}_o2", "ada", then, then + timedelta(minutes=15), why="skill billing 5/5, 0 of 5 open")


def _taken(handoff: Handoff, agent: str, now: datetime) -> Handoff:
    at = now - timedelta(minutes=20)
    offer = Offer(f"{handoff.id}_o1", agent, at, at + timedelta(minutes=15), state=OfferState.ACCEPTED)
    return replace(handoff, state=State.ACCEPTED, accepted_by=agent, accepted_at=at, offers=(offer,))


def _save(db: Connection, handoff: Handoff, now: datetime) -> None:
    body = plain(handoff)
    offers = body.pop("offers")
    columns = {name: body[name] for name in ("id", "escalation_id", "connection", "ticket_id", "state", "accepted_by")}
    _add(db, HandoffRow, **columns, body=body, opened_at=now - timedelta(minutes=64), changed_at=now)
    for number, offer in enumerate(offers):
        told = {"handoff_id": handoff.id, "number": number, "agent": offer["agent"], "state": offer["state"]}
        _add(db, OfferRow, **told, id=offer["id"], at=datetime.fromisoformat(offer["at"]), body=offer)


def _actions(db: Connection, now: datetime) -> int:
    where = {
        "connection": "zendesk",
        "ticket_id": "4711",
        "handoff_id": "hf_1",
        "data": {},
        "planned_at": now - timedelta(minutes=60),
    }
    _add(
        db, ActionRow, **where, key="a1", kind="alert", why="offer to Bob Cole", state="done", done_at=now - timedelta(minutes=60)
    )
    _add(db, ActionRow, **where, key="a2", kind="update_alert", why="declined", state="planned")
    wrong = {"state": "set_aside", "attempts": 14, "error": "Zendesk: 403, the integration user may not assign to group 201"}
    return int(_add(db, ActionRow, **where, key="a3", kind="write", why="Ada accepted", **wrong))
