"""Words that mean something else than they seem to, each with its near misses: drills, who left long ago, roles of a product."""

from __future__ import annotations

from typing import Any

import pytest

from bench.scoring import part
from tests.test_signals_tickets import refund, ticket

GRAVE = [
    ("For a drill next month we want to simulate that the whole site is down for everybody. Is there a test mode?", False),
    ("We are planning a tabletop exercise in which all servers are down. Can we mute your alerts?", False),
    ("How can we simulate an outage of production without telling our customers?", False),
    ("During our disaster recovery drill the database is offline for two hours. Will you open tickets?", False),
    ("As part of an incident exercise, everything is down at 10. Please ignore the alarms.", False),
    ("In the simulation we pretend that nobody can log in, the whole company. Does the report show it?", False),
    ("We rehearse a failover: is it possible to simulate that the API is down for all users?", False),
    ("Next week is our yearly fire drill, the phones are completely down for an hour then.", False),
    ("This is not a drill: the whole site is down for everybody.", True),
    ("Our simulation servers are down, nobody in the team can work.", True),
    ("The drill press is broken and the shop is down, no orders at all.", True),
    ("The whole site is down for everybody. We had planned a drill for today, but this is real.", True),
    ("All tills are down in every store since 9. Please help now.", True),
]


@pytest.mark.parametrize(("text", "grave"), GRAVE)
def test_a_drill_is_no_outage(text: str, grave: bool) -> None:
    assert bool(part(ticket(("customer", text)), "impact", "critical")) is grave


MEANT = [
    (
        "churn_risk",
        "I ended my membership in March and have your confirmation mail. You still took 12.50 in April and May.",
        False,
    ),
    ("churn_risk", "I cancelled my subscription in January, you charged me again in March.", False),
    ("churn_risk", "We cancelled our contract two months ago, why is there another invoice?", False),
    ("churn_risk", "I had already cancelled but you are still charging my card.", False),
    ("churn_risk", "My mother cancelled her plan last year and is still being billed.", False),
    ("churn_risk", "I closed my account at the end of May. Where do I find my last invoice?", False),
    ("churn_risk", "We terminated the lease in June. When do we get the deposit?", False),
    ("churn_risk", "I cancelled our plan on 3 March, but yesterday another payment was taken.", False),
    ("churn_risk", "I cancelled my subscription today because your app is a joke.", True),
    ("churn_risk", "I'm cancelling my membership at the end of May.", True),
    ("churn_risk", "We ended the trial in March and now want to cancel the plan as well.", True),
    ("churn_risk", "You charged me again in March, so I want to cancel my subscription.", True),
    ("churn_risk", "If this is billed again I will leave and close my account.", True),
    ("explicit_human_request", "And can the second level be a team rather than a person?", False),
    ("explicit_human_request", "Should the approver be a manager or can it be someone else?", False),
    ("explicit_human_request", "How do I set a group instead of a single agent as assignee?", False),
    ("explicit_human_request", "Can a person be the recipient, or only a channel?", False),
    ("explicit_human_request", "Can we make a manager the approver of leave requests?", False),
    ("explicit_human_request", "Is it possible to have a person or a team as the reviewer?", False),
    ("explicit_human_request", "Can I talk to a person rather than a bot?", True),
    ("explicit_human_request", "I want your manager, and not your team, to call me.", True),
    ("explicit_human_request", "I'd rather talk to a real person than to a bot.", True),
    ("explicit_human_request", "Who approved this? I want to speak to your manager.", True),
    ("explicit_human_request", "Please put me through to somebody of your team.", True),
]


@pytest.mark.parametrize(("name", "text", "meant"), MEANT)
def test_who_left_long_ago_and_roles_of_a_product(name: str, text: str, meant: bool) -> None:
    told = ticket(("customer", text)).get(name)
    assert (told is not None and told.value is True) is meant


SOON = [
    ("Tomorrow is too late, 60 people check in at 5 pm.", "high"),
    ("Friday is too late for us.", "high"),
    ("Next week will be too late.", "high"),
    ("Three days is too long, the wedding is on Saturday.", "high"),
    ("Monday would be too late as the fair opens on Sunday.", "high"),
    ("Is Friday too late to change the order?", None),
    ("The reminder came a day too late.", None),
    ("Tomorrow is fine.", None),
    ("The alarm on Friday was too late.", None),
    ("Whenever someone has time, could you tell me where to change that?", "low"),
    ("When somebody gets a chance, please send the manual.", "low"),
    ("If anyone has a minute, which size is it?", "low"),
    ("Once things are quieter, could you look at the logo?", "low"),
    ("Whenever it suits you is fine.", "low"),
    ("Does someone have time for a call today?", None),
    ("Nobody ever has time for us.", None),
]


@pytest.mark.parametrize(("text", "level"), SOON)
def test_how_soon(text: str, level: str | None) -> None:
    assert part(ticket(("customer", text)), "urgency", "level") == level


ROLES = {"C": "customer", "A": "agent", "B": "bot"}


