"""Whether a handoff's sender is asked for what is missing first: a person under the minimum, where there is time for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from escalation.completeness import DETAILS, Needs, judged
from escalation.events import Filled, Gaps
from escalation.facts import utc
from escalation.filling import waiting
from escalation.history import escalate_note
from escalation.hop import Asking, Handoff
from escalation.package import ContextPackage
from escalation.playbook import Severity
from escalation.roster import Agent, Roster
from escalation.snooze import hurry
from escalation.ticket import Priority, Ticket


def gaps_for(
    ticket: Ticket, package: ContextPackage, needs: Mapping[str, Needs], roster: Roster, severity: Severity, now: datetime
) -> tuple[Gaps | None, str]:
    """What the sender is asked for, or None; where only urgency speaks against it, that in words."""
    sender, missing = sender_of(ticket, roster), for_a_person(package)
    if sender is None or not missing or package.completeness >= package.minimum:
        return None, ""
    score = f"{package.completeness} of 100, {package.minimum} are wanted"
    if urgent(ticket, severity, now):
        what = f"{', '.join(missing)} ({score})"
        return None, f"It is urgent, so it goes out without asking {sender.name} for what is missing: {what}"
    need = needs.get(package.issue_type) or Needs()
    return Gaps(sender.id, missing, score, need.ask_for, ticket.url), ""


def over_for(
    handoff: Handoff,
    ticket: Ticket,
    package: ContextPackage,
    needs: Mapping[str, Needs],
    roster: Roster,
    severity: Severity,
    now: datetime,
) -> Filled | None:
    """Why the sender is not waited for any more: enough is there for what it was handed over as, or it became urgent.

    What a receiver missed only the sender can tell to be there: they have written on the ticket since.
    """
    offer = waiting(handoff)
    if offer is None:
        return None
    package = judged(replace(package, issue_type=handoff.issue_type), ticket, needs)
    if handoff.lacked:
        if (sender := roster.agent(offer.sender)) and _wrote(sender, ticket, roster, offer.at):
            return Filled(f"{sender.name} has answered on the ticket: it is offered")
    elif package.completeness >= package.minimum or not for_a_person(package):
        return Filled(f"What was missing is there ({package.completeness} of 100): it is offered")
    return Filled("It became urgent: it goes out and says what is missing") if urgent(ticket, severity, now) else None


def sender_of(ticket: Ticket, roster: Roster) -> Agent | None:
    """Whoever wrote #escalate last, where the roster knows them; None where a rule or bot hands it over."""
    return roster.known(ticket.connection, ticket.messages[-1].author) if escalate_note(ticket) else None


def sent_by(ticket: Ticket, roster: Roster) -> tuple[str, str]:
    """The sender's name and agent id: who wrote #escalate, else who has the ticket; no agent where a bot hands it over."""
    noted = bool(escalate_note(ticket))
    person = ticket.messages[-1].author if noted else ticket.assignee
    agent = roster.known(ticket.connection, person) if noted or ticket.handed is None else None
    return person.name or (agent.name if agent else ""), agent.id if agent else ""


def _wrote(sender: Agent, ticket: Ticket, roster: Roster, since: datetime) -> bool:
    """True when they wrote on the ticket since then; helpdesks stamp in whole seconds."""
    later = (m for m in reversed(ticket.messages) if m.at and utc(m.at) >= since.replace(microsecond=0))
    return any(roster.known(ticket.connection, m.author) == sender for m in later)


def asking_for(handoff: Handoff, ticket: Ticket, needs: Mapping[str, Needs], severity: Severity, now: datetime) -> Asking:
    """How the sender is asked for what a receiver misses."""
    need = needs.get(handoff.issue_type) or Needs()
    return Asking(need.ask_for, ticket.url, urgent(ticket, severity, now))


def for_a_person(package: ContextPackage) -> tuple[str, ...]:
    """The gaps that somebody can fill by saying it in a note; an account is gathered, or is for the helpdesk's own fields."""
    return tuple(gap.field for gap in package.missing if gap.cause == "person" and gap.field in DETAILS)


def urgent(ticket: Ticket, severity: Severity, now: datetime) -> bool:
    """Critical, urgent by its priority, or with a breached SLA."""
    return ticket.priority is Priority.URGENT or bool(hurry(severity, ticket.sla, now)[0])
