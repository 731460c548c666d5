"""Having a model word a handoff, in the background and once: neither card nor note waits for it, and nothing depends on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation import conclude, wording
from escalation.actions import Entry
from escalation.draft import Draft
from escalation.gathering import looks
from escalation.journal import Case, Shown
from escalation.package import ContextPackage, Wording
from escalation.parts import Parts
from escalation.planned import Task
from escalation.ports import Outside, Writer
from escalation.thread import tidy

_OVER = "the handoff is over"
_PARTS = {"summary": "summary", "tried": "what was tried", "ruled_out": "what was ruled out", "next_action": "next action"}


def word(parts: Parts, task: Task) -> None:
    """Ask the model once and keep what holds; whatever goes wrong is told on the timeline, and the thread's own words stay."""
    shown = parts.journal.shown(task.action.handoff_id)
    if parts.writer is None or shown is None or _is_over(shown):
        parts.journal.finish(task, parts.clock(), moot=_OVER if parts.writer else "no model is set up")
        return
    package = wording.without(shown.escalation.package)
    told, turns = wording.brief(package, parts.playbook().masking, _issue_types(parts))
    why = _why_not_ask(parts, task) if told.messages else "there is nothing that a model may be shown"
    if why:
        _stays(parts, task, why)
        return
    try:
        draft = parts.writer.write(told)
    except Outside as wrong:
        _stays(parts, task, str(wrong))
        return
    made, refused = wording.judged(draft, package, told, turns, parts.playbook().masking, _name(parts.writer))
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        case.done(task, None)
        _conclude(case, task, package, made, _entry(made, refused, draft))


def _issue_types(parts: Parts) -> set[str]:
    return set(parts.playbook().issue_words) | {name for team in parts.roster().teams for name in team.issue_types}


def _is_over(shown: Shown) -> bool:
    return shown.ticket.status.is_over or not shown.handoff.state.is_live


def _why_not_ask(parts: Parts, task: Task) -> str:
    if task.attempts > 1:
        return "asking the model was cut off, and it is asked once"
    if parts.clock() > datetime.fromisoformat(task.action.data["until"]):
        return f"the model had others to word for {wording.PATIENCE.total_seconds():.0f} seconds"
    return parts.budget.spend(parts.clock())


def _stays(parts: Parts, task: Task, why: str) -> None:
    with parts.journal.case(task.connection, task.ticket_id, parts.clock()) as case:
        case.done(task, None)
        case.write([Entry("not_worded", f"The thread's own words stay: {tidy(why, 300)}")], task.action.handoff_id)


def _conclude(case: Case, task: Task, before: ContextPackage, made: Wording, entry: Entry) -> None:
    """Keep what holds, unless the handoff is over or the thread went on while the model was at it."""
    handoff, escalation = case.handoff, case.escalation
    if handoff is None or escalation is None or handoff.id != task.action.handoff_id:
        return
    late = not wording.is_same_thread(before, escalation.package)
    if late:
        entry = Entry("not_worded", "The thread's own words stay: the conversation went on while the model wrote")
    case.write([entry], handoff.id)
    if late or not made:
        return
    worded = replace(escalation.package, wording=made)
    edit = looks(escalation.package, case.now) != looks(worded, case.now)
    case.update(replace(escalation, package=worded))
    if edit:
        conclude.show_again(case)


def _entry(made: Wording, refused: tuple[str, ...], draft: Draft) -> Entry:
    """One line of the timeline: what the model worded, and why some of it was refused."""
    parts = [words for name, words in _PARTS.items() if getattr(made, name)]
    parts += [f"intent {made.intent.replace('_', ' ')} suggested"] if made.intent else []
    told = f"Worded by {made.by}: {', '.join(parts)}" if parts else "The thread's own words stay: nothing the model wrote holds"
    why = f". Refused: {'; '.join(tidy(one, 160) for one in refused)}" if refused else ""
    data = {"model": made.by, "parts": parts, "refused": list(refused), "tokens": draft.tokens}
    return Entry("worded" if parts else "not_worded", told + why, data=data)


def _name(writer: Writer) -> str:
    return tidy(writer.model, 60) or "a model"
