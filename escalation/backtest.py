"""What a draft of the rules would have done with the tickets of the last days, beside the active rules (domain.md §2, §6).

Every ticket is judged once by each, as it is known today and at the last moment something happened to it; a rule on time
fires when it holds by then. Tickets that are over are judged as if they were not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from escalation.decide import decide
from escalation.facts import utc
from escalation.history import Background
from escalation.playbook import Mode, Playbook
from escalation.roster import Roster
from escalation.signals import Signal
from escalation.ticket import Status, Ticket

MOST_NAMED = 50  # tickets named behind a number


@dataclass(frozen=True, slots=True)
class Stored:
    """A ticket of the store with what was read in it then."""

    ticket: Ticket
    signals: tuple[Signal, ...]
    background: Background

    @property
    def name(self) -> str:
        return f"{self.ticket.connection}:{self.ticket.id}"

    def last(self, now: datetime) -> datetime:
        """When something happened to it last."""
        ticket = self.ticket
        return utc(ticket.solved_at or ticket.updated_at or ticket.created_at or now)


@dataclass(frozen=True, slots=True)
class Count:
    """How often, and the first tickets behind it as ``connection:id``."""

    times: int = 0
    tickets: tuple[str, ...] = ()

    def one_more(self, ticket: str) -> Count:
        return Count(self.times + 1, (*self.tickets, ticket) if len(self.tickets) < MOST_NAMED else self.tickets)


@dataclass(frozen=True, slots=True)
class Tally:
    """One side's results: escalations, rules (live and shadow alike), and the hours at which teams would be asked."""

    escalated: Count = Count()
    rules: Mapping[str, Count] = field(default_factory=dict)
    load: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # team → hour of the week "Mon 09" → tickets


@dataclass(frozen=True, slots=True)
class Backtest:
    """The draft beside the active rules. ``only_draft`` and ``only_active`` are escalations that one of them alone would make."""

    tickets: int = 0
    active: Tally = Tally()
    draft: Tally = Tally()
    only_draft: Count = Count()
    only_active: Count = Count()


def judge(
    found: Backtest, active: Playbook, draft: Playbook, roster: Roster, tickets: Iterable[Stored], now: datetime
) -> Backtest:
    """The results with more tickets in them. ``now`` counts for tickets without any time of their own."""
    for stored in tickets:
        name = stored.name
        first, old = _tallied(found.active, active, roster, stored, now)
        second, new = _tallied(found.draft, draft, roster, stored, now)
        found = Backtest(
            found.tickets + 1,
            first,
            second,
            found.only_draft.one_more(name) if new and not old else found.only_draft,
            found.only_active.one_more(name) if old and not new else found.only_active,
        )
    return found


def _tallied(tally: Tally, playbook: Playbook, roster: Roster, stored: Stored, now: datetime) -> tuple[Tally, bool]:
    ticket, name, at = stored.ticket, stored.name, stored.last(now)
    seen = replace(ticket, status=Status.OPEN) if ticket.status.is_over else ticket
    decision = decide(playbook, seen, None, (), stored.signals, at, stored.background, every=False)
    fired = [v.rule for v in decision.verdicts if v.fired and v.mode is not Mode.OFF]
    rules = {**tally.rules, **{rule: tally.rules.get(rule, Count()).one_more(name) for rule in fired}}
    if not decision.escalate:
        return Tally(tally.escalated, rules, tally.load), False
    team = roster.team(decision.team) or roster.team_for(decision.issue_type, playbook.default_team)
    hours = Counter(tally.load.get(team.id if team else "", {}))
    hours[f"{utc(ticket.created_at or at):%a %H}"] += 1
    load = {**tally.load, team.id if team else "": dict(hours)}
    return Tally(tally.escalated.one_more(name), rules, load), True


def differences(found: Backtest) -> tuple[tuple[str, int, int], ...]:
    """(rule, times in the active rules, times in the draft) of every rule that fires otherwise, the largest difference first."""
    names = {*found.active.rules, *found.draft.rules}
    pairs = [(n, found.active.rules.get(n, Count()).times, found.draft.rules.get(n, Count()).times) for n in names]
    return tuple(sorted((p for p in pairs if p[1] != p[2]), key=lambda p: (-abs(p[1] - p[2]), p[0])))
