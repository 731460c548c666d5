"""``simulate`` tells what the real ladder then does, for any moment, and does nothing itself."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.playbook import load_playbook, load_roster
from config.tickets import Wrong
from escalation.away import Away
from escalation.hop import State
from escalation.roster import Load
from escalation.simulate import LONGEST
from signals.reader import TextReader
from web.rehearsals import Rehearsals
from web.whom import Whom, moment

PLAYBOOK = load_playbook(
    """
default_team: billing
paths:
  default:
    levels:
      - {name: One person, offering: one, offer_for: 15m, most_offers: 2}
      - {name: Channel, offering: channel, offer_for: 10m, tell_lead: true}
  tier_2: {levels: [{name: Tier 2, offering: one, min_tier: 2, offer_for: 30m}]}
rules:
  - {id: urgent, title: Urgent, path: tier_2, when: {all: [{field: priority, op: is, value: urgent}]}}
issue_words: {billing: [invoice*]}
""",
    version=4,
)
ROSTER = load_roster(
    """
teams:
  billing: {name: Billing, issue_types: [billing], channel: "#billing", lead: ada, watch: bo}
agents:
  ada:
    name: Ada
    ids: {zendesk: "1"}
    teams: [billing]
    skills: {billing: 5}
    tier: 2
    time_zone: Europe/Berlin
    shifts: [{days: mon-fri, start: "09:00", end: "17:00"}]
  bo: {name: Bo, ids: {zendesk: "2"}, teams: [billing], skills: {billing: 3}, languages: [en, de]}
  cy: {name: Cy, ids: {zendesk: "3"}, teams: [billing], skills: {billing: 1}, languages: [en], tier: 3}
""",
    version=9,
)
MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
SUNDAY = "2026-03-08T03:00+01:00"


def whom(gone: Iterable[Away] = (), **loads: Load) -> Whom:
    def of(agents: Iterable[str]) -> Mapping[str, Load]:
        return {agent: loads[agent] for agent in agents if agent in loads}

    return Whom(
        Rehearsals(TextReader.standard(), lambda: PLAYBOOK, lambda: ROSTER, lambda *_: None, of, lambda _: gone),
        lambda: ("zendesk", "intercom"),
    )


def simulated(body: Mapping[str, Any], **loads: Load) -> dict[str, Any]:
    told = whom((), **loads).simulate({"at": SUNDAY, **body})
    json.dumps(told)  # as the API and the command give it
    return told


def offers(told: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(who, from, until) of every offer in order."""
    found = [offer for level in told["levels"] for offer in level["offers"]]
    return [(offer["agent"] or offer["channel"], offer["at"][11:16], offer["until"][11:16]) for offer in found]


def test_the_whole_ladder_on_a_sunday_night() -> None:
    told = simulated({"issue": "billing"})
    assert offers(told) == [("bo", "02:00", "02:15"), ("cy", "02:15", "02:30"), ("#billing", "02:30", "02:40")]
    assert [level["name"] for level in told["levels"]] == ["One person", "Channel"]
    ada = next(one for one in told["levels"][0]["people"] if one["agent"] == "ada")
    assert ada["excluded"] == "off shift until Mon 09:00 Europe/Berlin"
    assert ("ada", "02:30") in {(one["agent"], one["at"][11:16]) for one in told["told"]}
    assert told["ends"]["state"] == State.WAITING and told["ends"]["whole"] and told["ends"]["at"].startswith("2026-03-08T02:40")
    assert (told["team"], told["path"], told["decision"]) == ("billing", "default", None)
    assert (told["playbook_version"], told["roster_version"]) == (4, 9)


def test_in_the_week_the_best_person_comes_first_and_desks_count() -> None:
    monday = {"issue": "billing", "at": "2026-03-02T10:00Z"}
    assert [who for who, _, _ in offers(simulated(monday))] == ["ada", "bo", "#billing"]
    assert [who for who, _, _ in offers(simulated(monday, ada=Load(9)))] == ["bo", "cy", "#billing"]


def test_who_is_away_is_asked_again_when_they_are_back() -> None:
    gone = [Away("bo", datetime(2026, 3, 8, 2, 10, tzinfo=UTC))]
    told = whom(gone).simulate({"issue": "billing", "at": SUNDAY})
    assert [who for who, _, _ in offers(told)] == ["cy", "bo", "#billing"]


@pytest.mark.parametrize(
    ("more", "people"),
    [
        ({"language": "de"}, ["bo"]),
        ({"connection": "intercom"}, []),
        ({"connection": "zendesk"}, ["bo", "cy"]),
        ({"tier": "enterprise"}, ["bo", "cy"]),
    ],
)
def test_what_is_said_of_the_ticket_counts(more: dict[str, str], people: list[str]) -> None:
    assert [who for who, _, _ in offers(simulated({"issue": "billing", **more}))] == [*people, "#billing"]


