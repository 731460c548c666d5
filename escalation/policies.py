"""Our own SLA policies where the helpdesk tells no clock: which one a ticket is under, and its clocks now (domain.md §2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from escalation import sla
from escalation.facts import Facts, utc
from escalation.history import Logged
from escalation.playbook import Playbook
from escalation.rules import holds
from escalation.sla import Happened, LogEvent
from escalation.ticket import Role, SlaClock, Ticket

_FROM_LOG = {"status": Happened.STATUS, "priority": Happened.PRIORITY, "created": Happened.CREATED}
_SAYS = {Role.CUSTOMER: Happened.CUSTOMER_MESSAGE, Role.AGENT: Happened.HUMAN_REPLY, Role.BOT: Happened.BOT_REPLY}


def with_clocks(playbook: Playbook, ticket: Ticket, seen: Facts, log: Sequence[Logged], now: datetime) -> Ticket:
    """The ticket with the clocks of our policy beside those its helpdesk tells; a clock that it tells is not ours to keep.

    Ours have ``words``; those of an earlier look are dropped. ``seen`` says which policy the ticket is under.
    """
    told = tuple(clock for clock in ticket.sla if not clock.words)
    policy = next((own for own in playbook.policies if holds(own.when, seen)), None)
    if policy is None:
        return ticket if told == ticket.sla else replace(ticket, sla=told)
    found = sla.clocks(_events(ticket, log), {policy.policy.id: policy.policy}, policy.policy.id, now)
    names = {clock.name for clock in told}
    own = (SlaClock(c.name, c.due_at, c.state, c.amber_at, c.words or c.name) for c in found if c.name not in names)
    return replace(ticket, sla=(*told, *own))


def _events(ticket: Ticket, log: Sequence[Logged]) -> Iterator[LogEvent]:
    """The log of changes and the thread as one; where nobody logged the creation, the ticket's own time counts."""
    if ticket.created_at and not any(entry.kind == "created" for entry in log):
        yield LogEvent(utc(ticket.created_at), Happened.CREATED)
    for entry in log:
        if entry.kind in _FROM_LOG:
            yield LogEvent(utc(entry.at), _FROM_LOG[entry.kind], entry.value)
    for message in ticket.messages:
        if message.public and message.at and message.author.role in _SAYS:
            yield LogEvent(utc(message.at), _SAYS[message.author.role])
    if ticket.merged_into:
        yield LogEvent(utc(ticket.updated_at or ticket.created_at or log[-1].at), Happened.MERGED)
