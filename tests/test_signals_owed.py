"""Which sum is wanted back: as it is written, stated, reckoned from others, offered and taken up, or no longer asked."""

from __future__ import annotations

import pytest

from signals.amounts import sums
from signals.owed import in_message
from tests.test_signals_tickets import refund

WRITTEN = [
    ("paid 88.- for it", 88, ""),
    ("45,- \u20ac back", 45, "EUR"),
    ("Rs 500/- back", 500, "INR"),
    ("a fee of 1 450 kr", 1450, ""),
    ("you bill 6,99 monthly", 6.99, ""),
    ("total 2.398,00 \u20ac", 2398, "EUR"),
    ("paid 3k for it", 3000, ""),
    ("5 grand euros", 5000, "EUR"),
    ("another tenner gone", 10, "GBP"),
    ("150 off would do", 150, ""),
    ("60 for that?", 60, ""),
]


@pytest.mark.parametrize(("text", "amount", "currency"), WRITTEN)
def test_sums_as_people_write_them(text: str, amount: float, currency: str) -> None:
    assert [(found.money.amount, found.money.currency) for found in sums(text)] == [(amount, currency)]


NO_SUMS = [
    "10 cm too short",
    "3 of the 6 tickets",
    "on 3.05. at noon",
    "12 people",
    "from 12 to 15 June",
    "on 3/18",
    "card ends 4471",
]
NO_SUMS += [
    "in row F, seats 3 and 4",
    "me at 01632 960417",
    "the reference 5489002",
    "order 77: 44 polo shirts",
    "flooded by 19,000 fake contacts",
]


@pytest.mark.parametrize("text", NO_SUMS)
def test_numbers_that_are_no_sums(text: str) -> None:
    assert sums(f"It was {text}") == ()


@pytest.mark.parametrize("sum_", ["$" + "1,111" * 200, "hundred " * 300 + "dollars", "9" * 400 + " EUR", "3 x " * 500 + "$9"])
def test_a_number_of_any_length_is_read(sum_: str) -> None:
    assert refund(("customer", f"Please refund half of the {sum_}, I want all three back.")) is not None