def thread(told: str) -> list[tuple[str, str]]:
    """A thread that is written "C: ...|A: ..."."""
    return [(ROLES[one[0]], one[3:]) for one in told.split("|")]


ASKED_AGAIN = [
    (
        "C: Where can I download the invoice of April?|B: Invoices are sent at the beginning of each month.|"
        "C: I know. But where do I get the one for April?|B: Would you like to know more about payment methods?|"
        "C: No. The April invoice. Where?",
        2,
    ),
    ("C: How do I change the billing address?|B: You can change your delivery address here.|C: No, the billing address. How?", 1),
    ("C: When does the Leeds branch open?|A: Our shop in York opens at 9.|C: Yes, but when does Leeds open?", 1),
    ("C: Which cable fits the old monitor?|A: Our new monitors use USB-C.|C: I know, but which cable for the old monitor?", 1),
    (
        "C: Is the blue kettle dishwasher safe?|A: The kettle has two years of warranty.|C: But is the kettle dishwasher safe?",
        1,
    ),
    ("C: Can the tent be washed at 40 degrees?|A: The tent weighs 3 kilos.|C: Okay but can the tent be washed?", 1),
    ("C: Is my parcel on its way? It is for my sister.|A: Is the address 4 Hill Road?|C: No, it is 5 Hill Road. Thanks!", 0),
    ("C: Where can I download the invoice of April?|A: Under Billing.|C: No problem, found it. And how do I add a user?", 0),
    ("C: Is the blue kettle dishwasher safe?|A: It is.|C: But not the lid I guess? The black one looks delicate.", 0),
    ("C: Which cable fits the old monitor?|A: The HDMI one.|C: No HDMI in my shop. Do you sell adapters?", 0),
]


@pytest.mark.parametrize(("told", "count"), ASKED_AGAIN)
def test_the_same_ask_in_few_words(told: str, count: int) -> None:
    assert part(ticket(*thread(told)), "repeated_question", "count", 0) == count


BARE = [
    ("C: When is my money coming?|A: Checking with the payment provider.|C: And?", False),
    ("C: Where is the parcel?|A: One moment please.|C: Well?", False),
    ("C: Where is the parcel?|A: We are on it.|C: Hello??", False),
    ("C: Is it in stock?|A: I'll ask.|C: So?", False),
    ("C: You lost my parcel.|A: We are looking.|C: Still nothing", False),
    ("C: The lamp is dead.|A: Try another bulb.|C: No.", False),
    ("C: Which one?|A: The red one?|C: Nope, wrong.", False),
    ("C: Where is it?|A: On its way.|C: ??", False),
    ("C: Where is my money?|A: On its way.|C: LIARS, THIEVES, ALL OF YOU!", True),
    ("C: Where is my money?|A: On its way.|C: Ridiculous!", True),
    ("C: Where is my money?|A: On its way.|C: You are a bunch of useless idiots.", True),
]


@pytest.mark.parametrize(("told", "angry"), BARE)
def test_a_word_alone_is_impatient_and_not_angry(told: str, angry: bool) -> None:
    assert (part(ticket(*thread(told)), "sentiment", "label") == "angry") is angry


BY_CARD = [
    (
        "C: You charged 59 for a cleaning that didn't happen.|"
        "A: Sorry about that. How would you like to get the money?|C: By bank transfer please",
        59,
    ),
    (
        "C: The tickets for Friday (2 x 30 EUR) are void as the play was called off.|"
        "A: I'm sorry. Which card shall we send the money to?|C: Same card as before please.",
        60,
    ),
    ("C: The mug (14 pounds) broke on the way.|A: How do you want the money back?|C: paypal", 14),
    (
        "C: We were eight at 45 EUR per person. Two of us stayed at home, those two should not be charged.|"
        "A: True. How would you like the money?|C: Bank transfer, DE02 1203 0000.",
        90,
    ),
    ("C: The vase (38 euros) came in pieces.|A: Please send us your IBAN.|C: IBAN is DE02 1203 0000 0000 2020 51", 38),
    ("C: The vase (38 euros) came in pieces.|A: Which refund method do you prefer?|C: To the original card please.", 38),
    ("C: I'd like to book the hall, it is 300 euros.|A: How would you like to pay?|C: By bank transfer please.", None),
    ("C: How much is the hall?|A: 300 euros. Which card do you want to use?|C: My Visa please.", None),
    ("C: I'd like to pay my invoice of 80 euros.|A: To which account do you usually send it?|C: Bank of Leeds, as always.", None),
    (
        "C: I ordered a jacket (120 EUR), boots (85 EUR) and a belt (30 EUR). The jacket stays. Boots and belt don't fit and are "
        "on their way back to you.|A: Which refund method do you prefer?|C: Same card as I paid with please.",
        115,
    ),
    ("C: Shoes 120 euros, dress 89 euros. I have sent the dress back. When will I have my refund?", 89),
]


@pytest.mark.parametrize(("told", "amount"), BY_CARD)
def test_an_answer_to_how_the_money_is_sent(told: str, amount: Any) -> None:
    found = refund(*thread(told))
    assert (None if found is None or found["negated"] else found.get("amount")) == amount
