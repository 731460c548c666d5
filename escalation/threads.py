"""Cards in a thread of the team's channel, for those who want theirs there: one thread per handoff, begun by its first card."""

from __future__ import annotations

from dataclasses import replace

from escalation.actions import Card
from escalation.hop import Handoff
from escalation.journal import Shown
from escalation.masking import To
from escalation.parts import Parts
from escalation.ports import GiveUp, Posted
from escalation.reach import chat_id
from escalation.roster import Agent


def named(parts: Parts, card: Card, agent: Agent | None) -> Card:
    """A card as it stands among others: whom it is for is said, and they are called."""
    if agent is None:
        return card
    try:
        mention = chat_id(parts, agent)
    except GiveUp:
        mention = ""
    return replace(card, title=f"{card.title} (for {agent.name})", mention=mention)


def post(parts: Parts, shown: Shown, card: Card, key: str, *, look_first: bool) -> Posted:
    """Post a card in the handoff's thread, which is begun if it is not there; GiveUp where the team has no channel."""
    handoff, ticket, channel = shown.handoff, shown.ticket, _channel(parts, shown.handoff)
    words = f"Handoff: {ticket.subject or 'ticket ' + ticket.id}. {parts.page_url}/handoffs/{handoff.id}"
    text = parts.playbook().masking.text(words, To.CHAT)
    first = parts.chat.tell(channel, text, _key(handoff, channel), look_first=True)
    return parts.chat.post(first.channel, card, key, look_first=look_first, under=first)


def find(parts: Parts, handoff: Handoff, key: str) -> Posted | None:
    """A card that an unclear try left in the handoff's thread; None when there is none."""
    channel = _channel(parts, handoff)
    first = parts.chat.find(channel, _key(handoff, channel))
    return parts.chat.find(first.channel, key, under=first) if first else None


def _channel(parts: Parts, handoff: Handoff) -> str:
    team = parts.roster().team(handoff.team)
    channel = (team.channel if team else "") or parts.channel
    if not channel:
        raise GiveUp("the team has no channel, and there is no default one")
    return channel


def _key(handoff: Handoff, channel: str) -> str:
    return f"thread:{handoff.id}:{channel}"
