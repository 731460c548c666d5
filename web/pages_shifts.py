"""The pages of shift handovers: what one person left to the next, item by item. They work without JavaScript."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Engine
from werkzeug.wrappers import Response as BaseResponse

from escalation.roster import Agent, Roster
from escalation.shift import MOST_WORDS, Acknowledged, Event, ItemState, Noted, NotTaken
from escalation.shift_effects import state_words
from escalation.shift_people import may_take
from escalation.shift_store import Line, Packet
from store import shifts as stored
from store.accounts import Role, User
from web import auth
from web.asked import choice, page, person
from web.ports import Answer, Pipeline, Shifts

ROUTES = (
    ("/shifts", "shifts", ["GET"]),
    ("/shifts", "hand_over_shift", ["POST"]),
    ("/shifts/<packet>", "shift", ["GET"]),
    ("/shifts/<packet>/note", "note_shift", ["POST"]),
    ("/shifts/<packet>/items/<handoff>/<press>", "press_shift", ["POST"]),
)
STATES = {
    ItemState.OPEN: "Waits",
    ItemState.WITH_LEAD: "With the lead",
    ItemState.ACKNOWLEDGED: "Taken over",
    ItemState.OVER: "Over",
}
_LOOKS = {ItemState.OPEN: "waiting", ItemState.WITH_LEAD: "failed", ItemState.ACKNOWLEDGED: "done", ItemState.OVER: "closed"}


class ShiftPages:
    """The views."""

    def __init__(self, engine: Engine, pipeline: Pipeline, shifts: Shifts) -> None:
        self._engine, self._pipeline, self._shifts = engine, pipeline, shifts

    def shifts(self) -> str:
        state = choice("state", ("waiting", "all"), "waiting")
        rows = stored.packets(self._engine, page(), waiting=state == "waiting")
        roster = self._pipeline.roster()
        named = [{**row, "name": roster.name(row["outgoing"])} for row in rows.items]
        return render_template("pages/shifts.html", rows=named, next=rows.next, state=state, me=self._me())

    def shift(self, packet: str) -> str:
        return self._page(packet)

    def _page(self, packet: str, item: str = "", note: str = "") -> str:
        """The packet; ``item`` and ``note`` are what stood in a form that was refused."""
        shown = self._shown(self._found(packet))
        return render_template("pages/shift.html", most=MOST_WORDS, item_asked=item, note=note, **shown)

    def hand_over_shift(self) -> BaseResponse:
        agent = self._agent(person(Role.AGENT))
        handed = self._shifts.by_hand(agent, agent.id, datetime.now(UTC))
        flash(handed.text, "done" if handed.packet else "refused")
        to = url_for("pages.shift", packet=handed.packet) if handed.packet else url_for("pages.shifts")
        return redirect(to, 303)

    def note_shift(self, packet: str) -> BaseResponse | tuple[str, int]:
        user = person(Role.AGENT)
        lead, words = user.role.covers(Role.LEAD), _words("text")
        by = self._pipeline.roster().by_chat("", user.email)
        event = Noted(by.id if by else user.name or user.email, words, lead)
        handoff, now = request.form.get("item", ""), datetime.now(UTC)
        told = self._done(packet, lambda: self._noted(packet, handoff, event, now))
        return redirect(url_for("pages.shift", packet=packet), 303) if told.ok else (self._page(packet, handoff, words), 422)

    def press_shift(self, packet: str, handoff: str, press: str) -> BaseResponse:
        agent = self._agent(person(Role.AGENT))
        if press not in ("acknowledge", "decline"):
            abort(404, "There is no such button.")
        taken = press == "acknowledge"
        event: Event = Acknowledged(agent.id, "page") if taken else NotTaken(agent.id, _words("reason"), "page")
        now = datetime.now(UTC)
        self._done(packet, lambda: self._shifts.answer(packet, handoff, event, now))
        return redirect(url_for("pages.shift", packet=packet), 303)

    def _noted(self, packet: str, handoff: str, event: Noted, now: datetime) -> Answer:
        if handoff:
            return self._shifts.answer(packet, handoff, event, now)
        return self._shifts.note(packet, event, now)

    def _done(self, packet: str, answer: Callable[[], Answer]) -> Answer:
        """Do what was pressed; what became of it is told on the page that follows."""
        try:
            told = answer()
        except LookupError:
            abort(404, f"There is no such item in the packet {packet}.")
        flash(told.text, "done" if told.ok else "refused")
        return told

    def _found(self, packet: str) -> Packet:
        found = self._shifts.packet(packet)
        if found is None:
            abort(404, f"There is no shift handover {packet}.")
        return found

    def _shown(self, packet: Packet) -> dict[str, Any]:
        roster, now, me = self._pipeline.roster(), datetime.now(UTC), self._me()
        user = auth.signed_in()
        lines = sorted(packet.lines, key=lambda line: line.item.state.is_settled)
        rows = [_row(line, roster, me, now) for line in lines]
        own = me is not None and me.id == packet.outgoing
        may_note = bool(user and user.role.covers(Role.LEAD)) or (own and bool(user and user.role.covers(Role.AGENT)))
        return {
            "it": packet,
            "name": roster.name(packet.outgoing),
            "rows": rows,
            "may_note": may_note and bool(packet.waiting),
            "asked": ", ".join(roster.name(agent) or "the team's channel" for agent in packet.asked()),
        }

    def _me(self) -> Agent | None:
        """The signed-in person on the roster, where they may answer for themselves."""
        user = auth.signed_in()
        return self._pipeline.roster().by_chat("", user.email) if user and user.role.covers(Role.AGENT) else None

    def _agent(self, user: User) -> Agent:
        agent: Agent | None = self._pipeline.roster().by_chat("", user.email)
        if agent is None:
            abort(403, f"{user.email} is nobody in the roster, so there is nobody to assign to. Add the address to the roster.")
        return agent


def _row(line: Line, roster: Roster, me: Agent | None, now: datetime) -> dict[str, Any]:
    item, ticket = line.item, line.ticket
    waits = not item.state.is_settled
    who = ticket.requester.name or ticket.requester.email or "Unknown customer"
    facts = (who, ticket.customer.organization.name, ticket.customer.tier)
    return {
        "item": item,
        "subject": ticket.subject or f"Ticket {item.ticket}",
        "customer": ", ".join(word for word in facts if word),
        "severity": line.severity,
        "handoff_state": line.handoff.state.value,
        "due": line.next_due if item.state is not ItemState.OVER else None,
        "late": bool(line.next_due and line.next_due[1] <= now),
        "state": STATES[item.state],
        "look": _LOOKS[item.state],
        "words": state_words(item, roster),
        "owner": roster.name(item.owner),
        "notes": [{"by": roster.name(note.by), "text": note.text, "at": note.at} for note in item.notes],
        "can_take": waits and me is not None and not may_take(item.team, me.id, item.outgoing, item.tried, roster),
        "can_decline": item.state is ItemState.OPEN and me is not None and item.asked == me.id,
    }


def _words(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "").replace("\r\n", "\n").strip()
