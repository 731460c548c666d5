"""Proving a write-back: by the helpdesk's own webhook where that tells enough, else by reading the ticket once more.

A helpdesk that sends webhooks of our own writes, too, says by itself what it keeps; then the read, a vendor call of every
handoff, can be saved. Such a webhook proves only: one that shows something else, or does not come, leaves it to the read.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from escalation.actions import Action, ActionKind, Entry, Write
from escalation.hop import Handoff
from escalation.journal import Case
from escalation.parts import Parts
from escalation.planned import Task
from escalation.proof import MENDED, again, look_back, read_back
from escalation.reach import tell_team
from escalation.roster import Agent
from escalation.ticket import Ticket, TicketChange, apply
from escalation.write_back import why_not_write

PATIENCE = timedelta(seconds=5)  # for the webhook of a write; they mostly come within one or two


def prove(parts: Parts, task: Task) -> None:
    """Read back what was written; what is missing is written once more and read again, what stays wrong is told to people.

    The read waits a little where the helpdesk's own webhook may make it needless.
    """
    write, shown = task.action.write, parts.journal.shown(task.action.handoff_id)
    if write is None or shown is None or (moot := why_not_write(shown)) or not parts.journal.all_written(shown.handoff.id):
        parts.journal.finish(task, parts.clock(), moot=moot or "not everything was written")
        return
    helpdesk = parts.helpdesks()[task.connection]
    if helpdesk.echoes and not task.action.data.get("waited"):
        _wait(parts, task)
        return
    assigned = _still_theirs(parts, shown.handoff, task.connection, write)
    found = look_back(
        helpdesk, write, assigned=assigned, known=lambda: parts.journal.known(task.connection, task.ticket_id).ticket
    )
    mend = again(write, found.faults) if not task.action.data.get("again") else None
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        if not case.settle(task) and not found.faults:
            return  # a webhook has told it meanwhile
        words = found.words + (". What can be written again is" if mend else "")
        case.write([Entry("not_proved" if found.faults else "proved", words)], task.action.handoff_id)
        for step in helpdesk.steps(mend) if mend else ():
            case.plan(Action(f"write:{step.key}", ActionKind.WRITE, shown.handoff.id, why="read back: was missing", write=step))
        if mend:
            once_more = {"again": "1"}
            case.plan(Action(f"prove:{mend.key}", ActionKind.PROVE, shown.handoff.id, once_more, "read back again", write))
        alarms = [why for fault, why in found.faults.items() if not mend or fault not in MENDED]
        if alarms:
            text = f"Ticket {task.ticket_id} ({task.connection}) is not as Baton wrote it: {'; '.join(alarms)}."
            tell_team(case, parts, task.action.key, text)


def _wait(parts: Parts, task: Task) -> None:
    """Leave it to the webhook for a while, and to a read after that."""
    action = task.action
    unless = "read back, unless the helpdesk's own webhook has told it"
    later = replace(action, key=f"{action.key}:read", data={**action.data, "waited": "1"}, why=unless)
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        if case.settle(task):
            case.plan(later, wait=PATIENCE)


def by_webhooks(case: Case, parts: Parts, told: Iterable[TicketChange]) -> None:
    """Call a write proved when webhooks of our own acts show all of it; ``told``: those of one pass, oldest first."""
    changes, handoff, known = tuple(told), case.handoff, case.ticket
    if handoff is None or known is None or not any(c.message or "assignee" in c.fields or "group" in c.fields for c in changes):
        return
    seen = _as_told(known, changes, parts.roster().agent(handoff.accepted_by))
    for task in case.proofs(handoff.id):
        write = task.action.write
        if write is None:
            continue
        found = read_back(write, seen, assigned=_still_theirs(parts, handoff, case.connection, write))
        if found.seen and not found.faults and case.settle(task):
            case.write([Entry("proved", f"{found.words}, as the helpdesk's own webhook tells")], handoff.id)


def _as_told(known: Ticket, changes: Iterable[TicketChange], holder: Agent | None) -> Ticket:
    """What the webhooks alone tell: what is stored may come from the answers to our writes. They name nobody, so we do."""
    seen = Ticket(known.connection, known.id, requester=known.requester)
    for change in changes:
        seen = apply(seen, change)
    if holder and seen.assignee.id and seen.assignee.id == holder.ids.get(known.connection):
        return replace(seen, assignee=replace(seen.assignee, name=holder.name))
    return seen


def _still_theirs(parts: Parts, handoff: Handoff, connection: str, write: Write) -> bool:
    """False when somebody else has the handoff by now, so that the ticket's assignee tells nothing of this write."""
    holder = parts.roster().agent(handoff.accepted_by)
    theirs = holder.ids.get(connection, "") if holder else ""
    return write.agent_id == theirs if write.agent_id else not handoff.state.is_taken
