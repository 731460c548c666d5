"""``/api/v1/shift-handovers``: packets of a shift's end, and what is pressed on their items."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import Conflict, NotFound, UnprocessableEntity

from escalation.shift import MOST_WORDS, Acknowledged, Event, Noted, NotTaken
from escalation.shift_effects import state_words
from escalation.shift_store import Line, Packet
from store import shifts as stored
from store.accounts import Role
from web.api_views import Views, _list, _page, _word
from web.bodies import object_of, text
from web.ports import Answer, Shifts
from web.problems import answer, problem

STATES = ("waiting",)


class ShiftViews(Views):
    """All views of the API, with those of shift handovers."""

    def __init__(self, shifts: Shifts, *others: Any) -> None:
        """``others`` are what ``Views`` takes."""
        super().__init__(*others)
        self._shifts = shifts

    def shift_handovers(self) -> Response:
        agent = request.args.get("agent", "")
        named = self._pipeline.roster().by_chat("", agent) if "@" in agent else None
        waiting = _word("state", STATES) == "waiting"
        return _list(stored.packets(self._engine, _page(), named.id if named else agent, waiting=waiting))

    def shift_handover(self, packet: str) -> Response:
        return answer(200, self._told(self._packet(packet)))

    def hand_over_shift(self) -> Response:
        agent = self._person(text(object_of(), "agent") or g.caller.email)
        handed = self._shifts.by_hand(agent, self._caller(), datetime.now(UTC))
        if not handed.packet:
            return problem(Conflict.code, handed.text, agent=agent.id)
        return answer(201, {"id": handed.packet, "agent": agent.id, "items": handed.items, "text": handed.text})

    def note_shift(self, packet: str) -> Response:
        body = object_of()
        said, handoff = text(body, "text"), text(body, "handoff")
        if not said or len(said) > MOST_WORDS:
            raise UnprocessableEntity(f"text is a note of 1 to {MOST_WORDS} characters.")
        event = Noted(self._caller(), said, g.caller.role.covers(Role.LEAD))
        if handoff:
            return self._answered(packet, handoff, event)
        try:
            return self._said(packet, "", self._shifts.note(packet, event, datetime.now(UTC)))
        except LookupError:
            raise NotFound(f"There is no shift handover {packet}.") from None

    def acknowledge_shift_item(self, packet: str, handoff: str) -> Response:
        return self._answered(packet, handoff, Acknowledged(self._agent(object_of()), via="API"))

    def decline_shift_item(self, packet: str, handoff: str) -> Response:
        body = object_of()
        return self._answered(packet, handoff, NotTaken(self._agent(body), text(body, "reason")[:MOST_WORDS], via="API"))

    def _answered(self, packet: str, handoff: str, event: Event) -> Response:
        try:
            return self._said(packet, handoff, self._shifts.answer(packet, handoff, event, datetime.now(UTC)))
        except LookupError:
            raise NotFound(f"There is no handoff {handoff} in a shift handover {packet}.") from None

    def _said(self, packet: str, handoff: str, told: Answer) -> Response:
        who = {"holder": told.holder, "holder_name": self._pipeline.roster().name(told.holder)}
        if not told.ok:
            return problem(Conflict.code, told.text, packet=packet, handoff=handoff, **who)
        return answer(200, {"packet": packet, "handoff": handoff, "text": told.text, **who})

    def _packet(self, packet: str) -> Packet:
        found = self._shifts.packet(packet)
        if found is None:
            raise NotFound(f"There is no shift handover {packet}.")
        return found

    def _told(self, packet: Packet) -> dict[str, Any]:
        names = ("id", "outgoing", "at", "why", "made_by", "note")
        items = [self._item(line) for line in packet.lines]
        return {name: getattr(packet, name) for name in names} | {"waiting": packet.waiting, "items": items}

    def _item(self, line: Line) -> dict[str, Any]:
        item, due = line.item, line.next_due
        return {
            "handoff": item.handoff,
            "connection": item.connection,
            "ticket_id": item.ticket,
            "subject": line.ticket.subject,
            "customer": line.ticket.requester.name or line.ticket.requester.email,
            "severity": line.severity,
            "handoff_state": line.handoff.state.value,
            "state": item.state.value,
            "owner": item.owner,
            "asked": item.asked,
            "asked_at": item.asked_at,
            "due": {"what": due[0], "at": due[1]} if due else None,
            "words": state_words(item, self._pipeline.roster()),
            "promises": [{"text": p.text, "message": p.message, "by": p.by, "at": p.at} for p in item.promises],
            "notes": [{"text": note.text, "by": note.by, "at": note.at} for note in item.notes],
        }
