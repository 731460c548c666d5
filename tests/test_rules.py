"""Operators, verdicts and their sentences."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from escalation.facts import Facts
from escalation.operators import OPERATORS
from escalation.playbook import Condition, Conditions, Mode, Playbook, Rule, Severity
from escalation.rules import evaluate, explain
from escalation.ticket import ClockState, Money, Priority

NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def usd(amount: float | str) -> Money:
    return Money(Decimal(str(amount)), "USD")


def eur(amount: float | str) -> Money:
    return Money(Decimal(str(amount)), "EUR")


def look(
    op: str, value: object, wanted: object = None, was: object = None, told: bool = False, first: bool = False
) -> tuple[bool, str]:
    """Whether one condition on custom.x holds, and its words."""
    values = {} if value is None else {"custom.x": value}
    before = {} if was is None else {"custom.x": was}
    known = frozenset({"custom"}) if told else frozenset()
    facts = Facts(NOW, values, before, first, known)
    rule = Rule("r", "R", Conditions(all=(Condition("custom.x", op, wanted),)))
    (verdict,) = evaluate(Playbook((rule,)), facts)
    return verdict.fired, verdict.seen[0].parts[0].words


HOLDS = [
    ("is", Priority.URGENT, "URGENT"),
    ("is", "Billing  Team", "billing team"),
    ("is", 2, 2.0),
    ("is", "201", 201),
    ("is", Decimal("0.1"), 0.1),
    ("is", True, True),
    ("is", usd(500), usd("500.00")),
    ("is", ("vip", "Escalate"), "escalate"),
    ("is_not", "open", "closed"),
    ("is_not", ("a", "b"), "c"),
    ("in", "amber", ("amber", "breached")),
    ("in", ("x", "amber"), ("amber", "breached")),
    ("not_in", "green", ("amber", "breached")),
    ("contains", "It\u2019s the Data Breach", "it's the data breach"),
    ("contains", ("vip", "late"), "LATE"),
    ("not_contains", ("translate",), "late"),
    ("not_contains", (), "late"),
    ("contains_any", "please sue them", ("lawyer", "SUE")),
    ("starts_with", "#Escalate billing please", "#escalate"),
    ("matches", "order 12345", re.compile(r"\d{5}")),
    ("gt", 3, 2),
    ("gte", usd(500), 500),
    ("gte", 500, usd(500)),
    ("gte", Decimal("500.00"), 500),
    ("gte", Priority.HIGH, "normal"),
    ("gte", ClockState.BREACHED, "amber"),
    ("lt", 0.4, 0.5),
    ("lte", eur(10), eur(10)),
    ("lt", 2 * HOUR, timedelta(hours=2, minutes=30)),
    ("gt", NOW, NOW - HOUR),
    ("between", 5, (5, 10)),
    ("between", 3 * HOUR, (2 * HOUR, 4 * HOUR)),
    ("older_than", NOW - 3 * HOUR, 2 * HOUR),
    ("older_than", 3 * HOUR, 2 * HOUR),
    ("within", NOW + HOUR, 2 * HOUR),
    ("within", NOW - HOUR, 2 * HOUR),
    ("within", (NOW - HOUR).replace(tzinfo=None), 2 * HOUR),
    ("present", False, None),
    ("present", 0, None),
    ("absent", None, None),
    ("absent", (), None),
    ("has", ("a", "B"), "b"),
    ("has_any", ("a", "b"), ("z", "A")),
    ("has_all", ("a", "b", "c"), ("c", "a")),
    ("count_gte", ("a", "b"), 2),
]

FAILS = [
    ("is", "urgent", "high"),
    ("is", None, "urgent"),
    ("is", "true", "yes"),
    ("is", usd(5), eur(5)),
    ("is_not", None, "urgent"),
    ("not_in", None, ("a",)),
    ("not_contains", None, "a"),
    ("contains", ("translate",), "late"),
    ("gt", 2, 2),
    ("gte", True, 1),
    ("gte", "600", 500),
    ("gte", "urgent", "amber"),
    ("gte", usd(600), eur(500)),
    ("lt", NOW, HOUR),
    ("between", 11, (5, 10)),
    ("between", 5, (5,)),
    ("older_than", HOUR, 2 * HOUR),
    ("older_than", "yesterday", HOUR),
    ("older_than", NOW + HOUR, HOUR),
    ("within", NOW + 3 * HOUR, 2 * HOUR),
    ("matches", "text", "not compiled"),
    ("matches", 12, re.compile("1")),
    ("present", None, None),
    ("present", (), None),
    ("absent", 0, None),
    ("has", "not a list", "not a list"),
    ("has_all", ("a", "b"), ("a", "z")),
    ("count_gte", ("a",), 2),
    ("gt", float("nan"), 1),
    ("gt", Decimal("sNaN"), 1),
    ("gt", float("inf"), 1),
    ("nonsense", "a", "a"),
]


@pytest.mark.parametrize(("op", "value", "wanted"), HOLDS)
def test_holds(op: str, value: object, wanted: object) -> None:
    assert look(op, value, wanted)[0]


@pytest.mark.parametrize(("op", "value", "wanted"), FAILS)
def test_fails(op: str, value: object, wanted: object) -> None:
    assert not look(op, value, wanted)[0]


CHANGES = [  # op, value, wanted, was, told, first, holds
    ("becomes", "urgent", "urgent", None, False, True, True),
    ("becomes", "urgent", "urgent", "normal", True, False, True),
    ("becomes", "urgent", "urgent", "urgent", True, False, False),
    ("becomes", "urgent", "urgent", None, False, False, True),
    ("becomes", "high", "urgent", "normal", True, False, False),
    ("becomes", ("a", "escalate"), "escalate", ("a",), True, False, True),
    ("becomes", ("b", "escalate"), "escalate", ("escalate",), True, False, False),
    ("changed_to", "urgent", "urgent", None, False, True, False),
    ("changed_to", "urgent", "urgent", "normal", False, False, True),
    ("changed_to", "urgent", "urgent", None, True, False, True),
    ("changed_to", "urgent", "urgent", None, False, False, False),
    ("changed_to", ("x", "a"), "a", ("a",), True, False, False),
    ("changed_from", "open", "new", "new", True, False, True),
    ("changed_from", None, "101", "101", True, False, True),
    ("changed_from", "new", "new", "new", True, False, False),
    ("changed_from", "open", "new", None, True, False, False),
    ("changed_from", ("b",), "a", ("a", "b"), True, False, True),
    ("changed", "a", None, "b", True, False, True),
    ("changed", "A", None, "a", True, False, False),
    ("changed", "a", None, None, False, False, False),
    ("changed", "a", None, None, True, False, True),
    ("changed", None, None, None, True, False, False),
    ("changed", ("a", "b"), None, ("b", "a"), True, False, False),
    ("changed", 5, None, 5.0, True, False, False),
    ("increased", Priority.URGENT, None, Priority.HIGH, True, False, True),
    ("increased", Priority.LOW, None, Priority.HIGH, True, False, False),
    ("increased", 6, None, 5, True, False, True),
    ("increased", 6, None, None, True, False, False),
    ("increased", usd(6), None, eur(5), True, False, False),
    ("decreased", usd(4), None, usd(5), True, False, True),
    ("decreased", "a", None, "b", True, False, False),
]


@pytest.mark.parametrize(("op", "value", "wanted", "was", "told", "first", "holds"), CHANGES)
def test_changes(op: str, value: object, wanted: object, was: object, told: bool, first: bool, holds: bool) -> None:
    assert look(op, value, wanted, was, told, first)[0] is holds


def test_every_operator_is_tested_both_ways() -> None:
    held = {op for op, *_ in HOLDS} | {op for op, *_, holds in CHANGES if holds}
    failed = {op for op, *_ in FAILS} | {op for op, *_, holds in CHANGES if not holds}
    assert held == OPERATORS.keys()
    assert failed - {"nonsense"} >= OPERATORS.keys() - {"in", "is_not", "contains_any", "starts_with", "lte", "has_any"}


WORDS = [
    (look("becomes", Priority.URGENT, "urgent", Priority.NORMAL, True), "x is urgent (was normal)"),
    (look("is", Priority.NORMAL, "urgent"), "x is not urgent (it is normal)"),
    (look("gte", usd(650), 500), "x is at least 500 (it is 650 USD)"),
    (look("older_than", timedelta(hours=2, minutes=30), 2 * HOUR), "x is over 2h (it is 2h 30m)"),
    (look("gte", usd(600), eur(500)), "x cannot be judged: 600 USD and 500 EUR are different currencies"),
    (look("gte", "many", 500), "x cannot be judged: many cannot be compared with 500"),
    (look("is", None, "a"), "x is not known"),
    (look("is", True, True), "x"),
    (look("has", ("a", "b"), "a"), "x has a (it is a, b)"),
    (look("contains", "word " * 50, "word"), "x contains word"),
    (look("absent", None), "x is unknown or empty"),
    (look("nonsense", 1, 1), "there is no operator nonsense"),
]


@pytest.mark.parametrize(("seen", "words"), WORDS)
def test_words(seen: tuple[bool, str], words: str) -> None:
    assert seen[1] == words


VIP = Condition("tags", "has", "vip")
LATE = Condition("age", "older_than", 2 * HOUR)
OPEN = Condition("status", "is", "open")


def verdict(when: Conditions, **values: object) -> tuple[bool, str]:
    (found,) = evaluate(
        Playbook((Rule("r", "Title", when),)), Facts(NOW, {name.replace("__", "."): v for name, v in values.items()})
    )
    return found.fired, found.words


def test_groups_nest_and_tell_what_decided() -> None:
    when = Conditions(all=(OPEN, Conditions(any=(VIP, LATE))), none=(Condition("priority", "is", "low"),))
    assert verdict(when, status="open", tags=("vip",), age=HOUR, priority="high") == (True, "Title: status is open; tags has vip")
    fired, words = verdict(when, status="open", tags=("new",), age=HOUR, priority="high")
    assert (fired, words) == (False, "did not fire: tags does not have vip (it is new); age is not over 2h (it is 1h)")
    assert verdict(when, status="open", tags=("vip",), priority="low") == (False, "did not fire: priority is low")


def test_seen_keeps_every_condition_with_its_value() -> None:
    rule = Rule("r", "T", Conditions(any=(VIP, Conditions(all=(OPEN, LATE)))))
    (found,) = evaluate(Playbook((rule,)), Facts(NOW, {"tags": ("vip",), "age": 3 * HOUR}))
    (group,) = found.seen
    assert (group.op, group.held, [part.op for part in group.parts]) == ("any", True, ["has", "all"])
    assert (group.parts[0].value, group.parts[0].wanted) == (["vip"], "vip")
    assert [(part.field, part.held, part.value) for part in group.parts[1].parts] == [
        ("status", False, None),
        ("age", True, "3h"),
    ]


def test_rules_that_are_off_are_not_looked_at_and_shadow_ones_are() -> None:
    when = Conditions(all=(OPEN,))
    rules = tuple(Rule(mode.value, mode.value, when, mode=mode) for mode in Mode)
    found = evaluate(Playbook(rules), Facts(NOW, {"status": "open"}))
    assert [(v.rule, v.fired) for v in found] == [("shadow", True), ("live", True)]


def test_the_customers_words_are_quoted() -> None:
    facts = Facts(NOW, {"signals.legal_threat": True}, quotes={"legal_threat": "my lawyer"})
    rule = Rule("r", "Threat", Conditions(all=(Condition("signals.legal_threat", "is", True),)))
    assert evaluate(Playbook((rule,)), facts)[0].words == 'Threat: legal threat in the text ("my lawyer")'


def test_no_words_of_the_customer_are_evidence_of_a_no() -> None:
    facts = Facts(NOW, {"signals.impact.over": False}, quotes={"impact": "All 40 of our agents are blocked"})
    rule = Rule("r", "Impact", Conditions(all=(Condition("signals.impact.over", "is", False),)))
    assert evaluate(Playbook((rule,)), facts)[0].words == "Impact: impact over in the text is no"


def test_before_is_a_field_of_its_own() -> None:
    facts = Facts(NOW, {"status": "open"}, {"status": "solved"}, first=False)
    rule = Rule("r", "Reopened", Conditions(all=(Condition("before.status", "is", "solved"), OPEN)))
    assert evaluate(Playbook((rule,)), facts)[0].words == "Reopened: status before is solved; status is open (was solved)"


EXPLAINED = [
    (
        Rule("u", "U", Conditions(all=(Condition("priority", "becomes", "urgent"),)), severity=Severity.HIGH),
        "When priority is or becomes urgent: high escalation along the path default, to the team of the ticket's issue type.",
    ),
    (
        Rule("t", "T", Conditions(all=(OPEN,), any=(VIP, LATE), none=(LATE,)), team="billing"),
        "When status is open and (tags has vip or age is over 2h) and not (age is over 2h): "
        "normal escalation along the path default, to team billing.",
    ),
    (
        Rule("n", "N", Conditions(any=(Conditions(all=(OPEN, VIP)), LATE)), issue_type="security"),
        "When (status is open and tags has vip) or age is over 2h: "
        "normal escalation along the path default, to the team that owns security.",
    ),
]


NOTE = Rule("e", "E", Conditions(all=(Condition("escalate_note.why", "present"),)))
WHERE = [
    (NOTE, (), "to the team that the note names, else the team of the ticket's issue type."),
    (replace(NOTE, team="care"), ("billing",), "to the team that the note names, else team care."),
    (
        Rule("t", "T", Conditions(all=(OPEN,))),
        ("billing",),
        "to the team of the ticket's issue type or where its tree leads.",
    ),
    (
        Rule("t", "T", Conditions(all=(OPEN,)), issue_type="billing"),
        ("billing",),
        "to the team that owns billing or where its tree leads.",
    ),
    (Rule("t", "T", Conditions(all=(OPEN,)), issue_type="security"), ("billing",), "to the team that owns security."),
    (Rule("t", "T", Conditions(all=(OPEN,)), team="care"), ("billing",), "to team care."),
]


@pytest.mark.parametrize(("rule", "trees", "words"), WHERE)
def test_where_it_goes_is_told_with_notes_and_trees(rule: Rule, trees: tuple[str, ...], words: str) -> None:
    assert explain(rule, trees).endswith(f"along the path default, {words}")


@pytest.mark.parametrize(("rule", "words"), EXPLAINED)
def test_explain(rule: Rule, words: str) -> None:
    assert explain(rule) == words
