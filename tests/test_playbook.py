"""escalation.yaml: the starter playbook does what the contract says, and every mistake is told with its line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.playbook import Problems, check_together, load_playbook, load_roster
from escalation.decide import facts_of
from escalation.facts import facts
from escalation.playbook import (
    Afterwards,
    AssignWhen,
    AtEnd,
    ClockKind,
    Level,
    Mode,
    Offering,
    Path,
    Playbook,
    QuietHours,
    Severity,
)
from escalation.rules import evaluate, explain
from escalation.ticket import (
    ChangeKind,
    ClockState,
    Customer,
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
from escalation.words import issue_type_of
from signals.reader import TextReader
from tests.support import ROOT

NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
TEXT = (ROOT / "config" / "escalation.yaml").read_text()
ROSTER = (ROOT / "config" / "roster.yaml").read_text()
STARTER = load_playbook(TEXT, version=3)
READER = TextReader.standard()
PLAIN = Ticket("zendesk", "1", subject="Question", created_at=NOW)
SMALL = """\
guard: false
paths:
  default:
    levels:
      - {name: One, offering: one}
rules:
  - id: urgent
    title: Urgent
    when: {all: [{field: priority, op: is, value: urgent}]}
"""


C, A, B = Role.CUSTOMER, Role.AGENT, Role.BOT


def wrote(text: str) -> Ticket:
    return replace(PLAIN, messages=(Message("m1", Person("c", role=Role.CUSTOMER), text, at=NOW),))


def thread(*said: tuple[Role, str]) -> Ticket:
    """A thread of messages; an agent's is an internal note."""
    made = (Message(f"m{n}", Person(r.value, role=r), text, r is not Role.AGENT, NOW) for n, (r, text) in enumerate(said))
    return replace(PLAIN, messages=tuple(made))


def fired(ticket: Ticket, before: Ticket | None = None, kind: ChangeKind = ChangeKind.UPDATED) -> list[str]:
    """Live rules of the starter playbook that fire."""
    change = TicketChange("zendesk", "1", kind, "event")
    seen = facts_of(STARTER, ticket, before, (change,), READER.read(ticket.messages, NOW), NOW)
    return [v.rule for v in evaluate(STARTER, seen) if v.fired and v.mode is Mode.LIVE]


def with_clock(tier: str, state: ClockState) -> Ticket:
    return replace(PLAIN, customer=Customer(tier=tier), sla=(SlaClock("first_reply", None, state),))


FIRES: list[tuple[str, Ticket, list[str]]] = [
    ("urgent", replace(PLAIN, priority=Priority.URGENT), ["urgent"]),
    ("high", replace(PLAIN, priority=Priority.HIGH), []),
    ("tag", replace(PLAIN, tags=("escalate",)), ["escalate_tag"]),
    ("other tag", replace(PLAIN, tags=("de-escalate",)), []),
    ("manager", wrote("I want to speak to a manager"), ["wants_a_person"]),
    ("no manager", wrote("No need to get a manager"), []),
    ("security", wrote("My account was hacked"), ["security_threat"]),
    ("legal", wrote("My lawyer will send you a letter before action."), ["legal_threat"]),
    ("two failures", wrote("I tried resetting my password and another browser, nothing worked"), ["failed_attempts"]),
    ("one failure", wrote("I tried resetting my password, it did not help"), []),
    ("ai attempts", replace(PLAIN, custom={"ai_attempts": 2}), ["failed_attempts"]),
    ("refund in text", wrote("Please refund me the 500 EUR"), ["large_refund"]),
    ("small refund", wrote("Please refund me the 499.99 EUR"), []),
    ("denied refund", wrote("I do not want a refund of 900 EUR"), []),
    ("refund field", replace(PLAIN, custom={"refund_amount": Money(Decimal("500.00"), "CAD")}), ["large_refund"]),
    ("small field", replace(PLAIN, custom={"refund_amount": Money(Decimal("499"), "CAD")}), []),
    ("outage", wrote("Your whole platform is down"), ["critical_impact"]),
    ("enterprise amber", with_clock("Enterprise", ClockState.AMBER), ["enterprise_sla"]),
    ("enterprise breached", with_clock("enterprise", ClockState.BREACHED), ["enterprise_sla"]),
    ("enterprise green", with_clock("enterprise", ClockState.GREEN), []),
    ("free amber", with_clock("free", ClockState.AMBER), []),
    ("leaving", wrote("This is the third time it breaks. We are leaving for another provider."), ["unhappy_and_leaving"]),
    ("furious", wrote("You are useless idiots! This is a disgrace! Fix it NOW!"), ["angry"]),
    ("bot loop", thread((B, "Please restart the device."), (C, "ok"), (B, "Please restart the device.")), ["asked_again"]),
    ("nine days", wrote("I wrote to you 9 days ago and nobody has answered me yet."), ["long_complaint"]),
    ("note", thread((C, "My invoice"), (A, "#escalate billing charged twice")), ["agent_note"]),
    ("plain", wrote("How do I change my address?"), []),
]


