"""Levels that name a person: the lead, whoever is on watch, one agent; whether they can be asked now, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from escalation.decision import Candidate, Route
from escalation.hours import is_on
from escalation.playbook import Level, Offering
from escalation.roster import Agent, Load, Roster, Team
from escalation.rotations import deputy_of, on_watch

_NAMING = (Offering.LEAD, Offering.WATCH, Offering.PERSON)


def route_to_named(
    level: Level,
    team: Team | None,
    connection: str,
    roster: Roster,
    loads: Callable[[Iterable[str]], Mapping[str, Load]],
    now: datetime,
    exclude: Mapping[str, str],
) -> Route | None:
    """The route of a level that names a person, with that one candidate; None for a level that asks a pool or a channel.

    Skill, language and tier are not asked: whoever wrote the level knows the person. An absent one is stood in for.
    """
    if level.offering not in _NAMING:
        return None
    agent_id, why = _named(level, team, roster, now)
    agent, about = roster.agent(agent_id), team.id if team else ""
    if agent is None:
        return Route(about, "", (), why, roster.version)
    load = loads((agent.id,)).get(agent.id, Load())
    excluded = exclude.get(agent.id) or _why_not(agent, connection, load)
    score = 0.0 if excluded else 1.0
    words = f"{why}; {agent.name}: {excluded}" if excluded else why
    return Route(about, "", (Candidate(agent.id, agent.name, score, {}, excluded, excluded or why),), words, roster.version)


def _named(level: Level, team: Team | None, roster: Roster, now: datetime) -> tuple[str, str]:
    """The agent's id and why it is them; "" and why there is nobody."""
    if level.offering is Offering.WATCH:
        return on_watch(roster, team, now) if team else ("", "there is no team whose watch could be asked")
    wanted = level.to if level.offering is Offering.PERSON else team.lead if team else ""
    what = f"level {level.name} names" if level.offering is Offering.PERSON else f"the lead of {team.name if team else 'no team'}"
    agent = roster.agent(wanted)
    if agent is None:
        return "", f"{what}: {wanted or 'nobody'}, who is not on the roster" if wanted else f"{what}: nobody"
    on, off = is_on(agent, now)
    if on:
        return agent.id, f"{what} {agent.name}" if level.offering is Offering.PERSON else f"{what}"
    deputy, words = deputy_of(roster, agent, now)
    return deputy, f"{what}: {agent.name} is {off}; {words}"


def _why_not(agent: Agent, connection: str, load: Load) -> str:
    if connection and not agent.ids.get(connection):
        return f"no account in {connection}, so the ticket could not be assigned"
    busy = load.open_handoffs + load.open_offers
    return f"full: {busy} of {agent.capacity} open or on offer" if busy >= agent.capacity else ""
