"""The receiver's verdict on a handoff in one click, changeable, with who said it and when (domain.md §6)."""

from __future__ import annotations

from datetime import datetime

from escalation.actions import Action, ActionKind, Entry
from escalation.hop import Handoff
from escalation.parts import Parts
from escalation.roster import Roster
from escalation.verdicts import WORDS, Feedback, Judge, is_receivers


def give(parts: Parts, handoff_id: str, said: Judge, now: datetime) -> tuple[bool, str, str]:
    """Keep a verdict, committed when this returns: whether it counted, what the person is told, who had the handoff.

    LookupError when there is no such handoff.
    """
    connection, ticket_id = parts.journal.ticket_of(handoff_id)
    with parts.journal.case(connection, ticket_id, now) as case:
        shown = case.shown(handoff_id)
        if shown is None:
            raise LookupError(f"no handoff {handoff_id}")
        handoff, roster = shown.handoff, parts.roster()
        if refusal := _why_not(handoff, said, roster):
            return False, refusal, handoff.accepted_by
        told = f"Kept: {WORDS[said.verdict].lower()}. Another press changes it."
        if shown.feedback and (shown.feedback.verdict, shown.feedback.by) == (said.verdict, said.by):
            return True, told, handoff.accepted_by
        case.judge(handoff, Feedback(said.verdict, said.by, said.via, now), _entry(handoff, said, roster))
        for offer in handoff.offers:
            if is_receivers(handoff, offer):
                key = f"edit:{offer.id}:verdict:{int(now.timestamp() * 1_000_000)}"
                case.plan(Action(key, ActionKind.UPDATE_ALERT, handoff.id, {"offer": offer.id}, "a verdict was given"))
    return True, told, handoff.accepted_by


def _why_not(handoff: Handoff, said: Judge, roster: Roster) -> str:
    if not handoff.state.is_taken:
        return "Nobody has had this handoff yet, so there is nothing to judge."
    if said.lead or said.by == handoff.accepted_by:
        return ""
    return f"Only {roster.name(handoff.accepted_by)}, who had it, or a lead can say that."


def _entry(handoff: Handoff, said: Judge, roster: Roster) -> Entry:
    words = f"{roster.name(said.by)} says: {WORDS[said.verdict].lower()} ({said.via})"
    data = {"verdict": said.verdict.value, "team": handoff.team, "issue_type": handoff.issue_type}
    return Entry("verdict", words, said.by, data)
