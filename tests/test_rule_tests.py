"""Tests of rules: the starter's pass, a failing one says what came out, and rules that fail theirs are not taken."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from config.playbook import load_playbook
from config.roster import load_roster
from config.rule_tests import load_rule_tests
from config.yamldoc import Problems
from escalation.playbook import Playbook
from escalation.roster import Roster
from escalation.rule_tests import Case, Failure, run
from signals.reader import TextReader
from store.documents import StoredDocuments
from store.live import LiveDocuments
from tests.support import ROOT

READER = TextReader.standard()
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
STARTER = {name: (ROOT / "config" / f"{name}.yaml").read_text("utf-8") for name in ("escalation", "roster", "rule_tests")}
ROSTER = load_roster(STARTER["roster"])


def trial(playbook: Playbook, roster: Roster, cases: tuple[Case, ...]) -> tuple[Failure, ...]:
    return run(playbook, roster, READER, cases, NOW)


def test_the_starter_cases_come_out_as_expected() -> None:
    cases = load_rule_tests(STARTER["rule_tests"])
    assert len(cases) >= 40
    assert trial(load_playbook(STARTER["escalation"]), ROSTER, cases) == ()


ONE = 'cases:\n  - {name: one, ticket: {priority: urgent, messages: [{text: "My invoice is wrong."}]}, expect: {EXPECT}}\n'
OTHERWISE = [
    ("escalate: false", "escalated by urgent"),
    ("rules: [large_refund]", "large_refund did not fire"),
    ("rules: [no_such_rule]", "no_such_rule is no rule"),
    ("never: [urgent]", "urgent fired"),
    ("team: security", "went to the team billing, not security"),
    ("issue_type: security", "was taken for billing, not security"),
]


@pytest.mark.parametrize(("expect", "words"), OTHERWISE)
def test_a_failure_says_what_came_out(expect: str, words: str) -> None:
    (failure,) = trial(load_playbook(STARTER["escalation"]), ROSTER, load_rule_tests(ONE.replace("EXPECT", expect)))
    assert failure.case == "one" and words in failure.words


WRONG = [
    ("cases: [{name: a, ticket: {priority: very}, expect: {}}]", "priority"),
    ("cases: [{name: a, ticket: {colour: blue}, expect: {}}]", "colour: no ticket has that"),
    ("cases: [{name: a, ticket: {messages: [{role: boss, text: x}]}, expect: {}}]", "no role 'boss'"),
    ("cases: [{name: a, ticket: {}, expect: {}}, {name: a, ticket: {}, expect: {}}]", "already used"),
    ("cases: [{name: a, ticket: {}, expect: {rule: [x]}}]", "unknown key"),
    (
        "cases: [{name: a, ticket: {}, expect: {}}]",
        "nothing is expected, so the case tests nothing. Add one or more of: escalate",
    ),
    ("cases: [{name: a, ticket: {}, expect: {never: []}}]", "nothing is expected"),
    ("cases: [{name: a, ticket: {}, expect: {rules: [x], never: [y, x]}}]", r"never\[1\]: x must fire and must not fire"),
    ("cases: [{name: a, ticket: {messages: [{text: x, txt: y}]}, expect: {escalate: true}}]", "unknown key 'txt'.*mean 'text'"),
    ("cases: [{name: a, ticket: {customer: {teir: x}}, expect: {escalate: true}}]", "unknown key 'teir'. Did you mean 'tier'"),
    ("cases: [{name: a, ticket: {customer: {organization: {nam: x}}}, expect: {escalate: true}}]", "Did you mean 'name'"),
    ("cases: [{name: a, ticket: {sla: [{name: x, du_at: y}]}, expect: {escalate: true}}]", r"sla\[0\].du_at.*mean 'due_at'"),
    (
        "cases:\n- name: a\n  ticket:\n    subject: b\n    priority: urgnt\n  expect: {escalate: true}",
        ":5: .*ticket.priority: unknown word 'urgnt'. Did you mean 'urgent'",
    ),
    (
        "cases:\n- name: a\n  ticket:\n    subject: b\n    priorty: low\n  expect: {escalate: true}",
        ":5: .*Did you mean 'priority'",
    ),
    ("cases:\n- name: a\n  ticket:\n    sla:\n    - {name: x, state: ambr}\n  expect: {team: x}", ":5: .*Did you mean 'amber'"),
    (
        "cases:\n- name: a\n  ticket:\n    messages:\n    - text: x\n      at: soon\n  expect: {team: x}",
        ":6: .*this is not a time: .soon",
    ),
    ("cases: [{name: a, ticket: {custom: {any: {amunt: 5}}}, expect: {team: x}}]", "custom.any"),
]


@pytest.mark.parametrize(("text", "problem"), WRONG)
def test_a_case_that_cannot_be_used_is_told_with_its_place(text: str, problem: str) -> None:
    with pytest.raises(Problems, match=problem):
        load_rule_tests(text)


def a_live(db: Engine) -> tuple[StoredDocuments, LiveDocuments]:
    seconds = iter(range(0, 1000, 10))
    stored = StoredDocuments(db)
    stored.sync(STARTER)
    return stored, LiveDocuments(stored, trial, now=lambda: float(next(seconds)))


def test_rules_that_fail_their_tests_are_not_taken(db: Engine) -> None:
    stored, live = a_live(db)
    assert live.playbook().version == 1
    stored.add("escalation", STARTER["escalation"].replace("  - id: urgent\n", "  - id: very_urgent\n"), "ada", "renamed")
    assert "urgent" in {rule.id for rule in live.playbook().rules}, "the last good version stays"
    stored.add("escalation", STARTER["escalation"].replace("title: Priority is urgent", "title: Urgent"), "ada", "worded anew")
    assert live.playbook().version == 3


def test_rules_that_name_a_team_nobody_knows_are_not_taken_until_the_roster_has_it(db: Engine) -> None:
    stored, live = a_live(db)
    assert live.playbook().version == 1
    stored.add("escalation", STARTER["escalation"].replace("default_team: care", "default_team: welcome"), "ada", "renamed")
    assert live.playbook().version == 1
    assert "there is no team 'welcome'" in stored.refused()["escalation", 2]
    renamed = (
        STARTER["roster"].replace("\n  care:\n", "\n  welcome:\n").replace("care]", "welcome]").replace("[care,", "[welcome,")
    )
    stored.add("roster", renamed, "ada", "renamed, too")
    assert (live.playbook().version, live.roster().version) == (2, 2)
    assert not stored.refused()


def test_what_was_refused_is_not_in_force_in_processes_that_begin_later(db: Engine) -> None:
    stored, live = a_live(db)
    assert live.playbook().version == 1
    stored.add("escalation", STARTER["escalation"].replace("  - id: urgent\n", "  - id: very_urgent\n"), "ada", "renamed")
    assert live.playbook().version == 1
    assert LiveDocuments(stored).playbook().version == 1


TIMED = """
cases:
  - name: waited
    now: NOW
    ticket: {status: open, messages: [{role: customer, text: hello, at: "2026-03-31T09:00:00Z"}]}
    expect: {EXPECT: [waited]}
"""
WAITED = """
paths: {default: {levels: [{name: One, offering: one}]}}
default_team: care
rules: [{id: waited, title: Waited, when: {all: [{field: waiting, op: older_than, value: 4h}]}}]
"""


@pytest.mark.parametrize(("now", "expect"), [('"2026-03-31T14:00:00Z"', "rules"), ("2026-03-31T12:00:00+00:00", "never")])
def test_a_case_may_say_when_it_is_judged(now: str, expect: str) -> None:
    cases = load_rule_tests(TIMED.replace("NOW", now).replace("EXPECT", expect))
    assert trial(load_playbook(WAITED), ROSTER, cases) == ()


def test_a_time_that_is_none_is_told() -> None:
    with pytest.raises(Problems, match=r"rule_tests:4: .*'noon' is not a time"):
        load_rule_tests(TIMED.replace("NOW", "noon").replace("EXPECT", "never"))
