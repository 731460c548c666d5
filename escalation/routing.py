"""Who should be offered a handoff (domain.md §3): every agent looked at, scored or excluded, with the reason in words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from escalation.away import at_words
from escalation.decision import Candidate, Route, RouteInputs
from escalation.hours import quiet_until
from escalation.named import route_to_named
from escalation.playbook import Level, QuietHours, Weights
from escalation.pools import Pool, Pools, barring, pools_of
from escalation.roster import Agent, Load, Roster, Team
from escalation.ticket import Ticket

TOP_SKILL = 5
TOP_TIER = 3
_NEVER = datetime.min.replace(tzinfo=UTC)
NOBODY: Mapping[str, str] = {}
_USUAL, _NOTHING = Weights(), Load()
_MOST_NAMED = 12  # people named in the words of a route that found nobody


@dataclass(frozen=True, slots=True)
class _Question:
    """All that one agent is held against."""

    given: RouteInputs
    issue_type: str
    pools: Pools
    pool: Pool
    language: str
    valuable: bool

    def load(self, agent: Agent) -> Load:
        return self.given.loads.get(agent.id, _NOTHING)

    def skill(self, agent: Agent) -> int:
        return max(0, min(agent.skills.get(self.issue_type, 0), TOP_SKILL))


def choose(
    ticket: Ticket,
    issue_type: str,
    team: Team | None,
    roster: Roster,
    loads: Mapping[str, Load],
    now: datetime,
    *,
    level: Level,
    exclude: Mapping[str, str] = NOBODY,
    known: frozenset[str] = frozenset(),
    away: Mapping[str, str] = NOBODY,
    weights: Weights = _USUAL,
) -> Route:
    """Every agent of the pool once: available ones best first (ties by id), then the excluded with the reason.

    ``exclude``: agent id → why not ("declined: busy"). ``away``: agent id → what the helpdesk or chat says of their
    presence. ``known``: ids of agents who wrote on this ticket or on earlier ones of this customer. No team: everybody.
    People outside the pool are listed at the end, or counted where they are many.
    """
    pool = pools_of(roster).pool(team, issue_type)
    able = {agent.id for agent in pool.able}
    given = RouteInputs(
        at=now,
        level=level,
        connection=ticket.connection,
        language=ticket.language or ticket.customer.language,
        customer_tier=ticket.customer.tier,
        loads={a.id: load for a in pool.able if (load := loads.get(a.id)) and load != _NOTHING},
        exclude={agent: why for agent, why in exclude.items() if agent in able or agent in pool.barred},
        away={agent: why for agent, why in away.items() if agent in able},
        known=tuple(sorted(known & able)),
        weights=weights,
    )
    return _answer(given, issue_type, team, roster)


def replay(route: Route, roster: Roster) -> Route:
    """The route worked out again from what is kept with it and the roster of its version; ValueError where that cannot be."""
    if route.inputs is None:
        raise ValueError("this route was kept before there was anything to work it out from")
    if roster.version != route.roster_version:
        raise ValueError(f"it was worked out with version {route.roster_version} of the roster, not {roster.version}")
    given, team = route.inputs, roster.team(route.team)
    named = route_to_named(given.level, team, given.connection, roster, lambda _: given.loads, given.at, given.exclude)
    return with_inputs(named, given) if named else _answer(given, route.issue_type, team, roster)


def fitting(given: RouteInputs, issue_type: str, team: Team | None, roster: Roster, among: Iterable[Agent]) -> list[Agent]:
    """Those of ``among`` whom ``choose`` would find available for this, without saying why the others are not."""
    pools = pools_of(roster)
    pool = pools.pool(team, issue_type)
    able = {agent.id for agent in pool.able}
    asked = _Question(given, issue_type, pools, pool, _language(given.language), valuable=False)
    return [agent for agent in among if agent.id in able and not _why_not(agent, asked)]


def with_inputs(route: Route, given: RouteInputs) -> Route:
    """A route with what went into it."""
    return replace(route, inputs=given, playbook_version=given.weights.version)


def _answer(given: RouteInputs, issue_type: str, team: Team | None, roster: Roster) -> Route:
    pools = pools_of(roster)
    pool = pools.pool(team, issue_type)
    tier = given.customer_tier.lower()
    valuable = any(word in tier for word in given.weights.valuable)
    asked = _Question(given, issue_type, pools, pool, _language(given.language), valuable)
    reasons = {a.id: _why_not(a, asked) for a in pool.able}
    chosen = sorted(_scored([a for a in pool.able if not reasons[a.id]], asked), key=lambda c: (-c.score, c.agent))
    unfit = {a.id: barring(a, reasons[a.id]) for a in pool.able if reasons[a.id]}
    # Why somebody is left out now says more than that they never had the skill.
    named = {
        a: replace(pool.barred[a], excluded=(w := why or "left out"), words=w)
        for a, why in given.exclude.items()
        if a in pool.barred
    }
    barred = sorted({**pool.barred, **named, **unfit}.values(), key=lambda c: c.agent)
    words = _route_words(asked, team, roster, chosen, barred)
    found = (*chosen, *barred, *pool.strangers)
    return with_inputs(Route(team.id if team else "", issue_type, found, words, roster.version, others=pool.others), given)


# ------------------------------------------------------------------ who cannot


def _why_not(agent: Agent, asked: _Question) -> str:
    """Every reason against this agent, "" for none. Somebody named in ``exclude`` needs no further reason."""
    if agent.id in asked.given.exclude:
        return asked.given.exclude[agent.id] or "left out"
    return "; ".join(why for check in _CHECKS if (why := check(agent, asked)))


def _no_account(agent: Agent, asked: _Question) -> str:
    place = asked.given.connection
    if not place:  # nobody said where the ticket is
        return "" if agent.ids else "no account in any helpdesk"
    return "" if agent.ids.get(place) else f"no account in {place}, so the ticket could not be assigned"


def _no_language(agent: Agent, asked: _Question) -> str:
    spoken = [_language(word) for word in agent.languages]
    if not asked.language or not spoken or asked.language in spoken:
        return ""
    return f"does not speak {asked.language} (speaks {', '.join(spoken)})"


def _low_tier(agent: Agent, asked: _Question) -> str:
    level = asked.given.level
    return f"tier {agent.tier}, level {level.name} needs {level.min_tier}" if agent.tier < level.min_tier else ""


def _unskilled(agent: Agent, asked: _Question) -> str:
    lacks = [skill for skill in asked.given.level.skills if agent.skills.get(skill, 0) <= 0]
    return f"no skill {', '.join(lacks)}" if lacks else ""


def _off(agent: Agent, asked: _Question) -> str:
    on, words = asked.pools.is_on(agent, asked.given.at)
    return "" if on else words


def _away(agent: Agent, asked: _Question) -> str:
    return (asked.given.away[agent.id] or "away") if agent.id in asked.given.away else ""


def _quiet(agent: Agent, asked: _Question) -> str:
    until = quiet_until(agent, asked.given.at) if agent.quiet and asked.given.level.quiet is QuietHours.RESPECT else None
    return f"quiet hours until {at_words(until, agent, asked.given.at)}" if until else ""


def _full(agent: Agent, asked: _Question) -> str:
    if agent.capacity <= 0:
        return "takes no handoffs (capacity 0)"
    return f"full: {_desk(agent, asked)}" if _busy(agent, asked) >= agent.capacity else ""


_CHECKS: tuple[Callable[[Agent, _Question], str], ...] = (
    _no_account,
    _no_language,
    _low_tier,
    _unskilled,
    _off,
    _away,
    _quiet,
    _full,
)


def _busy(agent: Agent, asked: _Question) -> int:
    load = asked.load(agent)
    return load.open_handoffs + load.open_offers


def _desk(agent: Agent, asked: _Question) -> str:
    offers = asked.load(agent).open_offers
    return f"{asked.load(agent).open_handoffs} of {agent.capacity} open" + (f", {offers} on offer" if offers else "")


def _language(word: str) -> str:
    return word.strip().lower().replace("_", "-").split("-")[0]


# ------------------------------------------------------------------ who is best


def _scored(free: list[Agent], asked: _Question) -> Iterable[Candidate]:
    waits = sorted(_last_offer(a, asked) for a in free)
    for agent in free:
        sooner = bisect_left(waits, _last_offer(agent, asked))  # colleagues who have waited longer for an offer
        parts = _parts(agent, asked, fairness=1 - sooner / (len(free) - 1) if len(free) > 1 else 1.0)
        words = _candidate_words(agent, asked, longest=sooner == 0 and len(free) > 1)
        yield Candidate(agent.id, agent.name, round(sum(parts.values()), 2), parts, "", words)


def _parts(agent: Agent, asked: _Question, *, fairness: float) -> dict[str, float]:
    weights = asked.given.weights
    shares = {
        "skill": weights.skill * asked.skill(agent) / TOP_SKILL,
        "free": weights.free * (1 - _busy(agent, asked) / agent.capacity),
        "known": weights.known * (agent.id in asked.given.known),
        "fair": weights.fair * fairness,
        "tier": weights.tier * min(agent.tier, TOP_TIER) / TOP_TIER * asked.valuable,
    }
    return {name: round(points, 2) for name, points in shares.items()}


def _last_offer(agent: Agent, asked: _Question) -> datetime:
    return asked.load(agent).last_offer_at or _NEVER


def _candidate_words(agent: Agent, asked: _Question, *, longest: bool) -> str:
    skill = f"skill {asked.issue_type} {asked.skill(agent)}/{TOP_SKILL}" if asked.skill(agent) else ""
    if asked.issue_type and not skill:
        skill = f"no skill {asked.issue_type} on record (nobody in the team has it)"
    speaks = f"speaks {asked.language}" if asked.language and agent.languages else ""
    tier = f"tier {agent.tier} for customer tier {asked.given.customer_tier}" if asked.valuable else ""
    met = "has helped this customer before" if agent.id in asked.given.known else ""
    turn = "least recently asked" if longest else ""
    return ", ".join(word for word in (skill, _desk(agent, asked), speaks, tier, met, turn) if word)


# ------------------------------------------------------------------ the route in words


def _route_words(asked: _Question, team: Team | None, roster: Roster, chosen: list[Candidate], barred: list[Candidate]) -> str:
    head = f"{_pool(team)} {_why_pool(asked, team, roster)}"
    if not asked.pool.skill_needed and asked.issue_type and (chosen or barred):
        head += f"; nobody there has the skill {asked.issue_type}, so it was not asked for"
    if chosen:
        return f"{head}; {len(chosen)} of {len(chosen) + len(barred)} available"
    if not barred:
        return f"{head}; nobody is in it: add agents to the roster"
    named = "; ".join(f"{c.name or c.agent}: {c.excluded}" for c in barred[:_MOST_NAMED])
    more = f"; and {len(barred) - _MOST_NAMED} more" if len(barred) > _MOST_NAMED else ""
    return f"{head}; nobody is available. {named}{more}"


def _pool(team: Team | None) -> str:
    return f"{team.name or team.id} pool" if team else "The whole roster"


def _why_pool(asked: _Question, team: Team | None, roster: Roster) -> str:
    """Why this team: the level names it, it owns the issue type, or what else was known."""
    if team is None:
        return "because no team is set up"
    if asked.given.level.team == team.id:
        return f"because level {asked.given.level.name} names it"
    if not asked.issue_type:
        return "because the issue type is not known"
    if asked.issue_type in team.issue_types:
        return f"because the issue type is {asked.issue_type}"
    owner = next((t for t in roster.teams if asked.issue_type in t.issue_types), None)
    if owner:
        return f"because the rule names it (the issue type {asked.issue_type} is otherwise {owner.name or owner.id})"
    return f"because no team owns the issue type {asked.issue_type}"
