"""What rules may look at: facts of a ticket, before and now, and the first guess at the issue type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from escalation.facts import Facts, facts
from escalation.signals import Evidence, Signal
from escalation.ticket import (
    ChangeKind,
    ClockState,
    Customer,
    FieldValue,
    Group,
    Message,
    Money,
    PastTicket,
    Person,
    Priority,
    Role,
    SlaClock,
    Status,
    Ticket,
    TicketChange,
)
from escalation.vocabulary import ATTRIBUTES, FIELDS, VOCABULARY, is_remembered, pattern_of
from escalation.words import issue_type_of

NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
CUSTOMER = Person("c1", "Kim", "kim@example.com", Role.CUSTOMER)
AGENT = Person("a1", role=Role.AGENT)
BOT = Person("b1", role=Role.BOT)


def ticket(**changes: object) -> Ticket:
    base = Ticket("zendesk", "1", subject="Help", requester=CUSTOMER, created_at=NOW - 3 * HOUR)
    return replace(base, **changes)  # type: ignore[arg-type]


def said(author: Person, text: str = "text", hours_ago: float = 1, public: bool = True) -> Message:
    return Message(f"{author.id}-{hours_ago}", author, text, public, NOW - HOUR * hours_ago)


def look(now: Ticket, before: Ticket | None = None, *changes: TicketChange, signals: tuple[Signal, ...] = ()) -> Facts:
    return facts(now, before, changes, signals, NOW)


def changed(kind: ChangeKind, previous: dict[str, object] | None = None, actor: Person = AGENT) -> TicketChange:
    return TicketChange("zendesk", "1", kind, "event", actor=actor, previous=previous or {})


FULL = ticket(
    status=Status.OPEN,
    priority=Priority.HIGH,
    tags=("vip",),
    group=Group("201", "Billing"),
    assignee=Person("101", "Ada"),
    customer=Customer(
        Group("5", "Acme"), "enterprise", Money(Decimal(9000), "USD"), renewal_on="2025-12-01", past=(PastTicket("7"),)
    ),
    custom={"refund_amount": Money(Decimal(650), "USD"), "empty": ""},
    messages=(said(CUSTOMER, "Hello", 2), said(AGENT, "internal", 1, public=False)),
)

VALUES: list[tuple[str, object]] = [
    ("subject", "Help"),
    ("status", Status.OPEN),
    ("priority", Priority.HIGH),
    ("tags", ("vip",)),
    ("group.id", "201"),
    ("group.name", "Billing"),
    ("assignee.name", "Ada"),
    ("assignee.email", None),
    ("requester.role", Role.CUSTOMER),
    ("customer.organization.name", "Acme"),
    ("customer.tier", "enterprise"),
    ("customer.contract_value", Money(Decimal(9000), "USD")),
    ("customer.renewal_on", datetime(2025, 12, 1, tzinfo=UTC)),
    ("customer.past.count", 1),
    ("customer.health", None),
    ("custom.refund_amount", Money(Decimal(650), "USD")),
    ("custom.empty", None),
    ("channel", None),
    ("age", 3 * HOUR),
    ("waiting", 2 * HOUR),
    ("messages.count", 2),
    ("messages.customer.count", 1),
    ("messages.agent.count", 0),
    ("last_message.role", Role.AGENT),
    ("last_message.public", False),
    ("text", "Help\nHello"),
    ("sla.worst", None),
    ("change.kind", None),
]


def test_what_is_remembered_of_the_last_look_is_what_the_loader_says() -> None:
    """``changed`` and ``before.`` are refused for the others, as they could never hold."""
    signals = (Signal("churn_risk", True, 0.9), Signal("intent", {"label": "billing"}, 0.9))
    full = replace(FULL, sla=(SlaClock("first reply", NOW, ClockState.GREEN),), known=frozenset({"messages"}))
    before = replace(full, messages=())  # as it is kept
    seen = look(full, before, changed(ChangeKind.CREATED), signals=signals)
    kept = {name for name in seen.values if name in seen.was}
    assert kept == {name for name in seen.values if is_remembered(name)} and len(kept) > 20
    for name in ("business.age", "history.reopened", "contacts.same_problem", "escalate_note.team", "in_queue", "segment"):
        assert not is_remembered(name) and not is_remembered(f"before.{name}")


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_values(name: str, value: object) -> None:
    assert look(FULL).value(name) == value


def test_an_empty_list_is_known_only_when_told() -> None:
    assert look(ticket()).value("tags") is None
    assert look(ticket(known=frozenset({"tags"}))).value("tags") == ()


WAITING = [
    ((said(CUSTOMER, hours_ago=2),), 2, 2),
    ((said(CUSTOMER, hours_ago=3), said(CUSTOMER, hours_ago=1)), 1, 3),
    ((said(CUSTOMER, hours_ago=3), said(AGENT, hours_ago=2)), None, None),
    ((said(CUSTOMER, hours_ago=3), said(BOT, hours_ago=2), said(CUSTOMER, hours_ago=1)), 1, 1),
    ((said(CUSTOMER, hours_ago=3), said(AGENT, hours_ago=2, public=False)), 3, 3),
    ((said(replace(CUSTOMER, role=Role.UNKNOWN), hours_ago=3),), 3, 3),
    ((), None, None),
]


@pytest.mark.parametrize(("messages", "waiting", "unanswered"), WAITING)
def test_waiting(messages: tuple[Message, ...], waiting: int | None, unanswered: int | None) -> None:
    seen = look(ticket(messages=messages))
    assert seen.value("waiting") == (waiting and waiting * HOUR)
    assert seen.value("unanswered_for") == (unanswered and unanswered * HOUR)


def test_nobody_waits_on_a_solved_ticket() -> None:
    assert look(ticket(messages=(said(CUSTOMER),), status=Status.SOLVED)).value("waiting") is None


CLOCKS = [
    (SlaClock("First reply", NOW + 5 * HOUR, ClockState.GREEN), ClockState.GREEN),
    (SlaClock("First reply", NOW - MINUTE, ClockState.GREEN), ClockState.BREACHED),
    (SlaClock("First reply", NOW - MINUTE, ClockState.MET), ClockState.MET),
    (SlaClock("First reply", NOW - MINUTE, ClockState.PAUSED), ClockState.PAUSED),
    (SlaClock("First reply", NOW + 50 * MINUTE), ClockState.AMBER),  # of 3 h 50 min less than a quarter is left
    (SlaClock("First reply", NOW + 3 * HOUR), ClockState.GREEN),
    (SlaClock("First reply", None, ClockState.AMBER), ClockState.AMBER),
]


@pytest.mark.parametrize(("clock", "state"), CLOCKS)
def test_sla_clock_as_it_is_now(clock: SlaClock, state: ClockState) -> None:
    seen = look(ticket(sla=(clock,)))
    assert (seen.value("sla.first_reply.state"), seen.value("sla.worst")) == (state, state)


def test_the_worst_clock_counts() -> None:
    clocks = (SlaClock("a", None, ClockState.MET), SlaClock("b", None, ClockState.AMBER), SlaClock("c", None, ClockState.GREEN))
    assert look(ticket(sla=clocks)).value("sla.worst") is ClockState.AMBER


def test_before_comes_from_the_last_evaluation_and_else_from_what_the_helpdesk_told() -> None:
    told = changed(ChangeKind.PRIORITY_CHANGED, {"priority": Priority.LOW, "assignee": Person("9", "Zoe")})
    later = changed(ChangeKind.PRIORITY_CHANGED, {"priority": Priority.NORMAL})
    urgent = ticket(priority=Priority.URGENT)
    assert look(urgent, ticket(priority=Priority.HIGH), told, later).before("priority") is Priority.HIGH
    assert look(urgent, None, told, later).before("priority") is Priority.LOW
    assert look(urgent, None, told).value("before.assignee.name") == "Zoe"
    assert look(urgent, ticket()).before("priority") is None


def test_a_burst_of_changes_is_one_list() -> None:
    seen = look(
        ticket(),
        None,
        changed(ChangeKind.MESSAGE_ADDED, actor=CUSTOMER),
        changed(ChangeKind.UPDATED),
        changed(ChangeKind.UPDATED),
    )
    assert seen.value("change.kind") == (ChangeKind.MESSAGE_ADDED, ChangeKind.UPDATED)
    assert seen.value("change.actor.role") == (Role.CUSTOMER, Role.AGENT)


SIGNALS = [
    (Signal("legal_threat", True, 0.9), "legal_threat", True),
    (Signal("legal_threat", True, 0.9), "legal_threat.confidence", 0.9),
    (Signal("refund_request", {"amount": 650, "currency": "USD", "negated": False}, 1), "refund_request", True),
    (
        Signal("refund_request", {"amount": 650, "currency": "USD", "negated": False}, 1),
        "refund_request.amount",
        Money(Decimal(650), "USD"),
    ),
    (Signal("refund_request", {"negated": True}, 1), "refund_request", False),
    (Signal("refund_request", {"negated": True}, 1), "refund_request.amount", None),
    (Signal("failed_attempts", {"count": 2, "items": ("a", "b")}, 1), "failed_attempts", 2),
    (Signal("failed_attempts", {"count": 2, "items": ("a", "b")}, 1), "failed_attempts.items", ("a", "b")),
    (Signal("sentiment", {"label": "angry"}, 1), "sentiment", "angry"),
    (Signal("impact", {"critical": True, "kind": "outage"}, 1), "impact", True),
    (Signal("own_signal", {"amount": "junk"}, 1), "own_signal.amount", "junk"),
]


@pytest.mark.parametrize(("signal", "name", "value"), SIGNALS)
def test_signals(signal: Signal, name: str, value: object) -> None:
    assert look(ticket(), signals=(signal,)).value(f"signals.{name}") == value


def test_a_signal_quotes_the_customer() -> None:
    message = replace(said(CUSTOMER, "So: my  lawyer\nwill call"), id="m1")
    signal = Signal("legal_threat", True, 1, (Evidence("m1", 4, 24, "p"),))
    assert look(ticket(messages=(message,)), signals=(signal,)).quotes == {"legal_threat": "my lawyer will call"}


def test_every_fact_has_a_name_in_the_vocabulary() -> None:
    signal = Signal("refund_request", {"amount": 650, "currency": "USD", "negated": False}, 1)
    full = replace(FULL, sla=(SlaClock("First reply", NOW, ClockState.AMBER),), updated_at=NOW, solved_at=NOW)
    seen = look(full, FULL, changed(ChangeKind.CREATED), signals=(signal,))
    assert [name for name in seen.values if not pattern_of(name)] == []
    assert set(ATTRIBUTES) <= set(FIELDS)
    assert [name for name in VOCABULARY if "signals" not in name and name not in FIELDS] == []


NAMES = [
    ("priority", "priority"),
    ("before.priority", "priority"),
    ("custom.anything_here", "custom.*"),
    ("sla.next_reply.due_at", "sla.*.due_at"),
    ("signals.failed_attempts.count", "signals.*"),
    ("signals.failed_attempts.confidence", "signals.*.confidence"),
    ("signals.failed_attempts.amount", ""),
    ("signals.nonsense", ""),
    ("sla.next_reply", ""),
    ("priorty", ""),
    ("custom.*", "custom.*"),
    ("custom.", ""),
    ("", ""),
]


@pytest.mark.parametrize(("name", "pattern"), NAMES)
def test_names(name: str, pattern: str) -> None:
    assert pattern_of(name) == pattern


WORDS = {"billing": ("invoice*", "charged twice", "*rechnung"), "bug": ("crash*", "error"), "a_type": ("error",), "other": ()}

GUESSES = [
    ("Two invoices", "", ("billing", ("invoice*",))),
    ("Die Monatsrechnung", "", ("billing", ("*rechnung",))),
    ("Rechnungen", "", ("other", ())),
    ("Hello", "The app crashed with an ERROR!", ("bug", ("crash*", "error"))),
    ("Invoice", "crash crash crash", ("billing", ("invoice*",))),
    ("", "I was charged twice; error", ("billing", ("charged twice",))),
    ("", "error", ("a_type", ("error",))),
    ("", "terror", ("other", ())),
    ("Invoice", "one error: it crashed", ("billing", ("invoice*",))),  # equal scores: by the alphabet
    ("", "", ("other", ())),
]


@pytest.mark.parametrize(("subject", "text", "guess"), GUESSES)
def test_issue_type_by_words(subject: str, text: str, guess: tuple[str, tuple[str, ...]]) -> None:
    assert issue_type_of(ticket(subject=subject, messages=(said(CUSTOMER, text),)), WORDS) == guess


def test_only_the_customers_words_count_for_the_issue_type() -> None:
    assert issue_type_of(ticket(subject="", messages=(said(AGENT, "invoice"),)), WORDS) == ("other", ())


ODD: list[FieldValue] = ["", None, 0, False, ("",), Decimal("NaN"), datetime(1, 1, 1)]


@pytest.mark.parametrize("value", ODD, ids=str)
def test_odd_custom_values_are_kept_or_absent(value: FieldValue) -> None:
    kept = look(ticket(custom={"x": value})).values.get("custom.x", "absent")
    assert kept == "absent" if value in ("", None) else kept is value
