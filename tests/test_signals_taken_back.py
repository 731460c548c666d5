"""What a customer said and takes back, what they only quote, and a person whom they are offered."""

from __future__ import annotations

import pytest

from bench.scoring import NEGATIVE, part
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
    ("churn_risk", LEAVING, "OK, deal. With the discount we are in for another year. Where do I add a seat?"),
    ("churn_risk", LEAVING, "My team talked me out of it, so please ignore the cancellation."),
    ("churn_risk", LEAVING, "Alright, I'm keeping it then. How do I add a user?"),
    ("churn_risk", LEAVING, "The new import is what we needed, there is no reason to go any more."),
    ("explicit_human_request", PERSON, "Your colleague phoned already. What is the number of the hinge?"),
    ("explicit_human_request", PERSON, "Don't worry about the call. Is there a dark mode?"),
    ("legal_threat", LAWYER, "My lawyer says you acted correctly. Where do I send the money?"),
    ("legal_threat", LAWYER, "I'm dropping it, the meter was right. What is the new date?"),
    ("legal_threat", LAWYER, "Let's leave the lawyers out of it. When does it ship?"),
    ("legal_threat", LAWYER, "That was said in anger. Can you send the bill again?"),
    ("privacy_request", ERASE, "Please stop the deletion, my daughter wants the account. Which plan is it?"),
    ("churn_risk", LEAVING, "The board has voted, the switch is off. Can you send the new price list?"),
    ("security_incident", HACKED, "I found the phone under the sofa, nobody had it. How do I rename it?"),
    ("security_incident", HACKED, "False alarm, that was my daughter's tablet. How do I give it a name in the list?"),
    ("privacy_request", ERASE, "Oh, I found it, got everything I needed. How do I rename the file?"),
    ("churn_risk", LEAVING, "We are not leaving you though, the plan stays. Where do I add a seat?"),
    ("legal_threat", LAWYER, "Sorry for my tone, the invoice is correct after all. Where do I pay it?"),
    ("privacy_request", ERASE, "I have changed my mind, please leave everything in place. Which plan am I on?"),
]


@pytest.mark.parametrize(("name", "said", "later"), TAKEN_BACK)
def test_what_is_taken_back_is_over(name: str, said: str, later: str) -> None:
    asked, answer = ("customer", said), ("agent", "Thank you for writing. I have had a look at it.")
    assert ticket(asked, answer)[name].value is True
    after = ticket(asked, answer, ("customer", later)).get(name)
    assert after is None or (after.value is False and after.suppressed), "what a pattern saw is kept"


POLITE = [
    ("Please cancel my subscription.", "Done.", "Great, thank you!"),
    ("Could you please cancel our membership?", "It ends today.", "Super, thank you so much!"),
    ("We have decided to move to another provider from March.", "Everything is prepared.", "Lovely, thanks for all your help."),
    ("I'm closing my account at the end of the month.", "You will get a mail.", "Perfect, thanks so much!"),
    ("I want to cancel my membership.", "It ends on 31 May.", "Wonderful, thank you very much."),
    ("We will not renew our contract.", "Noted.", "That's great, thanks a lot Ann."),
    ("I've signed up with Rivalo, so please end my plan.", "It has ended.", "Excellent, cheers!"),
    ("Cancel my account please, I no longer need it.", "Your account is closed.", "Brilliant, that was quick. Thank you!"),
]
APPEASED = [
    ("If this isn't fixed by Friday I'll cancel my subscription.", "It is fixed.", "Great, thank you so much!"),
    ("We might leave you for another provider.", "You get 20 % off.", "That's wonderful, thank you!"),
    ("I'm thinking of cancelling my plan, the import is slow.", "It is fast now.", "Wow, this is perfect now. Thank you!"),
    ("Unless the price changes we will switch to Rivalo.", "The old price stays.", "Fantastic, thank you!"),
    ("Fix the sync or I'm cancelling.", "Fixed.", "Great, thanks, love it."),
    ("I am considering leaving you.", "Have a look at 4.2.", "Awesome, love it, thank you!"),
    ("Please cancel my plan, the app never loads.", "Fixed.", "It works now, thank you! Please keep my plan running."),
    ("I want to cancel my plan.", "You have the free one now.", "Amazing, then I'm staying with you. Thank you!"),
]


@pytest.mark.parametrize(("said", "leaves"), [*((said, True) for said in POLITE), *((said, False) for said in APPEASED)])
def test_thanks_end_a_threat_to_leave_and_no_decision(said: tuple[str, str, str], leaves: bool) -> None:
    asked, answer, thanks = said
    assert ticket(("customer", asked))["churn_risk"].value is True
    told = ticket(("customer", asked), ("agent", answer), ("customer", thanks)).get("churn_risk")
    assert (told is not None and told.value is True) is leaves


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
        ("explicit_human_request", PERSON, "Your colleague phoned, but hung up again."),
        ("churn_risk", LEAVING, "There is no reason for us to stay."),
        ("churn_risk", LEAVING, "You said you would not ignore the cancellation again."),
        ("legal_threat", LAWYER, "My lawyer says you acted wrongly."),
        ("privacy_request", ERASE, "Why did you stop the deletion?"),
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


