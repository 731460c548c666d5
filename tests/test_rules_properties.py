"""Whatever a ticket holds and a rule asks: a verdict comes out, and the groups mean what logic says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from escalation.facts import Facts, facts
from escalation.operators import OPERATORS
from escalation.playbook import Condition, Conditions, Playbook, Rule
from escalation.rules import evaluate, explain, firing
from escalation.ticket import Money, Priority, SlaClock, Status, Ticket
from escalation.words import issue_type_of

pytestmark = pytest.mark.slow
NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
NAMES = ("priority", "tags", "custom.x", "age", "signals.refund_request.amount")

zones = st.sampled_from([None, UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])
simple = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(1, 2).map(lambda n: n * 10**5000),
    st.floats(),
    st.decimals(),
    st.text(),
    st.characters(categories=["Cs"]),
    st.datetimes(timezones=zones),
    st.timedeltas(),
    st.sampled_from(Priority),
    st.builds(Money, st.decimals(), st.sampled_from(["", "EUR", "usd"])),
)
anything = st.one_of(
    simple,
    st.lists(simple, max_size=4).map(tuple),
    st.lists(simple, max_size=4),
    st.dictionaries(st.text(max_size=3), simple, max_size=2),
    st.frozensets(st.text(max_size=3), max_size=3),
    st.just(re.compile("a")),
)
conditions = st.builds(Condition, st.sampled_from(NAMES), st.sampled_from([*OPERATORS, "no_such_operator"]), anything)
trees = st.recursive(
    conditions,
    lambda inner: st.builds(Conditions, *[st.lists(inner, max_size=3).map(tuple)] * 3),
    max_leaves=6,
)
values = st.dictionaries(st.sampled_from(NAMES), anything, max_size=5)
seen_facts = st.builds(
    Facts, st.just(NOW), values, values, st.booleans(), st.frozensets(st.sampled_from(["priority", "tags", "custom"]))
)


def holds(when: Conditions, seen: Facts) -> bool:
    return evaluate(Playbook((Rule("r", "R", when),)), seen)[0].fired


@settings(max_examples=300, deadline=None)
@given(trees, seen_facts)
def test_a_verdict_always_comes_out_and_can_be_kept(tree: Condition | Conditions, seen: Facts) -> None:
    rule = Rule("r", "R", Conditions(all=(tree,)))
    (verdict,) = evaluate(Playbook((rule,)), seen)
    assert verdict.words
    assert explain(rule)
    json.dumps([[part.wanted, part.value] for group in verdict.seen for part in group.parts], allow_nan=True)


@settings(max_examples=200, deadline=None)
@given(st.lists(trees, min_size=1, max_size=4), seen_facts)
@example([Condition("priority", "has", ())], Facts(NOW, {"priority": ()}))
@example([Condition("custom.x", "is", NOW)], Facts(NOW, {"custom.x": NOW.astimezone(timezone(timedelta(hours=2)))}))
def test_the_quick_way_and_the_index_agree_with_the_verdicts(nodes: list[Condition | Conditions], seen: Facts) -> None:
    """Rules that the index leaves out cannot hold, and those that hold do so with and without the words."""
    playbook = Playbook(tuple(Rule(f"r{n}", "R", Conditions(all=(node,))) for n, node in enumerate(nodes)))
    told = [verdict.rule for verdict in evaluate(playbook, seen, every=True) if verdict.fired]
    assert [rule.id for rule, _ in firing(playbook, seen)] == told
    assert [verdict.rule for verdict in evaluate(playbook, seen, every=False) if verdict.fired] == told


@settings(max_examples=150, deadline=None)
@given(st.lists(trees, min_size=1, max_size=4).map(tuple), seen_facts)
def test_all_any_none_agree(nodes: tuple[Condition | Conditions, ...], seen: Facts) -> None:
    alone = [holds(Conditions(all=(node,)), seen) for node in nodes]
    assert holds(Conditions(all=nodes), seen) is all(alone)
    assert holds(Conditions(any=nodes), seen) is any(alone)
    assert holds(Conditions(none=nodes), seen) is not holds(Conditions(any=nodes), seen)
    twice = Conditions(none=(Conditions(none=nodes),))
    assert holds(twice, seen) is any(alone)


@settings(max_examples=150, deadline=None)
@given(
    anything, anything, st.sampled_from([("is", "is_not"), ("in", "not_in"), ("contains", "not_contains"), ("present", "absent")])
)
def test_an_operator_and_its_contrary_never_hold_together(value: object, wanted: object, pair: tuple[str, str]) -> None:
    seen = Facts(NOW, {} if value is None else {"custom.x": value})
    both = [holds(Conditions(all=(Condition("custom.x", op, wanted),)), seen) for op in pair]
    assert both.count(True) <= 1


@settings(max_examples=100, deadline=None)
@given(
    st.builds(
        Ticket,
        connection=st.just("zendesk"),
        id=st.just("1"),
        subject=st.text(),
        status=st.sampled_from(Status),
        priority=st.sampled_from(Priority),
        tags=st.lists(st.text(), max_size=3).map(tuple),
        custom=st.dictionaries(st.text(max_size=5), simple, max_size=3),
        sla=st.lists(st.builds(SlaClock, st.text(max_size=8), st.datetimes(timezones=zones) | st.none()), max_size=2).map(tuple),
        created_at=st.datetimes(timezones=zones) | st.none(),
        known=st.frozensets(st.sampled_from(["tags", "custom", "sla"])),
    )
)
def test_facts_of_any_ticket(ticket: Ticket) -> None:
    seen = facts(ticket, ticket, (), (), NOW)
    assert None not in seen.values.values()
    assert issue_type_of(ticket, {"bug": ("error",)})[0] in ("bug", "other")
    for op in ("changed", "increased", "decreased"):
        assert not holds(Conditions(any=tuple(Condition(name, op) for name in ("subject", "tags", "priority"))), seen)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2), st.decimals(allow_nan=False, allow_infinity=False, places=2))
def test_order_of_money_is_total(one: Decimal, other: Decimal) -> None:
    seen = Facts(NOW, {"custom.x": Money(one, "EUR")})
    ops = [holds(Conditions(all=(Condition("custom.x", op, Money(other, "EUR")),)), seen) for op in ("lt", "is", "gt")]
    assert ops.count(True) == 1
