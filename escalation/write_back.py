"""What a handoff writes back to its helpdesk: whom it is assigned to, its note once, its priority (domain.md §4)."""

from __future__ import annotations

from dataclasses import replace

from escalation import context
from escalation.actions import Action, ActionKind, Entry, Write
from escalation.hop import Handoff, HandOver, State
from escalation.journal import Case, Shown
from escalation.masking import To
from escalation.parts import Parts
from escalation.playbook import Severity
from escalation.ports import GiveUp
from escalation.reopening import chain_of
from escalation.roster import Roster, Team
from escalation.ticket import Priority, Status


def hand_over(case: Case, parts: Parts, handoff: Handoff, over: HandOver) -> None:
    """Plan the write-back: person and group, and the note once per handoff; each vendor call is an action of its own."""
    helpdesk = parts.helpdesks()[case.connection]
    write = _write(case, parts, handoff, over)
    try:
        steps = helpdesk.steps(write, case.ticket)
    except GiveUp as cannot:
        case.write([Entry("cannot", f"{helpdesk.kind} cannot do this: {cannot}")], handoff.id)
        return
    had = case.ticket.assignee.id if case.ticket else ""
    case.save_handoff(replace(handoff, noted=handoff.noted or write.note is not None, had=had, assigned_at=case.now))
    whose = {"for": over.agent}
    for step in steps:
        case.plan(Action(f"write:{step.key}", ActionKind.WRITE, handoff.id, whose, over.why, step))
    case.plan(Action(f"prove:{write.key}", ActionKind.PROVE, handoff.id, whose, "read back", write))


def _write(case: Case, parts: Parts, handoff: Handoff, over: HandOver) -> Write:
    roster = parts.roster()
    agent = roster.agent(over.agent)
    # Helpdesks refuse an agent outside the group they are given: somebody of another team takes the ticket to theirs.
    stranger = agent is not None and agent.teams and handoff.team not in agent.teams
    team = roster.team(agent.teams[0] if agent and stranger else handoff.team)
    note = None
    if not handoff.noted and case.escalation is not None:
        link = f"{parts.page_url}/handoffs/{handoff.id}"
        title = _title(agent.name if agent else "", team)
        masking = parts.playbook().masking
        package = masking.package(replace(case.escalation.package, chain=chain_of(handoff, roster)), To.NOTE)
        note = masking.whole(context.note(package, key=handoff.id, title=title, link=link, now=case.now), To.NOTE)
    return Write(
        key=f"{handoff.id}:{over.agent or 'group'}:{handoff.steps}",
        ticket_id=handoff.ticket_id,
        agent_id=agent.ids.get(case.connection, "") if agent else "",
        group_id=team.groups.get(case.connection, "") if team else "",
        note=note,
        priority=_raised(case, parts),
    )


def _title(name: str, team: Team | None) -> str:
    return f"Handoff to {name or (team.name if team else 'the team')}"


def is_for(handoff: Handoff, action: Action) -> bool:
    """Whether a planned assignment is still to be, or to stay: its agent has the handoff or is asked with the ticket in hand.

    That of a team alone is, until somebody has it.
    """
    agent = action.data.get("for")
    if agent is None:  # planned by an earlier version
        return True
    if not agent:
        return not handoff.state.is_taken
    return handoff.accepted_by == agent or any(offer.agent == agent and offer.assigned for offer in handoff.asked_now)


def as_it_stands(action: Action, handoff: Handoff, roster: Roster) -> Write | None:
    """The step of a write-back without what is no longer so: tried late, it would take the ticket from whoever has it by now.

    None when nothing of it is left to write.
    """
    step = action.write
    if step is None or is_for(handoff, action):
        return step
    title = _title(roster.name(handoff.accepted_by), roster.team(handoff.team))
    left = replace(step, agent_id="", group_id="", note=replace(step.note, title=title) if step.note else None)
    return None if left == Write(left.key, left.ticket_id) else left


def why_not_write(shown: Shown | None) -> str:
    """Why a planned write-back is not wanted any more, "" while it is; deleted are also tickets that are spam or merged away."""
    if shown is None:
        return ""
    if shown.ticket.status is Status.DELETED:
        return "the ticket is deleted"
    return "the ticket was over before anybody accepted" if shown.handoff.state is State.CANCELLED else ""


_PRIORITY_OF = {Severity.HIGH: Priority.HIGH, Severity.CRITICAL: Priority.URGENT}


def _raised(case: Case, parts: Parts) -> Priority | None:
    """The priority to write with ``write_priority``: what the severity asks for, never lower than the ticket's own."""
    if not parts.playbook().write_priority or case.escalation is None or case.ticket is None:
        return None
    wanted = _PRIORITY_OF.get(Severity(case.escalation.severity), Priority.UNKNOWN)
    return wanted if wanted.rank > case.ticket.priority.rank else None
