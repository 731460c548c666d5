"""Who would get a ticket at a moment if nobody answered: the ladder itself, on a handoff that nobody keeps (domain.md §3, §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from escalation.actions import ActionKind, Timer
from escalation.away import Away, all_in_words
from escalation.clocks import Counting
from escalation.decision import Decision, Route
from escalation.desks import Loads, Matter, desk_of
from escalation.events import Event, Fired, Start
from escalation.handoff import advance
from escalation.hop import Handoff, Offer, State, Step
from escalation.playbook import Level, Path, Playbook, Severity
from escalation.roster import Load, Roster

MOST_STEPS = 300
LONGEST = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Rung:
    """One level that was reached. ``route``: everybody looked at when it began (None for a channel); ``offers`` in order."""

    level: Level
    route: Route | None
    offers: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """Somebody, or a channel, who is told without being asked."""

    at: datetime
    agent: str
    channel: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the timeline as it would be."""

    at: datetime
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Simulated:
    """``decision`` is None where no rules were asked. ``whole``: False where it was cut off after MOST_STEPS or LONGEST."""

    at: datetime
    matter: Matter
    path: Path
    decision: Decision | None
    rungs: tuple[Rung, ...]
    told: tuple[Told, ...]
    lines: tuple[Line, ...]
    ends: State
    ends_at: datetime
    whole: bool


def simulate(
    matter: Matter,
    path: Path,
    playbook: Playbook,
    roster: Roster,
    loads: Loads,
    at: datetime,
    *,
    decision: Decision | None = None,
    gone: Iterable[Away] = (),
) -> Simulated:
    """The whole ladder from ``at`` (aware) on when nobody answers; what people have on their desks is as it is now."""
    severity = decision.severity if decision else Severity.NORMAL
    counting = Counting(playbook.calendars, playbook.calendar, severity, matter.ticket.status)
    run = _Run(matter, roster, playbook, loads, tuple(gone), counting)
    handoff, now = run.step(_handoff(matter, path, playbook), Start(), at), at
    for _ in range(MOST_STEPS):
        timer = min(run.timers.values(), key=lambda t: (t.due_at, t.key), default=None)
        if timer is None or timer.due_at > at + LONGEST:
            break
        del run.timers[timer.key]
        now = max(now, timer.due_at)
        handoff = run.step(handoff, Fired(timer.kind, timer.offer_id, timer.key), now)
    rungs = tuple(run.rungs(handoff))
    ends_at = run.lines[-1].at if run.lines else at
    return Simulated(at, matter, path, decision, rungs, tuple(run.told), tuple(run.lines), handoff.state, ends_at, not run.timers)


def _handoff(matter: Matter, path: Path, playbook: Playbook) -> Handoff:
    return Handoff(
        id="simulation",
        escalation_id="",
        connection=matter.ticket.connection,
        ticket_id=matter.ticket.id,
        hop=1,
        state=State.OFFERED,
        path=path,
        team=matter.team,
        issue_type=matter.issue_type,
        playbook_version=playbook.version,
        hop_limit=playbook.hop_limit,
    )


@dataclass
class _Run:
    """What comes about while the clock is wound on."""

    matter: Matter
    roster: Roster
    playbook: Playbook
    loads: Loads
    gone: tuple[Away, ...]
    counting: Counting
    lines: list[Line] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    timers: dict[str, Timer] = field(default_factory=dict)  # those to come
    used: set[str] = field(default_factory=set)  # the keys of all there were: a key counts once
    routes: dict[str, Route] = field(default_factory=dict)  # level → the first route worked out for it
    known: dict[str, Load] = field(default_factory=dict)  # loads, each looked up once

    def step(self, handoff: Handoff, event: Event, now: datetime) -> Handoff:
        """One step of the handoff's life, noted."""
        about = (self.matter, self.roster, self._loads, now)
        away = partial(all_in_words, self.gone, self.roster, now, connection=self.matter.ticket.connection)
        desk = desk_of(*about, weights=self.playbook.routing, away=away, keep=self._keep)
        step = advance(handoff, event, now, replace(desk, counting=self.counting))
        self._note(step, now)
        return step.handoff

    def rungs(self, handoff: Handoff) -> Iterable[Rung]:
        """The levels that were reached, in the path's order."""
        for number, level in enumerate(handoff.path.levels):
            route = self.routes.get(level.name)
            offers = tuple(offer for offer in handoff.offers if offer.level == number)
            if offers or route:
                yield Rung(level, route, offers)

    def _keep(self, route: Route) -> None:
        if route.inputs is not None:
            self.routes.setdefault(route.inputs.level.name, route)

    def _loads(self, agents: Iterable[str]) -> Mapping[str, Load]:
        asked = tuple(agents)
        if new := [agent for agent in asked if agent not in self.known]:
            self.known |= {agent: Load() for agent in new} | dict(self.loads(new))
        return {agent: self.known[agent] for agent in asked}

    def _note(self, step: Step, now: datetime) -> None:
        self.lines += [Line(now, entry.kind, entry.words) for entry in step.entries]
        self.timers |= {timer.key: timer for timer in step.timers if timer.key not in self.used}
        self.used.update(self.timers)
        told = (action.data for action in step.actions if action.kind is ActionKind.TELL)
        self.told += [Told(now, data.get("agent", ""), data.get("channel", ""), data.get("text", "")) for data in told]
