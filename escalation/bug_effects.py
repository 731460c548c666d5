"""Carrying out what a bug needs: filing it, showing one more ticket with it, noting it on its tickets (domain.md §5).

What is sent is today's state: a bug that is filed late names every ticket linked until then. Effects of one bug queue one after
the other, so a link never overtakes the filing.
"""

from __future__ import annotations

from dataclasses import replace

from escalation import bug as bugs
from escalation.actions import Action, ActionKind, Entry, Line, Note, Write
from escalation.bug import Bug, BugLink, BugState
from escalation.journal import Case
from escalation.masking import To
from escalation.parts import Parts
from escalation.planned import Task
from escalation.ports import GiveUp, Tracker
from escalation.ticket import Status


def file(parts: Parts, task: Task) -> None:
    """File a bug with every ticket linked until now, then tell each of them; nothing is filed twice."""
    bug = _bug(parts, task)
    tracker = _tracker(parts, bug)
    if bug.filed is None:
        links = parts.journal.bugs.links(bug.id)
        filed = tracker.find(bug.id) if task.look_first else None
        filed = filed or tracker.file(_text(parts, bug, links))
        parts.journal.bugs.filed(bug.id, filed, links)
        bug = replace(bug, filed=filed, state=BugState.OPEN, count=len(links))
    for one in parts.journal.bugs.links(bug.id):
        if one.told:
            with parts.journal.case(one.connection, one.ticket_id, parts.clock()) as case:
                tell_of_link(case, parts, bug, one)
    parts.journal.finish(task, parts.clock())


def link(parts: Parts, task: Task) -> None:
    """Show one more ticket with its bug, unless the bug's own text names it; one that is not filed will."""
    bug = _bug(parts, task)
    mine = (task.connection, task.ticket_id)
    one = next((x for x in parts.journal.bugs.links(bug.id) if (x.connection, x.ticket_id) == mine), None)
    if one is None or one.told:
        parts.journal.finish(task, parts.clock(), moot="the tracker shows this ticket already" if one else "it is not linked")
        return
    if bug.filed is None:
        _wait(parts, task, bug, one)
        return
    shown = parts.playbook().masking.whole(one, To.TRACKER)
    mark = f"{bug.id}:{one.connection}:{one.ticket_id}"
    _tracker(parts, bug).link(bug.filed, replace(shown, url=one.url), mark, look_first=task.look_first)
    parts.journal.bugs.told(bug.id, one)
    with parts.journal.case(one.connection, one.ticket_id, parts.clock()) as case:
        tell_of_link(case, parts, bug, one)
        case.done(task, None)


def note(parts: Parts, task: Task) -> None:
    """An internal note about a bug: also where the handoff is over, for the customer may ask again."""
    step = task.action.write
    if step is None:
        raise GiveUp("a note without content; it was planned by another version")
    known = parts.journal.known(task.connection, task.ticket_id).ticket
    if known is not None and known.status is Status.DELETED:
        parts.journal.finish(task, parts.clock(), moot="the ticket is deleted")
        return
    receipt = parts.helpdesks()[task.connection].write(step, look_first=task.look_first)
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        case.done(task, receipt)
        found = " (found already done)" if receipt.found else ""
        case.write(
            [Entry("written", f"Noted on the ticket: {step.note.title if step.note else ''}{found}")], task.action.handoff_id
        )


def plan_note(case: Case, parts: Parts, key: str, handoff_id: str, title: str, lines: tuple[Line, ...], why: str) -> bool:
    """Plan an internal note on the case's ticket, once for ever by its key; False when it had been planned."""
    made = Note(key, title, lines, link=f"{parts.page_url}/handoffs/{handoff_id}")
    write = Write(key, case.ticket_id, note=parts.playbook().masking.whole(made, To.NOTE))
    helpdesk = parts.helpdesks().get(case.connection)
    steps = helpdesk.steps(write) if helpdesk else ()
    planned = [case.plan(Action(f"note:{step.key}", ActionKind.NOTE, handoff_id, why=why, write=step)) for step in steps]
    return any(planned)


def tell_of_link(case: Case, parts: Parts, bug: Bug, link: BugLink) -> None:
    """Say on a ticket which bug it is behind, once."""
    filed = bug.filed
    assert filed is not None  # noqa: S101 - told of what is filed alone
    tickets = f"{bug.count} ticket{'' if bug.count == 1 else 's'} until now"
    lines = (Line("Bug", f"{bug.name}: {bug.title}"), Line("Address", filed.url), Line("Tickets", tickets))
    key = f"{bug.id}:linked:{link.connection}:{link.ticket_id}"
    title = f"Bug {filed.key} in {bug.tracker}"
    if plan_note(case, parts, key, link.handoff_id, title, lines, f"linked to {bug.name}"):
        case.write([Entry("bug_linked", f"Linked to {bug.name}: {filed.url}", data={"bug": bug.id})], link.handoff_id)


def _wait(parts: Parts, task: Task, bug: Bug, link: BugLink) -> None:
    why = bug.error or "it is being filed"
    words = (
        f"Linked to {bug.name}; the ticket will be named in it once it is filed. Missing until then: the bug's address, as {why}"
    )
    with parts.journal.case(link.connection, link.ticket_id, parts.clock()) as case:
        case.write([Entry("bug_waits", words, data={"bug": bug.id})], link.handoff_id)
    parts.journal.finish(task, parts.clock(), moot=f"the bug is not filed yet ({why}); filing it names every linked ticket")


def _bug(parts: Parts, task: Task) -> Bug:
    bug = parts.journal.bugs.get(task.action.data.get("bug", ""))
    if bug is None:
        raise GiveUp("the bug this is about is not kept any more")
    return bug


def _tracker(parts: Parts, bug: Bug) -> Tracker:
    tracker = parts.trackers().get(bug.tracker)
    if tracker is None:
        raise GiveUp(f"the tracker {bug.tracker} is not set up any more; set its variables (docs/settings.md), then retry")
    return tracker


def _text(parts: Parts, bug: Bug, links: tuple[BugLink, ...]) -> Note:
    """The bug's text from the context package of today, with what may be shown to a tracker."""
    shown = parts.journal.shown(bug.handoff_id)
    if shown is None:
        raise GiveUp("the handoff this bug was reported with is not kept any more")
    masking = parts.playbook().masking
    package = masking.package(shown.escalation.package, To.TRACKER)
    told = bugs.body(replace(bug, count=len(links)), package, links, f"{parts.page_url}/handoffs/{bug.handoff_id}")
    return masking.whole(told, To.TRACKER)
