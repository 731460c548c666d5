"""roster.yaml: the starter roster, shifts and absences, and every mistake with its line."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from config.playbook import Problems, load_roster
from escalation.hours import is_on
from escalation.roster import ALL_WEEK, Absence, Shift
from tests.support import ROOT

TEXT = (ROOT / "config" / "roster.yaml").read_text()
STARTER = load_roster(TEXT, version=2)
HEAD = """\
teams:
  a: {name: A, issue_types: [bug]}
agents:
"""


def one(agent: str) -> str:
    """A roster with one agent, whose keys stand in line 4."""
    return HEAD + f"  ann: {{name: Ann, teams: [a], {agent}}}\n"


def problems(text: str) -> list[tuple[int, str, str, str]]:
    with pytest.raises(Problems) as found:
        load_roster(text)
    return [(p.line, p.path, p.problem, p.remedy) for p in found.value.problems]


def test_starter_agents() -> None:
    assert STARTER.version == 2
    assert [(a.id, a.email, a.slack_id, a.ids["zendesk"]) for a in STARTER.agents] == [
        (name, f"{name}@example.com", f"U10{n}", f"10{n}")
        for n, name in enumerate(("ada", "bo", "chidi", "dana", "emil", "fatima"), 1)
    ]
    assert all(set(a.ids) == {"zendesk", "freshdesk", "intercom"} and a.skills and a.languages for a in STARTER.agents)


@pytest.mark.parametrize("hour", range(0, 24, 6))
def test_somebody_of_every_starter_team_is_on_at_any_hour(hour: int) -> None:
    now = datetime(2025, 12, 25, hour, tzinfo=UTC)
    for team in STARTER.teams:
        assert any(is_on(agent, now)[0] for agent in STARTER.agents if team.id in agent.teams)


def test_starter_teams() -> None:
    members = {t.id: {a.id for a in STARTER.agents if t.id in a.teams} for t in STARTER.teams}
    assert members == {
        "billing": {"ada", "bo"},
        "technical": {"chidi", "dana"},
        "security": {"emil"},
        "care": {"bo", "fatima"},
        "engineering": {"chidi", "dana"},
    }
    for number, team in enumerate(STARTER.teams, 201):
        assert team.groups == {"zendesk": str(number), "freshdesk": str(number), "intercom": str(number)}
        assert team.channel == f"#{team.id}"
        assert {team.lead, team.watch} <= {a.id for a in STARTER.agents}


def test_every_starter_issue_type_has_somebody_with_the_skill_in_its_team() -> None:
    for team in STARTER.teams:
        for issue in team.issue_types:
            assert any(issue in a.skills for a in STARTER.agents if team.id in a.teams), issue


SHIFTS = [
    ('{days: mon-fri, start: "09:00", end: "17:30"}', Shift((0, 1, 2, 3, 4), time(9), time(17, 30))),
    ("{days: [Monday, wed], start: 09:00, end: 24:00}", Shift((0, 2), time(9), time(0))),
    ("{days: sat-mon, start: 22:00, end: 06:00}", Shift((0, 5, 6), time(22), time(6))),
    ('{days: "mon-wed, sun", start: 00:00, end: 24:00}', Shift((0, 1, 2, 6), time(0), time(0))),
    ("{days: mon-sun, start: 22:00, end: 06:00}", Shift(ALL_WEEK, time(22), time(6))),
]


@pytest.mark.parametrize(("written", "shift"), SHIFTS, ids=[case[0] for case in SHIFTS])
def test_shifts(written: str, shift: Shift) -> None:
    assert load_roster(one(f"shifts: [{written}]")).agents[0].shifts == (shift,)


def test_absences_and_ids() -> None:
    (agent,) = load_roster(one("ids: {zendesk: 361}, absences: [{first: 2026-07-06, last: 2026-07-06, reason: ill}]")).agents
    assert agent.absences == (Absence(date(2026, 7, 6), date(2026, 7, 6), "ill"),)
    assert agent.ids == {"zendesk": "361"}


OVERLAPS = [
    ("mon-fri, start: 09:00, end: 17:00", "wed, start: 16:00, end: 20:00", "wed 09:00-17:00 and wed 16:00-20:00"),
    ("mon, start: 22:00, end: 06:00", "tue, start: 05:00, end: 09:00", "mon 22:00-06:00 and tue 05:00-09:00"),
    ("sun, start: 22:00, end: 06:00", "mon, start: 05:00, end: 09:00", "sun 22:00-06:00 and mon 05:00-09:00"),
    ("mon, start: 09:00, end: 12:00", "mon, start: 09:00, end: 12:00", "mon 09:00-12:00 and mon 09:00-12:00"),
]


@pytest.mark.parametrize(("first", "second", "words"), OVERLAPS)
def test_overlapping_shifts_are_refused(first: str, second: str, words: str) -> None:
    ((line, path, told, _),) = problems(one(f"shifts: [{{days: {first}}}, {{days: {second}}}]"))
    assert (line, path) == (4, "agents.ann.shifts")
    assert words in told


def test_shifts_may_touch() -> None:
    shifts = "shifts: [{days: mon, start: 22:00, end: 06:00}, {days: tue, start: 06:00, end: 09:00}]"
    assert len(load_roster(one(shifts)).agents[0].shifts) == 2


WRONG: list[tuple[str, str, str, str]] = [
    ("time_zone: Europe/Stokholm", "time_zone", "not a time zone", "Europe/Stockholm"),
    ("shifts: [{days: mon, start: 9:00, end: 17:00}]", "shifts[0].start", "not a time of day", "09:00"),
    ("shifts: [{days: mon, start: 24:00, end: 17:00}]", "shifts[0].start", "not a time of day", "24:00"),
    ("shifts: [{days: mon, start: 09:00, end: 09:00}]", "shifts[0]", "ends when it starts", "24:00"),
    ("shifts: [{days: mon-foo, start: 09:00, end: 10:00}]", "shifts[0].days", "'foo' is not a day", "mon-fri"),
    ("absences: [{first: 2026-07-06, last: 2026-07-01}]", "absences[0]", "before it begins", "Exchange"),
    ("absences: [{first: 6 July, last: 2026-07-01}]", "absences[0].first", "not a date", "2026-03-31"),
    ("skills: {bug: 6}", "skills.bug", "less than or equal to 5", ""),
    ("skills: {bgu: 3}", "skills.bgu", "no skill or issue type 'bgu'", "'bug'"),
    ("deputy: bob", "deputy", "no agent 'bob'", "ann"),
    ("deputy: ann", "deputy", "ann → ann", "another deputy"),
    ("ids: {zendesk: true}", "ids.zendesk", "not an id", "as the helpdesk shows it"),
    ("email: nobody", "email", "match", ""),
    ("colour: red", "colour", "unknown key 'colour'", "email"),
]


@pytest.mark.parametrize(("agent", "path", "problem", "remedy"), WRONG, ids=[case[0] for case in WRONG])
def test_wrong_agents(agent: str, path: str, problem: str, remedy: str) -> None:
    ((line, where, told, what),) = problems(one(agent))
    assert (line, where) == (4, f"agents.ann.{path}")
    assert problem in told
    assert remedy in what


def test_everything_wrong_is_told_at_once() -> None:
    text = """\
