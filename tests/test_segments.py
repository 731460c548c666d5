"""The grid of thresholds per segment, rules switched per segment, scores, and the guard; every mistake with its place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from config.playbook import load_playbook
from config.yamldoc import Problems
from escalation.decide import facts_of
from escalation.playbook import Playbook
from escalation.rules import evaluate, explain
from escalation.signals import Signal
from escalation.ticket import Customer, Money, Priority, Ticket

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TEXT = """
thresholds: {refund: 500, age: 8h}
segments:
  - id: vip
    when: {all: [{field: customer.tier, op: is, value: vip}]}
    extends: big
    thresholds: {refund: 5000}
    rules: {quiet: "off"}
  - id: big
    when: {all: [{field: customer.tier, op: in, value: [enterprise, vip]}]}
    thresholds: {refund: 2000, age: 2h}
    rules: {quiet: live}
paths: {default: {levels: [{name: One, offering: one}]}}
rules:
  - {id: refund, title: Refund, when: {all: [{field: signals.refund_request.amount, op: gte, value: $refund}]}}
  - {id: old, title: Old, when: {all: [{field: age, op: older_than, value: $age}]}}
  - {id: quiet, title: Quiet, mode: shadow, when: {all: [{field: priority, op: is, value: low}]}}
  - id: score
    title: Score
    when:
      all:
        - score:
            at_least: 3
            of:
              - {weight: 2, when: {field: signals.churn_risk, op: is, value: true}}
              - {weight: 1, when: {field: signals.sentiment.label, op: gte, value: frustrated}}
              - {weight: 1, when: {any: [{field: customer.tier, op: is, value: vip}]}}
