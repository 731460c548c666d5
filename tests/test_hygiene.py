"""Rules that deserve a second look, and those that do not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine

from config.playbook import load_playbook
from escalation.actions import Entry
from escalation.context import ContextPackage
from escalation.decision import Decision, Verdict
from escalation.hygiene import Fired, findings
from escalation.playbook import Mode, Severity
from escalation.ticket import Ticket
from store.journal import StoredJournal

HEAD = "paths: {default: {levels: [{name: One, offering: one}]}}\nrules:\n"
TODAY = date(2026, 11, 26)
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
NONE = Fired(90, {}, {})


def rule(name: str, when: str, more: str = "") -> str:
    return f"  - {{id: {name}, title: T, when: {{{when}}}{more}}}\n"


OPEN = "all: [{field: status, op: is, value: open}]"
BOTH = rule("a", OPEN) + rule("b", OPEN)
TAGS = "all: [{field: tags, op: is, value: x}, {field: tags, op: is, value: y}]"
CASES = [
    ("never", rule("a", OPEN), NONE, ["never"]),
    ("off and never", rule("a", OPEN, ", mode: off"), NONE, []),
    ("fired", rule("a", OPEN), Fired(90, {"a": 3}, {}), []),
    ("overdue", rule("a", OPEN, ", review_on: 2026-11-01"), Fired(90, {"a": 3}, {}), ["overdue"]),
    ("review to come", rule("a", OPEN, ", review_on: 2026-12-01"), Fired(90, {"a": 3}, {}), []),
    (
        "always together",
        rule("a", OPEN) + rule("b", OPEN),
        Fired(90, {"a": 6, "b": 9}, {("a", "b"): 6, ("b", "a"): 6}),
        ["always_with"],
    ),
    ("mostly together", rule("a", OPEN) + rule("b", OPEN), Fired(90, {"a": 6, "b": 9}, {("a", "b"): 5, ("b", "a"): 5}), []),
    ("twice says nothing", rule("a", OPEN) + rule("b", OPEN), Fired(90, {"a": 2, "b": 2}, {("a", "b"): 2, ("b", "a"): 2}), []),
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


def test_what_fired_is_counted_from_the_store(db: Engine) -> None:
    journal = StoredJournal(db)
    verdicts = tuple(Verdict(name, "T", Mode.LIVE, True, Severity.HIGH, "default", "", "", (), "w") for name in ("a", "b"))
    for number, at in enumerate((NOW, NOW - timedelta(days=3), NOW - timedelta(days=200))):
        with journal.case("zendesk", str(number), at) as case:
            decision = Decision(True, verdicts)
            evaluation = case.record(decision, Ticket("zendesk", str(number)), [])
            case.open(decision, ContextPackage("zendesk", str(number), at), evaluation)
            case.write([Entry("shadow", "w", data={"rule": "c"})])
    found = journal.fired(NOW, 90)
    assert found.times == {"a": 2, "b": 2, "c": 2} and found.together == {("a", "b"): 2, ("b", "a"): 2}
