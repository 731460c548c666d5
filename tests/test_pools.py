"""A roster made ready for routing says the same as the roster itself, at any moment asked in any order."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from escalation import hours, pools
from escalation.pools import MOST_STRANGERS, pools_of
from escalation.roster import ALL_WEEK, Absence, Agent, Roster, Shift, Team

ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "UTC", "Nowhere/At_All")
CHANGES = (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2025, 12, 31, 12, tzinfo=UTC))
CLOCKS = st.builds(time, st.integers(0, 23), st.integers(0, 59))
SHIFTS = st.lists(
    st.builds(Shift, st.sets(st.integers(0, 6), min_size=1).map(tuple), CLOCKS, CLOCKS), max_size=3
).map(tuple)  # fmt: skip
SOON = st.integers(-2, 4)


@st.composite
def agents_at(draw: st.DrawFn) -> tuple[Agent, list[datetime]]:
    """Somebody around a change of clocks or years, and moments there, many of them at the very edges of their shifts."""
    change = draw(st.sampled_from(CHANGES))
    first = (change + timedelta(days=draw(SOON))).date()
    absences = draw(st.sampled_from([(), (Absence(first, first + timedelta(days=1), "holiday"),)]))
    agent = Agent("ada", "Ada", time_zone=draw(st.sampled_from(ZONES)), shifts=draw(SHIFTS), absences=absences)
    edges = [edge for span in hours.stretches(agent, change - timedelta(days=2), change + timedelta(days=4)) for edge in span]
    moment = st.integers(-2 * 86400, 4 * 86400).map(lambda s: change + timedelta(seconds=s))
    if edges:
        moment |= st.tuples(st.sampled_from(edges), st.integers(-1, 1)).map(lambda e: e[0] + timedelta(microseconds=e[1]))
    return agent, draw(st.lists(moment, min_size=2, max_size=12))


@given(agents_at())
def test_who_is_on_shift_is_what_the_hours_say(drawn: tuple[Agent, list[datetime]]) -> None:
    agent, moments = drawn
    ready = pools_of(Roster((agent,)))
    for moment in moments:
        assert ready.is_on(agent, moment) == hours.is_on(agent, moment)


def test_it_is_not_worked_out_again_within_a_shift(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[datetime] = []
    real = hours.is_on

    def counting(agent: Agent, now: datetime) -> tuple[bool, str]:
        looked.append(now)
        return real(agent, now)

    monkeypatch.setattr(hours, "is_on", counting)
    agent = Agent("ada", "Ada", shifts=(Shift(ALL_WEEK, time(9), time(17)),))
    ready = pools_of(Roster((agent,)))
    start = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert all(ready.is_on(agent, start + timedelta(minutes=n))[0] for n in range(480)) and len(looked) == 1
    assert not ready.is_on(agent, start + timedelta(hours=8))[0] and len(looked) == 2


def test_a_roster_is_made_ready_once_and_few_are_kept() -> None:
    rosters = [Roster((Agent("ada", str(n)),)) for n in range(50)]
    assert pools_of(rosters[0]) is pools_of(rosters[0])
    assert all(pools_of(roster).roster is roster for roster in rosters)
    assert len(pools._POOLS) <= 8


def test_issue_types_without_end_leave_nothing_behind() -> None:
    team = Team("t", "T")
    ready = pools_of(Roster((Agent("ada", "Ada", teams=("t",), skills={"billing": 3}),), (team,)))
    for n in range(1000):
        assert not ready.pool(team, f"made up {n}").skill_needed
    assert ready.pool(team, "billing").skill_needed and len(ready._pools) == 2


@pytest.mark.parametrize("others", [MOST_STRANGERS, MOST_STRANGERS + 1])
def test_people_outside_are_listed_or_counted(others: int) -> None:
    team = Team("t", "T")
    agents = (Agent("ada", "Ada", teams=("t",)), *(Agent(f"x{n}", f"X{n}") for n in range(others)))
    pool = pools_of(Roster(agents, (team,))).pool(team, "")
    listed = others <= MOST_STRANGERS
    assert len(pool.strangers) == (others if listed else 0)
    assert pool.others == ("" if listed else f"{others} other people are not in team t")


def test_an_absence_over_the_new_year_is_told_as_the_hours_tell_it() -> None:
    agent = Agent("ada", "Ada", time_zone="Asia/Tokyo", absences=(Absence(date(2025, 12, 30), date(2026, 1, 5)),))
    ready = pools_of(Roster((agent,)))
    for minutes in range(0, 2 * 1440, 7):
        moment = datetime(2025, 12, 31, tzinfo=UTC) + timedelta(minutes=minutes)
        assert ready.is_on(agent, moment) == hours.is_on(agent, moment)
