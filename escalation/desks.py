"""The desk that a handoff's steps look at: the roster, and a route worked out for a level when a step asks for one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from escalation import routing
from escalation.actions import Entry
from escalation.decision import Route, RouteInputs, as_data
from escalation.hop import Desk, Handoff
from escalation.named import route_to_named
from escalation.playbook import Level, Weights
from escalation.pools import pools_of
from escalation.roster import Load, Roster, Team
from escalation.ticket import Ticket

Loads = Callable[[Iterable[str]], Mapping[str, Load]]  # agent ids → what they have on the desk


@dataclass(frozen=True, slots=True)
class Matter:
    """What is handed over: the ticket, its issue type, the team it goes to where a level names no other."""

    ticket: Ticket
    issue_type: str
    team: str


def route_for(
    matter: Matter,
    level: Level,
    roster: Roster,
    loads: Loads,
    now: datetime,
    *,
    weights: Weights,
    exclude: Mapping[str, str] = routing.NOBODY,
    known: frozenset[str] = frozenset(),
    away: Mapping[str, str] = routing.NOBODY,
) -> Route:
    """The route of a level; loads are asked for those people only whose load counts."""
    team = roster.team(level.team) or roster.team(matter.team)
    if to_named := _to_named(matter, team, level, roster, loads, now, weights, {**away, **exclude}):
        return to_named
    asked = loads(agent.id for agent in pools_of(roster).pool(team, matter.issue_type).able)
    about = (matter.ticket, matter.issue_type, team, roster, asked, now)
    return routing.choose(*about, level=level, exclude=exclude, known=known, away=away, weights=weights)


def _to_named(
    matter: Matter,
    team: Team | None,
    level: Level,
    roster: Roster,
    loads: Loads,
    now: datetime,
    weights: Weights,
    exclude: Mapping[str, str],
) -> Route | None:
    """The route of a level that names a person, with what went into it."""
    used: dict[str, Load] = {}

    def noted(agents: Iterable[str]) -> Mapping[str, Load]:
        used.update(loads(agents))
        return used

    route = route_to_named(level, team, matter.ticket.connection, roster, noted, now, exclude)
    if route is None:
        return None
    barred = {c.agent: exclude[c.agent] for c in route.candidates if c.agent in exclude}
    given = RouteInputs(now, level, matter.ticket.connection, loads=used, exclude=barred, weights=weights)
    return routing.with_inputs(route, given)


def besides(handoff: Handoff, loads: Loads) -> Loads:
    """What people have on the desk besides this handoff: what it has put there itself is no reason not to ask them again."""

    def without(agents: Iterable[str]) -> Mapping[str, Load]:
        offers = Counter(offer.agent for offer in handoff.asked_now)
        return {
            agent: replace(
                load,
                open_offers=max(0, load.open_offers - offers[agent]),
                open_handoffs=max(0, load.open_handoffs - (agent == handoff.accepted_by)),
            )
            for agent, load in loads(agents).items()
        }

    return without


def routed(route: Route) -> Entry:
    """The line of the timeline that keeps a route with all that went into it, so that it can be replayed for ever."""
    level = f"Level {route.inputs.level.name}: " if route.inputs else ""
    words = f"{level}{len(route.available())} of {len(route.candidates)} people looked at are available"
    return Entry("routed", words, data={"route": as_data(route)})


def desk_of(
    matter: Matter,
    roster: Roster,
    loads: Loads,
    now: datetime,
    *,
    weights: Weights,
    known: Callable[[], frozenset[str]] = frozenset,
    away: Callable[[], Mapping[str, str]] = lambda: routing.NOBODY,
    keep: Callable[[Route], None],
) -> Desk:
    """A desk that gives every route it worked out to ``keep``."""

    def choose(level: Level, exclude: Mapping[str, str]) -> Route:
        route = route_for(matter, level, roster, loads, now, weights=weights, exclude=exclude, known=known(), away=away())
        keep(route)
        return route

    return Desk(roster, choose)
