"""roster.yaml: the starter roster, shifts and absences, and every mistake with its line."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, date, datetime, time

import pytest
import time_machine

from config.playbook import Problems, load_playbook, load_roster
from escalation.hours import is_on
from escalation.roster import ALL_WEEK, Absence, Quiet, Rotation, Shift, Turns
from escalation.rotations import on_watch
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
        assert {team.lead, on_watch(STARTER, team, datetime(2026, 1, 5, 9, tzinfo=UTC))[0]} <= {a.id for a in STARTER.agents}
    assert STARTER.rotations == (
        Rotation("engineering_watch", ("chidi", "dana"), Turns.WEEKLY, datetime(2026, 1, 5, 9), "Africa/Lagos"),
    )


def test_every_starter_issue_type_has_somebody_with_the_skill_in_its_team() -> None:
    for team in STARTER.teams:
        for issue in team.issue_types:
            assert any(issue in a.skills for a in STARTER.agents if team.id in a.teams), issue


SHIFTS = [
    ('{days: mon-fri, start: "09:00", end: "17:30"}', Shift((0, 1, 2, 3, 4), time(9), time(17, 30))),
    ("{days: [Monday, wed], start: 09:00, end: 24:00}", Shift((0, 2), time(9), time(0))),
    ("{days: [tues, thurs, fridays], start: 09:00, end: 17:00}", Shift((1, 3, 4), time(9), time(17))),
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
    ("time_zone: {Europe: Berlin}", "time_zone", "not a time zone", "Europe/Berlin"),
    ("shifts: [{days: mon, start: 9:00, end: 17:00}]", "shifts[0].start", "not a time of day", "09:00"),
    ("shifts: [{days: mon, start: 24:00, end: 17:00}]", "shifts[0].start", "not a time of day", "24:00"),
    ("shifts: [{days: mon, start: 09:00, end: 09:00}]", "shifts[0]", "ends when it starts", "24:00"),
    ("shifts: [{days: mon-foo, start: 09:00, end: 10:00}]", "shifts[0].days", "'foo' is not a day", "mon-fri"),
    ("shifts: [{days: monkey, start: 09:00, end: 10:00}]", "shifts[0].days", "'monkey' is not a day", "mon-fri"),
    ("absences: [{first: 2026-07-06, last: 2026-07-01}]", "absences[0]", "before it begins", "Exchange"),
    ("absences: [{first: 6 July, last: 2026-07-01}]", "absences[0].first", "not a date", "2026-03-31"),
    ("skills: {bug: 6}", "skills.bug", "less than or equal to 5", ""),
    ("skills: {bgu: 3}", "skills.bgu", "no skill or issue type 'bgu'", "'bug'"),
    ("deputy: bob", "deputy", "no agent 'bob'", "ann"),
    ("deputy: ann", "deputy", "ann → ann", "another deputy"),
    ("quiet: {start: 22:00, end: 22:00}", "quiet", "end when they start", "absence"),
    ("quiet: {start: 00:00, end: 24:00}", "quiet", "end when they start", "absence"),
    ("quiet: {start: 24:00, end: 07:00}", "quiet.start", "not a time of day", "09:00"),
    ("quiet: {start: 22:00}", "quiet.end", "missing", "Add"),
    ("holidays: SW", "holidays", "no country is called 'SW'", "SE (Sweden), CH (Switzerland)?"),
    ("holidays: Germny", "holidays", "no country is called 'Germny'", "DE (Germany)"),
    ("holidays: UK", "holidays", "no country is called 'UK'", "GB (United Kingdom)?"),
    ("holidays: de", "holidays", "no country is called 'de'", "DE (Germany)?"),
    ("holidays: [SE, DEU]", "holidays[1]", "no country is called 'DEU'", "DE (Germany)?"),
    ("holidays: DE-Bayern", "holidays", "DE has no part called 'Bayern'", "BW, BY, HB"),
    ("holidays: SE-AB", "holidays", "SE has no part called 'AB'", "Write SE alone"),
    ("holidays: [null]", "holidays[0]", "this is no country and no date", "2026-12-24"),
    ("holidays: [2026-13-01]", "holidays[0]", "'2026-13-01' is not a date", "2026-12-24"),
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


# --- rotations ---

CREW = """\
teams:
  a: {name: A, issue_types: [bug], watch: nights}
  b: {name: B, watch: bob}
