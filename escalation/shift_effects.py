"""What somebody sees of a shift's packet in the chat: posted once, then edited to today's state."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

from escalation import reach
from escalation.actions import Line
from escalation.away import at_words
from escalation.masking import To
from escalation.parts import Parts
from escalation.planned import Task
from escalation.ports import GiveUp, Posted
from escalation.roster import Agent, Roster
from escalation.shift import Item, ItemState
from escalation.shift_card import ShiftCard, ShiftRow
from escalation.shift_store import Line as PacketLine
from escalation.shift_store import Packet

MOST_ROWS = 10  # of one message; the others stand on the page
_MOST_LINES = 4  # promises and notes of one item in a message


def carry_out(parts: Parts, task: Task) -> None:
    """Post the packet for somebody, or edit what was posted where it says something else now."""
    data, journal = task.action.data, parts.journal
    packet, agent = journal.packet(data["packet"]), parts.roster().agent(data["agent"])
    if packet is None:
        journal.finish(task, parts.clock(), moot="the packet is gone")
        return
    made = card(packet, data["agent"], parts.roster(), parts.clock(), parts.page_url)
    made = parts.playbook().masking.whole(made, To.CHAT)
    shown = hashlib.sha256(repr(made).encode()).hexdigest()
    before = journal.packet_posted(packet.id, data["agent"])
    if before is not None and before[1] == shown:
        journal.finish(task, parts.clock(), moot="it says so already")
    elif before is not None:
        _edit(parts, task, packet.id, before[0], made, shown)
    elif not packet.waiting:
        journal.finish(task, parts.clock(), moot="everything was settled before it was posted")
    else:
        posted = _post(parts, task, agent, data.get("team", ""), made)
        journal.save_packet_posted(packet.id, data["agent"], posted, shown)
        journal.finish(task, parts.clock(), posted=posted)


def _edit(parts: Parts, task: Task, packet: str, where: Posted, made: ShiftCard, shown: str) -> None:
    try:
        parts.chat.update(where, made)
    except GiveUp as gone:
        if not gone.gone:
            raise
        parts.journal.finish(task, parts.clock(), moot="the message was deleted in the chat")
        return
    parts.journal.save_packet_posted(packet, task.action.data["agent"], where, shown)
    parts.journal.finish(task, parts.clock())


def _post(parts: Parts, task: Task, agent: Agent | None, team_id: str, made: ShiftCard) -> Posted:
    team = parts.roster().team(team_id)
    key = f"shift:{task.action.data['packet']}:{task.action.data['agent']}"
    look_first = task.look_first or not task.action.key.endswith(":made")  # an earlier one may have posted it
    return reach.post(parts, agent, (team.channel if team else "",), made, key, look_first=look_first)


# --- what it shows ---


def card(packet: Packet, agent_id: str, roster: Roster, now: datetime, page_url: str) -> ShiftCard:
    """The packet as somebody sees it: what they were asked for, what waits first, times in their own zone."""
    mine = [line for line in packet.lines if agent_id in line.item.tried]
    mine.sort(key=lambda line: line.item.state.is_settled)
    reader = roster.agent(agent_id) or Agent("", "")
    waits = sum(not line.item.state.is_settled for line in mine)
    name = roster.name(packet.outgoing)
    state = f"{packet.why[:1].upper()}{packet.why[1:]}. " + (
        f"{waits} of {len(mine)} wait for somebody to take over. Until then they stay with {name}."
        if waits
        else "Nothing waits any more."
    )
    return ShiftCard(
        packet.id,
        f"Shift handover from {name}",
        state,
        tuple(_row(line, agent_id, reader, roster, now) for line in mine[:MOST_ROWS]),
        note=packet.note,
        more=max(0, len(mine) - MOST_ROWS),
        page_url=f"{page_url}/shifts/{packet.id}" if page_url else "",
    )


def _row(line: PacketLine, agent_id: str, reader: Agent, roster: Roster, now: datetime) -> ShiftRow:
    item, ticket = line.item, line.ticket
    who = ", ".join(word for word in (ticket.requester.name, ticket.customer.organization.name, ticket.customer.tier) if word)
    return ShiftRow(
        item.handoff,
        ticket.subject or f"Ticket {item.ticket}",
        state_words(item, roster),
        (who, f"{line.severity} urgency", line.handoff.state.value, due_words(line, reader, now)),
        tuple(_lines(item, roster))[:_MOST_LINES],
        can_take=not item.state.is_settled,
        can_decline=item.state is ItemState.OPEN and item.asked == agent_id,
        ticket_url=ticket.url,
    )


def _lines(item: Item, roster: Roster) -> list[Line]:
    promises = [Line("Promised to the customer", one.text, one.message) for one in reversed(item.promises)]
    notes = [Line(f"Note of {roster.name(one.by)}", one.text) for one in reversed(item.notes)]
    return [*notes, *promises]


def state_words(item: Item, roster: Roster) -> str:
    """Who has an item, and what it waits for."""
    owner = roster.name(item.owner)
    if item.state.is_settled:
        return item.words
    asked = roster.name(item.asked) if item.asked else "the team's channel"
    if item.state is ItemState.WITH_LEAD:
        return f"With {owner}; nobody acknowledged it, so it is {asked}'s to settle."
    return f"With {owner} until {asked} takes it over."


def due_words(line: PacketLine, reader: Agent, now: datetime) -> str:
    """What is due next, and when; "" when nothing is."""
    if (due := line.next_due) is None or line.item.state is ItemState.OVER:
        return ""
    name, at = due
    return f"{name} {'overdue since' if at <= now else 'due'} {at_words(at.astimezone(UTC), reader, now)}"
