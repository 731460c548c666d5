"""Whether a handoff's sender is asked for what is missing first: a person under the minimum, where there is time for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from escalation.completeness import DETAILS, Needs, judged
from escalation.events import Filled, Gaps
from escalation.filling import waiting
from escalation.history import escalate_note
from escalation.hop import Handoff
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
    handoff: Handoff, ticket: Ticket, package: ContextPackage, needs: Mapping[str, Needs], severity: Severity, now: datetime
) -> Filled | None:
    """Why the sender is not waited for any more: enough is there for what it was handed over as, or it became urgent."""
    if waiting(handoff) is None:
        return None
    package = judged(replace(package, issue_type=handoff.issue_type), ticket, needs)
    if package.completeness >= package.minimum or not for_a_person(package):
        return Filled(f"What was missing is there ({package.completeness} of 100): it is offered")
    return Filled("It became urgent: it goes out and says what is missing") if urgent(ticket, severity, now) else None


def sender_of(ticket: Ticket, roster: Roster) -> Agent | None:
    """Whoever wrote #escalate last, where the roster knows them; None where a rule or bot hands it over."""
    if not escalate_note(ticket):
        return None
    author = ticket.messages[-1].author
    by_mail = (agent for agent in roster.agents if author.email and agent.email.lower() == author.email.lower())
    return (roster.by_vendor_id(ticket.connection, author.id) if author.id else None) or next(by_mail, None)


def for_a_person(package: ContextPackage) -> tuple[str, ...]:
    """The gaps that somebody can fill by saying it in a note; an account is gathered, or is for the helpdesk's own fields."""
    return tuple(gap.field for gap in package.missing if gap.cause == "person" and gap.field in DETAILS)


def urgent(ticket: Ticket, severity: Severity, now: datetime) -> bool:
    """Critical, urgent by its priority, or with a breached SLA."""
    return ticket.priority is Priority.URGENT or bool(hurry(severity, ticket.sla, now)[0])
