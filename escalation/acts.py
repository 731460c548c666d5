"""What people did in the helpdesk itself, as events of a handoff's life: assigned there, replied there, over there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from escalation.actions import Entry
from escalation.events import AssignedInHelpdesk, Event, HumanReplied, TicketOver
from escalation.handover import is_reply
from escalation.hop import Handoff
from escalation.journal import Case
from escalation.parts import Parts
from escalation.ticket import ChangeKind, Message, Role, Ticket, TicketChange


def acts(case: Case, parts: Parts, before: Ticket | None, ticket: Ticket, news: Iterable[TicketChange] = ()) -> list[Event]:
    """What people have done since ``before``, as events of the handoff that is open; ``news``: by whom."""
    handoff = case.handoff
    if handoff is None or before is None:
        return []
    had = {m.id for m in before.messages}
    replies = [m for m in ticket.messages if is_reply(m) and m.id not in had]
    at = min([case.now, *(m.at for m in replies if m.at)])
    events: list[Event] = []
    assignee = ticket.assignee
    reassigned = assignee.id and assignee.id != before.assignee.id
    if reassigned and not _our_cold_assignment(case, parts, handoff, assignee.id):
        agent = parts.roster().by_vendor_id(case.connection, assignee.id)
        name = agent.name if agent else assignee.name or f"agent {assignee.id}"
        if _by_itself(news) and not handoff.state.is_taken:
            words = f"A rule of the helpdesk assigned {name}; that is nobody's word, so those who are asked still are"
            case.write([Entry("assigned", words)], handoff.id)
        else:
            events.append(AssignedInHelpdesk(agent.id if agent else "", name, at))
    events += _answered_unpressed(case, parts, handoff, replies, at)
    events += [HumanReplied(m.author.name or "An agent", m.at or case.now) for m in replies]
    if ticket.status.is_over:
        events.append(TicketOver(ticket.status.value))
    return events


def overtaken(case: Case, ticket: Ticket, read_at: datetime | None) -> Ticket:
    """The ticket with the assignee our own write-back gave it, where what is seen of it was so before; ``read_at`` says when.

    Helpdesks stamp in whole seconds, by their own clock: within the second in which the assignment was planned only whoever had
    the ticket before is old news, and what was read since is none, whatever its stamp.
    """
    handoff, before = case.handoff, case.ticket
    if handoff is None or before is None or ticket.assignee.id == before.assignee.id:
        return ticket
    planned, at = handoff.assigned_at, ticket.updated_at
    if planned is None or at is None or at >= planned:
        return ticket
    if ticket.assignee.id != handoff.had and (at >= planned.replace(microsecond=0) or (read_at and read_at >= planned)):
        return ticket
    return replace(ticket, assignee=before.assignee)


def _by_itself(news: Iterable[TicketChange]) -> bool:
    """True when webhooks say that no person assigned the ticket: a trigger of the helpdesk did, or its routing."""
    actors = [change.actor.role for change in news if "assignee" in change.fields and change.kind is ChangeKind.ASSIGNED]
    return bool(actors) and all(role in (Role.SYSTEM, Role.BOT) for role in actors)


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
