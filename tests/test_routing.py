"""Routing: who is offered a handoff and why nobody else, each agent in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.playbook import load_playbook
from config.yamldoc import Problems
from escalation.decision import Candidate, Route
from escalation.playbook import Level, QuietHours, Weights
from escalation.pools import MOST_STRANGERS
from escalation.roster import Absence, Agent, Load, Quiet, Roster, Shift, Team
from escalation.routing import choose
from escalation.ticket import Customer, Ticket

NOW = datetime(2025, 11, 24, 10, 0, tzinfo=UTC)  # a Monday, 11:00 in Berlin
FIRST = Level("Tier 1")
BILLING = Team("billing", "Billing", ("billing", "cancellation"))
TECHNICAL = Team("technical", "Technical", ("bug",))
TICKET = Ticket("zendesk", "1")
ACCOUNT = {"zendesk": "101"}


def person(id: str, **told: object) -> Agent:
    plain = Agent(id, id.title(), ids=ACCOUNT, skills={"billing": 3}, teams=("billing",), languages=("en",))
    return replace(plain, **told)  # type: ignore[arg-type]


def route(*agents: Agent, ticket: Ticket = TICKET, issue: str = "billing", team: Team | None = BILLING, **more: object) -> Route:
    roster = Roster(agents, (BILLING, TECHNICAL), version=7)
    told: dict[str, object] = {"level": FIRST, "loads": {}, **more}
    loads, level = told.pop("loads"), told.pop("level")
    return choose(ticket, issue, team, roster, loads, NOW, level=level, **told)  # type: ignore[arg-type]


def only(found: Route, id: str) -> Candidate:
    (one,) = [c for c in found.candidates if c.agent == id]
    return one


NIGHT = (Shift((0, 1, 2, 3, 4), time(22), time(6)),)
UNASKED = "nobody there has the skill {0}, so it was not asked for; 1 of 1 available"
ABSENT = (Absence(date(2025, 11, 20), date(2025, 12, 3), "holiday"),)


@pytest.mark.parametrize(
    ("agent", "more", "why"),
    [
        (person("ada", teams=("technical",)), {}, "not in team billing"),
        (person("ada", ids={"intercom": "7"}), {}, "no account in zendesk, so the ticket could not be assigned"),
        (person("ada", skills={"bug": 4}), {}, "no skill billing"),
        (person("ada", skills={"billing": 0}), {}, "no skill billing"),
        (
            person("ada", languages=("en", "fr-CA")),
            {"ticket": replace(TICKET, language="de")},
            "does not speak de (speaks en, fr)",
        ),
        (person("ada"), {"ticket": replace(TICKET, customer=Customer(language="JA"))}, "does not speak ja (speaks en)"),
        (person("ada"), {"level": Level("Tier 2", min_tier=2)}, "tier 1, level Tier 2 needs 2"),
        (person("ada", shifts=NIGHT, time_zone="Europe/Berlin"), {}, "off shift until Mon 22:00 Europe/Berlin"),
        (person("ada", absences=ABSENT, deputy="bo"), {}, "absent until 3 Dec (holiday), deputy bo"),
        (person("ada"), {"away": {"ada": "away in Zendesk"}}, "away in Zendesk"),
        (person("ada", capacity=3), {"loads": {"ada": Load(2, 1)}}, "full: 2 of 3 open, 1 on offer"),
        (person("ada", capacity=0), {}, "takes no handoffs (capacity 0)"),
        (person("ada"), {"exclude": {"ada": "declined: busy"}}, "declined: busy"),
        (person("ada", capacity=0), {"exclude": {"ada": "already has it"}}, "already has it"),  # no further reason needed
        (
            person("ada", ids={}, capacity=0),
            {},
            "no account in zendesk, so the ticket could not be assigned; takes no handoffs (capacity 0)",
        ),
    ],
)
def test_each_exclusion_says_why(agent: Agent, more: dict[str, object], why: str) -> None:
    found = route(agent, person("zoe", languages=()), **more)  # type: ignore[arg-type]
    left_out = only(found, "ada")
    assert (left_out.excluded, left_out.words, left_out.score, left_out.parts) == (why, why, 0.0, {})


@pytest.mark.parametrize("language", ["", "en", "EN", "en-US", "en_GB"])
def test_language_is_compared_without_case_and_region(language: str) -> None:
    assert route(person("ada"), ticket=replace(TICKET, language=language)).available()


def test_agents_who_list_no_language_take_any() -> None:
    assert route(person("ada", languages=()), ticket=replace(TICKET, language="ja")).available()


def test_parts_add_up_and_are_said() -> None:
    best = person("ada", skills={"billing": 4}, tier=2)
    ticket = replace(TICKET, language="en", customer=Customer(tier="Enterprise Plus"))
    found = route(best, person("bo"), ticket=ticket, loads={"ada": Load(1, 1), "bo": Load(0, 0, NOW)}, known=frozenset({"ada"}))
    ada = found.available()[0]
    assert ada.parts == {"skill": 32.0, "free": 15.0, "known": 15.0, "fair": 12.0, "tier": 5.33}
    assert ada.score == 79.33 == round(sum(ada.parts.values()), 2)
    assert ada.words == (
        "skill billing 4/5, 1 of 5 open, 1 on offer, speaks en, tier 2 for customer tier Enterprise Plus, "
        "has helped this customer before, least recently asked"
    )


@pytest.mark.parametrize(
    ("better", "worse", "more"),
    [
        (person("zoe", skills={"billing": 5}), person("ada"), {}),  # the skilled one
        (person("zoe"), person("ada"), {"loads": {"ada": Load(1)}}),  # the free one
        (person("zoe", capacity=10), person("ada", capacity=2), {"loads": {"ada": Load(1), "zoe": Load(1)}}),  # room, not number
        (person("zoe"), person("ada"), {"known": frozenset({"zoe"})}),  # the one who knows the customer
        (person("zoe"), person("ada"), {"loads": {"ada": Load(last_offer_at=NOW)}}),  # never asked before
        (
            person("zoe"),
            person("ada"),
            {"loads": {"ada": Load(last_offer_at=NOW), "zoe": Load(last_offer_at=NOW - timedelta(seconds=1))}},
        ),
        (person("zoe", tier=3), person("ada"), {"ticket": replace(TICKET, customer=Customer(tier="vip"))}),
        (person("ada"), person("zoe", tier=3), {"ticket": replace(TICKET, customer=Customer(tier="free"))}),  # a tie: by id
        (person("ada"), person("zoe"), {}),
    ],
)
def test_who_comes_first(better: Agent, worse: Agent, more: dict[str, object]) -> None:
    found = route(worse, better, **more)  # type: ignore[arg-type]
    assert [c.agent for c in found.available()] == [better.id, worse.id]


def test_weights_are_the_callers() -> None:
    strong, idle = person("ada", skills={"billing": 5}), person("bo", skills={"billing": 1})
    busy = {"ada": Load(3)}
    assert route(strong, idle, loads=busy).available()[0].agent == "ada"
    assert route(strong, idle, loads=busy, weights=Weights(skill=5)).available()[0].agent == "bo"


def test_a_team_without_the_skill_is_asked_anyway_and_says_so() -> None:
    found = route(person("ada", skills={}), person("bo", skills={"bug": 5}, teams=("technical",)))
    assert only(found, "ada").words == "no skill billing on record (nobody in the team has it), 0 of 5 open"
    assert found.words == (
        "Billing pool because the issue type is billing; nobody there has the skill billing, so it was not asked for; "
        "1 of 1 available"
    )


def test_skilled_but_busy_colleagues_do_not_open_the_door_to_the_unskilled() -> None:
    found = route(person("ada", skills={}), person("bo"), loads={"bo": Load(5)})
    assert not found.available()
    assert only(found, "ada").excluded == "no skill billing"


@pytest.mark.parametrize(
    ("team", "issue", "level", "words"),
    [
        (BILLING, "billing", FIRST, "Billing pool because the issue type is billing; 1 of 1 available"),
        (BILLING, "", FIRST, "Billing pool because the issue type is not known; 1 of 1 available"),
        (BILLING, "other", FIRST, "Billing pool because no team owns the issue type other; " + UNASKED.format("other")),
        (
            BILLING,
            "bug",
            FIRST,
            "Billing pool because the rule names it (the issue type bug is otherwise Technical); " + UNASKED.format("bug"),
        ),
        (BILLING, "billing", Level("Desk", team="billing"), "Billing pool because level Desk names it; 1 of 1 available"),
        (TECHNICAL, "bug", FIRST, "Technical pool because the issue type is bug; nobody is in it: add agents to the roster"),
        (None, "billing", FIRST, "The whole roster because no team is set up; 1 of 1 available"),
    ],
)
def test_the_route_says_why_this_team(team: Team | None, issue: str, level: Level, words: str) -> None:
    found = route(person("ada"), team=team, issue=issue, level=level)
    assert found.words == words
    assert (found.team, found.issue_type, found.roster_version) == (team.id if team else "", issue, 7)


def test_nobody_available_names_everybody_of_the_team() -> None:
    found = route(
        person("ada", shifts=NIGHT, time_zone="Europe/Berlin"),
        person("bo"),
        person("cy", capacity=2),
        person("dee", teams=()),
        loads={"cy": Load(2)},
        exclude={"bo": "declined: busy"},
    )
    assert not found.available()
    assert found.words == (
        "Billing pool because the issue type is billing; nobody is available. "
        "Ada: off shift until Mon 22:00 Europe/Berlin; Bo: declined: busy; Cy: full: 2 of 2 open"
    )
    assert [c.agent for c in found.candidates] == ["ada", "bo", "cy", "dee"]


def test_a_large_team_is_not_listed_in_full() -> None:
    found = route(*(person(f"a{n:03}", capacity=0) for n in range(40)))
    assert found.words.endswith("; and 28 more")
    assert len(found.candidates) == 40


def test_the_order_of_the_roster_does_not_matter() -> None:
    agents = (person("ada"), person("bo", skills={"billing": 5}), person("cy", capacity=0), person("dee", teams=()))
    first, *others = (route(*order) for order in permutations(agents))
    assert all(found == first for found in others)


def test_many_people_of_other_teams_are_counted_not_listed() -> None:
    others = tuple(person(f"x{n:03}", teams=("technical",)) for n in range(MOST_STRANGERS + 1))
    found = route(person("ada"), *others)
    assert [c.agent for c in found.candidates] == ["ada"] and found.others == "51 other people are not in team billing"
    assert route(person("ada"), *others[1:]).others == "" and len(route(person("ada"), *others[1:]).candidates) == 51


def test_who_lacks_the_skill_is_told_why_they_are_left_out_all_the_same() -> None:
    found = route(person("ada"), person("bo", skills={}), exclude={"bo": "declined: wrong skill", "nobody": "left"})
    assert only(found, "bo").excluded == "declined: wrong skill"
    assert found.inputs and found.inputs.exclude == {"bo": "declined: wrong skill"}


def test_a_question_without_a_helpdesk_asks_for_any_account() -> None:
    found = route(person("ada"), person("bo", ids={}), ticket=Ticket("", "1"))
    assert found.available()[0].agent == "ada" and only(found, "bo").excluded == "no account in any helpdesk"


@pytest.mark.parametrize(("valuable", "points"), [(("gold",), 5.33), (("enterprise",), 0.0), ((), 0.0)])
def test_who_is_valuable_is_for_the_playbook_to_say(valuable: tuple[str, ...], points: float) -> None:
    weights = replace(Weights(), valuable=valuable, version=12)
    found = route(person("ada", tier=2), ticket=replace(TICKET, customer=Customer(tier="Gold Plus")), weights=weights)
    assert found.available()[0].parts["tier"] == points and found.playbook_version == 12


@pytest.mark.parametrize(
    ("quiet", "why"),
    [(QuietHours.RESPECT, "quiet hours until 12:00 Europe/Berlin"), (QuietHours.OVERRIDE, "")],
)
def test_quiet_hours_are_kept_unless_the_level_overrides_them(quiet: QuietHours, why: str) -> None:
    resting = person("ada", quiet=Quiet(time(22), time(12)), time_zone="Europe/Berlin")
    assert only(route(resting, level=Level("One", quiet=quiet)), "ada").excluded == why


BASE = "paths: {default: {levels: [{name: One, offering: one}]}}\nrules: []\n"


@pytest.mark.parametrize(
    ("text", "weights"),
    [
        ("", Weights(version=3)),
        ("routing: {}\n", Weights(version=3)),
        ("routing: {skill: 0, fair: 1000, known: 0.5}\n", Weights(skill=0, fair=1000, known=0.5, version=3)),
        ("routing: {valuable: [' Gold Plus']}\n", Weights(valuable=("gold plus",), version=3)),
    ],
)
def test_weights_stand_in_the_playbook(text: str, weights: Weights) -> None:
    assert load_playbook(BASE + text, version=3).routing == weights


@pytest.mark.parametrize(
    "wrong",
    ["skill: -1", "free: 1000.5", "known: .nan", "fair: .inf", "tier: yes", "tier: '3'", "skil: 3", "valuable: ['']",
     "valuable: [' ']", "valuable: vip", "valuable: [3]"],
)  # fmt: skip
def test_weights_that_make_no_sense_are_refused_with_their_line(wrong: str) -> None:
    with pytest.raises(Problems) as told:
        load_playbook(f"{BASE}routing: {{{wrong}}}\n")
    (problem,) = told.value.problems
    assert problem.line == 3 and problem.path.startswith("routing.") and (problem.remedy or "should be" in problem.problem)


AGENTS = st.lists(
    st.builds(
        person,
        st.sampled_from(["ada", "bo", "cy", "dee", "eve"]),
        skills=st.dictionaries(st.sampled_from(["billing", "bug"]), st.integers(-1, 9)),
        capacity=st.integers(-1, 4),
        tier=st.integers(0, 9),
        teams=st.sampled_from([(), ("billing",), ("technical", "billing")]),
        languages=st.sampled_from([(), ("en",), ("de", "en-GB")]),
    ),
    max_size=6,
)
LOADS = st.dictionaries(
    st.sampled_from(["ada", "bo", "cy"]),
    st.builds(
        Load, st.integers(0, 3), st.integers(0, 2), st.none() | st.integers(0, 99).map(lambda m: NOW - timedelta(minutes=m))
    ),
)


@given(AGENTS, LOADS, st.sampled_from(["", "en", "de"]), st.sampled_from(["", "billing", "bug"]))
def test_everybody_is_listed_once_and_parts_add_up(
    agents: list[Agent], loads: dict[str, Load], language: str, issue: str
) -> None:
    found = route(*agents, ticket=replace(TICKET, language=language), issue=issue, loads=loads)
    assert sorted(c.agent for c in found.candidates) == sorted({a.id for a in agents})
    assert all(c.words for c in found.candidates)
    assert all(min(c.parts.values(), default=0.0) >= 0 for c in found.candidates)
    assert all(c.score == round(sum(c.parts.values()), 2) >= 0 for c in found.candidates)
    scores = [c.score for c in found.available()]
    assert scores == sorted(scores, reverse=True)
    assert found.candidates[: len(scores)] == found.available()
