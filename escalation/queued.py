"""The queue at one moment (domain.md §3): in which order handoffs wait, and whom each could be offered to now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from escalation import routing
from escalation.away import Away, all_in_words
from escalation.decision import RouteInputs
from escalation.desks import Loads
from escalation.events import Again
from escalation.hop import Offer
from escalation.named import route_to_named
from escalation.playbook import Level, Path, Playbook, Severity
from escalation.pools import pools_of
from escalation.queue_order import Place, Worth, place
from escalation.requeue import not_now
from escalation.roster import Agent, Load, Roster
from escalation.ticket import Ticket

MOST_QUEUED = 500  # handoffs looked at, the most severe ones; more than these wait only where something else is badly wrong


@dataclass(frozen=True, slots=True)
class Queued:
    """A handoff that waits, with as much of it and its ticket as the queue looks at."""

    handoff_id: str
    ticket: Ticket  # without its thread
    severity: Severity
    issue_type: str
    team: str
    path: Path
    since: datetime
    tried: Mapping[str, str]
    ask_again: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()  # to people

    @property
    def worth(self) -> Worth:
        return worth_of(self.handoff_id, self.severity, self.since, self.ticket)


def worth_of(handoff_id: str, severity: Severity, since: datetime, ticket: Ticket) -> Worth:
    """What a handoff is worth by its escalation and its ticket."""
    customer = ticket.customer
    return Worth(handoff_id, severity, since, customer.tier, customer.contract_value, ticket.sla)


def in_order(queue: Iterable[Queued], playbook: Playbook, now: datetime) -> list[tuple[Queued, Place]]:
    """The queue with each place, the most valuable first."""
    valuable = playbook.routing.valuable
    return sorted(((one, place(one.worth, playbook.queue, valuable, now)) for one in queue), key=lambda pair: pair[1].key)


class Moment:
    """What the queue is held against. Loads and presence are looked up once and stay: nobody is free for one handoff and
    not for a more valuable one because they became so in between.
    """

    def __init__(
        self, roster: Roster, playbook: Playbook, loads: Loads, away: Callable[[], Iterable[Away]], now: datetime
    ) -> None:
        self.roster, self.playbook, self.now = roster, playbook, now
        self._look_up, self._away_now = loads, away
        self._loads: dict[str, Load] = {}
        self._gone: tuple[Away, ...] | None = None
        self._away: dict[tuple[str, bool], Mapping[str, str]] = {}

    def loads(self, agents: Iterable[str]) -> Mapping[str, Load]:
        """What these people have on the desk, as it was when it was first asked, with what was offered to them since."""
        wanted = tuple(agents)
        if missing := [agent for agent in wanted if agent not in self._loads]:
            found = self._look_up(missing)
            self._loads |= {agent: found.get(agent, Load()) for agent in missing}
        return {agent: self._loads[agent] for agent in wanted}

    def away(self, connection: str, *, disturb: bool) -> Mapping[str, str]:
        """Agent id → why they are not asked for a ticket there; ``disturb``: also those who do not wish to be disturbed are."""
        if self._gone is None:
            self._gone = tuple(self._away_now())
        about = (connection, disturb)
        if about not in self._away:
            self._away[about] = all_in_words(self._gone, self.roster, self.now, connection=connection, disturb=disturb)
        return self._away[about]

    def offered(self, agent: str) -> None:
        """Count what somebody has been offered since."""
        had = self.loads((agent,))[agent]
        self._loads[agent] = replace(had, open_offers=had.open_offers + 1, last_offer_at=self.now)

    def place(self, worth: Worth) -> Place:
        """Where a handoff stands."""
        return place(worth, self.playbook.queue, self.playbook.routing.valuable, self.now)

    def in_order(self, queue: Iterable[Queued]) -> list[tuple[Queued, Place]]:
        """The queue, the most valuable first."""
        return in_order(queue, self.playbook, self.now)

    def free(self, agents: Iterable[Agent]) -> list[Agent]:
        """Those who are at work and have room for one more."""
        able = [agent for agent in agents if agent.capacity > 0]
        loads, pools = self.loads(agent.id for agent in able), pools_of(self.roster)
        roomy = [a for a in able if loads[a.id].open_handoffs + loads[a.id].open_offers < a.capacity]
        return [agent for agent in roomy if pools.is_on(agent, self.now)[0]]

    def asks(self, level: Level, team_id: str, issue_type: str, connection: str) -> list[Agent]:
        """Everybody whom a level might ask at all."""
        team = self.roster.team(level.team) or self.roster.team(team_id)
        if named := route_to_named(level, team, connection, self.roster, lambda ids: {}, self.now, routing.NOBODY):
            return [agent for c in named.candidates if (agent := self.roster.agent(c.agent))]
        return [] if not level.asks_people else list(pools_of(self.roster).pool(team, issue_type).able)

    def everybody(self, queue: Iterable[Queued]) -> list[Agent]:
        """Everybody whom some level of some handoff of the queue might ask."""
        asked: dict[str, Agent] = {}
        seen: set[tuple[Level, str, str, str]] = set()
        for one in queue:
            for level in one.path.levels:
                about = (level, one.team, one.issue_type, one.ticket.connection)
                if about not in seen:
                    seen.add(about)
                    asked |= {agent.id: agent for agent in self.asks(*about)}
        return list(asked.values())

    def takers(self, one: Queued, free: Iterable[Agent]) -> Iterator[tuple[int, Agent]]:
        """Who of ``free`` could be offered it now, with the number of the level that asks them."""
        free = list(free)
        barred = not_now(one.tried, one.ask_again, one.offers, self.now, self.playbook.queue)
        for number, level in enumerate(one.path.levels):
            yield from ((number, agent) for agent in self._fitting(one, level, free, barred))

    def _fitting(self, one: Queued, level: Level, free: list[Agent], barred: Mapping[str, str]) -> list[Agent]:
        if not level.asks_people:
            return []
        team = self.roster.team(level.team) or self.roster.team(one.team)
        away = self.away(one.ticket.connection, disturb=one.severity is Severity.CRITICAL)
        barred = {**away, **barred}
        named = route_to_named(level, team, one.ticket.connection, self.roster, self.loads, self.now, barred)
        if named is not None:
            able = {c.agent for c in named.available()}
            return [agent for agent in free if agent.id in able]
        left = [agent for agent in free if agent.id not in barred]
        language = one.ticket.language or one.ticket.customer.language
        loads = self.loads(agent.id for agent in left)
        given = RouteInputs(self.now, level, one.ticket.connection, language, loads=loads)
        return routing.fitting(given, one.issue_type, team, self.roster, left)

    def again(self, level: int, where: Place, number: int, length: int) -> Again:
        """The event that offers a handoff to whoever is free, with its place in words."""
        return Again(level, f"Number {number} of {length} in the queue: {where.words}", self.playbook.queue)
