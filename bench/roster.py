"""A large roster: who is on watch, and when is nobody there. ``python -m bench.roster`` prints it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from statistics import median

from bench.kit import machine, percentile
from bench.rules import timed
from config.roster import load_roster
from escalation.coverage import coverage
from escalation.roster import Absence, Agent, Roster, Rotation, Shift, Team, Turns
from escalation.rotations import on_watch

NOW = datetime(2026, 10, 19, 8, 17, tzinfo=UTC)  # clocks change within the days looked at
ZONES = ("Europe/Stockholm", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata")
PEOPLE, TEAMS = 500, 30
_WORKDAYS = (0, 1, 2, 3, 4)


def roster() -> Roster:
    """500 agents in 30 teams, with lunch breaks, night and weekend shifts, national holidays, and a rotation per team."""
    agents = tuple(_agent(n) for n in range(PEOPLE))
    rotations = tuple(
        Rotation(f"w{t}", tuple(f"a{n}" for n in range(t, PEOPLE, TEAMS)), turns, datetime(2026, 1, 5, 9), ZONES[t % 4])
        for t in range(TEAMS)
        for turns in (tuple(Turns)[t % 3],)
    )
    return Roster(agents, tuple(Team(f"t{t}", f"Team {t}", watch=f"w{t}") for t in range(TEAMS)), rotations=rotations)


def _agent(n: int) -> Agent:
    start = 6 + n % 5
    day = (Shift(_WORKDAYS, time(start), time(start + 4)), Shift(_WORKDAYS, time(start + 4, 30), time(start + 8)))
    shifts = (day, (*day, Shift((5, 6), time(9), time(13))), (Shift(_WORKDAYS, time(22), time(6)),))[n % 3]
    away = Absence(date(2026, 10, 20 + n % 10), date(2026, 10, 21 + n % 10), "holiday")
    return Agent(
        f"a{n}", f"Agent {n}", teams=(f"t{n % TEAMS}", f"t{n * 7 % TEAMS}"), languages=("en", "de") if n % 4 else ("en",),
        time_zone=ZONES[n // 7 % 4], shifts=shifts, absences=(away, *_national()),
        deputy=f"a{n + TEAMS}" if n % 3 and n + TEAMS < PEOPLE else "",
    )  # fmt: skip


def _national() -> tuple[Absence, ...]:
    """What ``holidays: DE-BY`` becomes: four years of them."""
    text = "teams: {t: {name: T}}\nagents: {a: {name: A, teams: [t], holidays: DE-BY}}"
    return load_roster(text).agents[0].absences


def main() -> str:
    """Run it; the report as Markdown."""
    staff = roster()
    works = {
        "coverage of 14 days (wanted: at most 200)": lambda: coverage(staff, NOW),
        "the same, with two languages": lambda: coverage(staff, NOW, languages=("de", "fr")),
        "who is on watch, all teams": lambda: [on_watch(staff, team, NOW) for team in staff.teams],
    }
    rows = []
    for name, work in works.items():
        took = timed(work, rounds=20)
        rows.append(f"| {name} | {median(took):.1f} | {percentile(took, 0.99):.1f} |")
    head = ["## Roster: 500 agents in 30 teams", "", f"{machine()}.", ""]
    return "\n".join([*head, "| what | ms, median | ms, p99 |", "|---|---|---|", *rows])


if __name__ == "__main__":
    print(main())