rotations:
  %s
agents:
  ann: {name: Ann, teams: [a]}
  bob: {name: Bob, teams: [b]}
"""

ROTATIONS = [
    (
        "nights: {members: [ann, bob], turns: weekly, start: 2026-01-05 09:00, time_zone: Europe/Stockholm}",
        Rotation("nights", ("ann", "bob"), Turns.WEEKLY, datetime(2026, 1, 5, 9), "Europe/Stockholm"),
    ),
    (
        "nights: {members: [bob], turns: daily, start: 2026-01-05}",
        Rotation("nights", ("bob",), Turns.DAILY, datetime(2026, 1, 5), "UTC"),
    ),
    ("nights: {members: [bob, ann], turns: follow_the_sun}", Rotation("nights", ("bob", "ann"), Turns.FOLLOW_THE_SUN)),
]


@pytest.mark.parametrize(("written", "meant"), ROTATIONS, ids=[case[0] for case in ROTATIONS])
def test_rotations(written: str, meant: Rotation) -> None:
    roster = load_roster(CREW % written)
    assert roster.rotations == (meant,)
    assert roster.rotation("nights") == meant and roster.rotation("days") is None
    assert [team.watch for team in roster.teams] == ["nights", "bob"]


START = "start: 2026-01-05 09:00"
WRONG_ROTATIONS = [
    (f"nights: {{members: [ann, bo], turns: weekly, {START}}}", "nights.members[1]", "no agent 'bo'", "'bob'"),
    (f"nights: {{members: [ann, bob, ann], turns: weekly, {START}}}", "nights.members", "ann is in this rotation twice", "once"),
    (f"nights: {{members: [], turns: weekly, {START}}}", "nights.members", "nobody is in this rotation", "Add agents"),
    (f"nights: {{members: [nights], turns: weekly, {START}}}", "nights.members[0]", "no agent 'nights'", "ann, bob"),  # a circle
    ("nights: {members: [ann], turns: weekly}", "nights", "weekly turns need a start", "start: 2026-01-05 09:00"),
    ("nights: {members: [ann], turns: daily}", "nights", "daily turns need a start", "start: 2026-01-05 09:00"),
    (f"nights: {{members: [ann], turns: monthly, {START}}}", "nights.turns", "unknown word 'monthly'", "daily, follow_the_sun"),
    ("nights: {members: [ann], turns: daily, start: 9:00}", "nights.start", "not a local date and time", "2026-01-05 09:00"),
    ("nights: {members: [ann], turns: daily, start: 2026-01-05T09:00Z}", "nights.start", "not a local date", "time_zone"),
    (f"nights: {{members: [ann], turns: daily, {START}, time_zone: Mars}}", "nights.time_zone", "not a time zone", "IANA"),
    (f"nights: {{members: [ann], turns: daily, {START}, who: bob}}", "nights.who", "unknown key", "members"),
]


@pytest.mark.parametrize(("written", "path", "problem", "remedy"), WRONG_ROTATIONS, ids=[case[0] for case in WRONG_ROTATIONS])
def test_wrong_rotations(written: str, path: str, problem: str, remedy: str) -> None:
    ((line, where, told, what),) = problems(CREW % written)
    assert (line, where) == (5, f"rotations.{path}")
    assert problem in told and remedy in what


def test_a_name_means_an_agent_or_a_rotation() -> None:
    text = CREW % "bob: {members: [ann], turns: follow_the_sun}"
    assert [(line, path, told) for line, path, told, _ in problems(text)] == [
        (2, "teams.a.watch", "there is no agent or rotation 'nights'"),
        (5, "rotations.bob", "bob is also the name of an agent, in line 8"),
    ]


def test_the_page_explains_how_turns_are_taken() -> None:
    page = (ROOT / "docs" / "roster.md").read_text()
    assert [turns for turns in Turns if f"`{turns}`" not in page] == []


# --- quiet hours and national holidays ---


def test_quiet_hours_may_run_over_midnight() -> None:
    assert load_roster(one('quiet: {start: "22:00", end: "07:00"}')).agents[0].quiet == Quiet(time(22), time(7))
    assert load_roster(one("quiet: {start: 20:00, end: 24:00}")).agents[0].quiet == Quiet(time(20), time(0))
    assert load_roster(one("tier: 1")).agents[0].quiet is None


@time_machine.travel(datetime(2026, 11, 27, tzinfo=UTC))
def test_national_holidays_become_absences_of_the_years_around() -> None:
    (swede,) = load_roster(one("holidays: SE, absences: [{first: 2026-12-20, last: 2026-12-31, reason: skiing}]")).agents
    first, *national = swede.absences
    assert first == Absence(date(2026, 12, 20), date(2026, 12, 31), "skiing")
    assert Absence(date(2026, 6, 20), date(2026, 6, 20), "Midsummer Day") in national
    assert all(absence.first == absence.last for absence in national)
    assert {absence.first.year for absence in national} == {2025, 2026, 2027, 2028}
    assert is_on(swede, datetime(2028, 12, 25, 12, tzinfo=UTC)) == (False, "absent until 26 Dec (Christmas Day)")
    assert is_on(swede, datetime(2026, 12, 25, 12, tzinfo=UTC)) == (False, "absent until 1 Jan 2027 (skiing)")  # New Year follows


@pytest.mark.parametrize(
    ("written", "off", "on"),
    [
        ("DE", "2026-10-03", "2026-06-04"),  # Corpus Christi is a holiday in a part of Germany
        ("DE-BY", "2026-06-04", "2026-10-31"),
        ("DE-SN", "2026-10-31", "2026-06-04"),
        ("US", "2026-07-03", "2026-07-02"),  # the Friday before a Fourth on a Saturday
        ("GB-SCT", "2026-11-30", "2026-04-06"),  # no Easter Monday in Scotland
        ("[SE, DE-BY]", "2026-06-20", "2026-06-05"),
        ("[DE, 2026-12-24]", "2026-12-24", "2026-12-23"),
    ],
)
@time_machine.travel(datetime(2026, 11, 27, tzinfo=UTC))
def test_national_holidays_of_agents_and_calendars(written: str, off: str, on: str) -> None:
    absences = load_roster(one(f"holidays: {written}")).agents[0].absences
    text = f"""\