def test_a_ticket_is_judged_by_the_rules_first() -> None:
    ticket = {"priority": "urgent", "messages": [{"role": "customer", "text": "My invoice is wrong."}]}
    told = simulated({"ticket": ticket})
    assert told["decision"]["escalate"] and told["decision"]["rules"] == ["urgent"] and told["path"] == "tier_2"
    assert offers(told) == [("cy", "02:00", "02:30")]
    calm = simulated({"ticket": {**ticket, "priority": "low"}})
    assert not calm["decision"]["escalate"] and calm["path"] == "default" and offers(calm)


def test_an_unknown_ticket_is_said() -> None:
    with pytest.raises(LookupError, match="no ticket 8"):
        simulated({"ticket": "zendesk:8"})


def test_it_ends_whatever_the_path_is() -> None:
    repeats = load_playbook(
        "default_team: billing\n"
        "paths: {default: {at_end: start_again, levels: [{name: A, offering: one, offer_for: 3d, repeat: 9}]}}\nrules: []\n"
    )
    made = whom()
    endless = Whom(Rehearsals(made.rehearsals.reader, lambda: repeats, lambda: ROSTER, lambda *_: None, lambda _: {}), dict)
    told = endless.simulate({"issue": "billing", "at": SUNDAY})
    assert not told["ends"]["whole"]
    assert datetime.fromisoformat(told["ends"]["at"]) - datetime.fromisoformat(told["at"]) <= LONGEST


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("", "", MONDAY),
        ("2026-11-29T03:00+01:00", "", datetime(2026, 11, 29, 2, tzinfo=UTC)),
        ("2026-11-29T03:00Z", "Europe/Berlin", datetime(2026, 11, 29, 3, tzinfo=UTC)),
        ("2026-11-29 03:00", "Europe/Berlin", datetime(2026, 11, 29, 2, tzinfo=UTC)),
        ("2026-11-29T03:00", "", datetime(2026, 11, 29, 3, tzinfo=UTC)),
        ("Sun 03:00", "", datetime(2026, 3, 8, 3, tzinfo=UTC)),
        ("sunday 3:00", "Asia/Tokyo", datetime(2026, 3, 7, 18, tzinfo=UTC)),
        ("Sun 03:00 Europe/Berlin", "Asia/Tokyo", datetime(2026, 3, 8, 2, tzinfo=UTC)),
        ("Mon 10:00", "", MONDAY),
        ("Mon 09:59", "", datetime(2026, 3, 9, 9, 59, tzinfo=UTC)),
        ("Mon 20:00", "", datetime(2026, 3, 2, 20, tzinfo=UTC)),
        ("Mon 02:00", "Pacific/Auckland", datetime(2026, 3, 8, 13, tzinfo=UTC)),  # it is Monday 23:00 there
    ],
)
def test_moments_are_read_as_people_write_them(text: str, zone: str, at: datetime) -> None:
    assert moment(text, zone, MONDAY) == at


def test_a_time_that_a_change_of_clocks_leaves_out_is_the_hour_after() -> None:
    friday = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert moment("Sun 02:30 Europe/Berlin", "", friday) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["soon", "Sun", "Sun 25:00", "03:00", "Sun 03:00 Mars/Base", "2026-13-01", "9999-12-31T23:59", "0001-01-01", "x" * 9999],
)
def test_a_moment_that_makes_no_sense_is_told(text: str) -> None:
    with pytest.raises(Wrong) as told:
        simulated({"issue": "billing", "at": text})
    ((path, problem, remedy),) = told.value.problems
    assert path == "at" and len(problem) < 150 and "Sun 03:00" in remedy


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({}, {"issue"}),
        ({"issue": "billing", "ticket": "zendesk:1"}, {"issue"}),
        ({"issue": 3}, {"issue"}),
        ({"issue": "x" * 2001}, {"issue"}),
        ({"issue": "billing", "tier": 3, "language": None, "zone": "Mars/Base"}, {"tier", "language", "at"}),
        ({"issue": "billing", "at": 7}, {"at"}),
        ({"ticket": {"priority": "very"}}, {"priority"}),
    ],
)
def test_every_mistake_is_told_with_its_path(body: dict[str, Any], paths: set[str]) -> None:
    with pytest.raises(Wrong) as told:
        simulated(body)
    assert {path for path, _, _ in told.value.problems} == paths


def test_a_moment_long_past_or_to_come_is_answered() -> None:
    for days in (-3000, 3000):
        assert simulated({"issue": "billing", "at": (datetime.now(UTC) + timedelta(days=days)).isoformat()})["levels"]
