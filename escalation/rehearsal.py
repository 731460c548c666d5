"""What would happen to a ticket, without anything happening: signals, every rule, the decision, all candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from escalation import routing
from escalation.decide import NOTHING, decide
from escalation.decision import Decision, Route
from escalation.history import Background
from escalation.playbook import Playbook
from escalation.ports import Reader
from escalation.roster import Load, Roster
from escalation.ticket import ChangeKind, Ticket, TicketChange

_NO_LOADS: Mapping[str, Load] = {}


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """``route`` is None when nothing would be escalated; ``team`` whose pool it goes to."""

    decision: Decision
    route: Route | None
    team: str


def rehearse(
    playbook: Playbook,
    roster: Roster,
    reader: Reader,
    ticket: Ticket,
    now: datetime,
    *,
    background: Background = NOTHING,
    loads: Mapping[str, Load] = _NO_LOADS,
) -> Rehearsal:
    """Judge a ticket as if it were first seen now, with a verdict for every rule that is not off."""
    signals = reader.read(ticket.messages, now, subject=ticket.subject, language=ticket.language)
    created = TicketChange(ticket.connection, ticket.id, ChangeKind.CREATED, "dry-run")
    decision = decide(playbook, ticket, None, (created,), signals, now, background, every=True)
    if not decision.escalate:
        return Rehearsal(decision, None, "")
    team = roster.team(decision.team) or roster.team_for(decision.issue_type, playbook.default_team)
    path = playbook.paths.get(decision.path) or playbook.paths["default"]
    level = path.levels[0]
    pool = roster.team(level.team) or team
    route = routing.choose(ticket, decision.issue_type, pool, roster, loads, now, level=level)
    return Rehearsal(decision, route, pool.id if pool else "")
