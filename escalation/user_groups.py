"""User groups of the chat that follow the roster: their members are who is on shift in a team, or on watch (docs/roster.md).

Looked at once a minute; what is right already is not written. A group is never emptied, for the chat refuses that: while nobody
is on, it keeps whom it had last. Who is away by their own word, or by a vendor's, stays in: a group goes by the roster.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from escalation.parts import Parts
from escalation.pools import pools_of
from escalation.ports import GiveUp, Outside
from escalation.reach import chat_id
from escalation.roster import Follows, Roster, Team
from escalation.rotations import on_watch


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who belongs in a group now (agent ids), and by what rule."""

    group: str
    members: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Followed:
    """What was done: group → words. ``problems``: what could not be; it is tried again with the next look."""

    changed: dict[str, str]
    problems: dict[str, str]


def wanted(roster: Roster, now: datetime) -> tuple[Wanted, ...]:
    """Every group that follows the roster, with its members at ``now`` (aware)."""
    return (*(_of_team(team, roster, now) for team in roster.teams if team.follows), *_of_rotations(roster, now))


def _of_team(team: Team, roster: Roster, now: datetime) -> Wanted:
    if team.group_follows is Follows.ON_WATCH:
        return Wanted(team.user_group, _one(on_watch(roster, team, now)[0]), f"on watch for {team.name}")
    pools = pools_of(roster)
    on = tuple(agent.id for agent in pools.members(team) if pools.is_on(agent, now)[0])
    return Wanted(team.user_group, on, f"on shift in {team.name}")


def _of_rotations(roster: Roster, now: datetime) -> Iterator[Wanted]:
    for rotation in roster.rotations:
        if rotation.user_group:
            watched = Team("", rotation.id, watch=rotation.id)
            yield Wanted(rotation.user_group, _one(on_watch(roster, watched, now)[0]), f"on watch by {rotation.id}")


def _one(agent: str) -> tuple[str, ...]:
    return (agent,) if agent else ()


def follow(parts: Parts, now: datetime) -> Followed:
    """Make every group what the roster says; each stands alone, so that one that is refused holds up no other."""
    done = Followed({}, {})
    roster = parts.roster()
    for one in wanted(roster, now):
        people, unknown = _people(parts, roster, one, done)
        if not people:
            continue  # nobody is on: the chat does not take an empty group
        try:
            if parts.chat.fill_group(one.group, people):
                names = ", ".join(agent.name for agent in roster.agents if agent.id in one.members and agent.id not in unknown)
                done.changed[one.group] = f"{one.why}: {names}"
        except Outside as wrong:
            done.problems[one.group] = str(wrong)
    return done


def _people(parts: Parts, roster: Roster, one: Wanted, done: Followed) -> tuple[tuple[str, ...], frozenset[str]]:
    """The members' ids in the chat, and who has none there; nobody at all where the chat cannot be asked."""
    found, unknown = list[str](), set[str]()
    for agent in (agent for agent in roster.agents if agent.id in one.members):
        try:
            found.append(chat_id(parts, agent))
        except GiveUp as nobody:
            unknown.add(agent.id)
            done.problems[f"{one.group} {agent.id}"] = str(nobody)
        except Outside as wrong:
            done.problems[one.group] = str(wrong)
            return (), frozenset()
    return tuple(sorted(set(found))), frozenset(unknown)
