"""How a handoff stands, in the words of its cards and its timeline (domain.md §4)."""

from __future__ import annotations

from escalation.clocks import sum_and_moment
from escalation.hop import Handoff, Offer, OfferState, State, clock
from escalation.roster import Roster
from escalation.thread import one_line

_MOST_LACKED = 400  # characters of what was missing


def reply_words(handoff: Handoff) -> str:
    """When the first reply is due, with the sum where there is one: "First reply due by Mon 09:12 (15 min + weekend)"."""
    if handoff.reply is not None and handoff.reply.due is None:
        return f"First reply: {handoff.reply.words}"
    total, moment = sum_and_moment(handoff.reply.words if handoff.reply else "")
    return f"First reply due by {moment} ({total})" if total else f"First reply due by {clock(handoff.reply_due)}"


def _until(offer: Offer) -> str:
    total, moment = sum_and_moment(offer.words)
    return f"{moment} ({total})" if total else clock(offer.until)


def _answered_before(handoff: Handoff) -> bool:
    """Whether its owner has it from somebody who had answered the customer before them."""
    return bool(handoff.accepted_at and handoff.answered_at and handoff.answered_at < handoff.accepted_at)


def words_for(handoff: Handoff, offer: Offer, roster: Roster) -> str:
    """The state line of a card, for the person who was offered it."""
    name = roster.name(handoff.accepted_by)
    if handoff.state is State.CLOSED:
        return f"Done: the ticket is closed. {name} had it."
    if handoff.state is State.CANCELLED:
        return "No longer needed: the ticket is closed."
    if handoff.state is State.ANSWERED and _answered_before(handoff):
        return f"{name} took it over at {clock(handoff.accepted_at)}. The customer had a reply at {clock(handoff.answered_at)}."
    if handoff.state is State.ANSWERED:
        return f"{name} accepted at {clock(handoff.accepted_at)} and replied at {clock(handoff.answered_at)}."
    if handoff.state is State.ACCEPTED:
        return f"{name} accepted at {clock(handoff.accepted_at)}. {reply_words(handoff)}."
    returned = f" Before, {one_line(handoff.lacked, _MOST_LACKED)}" if handoff.lacked else ""
    return {
        OfferState.OPEN: f"Ready for me to assign it to you? {'Put off once: waiting' if offer.snoozed else 'Waiting'} until"
        f" {_until(offer)}.{returned}",
        OfferState.DECLINED: f"Declined ({offer.reason}). It went on to the next person.",
        OfferState.EXPIRED: f"Expired at {clock(offer.until)} without an answer. It went on to the next person.",
    }.get(offer.state, f"Taken back: {offer.reason}.")
