"""What a customer said and takes back, what they only quote, and a person whom they are offered."""

from __future__ import annotations

import pytest

from signals.text import clean, quotes
from tests.test_signals_tickets import ticket

PERSON, LAWYER = "Please let me speak to a manager.", "My lawyer will write to you next week."
LEAVING, HACKED = "We are going to cancel our subscription and move to Rivalo.", "Somebody has hacked my account!"
ERASE = "Please delete all personal data that you hold about me."
TAKEN_BACK = [
    ("explicit_human_request", PERSON, "It just started by itself. No need to call, please tell me how to rename it."),
    ("explicit_human_request", PERSON, "I see the credit. So no manager, where do I find the invoice?"),
    ("explicit_human_request", PERSON, "Cancel the callback please, the parcel is here. Which bin does the carton go to?"),
    ("explicit_human_request", PERSON, "I no longer need to speak to anybody, but which plan has the export?"),
    ("legal_threat", LAWYER, "The money is on my account, so no lawyer then. Where do I get a receipt?"),
    ("legal_threat", LAWYER, "I have withdrawn my complaint. Please send the invoice once more."),
    ("legal_threat", LAWYER, "I take it all back, the letter was from somebody else. When does the next bill come?"),
    ("churn_risk", LEAVING, "After the call with Ann we'll stay with you. Where do I add a seat?"),
    ("churn_risk", LEAVING, "The board has voted, the switch is off. Can you send the new price list?"),
    ("security_incident", HACKED, "False alarm, that was my daughter's tablet. How do I give it a name in the list?"),
    ("privacy_request", ERASE, "I have changed my mind, please leave everything in place. Which plan am I on?"),
]


@pytest.mark.parametrize(("name", "said", "later"), TAKEN_BACK)
def test_what_is_taken_back_is_over(name: str, said: str, later: str) -> None:
    asked, answer = ("customer", said), ("agent", "Thank you for writing. I have had a look at it.")
    assert ticket(asked, answer)[name].value is True
    after = ticket(asked, answer, ("customer", later)).get(name)
    assert after is None or (after.value is False and after.suppressed), "what a pattern saw is kept"


def test_what_is_said_after_it_was_taken_back_counts() -> None:
    said = [("customer", PERSON), ("agent", "What about?"), ("customer", "No need to call, it works."), ("agent", "Good.")]
    assert ticket(*said)["explicit_human_request"].value is False
    assert (
        ticket(*said, ("customer", "It broke again. I want to speak to your manager now."))["explicit_human_request"].value
        is True
    )


def test_an_incident_stays_one_when_the_customer_is_content() -> None:
    thread = [("customer", HACKED), ("agent", "We have locked it."), ("customer", "Great, thank you so much, all good now!")]
    assert ticket(*thread)["security_incident"].value is True


QUOTED = [
    'How do I make the bot react when a visitor writes "I want to speak to a manager"?',
    'A buyer left me this review: "Slow. My lawyer will write to you next week." How do I answer it?',
    "The button “Cancel my subscription” overlaps the footer on my phone.",
    "Can the widget offer 'I want to talk to a human' after two answers?",
]


@pytest.mark.parametrize("text", QUOTED)
def test_what_is_only_quoted_is_not_said(text: str) -> None:
    found = ticket(("customer", text))
    assert not any(found[name].value for name in ("explicit_human_request", "legal_threat", "churn_risk") if name in found)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('It says "payment failed" since noon, every time I try.', ['"payment failed"']),
        ('Our 27" and 24" screens flicker.', []),
        ('"I want to speak to a manager."', []),  # all of it in quotation marks is their own
        ("The lesson 'Right to erasure' stops at 3:12, doesn't it?", ["'Right to erasure'"]),
        ("I don't know the customers' names, can't you look?", []),
        ("No marks at all.", []),
    ],
)
def test_quotes(text: str, quoted: list[str]) -> None:
    assert [text[start:end] for start, end in quotes(clean(text))] == quoted