PLAIN = ("explicit_human_request", "legal_threat", "security_incident", "privacy_request", "churn_risk")
SPOKEN_OF = [
    "Can I speak to the build agent over TLS? The agent log says port 9000.",
    "My director would love a real person on the line, she always does, but in writing is fine.",
    "Who is the person to talk to for a school visit?",
    "I'd talk to a real person like Ines any day, she was lovely.",
    "Our lawyers keep asking me for the matter number on each bill.",
    "Our solicitor has been through the order form and has one comment on clause 3.",
    "I am a partner at Ode & Finch, barristers. Small claims need their own letterhead, where do I set it?",
    "My parrot is considering legal action over the empty feeder :D",
    "One of our buyers has opened a PayPal dispute against us, which paper proves delivery?",
    "You asked whether I had opened a dispute with my bank. I had not.",
    "How do I filter the court list by legal action?",
    "Do you have a sample text for my shop on the right to erasure?",
    "Does your API have a call for a user who invokes the right to be forgotten?",
    "How can I delete my data from 3 to 9 February? The rain gauge hung under the gutter.",
    "Great newsletter about card fraud and stolen phones! Can I set a daily limit?",
    "One of our employees is leaving, I have to terminate her contract in the staff module.",
    "Back in 2020 we came close to ending our contract. Today we nominate you for a prize!",
    "Please end my monthly plan and start the yearly one on the same day.",
    "Which segment holds everyone who cancelled their subscription in spring?",
    "Support asked whether I want to close my account. I asked how to close the side panel.",
    "How do I send messages with words such as lawsuit, attorney or speak to a supervisor to another queue?",
    "I wrote that I could not log in and that I want to speak to a supervisor. Please ignore all that, it was caps lock.",
    "Everybody else asks to speak with a human and not a machine. Not me, I love the robot voice.",
    "It is a rare thing to get a human being with such patience. Tell his manager, please.",
    "Hi bot or person, no need to call me or pass this to a specialist, a link is enough.",
    "No need for anybody to ring me, we found it.",
    "My customers write to me: 'I want to talk to a human, where's the number?' Can the template show it?",
    "Can the voice assistant speak to a person more slowly?",
    "See you in court!! Just kidding, the new matching is brilliant.",
    "How do I book court 3 for two hours? See you in court, as we say at the club.",
    "Would you consider a template for a letter before action? We help tenants.",
    "A former member has asked us that all data we hold about him be erased. Where in the admin area is that done?",
    "My new filter keeps the personal data of our clients from my neighbour on the train.",
    "I was about to complain about a data breach. Then I saw that I was logged in with my son's card.",
    "We are switching banks in May, where do I enter the new number so that the subscription goes on?",
    "If we wanted to cancel the paid plan in a year or two, how would that go?",
    "Please end my subscription to the newsletter, the digest is too much for me.",
    "Please deactivate the licence of Anna, she works elsewhere now.",
    "I pressed the wrong thing. How do I get out of this menu?",
    "Somebody moved to cancel our contract with you. The motion failed, all stays as it is.",
    "We moved from Rivalo to you in spring, will you import the old lists?",
    "The sample has a visitor who says: I want to talk to your supervisor. Are there more of those?",
]


@pytest.mark.parametrize("text", SPOKEN_OF)
def test_what_is_only_spoken_of_is_not_meant(text: str) -> None:
    found = ticket(("customer", text))
    assert [name for name in PLAIN if name in found and found[name].value is True] == []


MEANT = [
    ("explicit_human_request", "Our director is here as well, and I want to speak to your manager now."),
    ("explicit_human_request", "I want to speak to his boss now."),
    ("legal_threat", "Our solicitor has been through the contract: you are in breach of clause 3 and we will take legal action."),
    ("legal_threat", "My brother is a lawyer, you will hear from him about the legal action we take."),
    ("privacy_request", "Please delete all my personal data, the test account too."),
    ("security_incident", "After the phishing training I saw it: my account was hacked last night."),
    ("churn_risk", "Two colleagues left because of your app, and we are leaving as well: cancel our subscription."),
    ("explicit_human_request", "My boss asks for a call, and I want to speak to your manager, too."),
    ("legal_threat", "The dispute form of my bank is filled in, I will open a chargeback with my bank on Monday."),
    ("legal_threat", "My landlord's attorney will take this up with you, we will take legal action."),
    ("privacy_request", "I want all the personal data about me erased, and the data of the last three years first."),
    ("security_incident", "Your fraud team should know: someone has logged into my account last night."),
    ("churn_risk", "Please cancel my membership and the newsletter too."),
    ("churn_risk", "We are moving to a new office and therefore cancel our plan, please end the contract with you."),
    ("churn_risk", "Last year we nearly left. We are going to cancel our subscription now."),
]


@pytest.mark.parametrize(("name", "text"), MEANT)
def test_what_is_meant_beside_what_is_spoken_of(name: str, text: str) -> None:
    assert ticket(("customer", text))[name].value is True


def test_no_false_alarm_takes_nothing_back() -> None:
    told = ticket(("customer", HACKED), ("customer", "No false alarm: none of us was in that town."))
    assert told["security_incident"].value is True


def test_a_complaint_that_is_withdrawn_is_over() -> None:
    asked = ("customer", "This is the third time I write about the broken lid, nobody has answered!")
    assert "complaint" in ticket(asked)
    assert "complaint" not in ticket(asked, ("customer", "Scrap that, your answer was in my spam folder."))


def test_a_second_ticket_to_the_theatre_is_no_second_message() -> None:
    assert "complaint" not in ticket(("customer", "Please send me the second ticket for the play."))


def test_what_others_say_in_a_novel_is_not_the_tone() -> None:
    told = ticket(
        ("customer", 'Pasting drops marks: "I hate you, you crook," said Marge, "I want it back!" How can I keep them?')
    )
    assert part(told, "sentiment", "label") not in NEGATIVE
