"""A delivery that cannot be understood, or not whole: kept all the same, and what is wrong with it in one line."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from escalation.ports import Arrival, Inbound, Unreadable
from escalation.ticket import LeftOut, TicketChange


def explain(wrong: Unreadable) -> str:
    """An Unreadable in one line: where, what, and the remedy."""
    return ". ".join(part for part in (f"{wrong.path}: {wrong}" if wrong.path else str(wrong), wrong.remedy) if part)


def stray(inbound: Inbound) -> Arrival:
    """The arrival of a delivery that could not even be parsed: kept under the hash of its bytes."""
    return Arrival(key=f"raw:{hashlib.sha256(inbound.body).hexdigest()}", ticket_id="", event="")


def by_address(change: TicketChange, inbound: Inbound, remedy: str) -> TicketChange:
    """A change that only the address told, saying so unless it was sent without a body on purpose."""
    if not inbound.body.strip():
        return change
    lost = LeftOut("body", "", "it is not the JSON that was expected, so only what the address tells was taken", remedy)
    return replace(change, left_out=(lost, *change.left_out))
