"""Sums that follow in two steps, from quantities, shares and what other messages of the thread tell."""

from __future__ import annotations

import pytest

from signals.owed import in_message
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


# What asks stands between the bars.
RATES = [
    ("We had 14 desks at 35 a month each, 11 since May. |Credit the three desks for those three months.|", 315),
    ("Rent is 4 EUR per modem and month, you billed June, July and August. |Refund what was taken for the two.|", 24),
    ("A day is 30 pounds per bike and day, we had 4 bikes. |I'd like the money for those two days.|", 240),
    ("Two boats, £20 per hour and boat, three hours, it rained. |Half of the money back would be fair.|", 60),
    ("8 licences at $24 a month, paid until December. |I want those seven months back.|", 1344),
    ("Two of us left. You take $16 a month. |Please return it for those two in these three months.|", 96),
    ("Ten hours at 135 an hour. |We only pay for the six hours we had, please return the four we didn't.|", 540),
    ("I pay 45 a month for the hall. |Please refund the two months.|", 90),
    ("Five tickets at £38, a fee of £2.50 per ticket. |Please refund two tickets with the fee.|", 81),
    (
        "A seat is 55 EUR per person plus a 3.50 fee per person. My father is ill. |Could you refund his seat incl. the fee?|",
        58.5,
    ),
    ("Three tickets at 55 each plus 9 booking fee. |We get everything back, the fee included.|", 174),
    ("Two tickets at 40 each plus a 3 dollar fee each. |Please refund both tickets.|", 80),
]
SOME_OF_SEVERAL = [
    ("A case of 12 bottles for 96 euros, one arrived smashed. |Please refund that one.|", 8),
    ("The tray of 20 seedlings cost me $50, four were dead. |Could I get those four refunded?|", 10),
    ("6 of the 30 eggs were broken. The tray is 9 euro. |A refund of the broken ones would be fair.|", 1.8),
    ("A pack of 8 filters at 64 pounds, two of them do not fit. |Refund for the two please.|", 16),
    ("3 of the 8 mugs came in pieces. They are 11.50 each. |Please refund the broken ones.|", 34.5),
    ("We got 18 of 20 shirts, at 9 euros each. |I want the money for the missing ones back.|", 18),
    ("Of the 40 chairs we hired at 2.20 each, 10 were so dirty we couldn't use them. |We want those refunded.|", 22),
    ("I sent back 3 of the 4 curtains, 34.50 each. |When will I have my refund?|", 103.5),
    ("Your courier lost one of my two parcels. I paid 18 for each. |Refund please.|", 18),
    ("A box of 10 cups for €60, all of them cracked. |I want it all back.|", 60),
    ("A set of 6 knives for 90 dollars came a week late. |Please refund it.|", 90),
    ("You sent a box of 12 pens for $24, I ordered pencils. |My money back please.|", 24),
]


def asked_in(text: str) -> float | None:
    """The sum that the words between the bars ask for."""
    before, asks, after = text.split("|")
    found = in_message(before + asks + after, [(len(before), len(before) + len(asks))])
    return found.amount if found else None


@pytest.mark.parametrize(("text", "amount"), [*RATES, *SOME_OF_SEVERAL])
def test_a_price_per_piece_and_time_and_some_of_several(text: str, amount: float) -> None:
    assert asked_in(text) == pytest.approx(amount)


