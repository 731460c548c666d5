"""What people did in the helpdesk itself, as events of a handoff's life: assigned there, replied there, over there."""

from __future__ import annotations

from datetime import datetime

from escalation.events import AssignedInHelpdesk, Event, HumanReplied, TicketOver
from escalation.handover import is_reply
from escalation.hop import Handoff
from escalation.journal import Case
from escalation.parts import Parts
from escalation.ticket import Message, Ticket


def acts(case: Case, parts: Parts, before: Ticket | None, ticket: Ticket) -> list[Event]:
    """What people have done since ``before``, as events of the handoff that is open."""
    handoff = case.handoff
    if handoff is None or before is None:
        return []
    had = {m.id for m in before.messages}
    replies = [m for m in ticket.messages if is_reply(m) and m.id not in had]
    at = min([case.now, *(m.at for m in replies if m.at)])
    events: list[Event] = []
    assignee = ticket.assignee
    reassigned = assignee.id and assignee.id != before.assignee.id and not _is_older(ticket, handoff)
    if reassigned and not _our_cold_assignment(case, parts, handoff, assignee.id):
        agent = parts.roster().by_vendor_id(case.connection, assignee.id)
        events.append(AssignedInHelpdesk(agent.id if agent else "", assignee.name or f"agent {assignee.id}", at))
    events += _answered_unpressed(case, parts, handoff, replies, at)
    events += [HumanReplied(m.author.name or "An agent", m.at or case.now) for m in replies]
    if ticket.status.is_over:
        events.append(TicketOver(ticket.status.value))
    return events


def _is_older(ticket: Ticket, handoff: Handoff) -> bool:
    """True when what is seen was so before somebody accepted: a read or webhook that our own write-back has overtaken."""
    return bool(handoff.accepted_at and ticket.updated_at and ticket.updated_at < handoff.accepted_at)


def _answered_unpressed(
    case: Case, parts: Parts, handoff: Handoff, replies: list[Message], at: datetime
) -> list[AssignedInHelpdesk]:
    """With ``assign: on_offer`` somebody who has the ticket and answers the customer has accepted, pressed or not."""
    if handoff.state.is_taken:
        return []
    offered = {offer.agent for offer in handoff.asked_now if offer.assigned}
    writers = (parts.roster().by_vendor_id(case.connection, m.author.id) for m in replies)
    return [AssignedInHelpdesk(a.id, a.name, at) for a in writers if a is not None and a.id in offered][:1]


def _our_cold_assignment(case: Case, parts: Parts, handoff: Handoff, vendor_id: str) -> bool:
    """True when the assignment seen is the one a level with ``assign: on_offer`` made itself."""
    agent = parts.roster().by_vendor_id(case.connection, vendor_id)
    return agent is not None and any(o.agent == agent.id and o.assigned for o in handoff.asked_now)
