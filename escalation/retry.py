"""How long to wait before a failed call is tried again, as a pure function."""

from __future__ import annotations

from datetime import timedelta

from escalation.ports import GiveUp, TryLater, Unreadable

FIRST = timedelta(seconds=1)
UNCLEAR = timedelta(seconds=3)  # a call that may have reached the vendor may still be at work there
LONGEST = timedelta(minutes=10)
MOST_TRIES = 14  # with the waits below about an hour and a half in all


def wait_before(attempt: int, error: BaseException, dice: float) -> timedelta | None:
    """The wait before try number ``attempt + 1`` (attempts count from 1), or None: set it aside for a person.

    Exponential with full jitter between half and all of the step; ``dice`` is a random number from 0 to 1. A vendor's
    Retry-After is obeyed (RFC 9110 §10.2.3) plus the jitter, so that a crowd does not come back in the same instant.
    After an unclear failure it is longer: what is looked up too early is not there yet, and would be done twice.
    """
    if isinstance(error, GiveUp | Unreadable) or attempt >= MOST_TRIES:
        return None
    wait = min(LONGEST, FIRST * 2.0 ** min(attempt - 1, 20)) * (0.5 + dice / 2)
    if isinstance(error, TryLater) and error.unclear:
        wait = max(wait, UNCLEAR * (1 + dice / 2))
    asked = error.wait if isinstance(error, TryLater) else None
    return max(wait, asked + FIRST * dice) if asked is not None else wait