@pytest.mark.parametrize(
    ("text", "threat"),
    [
        ("If I hear nothing by Friday I will not hesitate to contact my lawyer.", True),
        ("We won't hesitate to take legal action.", True),
        ("Please do not make me take you to court.", True),
        ("Don't think I won't go to the ombudsman with this.", True),
        ("I would rather not involve my solicitor but you leave me no choice.", True),
        ("I am not going to run to a lawyer over it.", False),
        ("I do not want to sue anybody.", False),
        ("A customer has threatened us with small claims court, how do I refund her?", False),
    ],
)
def test_a_denial_and_what_only_looks_like_one(text: str, threat: bool) -> None:
    found = ticket(("customer", text))
    assert ("legal_threat" in found and found["legal_threat"].value is True) == threat


OFFERS = [
    ("Would you like me to ask one of our technicians to call you?", "Yes please, any time after four.", True),
    ("I can restart it from here, or shall I get you a human?", "Go ahead, get me the human.", True),
    ("Would a call with an engineer help?", "That would be great, Tuesday suits.", True),
    ("Would you like me to ask one of our technicians to call you?", "No thanks, in writing is fine.", False),
    (
        "Shall I pass it to my manager, or will you try the new version?",
        "I'd rather try the new version first.",
        False,
    ),
    ("Shall I send the manual?", "Yes please.", False),
]


@pytest.mark.parametrize(("offer", "answer", "wanted"), OFFERS)
def test_the_offer_of_a_person_that_is_taken_up_is_a_request(offer: str, answer: str, wanted: bool) -> None:
    found = ticket(("customer", "The printer in the hall prints every page twice."), ("agent", offer), ("customer", answer))
    assert ("explicit_human_request" in found and found["explicit_human_request"].value is True) == wanted


def test_an_offer_is_open_for_a_while() -> None:
    thread = [
        ("customer", "The printer in the hall prints every page twice."),
        ("agent", "Try another cable. If it does not help I can have a technician call you."),
        ("customer", "I will try the cable first."),
        ("agent", "Good luck!"),
        ("customer", "Same with the other cable. So yes, I take you up on the call."),
    ]
    assert ticket(*thread)["explicit_human_request"].value is True


OPEN_STILL = [
    ("legal_threat", "If it is not fixed by Friday I call my lawyer."),
    ("legal_threat", "You threaten me with fees, so I will contact my lawyer."),
    ("legal_threat", "My lawyer will write to you. You closed my complaint without an answer."),
    ("security_incident", "Somebody hacked my account! It is my bank account that they emptied."),
    ("explicit_human_request", "I want to speak to a manager. I waited all day, no call."),
    ("explicit_human_request", "I want a call back please."),
    ("explicit_human_request", "I've spoken with three people, now I want to speak to a manager."),
    ("explicit_human_request", "I want to speak to a manager. I don't want to talk to another chatbot."),
    ("explicit_human_request", 'As I wrote on Monday: "I want to speak to a manager". Nobody has answered me.'),
    ("churn_risk", "Please cancel my subscription. It worked perfectly for two years."),
    ("churn_risk", "We will cancel our subscription. I'll keep telling everyone how bad you are."),
    ("privacy_request", "Please delete all my personal data. I could not delete my account myself."),
]


@pytest.mark.parametrize(("name", "text"), OPEN_STILL)
def test_what_looks_like_taking_back_and_is_none(name: str, text: str) -> None:
    assert ticket(("customer", text))[name].value is True


@pytest.mark.parametrize(
    ("name", "said", "later"),
    [
        ("privacy_request", ERASE, "You did not delete my data!"),
        ("security_incident", HACKED, "No, my card was not stolen."),
        ("security_incident", HACKED, "It was our former admin, he downloaded everything."),
        ("legal_threat", LAWYER, "I don't want to involve a lawyer but you force me to."),
        ("legal_threat", LAWYER, "You said you fixed it."),
        ("explicit_human_request", PERSON, "The problem is back again."),
    ],
)
def test_an_answer_that_ends_nothing(name: str, said: str, later: str) -> None:
    assert ticket(("customer", said), ("agent", "Thank you for writing."), ("customer", later))[name].value is True


@pytest.mark.parametrize(
    ("offer", "answer"),
    [
        ("We can see that several people are affected.", "OK, thanks."),
        ("Would you like to add a person to the plan?", "Yes please."),
        ("I could not reproduce it, our engineers look at it.", "OK."),
    ],
)
def test_people_who_are_named_are_not_offered(offer: str, answer: str) -> None:
    found = ticket(("customer", "The export is empty since Monday."), ("agent", offer), ("customer", answer))
    assert "explicit_human_request" not in found or found["explicit_human_request"].value is False
