"""Uncovered stretches: gaps that were planted are found, to the minute and over clock changes, and nothing else."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from escalation.coverage import coverage
from escalation.roster import ALL_WEEK, Absence, Agent, Roster, Shift, Team
from tests import minutes

STOCKHOLM = minutes.STOCKHOLM
WORKDAYS = (0, 1, 2, 3, 4)
OFFICE = Shift(WORKDAYS, time(9), time(17))
MONDAY = datetime(2026, 11, 23, 10, 30, 42, tzinfo=UTC)  # 11:30 in Stockholm


def person(name: str, *shifts: Shift, zone: str = STOCKHOLM, capacity: int = 5, **more: object) -> Agent:
    return Agent(name, name.title(), teams=("a",), shifts=shifts, time_zone=zone, capacity=capacity, **more)  # type: ignore[arg-type]


def team(*people: Agent, lead: str = "") -> Roster:
    return Roster(people, (Team("a", "Billing", lead=lead),))


ROUND = person("ada")
NIGHT = person("bo", Shift(ALL_WEEK, time(17), time(9)))
ALONE = "Billing rests on Ada alone: nobody else of it is ever on shift"


@pytest.mark.parametrize(
    ("roster", "days", "words"),
    [
        (team(ROUND, person("bo", OFFICE)), 14, ()),
        (team(ROUND), 14, (ALONE,)),
        (team(), 14, ("Billing has nobody at all in the coming 14 days",)),
        (team(person("ada", capacity=0)), 1, ("Billing has nobody at all in the coming day",)),
        (team(person("ada", Shift(ALL_WEEK, time(9), time(17))), NIGHT), 14, ()),
        (
            team(person("ada", OFFICE), NIGHT),
            14,
            (
                "Billing has nobody Sat 09:00 to 17:00 Europe/Stockholm",
                "Billing has nobody Sun 09:00 to 17:00 Europe/Stockholm",
                "Billing has nobody Sat 5 Dec 09:00 to 17:00 Europe/Stockholm",
                "Billing has nobody Sun 6 Dec 09:00 to 17:00 Europe/Stockholm",
            ),
        ),
        (
            team(person("ada", OFFICE), person("bo", OFFICE)),
            5,
            (
                *(
                    f"Billing has nobody {a} 17:00 to {b} 09:00 Europe/Stockholm"
                    for a, b in (("Mon", "Tue"), ("Tue", "Wed"), ("Wed", "Thu"), ("Thu", "Fri"))
                ),
                "Billing has nobody from Fri 17:00 Europe/Stockholm on",
            ),
        ),
        (  # told in the lead's time zone
            team(person("ada", Shift((0,), time(12), time(11)), zone="Asia/Kolkata"), lead="ada"),
            1,
            ("Billing has nobody from Tue 11:00 Asia/Kolkata on", ALONE),
        ),
        (  # from now on
            team(person("ada", Shift(ALL_WEEK, time(12), time(11, 30)))),
            1,
            ("Billing has nobody now and until Mon 12:00 Europe/Stockholm", ALONE),
        ),
        (  # one who is away all the time is no cover
            team(ROUND, person("bo", absences=(Absence(date(2026, 11, 1), date(2026, 12, 31)),))),
            14,
            (ALONE,),
        ),
    ],
)
def test_gaps_in_words(roster: Roster, days: int, words: tuple[str, ...]) -> None:
    assert coverage(roster, MONDAY, days).words == words


def test_languages_are_looked_at_when_asked_for() -> None:
    roster = team(person("ada", languages=("en", "de-AT")), person("bo", OFFICE, languages=("en", "fr")))
    assert coverage(roster, MONDAY, 1).words == ()
    assert coverage(roster, MONDAY, 1, ("de", "fr", "de", "pt-BR")).words == (
        "Billing has nobody who speaks fr Mon 17:00 to Tue 09:00 Europe/Stockholm",
        "Billing has nobody who speaks pt-BR at all in the coming day",
    )
    anything = team(person("ada"))  # without languages: any, as in routing
    assert coverage(anything, MONDAY, 1, ("pt",)).gaps == ()


def test_the_days_begin_with_the_minute_of_now() -> None:
    found = coverage(team(), MONDAY, 2)
    assert (found.since, found.until) == (MONDAY.replace(second=0), MONDAY.replace(day=25, second=0))
    assert [(gap.start, gap.end) for gap in found.gaps] == [(found.since, found.until)]


# ------------------------------------------------------------------ planted gaps

MANY = settings(max_examples=200, deadline=None)
DAY_MINUTES = st.integers(6 * 60, 22 * 60)  # of the wall clock; clocks change at night, so a day's gap has one meaning
Planted = dict[int, list[tuple[int, int]]]  # weekday → stretches without anybody, as minutes of the day


def clock(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)


@st.composite
def gaps_of_a_week(draw: st.DrawFn) -> Planted:
    """On some days one or two stretches, apart from each other; some last until midnight, some over nights and whole days."""
    found: Planted = {}
    for day in range(7):
        kind = draw(st.sampled_from(("none", "none", "day", "evening", "early", "noon", "two")))
        a, b, c, d = sorted(draw(st.lists(DAY_MINUTES, min_size=4, max_size=4, unique=True)))
        found[day] = {
            "none": [],
            "day": [(0, 1440)],
            "evening": [(a, 1440)],
            "early": [(0, a)],
            "noon": [(a, b)],
            "two": [(a, b), (c, d)],
        }[kind]
    return found


def pieces(gaps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of a day."""
    edges = [0, *(edge for gap in gaps for edge in gap), 1440]
    return [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]


