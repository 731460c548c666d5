"""Verdicts on handoffs as data: what can be said, who said what when, and who is asked (domain.md §6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from escalation.actions import Action, ActionKind
from escalation.hop import Handoff, Offer, OfferState
from escalation.roster import Roster


class Verdict(StrEnum):
    CORRECT = "correct"  # correctly escalated
    AI = "ai"  # AI should handle this
    TIER_1 = "tier_1"  # tier 1 could have
    WRONG_TEAM = "wrong_team"
    MISSING_CONTEXT = "missing_context"


WORDS: Mapping[Verdict, str] = {
    Verdict.CORRECT: "Correctly escalated",
    Verdict.AI: "AI should handle this",
    Verdict.TIER_1: "Tier 1 could have",
    Verdict.WRONG_TEAM: "Wrong team",
    Verdict.MISSING_CONTEXT: "Missing context",
}


@dataclass(frozen=True, slots=True)
class Judge:
    """Whoever had a handoff, or a lead, says what they think of it."""

    by: str  # agent id, or the name of a lead who is on no roster
    verdict: Verdict
    lead: bool = False
    via: str = "Slack"


@dataclass(frozen=True, slots=True)
class Feedback:
    """The verdict as it is kept: one per handoff, the newest."""

    verdict: Verdict
    by: str
    via: str
    at: datetime


def is_receivers(handoff: Handoff, offer: Offer) -> bool:
    """True for the offer with which whoever has the handoff accepted it: its card is theirs."""
    return bool(offer.agent) and offer.agent == handoff.accepted_by and offer.state is OfferState.ACCEPTED


def ask(handoff: Handoff, roster: Roster) -> tuple[Action, ...]:
    """One message that asks for the verdict, where whoever has the handoff has no card of theirs that could."""
    agent = roster.agent(handoff.accepted_by)
    if agent is None or any(is_receivers(handoff, offer) for offer in handoff.offers):
        return ()
    why = "whoever had it took it without a card of their own"
    return (Action(f"verdict:{handoff.id}", ActionKind.ASK_VERDICT, handoff.id, {"agent": agent.id}, why),)
