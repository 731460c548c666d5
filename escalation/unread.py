"""A delivery that cannot be understood: kept all the same, and what is wrong with it in one line."""

from __future__ import annotations

import hashlib

from escalation.ports import Arrival, Inbound, Unreadable


def explain(wrong: Unreadable) -> str:
    """An Unreadable in one line: where, what, and the remedy."""
    return ". ".join(part for part in (f"{wrong.path}: {wrong}" if wrong.path else str(wrong), wrong.remedy) if part)


def stray(inbound: Inbound) -> Arrival:
    """The arrival of a delivery that could not even be parsed: kept under the hash of its bytes."""
    return Arrival(key=f"raw:{hashlib.sha256(inbound.body).hexdigest()}", ticket_id="", event="")