"""
PLAYBOOK = load_playbook(TEXT)
REFUND = Signal("refund_request", {"negated": False, "amount": 2500, "currency": ""}, 0.9)
LEAVES = Signal("churn_risk", True, 0.9)
CROSS = Signal("sentiment", {"label": "frustrated", "score": -1.0, "trend": "steady"}, 0.9)


def ticket(tier: str = "", **fields: object) -> Ticket:
    return replace(Ticket("zendesk", "1", customer=Customer(tier=tier), created_at=NOW.replace(hour=8)), **fields)  # type: ignore[arg-type]


def fired(one: Ticket, *signals: Signal, playbook: Playbook = PLAYBOOK) -> dict[str, str]:
    """Rule → mode of those that fire."""
    seen = facts_of(playbook, one, None, (), signals, NOW)
    return {verdict.rule: verdict.mode.value for verdict in evaluate(playbook, seen) if verdict.fired}


@pytest.mark.parametrize(("tier", "rules"), [("", {"refund"}), ("enterprise", {"refund", "old"}), ("vip", {"old"})])
def test_each_segment_has_its_own_numbers(tier: str, rules: set[str]) -> None:
    assert set(fired(ticket(tier), REFUND)) == rules


@pytest.mark.parametrize(("tier", "mode"), [("", "shadow"), ("enterprise", "live"), ("vip", None)])
def test_a_rule_is_switched_per_segment(tier: str, mode: str | None) -> None:
    assert fired(ticket(tier, priority=Priority.LOW, created_at=NOW)).get("quiet") == mode


def test_the_segment_and_its_number_stand_in_the_verdict() -> None:
    seen = facts_of(PLAYBOOK, ticket("vip"), None, (), (REFUND,), NOW)
    refund = evaluate(PLAYBOOK, seen)[0]
    assert refund.seen[0].parts[0].wanted == 5000 and "below 5000" in refund.words


@pytest.mark.parametrize(
    ("tier", "signals", "holds"),
    [("", (LEAVES,), False), ("", (LEAVES, CROSS), True), ("vip", (LEAVES,), True), ("vip", (CROSS,), False)],
)
def test_a_score_needs_several(tier: str, signals: tuple[Signal, ...], holds: bool) -> None:
    assert ("score" in fired(ticket(tier, created_at=NOW), *signals)) is holds


def test_a_score_says_how_it_came_about() -> None:
    score = next(rule for rule in PLAYBOOK.rules if rule.id == "score")
    assert "a score of at least 3 (2 for churn risk in the text is yes" in explain(score)
    seen = facts_of(PLAYBOOK, ticket(created_at=NOW), None, (), (LEAVES, CROSS), NOW)
    assert "score 3 of at least 3" in next(v for v in evaluate(PLAYBOOK, seen) if v.rule == "score").words


WRONG = [
    ("extends: big", "extends: bigg", "there is no segment 'bigg'", "big"),
    ("extends: big", "extends: vip", "extend each other in a circle", "Remove one extends"),
    ('rules: {quiet: "off"}', 'rules: {quite: "off"}', "there is no rule 'quite'", "quiet"),
    ("value: $refund", "value: $refnd", "there is no threshold 'refnd'", "refund"),
    ("thresholds: {refund: 5000}", "thresholds: {fee: 5}", "has no value of its own", "Define it"),
    ("thresholds: {refund: 500, age: 8h}", "thresholds: {refund: soon, age: 8h}", "does not fit", "of that kind"),
    ("thresholds: {refund: 500, age: 8h}", "thresholds: {refund: 500, age: 8}", "does not fit age older_than", "of that kind"),
    ("at_least: 3", "at_least: 9", "it can never hold", "Lower at_least"),
    ("id: big", "id: vip", "already used", "its own"),
    ("extends: big", "extends: [big]", "this is not text", "Write text"),
    ("extends: big", "extends: {big: vip}", "this is not text", "Write text"),
    ("op: is, value: low", "op: is, vlaue: low", "unknown key 'vlaue'", "Did you mean 'value'?"),
    ("{field: priority, op: is, value: low}", "{op: in, values: [low]}", "unknown key 'values'", "Did you mean 'value'?"),
    ("op: is, value: true", "op: is, vlaue: true", "unknown key 'vlaue'", "Did you mean 'value'?"),
    (
        "when: {field: signals.churn_risk, op: is, value: true}",
        "when: {score: {at_least: 1, of: []}}",
        "cannot stand here",
        "keys of: all, any, field, none, op, value.",
    ),
    ("title: Old", "title: Old, severity: urgent", "unknown word 'urgent'", "Did you mean 'critical'?"),
    (
        "thresholds: {refund: 500, age: 8h}",
        "thresholds: {refund: 500, age: 8h}\ncalendars: {a: {periods: [{days: mon, start: 09:00, end: 11:00}, "
        "{days: mon, start: 10:00, end: 12:00}]}}",
        "the periods mon 09:00-11:00 and mon 10:00-12:00 overlap",
        "Shorten one",
    ),
    (
        "thresholds: {refund: 500, age: 8h}",
        "calendar: office\nthresholds: {refund: 500, age: 8h}",
        "there is no calendar",
        "calendars",
    ),
    (
        "field: customer.tier, op: is, value: vip}]}\n    extends",
        "field: segment, op: is, value: big}]}\n    extends",
        "a segment is found by these conditions",
        "the first segment that fits counts",
    ),
    (
        "field: customer.tier, op: is, value: vip}]}\n    extends",
        "field: age, op: older_than, value: $age}]}\n    extends",
        "$age has a number per segment",
        "Write the number itself",
    ),
]
POLICY = "sla_policies: [{{id: one, when: {{all: [{{{condition}}}]}}, targets: {{any: {{resolution: 1h}}}}}}]\n"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ("field: signals.churn_risk, op: is, value: true", "before signals.churn_risk is known"),
        ("field: before.priority, op: is, value: low", "before before.priority is known"),
        ("field: change.kind, op: has, value: created", "before change.kind is known"),
        ("field: history.reopened, op: gte, value: 1", "before history.reopened is known"),
        ("field: priority, op: becomes, value: low", ""),
        ("field: priority, op: changed", "before it is known what changed"),
        ("field: segment, op: is, value: vip", ""),
        ("field: customer.tier, op: is, value: vip", ""),
        ("field: messages.customer.count, op: gte, value: 3", ""),
    ],
)
def test_a_policy_asks_only_for_what_is_known_when_it_is_chosen(condition: str, told: str) -> None:
    text = TEXT + POLICY.format(condition=condition)
    if not told:
        assert load_playbook(text).policies
        return
    with pytest.raises(Problems, match=re.escape(told)):
        load_playbook(text)


@pytest.mark.parametrize(("right", "wrong", "problem", "remedy"), WRONG)
def test_what_is_wrong_is_told_with_its_line_and_remedy(right: str, wrong: str, problem: str, remedy: str) -> None:
    assert right in TEXT
    with pytest.raises(Problems) as found:
        load_playbook(TEXT.replace(right, wrong, 1))
    assert any(problem in p.problem and remedy in p.remedy and p.line > 1 for p in found.value.problems), str(found.value)


ALONE = [
    ("all: [{field: signals.sentiment.label, op: is, value: angry}]", "tone alone"),
    ("any: [{field: signals.sentiment.label, op: is, value: angry}, {field: priority, op: is, value: low}]", "tone alone"),
    ("all: [{field: text, op: contains, value: lawyer}]", "keyword alone"),
    ("all: [{field: subject, op: contains, value: lawyer}, {any: [{field: text, op: contains, value: sue}]}]", "keyword alone"),
    ("all: [{score: {at_least: 1, of: [{weight: 1, when: {field: text, op: contains, value: sue}}]}}]", "keyword alone"),
    ("all: [{field: text, op: contains, value: sue}, {field: signals.sentiment.label, op: is, value: angry}]", ""),
    ("all: [{field: text, op: contains, value: sue}, {field: priority, op: is, value: low}]", ""),
]


@pytest.mark.parametrize(("when", "problem"), ALONE)
def test_the_guard_refuses_what_fires_by_one_kind_of_evidence(when: str, problem: str) -> None:
    text = f"paths: {{default: {{levels: [{{name: One, offering: one}}]}}}}\nrules: [{{id: a, title: A, when: {{{when}}}}}]\n"
    if problem:
        with pytest.raises(Problems, match=problem):
            load_playbook(text)
        load_playbook(text.replace("title: A,", "title: A, alone: true,"))
        load_playbook("guard: false\n" + text)
    else:
        load_playbook(text)


def test_money_of_a_segment_compares_with_its_currency_only() -> None:
    euros = load_playbook(TEXT.replace("thresholds: {refund: 5000}", "thresholds: {refund: 5000 EUR}"))
    paid = replace(REFUND, value={"negated": False, "amount": 9000, "currency": "USD"})
    assert "refund" not in fired(ticket("vip"), paid, playbook=euros)
    assert "refund" in fired(ticket("vip"), replace(paid, value={"amount": 9000, "currency": "EUR"}), playbook=euros)
    assert Money(Decimal(5000), "EUR") in euros.segments[0].thresholds.values()
