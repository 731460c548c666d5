"""What a draft of the rules would have done with the tickets of the last days, beside the active rules (domain.md §2, §6).

Every ticket is judged once by each, as it is known today and at the last moment something happened to it; a rule on time
fires when it holds by then. Tickets that are over are judged as if they were not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from escalation.decide import aim, facts_of
from escalation.facts import Facts, utc
from escalation.history import Background
from escalation.playbook import Mode, Playbook
from escalation.roster import Roster
from escalation.rules import firing
from escalation.signals import Signal
from escalation.ticket import Status, Ticket

MOST_NAMED = 50  # tickets named behind a number
MOST_IN_HOUR = 20  # of a team and an hour of the week


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
    asked: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)  # the first tickets behind each of these


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
    shared = _see_alike(active, draft)
    for stored in tickets:
        seen = _seen(active, stored, now)
        first, old = _tallied(found.active, active, roster, stored, seen)
        second, new = _tallied(found.draft, draft, roster, stored, seen if shared else _seen(draft, stored, now))
        found = Backtest(
            found.tickets + 1,
            first,
            second,
            found.only_draft.one_more(stored.name) if new and not old else found.only_draft,
            found.only_active.one_more(stored.name) if old and not new else found.only_active,
        )
    return found


def _see_alike(one: Playbook, other: Playbook) -> bool:
    """True when both see the same facts in a ticket, so that these are worked out once."""
    names = ("issue_words", "product_areas", "calendars", "calendar", "contact_window", "policies", "segments")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _seen(playbook: Playbook, stored: Stored, now: datetime) -> Facts:
    ticket = stored.ticket
    as_open = replace(ticket, status=Status.OPEN) if ticket.status.is_over else ticket
    return facts_of(playbook, as_open, None, (), stored.signals, stored.last(now), stored.background)


def _tallied(tally: Tally, playbook: Playbook, roster: Roster, stored: Stored, seen: Facts) -> tuple[Tally, bool]:
    fired = firing(playbook, seen)
    rules = {**tally.rules, **{rule.id: tally.rules.get(rule.id, Count()).one_more(stored.name) for rule, _ in fired}}
    live = [rule for rule, mode in fired if mode is Mode.LIVE]
    if not live:
        return replace(tally, rules=rules), False
    goes = aim(playbook, seen, live)
    team = roster.team(goes.team) or roster.team_for(goes.issue_type, playbook.default_team)
    name, hour = team.id if team else "", f"{utc(stored.ticket.created_at or seen.now):%a %H}"
    hours, tickets = tally.load.get(name, {}), tally.asked.get(name, {})
    load = {**tally.load, name: {**hours, hour: hours.get(hour, 0) + 1}}
    named = (*tickets.get(hour, ()), stored.name)[:MOST_IN_HOUR]
    asked = {**tally.asked, name: {**tickets, hour: named}}
    return Tally(tally.escalated.one_more(stored.name), rules, load, asked), True


def differences(found: Backtest) -> tuple[tuple[str, int, int], ...]:
    """(rule, times in the active rules, times in the draft) of every rule that fires otherwise, the largest difference first."""
    names = {*found.active.rules, *found.draft.rules}
    pairs = [(n, found.active.rules.get(n, Count()).times, found.draft.rules.get(n, Count()).times) for n in names]
    return tuple(sorted((p for p in pairs if p[1] != p[2]), key=lambda p: (-abs(p[1] - p[2]), p[0])))
