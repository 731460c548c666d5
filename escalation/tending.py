"""The queue and what is stuck, looked at once a second: no event can be missed, for it is the state that is looked at.

Whatever made somebody free (a handoff that ended, a decline, a shift that began, somebody who is back, another roster),
the next look sees it. A look costs one indexed query while nothing waits and nobody is gone,
and one more while nobody has room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from escalation import conclude
from escalation.events import Event, Stuck
from escalation.handoff import advance
from escalation.hop import State
from escalation.parts import Parts
from escalation.queued import Moment
from escalation.stuck import gone, is_stuck, is_working

MOST_OFFERED = 50  # in one look; the next one is a second away

Work = Callable[[], object]


def due(parts: Parts, now: datetime) -> Iterator[Work]:
    """What is to be done now, each a piece of work with its own transaction: what is stuck first, then the queue in order."""
    yield from _stuck(parts, now)
    yield from _queue(parts, now)


def _queue(parts: Parts, now: datetime) -> Iterator[Work]:
    journal, roster = parts.journal, parts.roster()
    if not journal.anything_queued():
        return
    moment = Moment(roster, parts.playbook(), journal.loads, lambda: journal.away(now), now)
    if not moment.free(roster.agents):  # as in most nights: what waits is many times what tells that nobody has room
        return
    queue = journal.queued()
    free, offered = moment.free(moment.everybody(queue)), 0
    for number, (one, where) in enumerate(moment.in_order(queue), 1):
        if not free or offered >= MOST_OFFERED:
            return
        found = next(moment.takers(one, free), None)
        if found is not None:
            event = moment.again(found[0], where, number, len(queue))
            yield partial(_step, parts, now, one.ticket.connection, one.ticket.id, one.handoff_id, event, State.WAITING)
            moment.offered(found[1].id)
            free, offered = moment.free(free), offered + 1


def _stuck(parts: Parts, now: datetime) -> Iterator[Work]:
    roster, grace = parts.roster(), parts.playbook().queue.stuck_after
    if not (holders := parts.journal.holders()):
        return
    said = parts.journal.away(now)
    off = {h for h in holders if any(a.agent == h for a in said) or not is_working(roster.agent(h), now)}
    for one in parts.journal.unanswered(off) if off else ():
        agent = roster.agent(one.agent)
        if one.own_hours and agent is not None and not is_working(agent, now):
            continue  # as the path says: the clock waits for their next shift
        why = gone(agent, one.agent, said, one.connection, now)
        if why is not None and (agent or one.asked) and is_stuck(why, one.accepted_at, grace, now):
            event = Stuck(one.agent, why.words)
            yield partial(_step, parts, now, one.connection, one.ticket_id, one.handoff_id, event, State.ACCEPTED)


def _step(parts: Parts, now: datetime, connection: str, ticket_id: str, handoff_id: str, event: Event, state: State) -> None:
    with parts.journal.case(connection, ticket_id, now) as case:
        handoff = case.handoff
        if handoff is not None and handoff.id == handoff_id and handoff.state is state:
            conclude.take(case, parts, advance(handoff, event, now, conclude.desk(case, parts, handoff)))
