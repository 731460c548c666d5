"""A handoff that a person begins without writing ``#escalate`` in the helpdesk: the same path, with the same note.

The note is kept with the ticket's thread as an internal one of theirs, so the rules see what they would see of a note in the
helpdesk, and every later reader sees who asked for it and why.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from escalation import conclude
from escalation.actions import Entry
from escalation.conditions import fields_of
from escalation.journal import Case
from escalation.parts import Parts
from escalation.playbook import Mode, Playbook, Severity
from escalation.roster import Agent
from escalation.ticket import Message, Person, Role

MOST_WORDS = 1000  # characters of a reason
_NOTE = "escalate_note."


@dataclass(frozen=True, slots=True)
class ByHand:
    """What a sender has to say: which ticket, which team, why, and how urgent it is at least."""

    connection: str
    ticket: str
    team: str
    why: str
    urgency: str = Severity.NORMAL.value


@dataclass(frozen=True, slots=True)
class Begun:
    """What became of it. ``field``: what of ByHand has to be mended ("" for none)."""

    ok: bool
    text: str
    field: str = ""


def least(playbook: Playbook) -> Severity:
    """How urgent every handoff by hand is at least: what the mildest live rule that takes ``#escalate`` notes says."""
    takes = (r for r in playbook.rules if r.mode is Mode.LIVE and any(f.startswith(_NOTE) for f in fields_of(r.when)))
    return min((rule.severity for rule in takes), key=lambda s: s.rank, default=Severity.NORMAL)


class _NoRule(Exception):
    """No rule made an escalation of it: nothing is kept."""


def begin(parts: Parts, asked: ByHand, sender: Agent, now: datetime) -> Begun:
    """Begin a handoff of a stored ticket; refused whole, with the reason, where that cannot be."""
    if wrong := _problem(parts, asked):
        return wrong
    try:
        with parts.journal.case(asked.connection, asked.ticket, now) as case:
            return _already(case, parts) or _begin(case, parts, asked, sender)
    except _NoRule:
        words = "no live rule of the playbook takes #escalate notes, or it did so a short while ago (cooldown)"
        return Begun(False, f"Nothing was begun: {words}. An admin finds it under Rules.")


def _problem(parts: Parts, asked: ByHand) -> Begun | None:
    """What is wrong with what was filled in."""
    if asked.connection not in parts.helpdesks():
        return Begun(False, f"There is no connection {asked.connection}.", "connection")
    if parts.journal.known(asked.connection, asked.ticket).ticket is None:
        words = "Baton knows a ticket from its first webhook on; if the number is right, change anything in it, then try again."
        return Begun(False, f"Baton has not seen ticket {asked.ticket} of {asked.connection}. {words}", "ticket")
    if parts.roster().team(asked.team) is None:
        return Begun(False, f"There is no team {asked.team}.", "team")
    if not asked.why or len(asked.why) > MOST_WORDS:
        return Begun(False, f"Say why, in at most {MOST_WORDS} characters.", "why")
    known = asked.urgency in tuple(Severity)
    return None if known else Begun(False, f"One of {', '.join(Severity)}.", "urgency")


def _already(case: Case, parts: Parts) -> Begun | None:
    """Why this ticket cannot be handed over now."""
    if case.ticket is not None and case.ticket.status.is_over:
        return Begun(False, f"The ticket is {case.ticket.status}; reopen it first.", "ticket")
    if case.escalation is None:
        return None
    holder = parts.roster().agent(case.handoff.accepted_by) if case.handoff else None
    who = f"{holder.name} has it" if holder else f"it is {case.handoff.state}" if case.handoff else "it is open"
    return Begun(False, f"This ticket is being handed over already: {who}.", "ticket")


def _begin(case: Case, parts: Parts, asked: ByHand, sender: Agent) -> Begun:
    assert case.ticket is not None  # noqa: S101 - looked up before
    author = Person(sender.ids.get(asked.connection, ""), sender.name, sender.email, Role.AGENT)
    words = f"#escalate {asked.team} {asked.why}"
    note = Message(f"baton:{case.new_handoff_id()}", author, words, public=False, at=case.now)
    conclude.look_at(case, parts, replace(case.ticket, messages=(*case.ticket.messages, note)), ())
    if case.escalation is None or case.handoff is None:
        raise _NoRule
    severity = max(Severity(case.escalation.severity), Severity(asked.urgency), key=lambda s: s.rank)
    case.update(replace(case.escalation, severity=severity.value))
    case.save_handoff(replace(case.handoff, sender=sender.name, sent_by=sender.id))
    conclude.fill(case, parts)  # more urgent than the rule says
    case.write([Entry("by_hand", f"{sender.name} handed it over by hand: {asked.why}", sender.id)], case.handoff.id)
    team = parts.roster().team(case.handoff.team)
    name = team.name if team else asked.team
    return Begun(True, f"Ticket {asked.ticket} goes to {name}. It stays yours until somebody accepts.")
