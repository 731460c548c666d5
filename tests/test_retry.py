"""How long a failed call waits before it is tried again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from escalation.ports import GiveUp, TryLater, Unreadable
from escalation.retry import LONGEST, MOST_TRIES, UNCLEAR, wait_before

ASKED = timedelta(seconds=30)


@pytest.mark.parametrize(
    ("attempt", "error", "least", "most"),
    [
        (1, TryLater("down"), 0.5, 1),
        (4, TryLater("down"), 4, 8),
        (MOST_TRIES - 1, ValueError("unexpected"), LONGEST.total_seconds() / 2, LONGEST.total_seconds()),
        (1, TryLater("no answer", unclear=True), UNCLEAR.total_seconds(), UNCLEAR.total_seconds() * 1.5),
        (6, TryLater("no answer", unclear=True), 16, 32),
        (1, TryLater("rate limit", wait=ASKED), 30, 31),
        (1, TryLater("rate limit", wait=timedelta(0)), 0.5, 1),
    ],
)
def test_the_wait_lies_between(attempt: int, error: Exception, least: float, most: float) -> None:
    waits = [wait_before(attempt, error, dice) for dice in (0.0, 0.5, 1.0)]
    seconds = [wait.total_seconds() for wait in waits if wait is not None]
    assert [seconds[0], seconds[-1]] == [least, most] and seconds == sorted(seconds)


@pytest.mark.parametrize(
    ("attempt", "error"), [(1, GiveUp("refused")), (1, Unreadable("no JSON")), (MOST_TRIES, TryLater("down", unclear=True))]
)
def test_what_is_set_aside(attempt: int, error: Exception) -> None:
    assert wait_before(attempt, error, 0.5) is None
