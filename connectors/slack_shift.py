"""A shift's packet as Slack Block Kit: an item with its buttons after the other. Pure: nothing is sent from here."""

from __future__ import annotations

import json
from collections.abc import Iterable

from connectors.slack_blocks import FACT, HEADER, LABEL, STATE, Block, link, links, literal, marked, plain, tidy
from escalation.shift_card import ShiftCard, ShiftRow

TAKE, DECLINE, HAND_OVER = "baton_shift_take", "baton_shift_decline", "baton_shift_end"  # and, in a packet, the item's number
MOST_ITEMS = 10  # of a message; three blocks each stay below Slack's 50
_NOTE = 1000


def packet_blocks(card: ShiftCard) -> list[Block]:
    """The packet as blocks; the items beyond MOST_ITEMS are said to stand on the page."""
    mention = f"<@{card.mention}> " if card.mention.isalnum() else ""
    parts: list[Block] = [{"type": "header", "text": plain(card.title, HEADER)}]
    parts.append({"type": "section", "text": marked(f"{mention}*{literal(card.state, STATE)}*")})
    if tidy(card.note):
        parts.append({"type": "section", "text": plain(f"Note: {card.note}", _NOTE, one_line=False)})
    for number, row in enumerate(card.rows[:MOST_ITEMS]):
        parts += _item(card.packet, number, row)
    more = card.more + max(0, len(card.rows) - MOST_ITEMS)
    return parts + links((f"See the whole packet{f', {more} more' if more else ''}", card.page_url))


def packet_text(card: ShiftCard) -> str:
    """The packet in one line, for notifications."""
    return literal(f"{card.title} | {card.state}", 600)


def _item(packet: str, number: int, row: ShiftRow) -> Iterable[Block]:
    title = link(row.ticket_url, row.title) or literal(row.title, HEADER)
    facts = " · ".join(literal(fact, FACT) for fact in row.facts if tidy(fact))
    yield {"type": "section", "text": marked("\n".join(filter(None, (f"*{title}*", facts, literal(row.state, STATE)))))}
    said = [f"*{literal(line.label, FACT)}:* {literal(line.text, STATE)}" for line in row.lines if tidy(line.text)]
    if said:
        yield {"type": "context", "elements": [marked(text) for text in said]}
    value = json.dumps({"packet": packet, "handoff": row.handoff})
    buttons = [_button(f"{TAKE}:{number}", "I take it over", value, "primary")] if row.can_take else []
    buttons += [_button(f"{DECLINE}:{number}", "I cannot", value)] if row.can_decline else []
    if buttons:
        yield {"type": "actions", "elements": buttons}


def _button(action_id: str, label: str, value: str, style: str = "") -> Block:
    made: Block = {"type": "button", "action_id": action_id, "text": plain(label, LABEL), "value": value}
    return made | ({"style": style} if style else {})


def hand_over_button() -> Block:
    """The button of the Home tab that makes a packet of what somebody has."""
    confirm = {
        "title": plain("Hand over my shift?", 100),
        "text": plain("Your open handoffs go to whoever is on shift next. Each stays yours until it is taken over.", 300),
        "confirm": plain("Hand over", 30),
        "deny": plain("Not yet", 30),
    }
    return _button(HAND_OVER, "Hand over my shift", "shift") | {"confirm": confirm}
