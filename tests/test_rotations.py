"""Who is on watch, and who stands in: cases, and the same worked out slowly, minute by minute, over clock changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.roster import ALL_WEEK, Absence, Agent, Roster, Rotation, Shift, Team, Turns
from escalation.rotations import deputy_of, on_watch, turn
from tests import minutes

STOCKHOLM = minutes.STOCKHOLM
OFFICE = (Shift((0, 1, 2, 3, 4), time(9), time(17)),)
ILL = Absence(date(2026, 1, 5), date(2026, 1, 9), "ill")
BILLING = Team("billing", "Billing", watch="watch")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def person(name: str, deputy: str = "", shifts: tuple[Shift, ...] = OFFICE, zone: str = STOCKHOLM, *away: Absence) -> Agent:
    return Agent(name, name.title(), time_zone=zone, shifts=shifts, absences=away, deputy=deputy)


def rotation(turns: Turns, *members: str, start: str = "2026-01-05 09:00", zone: str = STOCKHOLM) -> Rotation:
    return Rotation("watch", members, turns, datetime.fromisoformat(start), zone)


# 2026-01-05 is a Monday; Stockholm is UTC+1 until 29 March, UTC+2 until 25 October.
@pytest.mark.parametrize(
    ("turns", "start", "now", "member", "until"),
    [
        (Turns.WEEKLY, "2026-01-05 09:00", "2026-01-05T08:00", 0, "2026-01-12T08:00"),
        (Turns.WEEKLY, "2026-01-05 09:00", "2026-01-12T07:59", 0, "2026-01-12T08:00"),
        (Turns.WEEKLY, "2026-01-05 09:00", "2026-01-12T08:00", 1, "2026-01-19T08:00"),
        (Turns.WEEKLY, "2026-01-05 09:00", "2026-01-26T08:00", 0, "2026-02-02T08:00"),  # three weeks later again
        (Turns.WEEKLY, "2026-01-05 09:00", "2026-01-05T07:59", 2, "2026-01-05T08:00"),  # before the start: counted backwards
        (Turns.WEEKLY, "2026-01-05 09:00", "2026-03-30T06:59", 2, "2026-03-30T07:00"),  # 09:00 is 07:00 UTC in summer
        (Turns.WEEKLY, "2026-01-05 09:00", "2026-10-25T12:00", 2, "2026-10-26T08:00"),
        (Turns.DAILY, "2026-03-27 02:30", "2026-03-29T01:29", 1, "2026-03-29T01:30"),  # 02:30 is left out that night
        (Turns.DAILY, "2026-03-27 02:30", "2026-03-29T01:30", 2, "2026-03-30T00:30"),
        (Turns.DAILY, "2026-10-23 02:30", "2026-10-25T00:30", 2, "2026-10-26T01:30"),  # 02:30 comes twice: the first counts
        (Turns.DAILY, "2026-01-05 00:00", "2026-01-07T22:59", 2, "2026-01-07T23:00"),
    ],
)
def test_whose_turn_it_is(turns: Turns, start: str, now: str, member: int, until: str) -> None:
    assert turn(rotation(turns, "ada", "bo", "cas", start=start), at(now)) == (member, at(until))


def test_a_day_that_was_left_out_has_no_turn() -> None:
    """Samoa went from 29 to 31 December 2011."""
    samoa = rotation(Turns.DAILY, "ada", "bo", "cas", start="2011-12-29 09:00", zone="Pacific/Apia")
    assert turn(samoa, at("2011-12-30T18:59")) == (0, at("2011-12-30T19:00"))
    assert turn(samoa, at("2011-12-30T19:00")) == (2, at("2011-12-31T19:00"))


NEW_YORK, SYDNEY = minutes.NEW_YORK, "Australia/Sydney"
WEEK = rotation(Turns.WEEKLY, "ada", "bo")
SUN = rotation(Turns.FOLLOW_THE_SUN, "ada", "ned", "sid")
UNTIL = "in watch until Mon 12 Jan 09:00 Europe/Stockholm"
TURN, ALONE = f"it is the turn of Ada {UNTIL}", f"their turn {UNTIL}"
FIRST = "the first of watch on shift"
AROUND = (person("ned", "", OFFICE, NEW_YORK), person("sid", "", OFFICE, SYDNEY))
OFF = "off shift until Tue 09:00 Europe/Stockholm"


@pytest.mark.parametrize(
    ("watch", "people", "now", "agent", "why"),
    [
        (WEEK, (person("ada"), person("bo")), "2026-01-05T09:00", "ada", ALONE),
        (
            WEEK,
            (person("ada", "", (), STOCKHOLM, ILL), person("bo")),
            "2026-01-05T09:00",
            "bo",
            f"{TURN}; Ada: absent until 9 Jan (ill); so Bo",
        ),
        (
            WEEK,
            (person("ada", "cas", (), STOCKHOLM, ILL), person("bo"), person("cas")),
            "2026-01-05T09:00",
            "cas",
            f"{TURN}; Ada: absent until 9 Jan (ill), deputy cas; so Cas",
        ),
        (
            WEEK,
            (person("ada", "cas", (), STOCKHOLM, ILL), person("bo"), person("cas", "dan", (), STOCKHOLM, ILL), person("dan")),
            "2026-01-05T09:00",
            "dan",
            f"{TURN}; Ada: absent until 9 Jan (ill), deputy cas; Cas: absent until 9 Jan (ill), deputy dan; so Dan",
        ),
        (
            WEEK,
            (person("ada", "", (), STOCKHOLM, ILL), person("bo")),
            "2026-01-05T20:00",
            "bo",
            f"{TURN}; Ada: absent until 9 Jan (ill); Bo: {OFF}; nobody of them works now, so Bo is told all the same",
        ),
        (
            WEEK,
            (person("ada"), person("bo")),
            "2026-01-05T20:00",
            "ada",
            f"{TURN}; Ada: {OFF}; Bo: {OFF}; nobody of them works now, so Ada is told all the same",
        ),
        (WEEK, (person("ada", "bo", (), STOCKHOLM, ILL), person("bo", "ada")), "2026-01-05T09:00", "bo", None),  # a circle
        (WEEK, (), "2026-01-05T09:00", "", f"it is the turn of ada {UNTIL}; nobody of that name is on the roster"),
        (SUN, (person("ada"), *AROUND), "2026-01-05T10:00", "ada", FIRST),
        (SUN, (person("ada"), *AROUND), "2026-01-05T15:00", "ada", FIRST),  # both: the order decides
        (SUN, (person("ada"), *AROUND), "2026-01-05T17:00", "ned", f"{FIRST} is on watch; Ada: {OFF}; so Ned"),
        (SUN, (person("ada"), *AROUND), "2026-01-05T23:00", "sid", None),
        # An ill member's deputy fills the member's hours, and leaves the others to the next member.
        (SUN, (person("ada", "dan", OFFICE, STOCKHOLM, ILL), *AROUND, person("dan", "", ())), "2026-01-05T15:00", "dan", None),
        (SUN, (person("ada", "dan", OFFICE, STOCKHOLM, ILL), *AROUND, person("dan", "", ())), "2026-01-05T17:00", "ned", None),
        # When no member works, a deputy does better than nobody.
        (SUN, (person("ada", "dan"), AROUND[0], person("dan", "", ())), "2026-01-06T06:00", "dan", None),
    ],
)
def test_who_is_on_watch_and_why(watch: Rotation, people: tuple[Agent, ...], now: str, agent: str, why: str | None) -> None:
    found = on_watch(Roster(people, (BILLING,), rotations=(watch,)), BILLING, at(now))
    assert found[0] == agent
    assert why is None or found[1] == why


@pytest.mark.parametrize(
    ("watch", "now", "agent", "why"),
    [
        ("ada", "2026-01-05T10:00", "ada", "named for Billing"),
        ("ada", "2026-01-05T20:00", "bo", f"Ada is on watch for Billing; Ada: {OFF}; so Bo"),
        ("", "2026-01-05T10:00", "", "Billing names nobody on watch"),
        ("zoe", "2026-01-05T10:00", "", "zoe is on watch for Billing; nobody of that name is on the roster"),
    ],
)
def test_a_person_on_watch_by_name(watch: str, now: str, agent: str, why: str) -> None:
    team = replace(BILLING, watch=watch)
    assert on_watch(Roster((person("ada", "bo"), person("bo", "", ())), (team,)), team, at(now)) == (agent, why)


@pytest.mark.parametrize(
    ("people", "agent", "why"),
    [
        ((person("ada"),), "", "Ada has no deputy"),
        ((person("ada", "zoe"),), "", "Ada has no deputy"),
        ((person("ada", "bo"), person("bo")), "bo", "Bo stands in for Ada"),
        (
            (
                person("ada", "bo"),
                person("bo", "cas", (), STOCKHOLM, ILL),
                person("cas", "dan", AROUND[0].shifts, NEW_YORK),
                person("dan"),
            ),
            "dan",
            "Dan stands in for Ada; Bo: absent until 9 Jan (ill), deputy cas; Cas: off shift until Mon 09:00 America/New_York",
        ),
        (
            (person("ada", "bo"), person("bo", "ada", (), STOCKHOLM, ILL)),  # a circle: Ada does not stand in for herself
            "",
            "nobody stands in for Ada; Bo: absent until 9 Jan (ill), deputy ada",
        ),
        ((person("ada", "ada"),), "", "Ada has no deputy"),
    ],
)
def test_deputies_of_deputies(people: tuple[Agent, ...], agent: str, why: str) -> None:
    assert deputy_of(Roster(people), people[0], at("2026-01-05T09:00")) == (agent, why)


def test_long_lists_of_people_passed_over_are_cut() -> None:
    people = tuple(person(f"p{n}") for n in range(9))
    line = rotation(Turns.FOLLOW_THE_SUN, *(p.id for p in people))
    why = on_watch(Roster(people, (BILLING,), rotations=(line,)), BILLING, at("2026-01-05T20:00"))[1]
    assert why.count("off shift until") == 5 and "; and 4 more; nobody of them works now" in why


# ------------------------------------------------------------------ against a reference that looks at every minute

MANY = settings(max_examples=200, deadline=None)
NAMES = ("ada", "bo", "cas", "dan", "eve")


def turn_by_minutes(rota: Rotation, change: str, minute: int) -> int:
    """The member whose turn it is: turns that begin, day by day, are counted up to the minute."""
    seen, days = minutes.weeks(change, rota.time_zone), 7 if rota.turns is Turns.WEEKLY else 1
    first = rota.start.date()
    begun = [
        (day - first).days // days
        for day in seen.dates
        if (day - first).days % days == 0 and seen.minute(day, rota.start.time()) <= minute
    ]
    return max(begun) % len(rota.members)


@st.composite
def rotas(draw: st.DrawFn, change: str) -> Rotation:
    day = datetime.fromisoformat(change) + draw(st.integers(-9, 9)) * timedelta(days=1)
    start = datetime.combine(day.date(), draw(minutes.CLOCK))
    members = tuple(draw(st.lists(st.sampled_from(NAMES[:4]), min_size=1, max_size=4, unique=True)))
    return Rotation("watch", members, draw(st.sampled_from(Turns)), start, draw(minutes.ZONE))


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.NEAR, st.data())
def test_turns_as_counted_by_minutes(change: str, minute: int, data: st.DataObject) -> None:
    rota = data.draw(rotas(change).filter(lambda one: one.turns is not Turns.FOLLOW_THE_SUN))
    seen = minutes.weeks(change, rota.time_zone)
    member, until = turn(rota, seen.at(minute))
    over = (until - seen.first) // minutes.MINUTE
    assert member == turn_by_minutes(rota, change, minute) == turn_by_minutes(rota, change, over - 1)
    assert over > minute and (over >= minutes.WINDOW or turn_by_minutes(rota, change, over) == (member + 1) % len(rota.members))


@st.composite
def crews(draw: st.DrawFn, change: str) -> tuple[Agent, ...]:
    """Five people in several zones, with shifts, absences and deputies, circles included."""
    shifts = st.just(()) | st.just((Shift(ALL_WEEK, time(8), time(16)),)) | minutes.SHIFTS
    return tuple(
        Agent(
            name,
            name.title(),
            time_zone=draw(minutes.ZONE),
            shifts=draw(shifts) if n < 4 else (Shift((2,), time(9), time(17)),),
            absences=draw(minutes.absences(change)),
            deputy=draw(st.sampled_from(("", *NAMES))),
        )
        for n, name in enumerate(NAMES)
    )


def chain_by_hand(crew: dict[str, Agent], name: str) -> list[str]:
    found = [name]
    while crew[found[-1]].deputy and crew[found[-1]].deputy not in found:
        found.append(crew[found[-1]].deputy)
    return found


def watch_by_minutes(rota: Rotation, people: tuple[Agent, ...], change: str, minute: int) -> str:
    crew = {agent.id: agent for agent in people}
    works = {agent.id for agent in people if minutes.minutes_of(agent, change)[minute]}
    would = {agent.id for agent in people if minutes.minutes_of(replace(agent, absences=()), change)[minute]}
    today = {agent.id: minutes.weeks(change, agent.time_zone).local(minute, agent.time_zone) for agent in people}
    absent = {name for name, one in crew.items() if any(a.first <= today[name] <= a.last for a in one.absences)}
    line = list(rota.members)
    if rota.turns is Turns.FOLLOW_THE_SUN:
        ill = [name for name in line if name in absent and name in would]
        line = [other for name in line for other in (chain_by_hand(crew, name) if name in ill else [name])]
        line += [other for name in rota.members for other in chain_by_hand(crew, name)]
    else:
        first = turn_by_minutes(rota, change, minute)
        line = [other for name in line[first:] + line[:first] for other in chain_by_hand(crew, name)]
    at_work, around = [n for n in line if n in works], [n for n in line if n not in absent]
    return (at_work or around or line)[0]


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.NEAR, st.data())
def test_the_watch_as_worked_out_by_minutes(change: str, minute: int, data: st.DataObject) -> None:
    rota, people = data.draw(rotas(change)), data.draw(crews(change))
    now = minutes.weeks(change, rota.time_zone).at(minute)
    found, _ = on_watch(Roster(people, (BILLING,), rotations=(rota,)), BILLING, now)
    assert found == watch_by_minutes(rota, people, change, minute)


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, minutes.NEAR, st.data())
def test_deputies_as_worked_out_by_minutes(change: str, minute: int, data: st.DataObject) -> None:
    people = data.draw(crews(change))
    crew = {agent.id: agent for agent in people}
    works = [n for n in chain_by_hand(crew, "ada")[1:] if minutes.minutes_of(crew[n], change)[minute]]
    found, _ = deputy_of(Roster(people), people[0], minutes.weeks(change, STOCKHOLM).at(minute))
    assert found == (works[0] if works else "")