@st.composite
def crews(draw: st.DrawFn, name: str, zone: str, planted: Planted) -> tuple[Agent, ...]:
    """Up to four people who together work whenever nothing is planted, some of it twice; and some who are no cover."""
    shifts: dict[int, list[Shift]] = {n: [] for n in range(4)}
    for day in range(7):
        for a, b in pieces(planted[day]):
            whole = Shift((day,), clock(a), clock(b))
            noon = Shift((day,), clock(a), clock(12 * 60)), Shift((day,), clock(12 * 60), clock(b))
            for shift in noon if a < 12 * 60 < b and draw(st.booleans()) else (whole,):
                for n in draw(st.sets(st.integers(0, 3), min_size=1, max_size=2)):
                    shifts[n].append(shift)
    never = Absence(date(2026, 1, 1), date(2026, 12, 31))
    able = [Agent(f"{name}{n}", "", teams=(name,), time_zone=zone, shifts=tuple(s)) for n, s in shifts.items() if s]
    no_cover = (
        Agent(f"{name}-full", "", teams=(name,), time_zone=zone, capacity=0),
        Agent(f"{name}-away", "", teams=(name,), time_zone=zone, absences=(never,)),
        Agent(f"{name}-other", "", teams=("elsewhere",), time_zone=zone),
    )
    return (*able, *draw(st.lists(st.sampled_from(no_cover), unique_by=lambda a: a.id)))


def expected(planted: Planted, seen: minutes.Weeks, start: int, end: int) -> list[tuple[int, int]]:
    nobody_in = bytearray(minutes.WINDOW)
    for day in seen.dates[:-1]:
        for a, b in planted[day.weekday()]:
            begun = seen.minute(day, clock(a))
            over = seen.minute(day + minutes.DAY if b == 1440 else day, clock(b))
            minutes.mark(nobody_in, begun, over)
    return list(minutes.runs(nobody_in, 1, start, end))


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, st.integers(0, 5 * 1440), st.integers(1, 14), st.data())
def test_planted_gaps_are_found_and_nothing_else(change: str, start: int, days: int, data: st.DataObject) -> None:
    zones = {name: data.draw(minutes.ZONE) for name in ("a", "b")}
    planted = {name: data.draw(gaps_of_a_week()) for name in zones}
    people = [agent for name in zones for agent in data.draw(crews(name, zones[name], planted[name]))]
    roster = Roster(tuple(data.draw(st.permutations(people))), tuple(Team(name, name) for name in zones))
    seen = {name: minutes.weeks(change, zone) for name, zone in zones.items()}
    found = coverage(roster, seen["a"].at(start), days)
    assert [(gap.team, gap.start, gap.end) for gap in found.gaps] == [
        (name, seen[name].at(a), seen[name].at(b))
        for name in zones
        for a, b in expected(planted[name], seen[name], start, start + days * 1440)
    ]


@pytest.mark.slow
@MANY
@given(minutes.CHANGE, st.integers(0, 5 * 1440), st.integers(1, 14), st.data())
def test_any_roster_is_covered_as_counted_by_minutes(change: str, start: int, days: int, data: st.DataObject) -> None:
    people = tuple(
        Agent(
            f"p{n}",
            f"P{n}",
            teams=data.draw(st.sampled_from((("a",), ("b",), ("a", "b"), ()))),
            time_zone=data.draw(minutes.ZONE),
            shifts=data.draw(minutes.SHIFTS),
            absences=data.draw(minutes.absences(change)),
            capacity=data.draw(st.sampled_from((5, 5, 0))),
        )
        for n in range(data.draw(st.integers(0, 4)))
    )
    found = coverage(Roster(people, (Team("a", "A"), Team("b", "B"))), minutes.weeks(change, STOCKHOLM).at(start), days)
    seen, end = minutes.weeks(change, STOCKHOLM), start + days * 1440
    for name in ("a", "b"):
        able = [minutes.minutes_of(agent, change) for agent in people if name in agent.teams and agent.capacity]
        somebody = minutes.any_of(able)
        wanted = [(seen.at(a), seen.at(b)) for a, b in minutes.runs(somebody, 0, start, end)]
        assert [(gap.start, gap.end) for gap in found.gaps if gap.team == name] == wanted
        present = [one for one in able if any(one[start:end])]
        assert [one.team for one in found.alone].count(name) == (len(present) == 1)