teams:
  a: {name: A, issue_types: [bug], lead: zoe, watch: ann}
  b: {name: B, issue_types: [bug]}
agents:
  ann: {name: Ann, teams: [a], email: Ann@x.example, slack_id: U1, ids: {zendesk: 1, intercom: 1}, deputy: bob}
  bob: {name: Bob, teams: [c], email: ann@x.example, slack_id: U1, ids: {zendesk: "1"}, deputy: cas, tier: 0}
  cas: {name: Cas, teams: [a], deputy: ann, ids: {intercom: 2}}
  dan: {name: Dan, teams: [a], deputy: ann}
"""
    found = problems(text)
    assert [(line, path) for line, path, _, _ in found] == [
        (2, "teams.a.lead"),
        (3, "teams.b"),
        (3, "teams.b.issue_types[0]"),
        (5, "agents.ann.deputy"),
        (6, "agents.bob.email"),
        (6, "agents.bob.ids.zendesk"),
        (6, "agents.bob.slack_id"),
        (6, "agents.bob.teams[0]"),
        (6, "agents.bob.tier"),
    ]
    told = {path: problem for _, path, problem, _ in found}
    assert told["agents.ann.deputy"] == "deputies go in a circle: ann → bob → cas → ann"
    assert told["agents.bob.email"] == "the e-mail address ann@x.example is already used in line 5"
    assert told["teams.b"] == "nobody is in the team 'b'"


def test_an_agent_may_have_the_same_id_in_two_helpdesks() -> None:
    assert load_roster(one("ids: {zendesk: 1, intercom: 1}")).agents[0].ids == {"zendesk": "1", "intercom": "1"}
