"""What becomes of single offers of a handoff, and who is not asked again: shared by the steps of its life."""

from __future__ import annotations

from dataclasses import replace

from escalation.hop import Handoff, Offer, OfferState


def settled(offer: Offer, state: OfferState, reason: str = "") -> Offer:
    """The offer with what became of it; one that is not open stays as it is."""
    return replace(offer, state=state, reason=reason) if offer.state is OfferState.OPEN else offer


def one_settled(handoff: Handoff, offer: Offer, state: OfferState, reason: str) -> Handoff:
    """The handoff with what became of one of its offers."""
    return replace(handoff, offers=tuple(settled(o, state, reason) if o.id == offer.id else o for o in handoff.offers))


def withdrawn(offer: Offer, reason: str) -> Offer:
    """An offer that is open, or was accepted by somebody who no longer has the ticket, taken back."""
    held = offer.state in (OfferState.OPEN, OfferState.ACCEPTED)
    return replace(offer, state=OfferState.WITHDRAWN, reason=reason) if held else offer


def left_out(handoff: Handoff, agent: str, why: str, *, again: bool) -> Handoff:
    """With somebody who is not asked again; ``again``: but is on a further pass."""
    others = tuple(a for a in handoff.ask_again if a != agent)
    return replace(handoff, tried={**handoff.tried, agent: why}, ask_again=(*others, agent) if again else others)
