"""When a ticket has to be looked at again although nothing happens to it: a time rule becomes true (domain.md §2).

Worked out from the rules and the ticket, so that no ticket is ever looked at in vain and none is scanned for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from escalation.compare import items
from escalation.decide import calendar_of, facts_later
from escalation.facts import Facts, amber_at, since, utc
from escalation.history import Background, in_queue_since
from escalation.hours import Calendar, due_in
from escalation.kept import Kept
from escalation.playbook import Condition, Mode, Node, Playbook, Scored, Threshold
from escalation.rules import firing, with_segment
from escalation.ticket import Ticket

_SPANS = frozenset({"age", "waiting", "unanswered_for", "in_queue"})
_MOMENTS = frozenset({"created_at", "updated_at", "solved_at", "customer.renewal_on"})
_AFTER = timedelta(microseconds=1)  # "over two hours" is not yet true at two hours
_MOST = 60  # moments looked at for one ticket


def is_timed(condition: Condition) -> bool:
    """True for a condition whose field changes by waiting alone; of custom fields and the like only where it asks for time."""
    name = condition.field
    if name in _SPANS or name.startswith(("business.", "sla.")):
        return True
    asks = any(isinstance(one, timedelta | datetime) for one in items(condition.value))
    return (name in _MOMENTS or name.startswith("custom.")) and (asks or isinstance(condition.value, Threshold))


def timed(playbook: Playbook) -> Playbook:
    """The playbook with those rules only that can become true by waiting."""
    own = tuple(rule for rule in playbook.rules if any(map(is_timed, _flat(rule.when))))
    return playbook if len(own) == len(playbook.rules) else replace(playbook, rules=own)


_timed: Kept[Playbook, Playbook] = Kept(timed, most=1)


def next_look(playbook: Playbook, ticket: Ticket, seen: Facts, now: datetime, background: Background) -> datetime | None:
    """The first moment after ``now`` at which a rule holds that does not hold now, if nothing else happens; None for never.

    ``ticket`` with the clocks of our own policies, ``seen`` its facts now.
    """
    rules = _timed(playbook)
    if ticket.status.is_over or not rules.rules:
        return None
    calendar = calendar_of(playbook, seen)
    moments = _moments(rules, ticket, seen, calendar, now, background)
    holding = _holding(rules, seen) if moments else frozenset()
    for moment in moments:
        if _holding(rules, facts_later(seen, ticket, background, calendar, moment)) - holding:
            return moment
    return None


def _holding(playbook: Playbook, seen: Facts) -> frozenset[str]:
    return frozenset(rule.id for rule, _ in firing(playbook, seen))


def _moments(
    playbook: Playbook, ticket: Ticket, seen: Facts, calendar: Calendar | None, now: datetime, background: Background
) -> list[datetime]:
    """Every moment to come at which a condition on time may change, in order."""
    limited, segment = with_segment(playbook, seen)
    modes = segment.modes if segment else {}
    starts = since(ticket)
    queued = in_queue_since(ticket, background.log)
    starts |= {"in_queue": queued} if queued else {}
    found: set[datetime] = set()
    for rule in playbook.rules:
        if modes.get(rule.id, rule.mode) is not Mode.OFF:
            for condition in filter(is_timed, _flat(rule.when)):
                found.update(_of(condition, limited, starts, calendar, ticket))
    return sorted(moment for moment in found if moment > utc(now))[:_MOST]


def _flat(node: Node) -> Iterator[Condition]:
    if isinstance(node, Condition):
        yield node
    elif isinstance(node, Scored):
        for part in node.parts:
            yield from _flat(part.when)
    else:
        for inner in (*node.all, *node.any, *node.none):
            yield from _flat(inner)


def _of(
    condition: Condition, seen: Facts, starts: Mapping[str, datetime], calendar: Calendar | None, ticket: Ticket
) -> Iterable[datetime]:
    name = condition.field
    if name.startswith("sla.") and not name.endswith(".due_at"):
        return _clocks(ticket)
    spans = [span for span in items(_operand(condition, seen)) if isinstance(span, timedelta)]
    if name in _SPANS:
        return [starts[name] + span + _AFTER for span in spans if name in starts]
    if name.startswith("business."):
        start = starts.get(name.removeprefix("business."))
        # At closing time exactly so much is worked and not yet more: that comes with the next opening.
        return [_worked(calendar, start, span + more) for span in spans for more in (timedelta(0), _AFTER)] if start else []
    told = seen.value(name)
    base = [utc(told)] if isinstance(told, datetime) else []
    wanted = [utc(one) for one in items(_operand(condition, seen)) if isinstance(one, datetime)]
    return [*(at + sign * span + _AFTER for at in base for span in spans for sign in (1, -1)), *(at + _AFTER for at in wanted)]


def _operand(condition: Condition, seen: Facts) -> object:
    return seen.limits.get(condition.value.name) if isinstance(condition.value, Threshold) else condition.value


def _worked(calendar: Calendar | None, start: datetime, span: timedelta) -> datetime:
    return due_in(calendar, start, span).at if calendar else start + span


def _clocks(ticket: Ticket) -> Iterator[datetime]:
    for clock in ticket.sla:
        if clock.due_at is not None:
            yield utc(clock.due_at)
            yield amber_at(clock, ticket)
