"""What is read from a dialogue: the summary, what was tried with which result, and what to do next."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest

from escalation.context import ContextPackage, build
from escalation.signals import Signal
from escalation.ticket import Message, Person, Role, Ticket
from tests.stories import NOW, fired, signal, talk, thread
from tests.support import shared

BY_RULE = fired(("urgent", "Priority is urgent"), issue="bug")


def package(*said: str, signals: tuple[Signal, ...] = (), issue: str = "bug") -> ContextPackage:
    ticket = Ticket("zendesk", "1", messages=talk(*said))
    return build(ticket, signals, replace(BY_RULE, issue_type=issue), None, NOW)


@pytest.mark.parametrize(
    ("said", "summary"),
    [
        (  # a chat that begins with small talk
            ["cust: hi", "bot: How can I help?", "cust: My name is Cus", "cust: the app crashes when i pay"],
            ["“The app crashes when i pay”"],
        ),
        (  # "please help" tells nothing, the wish comes later
            [
                "cust: We cannot export reports. Please help!",
                "ada: Since when?",
                "cust: Since Monday. Can you send me the March report as a file?",
            ],
            ["“We cannot export reports.”", "Wants: “Can you send me the March report as a file?”"],
        ),
        (  # the reason comes with the second message
            [
                "cust: I want to cancel my plan.",
                "ada: Use the button in settings.",
                "cust: The button is greyed out and it won't let me.",
            ],
            ["“The button is greyed out and it won't let me.”", "Wants: “I want to cancel my plan.”"],
        ),
        (  # the newest thing that is wrong is in the way
            [
                "cust: The app crashes when I pay. " + "I use the same card every week for the same order. " * 8,
                "ada: Please update it.",
                "cust: Updated, now it freezes instead.",
            ],
            ["“The app crashes when I pay.”", "Now: “Updated, now it freezes instead.”"],
        ),
        (  # solved: nothing is in the way
            ["cust: The app crashes when I pay.", "ada: Please update it.", "cust: I updated and it works now, thanks!"],
            ["“The app crashes when I pay.”"],
        ),
    ],
)
def test_summary(said: list[str], summary: list[str]) -> None:
    found = package(*said)
    assert [s.text for s in found.summary] == summary
    assert all(s.source for s in found.summary)


def test_internal_notes_and_agents_never_speak_for_the_customer() -> None:
    told = "== 1 cust 9m\nThe app crashes.\n== 2 ada 8m internal\nI want a refund, says her boss.\n== 3 ada 7m\nSorry!"
    found = build(Ticket("zendesk", "1", messages=thread(told)), (), BY_RULE, None, NOW)
    assert {s.source for s in (*found.summary, found.question, *found.said)} == {"1"}
    assert found.handover.source == "2"
    assert found.last_reply.source == "3"


@pytest.mark.parametrize(
    ("number", "wants"), [(0, "return an item"), (1, "ow much long till it is refunded"), (2, "I want to know when they expire")]
)
def test_real_dialogues_give_short_summaries(number: int, wants: str) -> None:
    dialogue = json.loads(shared("data/abcd/abcd_sample.json").read_text())[number]["original"]
    roles = {"customer": Role.CUSTOMER, "agent": Role.AGENT, "action": Role.SYSTEM}
    messages = tuple(Message(str(n), Person(name=who, role=roles[who]), text, at=NOW) for n, (who, text) in enumerate(dialogue))
    found = build(Ticket("zendesk", "1", messages=messages), (), BY_RULE, None, NOW)
    assert 1 <= len(found.summary) <= 3
    assert wants in " ".join(s.text for s in found.summary)
    assert found.tried == ()  # asking for a name and an order number is no remedy


Tried = list[tuple[str, str, bool | None]]
ADA, BOT, CUS = "Ada Lindqvist", "Helpbot", "Cus"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (["bot: Please clear your cache.", "cust: That didn't help."], [(BOT, "Please clear your cache.", False)]),
        (["ada: Hi Cus, please restart the router.", "cust: I restarted it and it works now!"],
         [(ADA, "Please restart the router.", True)]),
        (["ada: Please restart the router."], [(ADA, "Please restart the router.", None)]),
        (["ada: Please restart the router.", "cust: ok one moment", "cust: still no internet"],
         [(ADA, "Please restart the router.", False)]),
        (["ada: Remove the card and add it again.", "cust: Tried that as well, the card is refused."],
         [(ADA, "Remove the card and add it again.", False)]),
        (["ada: I have reset your password.", "cust: The new password does not work either"],
         [(ADA, "I have reset your password.", False)]),
        (["ada: Bitte starten Sie den Router neu.", "cust: Das hat nicht geholfen."],
         [(ADA, "Bitte starten Sie den Router neu.", False)]),
        # the customer's own attempts
        (["cust: I already tried another browser, same error."], [(CUS, "I already tried another browser, same error.", False)]),
        (["cust: I reinstalled the app."], [(CUS, "I reinstalled the app.", None)]),
        (["cust: I reinstalled the app. Still crashes."], [(CUS, "I reinstalled the app.", False)]),
        # doing what was proposed is its result; something else is an attempt of one's own
        (["ada: Please clear your cache.", "cust: Cleared the cache, no luck. I also swapped the cable."],
         [(ADA, "Please clear your cache.", False), (CUS, "I also swapped the cable.", None)]),
        # what was answered stays as answered when we move on to something else
        (["bot: Check whether it is pending.", "cust: Both are booked.", "ada: Please log out and in.", "cust: Still the same."],
         [(BOT, "Check whether it is pending.", None), (ADA, "Please log out and in.", False)]),
        # a bot that repeats itself proposes one thing
        (["bot: Reset it here.", "cust: no luck", "bot: Reset it here."], [(BOT, "Reset it here.", False)]),
        # words on -nt are no "no", "no rush" and "no problem" neither; an apostrophe may be a curly one
        (["bot: Please clear your cache and open the billing page again.",
          "cust: I cleared the cache and went to the billing page. The statement for my account is there, thank you."],
         [(BOT, "Please clear your cache and open the billing page again.", None)]),
        (["ada: Please restart the router.", "cust: I did, there is no rush with the rest."],
         [(ADA, "Please restart the router.", None)]),
        (["ada: Please restart the router.", "cust: Restarted it. No rush, but it isn\u2019t faster."],
         [(ADA, "Please restart the router.", False)]),
        # what people do with nothing wrong is no remedy; the same act is one of a problem
        (["cust: We moved to a new office. Where can I change the address? There is no hurry."], []),
        (["cust: we upgraded to the Business plan in May. Can you send the invoice for June to our accountant? No rush."],
         []),
        (["cust: Wir haben das Büro gewechselt. Wo ändere ich die Adresse? Es ist nicht eilig."], []),
        (["cust: The export is slow. We upgraded to the Business plan in May. Can you send the invoice to our accountant?"],
         [(CUS, "We upgraded to the Business plan in May.", None)]),
        (["cust: The export is slow. We upgraded to version 4 in May, no difference."],
         [(CUS, "We upgraded to version 4 in May, no difference.", False)]),
        (["cust: We upgraded in May. Still no exports."], [(CUS, "We upgraded in May.", False)]),
        # no remedies
        (["ada: Could you give me your order number?", "cust: 3348917502"], []),
        (["ada: Let me check that for you.", "cust: it still fails"], []),
    ],
)  # fmt: skip
def test_what_was_tried(said: list[str], expected: Tried) -> None:
    found = package(*said).tried
    assert [(a.who, a.step.text, a.worked) for a in found] == expected
    assert all(a.step.source for a in found)


def test_internal_notes_propose_nothing() -> None:
    told = "== 1 ada 9m internal\nTry restarting the server\n== 2 cust 5m\nno luck"
    assert build(Ticket("zendesk", "1", messages=thread(told)), (), BY_RULE, None, NOW).tried == ()


def test_failures_that_only_the_signals_saw_are_kept() -> None:
    ticket = Ticket("zendesk", "1", messages=talk("cust: We followed the article.", "cust: the second article neither"))
    seen = signal(ticket, "failed_attempts", {"count": 2}, "the second article neither")
    found = build(ticket, (seen,), BY_RULE, None, NOW).tried
    assert [(a.step.text, a.worked) for a in found] == [("We followed the article.", None), ("The second article neither", False)]


def test_a_long_thread_keeps_its_newest_attempts() -> None:
    said = [line for n in range(30) for line in (f"ada: Please try step {n}.", "cust: no luck")]
    assert [a.step.text for a in package(*said).tried] == [f"Please try step {n}." for n in range(10, 30)]


@pytest.mark.parametrize(
    ("issue", "said", "expected"),
    [
        ("bug", ["cust: It crashes."], ["Ask for the exact error or a screenshot and the version and the browser or device"]),
        ("bug", ["cust: HTTP 502 again."], ["Ask for the version and the browser or device"]),
        ("bug", ["cust: HTTP 502 on version 2.1."], []),
        ("shipping_order", ["cust: Where is it?"], ["Ask for the order or tracking number"]),
        ("shipping_order", ["ada: May I have your order number?", "cust: 7916676427"], []),
        ("how_to", ["ada: Try a restart.", "cust: no luck"], ["Do not repeat the remedy that failed"]),
        ("my own type", ["cust: How?"], []),
    ],
)
def test_next_steps_after_the_first(issue: str, said: list[str], expected: list[str]) -> None:
    assert list(package(*said, issue=issue).next_steps[1:]) == expected


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (Signal("churn_risk", True, 0.9), ["The customer speaks of leaving: tell the account owner"]),
        (Signal("churn_risk", True, 0.3), []),
        (Signal("legal_threat", False, 0.9), []),
    ],
)
def test_signals_give_advice_only_when_sure(told: Signal, expected: list[str]) -> None:
    assert list(package("cust: How?", signals=(told,), issue="how_to").next_steps[1:]) == expected


@pytest.mark.parametrize(
    ("issue", "value", "words"),
    [
        ("billing", {"negated": False, "amount": Decimal("500"), "currency": "EUR"}, "to refund 500 EUR"),
        ("billing", {"negated": False, "amount": Decimal("0.5")}, "to refund 0.50"),
        ("billing", {"negated": False}, "to decide on a refund"),
        ("billing", {"negated": True}, ""),
        ("billing", True, "to decide on a refund"),
        ("security", {"negated": True}, "to lock accounts and speak for security"),
    ],
)
def test_authority(issue: str, value: bool | dict[str, object], words: str) -> None:
    assert package(signals=(Signal("refund_request", value, 0.9),), issue=issue).authority == words


@pytest.mark.parametrize(
    ("value", "turning", "words"),
    [({"label": "angry"}, True, "angry, getting worse"), ("neutral", False, "neutral"), ({}, False, "")],
)
def test_tone(value: str | dict[str, object], turning: bool, words: str) -> None:
    signals = (Signal("sentiment", value, 0.7), Signal("sentiment_turning", turning, 0.7))
    assert package("cust: How?", signals=signals).sentiment == words
