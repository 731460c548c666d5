"""A level that waits for a bug in an issue tracker: the next one begins when the bug is closed, or nothing could be filed."""

from __future__ import annotations

from datetime import datetime

from escalation.actions import Entry
from escalation.events import Tracked
from escalation.hop import Desk, Handoff, Offer, OfferState, State, Step
from escalation.ladder import next_level
from escalation.offers import one_settled


def tracked(handoff: Handoff, event: Tracked, now: datetime, desk: Desk) -> Step:
    """On with the next level; unchanged where nothing is waited for any more."""
    waiting = next((o for o in handoff.open_offers if o.tracker and event.on_pass in ("", str(o.on_pass))), None)
    if waiting is None or handoff.state is not State.OFFERED:
        return Step(handoff)
    return over(handoff, waiting, event.why, now, desk)


def over(handoff: Handoff, offer: Offer, why: str, now: datetime, desk: Desk) -> Step:
    """The wait ends; the next level begins, unless it has begun or somebody is asked by name."""
    after = one_settled(handoff, offer, OfferState.EXPIRED, why)
    ended = Step(after, entries=(Entry("expired", why[:1].upper() + why[1:], data={"offer": offer.id}),))
    goes_on = offer.on_pass == handoff.passes and not handoff.asked_now
    return ended.then(next_level(ended.handoff, now, desk)) if goes_on else ended
