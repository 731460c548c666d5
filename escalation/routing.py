"""Who should be offered a handoff (domain.md §3): every agent looked at, scored or excluded, with the reason in words."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from escalation.decision import Candidate, Route
from escalation.hours import is_on
from escalation.playbook import Level
from escalation.roster import Agent, Load, Roster, Team
from escalation.ticket import Ticket

TOP_SKILL = 5
TOP_TIER = 3
_NEVER = datetime.min.replace(tzinfo=UTC)
_NONE: Mapping[str, str] = {}
_MOST_NAMED = 12  # people named in the words of a route that found nobody


@dataclass(frozen=True, slots=True)
class Weights:
    """Points each reason is worth at most; with the defaults a perfect match has 100.

    Skill comes first: a wrong answer costs more than a wait. Then room on the desk, so that nobody drowns while a
    colleague is idle. Knowing the customer spares them the retelling and is worth about as much as two skill levels.
    Fairness decides between equals. Tier counts for valuable customers only: seniors are kept free for them.
    """

    skill: float = 40.0
    free: float = 25.0
    known: float = 15.0
    fair: float = 12.0
    tier: float = 8.0
    valuable: frozenset[str] = frozenset({"enterprise", "vip", "premium", "platinum", "strategic"})  # words in customer.tier


@dataclass(frozen=True, slots=True)
class _Question:
    """All that one agent is held against."""

    ticket: Ticket
    issue_type: str
    level: Level
    loads: Mapping[str, Load]
    now: datetime
    exclude: Mapping[str, str]
    away: Mapping[str, str]
    known: frozenset[str]
    skill_needed: bool
    weights: Weights

    @property
    def language(self) -> str:
        return _language(self.ticket.language or self.ticket.customer.language)

    def load(self, agent: Agent) -> Load:
        return self.loads.get(agent.id) or Load()

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
    exclude: Mapping[str, str] = _NONE,
    known: frozenset[str] = frozenset(),
    away: Mapping[str, str] = _NONE,
    weights: Weights | None = None,
) -> Route:
    """Every agent of the roster once: available ones best first (ties by id), then the excluded with the reason.

    ``exclude``: agent id → why not ("declined: busy"). ``away``: agent id → what the helpdesk or chat says of their
    presence. ``known``: ids of agents who wrote on this ticket or on earlier ones of this customer. No team: everybody.
    """
    everybody = tuple({a.id: a for a in roster.agents}.values())
    pool = tuple(a for a in everybody if team is None or team.id in a.teams)
    skilled = bool(issue_type) and any(a.skills.get(issue_type, 0) > 0 for a in pool)
    asked = _Question(ticket, issue_type, level, loads, now, exclude, away, known, skilled, weights or Weights())
    reasons = {a.id: _why_not(a, asked) for a in pool}
    free = [a for a in pool if not reasons[a.id]]
    chosen = sorted(_scored(free, asked), key=lambda c: (-c.score, c.agent))
    barred = sorted((_excluded(a, reasons[a.id]) for a in pool if reasons[a.id]), key=lambda c: c.agent)
    strangers = sorted((_excluded(a, _stranger(team)) for a in everybody if a.id not in reasons), key=lambda c: c.agent)
    words = _route_words(asked, team, roster, chosen, barred)
    return Route(team.id if team else "", issue_type, (*chosen, *barred, *strangers), words, roster.version)


# ------------------------------------------------------------------ who cannot


def _why_not(agent: Agent, asked: _Question) -> str:
    """Every reason against this agent, "" for none. Somebody named in ``exclude`` needs no further reason."""
    if agent.id in asked.exclude:
        return asked.exclude[agent.id] or "left out"
    return "; ".join(why for check in _CHECKS if (why := check(agent, asked)))


def _no_account(agent: Agent, asked: _Question) -> str:
    place = asked.ticket.connection
    return "" if agent.ids.get(place) else f"no account in {place}, so the ticket could not be assigned"


def _unskilled(agent: Agent, asked: _Question) -> str:
    return f"no skill {asked.issue_type}" if asked.skill_needed and not asked.skill(agent) else ""


def _no_language(agent: Agent, asked: _Question) -> str:
    spoken = [_language(word) for word in agent.languages]
    if not asked.language or not spoken or asked.language in spoken:
        return ""
    return f"does not speak {asked.language} (speaks {', '.join(spoken)})"


def _low_tier(agent: Agent, asked: _Question) -> str:
    least = asked.level.min_tier
    return f"tier {agent.tier}, level {asked.level.name} needs {least}" if agent.tier < least else ""


def _off(agent: Agent, asked: _Question) -> str:
    on, words = is_on(agent, asked.now)
    return "" if on else words


def _away(agent: Agent, asked: _Question) -> str:
    return (asked.away[agent.id] or "away") if agent.id in asked.away else ""


def _full(agent: Agent, asked: _Question) -> str:
    if agent.capacity <= 0:
        return "takes no handoffs (capacity 0)"
    return f"full: {_desk(agent, asked)}" if _busy(agent, asked) >= agent.capacity else ""


_CHECKS: tuple[Callable[[Agent, _Question], str], ...] = (
    _no_account,
    _unskilled,
    _no_language,
    _low_tier,
    _off,
    _away,
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


def _stranger(team: Team | None) -> str:
    return f"not in team {team.id if team else ''}".rstrip()


def _excluded(agent: Agent, why: str) -> Candidate:
    return Candidate(agent.id, agent.name, 0.0, {}, why, why)


# ------------------------------------------------------------------ who is best


def _scored(free: list[Agent], asked: _Question) -> Iterable[Candidate]:
    waits = sorted(_last_offer(a, asked) for a in free)
    for agent in free:
        sooner = bisect_left(waits, _last_offer(agent, asked))  # colleagues who have waited longer for an offer
        parts = _parts(agent, asked, fairness=1 - sooner / (len(free) - 1) if len(free) > 1 else 1.0)
        words = _candidate_words(agent, asked, longest=sooner == 0 and len(free) > 1)
        yield Candidate(agent.id, agent.name, round(sum(parts.values()), 2), parts, "", words)


def _parts(agent: Agent, asked: _Question, *, fairness: float) -> dict[str, float]:
    weights = asked.weights
    shares = {
        "skill": weights.skill * asked.skill(agent) / TOP_SKILL,
        "free": weights.free * (1 - _busy(agent, asked) / agent.capacity),
        "known": weights.known * (agent.id in asked.known),
        "fair": weights.fair * fairness,
        "tier": weights.tier * min(agent.tier, TOP_TIER) / TOP_TIER * _is_valuable(asked),
    }
    return {name: round(points, 2) for name, points in shares.items()}


def _last_offer(agent: Agent, asked: _Question) -> datetime:
    return asked.load(agent).last_offer_at or _NEVER


def _is_valuable(asked: _Question) -> bool:
    tier = asked.ticket.customer.tier.lower()
    return any(word in tier for word in asked.weights.valuable)


def _candidate_words(agent: Agent, asked: _Question, *, longest: bool) -> str:
    skill = f"skill {asked.issue_type} {asked.skill(agent)}/{TOP_SKILL}" if asked.skill(agent) else ""
    if asked.issue_type and not skill:
        skill = f"no skill {asked.issue_type} on record (nobody in the team has it)"
    speaks = f"speaks {asked.language}" if asked.language and agent.languages else ""
    tier = f"tier {agent.tier} for customer tier {asked.ticket.customer.tier}" if _is_valuable(asked) else ""
    met = "has written with this customer before" if agent.id in asked.known else ""
    turn = "least recently asked" if longest else ""
    return ", ".join(word for word in (skill, _desk(agent, asked), speaks, tier, met, turn) if word)


# ------------------------------------------------------------------ the route in words


def _route_words(asked: _Question, team: Team | None, roster: Roster, chosen: list[Candidate], barred: list[Candidate]) -> str:
    head = f"{_pool(team)} {_why_pool(asked, team, roster)}"
    if not asked.skill_needed and asked.issue_type and (chosen or barred):
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
    if asked.level.team == team.id:
        return f"because level {asked.level.name} names it"
    if not asked.issue_type:
        return "because the issue type is not known"
    if asked.issue_type in team.issue_types:
        return f"because the issue type is {asked.issue_type}"
    owner = next((t for t in roster.teams if asked.issue_type in t.issue_types), None)
    if owner:
        return f"because the rule names it (the issue type {asked.issue_type} is otherwise {owner.name or owner.id})"
    return f"because no team owns the issue type {asked.issue_type}"
