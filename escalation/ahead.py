"""Nobody overtakes the queue (domain.md §3): before somebody is asked, more valuable handoffs that wait are offered first.

Free people go to the head of the queue; the handoff that asks sees the room that is left. All of it in the transaction of
the one that asks, under the routing lock (docs/decisions/0012 and 0014).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from escalation.events import Again
from escalation.hop import Desk, Handoff, State
from escalation.journal import Case
from escalation.playbook import Level, Severity
from escalation.queue_order import Place
from escalation.queued import Moment, Queued, worth_of
from escalation.ticket import Ticket

MOST_AHEAD = 10  # offered within one transaction; the tick goes on with the rest within a second

Offer = Callable[[Case, Again], Handoff]  # takes the step in that case; the handoff after it


def behind(case: Case, handoff: Handoff, desk: Desk, moment: Moment, offer: Offer) -> Desk:
    """The same desk, on which every route is worked out after what goes before this handoff was offered."""
    first, choose = Ahead(case, handoff, moment, offer), desk.choose
    return replace(desk, choose=lambda level, exclude: choose(level, {**first.kept_free(level), **exclude}))


def joins_the_queue(before: Handoff | None, after: Handoff) -> bool:
    """True when a step makes a handoff wait: nobody may be routed past it who has not seen it."""
    return after.state is State.WAITING and (before is None or before.state is not State.WAITING)


@dataclass
class Ahead:
    """The part of the queue that goes before one handoff."""

    case: Case
    handoff: Handoff
    moment: Moment
    offer: Offer
    _left: list[tuple[Queued, Place]] | None = None
    _length: int = 0
    _offered: int = 0
    _busy: set[str] = field(default_factory=set)  # ids of handoffs whose ticket somebody else is at just now

    def kept_free(self, level: Level) -> Mapping[str, str]:
        """Offer what goes before; agent id → for whom people are kept who may not be asked for this one yet."""
        mine = self.moment
        free = mine.free(mine.asks(level, self.handoff.team, self.handoff.issue_type, self.handoff.connection))
        before = self._before() if free else ()
        kept: dict[str, str] = {}
        for number, (one, where) in enumerate(tuple(before), 1):
            if not free:
                break
            found = list(mine.takers(one, free))
            if found and self._went(one, mine.again(found[0][0], where, number, self._length)):
                free = mine.free(free)
            elif found:
                kept |= {agent.id: f"kept free for ticket {one.ticket.id}, which goes before" for _, agent in found}
                free = [agent for agent in free if agent.id not in kept]
        return kept

    def _went(self, one: Queued, event: Again) -> bool:
        """True when the handoff waits no longer; False when it cannot be offered within this transaction."""
        if self._offered >= MOST_AHEAD or one.handoff_id in self._busy:
            return False
        beside = self.case.beside(one.ticket.connection, one.ticket.id)
        if beside is None:
            self._busy.add(one.handoff_id)
            return False
        if beside.handoff is not None and beside.handoff.id == one.handoff_id and beside.handoff.state is State.WAITING:
            after = self.offer(beside, event)
            for made in after.asked_now:
                self.moment.offered(made.agent)
            if after.state is State.WAITING:
                return False
            self._offered += 1
        self._left = [pair for pair in self._before() if pair[0].handoff_id != one.handoff_id]
        return True

    def _before(self) -> list[tuple[Queued, Place]]:
        """What waits and is worth more, the most valuable first; looked up once."""
        if self._left is None:
            queue = self.case.queued()
            self._length = len(queue)
            own = self._own_place() if queue else None
            ordered = self.moment.in_order(q for q in queue if q.handoff_id != self.handoff.id)
            self._left = [pair for pair in ordered if own is not None and pair[1].key < own.key]
        return self._left

    def _own_place(self) -> Place:
        ticket = self.case.ticket or Ticket(self.case.connection, self.case.ticket_id)
        escalation = self.case.escalation
        severity = Severity(escalation.severity) if escalation else Severity.NORMAL
        since = escalation.opened_at if escalation else self.moment.now
        return self.moment.place(worth_of(self.handoff.id, severity, since, ticket))
