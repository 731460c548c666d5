"""Ten thousand tickets over five hundred agents with thirty skills, and how long ``who`` and ``simulate`` take with them.

``python -m bench.routing`` prints it. Every ticket comes a minute after the one before, so shifts begin and end all the time.
"""

from __future__ import annotations

import json
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from statistics import median

from sqlalchemy import Engine, text

from bench.kit import machine, percentile
from config.playbook import load_playbook
from escalation import routing
from escalation.decision import as_data
from escalation.playbook import Level
from escalation.roster import Agent, Load, Roster, Shift, Team
from escalation.ticket import Customer, Ticket
from signals.reader import TextReader
from store import embedded, engine, migrate
from store.journal import StoredJournal
from web.rehearsals import Rehearsals
from web.whom import Whom

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
TICKETS, AGENTS, TEAMS = 10_000, 500, (1, 10)
SKILLS = tuple(f"skill_{n:02}" for n in range(30))
ABLE = (10, 50, 100, 250, 500)  # people of the pool who have the skill
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney", "UTC")
LEVEL = Level("One person")
WEEKDAYS = (0, 1, 2, 3, 4)
SHIFTS = (Shift(WEEKDAYS, clock(8), clock(12)), Shift(WEEKDAYS, clock(13), clock(17)))
RULES = """
paths:
  default:
    levels:
      - {name: Tier 1, offering: one, most_offers: 3}
      - {name: Tier 2, offering: one, min_tier: 2, most_offers: 3}
      - {name: Channel, offering: channel, tell_lead: true}
rules: []
issue_words: {skill_03: [invoice]}
"""
# Twenty handoffs for everybody, three of them open, as on an old and busy desk. Foreign keys are off for a replica.
_DESKS = """
SET LOCAL session_replication_role = replica;
INSERT INTO handoffs (id, escalation_id, connection, ticket_id, state, accepted_by, body, opened_at, changed_at)
SELECT 'h' || n, 'e', 'zendesk', n::text, CASE WHEN n < 1500 THEN 'accepted' ELSE 'closed' END,
    'a' || lpad((n % 500)::text, 4, '0'), '{}', now(), now() FROM generate_series(0, 9999) AS n;
INSERT INTO offers (id, handoff_id, number, agent, state, at, body)
SELECT 'o' || n, 'h' || n, 1, 'a' || lpad((n % 500)::text, 4, '0'), CASE WHEN n < 200 THEN 'open' ELSE 'accepted' END, now(), '{}'
FROM generate_series(0, 9999) AS n;
ANALYZE handoffs; ANALYZE offers;
"""


def roster(teams: int, able: int = 0) -> Roster:
    """The agents, in ``teams`` teams, each with four skills and two periods a day in one of five zones.

    ``able``: so many have the first skill, always work, and nobody else has it.
    """
    dice = random.Random(7)
    agents = [_agent(n, teams, dice) for n in range(AGENTS)]
    if able:
        agents = [replace(a, skills={SKILLS[0]: 3} if n < able else {SKILLS[1]: 3}, shifts=()) for n, a in enumerate(agents)]
    return Roster(tuple(agents), tuple(Team(f"t{n}", f"Team {n}", SKILLS[n::teams], lead=f"a{n:04}") for n in range(teams)), 1)


def _agent(number: int, teams: int, dice: random.Random) -> Agent:
    return Agent(
        f"a{number:04}",
        f"Agent {number}",
        ids={"zendesk": str(1000 + number)},
        skills={skill: dice.randint(1, 5) for skill in dice.sample(SKILLS, 4)},
        languages=("en", dice.choice(("de", "fr", "ja"))),
        tier=dice.randint(1, 3),
        teams=(f"t{number % teams}",),
        time_zone=dice.choice(ZONES),
        shifts=SHIFTS,
    )


def tickets(count: int) -> Iterator[tuple[Ticket, str, datetime]]:
    """Tickets with issue type and moment, a minute apart."""
    dice = random.Random(3)
    for n in range(count):
        customer = Customer(tier=dice.choice(("", "pro", "vip")))
        ticket = Ticket("zendesk", str(n), language=dice.choice(("en", "de", "")), customer=customer)
        yield ticket, dice.choice(SKILLS), NOW + timedelta(minutes=n, seconds=dice.randint(0, 59))