@pytest.mark.parametrize(("ticket", "rules"), [case[1:] for case in FIRES], ids=[case[0] for case in FIRES])
def test_starter_rules(ticket: Ticket, rules: list[str]) -> None:
    assert fired(ticket) == rules


def test_every_live_starter_rule_is_tried() -> None:
    tried = {rule for _, _, rules in FIRES for rule in rules} | {"helpdesk_asks"}
    assert tried == {rule.id for rule in STARTER.rules if rule.mode is Mode.LIVE}


def test_the_helpdesk_may_ask() -> None:
    assert fired(PLAIN, kind=ChangeKind.ESCALATION_REQUESTED) == ["helpdesk_asks"]


def test_urgent_fires_when_it_becomes_so_and_not_again() -> None:
    urgent = replace(PLAIN, priority=Priority.URGENT)
    assert fired(urgent, replace(PLAIN, priority=Priority.NORMAL)) == ["urgent"]
    assert fired(urgent, urgent) == []


def test_starter_path() -> None:
    one, channel = STARTER.paths["default"].levels
    assert one == Level("One person", Offering.ONE, offer_for=timedelta(minutes=15), most_offers=3)
    assert (channel.offering, channel.tell_lead, channel.assign) == (Offering.CHANNEL, True, AssignWhen.ON_ACCEPT)
    assert STARTER.paths["default"].first_reply_in == timedelta(hours=1)


def test_starter_rules_are_complete() -> None:
    assert STARTER.version == 3
    for rule in STARTER.rules:
        assert rule.owner
        assert rule.review_on
        assert explain(rule)


def test_starter_documents_fit_together() -> None:
    assert check_together(STARTER, load_roster(ROSTER), TEXT, ROSTER) == []


GUESSES = [
    ("I was charged twice on my last invoice", "billing"),
    ("The app crashes with an error message", "bug"),
    ("I am locked out and the reset link never arrives", "account_access"),
    ("My account was hacked, suspicious activity", "security"),
    ("How do I add a colleague?", "how_to"),
    ("Please cancel my subscription", "cancellation"),
    ("My parcel has not arrived, tracking number 123", "shipping_order"),
    ("The webhook of the REST API gives an OAuth failure", "integration_api"),
    ("Feature request: would love a dark mode", "feature_request"),
    ("Hello there", "other"),
]


@pytest.mark.parametrize(("text", "issue"), GUESSES)
def test_starter_issue_words(text: str, issue: str) -> None:
    assert issue_type_of(wrote(text), STARTER.issue_words)[0] == issue


def problems(text: str) -> list[tuple[int, str, str, str]]:
    with pytest.raises(Problems) as found:
        load_playbook(text)
    return [(p.line, p.path, p.problem, p.remedy) for p in found.value.problems]


def rule(condition: str, more: str = "") -> str:
    start = SMALL.replace("{field: priority, op: is, value: urgent}", condition)
    return start + more


