"""A level whose target is an issue tracker: the bug is filed, or the ticket linked to the one that is there (domain.md §4).

Where a person has to look (evidence is lacking, or it may be a bug that is there), nothing is filed, and the handoff goes on.
"""

from __future__ import annotations

from escalation.actions import Entry
from escalation.bug import Bug, BugState
from escalation.bugs import Asked, Outlook, Reported, joined, outlook_of, refused_for
from escalation.conclude import desk, take
from escalation.events import Tracked
from escalation.handoff import advance
from escalation.journal import Case, Shown
from escalation.ladder import tell
from escalation.parts import Parts
from escalation.planned import Task


def report(parts: Parts, task: Task) -> None:
    """Report the handoff's bug; where nothing is filed, the timeline and the team's channel tell why, and what is lacking."""
    shown = parts.journal.shown(task.action.handoff_id)
    if shown is None or not shown.handoff.state.is_live:
        parts.journal.finish(task, parts.clock(), moot="the handoff is over")
        return
    outlook, told = outlook_of(parts, shown, tracker=task.action.data["tracker"]), task.action.data
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        answer = _reported(case, parts, shown, outlook, told["level"])
        case.done(task, None)
        if not answer.ok:
            _goes_on(case, parts, task, answer)


def _reported(case: Case, parts: Parts, shown: Shown, outlook: Outlook, level: str) -> Reported:
    asked = Asked(f"Baton (level {level})")
    if there := _open_bug(outlook):
        case.write([Entry("bug_reported", f"{asked.by}: this ticket is behind {there.name} already")], shown.handoff.id)
        return Reported(True, "", there)
    return refused_for(outlook, asked) or joined(case, parts, shown, outlook, asked)


def _open_bug(outlook: Outlook) -> Bug | None:
    """The bug of the tracker that the ticket is linked to and that is not closed."""
    mine = (bug for bug in outlook.linked if bug.tracker == outlook.tracker and bug.state is not BugState.CLOSED)
    return next(mine, None)


def _goes_on(case: Case, parts: Parts, task: Task, answer: Reported) -> None:
    """Why nothing was filed: on the timeline, to the team, and to the handoff, which waits no longer."""
    lacks = [f"Lacking: {'; '.join(answer.lacking)}"] if answer.lacking else []
    alike = [f"Alike: {', '.join(f'{c.bug.name} ({c.similarity:.0%})' for c in answer.candidates)}"] if answer.candidates else []
    words = " ".join((f"Level {task.action.data['level']}: nothing was filed.", answer.text, *lacks, *alike))
    case.write([Entry("bug_not_filed", words, data={"lacking": list(answer.lacking)})], task.action.handoff_id)
    handoff = case.handoff
    if handoff is None or handoff.id != task.action.handoff_id:
        return
    team = parts.roster().team(handoff.team)
    text = f"Ticket {handoff.ticket_id} ({handoff.connection}). {words} {parts.page_url}/handoffs/{handoff.id}/bug"
    case.plan(tell(task.action.key, handoff, text, channel=(team.channel if team else "") or parts.channel))
    event = Tracked("no bug was filed", task.action.data["pass"])
    take(case, parts, advance(handoff, event, case.now, desk(case, parts, handoff)))
