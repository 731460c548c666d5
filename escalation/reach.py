"""Where somebody is reached in the chat: themself, else a channel in which they are named. Of offers and of shifts' packets."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from escalation.actions import Action, ActionKind, Card
from escalation.journal import Case
from escalation.parts import Parts
from escalation.ports import GiveUp, Posted
from escalation.roster import Agent
from escalation.shift_card import ShiftCard

Place = Callable[[], str]  # the chat id; GiveUp when there is none
AnyCard = TypeVar("AnyCard", Card, ShiftCard)


def places(parts: Parts, agent: Agent | None, channels: Iterable[str]) -> list[Place]:
    """The person, then these channels ("" is none), then the default one: each once."""
    direct: list[Place] = [partial(chat_id, parts, agent)] if agent else []
    return [*direct, *(partial(str, channel) for channel in dict.fromkeys((*channels, parts.channel)) if channel)]


def chat_id(parts: Parts, agent: Agent) -> str:
    """A person's id in the chat; GiveUp when the roster has no way to them."""
    if not agent.slack_id and not agent.email:
        raise GiveUp(f"the roster gives neither slack_id nor email for {agent.name}")
    return agent.slack_id or parts.chat.person(agent.email)


def post(parts: Parts, agent: Agent | None, channels: Iterable[str], card: AnyCard, key: str, *, look_first: bool) -> Posted:
    """Post at the first place that can be reached, in a channel naming the person; GiveUp when there is none."""
    reasons = []
    for place in places(parts, agent, channels):
        try:
            return parts.chat.post(place(), card, key, look_first=look_first)
        except GiveUp as unreachable:
            reasons.append(str(unreachable))
            if agent is not None and not card.mention:
                card = replace(card, title=f"{card.title} (for {agent.name})", mention=agent.slack_id)
    raise GiveUp("nobody can be reached in the chat: " + "; ".join(reasons or ["no person and no channel is named"]))


def tell_team(case: Case, parts: Parts, key: str, text: str) -> None:
    """Plan a plain message to the channel of the team that has the ticket's handoff, else to the default one."""
    handoff = case.handoff
    team = parts.roster().team(handoff.team) if handoff else None
    channel = (team.channel if team else "") or parts.channel
    handoff_id = handoff.id if handoff else ""
    case.plan(Action(f"tell:{key}", ActionKind.TELL, handoff_id, {"agent": "", "channel": channel, "text": text}, text))