def routed(people: Roster, count: int) -> tuple[list[float], list[float], int]:
    """Milliseconds of routing each ticket, by the wall and of the processor, and the most bytes that a kept route takes."""
    dice = random.Random(5)
    loads = {a.id: Load(dice.randint(0, 5), dice.randint(0, 1), NOW) for a in people.agents}
    took, used, largest = [], [], 0
    for n, (ticket, issue, now) in enumerate(tickets(count)):
        team = people.team_for(issue)
        begun, spent = time.perf_counter(), time.thread_time()
        route = routing.choose(ticket, issue, team, people, loads, now, level=LEVEL)
        used.append((time.thread_time() - spent) * 1000)
        took.append((time.perf_counter() - begun) * 1000)
        if n % 100 == 0:
            largest = max(largest, len(json.dumps(as_data(route))))
    return took, used, largest


def quickest(able: int, rounds: int = 300) -> float:
    """Milliseconds for one ticket when so many people have the skill; the quickest, for two cores are shared."""
    people, one = roster(1, able), Ticket("zendesk", "1")
    loads: dict[str, Load] = {}
    about = (one, SKILLS[0], people.teams[0], people, loads, NOW)
    return min(timed(lambda: routing.choose(*about, level=LEVEL), rounds))


def main() -> str:
    """Run it; the report as Markdown."""
    rows = [_row(f"{AGENTS // teams} in the pool, {teams} team(s)", *routed(roster(teams), TICKETS)) for teams in TEAMS]
    linear = [(able, quickest(able)) for able in ABLE]
    head = ["## Routing: one ticket", "", f"{machine()}; {TICKETS:,} tickets, {AGENTS} agents, {len(SKILLS)} skills.", ""]
    head += [
        "| | ms, median | ms, p99 (wanted: at most 10) | of it the processor's | kB a route, kept |",
        "|---|---|---|---|---|",
    ]
    more = ["", "| have the skill, of a pool of 500 | ms, the quickest | µs for each |", "|---|---|---|"]
    more += [f"| {able} | {took:.2f} | {took / able * 1000:.1f} |" for able, took in linear]
    asked = ["", "| with the desks from the store (wanted: at most 200) | ms, median | ms, p99 |", "|---|---|---|"]
    return "\n".join([*head, *rows, *more, *asked, *_asked()])


def _row(name: str, took: list[float], used: list[float], largest: int) -> str:
    late, busy = percentile(took, 0.99), percentile(used, 0.99)
    return f"| {name} | {median(took):.2f} | {late:.2f} | {busy:.2f} | {largest / 1000:.0f} |"


def _asked() -> Iterator[str]:
    """How long people wait for ``who`` and ``simulate``."""
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    try:
        made = engine.connect(embedded.start(place))
        migrate.upgrade(made)
        with made.begin() as db:
            db.execute(text(_DESKS))
        for teams in TEAMS:
            yield from _waited(made, teams)
        made.dispose()
    finally:
        embedded.stop(place)


def _waited(made: Engine, teams: int) -> Iterator[str]:
    people, playbook = roster(teams), load_playbook(RULES)
    rehearsals = Rehearsals(TextReader.standard(), lambda: playbook, lambda: people, lambda *_: None, StoredJournal(made).loads)
    whom = Whom(rehearsals, dict)
    body = {"issue": SKILLS[3], "at": "Sun 03:00 Europe/Berlin", "tier": "vip"}
    asked: dict[str, Callable[[], object]] = {"who": lambda: whom.who(SKILLS[3]), "simulate": lambda: whom.simulate(body)}
    for name, ask in asked.items():
        took = timed(ask)
        yield f"| {name}, {AGENTS // teams} in the pool | {median(took):.1f} | {percentile(took, 0.99):.1f} |"


def timed(work: Callable[[], object], rounds: int = 300) -> list[float]:
    """Milliseconds of every round, the very first included."""
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return took


if __name__ == "__main__":
    print(main())
