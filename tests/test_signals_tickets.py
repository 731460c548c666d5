"""Whole tickets of two hard questions: how much somebody wants back, and how many remedies failed; scored as the bench scores."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bench.scoring import NOW, Score, part, read, wants_refund
from bench.signals import judged, ticket_of
from config.playbook import load_playbook
from escalation.decide import decide
from escalation.signals import Signal
from signals.acts import acts
from signals.model import words_only
from signals.reader import TextReader
from tests.support import ROOT, marked

READER = TextReader(words_only)  # with the extra or without it, the same figures
Told = Mapping[str, Signal]


def wanted(score: Score, told: Told, expect: Mapping[str, Any]) -> None:
    score.add(wants_refund(told), expect["wanted"])


def amount(score: Score, told: Told, expect: Mapping[str, Any]) -> None:
    """A wrong sum counts against precision and recall alike, as somebody acts on it and the right one is missing."""
    said, right = part(told, "refund_request", "amount") if wants_refund(told) else None, expect["amount"]
    if said is not None and right is not None and float(said) != float(right):
        score.false += 1
        score.missed += 1
    else:
        score.add(said is not None, right is not None)


def several_failed(score: Score, told: Told, expect: Mapping[str, Any]) -> None:
    score.add(part(told, "failed_attempts", "count", 0) >= 2, expect["failed"] >= 2)


Count = Callable[[Score, Told, Mapping[str, Any]], None]
# (file, half, question, least precision, least recall): odd ids were worked with, even ones were only counted.
LEVELS: list[tuple[str, str, Count, float, float]] = [
    ("refunds", "dev", wanted, 0.88, 0.97),
    ("refunds", "test", wanted, 0.86, 0.97),
    ("refunds", "dev", amount, 0.90, 0.97),
    ("refunds", "test", amount, 0.85, 0.92),
    ("refunds_plain", "dev", wanted, 0.93, 0.95),
    ("refunds_plain", "test", wanted, 0.86, 0.88),
    ("refunds_plain", "dev", amount, 0.86, 0.89),
    ("refunds_plain", "test", amount, 0.70, 0.74),
    ("reckoned", "dev", amount, 0.88, 0.86),
    ("reckoned", "test", amount, 0.60, 0.53),
    ("failed", "dev", several_failed, 0.90, 0.68),
    ("failed", "test", several_failed, 0.86, 0.74),
]


@pytest.mark.parametrize(("file", "half", "count", "precision", "recall"), LEVELS)
def test_levels(file: str, half: str, count: Count, precision: float, recall: float) -> None:
    score = Score()
    for told in marked(file)["tickets"]:
        if (int(told["id"][1:]) % 2 == 1) == (half == "dev"):
            count(score, read(READER, ticket_of(told)), told["expect"])
    assert score.precision >= precision and score.recall >= recall, score


# Least precision and recall: 180 tickets in plain words, 360 of many trades, 360 terse and indirect ones; every third is a trap.
OPEN = {
    "plain": {
        "escalate": (0.88, 0.90),
        "human": (0.90, 0.88),
        "churn": (0.92, 0.68),
        "legal or security": (0.91, 0.93),
        "failed >= 2": (0.96, 0.88),
        "repeated": (0.80, 0.60),
        "negative": (0.82, 0.79),
        "refund wanted": (0.94, 0.90),
        "refund amount": (0.94, 0.89),
    },
    "broad": {
        "escalate": (0.87, 0.86),
        "human": (0.86, 0.96),
        "churn": (0.82, 0.93),
        "legal or security": (0.92, 0.94),
        "failed >= 2": (0.88, 0.66),
        "repeated": (0.68, 0.72),
        "negative": (0.74, 0.83),
        "critical": (0.86, 0.93),
        "refund wanted": (0.86, 0.91),
        "refund amount": (0.77, 0.75),
    },
    "mixed": {
        "escalate": (0.91, 0.85),
        "human": (0.84, 0.97),
        "churn": (0.86, 0.83),
        "legal or security": (0.92, 0.92),
        "failed >= 2": (0.89, 0.58),
        "repeated": (0.70, 0.49),
        "negative": (0.60, 0.79),
        "critical": (0.93, 0.58),
        "refund wanted": (0.90, 0.89),
        "refund amount": (0.64, 0.62),
    },
}


@pytest.mark.parametrize("file", OPEN)
def test_open_tickets(file: str) -> None:
    playbook = load_playbook((ROOT / "config" / "escalation.yaml").read_text("utf-8"))
    least = OPEN[file]
    scores: dict[str, Score] = {name: Score() for name in least}
    for case in marked(file)["tickets"]:
        ticket = ticket_of(case)
        told = read(READER, ticket)
        escalates = decide(playbook, ticket, None, (), tuple(told.values()), NOW).escalate
        for name, said, right in judged(told, case["expect"], escalates):
            if name in scores:
                scores[name].add(said, right)
    low = {n: s for n, s in scores.items() if s.precision < least[n][0] or s.recall < least[n][1]}
    assert low == {}


def ticket(*said: tuple[str, str]) -> Told:
    """The signals of a thread."""
    messages = [{"role": role, "text": text} for role, text in said]
    return read(READER, ticket_of({"id": "t", "subject": "", "messages": messages}))


BOT = ("bot", "You can manage your deliveries under My Account.")
AGAIN = [
    ((("customer", "How do I change the delivery day?"), BOT, ("customer", "no, the day. tuesday to friday"), BOT), 1),
    ((("customer", "How do I change the delivery day?"), BOT, ("customer", "Thank you, found it!")), 0),
    ((("customer", "When will my card come?"), BOT, ("customer", "That's not what I asked. When will it be here?")), 1),
    ((("customer", "I ask for the third time now: when will my card come? Nobody has answered."),), 0),
    ((("customer", "When will my card come?"), BOT, ("customer", "I ask for the third time now and still no answer: when?")), 2),
]


@pytest.mark.parametrize(("said", "count"), AGAIN)
def test_the_same_ask_again(said: tuple[tuple[str, str], ...], count: int) -> None:
    assert part(ticket(*said), "repeated_question", "count", 0) == count


PAPERS = (
    "Dear team, for our yearly vendor review we need your current SOC 2 Type II report and the attached security questionnaire."
)


def test_papers_are_no_incident() -> None:
    told = ticket(("customer", PAPERS))
    assert told["security_incident"].value is True and told["compliance_request"].value is True
    told = ticket(
        ("customer", "Thanks, we have your SOC 2 and ISO 27001 certificate on file already. Why is the invoice in dollars?")
    )
    assert "compliance_request" not in told
    told = ticket(("customer", f"Somebody has hacked into our account. {PAPERS}"))
    assert told["security_incident"].value is True and "compliance_request" not in told


def test_what_a_content_customer_asked_before_is_over() -> None:
    asked = ("customer", "Let me talk to a real person please."), ("agent", "Hi, Ann here. I have reset the meter for you.")
    assert ticket(*asked)["explicit_human_request"].value is True
    content = ticket(*asked, ("customer", "Perfect, it works, thank you so much Ann!"))["explicit_human_request"]
    assert content.value is False and content.suppressed


def refund(*said: tuple[str, str]) -> Any:
    """The refund signal of a thread; None for none."""
    found = ticket(*said)
    return found["refund_request"].value if "refund_request" in found else None


OFFER = ("agent", "I am sorry. We could refund you the $30 for the lid.")
OFFERS = [
    ("OK, let's do that, please go ahead.", 30),
    ("Agreed.", 30),
    ("That's acceptable, please proceed.", 30),
    ("Not acceptable, I want a new one.", None),
    ("Yes please, but a new one, no money.", None),
]


@pytest.mark.parametrize(("answer", "sum_"), OFFERS)
def test_an_offer_of_money_that_is_taken_up_is_a_request(answer: str, sum_: int | None) -> None:
    told = refund(("customer", "The lid of my blender is broken."), OFFER, ("customer", answer))
    assert (told or {}).get("amount") == sum_


def test_the_latter_is_the_money_where_that_was_named_last() -> None:
    bought = ("customer", "The sole came off after one day, £65 down the drain.")
    assert refund(bought, ("agent", "Would you prefer a new pair or your money back?"), ("customer", "latter"))["amount"] == 65
    assert refund(bought, ("agent", "Would you prefer your money back or a new pair?"), ("customer", "the latter")) is None


def test_a_request_that_is_withdrawn_or_paid_is_over() -> None:
    asked, done = ("customer", "Please refund order 3341 ($72), it never came."), ("agent", "Let me start that.")
    assert refund(asked, done)["amount"] == 72
    assert refund(asked, done, ("customer", "Scratch that, it's here. No refund needed!"))["negated"]
    assert refund(asked, done, ("customer", "The money arrived this morning.")) is None


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ("I changed the seal, cleaned the pump and put in a new tank, still wet.", 3),
        ("I removed and re-added the profile, no luck.", 1),
        ("Cleaning the lens, updating to 4.2, downgrading to 4.1: no change.", 3),
        ("Neither a new battery nor moving the magnet closer has helped.", 2),
        ("Your technician replaced the hinge.", 1),
        ("It crashed, failed and stopped, and nobody answered.", 0),
        ("I called you, wrote twice and asked your colleague.", 0),
    ],
)
def test_actions_of_a_sentence(said: str, count: int) -> None:
    assert len(acts(said)) == count