WRONG: list[tuple[str, str, str, str]] = [  # condition, path below when.all[0], part of the problem, part of the remedy
    ("{field: priorty, op: is, value: urgent}", ".field", "unknown field 'priorty'", "'priority'"),
    ("{field: signals.legal_treat, op: is, value: true}", ".field", "unknown field", "signals.legal_threat"),
    ("{field: priority, op: equals, value: urgent}", ".op", "unknown operator 'equals'", "Use one of: absent"),
    ("{field: priority, op: is, value: urgnt}", ".value", "priority is never 'urgnt'", "Did you mean 'urgent'"),
    ("{field: sla.first_reply.state, op: in, value: [amber, bad]}", ".value", "is never 'bad'", "breached"),
    ("{field: priority, op: is}", "", "is needs a value", "one value"),
    ("{field: priority, op: is, value: [urgent]}", ".value", "takes one value", "in"),
    ("{field: priority, op: in, value: urgent}", ".value", "takes a list", "[a, b]"),
    ("{field: tags, op: present, value: a}", ".value", "takes no value", "Remove"),
    ("{field: subject, op: matches, value: '(a'}", ".value", "not a regular expression", "docs/rules.md"),
    ("{field: subject, op: matches, value: '(?=a)'}", ".value", "not a regular expression", "look-around"),
    ("{field: age, op: older_than, value: 15}", ".value", "15 is not a length of time", "1h 30m"),
    ("{field: subject, op: older_than, value: 15m}", ".op", "older_than needs a time", "age"),
    ("{field: subject, op: has, value: a}", ".op", "has needs a list", "tags"),
    ("{field: custom.x, op: gte, value: lots}", ".value", "cannot be compared", "500 EUR"),
    ("{field: priority, op: gte, value: 3}", ".value", "cannot be compared", "high"),
    ("{field: custom.x, op: between, value: [5, 1]}", ".value", "first value is more", "[least, most]"),
    ("{field: custom.x, op: between, value: [5, 1h]}", ".value", "do not go together", "two of a kind"),
    ("{field: tags, op: count_gte, value: -1}", ".value", "whole number", "2"),
    ("{field: issue_type, op: is, value: billing}", ".value", "there is no issue type 'billing'", "other"),
    ("{field: priority, op: is, value: urgent, also: 1}", ".also", "unknown key 'also'", "value"),
    ("{any: []}", "", "no condition in it", "all, any or none"),
]


@pytest.mark.parametrize(("condition", "path", "problem", "remedy"), WRONG, ids=[case[0] for case in WRONG])
def test_wrong_conditions(condition: str, path: str, problem: str, remedy: str) -> None:
    ((line, where, told, what),) = problems(rule(condition))
    assert (line, where) == (9, f"rules[0].when.all[0]{path}")
    assert problem in told
    assert remedy in what


def test_everything_wrong_is_told_at_once_in_order_of_lines() -> None:
    text = """\
hop_limits: 3
paths:
  default:
    levels:
      - {name: One, offer_for: 0m}
      - {name: Two, offering: everyone}
  empty: {levels: []}
rules:
  - id: a
    title: A
    path: fast
    issue_type: biling
    review_on: soon
    severity: huge
    when: {all: [{field: status, op: iss, value: open}]}
  - id: a
    title: ""
    when: {}
"""
    found = problems(text)
    assert [(line, path) for line, path, _, _ in found] == [
        (1, "hop_limits"),
        (5, "paths.default.levels[0].offer_for"),
        (5, "paths.default.levels[0].offering"),
        (5, "paths.default.levels[0].offering"),
        (6, "paths.default.levels[1].offering"),
        (7, "paths.empty.levels"),
        (11, "rules[0].path"),
        (12, "rules[0].issue_type"),
        (13, "rules[0].review_on"),
        (14, "rules[0].severity"),
        (15, "rules[0].when.all[0].op"),
        (16, "rules[1].id"),
        (17, "rules[1].title"),
        (18, "rules[1].when"),
    ] or [line for line, *_ in found] == [1, 5, 5, 6, 7, 11, 12, 13, 14, 15, 16, 17, 18]
    assert all(remedy for *_, remedy in found)
    assert "already used in line 9" in next(told for line, _, told, _ in found if line == 16)


def test_a_rule_without_a_path_needs_the_default_one() -> None:
    ((_, path, told, _),) = problems(SMALL.replace("default:", "calm:"))
    assert (path, told) == ("rules[0].path", "there is no path 'default'")