# The words that ask are between the bars.
RECKONED = [
    # a share
    ("The room was 640 euros. |I think 20% of the price would be fair.|", 128),
    ("We paid 90 for the hour. |I want half of it back.|", 45),
    ("|Please refund half of the 300.|", 150),
    ("It's a 10% credit on the monthly fee, ours is $6,200. |Could you credit us?|", 620),
    ("The bill is 720. |I ask for a reduction of a third.|", 240),
    ("We booked 10 lessons for \u20ac200. |Please refund the last 4 lessons.|", 80),
    ("We prepaid $18,000 for a year; six months, i.e. $9,000, remain unused. |Please refund pro rata.|", 9000),
    # a difference
    ("You charged me 59 instead of 49. |Please refund what was too much.|", 10),
    ("The till took 4.99, the label said 3.49. |I was overcharged, please refund.|", 1.5),
    ("I've paid 45 a month instead of 35 for six months. |Please refund the overcharge.|", 60),
    ("You refunded 43 but I paid 49.99. |Please refund the rest.|", 6.99),
    ("I returned four plates at 15 each and you refunded 45. |Please send the rest.|", 15),
    ("I topped up 50 and used 12. |Please pay out what's left.|", 38),
    # a price times how many
    ("|Please refund 3 x 24.99.|", 74.97),
    ("You took shipping 3 times, 5.95 each. |The other two should be returned.|", 11.9),
    ("You bill me 6,99 monthly for it. |Please pay back all 8 months.|", 55.92),
    ("It is 50 AUD per fob. |Please return the deposits for all six fobs.|", 300),
    ("6 lamps at 22.50 each. Two arrived broken. |Please refund the broken ones.|", 45),
    ("Agreed were 20, billed 30. |The \u20ac10 too much per month for these five months I want back.|", 50),
    ("They were \u00a360 each. |Please refund the fourth chair as well.|", 60),
    # together, and by their place
    ("The suitcase was 229 euro and I had to buy another for 45 euro. |I claim a refund for both.|", 274),
    ("You took the fee of 9.90 in May and June. |I want both payments back.|", 19.8),
    ("|Please refund the full sum: 23.60 + 35 = 58.60.|", 58.6),
    ("Toiletries 23.10, shirt 39.95, total 63.05. |Please refund the amount.|", 63.05),
    ("There are 2x 19.99. |I want the second one back.|", 19.99),
    ("You charged $64 joining fee plus $40 for the month. |I want the joining fee back.|", 64),
    ("7 nights at 112 \u20ac. The cleaning fee of 80 \u20ac was for a flat full of dirt. |We would like that fee returned.|", 80),
    ("The lamp (\u00a389.90) was returned by my son on the 19th. |Where is my money?|", 89.9),
    ("You invoiced 22,440.00 EUR. |Please issue a credit note of 1,870.00 EUR for the rejected unit.|", 1870),
    # what is stated, and what is not asked
    ("|We paid 1,499 and think 150 off would be reasonable, refunded to my card.|", 150),
    ("You took a late fee of 12. |Please refund it.| The balance of 843.17 I've paid already.", 12),
    ("You charged a $35 fee on a purchase of $700. The $700 are fine. |Refund the fee.|", 35),
    ("My order was \u20ac72 and delivery is free from \u20ac50. You took \u20ac5.90. |Refund the delivery.|", 5.9),
    ("|You owe us the fob deposits, AUD 300, please refund.|", 300),
    ("The deposit was 300 euros, the stay itself 1,480 euros. |When will I see the deposit again?|", 300),
    ("I paid $90 plus $15 for the manual. I will keep the manual. |Please refund the course.|", 90),
    ("You offered 30 for a chair that cost 200. I do not accept the 30. |I want the money for the chair.|", 200),
    ("The invoice of $1,874 still has the $75 delivery in it. |Could you credit the delivery fee?|", 75),
    ("At the desk they took 4 x $45 = $180. |I'd like the $90 for two of the bags refunded.|", 90),
    ("Registration of 75 GBP, deposit of 250 GBP. |Both need to come back.| Total 325.", 325),
    # how often, told by the days; how much of a year
    ("You took $14 in May, June and July. |Please give us those payments back.|", 42),
    ("A fee of \u00a312 was taken on 1 June and again on 1 July. |Please return both fees.|", 24),
    ("We paid $240 for the year in June and have used five months. |Kindly send back the other seven.|", 140),
    ("Detention $120, liftgate $44.50, redelivery $75. |Please credit detention and liftgate.|", 164.5),
    ("3 cokes were missing (2.50 each), the bill was 44.10. |Refund please.|", 7.5),
    ("I kept the shoes (\u20ac120), the dress was \u20ac89. |Where is the refund for the dress?|", 89),
    # said once, however many months or days are named
    ("I paid $300 from January to June. |Please refund me.|", 300),
    ("You charged $45 the day after I cancelled, I had 3 days of trial. |Please refund it.|", 45),
    ("I agreed to $80, you charged $120. |Refund the extra charge please.|", 40),
    ("Yesterday 12.50 was taken by mistake. |I want it back.|", 12.5),
    # seats too many, times months
    ("The price per seat and month is $9. |Please return the two surplus seats for the three months.|", 54),
    ("We pay \u00a36 per user per month and had 20 users, now 15 users. |Refund the four months.|", 120),
    ("3 licences too many, $5 a month each, on the May, June and July bills. |All of that back please.|", 45),
    ("Berth 4 is \u20ac3,50 the hour, I left after one. |May I have the two hours too many back?|", 7),
    # numbers that are counts, days or times
    ("We only have 18 users, the bill says 25. |Please refund the extra $70.|", 70),
    ("On 4 June at 21.15 the pool was shut. |The 40 euros for entry back please.|", 40),
    ("The tool is 12,90 \u20ac. What would the 14,90 \u20ac plan add? |I want the 12,90 \u20ac back.|", 12.9),
    # a tax, months from one to another, days of a month, what did not arrive
    ("The invoice shows 500 EUR net and 20 % VAT. |Please return the tax to us.|", 100),
    ("I paid ahead, $60 a month. |Please refund September through December.|", 240),
    ("The line was dead, I pay 45 euros a month. |Return the part for those ten days of thirty.|", 15),
    ("You pay 80 %, that makes \u20ac300, only \u20ac210 arrived. |Please transfer the missing amount.|", 90),
    ("Entry was \u00a375 and the deposit of \u00a3250 has to come back. |Both of it please.|", 325),
    # of two in one breath
    ("You took a late fee of $20 and interest of $7. Rent was $900. |Please reverse both charges.|", 27),
    ("The app said $18, the driver took $25.50. |Give me back what's over.|", 7.5),
    ("For a bill of \u20ac120 we sent \u20ac210. Booking 9 (\u20ac64) was paid correctly. |Return the surplus.|", 90),
]


@pytest.mark.parametrize(("text", "amount"), RECKONED)
def test_the_sum_that_follows(text: str, amount: float) -> None:
    before, asks, after = text.split("|")
    found = in_message(before + asks + after, [(len(before), len(before) + len(asks))])
    assert found is not None and found.amount == pytest.approx(amount)


