"""What a body of the API asks of a handoff, as an event of its life; UnprocessableEntity for what makes none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from werkzeug.exceptions import UnprocessableEntity

from escalation.actions import DeclineReason
from escalation.events import Decline, NextLevel, Reassign, Return, Snooze
from escalation.roster import Roster
from escalation.verdicts import Judge, Verdict
from store.queries import Item
from web.bodies import text
from web.desk_events import Misread, named

MOST_MINUTES = 24 * 60
_VIA = "API"


def decline(agent: str, body: Item) -> Decline:
    words = tuple(DeclineReason)
    reason = body.get("reason") or DeclineReason.BUSY
    if reason not in words:
        raise UnprocessableEntity(f"reason is one of: {', '.join(words)}.")
    return Decline(agent, DeclineReason(reason), text(body, "text"), via=_VIA)


def give_back(agent: str, body: Item) -> Return:
    return Return(agent, text(body, "reason") or "it was not said what is missing", via=_VIA)


def next_level(by: str, body: Item, *, lead: bool) -> NextLevel:
    steps = body.get("steps")
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise UnprocessableEntity("steps is the number that GET handoffs/<id> told, so that a press never counts twice.")
    return NextLevel(by, steps, lead, via=_VIA)


def reassign(by: str, body: Item, roster: Roster, *, lead: bool) -> Reassign:
    why = text(body, "reason")
    if not why:
        raise UnprocessableEntity("reason says in a few words why; whoever is asked reads it.")
    try:
        to, is_team = named(text(body, "to"), roster)
    except Misread as wrong:
        raise UnprocessableEntity(f"to: {wrong}") from None
    return Reassign(by, to, why, is_team, lead, _VIA)


def snooze(agent: str, body: Item) -> Snooze:
    minutes, until = body.get("minutes"), text(body, "until")
    if until and minutes is None:
        return Snooze(agent, until=_moment(until), via=_VIA)
    if isinstance(minutes, bool) or not isinstance(minutes, int) or not 1 <= minutes <= MOST_MINUTES or until:
        raise UnprocessableEntity(f"Give either minutes, a whole number from 1 to {MOST_MINUTES}, or until, an ISO 8601 time.")
    return Snooze(agent, timedelta(minutes=minutes), via=_VIA)


def _moment(until: str) -> datetime:
    try:
        at = datetime.fromisoformat(until)
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise UnprocessableEntity("until is an ISO 8601 time, such as 2026-03-02T13:30:00Z.") from None


def judge(by: str, body: Item, *, lead: bool) -> Judge:
    verdict, words = body.get("verdict"), tuple(Verdict)
    if verdict not in words:
        raise UnprocessableEntity(f"verdict is one of: {', '.join(words)}.")
    return Judge(by, Verdict(verdict), lead, _VIA)