OPERANDS: list[tuple[str, Any]] = [
    ("{field: age, op: older_than, value: 1h 30m}", timedelta(minutes=90)),
    ("{field: age, op: gt, value: 2d}", timedelta(days=2)),
    ("{field: custom.x, op: gte, value: 500 EUR}", Money(Decimal(500), "EUR")),
    ("{field: custom.x, op: gte, value: 0.5}", 0.5),
    ("{field: created_at, op: lt, value: 2025-01-31}", datetime(2025, 1, 31, tzinfo=UTC)),
    ("{field: custom.x, op: between, value: [1h, 2h]}", (timedelta(hours=1), timedelta(hours=2))),
    ("{field: tags, op: has_any, value: [a, b]}", ("a", "b")),
    ("{field: tags, op: present}", None),
    ("{field: group.id, op: is, value: 201}", 201),
    ("{field: signals.sentiment, op: gte, value: frustrated}", "frustrated"),
]


@pytest.mark.parametrize(("condition", "value"), OPERANDS, ids=[case[0] for case in OPERANDS])
def test_operands(condition: str, value: object) -> None:
    (node,) = load_playbook(rule(condition)).rules[0].when.all
    assert getattr(node, "value", "not a condition") == value


def test_matches_is_case_blind_linear_and_kept_as_written() -> None:
    playbook = load_playbook(rule("{field: text, op: matches, value: '(a+)+$|INV-\\d+'}"))
    found = evaluate(playbook, facts(wrote("about inv-77 " + "a" * 50_000 + "!\ud800"), None, (), (), NOW))[0]
    assert found.fired
    assert found.seen[0].parts[0].wanted == "/(a+)+$|INV-\\d+/"


def test_groups_nest() -> None:
    playbook = load_playbook(rule("{any: [{field: tags, op: has, value: vip}, {none: [{field: status, op: is, value: open}]}]}"))
    assert "tags" in playbook.needs()
    assert "status" in playbook.needs()


def test_reminders_follow_a_short_offer() -> None:
    short = load_playbook(SMALL.replace("offering: one", "offering: one, offer_for: 3m")).paths["default"].levels[0]
    told = load_playbook(SMALL.replace("offering: one", "offering: one, remind_before: 10m")).paths["default"].levels[0]
    assert (short.remind_before, told.remind_before) == (timedelta(minutes=1), timedelta(minutes=10))


LEVELS: list[tuple[str, Level]] = [
    ("{name: L, offering: one}", Level("L")),
    ("{name: L, offering: several}", Level("L", Offering.SEVERAL, at_once=2)),
    ("{name: L, offering: several, at_once: 5}", Level("L", Offering.SEVERAL, at_once=5, most_offers=5)),
    ("{name: L, offering: several, at_once: 2, most_offers: 2}", Level("L", Offering.SEVERAL, at_once=2, most_offers=2)),
    ("{name: L, offering: all, min_tier: 2}", Level("L", Offering.ALL, min_tier=2)),
    ("{name: L, offering: lead, team: security, repeat: 2}", Level("L", Offering.LEAD, "security", repeat=2)),
    ("{name: L, offering: watch, quiet: override}", Level("L", Offering.WATCH, quiet=QuietHours.OVERRIDE)),
    ("{name: L, offering: person, to: ada, assign: on_offer}", Level("L", Offering.PERSON, to="ada", assign=AssignWhen.ON_OFFER)),
]

LEVELS += [
    ("{name: L, offering: user_group, team: billing}", Level("L", Offering.USER_GROUP, "billing")),
    ("{name: L, offering: user_group, to: S0614TZR7}", Level("L", Offering.USER_GROUP, to="S0614TZR7")),
    ("{name: L, offering: tracker}", Level("L", Offering.TRACKER)),
    (
        "{name: L, offering: tracker, to: jira, then: wait, offer_for: 9h}",
        Level("L", Offering.TRACKER, to="jira", then=Afterwards.WAIT, offer_for=timedelta(hours=9)),
    ),
    ("{name: L, offering: one, skills: [contracts]}", Level("L", skills=("contracts",))),
]


@pytest.mark.parametrize(("text", "level"), LEVELS, ids=[case[0] for case in LEVELS])
def test_levels(text: str, level: Level) -> None:
    assert load_playbook(SMALL.replace("{name: One, offering: one}", text)).paths["default"].levels == (level,)