C, A, B = "customer", "agent", "bot"
NO_SHOW = "hotel charged a no show fee of 1 450 kr but i was there!"
THREADS = [
    ([(C, "Boots split. I want my 80 back."), (A, "We could refund 30 of it."), (C, "OK, do the 30 then.")], 30),
    ([(C, "The hat is torn"), (A, "Keep it and you get $9.20 back?"), (C, "yes")], 9.2),
    ([(C, "Food was cold"), (A, "A \u00a35 voucher, or \u00a38 back on your card?"), (C, "the 8 please")], 8),
    ([(C, "The desk is scratched, it cost 450."), (A, "Keep it and we give you 30% back."), (C, "I'd take the 30%.")], 135),
    ([(C, "I paid \u00a322, it broke."), (A, "A new one or your money back?"), (C, "the latter")], 22),
    ([(C, "45 for that?? refund!"), (A, "I can offer 50% back."), (C, "It's dead, not half dead. all of it.")], 45),
    ([(C, NO_SHOW), (A, "I see the booking, total NOK 2,900."), (C, "get the no show fee back")], 1450),
    (
        [
            (C, "Deposit was \u00a380. Can I have it back?"),
            (A, "Less \u00a315 for cleaning."),
            (C, "Take the 15 off and send the rest."),
        ],
        65,
    ),
    (
        [
            (C, "I returned all of it, \u00a390, refund please."),
            (A, "\u00a330 sent."),
            (C, "The \u00a330 is here. And the remainder?"),
        ],
        60,
    ),
    ([(C, "Charged $50 too much."), (A, "Shall I return the $50 to the card or to your balance?"), (C, "card please")], 50),
    ([(C, "A fee of \u20ac25?"), (A, "I have asked them to return the \u20ac25."), (C, "Two weeks now, where is it?")], 25),
]


@pytest.mark.parametrize(("said", "amount"), THREADS)
def test_the_sum_that_is_offered_or_told_before(said: list[tuple[str, str]], amount: float) -> None:
    told = refund(*said)
    assert told is not None and told.get("amount") == pytest.approx(amount)


ASKED = [
    "Could you release our deposit? It was 300 dollars.",
    "You took \u00a318 wrongly. Please make it good.",
    "so you kept 6.99 for a label. i want that too",
    "You added insurance for 12.99. Take it off and pay it back.",
    "A 10% service credit is due, the fee is $6,200. Could you apply that to April's invoice?",
    "I was promised \u00a350. Nothing has come.",
    "How do I get my 110 euros back?",
    "please cancel my plan and refund todays 9.99",
    "I'd rather have the money than a new one. It was 56 pounds.",
    "The charge of $380 is not mine. Please void that right away.",
    "You billed me 240 dollars, twice what is right. Sort the extra out and put it back on my card today please.",
    "You kept the bond of $2,000. Either it's back on my card by Friday or I go to my bank.",
    "Cold food for 31.50. Money back, please!",
]


@pytest.mark.parametrize("text", ASKED)
def test_requests_in_other_words(text: str) -> None:
    told = refund((C, text))
    assert told is not None and not told["negated"]


ASK = (C, "I'd like my \u20ac75 back for the block.")
NOT_ASKED = [
    [ASK, (A, "Tuesday is free."), (C, "Then scrap the refund, put me in Tuesday!")],
    [ASK, (A, "We can send a new one today."), (C, "That works for me, see you at 8.")],
    [ASK, (A, "We can fit the right one."), (C, "OK, no need for the refund in that case.")],
    [ASK, (C, "Sorry, both charges are ours. Please ignore my earlier message.")],
    [ASK, (A, "Done."), (C, "PS it's there already.")],
    [ASK, (A, "It was sent on Monday."), (C, "I do see it now. Sorry for the noise!")],
    [(C, "Is the $95 fee refunded if I close the card?")],
    [(C, "The status of the refund to our shopper (\u20ac64) is wrong.")],
    [(C, "We run a shop. A customer returned a mug and asks for 18 back. Where do I do that?")],
    [(C, "I would like to pay back my loan of \u20ac1,200 early.")],
    [ASK, (A, "We can give you 20% off the next one."), (C, "Then return nothing, I'll take the 20% off the next one.")],
    [ASK, (A, "Sorry, that is two weeks late."), (C, "You may keep the money, just tell me when you come.")],
    [(C, "I am thinking about the diploma (\u00a3900). If I stop after a week, would I get my money back?")],
    [ASK, (A, "Done."), (C, "Your colleague put it all back on my card already, thanks.")],
    [(C, "I just want my account back, I paid 10.99 on Sunday.")],
    [(C, "My neighbour told me that last year he got his\nmoney back. How do I change the colour of my lamp?")],
]


@pytest.mark.parametrize("said", NOT_ASKED)
def test_what_is_asked_no_more_or_of_others_is_no_request(said: list[tuple[str, str]]) -> None:
    told = refund(*said)
    assert told is None or told["negated"]


def test_this_back_is_not_paid_back() -> None:
    told = refund((C, "You took £40, please give me this back."))
    assert told is not None and not told["negated"] and told["amount"] == 40
