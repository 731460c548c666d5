"""Items of a shift's packet inside their ticket's Case: kept, moved by their timers, ended when their handoff goes elsewhere."""

from __future__ import annotations

from escalation.actions import Timer
from escalation.away import all_in_words
from escalation.hop import Handoff
from escalation.journal import Case
from escalation.parts import Parts
from escalation.shift import Fired, ItemState, Left, ShiftDesk, Turn, advance


def keep(case: Case, turn: Turn) -> None:
    """Make a turn true: keep the item, plan its messages, set its timers, write the timeline."""
    case.save_shift_item(turn.item)
    for action in turn.actions:
        case.plan(action)
    case.set_timers(turn.timers)
    case.write(turn.entries, turn.item.handoff)


def shift_desk(case: Case, parts: Parts, handoff_id: str) -> ShiftDesk:
    """What a step of the item of a handoff may look at."""
    roster, here = parts.roster(), case.handoff
    holds = here is not None and here.id == handoff_id and here.state.is_live and here.state.is_taken
    holder = here.accepted_by if here is not None and holds else ""
    away = all_in_words(case.away(), roster, case.now, connection=case.connection)
    return ShiftDesk(roster, parts.playbook().shift_handover, holder, away, parts.channel)


def fire(case: Case, parts: Parts, timer: Timer) -> None:
    """A reminder or a climb came due."""
    item = case.shift_item(timer.handoff_id, timer.offer_id)
    if item is not None:
        turn = advance(item, Fired(timer.kind), case.now, shift_desk(case, parts, item.handoff))
        if turn.item != item or turn.actions:
            keep(case, turn)


def left(case: Case, parts: Parts, before: Handoff | None, after: Handoff) -> None:
    """A handoff that somebody had is theirs no longer: its item, if it waits in a packet, is over."""
    had = before is not None and before.state.is_taken and before.accepted_by
    has = after.accepted_by if after.state.is_live and after.state.is_taken else ""
    if not had or has == had:
        return
    item = case.shift_item(after.id)
    if item is None or item.state is ItemState.ACKNOWLEDGED:
        return
    why = "the ticket is closed" if not after.state.is_live else "it went on by another way"
    keep(case, advance(item, Left(has, why), case.now, shift_desk(case, parts, after.id)))