WRONG_LEVELS: list[tuple[str, str, str, str]] = [  # level, key, part of the problem, part of the remedy
    ("{name: L, offering: one, at_once: 2}", "at_once", "at_once says nothing with offering: one", "several"),
    ("{name: L, offering: one, to: ada}", "to", "to says nothing with offering: one", "person"),
    ("{name: L, offering: person}", "to", "names nobody", "Add to:"),
    ("{name: L, offering: lead, most_offers: 2}", "most_offers", "says nothing", "one, several"),
    ("{name: L, offering: lead, min_tier: 2}", "min_tier", "says nothing", "all, one, several"),
    ("{name: L, offering: channel, repeat: 1}", "repeat", "says nothing", "Remove it"),
    ("{name: L, offering: channel, remind_before: 1m}", "remind_before", "says nothing", "Remove it"),
    ("{name: L, offering: several, assign: on_offer}", "assign", "cannot be assigned to everybody", "on_accept"),
    ("{name: L, offering: channel, assign: on_offer}", "assign", "cannot be assigned to nobody in particular", "on_accept"),
    ("{name: L, offering: user_group, assign: on_offer}", "assign", "cannot be assigned to nobody", "lead, one, person, watch"),
    ("{name: L, offering: several, at_once: 4, most_offers: 3}", "at_once", "4 people are asked at once, but 3", "Raise"),
    ("{name: L, offering: several, at_once: 1}", "at_once", "", ""),
    ("{name: L, offering: one, repeat: 10}", "repeat", "", ""),
    ("{name: L, offering: one, quiet: loud}", "quiet", "", "override"),
    ("{name: L, offering: one, clock: wall}", "clock", "", "team"),
    ("{name: L, offering: channel, clock: person}", "clock", "no person's hours count", "team or always"),
    ("{name: L, offering: user_group, to: billing}", "to", "'billing' is not the id of a Slack user group", "S0614TZR7"),
    ("{name: L, offering: tracker, to: trello}", "to", "there is no tracker 'trello'", "github, jira, linear"),
    ("{name: L, offering: tracker, then: wait}", "then", "does not say how long it waits", "Add offer_for"),
    ("{name: L, offering: tracker, offer_for: 2h}", "offer_for", "goes on at once", "then: wait"),
    ("{name: L, offering: tracker, repeat: 2}", "repeat", "says nothing", "Remove it"),
    ("{name: L, offering: channel, then: wait}", "then", "says nothing", "tracker"),
    ("{name: L, offering: lead, skills: [tax]}", "skills", "says nothing", "all, one, several"),
]


@pytest.mark.parametrize(("text", "key", "problem", "remedy"), WRONG_LEVELS, ids=[case[0] for case in WRONG_LEVELS])
def test_wrong_levels(text: str, key: str, problem: str, remedy: str) -> None:
    ((line, where, told, what),) = problems(SMALL.replace("{name: One, offering: one}", text))
    assert (line, where) == (5, f"paths.default.levels[0].{key}")
    assert problem in told
    assert remedy in what


@pytest.mark.parametrize("at_end", [*AtEnd, None])
def test_what_becomes_of_a_path_that_is_through(at_end: AtEnd | None) -> None:
    text = SMALL.replace("    levels:", f"    at_end: {at_end}\n    levels:") if at_end else SMALL
    assert load_playbook(text).paths["default"].at_end is (at_end or AtEnd.TELL_LEAD)


WRONG_PATHS = [
    ("reply_clock: wall", "reply_clock", "", "person"),
    ("override: loud", "override", "", "critical"),
    ("pauses: [open]", "pauses[0]", "while a ticket is open the reply is ours to give", "pending"),
    ("pauses: [asleep]", "pauses[0]", "unknown word 'asleep'", "Use pending, on_hold or both"),
    ("pauses: [pendng]", "pauses[0]", "unknown word 'pendng'", "Did you mean 'pending'?"),
]


@pytest.mark.parametrize(("text", "key", "problem", "remedy"), WRONG_PATHS, ids=[case[0] for case in WRONG_PATHS])
def test_wrong_paths(text: str, key: str, problem: str, remedy: str) -> None:
    ((line, where, told, what),) = problems(SMALL.replace("    levels:", f"    {text}\n    levels:"))
    assert (line, where) == (4, f"paths.default.{key}")
    assert problem in told and remedy in what


def test_clocks_of_a_path() -> None:
    text = "    reply_clock: team\n    pauses: [pending, on_hold]\n    override: high\n    levels:"
    told = SMALL.replace("    levels:", text).replace("offering: one", "offering: one, clock: person")
    way = load_playbook(told).paths["default"]
    assert (way.reply_clock, way.pauses, way.override) == (ClockKind.TEAM, (Status.PENDING, Status.ON_HOLD), Severity.HIGH)
    assert way.levels[0].clock is ClockKind.PERSON
    usual = load_playbook(SMALL).paths["default"]
    assert usual == Path("default", usual.levels)


