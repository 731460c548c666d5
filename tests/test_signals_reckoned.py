"""Sums that follow in two steps, from quantities, shares and what other messages of the thread tell."""

from __future__ import annotations

import pytest

from tests.test_signals_tickets import refund

C, A = "customer", "agent"
Thread = list[tuple[str, str]]


def sum_of(thread: Thread) -> float | None:
    """The sum that is wanted back at the end of a thread; None for no wish and for no sum."""
    told = refund(*thread)
    return None if told is None or told["negated"] else told.get("amount")


CRACKED = [(C, "The worktop (1,140 EUR) came with a crack."), (A, "A new one in 7 weeks, or 25% off if you keep it.")]
HIRED = [(C, "The tent you hired out to us leaked. It was 360 pounds."), (A, "I am sorry! We could give you 10% or 15% back.")]
ANSWERED: list[tuple[Thread, float | None]] = [
    ([*CRACKED, (C, "Then we'll keep it with the 25%. Same account the payment came from please.")], 285),
    ([*CRACKED, (C, "25% it is. Please pay it back to the card.")], 285),
    ([*CRACKED, (C, "No, refund all of it please.")], 1140),
    ([*CRACKED, (C, "Send the new one please.")], None),
    ([*HIRED, (C, "I'd say 15%. Please send it to my card.")], 54),
    ([(C, "The lamp was 80 euros and hums."), (A, "Keep it?"), (C, "For half the price. Refund me that please.")], 40),
    ([(C, "You took 45 for a class nobody gave."), (A, "We are sorry."), (C, "Please refund it. I was there on 5 May.")], 45),
    ([(C, "Three chairs at 40 each."), (A, "Yes?"), (C, "Two of them wobble. Please refund those two.")], 80),
]


@pytest.mark.parametrize(("thread", "amount"), ANSWERED)
def test_an_answer_without_a_sum_is_read_as_a_whole(thread: Thread, amount: float | None) -> None:
    assert sum_of(thread) == (None if amount is None else pytest.approx(amount))
