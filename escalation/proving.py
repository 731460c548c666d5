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
from escalation.proof import MENDED, Proof, again, given_on, look_back, read_back
from escalation.reach import tell_team
from escalation.roster import Agent
from escalation.ticket import Ticket, TicketChange, apply
from escalation.write_back import is_for, why_not_write

PATIENCE = timedelta(seconds=5)  # for the webhook of a write; they mostly come within one or two


def prove(parts: Parts, task: Task) -> None:
    """Read back what was written; what is missing is written once more and read again, what stays wrong is told to people.

    The read waits a little where the helpdesk's own webhook may make it needless.
    """
    write, shown = task.action.write, parts.journal.shown(task.action.handoff_id)
    if write is not None and shown is not None:
        write = _done(write, parts.journal.unwritten(shown.handoff.id, write.key))
    if write is None or shown is None or (moot := why_not_write(shown)):
        parts.journal.finish(task, parts.clock(), moot=moot or "nothing of it was written")
        return
    helpdesk = parts.helpdesks()[task.connection]
    if helpdesk.echoes and not task.action.data.get("waited"):
        _wait(parts, task)
        return
    found, given = _looked(parts, task, write, shown.handoff)
    mend = again(write, found.faults) if not task.action.data.get("again") else None
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        if not case.settle(task) and not found.faults:
            return  # a webhook has told it meanwhile
        if given:
            case.refresh_later()  # what people do in the helpdesk counts, and is learned by reading it
        words = found.words + (". What can be written again is" if mend else "")
        case.write([Entry("not_proved" if found.faults else "proved", words)], task.action.handoff_id)
        for step in helpdesk.steps(mend) if mend else ():
            case.plan(
                Action(f"write:{step.key}", ActionKind.WRITE, shown.handoff.id, _whose(task), "read back: was missing", step)
            )
        if mend:
            once_more = {**_whose(task), "again": "1"}
            case.plan(Action(f"prove:{mend.key}", ActionKind.PROVE, shown.handoff.id, once_more, "read back again", write))
        alarms = [why for fault, why in found.faults.items() if not mend or fault not in MENDED]
        if alarms:
            text = f"Ticket {task.ticket_id} ({task.connection}) is not as Baton wrote it: {'; '.join(alarms)}."
            tell_team(case, parts, task.action.key, text)


def _looked(parts: Parts, task: Task, write: Write, handoff: Handoff) -> tuple[Proof, bool]:
    """What the helpdesk shows of a write now, and whether a colleague has given the ticket to somebody else since."""
    known = lambda: parts.journal.known(task.connection, task.ticket_id).ticket  # noqa: E731
    found = look_back(parts.helpdesks()[task.connection], write, assigned=is_for(handoff, task.action), known=known)
    if found.other.id in ("", handoff.had):
        return found, False
    agent = parts.roster().by_vendor_id(task.connection, found.other.id)
    return given_on(found, agent.name if agent else found.other.name or found.other.id), True


def _whose(task: Task) -> dict[str, str]:
    return {name: agent for name, agent in task.action.data.items() if name == "for"}


def _done(write: Write, unwritten: Iterable[Write]) -> Write | None:
    """What of a write-back was written, None for nothing: of the rest people were told when it was set aside."""
    for step in unwritten:
        if step.note is not None:
            write = replace(write, note=None)
        if step.agent_id or step.group_id:
            write = replace(write, agent_id="", group_id="")
    return write if write.note or write.agent_id or write.group_id else None


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
        found = read_back(write, seen, assigned=is_for(handoff, task.action))
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