paths: {{default: {{levels: [{{name: One, offering: one}}]}}}}
rules: []
calendars: {{office: {{periods: [{{days: mon-fri, start: 09:00, end: 17:00}}], holidays: {written}}}}}
"""
    days = load_playbook(text).calendars["office"].holidays
    assert list(days) == sorted(set(days)) == sorted({absence.first for absence in absences})
    assert date.fromisoformat(off) in days and date.fromisoformat(on) not in days


def test_a_wrong_holiday_of_a_calendar_is_told_with_its_line() -> None:
    with pytest.raises(Problems) as found:
        load_playbook("""\
paths: {default: {levels: [{name: One, offering: one}]}}
rules: []
calendars:
  office:
    periods: [{days: mon-fri, start: 09:00, end: 17:00}]
    holidays: [2026-12-24, DE-BX]
""")
    ((line, path, told),) = [(p.line, p.path, p.problem) for p in found.value.problems]
    assert (line, path, told) == (6, "calendars.office.holidays[1]", "DE has no part called 'BX'")


def test_the_library_of_holidays_is_loaded_only_for_documents_that_use_it() -> None:
    code = "import sys; from config.playbook import load_roster; load_roster(sys.argv[1]); print('holidays' in sys.modules)"
    told = [
        subprocess.run([sys.executable, "-c", code, text], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
        for text in (TEXT, one("holidays: SE"))
    ]
    assert told == ["False", "True"]
