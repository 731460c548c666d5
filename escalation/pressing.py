"""What can be pressed on the card of an offer now, so that nothing stale stays pressable (domain.md §4, §6)."""

from __future__ import annotations

from escalation.actions import Press
from escalation.hop import Handoff, Offer, OfferState, State
from escalation.playbook import Severity
from escalation.ticket import Status
from escalation.verdicts import is_receivers


def presses_of(handoff: Handoff, offer: Offer, severity: str, status: Status) -> tuple[Press, ...]:
    """The presses of one card; whether this very person may is for the handoff's own steps to say."""
    if offer.state is OfferState.OPEN and handoff.state in (State.OFFERED, State.WAITING):
        return (Press.ACCEPT, Press.DECLINE, Press.ASK, Press.REASSIGN, *_snooze(offer, severity), *_next_level(handoff))
    if not is_receivers(handoff, offer):
        return ()
    if handoff.state is State.ACCEPTED:
        return (Press.RETURN, Press.ASK, Press.REASSIGN, *_next_level(handoff))
    if handoff.state is State.ANSWERED:
        return (Press.REASSIGN, *_next_level(handoff))
    judged = handoff.state is State.CLOSED and status is not Status.DELETED
    return (Press.VERDICT,) if judged else ()


def _snooze(offer: Offer, severity: str) -> tuple[Press, ...]:
    """A channel's card is nobody's to put off."""
    can = offer.agent and not offer.snoozed and severity != Severity.CRITICAL
    return (Press.SNOOZE,) if can else ()


def _next_level(handoff: Handoff) -> tuple[Press, ...]:
    return (Press.NEXT_LEVEL,) if handoff.level + 1 < len(handoff.path.levels) else ()
