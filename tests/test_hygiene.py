"""Rules that deserve a second look, and those that do not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from config.playbook import load_playbook
from escalation.actions import Entry
from escalation.context import ContextPackage
from escalation.decision import Decision, Verdict
from escalation.hygiene import Fired, findings, stood
from escalation.playbook import Mode, Playbook, Severity
from escalation.ticket import Ticket
from store import rule_queries
from store.documents import StoredDocuments
from store.journal import StoredJournal
from store.tables import DocumentRow

HEAD = "paths: {default: {levels: [{name: One, offering: one}]}}\nrules:\n"
TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LONG = {"a": 90, "b": 90}
NONE = Fired(90, {}, {}, LONG)


def rule(name: str, when: str, more: str = "") -> str:
    return f"  - {{id: {name}, title: T, when: {{{when}}}{more}}}\n"


OPEN = "all: [{field: status, op: is, value: open}]"
APART = rule("a", OPEN) + rule("b", "all: [{field: priority, op: is, value: high}]")
TAGS = "all: [{field: tags, op: is, value: x}, {field: tags, op: is, value: y}]"
CASES = [
    ("never", rule("a", OPEN), NONE, ["never"]),
    ("never, but for a few days only", rule("a", OPEN), Fired(90, {}, {}), []),
    ("long in shadow", rule("a", OPEN, ", mode: shadow"), Fired(90, {"a": 3}, {}, {"a": 30}), ["long_in_shadow"]),
    ("in shadow for a week", rule("a", OPEN, ", mode: shadow"), Fired(90, {"a": 3}, {}, {"a": 7}), []),
    ("off and never", rule("a", OPEN, ", mode: off"), NONE, []),
    ("fired", rule("a", OPEN), Fired(90, {"a": 3}, {}), []),
    ("overdue", rule("a", OPEN, ", review_on: 2026-11-01"), Fired(90, {"a": 3}, {}), ["overdue"]),
    ("review to come", rule("a", OPEN, ", review_on: 2026-12-01"), Fired(90, {"a": 3}, {}), []),
    (
        "always together",
        APART,
        Fired(90, {"a": 6, "b": 9}, {("a", "b"): 6, ("b", "a"): 6}),
        ["always_with"],
    ),
    ("mostly together", APART, Fired(90, {"a": 6, "b": 9}, {("a", "b"): 5, ("b", "a"): 5}), []),
    ("twice says nothing", APART, Fired(90, {"a": 2, "b": 2}, {("a", "b"): 2, ("b", "a"): 2}), []),
    (
        "two values at once",
        rule("a", "all: [{field: status, op: is, value: open}, {field: status, op: is, value: pending}]"),
        NONE,
        ["impossible"],
    ),
    (
        "a list may have both",
        rule("a", TAGS),
        Fired(90, {"a": 1}, {}),
        [],
    ),
    ("wanted and refused", rule("a", f"{OPEN}, none: [{{field: status, op: is, value: open}}]"), NONE, ["impossible"]),
    (
        "deep inside",
        rule("a", "all: [{all: [{field: priority, op: is, value: low}, {field: priority, op: is, value: high}]}]"),
        NONE,
        ["impossible"],
    ),
]


@pytest.mark.parametrize(("text", "fired", "kinds"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_findings(text: str, fired: Fired, kinds: list[str]) -> None:
    found = findings(load_playbook(HEAD + text), fired, TODAY)
    assert [finding.kind for finding in found] == kinds
    assert all(finding.words for finding in found)


OLD = "all: [{field: status, op: is, value: open}, {field: tags, op: is, value: old}]"
AGED = "all: [{field: status, op: is, value: open}, {field: in_queue, op: gte, value: 30m}]"
AGE = "all: [{field: age, op: older_than, value: 1h}]"
AGED_TOO = "all: [{field: age, op: older_than, value: 1h}, {field: status, op: is, value: open}]"
PATHS = "paths: {default: {levels: [{name: One, offering: one}]}, lead: {levels: [{name: Lead, offering: lead}]}}\nrules:\n"
COVERED = [
    ("narrower, after", rule("a", OPEN) + rule("b", OLD), {"b": "shadowed"}),
    ("narrower, before, as severe", rule("b", OLD) + rule("a", OPEN), {}),
    ("narrower, before, less severe", rule("b", OLD) + rule("a", OPEN, ", severity: high"), {"b": "shadowed"}),
    ("narrower, after, more severe", rule("a", OPEN) + rule("b", OLD, ", severity: critical"), {}),
    ("the same conditions", rule("a", OPEN) + rule("b", OPEN), {"b": "shadowed"}),
    ("the first is off", rule("a", OPEN, ", mode: off") + rule("b", OLD), {}),
    ("the second is in shadow", rule("a", OPEN) + rule("b", OLD, ", mode: shadow"), {}),
    ("the first has an exception", rule("a", f"{OPEN}, none: [{{field: tags, op: is, value: x}}]") + rule("b", OLD), {}),
    ("both have it", rule("a", f"{OPEN}, none: [{{field: tags, op: is, value: x}}]")
     + rule("b", f"{OLD}, none: [{{field: tags, op: is, value: x}}]"), {"b": "shadowed"}),
    ("the first wants one of more", rule("a", f"{OPEN}, any: [{{field: tags, op: is, value: x}}]") + rule("b", OLD), {}),
    ("the second names a team, the first none", rule("a", OPEN) + rule("b", OLD, ", team: care"), {}),
    ("two teams", rule("a", OPEN, ", team: sales") + rule("b", OLD, ", team: care"), {"b": "contradicts"}),
    ("two paths", rule("a", OPEN) + rule("b", OLD, ", path: lead"), {"b": "contradicts"}),
    ("an earlier one with another team", rule("b", OLD, ", team: care") + rule("a", OPEN, ", team: sales, severity: high"), {}),
    ("an earlier one of the same team", rule("b", OLD, ", team: sales") + rule("a", OPEN, ", team: sales, severity: high"),
     {"b": "shadowed"}),
    ("time alone makes the second fire", rule("a", OPEN) + rule("b", AGED), {}),
    ("time alone makes both fire", rule("a", AGE) + rule("b", AGED_TOO), {"b": "shadowed"}),
    ("the second cools down sooner", rule("a", OPEN, ", cooldown: 24h") + rule("b", OLD, ", cooldown: 1h"), {}),
    ("the second cools down later", rule("a", OPEN, ", cooldown: 1h") + rule("b", OLD, ", cooldown: 24h"), {"b": "shadowed"}),
    ("the usual path", rule("a", OPEN, ", path: lead") + rule("b", OLD), {"b": "shadowed"}),
    ("a segment switches the first", rule("a", OPEN) + rule("b", OLD)
     + "segments: [{id: some, when: {all: [{field: language, op: is, value: de}]}, rules: {a: 'off'}}]\n", {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kinds"), [case[1:] for case in COVERED], ids=[case[0] for case in COVERED])
def test_a_rule_that_never_decides(text: str, kinds: dict[str, str]) -> None:
    found = findings(load_playbook(PATHS + text), Fired(90, {"a": 9, "b": 9}, {("b", "a"): 9}), TODAY)
    assert {f.rule: f.kind for f in found if f.kind in ("shadowed", "contradicts")} == kinds


def test_what_never_counts_is_named() -> None:
    text = rule("a", OPEN, ", team: sales") + rule("b", OLD, ", team: care")
    [found] = findings(load_playbook(PATHS + text), Fired(90, {"a": 9, "b": 8}, {}), TODAY)
    assert found.words == "whenever it holds, a does too and goes before it, so what it says never counts: team care, not sales"


def test_a_thousand_rules_are_compared_at_once() -> None:
    """As many that share a condition, none of which covers another: few are looked at side by side."""
    many = "".join(rule(f"r{n}", f"{OPEN[:-1]}, {{field: tags, op: is, value: t{n}}}]") for n in range(1000))
    assert not [f for f in findings(load_playbook(PATHS + many), Fired(90, {}, {}), TODAY) if f.kind == "shadowed"]


@pytest.mark.parametrize(
    ("before", "days"),
    [
        ({}, 0),
        ({7: None, 30: None}, 0),
        ({7: rule("a", OPEN, ", owner: kim, severity: low")}, 7),
        ({7: rule("a", OPEN), 30: rule("a", OLD), 90: rule("a", OPEN)}, 7),
        ({7: rule("a", OPEN), 30: rule("a", OPEN), 90: None}, 30),
        ({7: rule("a", OPEN, ", mode: shadow")}, 0),
    ],
)
def test_how_long_a_rule_stands_as_it_does(before: dict[int, str | None], days: int) -> None:
    then = {ago: load_playbook(HEAD + text) if text else None for ago, text in before.items()}
    assert stood(load_playbook(HEAD + rule("a", OPEN)), then) == {"a": days}


def test_its_age_is_read_from_the_versions_that_were_in_force(db: Engine) -> None:
    documents, now = StoredDocuments(db), datetime.now(UTC)
    ages = {1: 200, 2: 50, 3: 20, 4: 3}
    for number, text in ((1, OLD), (2, OPEN), (3, "refused"), (4, OPEN)):
        documents.add("escalation", HEAD + rule("a", text if number != 3 else OLD), "kim", "")
        with db.begin() as open_:
            at = now - timedelta(days=ages[number])
            open_.execute(update(DocumentRow).where(DocumentRow.version == number).values(at=at))
    documents.refuse("escalation", 3, "it fails its tests")
    playbook = load_playbook(HEAD + rule("a", OPEN))
    assert rule_queries.fired(db, playbook, now, 90).stood == {"a": 30}
    assert rule_queries.fired(db, playbook, now, 45).stood == {"a": 45}
    assert rule_queries.fired(db, playbook, now, 5).stood == {"a": 0}, "nothing is expected of a rule in so short a time"


def test_what_fired_is_counted_from_the_store(db: Engine) -> None:
    journal = StoredJournal(db)
    verdicts = tuple(Verdict(name, "T", Mode.LIVE, True, Severity.HIGH, "default", "", "", (), "w") for name in ("a", "b"))
    for number, at in enumerate((NOW, NOW - timedelta(days=3), NOW - timedelta(days=200))):
        with journal.case("zendesk", str(number), at) as case:
            decision = Decision(True, verdicts)
            evaluation = case.record(decision, Ticket("zendesk", str(number)), [])
            case.open(decision, ContextPackage("zendesk", str(number), at), evaluation)
            case.write([Entry("shadow", "w", data={"rule": "c"})])
    found = rule_queries.fired(db, Playbook((), {}), NOW, 90)
    assert found.times == {"a": 2, "b": 2, "c": 2} and found.together == {("a", "b"): 2, ("b", "a"): 2}