PERCENTAGES = [
    ("I sent the jacket back, it was 150 pounds. You keep a 15% restocking fee. |Please refund the rest.|", 127.5),
    ("The drill was 260 USD. I know you keep 10% for restocking, that's okay. |Please transfer the rest.|", 234),
    ("Cancelling costs 20 % by your terms, I paid 450 euros for the hall. |Please return what is left.|", 360),
    ("Of the 4,500 dollars paid, you may keep 30%. |The remainder we expect back.|", 3150),
    ("I paid 200 pounds. |Please refund all of it minus your 5% fee.|", 190),
    ("The bike cost 890 euros and my code for 10 % was ignored. |Please refund what I paid too much.|", 89),
    ("I should have had 15 % off as a guest of yours. The room came to 320 euros. |Could you refund that?|", 48),
    ("The code worked and I got 5% off, so I paid $57. The blender is dead. |Money back please.|", 57),
    ("With my 10% discount the coat was 90 euros. |Please refund it.|", 90),
    ("The lamp is listed at 95 EUR, and I had 10% off on all. |Please refund what I paid for the lamp.|", 85.5),
    ("We are two, tickets were 230 EUR each. |Half of each ticket should come back to both of us.|", 230),
    ("Three cushions at 24 euros each have the wrong colour. |Please refund half of each.|", 36),
    ("The fee of 3% is fine, but 80 euros for the parcel that got lost is not. |Please refund the parcel.|", 80),
]
DIFFERENCES = [
    ("I bought it for $279, today it's 229 dollars on your site. |Can you refund the price drop?|", 50),
    ("I ordered the tent for 420 EUR, then it was on sale for 340 EUR. |Would you refund me the gap?|", 80),
    ("Invoice 3 shows 1,310 but the offer was over 1,150. |Please reimburse the delta.|", 160),
    ("The quote said 14 per panel, the invoice says 16.50 and we took 30 panels. |Please refund the difference.|", 75),
    ("The label says 3.99, the till took 4.79, and I bought five of them. |Please refund the difference.|", 4),
    ("We bought 10 kg. You took 59 instead of 49. |Please refund the difference.|", 10),
    ("You promised 110 EUR and I got 30. |Where is the remainder?|", 80),
    ("|I was promised $75 compensation, only $50 came through. Please send the missing part.|", 25),
    ("My refund should be 99.90, I got 79.90. |Where's the rest of it?|", 20),
    ("The deposit was 400 euros. |Take off the 65 for the cleaning and transfer the rest please.|", 335),
    ("I left a 90 dollar deposit. You may deduct 12 for the late hour. |Please return the remainder.|", 78),
    ("I paid \u00a3940, of which \u00a350 were for engraving that I don't ask for. |The remainder is to be refunded.|", 890),
    ("I got 30 euros as a present from my aunt and paid 45 for the cap. |Please refund the cap.|", 45),
    ("You took 80. The rest of the booking is fine. |Please refund the 80.|", 80),
]
LISTED = [
    ("You took 12.50 in April, 12.50 in May and again 12.50 in June. |Please give that back.|", 37.5),
    ("You took 19 in March, 19 in April and 19 in May. |I want that back.|", 57),
    ("My card shows $35 on 2 May, $35 on 9 May. |Please reverse these.|", 70),
    ("Three debits of 4.99, 12.49 and 30.00 are not mine. |Please return them.|", 47.48),
    ("You took 30 for the seat and another 22 for the bag. |Refund both.|", 52),
    ("You took 12.50 in April and 14 in May, the May one is right. |Please return the April payment.|", 12.5),
    ("You took 25 euros for the cap, and the shirt was 30 euros. |Please refund the cap.|", 25),
    ("The term fee is 2,350 EUR. |My parents and I both paid. Please send one payment back.|", 2350),
    ("2 adults at \u00a311, 2 children at \u00a36, and the gate was shut. |Back on the card with it please.|", 34),
    ("The flat was 980 euros for 7 nights, no water for four. |Half of the price for the four nights seems fair.|", 280),
    ("Four seats at EUR 245 each. |One half of the fee for those two seats should come back.|", 245),
    ("2 adults at \u00a311, 2 children at \u00a36. |Please refund the two children.|", 12),
    ("My wife and I both paid the rent of 870. |Please send one of them back.|", 870),
    ("You took 15 twice, both were wrong. |Please refund both.|", 30),
    ("The blender is great, the best 64 euros I've spent. I paid 9.95 for delivery. |That should be refunded.|", 9.95),
    ("We paid 960 for the 2 year contract in advance. |Please refund the remaining six months.|", 240),
    ("The deposit was 20 dollars each, we had seven. |Please return the deposits.|", 140),
]


@pytest.mark.parametrize(("text", "amount"), [*PERCENTAGES, *DIFFERENCES, *LISTED])
def test_what_is_kept_what_is_missing_and_what_is_listed(text: str, amount: float) -> None:
    assert asked_in(text) == pytest.approx(amount)