OFFICE = 'calendars: {office: {periods: [{days: mon-fri, start: "09:00", end: "17:00"}]}}\n'
TEAM_CLOCKS = [
    ("no calendar", "", "", ["it counts in the calendar of the team, and billing has none"]),
    ("the playbook's", OFFICE + "calendar: office\n", "", []),
    ("the team's", OFFICE, ", calendar: office", []),
    ("one that is not there", OFFICE, ", calendar: offise", ["there is no calendar 'offise'"]),
]


@pytest.mark.parametrize(("calendars", "team", "found"), [row[1:] for row in TEAM_CLOCKS], ids=[row[0] for row in TEAM_CLOCKS])
def test_the_clock_of_a_team_needs_its_calendar(calendars: str, team: str, found: list[str]) -> None:
    text = calendars + "default_team: billing\n" + SMALL.replace("offering: one", "offering: one, clock: team")
    staff = f"teams: {{billing: {{name: Billing{team}}}}}\nagents: {{ada: {{name: Ada, teams: [billing]}}}}\n"
    told = check_together(load_playbook(text), load_roster(staff), text, staff)
    assert [p.problem for p in told] == found
    assert all(("clock: team" in text.splitlines()[p.line - 1]) == (p.document == "escalation") for p in told)


def test_a_level_that_calls_a_teams_user_group_needs_one() -> None:
    text = "default_team: billing\n" + SMALL.replace("offering: one", "offering: user_group")
    staff = "teams: {billing: {name: Billing%s}}\nagents: {ada: {name: Ada, teams: [billing]}}\n"
    (found,) = check_together(load_playbook(text), load_roster(staff % ""), text, staff % "")
    assert (found.path, found.problem) == (
        "paths.default.levels[0].offering",
        "it calls the user group of the team, and billing has none",
    )
    assert not check_together(load_playbook(text), load_roster(staff % ", user_group: S1"), text)


def test_a_level_can_name_people_of_the_roster_only() -> None:
    text = TEXT.replace("offering: one          #", "offering: person\n        to: adda\n        #").replace(
        "        most_offers: 3\n", ""
    )
    (found,) = check_together(load_playbook(text), load_roster(ROSTER), text, ROSTER)
    assert (found.path, found.problem) == ("paths.default.levels[0].to", "there is no agent 'adda'")
    assert "'ada'" in found.remedy


def test_defaults_are_the_cores() -> None:
    playbook = load_playbook(SMALL)
    core = Playbook()
    assert playbook.paths["default"].levels == (Level("One"),)
    assert (playbook.hop_limit, playbook.write_priority) == (core.hop_limit, core.write_priority)
    assert (playbook.rules[0].severity, playbook.rules[0].mode) == (Severity.NORMAL, Mode.LIVE)


def test_teams_and_issue_types_have_to_fit_the_roster() -> None:
    text = TEXT.replace("default_team: care", "default_team: caer").replace(
        "    severity: critical\n    team: security", "    team: secops"
    )
    staff = ROSTER.replace("[billing, cancellation]", "[billing, cancelation]").replace("cancellation: ", "cancelation: ")
    found = check_together(load_playbook(text), load_roster(staff), text, staff)
    told = [
        (p.document, text.splitlines()[p.line - 1].strip() if p.document == "escalation" else p.path, p.problem) for p in found
    ]
    assert told == [
        ("escalation", "default_team: caer", "there is no team 'caer'"),
        ("escalation", "team: secops", "there is no team 'secops'"),
        ("roster", "teams.billing.issue_types[1]", "there is no issue type 'cancelation'"),
    ]


def test_without_a_default_team_every_issue_type_needs_an_owner() -> None:
    text = TEXT.replace("default_team: care", "")
    staff = ROSTER.replace("[billing, cancellation]", "[billing]").replace("skills: [", "skills: [cancellation, ")
    (found,) = check_together(load_playbook(text), load_roster(staff))
    assert (found.line, found.problem) == (1, "no team owns the issue type 'cancellation'")
