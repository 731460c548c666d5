"""Who is on watch for a team, and who stands in for whom: rotations, and deputies of deputies (domain.md §4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from escalation.hours import is_absent, is_on, stamp
from escalation.roster import Agent, Roster, Rotation, Team, Turns

_DAYS = {Turns.WEEKLY: 7, Turns.DAILY: 1}
_MOST_NAMED = 5  # people passed over who are named with their reason

Passed = tuple[Agent, str]  # somebody who does not work now, and why


def on_watch(roster: Roster, team: Team, now: datetime) -> tuple[str, str]:
    """The id of the agent to tell for ``team`` at ``now`` (aware), and why it is them; ("", why) if the team names nobody.

    Whoever is on watch but does not work now is stood in for by their deputy, then by the next member. When nobody works, the
    first who is not absent is named all the same: a watch is never silent.
    """
    if not team.watch:
        return "", f"{team.name} names nobody on watch"
    rotation = roster.rotation(team.watch)
    line, alone, why = _by_rotation(roster, rotation, now) if rotation else _by_name(roster, team)
    chosen, passed = _first_on(line, now)
    if chosen:  # whoever shows this names them beside it
        return chosen.id, _sentence(why, passed, f"so {chosen.name}") if passed else alone
    if not passed:
        return "", f"{why}; nobody of that name is on the roster"
    chosen = next((agent for agent, _ in passed if not is_absent(agent, now)), passed[0][0])
    return chosen.id, _sentence(why, passed, f"nobody of them works now, so {chosen.name} is told all the same")


def deputy_of(roster: Roster, agent: Agent, now: datetime) -> tuple[str, str]:
    """The id of the first in the chain of ``agent``'s deputies who works at ``now`` (aware), in words; ("", why) if none does."""
    chosen, passed = _first_on(_deputies(roster, agent), now)
    if chosen:
        return chosen.id, _sentence(f"{chosen.name} stands in for {agent.name}", passed)
    return "", _sentence(f"nobody stands in for {agent.name}", passed) if passed else f"{agent.name} has no deputy"


def turn(rotation: Rotation, now: datetime) -> tuple[int, datetime]:
    """Which member's turn it is at ``now`` (aware; a position in ``members``), and when it ends (UTC); weekly and daily only.

    Turns change at the local time of ``start``, also when the clocks change; before ``start`` they are counted backwards.
    """
    zone, days = ZoneInfo(rotation.time_zone), _DAYS[rotation.turns]

    def begins(number: int) -> datetime:
        day = rotation.start.date() + timedelta(days=number * days)
        return datetime.combine(day, rotation.start.time(), zone).astimezone(UTC)

    number = (now.astimezone(zone).date() - rotation.start.date()).days // days + 1
    while begins(number) > now:
        number -= 1
    return number % len(rotation.members), begins(number + 1)


# ------------------------------------------------------------------ who is asked, in order


Line = tuple[Iterable[Agent], str, str]  # the best first; by what rule the first is on watch, without and with their name


def _by_name(roster: Roster, team: Team) -> Line:
    line = _with_deputies(roster, _known(roster, (team.watch,)))
    return line, f"named for {team.name}", f"{roster.name(team.watch)} is on watch for {team.name}"


def _by_rotation(roster: Roster, rotation: Rotation, now: datetime) -> Line:
    """Everybody who may be on watch by this rotation at ``now``, and by what rule."""
    members = _known(roster, rotation.members)
    if rotation.turns is Turns.FOLLOW_THE_SUN:
        # A deputy fills their member's own hours first; at other hours the sun has moved on to the next member.
        nearest = (a for m in members for a in (m, *(_deputies(roster, m) if _scheduled(m, now) else ())))
        rule = f"the first of {rotation.id} on shift"
        return chain(nearest, _with_deputies(roster, members)), rule, f"{rule} is on watch"
    number, until = turn(rotation, now)
    zone = ZoneInfo(rotation.time_zone)
    ends, whose = f"until {stamp(until, now, zone)} {zone.key}", roster.name(rotation.members[number])
    line = _with_deputies(roster, _known(roster, rotation.members[number:] + rotation.members[:number]))
    return line, f"their turn in {rotation.id} {ends}", f"it is the turn of {whose} in {rotation.id} {ends}"


def _known(roster: Roster, ids: Iterable[str]) -> list[Agent]:
    return [agent for agent_id in ids if (agent := roster.agent(agent_id))]


def _with_deputies(roster: Roster, people: Iterable[Agent]) -> Iterator[Agent]:
    for agent in people:
        yield agent
        yield from _deputies(roster, agent)


def _deputies(roster: Roster, agent: Agent) -> Iterator[Agent]:
    """The agent's deputy, the deputy's deputy and so on, until there is none or the chain would go in a circle."""
    met = {agent.id}
    while (following := roster.agent(agent.deputy)) and following.id not in met:
        yield following
        met.add(following.id)
        agent = following


def _scheduled(agent: Agent, now: datetime) -> bool:
    """Whether a shift of the agent runs at ``now``, absent or not."""
    return is_on(replace(agent, absences=()), now)[0]


def _first_on(line: Iterable[Agent], now: datetime) -> tuple[Agent | None, list[Passed]]:
    """The first who works at ``now``, and those before with why they do not."""
    passed: dict[str, Passed] = {}
    for agent in line:
        if agent.id in passed:
            continue
        on, why = is_on(agent, now)
        if on:
            return agent, list(passed.values())
        passed[agent.id] = (agent, why)
    return None, list(passed.values())


def _sentence(head: str, passed: list[Passed], tail: str = "") -> str:
    named = [f"{agent.name}: {why}" for agent, why in passed[:_MOST_NAMED]]
    more = [f"and {len(passed) - _MOST_NAMED} more"] if len(passed) > _MOST_NAMED else []
    return "; ".join(part for part in (head, *named, *more, tail) if part)
