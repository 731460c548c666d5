"""What would happen to a ticket, without anything happening: signals, every rule, the decision, all candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from escalation.decide import NOTHING, decide
from escalation.decision import Decision, Route
from escalation.desks import Loads, Matter, route_for
from escalation.history import Background
from escalation.playbook import Path, Playbook
from escalation.ports import Reader
from escalation.roster import Load, Roster, Team
from escalation.routing import NOBODY
from escalation.ticket import ChangeKind, Ticket, TicketChange


def no_loads(_: Iterable[str]) -> Mapping[str, Load]:
    """Everybody's desk is empty."""
    return {}


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
    loads: Loads = no_loads,
    away: Mapping[str, str] = NOBODY,
) -> Rehearsal:
    """Judge a ticket as if it were first seen now, with a verdict for every rule that is not off."""
    decision = judge(playbook, reader, ticket, now, background)
    if not decision.escalate:
        return Rehearsal(decision, None, "")
    team, path = aim(decision, playbook, roster)
    matter = Matter(ticket, decision.issue_type, team.id if team else "")
    route = route_for(matter, path.levels[0], roster, loads, now, weights=playbook.routing, away=away)
    return Rehearsal(decision, route, route.team)


def judge(playbook: Playbook, reader: Reader, ticket: Ticket, now: datetime, background: Background = NOTHING) -> Decision:
    """What the rules say of a ticket that is first seen now, with a verdict for every rule that is not off."""
    signals = reader.read(ticket.messages, now, subject=ticket.subject, language=ticket.language)
    created = TicketChange(ticket.connection, ticket.id, ChangeKind.CREATED, "dry-run")
    return decide(playbook, ticket, None, (created,), signals, now, background, every=True)


def aim(decision: Decision, playbook: Playbook, roster: Roster) -> tuple[Team | None, Path]:
    """Team and path of a handoff that follows from a decision."""
    team = roster.team(decision.team) or roster.team_for(decision.issue_type, playbook.default_team)
    path = playbook.paths.get(decision.path) or playbook.paths["default"]
    return team, path.needing(decision.skills)
