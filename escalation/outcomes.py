"""What a bot that handed over is told of what became of it: taken, solved and by which words, or closed (docs/ai-handover.md).

The event is written when it happens and kept with its action, so that every try sends the same; sent through the queue.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise

from escalation.actions import Action, ActionKind, DeclineReason, Entry
from escalation.handed import HandedOver
from escalation.handover import is_reply, is_turn
from escalation.hop import Handoff, State
from escalation.journal import Case
from escalation.masking import To
from escalation.parts import Parts
from escalation.thread import read
from escalation.ticket import Message, Role, Status, Ticket

VERSION = "handoff-event-1"
ACCEPTED, SOLVED, CLOSED, FAILED = "handoff.accepted", "handoff.solved", "handoff.closed", "handoff.failed"
EVENTS = (ACCEPTED, SOLVED, CLOSED, FAILED)
_MOST, _MOST_TEXT = 20, 4000  # replies or questions, and characters of each
_WANTED = ("asked", "returned", "declined")  # entries of the timeline that may say what the receiver missed


def news(case: Case, parts: Parts, before: Handoff | None, after: Handoff) -> tuple[Action, ...]:
    """The events that a step of a handoff means for the bot that handed it over; none where it was no bot."""
    ticket = case.ticket
    if ticket is None or ticket.handed is None or not parts.bots.addresses:
        return ()
    event = _event(before, after, ticket)
    if not event:
        return ()
    data = _about(ticket.handed, case, after, ticket) | {"by": parts.roster().name(after.accepted_by)}
    if event == SOLVED:
        data |= parts.playbook().masking.whole(_solution(case, after, ticket), To.BOT)
    if event in (SOLVED, CLOSED):
        data |= {"status": ticket.status.value}
    return notices(parts.bots.addresses, event, f"{after.id}:{after.steps}", after.id, data, case.now)


def _event(before: Handoff | None, after: Handoff, ticket: Ticket) -> str:
    was = before.state if before and before.id == after.id else None
    if after.state == was:
        return ""
    if after.state is State.ACCEPTED:
        return ACCEPTED
    if after.state.is_live:
        return ""
    solved = ticket.status in (Status.SOLVED, Status.CLOSED) and (after.state is State.CLOSED or bool(_replies(ticket)))
    return SOLVED if solved else CLOSED


def notices(
    addresses: Iterable[str], event: str, occasion: str, handoff_id: str, data: dict[str, object], now: datetime
) -> tuple[Action, ...]:
    """One action per address. ``occasion`` makes the event unique: its id is the same at every try, and at every address."""
    id = "msg_" + hashlib.sha256(f"{event}:{occasion}".encode()).hexdigest()[:32]
    told = {"type": event, "timestamp": _iso(now), "schema": VERSION, "data": data}
    body = json.dumps(told, ensure_ascii=False)
    return tuple(
        Action(
            f"notify:{event}:{occasion}:{address}",
            ActionKind.NOTIFY,
            handoff_id,
            {"event": event, "address": address, "id": id, "body": body},
            f"{event} to {address}",
        )
        for address in addresses
    )


def _about(handed: HandedOver, case: Case, handoff: Handoff, ticket: Ticket) -> dict[str, object]:
    return {
        "id": handed.id,
        "key": handed.key,
        "handoff": handoff.id,
        "connection": case.connection,
        "ticket": case.ticket_id,
        "ticket_url": ticket.url,
        "state": handoff.state.value,
    }


def _solution(case: Case, handoff: Handoff, ticket: Ticket) -> dict[str, object]:
    """What worked, which questions helped, and what was missing from what the bot gave."""
    replies = _replies(ticket)
    missing = case.escalation.package.missing if case.escalation else ()
    asked = [_missed(entry) for entry in case.told(handoff.id, _WANTED)]
    return {
        "what_worked": [_words(m) for m in replies[-1:]],
        "replies": [_words(m) for m in replies],
        "questions": _questions(ticket),
        "missing_context": [
            *({"what": gap.field, "why": gap.why} for gap in missing),
            *(one for one in asked if one),
        ],
        "issue_type": handoff.issue_type,
        "solved_at": _iso(case.now),
    }


def _missed(entry: Entry) -> dict[str, str]:
    """What the receiver had to ask for; a decline counts only when context was missing."""
    if entry.kind == "declined" and entry.data.get("reason") != DeclineReason.MISSING_CONTEXT:
        return {}
    return {"what": "asked by the receiver", "why": entry.words}


def _replies(ticket: Ticket) -> list[Message]:
    """What people wrote to the customer after the bot's conversation, oldest first."""
    return [m for m in _after(ticket) if is_reply(m)][-_MOST:]


def _after(ticket: Ticket) -> tuple[Message, ...]:
    """The thread from the last turn of the bot's conversation on."""
    last = max((nth for nth, m in enumerate(ticket.messages) if is_turn(m)), default=-1)
    return ticket.messages[last + 1 :]


def _questions(ticket: Ticket) -> list[dict[str, object]]:
    """Questions of people that the customer answered before anybody else spoke: those helped."""
    thread = [m for m in _after(ticket) if m.public]
    said = {s.id: s for s in read(ticket)}
    found: list[dict[str, object]] = []
    for asked, answered in pairwise(thread):
        if is_reply(asked) and answered.author.role is Role.CUSTOMER and asked.id in said:
            questions = [s for s in said[asked.id].sentences if s.rstrip(' "”').endswith("?")]
            answer = said[answered.id].text if answered.id in said else answered.text
            found += [{"question": q[:_MOST_TEXT], "answer": answer[:_MOST_TEXT], "at": _iso(asked.at)} for q in questions]
    return found[-_MOST:]


def _words(message: Message) -> dict[str, object]:
    return {"by": message.author.name, "text": message.text[:_MOST_TEXT], "at": _iso(message.at)}


def _iso(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at else None
