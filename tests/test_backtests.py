"""A draft of the rules tried on stored tickets, slice by slice, beside the active rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from config.playbook import load_playbook
from config.yamldoc import Problems
from escalation.backtest import Backtest, differences
from escalation.decision import Decision
from escalation.roster import Roster, Team
from escalation.signals import Signal
from escalation.ticket import Message, Person, Priority, Role, Status, Ticket
from store import backtests
from store.backtests import Backtests
from store.codec import build
from store.journal import StoredJournal
from web.rehearsals import Trials

NOW = datetime.now(UTC)
ROSTER = Roster(teams=(Team("care", "Care"),))
HEAD = "paths: {default: {levels: [{name: One, offering: one}]}}\ndefault_team: care\nrules:\n"
URGENT = "  - {id: urgent, title: Urgent, when: {all: [{field: priority, op: becomes, value: urgent}]}}\n"
REFUND = "  - {id: refund, title: Refund, when: {all: [{field: signals.refund_request.amount, op: gte, value: 100}]}}\n"
OLD = "  - {id: old, title: Old, when: {all: [{field: age, op: older_than, value: 2h}]}}\n"


def keep(db: Engine, number: int, *, amount: int = 0, hours: float = 1, **fields: object) -> None:
    """A ticket with what was read in it, as the worker would have kept it."""
    customer = Person("c", role=Role.CUSTOMER)
    hello = Message("m", customer, "Hello", at=NOW)
    created = NOW - timedelta(hours=hours)
    ticket = Ticket("zendesk", f"{number:04}", messages=(hello,), created_at=created, updated_at=NOW, **fields)  # type: ignore[arg-type]
    read = (Signal("refund_request", {"negated": False, "amount": amount, "currency": "EUR"}, 0.9),) if amount else ()
    with StoredJournal(db).case("zendesk", ticket.id, NOW) as case:
        case.record(Decision(False, (), read), ticket, [])
        case.save_ticket(ticket)


def run(db: Engine, active: str, draft: str) -> Backtest:
    trials = Trials(Backtests(db), lambda: load_playbook(active), lambda: ROSTER)
    number = trials.start(draft, "ada", 30)
    while (told := trials.told(number)) is not None and told["state"] == "running":
        trials.carry_on(number)
    assert told is not None and told["state"] == "done" and told["done_at"] and told["author"] == "ada"
    return build(Backtest, told["result"])


def test_both_sides_with_the_tickets_behind_every_number(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "SLICE", 2)
    keep(db, 1, priority=Priority.URGENT)
    keep(db, 2, amount=250)
    keep(db, 3, status=Status.SOLVED, solved_at=NOW, priority=Priority.URGENT)
    keep(db, 4, hours=5)
    keep(db, 5)
    found = run(db, HEAD + URGENT, HEAD + URGENT + REFUND + OLD)
    assert found.tickets == 5
    assert found.active.escalated.tickets == ("zendesk:0001", "zendesk:0003")
    assert sorted(found.draft.escalated.tickets) == ["zendesk:0001", "zendesk:0002", "zendesk:0003", "zendesk:0004"]
    assert (found.only_draft.times, found.only_active.times) == (2, 0)
    assert differences(found) == (("old", 0, 1), ("refund", 0, 1))
    assert sum(found.draft.load["care"].values()) == 4
    asked = found.draft.asked["care"]
    assert {hour: len(names) for hour, names in asked.items()} == found.draft.load["care"]
    assert {name for names in asked.values() for name in names} == set(found.draft.escalated.tickets)


def test_a_ticket_of_which_nothing_is_known_ends_no_slice(db: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backtests, "SLICE", 2)
    keep(db, 1)
    with StoredJournal(db).case("zendesk", "0002", NOW):
        pass  # a webhook of it has come, and it was not read yet
    keep(db, 3)
    keep(db, 4)
    with db.connect() as link:
        assert link.execute(text("SELECT body FROM tickets WHERE ticket_id = '0002'")).scalar_one() == {}
    assert run(db, HEAD + URGENT, HEAD + OLD).tickets == 3


def test_nothing_stored_is_an_answer_too(db: Engine) -> None:
    assert run(db, HEAD + URGENT, HEAD + OLD) == Backtest()


def test_a_slice_that_two_workers_take_counts_once(db: Engine) -> None:
    keep(db, 1, priority=Priority.URGENT)
    trials = Trials(Backtests(db), lambda: load_playbook(HEAD + URGENT), lambda: ROSTER)
    number = trials.start(HEAD + URGENT, "ada", 1)
    for _ in range(3):
        trials.carry_on(number)
    told = trials.told(number)
    assert told is not None and told["result"]["tickets"] == 1


def test_a_draft_that_cannot_be_used_is_not_started(db: Engine) -> None:
    with pytest.raises(Problems):
        Trials(Backtests(db), lambda: load_playbook(HEAD + URGENT), Roster).start("rules: 3", "ada", 1)
    assert Backtests(db).told(1) is None
