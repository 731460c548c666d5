"""Shift handovers as they happen: a shift ends or somebody says so, and what is pressed on a packet (domain.md §4).

A packet is made one ticket at a time, each in its own transaction, and is the same however often it is begun again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from escalation import conclude, handoff
from escalation.journal import Case
from escalation.parts import Parts
from escalation.pipeline import Answer
from escalation.promises import promised
from escalation.roster import Agent
from escalation.shift import MOST_WORDS, Event, Item, ItemState, Left, Made, Noted, advance, show
from escalation.shift_items import keep, shift_desk
from escalation.shift_people import ShiftEnd, has_ended, shift_end
from escalation.shift_store import Packet

BY_TIME = "the shift of {name} has ended"
BY_HAND = "{name} hands over the shift"


@dataclass(frozen=True, slots=True)
class Handed:
    """What became of a wish to hand over; ``packet`` "" when there was nothing to hand over."""

    packet: str
    items: int
    text: str


@dataclass(frozen=True)
class Shifts:
    """Shift handovers over the pipeline's parts."""

    parts: Parts

    # --- packets ---

    def packet(self, packet: str) -> Packet | None:
        """A packet with its items as they are now."""
        return self.parts.journal.packet(packet)

    def by_hand(self, agent: Agent, made_by: str, now: datetime) -> Handed:
        """Make a packet of what somebody has now; what waits in an earlier one stays in that."""
        held = self.parts.journal.held_handoffs(agent.id)
        if not held:
            return Handed("", 0, f"{agent.name} has nothing open that is not handed over already.")
        key = f"hand:{agent.id}:{held[0]}:{int(now.timestamp())}"
        return self._make(key, agent, now, BY_HAND, made_by, now)

    def _make(self, key: str, agent: Agent, at: datetime, why: str, made_by: str, now: datetime) -> Handed:
        journal = self.parts.journal
        held, packet = journal.held_handoffs(agent.id), journal.packet_with(key)  # begun before, and cut off by a crash
        if held and not packet:
            packet = journal.begin_packet(key, agent.id, at, why.replace("{name}", agent.name), made_by, now)
        for one in held:
            self._add(packet, one, agent, why, now)
        return self._post(packet, agent, now)

    def _add(self, packet: str, handoff_id: str, agent: Agent, why: str, now: datetime) -> None:
        connection, ticket_id = self.parts.journal.ticket_of(handoff_id)
        with self.parts.journal.case(connection, ticket_id, now) as case:
            desk = shift_desk(case, self.parts, handoff_id)
            if desk.holder != agent.id or case.handoff is None:
                return
            before = case.shift_item(handoff_id)
            if before is not None and before.state is ItemState.OPEN:
                return  # it is left to the packet in which it waits
            if before is not None:
                keep(case, advance(before, Left(agent.id, f"it goes on in the packet {packet}"), now, desk))
            about = (packet, handoff_id, connection, ticket_id, agent.id, case.handoff.team)
            item = Item(*about, owner=agent.id, promises=promised(case.ticket) if case.ticket else ())
            keep(case, advance(item, Made(why), now, desk))

    def _post(self, packet: str, agent: Agent, now: datetime) -> Handed:
        """Plan the messages, once everything is in the packet."""
        found = self.parts.journal.packet(packet) if packet else None
        if found is None or not found.lines:
            return Handed("", 0, f"{agent.name} has nothing open that is not handed over already.")
        self._show(found, "made", now)
        names = ", ".join(self._name(one) for one in found.asked())
        count = f"{len(found.lines)} open handoff{'' if len(found.lines) == 1 else 's'}"
        return Handed(packet, len(found.lines), f"{count} of {agent.name} handed over; asked to acknowledge: {names}.")

    def _show(self, packet: Packet, key: str, now: datetime) -> None:
        """Plan one message, or one edit, for everybody who was asked."""
        for asked in packet.asked():
            item = next(line.item for line in packet.lines if asked in line.item.tried)
            with self.parts.journal.case(item.connection, item.ticket, now) as case:
                case.plan(show(item, asked, key))

    def _name(self, agent_id: str) -> str:
        agent = self.parts.roster().agent(agent_id)
        return agent.name if agent else "the team's channel"

    # --- what is pressed ---

    def answer(self, packet: str, handoff_id: str, event: Event, now: datetime) -> Answer:
        """Somebody acknowledges an item, declines or notes; LookupError for an unknown one."""
        connection, ticket_id = self.parts.journal.ticket_of(handoff_id)
        with self.parts.journal.case(connection, ticket_id, now) as case:
            item = case.shift_item(handoff_id, packet)
            if item is None:
                raise LookupError(f"no item {handoff_id} in a packet {packet}")
            return self._answered(case, item, event)

    def _answered(self, case: Case, item: Item, event: Event) -> Answer:
        turn = advance(item, event, case.now, shift_desk(case, self.parts, item.handoff))
        if turn.refused:
            return Answer(False, turn.refused, turn.item.owner)
        taken: Callable[[], object] = lambda: None  # noqa: E731
        words = turn.entries[0].words if turn.entries else ""
        if turn.take_over is not None and case.handoff is not None:
            step = handoff.advance(case.handoff, turn.take_over, case.now, conclude.desk(case, self.parts, case.handoff))
            if step.refused:
                return Answer(False, step.refused, item.owner)
            words = step.entries[0].words
            taken = lambda: conclude.take(case, self.parts, step)  # noqa: E731
        keep(case, turn)  # before the handoff moves: then it has left an item that is acknowledged
        taken()
        return Answer(True, words, turn.item.owner)

    def note(self, packet: str, event: Noted, now: datetime) -> Answer:
        """What the outgoing person says of the whole shift; LookupError for an unknown packet."""
        found = self.parts.journal.packet(packet)
        if found is None:
            raise LookupError(f"no packet {packet}")
        if not (event.lead or event.by == found.outgoing):
            return Answer(False, "Only the outgoing person, or a lead, can add to this packet.")
        if not event.text or len(event.text) > MOST_WORDS:
            return Answer(False, f"A note has 1 to {MOST_WORDS} characters.")
        self.parts.journal.note_packet(packet, event.text, event.by, now)
        self._show(found, f"note:{int(now.timestamp() * 1000)}", now)
        return Answer(True, "Noted for the next shift.")

    # --- shifts that end ---

    def due(self, now: datetime, most: int) -> tuple[ShiftEnd, ...]:
        """The shifts that end now, after every one was worked out anew where the roster has changed."""
        version, ends = self.parts.journal.due_shift_ends(now, most)
        if version == self.parts.roster().version:
            return ends
        self._follow(now)
        return self.parts.journal.due_shift_ends(now, most)[1]

    def _follow(self, now: datetime) -> None:
        """After a change of the roster: every shift is worked out anew; one that the change has ended is handed over."""
        journal, roster = self.parts.journal, self.parts.roster()
        kept = {one.agent: one for one in journal.shift_ends()}
        for agent in roster.agents:
            self._next(agent, kept.get(agent.id), now)
        gone = kept.keys() - {agent.id for agent in roster.agents}
        journal.shift_ends_done(roster.version, gone)

    def end(self, known: ShiftEnd, now: datetime) -> None:
        """A shift is due: hand over what its agent has, unless they are at work again, and wait for their next one."""
        agent = self.parts.roster().agent(known.agent)
        if agent is None:
            self.parts.journal.save_shift_end(known, None)
        else:
            self._next(agent, known, now)

    def _next(self, agent: Agent, known: ShiftEnd | None, now: datetime) -> None:
        policy = self.parts.playbook().shift_handover
        coming = shift_end(agent, now, policy.breaks, self.parts.roster().version)
        if known is not None and policy.enabled and has_ended(known, coming, now, policy.breaks):
            key = f"end:{agent.id}:{known.ends.isoformat()}"
            self._make(key, agent, min(known.ends, now), BY_TIME, "baton", now)
        self.parts.journal.save_shift_end(known, coming)
