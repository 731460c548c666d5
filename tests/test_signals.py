"""The reader over threads: whose words count, where the evidence stands, and that nothing can hurt it."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.yamldoc import Problems
from escalation.ports import Reader
from escalation.signals import Signal
from escalation.ticket import Message, Person, Role
from escalation.vocabulary import SIGNALS
from signals.amounts import Sum
from signals.lexicon import load_lexicon
from signals.owed import in_message
from signals.packs import Pack
from signals.reader import TextReader
from signals.text import clean, sentences
from tests.support import quickest

READER = TextReader.standard()
NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)


def thread(*said: tuple[Role, str]) -> tuple[Message, ...]:
    return tuple(Message(f"m{n}", Person(role.value, role=role), text) for n, (role, text) in enumerate(said))


def read(*said: tuple[Role, str]) -> dict[str, Signal]:
    return {signal.name: signal for signal in READER.read(thread(*said), NOW)}


def asks(text: str) -> dict[str, Signal]:
    return read((Role.CUSTOMER, text))


C, A, B, S = Role.CUSTOMER, Role.AGENT, Role.BOT, Role.SYSTEM


def test_it_is_a_reader() -> None:
    reader: Reader = READER
    assert reader.read((), NOW) == ()


@pytest.mark.parametrize("role", [Role.AGENT, Role.BOT, Role.SYSTEM, Role.UNKNOWN])
def test_only_customers_fire(role: Role) -> None:
    assert read((role, "I want to speak to a manager. My lawyer will sue you. I want a refund of $900!")) == {}


def test_internal_notes_do_not_fire() -> None:
    note = Message("n", Person("c", role=C), "I want a manager", public=False)
    assert READER.read((note,), NOW) == ()


EVIDENCE = [
    ("Hi,\n\nI\u2019d like to talk to a real person please.", "explicit_human_request", "talk to a real person"),
    ("Łódź 🚀 — My account was hacked!", "security_incident", "account was hacked"),
    ("> quoted\nRefund me the 900 EUR", "refund_request", "Refund me"),
    ("It is down. Our platform is completely down!", "impact", "completely down"),
]


@pytest.mark.parametrize(("text", "name", "words"), EVIDENCE)
def test_evidence_points_into_the_original_text(text: str, name: str, words: str) -> None:
    found = asks(text)[name].evidence
    assert any(words in text[e.start : e.end] for e in found), [text[e.start : e.end] for e in found]
    assert all(e.message_id == "m0" and e.seen_by.startswith(("en:", "model:")) for e in found)


def test_what_was_taken_back_is_kept_with_its_place() -> None:
    text = "No need to escalate this."
    signal = asks(text)["explicit_human_request"]
    assert (signal.value, signal.evidence) == (False, ())
    assert "escalate this" in {text[e.start : e.end] for e in signal.suppressed}


QUOTED = [
    "Thanks!\n\n> I want to speak to a manager\n> now",
    "Thanks!\n\nOn Tue, 4 Nov 2025 at 10:12, Kim <kim@example.com> wrote:\n\nI want to speak to a manager",
    "Thanks!\n\nOn Tue, 4 Nov 2025 at 10:12, Kim Very Long Name\n<kim@example.com> wrote:\nI want to speak to a manager",
    "Thanks!\n\n-----Original Message-----\nFrom: Kim\nI want to speak to a manager",
    "Thanks!\n\nFrom: Kim <kim@example.com>\nSent: Monday\nTo: us\n\nI want to speak to a manager",
    "Thanks!\n-- \nKim\nAsk me to speak to a manager",
]


@pytest.mark.parametrize("text", QUOTED)
def test_quoted_tails_do_not_fire(text: str) -> None:
    assert "explicit_human_request" not in asks(text)
    assert len(clean(text)) == len(text)


def test_a_reply_below_the_quote_is_read() -> None:
    text = "On Tue, Kim wrote:\n> Do you need anything?\n\nYes, I want to speak to a manager."
    assert asks(text)["explicit_human_request"].value is True


@pytest.mark.parametrize(
    "text",
    [
        "One of your technicians and our Mr. Ferreira.| Then we see.",
        "Mrs. Ito rang Dr. Lee.| He said no.| Five times.",
        "It fails, e.g. at checkout, vs. none before.",
        "Order No. 5 is late.| No.| Not six.",
        "Call at 5 p.m. today.| Or at 6 p.m.| Thanks.",
        "We tried cables, chargers etc. at home.| It is the 1st.| Help.",
        "It was first.| Ask prof. Ott of Ott Ltd. about it.",
    ],
)
def test_the_point_of_an_abbreviation_ends_no_sentence(text: str) -> None:
    parts = text.split("|")
    assert sentences("".join(parts)).ends == tuple(accumulate(map(len, parts)))


def test_wrapped_lines_are_one_sentence() -> None:
    assert asks("I really do not\nwant a refund for\nthis order.")["refund_request"].value == {"negated": True}
    assert asks("I want to speak\nto a manager")["explicit_human_request"].value is True


def test_a_request_ends_when_the_customer_says_it_is_solved() -> None:
    found = read((C, "I want to speak to a manager"), (A, "Please try again"), (C, "Never mind, it works now, thanks!"))
    assert found["explicit_human_request"].value is False
    assert label(found) == "satisfied"
    again = read((C, "Never mind, it works now"), (C, "It broke again. Give me a manager."))
    assert again["explicit_human_request"].value is True


FAILED: list[tuple[list[tuple[Role, str]], int]] = [
    (
        [
            (C, "I cannot log in"),
            (B, "Reset your password"),
            (C, "That did not work"),
            (B, "Clear the cache"),
            (C, "Still not working"),
        ],
        2,
    ),
    ([(C, "I cannot log in"), (C, "still not working")], 0),
    ([(C, "I tried resetting the password, no luck"), (B, "Try again"), (C, "I reset the password again, did not help")], 1),
    ([(C, "I tried another browser, same problem"), (A, "Please reinstall"), (C, "I reinstalled it and it still fails")], 2),
    ([(B, "Clear the cache"), (C, "That did not help"), (A, "And now?"), (C, "Great, everything works now")], 0),
]


@pytest.mark.parametrize(("said", "count"), FAILED)
def test_failed_attempts_over_a_thread(said: list[tuple[Role, str]], count: int) -> None:
    found = read(*said)
    value: Any = found["failed_attempts"].value if "failed_attempts" in found else {"count": 0}
    assert value["count"] == count


UNANSWERED: list[tuple[list[tuple[Role, str]], int | None]] = [
    ([(C, "a"), (C, "b")], 2),
    ([(C, "a"), (A, "b")], None),
    ([(C, "a"), (B, "b"), (C, "c")], 1),
    ([(C, "a"), (S, "b"), (C, "c")], 2),
    ([(C, "This is my third e-mail about it")], 3),
]


@pytest.mark.parametrize(("said", "count"), UNANSWERED)
def test_unanswered_messages(said: list[tuple[Role, str]], count: int | None) -> None:
    found = read(*said)
    assert (found["unanswered_messages"].value if "unanswered_messages" in found else None) == count


def label(found: dict[str, Signal]) -> object:
    value: Any = found["sentiment"].value
    return value["label"]


def test_the_tone_is_that_of_the_end_and_where_it_goes() -> None:
    better = read((C, "This is ridiculous!"), (A, "Sorry"), (C, "Thank you so much, all good now."))["sentiment"].value
    assert isinstance(better, dict) and (better["label"], better["trend"]) == ("satisfied", "improving")
    worse = read((C, "Hi, how do I export my data?"), (A, "See the guide"), (C, "This is ridiculous, you are useless!"))[
        "sentiment"
    ].value
    assert isinstance(worse, dict) and (worse["label"], worse["trend"]) == ("angry", "worsening")
    assert label(read((C, "This is ridiculous!"), (A, "Which order?"), (C, "Order 12."))) == "angry"


AMOUNTS = [
    ("refund of $1,200.50 please", Sum(1200.5, "USD")),
    ("refund of 1.200,50 € please", Sum(1200.5, "EUR")),
    ("refund of 1 200 EUR", Sum(1200, "EUR")),
    ("refund of 1.200 EUR", Sum(1200, "EUR")),
    ("refund of 650 euros", Sum(650, "EUR")),
    ("refund of £2k", Sum(2000, "GBP")),
    ("refund of 650", Sum(650, "")),
    ("refund for order 88123 from 2024", Sum(88123, "")),
    ("refund. Order 88123, paid 20 USD", Sum(20, "USD")),
    ("paid $10 in 2024, refund the $90 of 2025", Sum(90, "USD")),
    ("refund please", None),
    ("refund the 9.99 of March, keep the rest", Sum(9.99, "")),
    ("I paid €7,99. Then refund 7,99 back", Sum(7.99, "EUR")),  # the only currency there is
    ("refund the 25 back, bought on the 12th", Sum(25, "")),
    ("refund within the 30 days", None),
    ("refund, please: sixty-four quid", Sum(64, "GBP")),
    ("refund two hundred and ten dollars", Sum(210, "USD")),
    ("refund twenty-two hundred rupees", Sum(2200, "INR")),
    ("refund three thousand one hundred and five euros", Sum(3105, "EUR")),
    ("refund R$ 4.680", Sum(4680, "BRL")),
    ("refund 30 złoty", Sum(30, "PLN")),
    ("refund Kč 58 800", Sum(58800, "CZK")),
    ("refund 15.400 kr. as soon as you can", Sum(15400, "")),  # of which country is not told
    ("The plan is $9. I paid $99 twice. I want a refund. Next year it is $120.", Sum(99, "USD")),  # the last one before
]


@pytest.mark.parametrize(("text", "money"), AMOUNTS)
def test_amounts(text: str, money: Sum | None) -> None:
    if "order 88123 from" in text:
        money = None  # a number of an order is no sum
    at = text.index("refund")
    assert in_message(text, [(at, at + 6)]) == money


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Role), st.text(st.characters(), max_size=200)), max_size=4))
def test_any_text_can_be_read_and_gives_known_signals(said: list[tuple[Role, str]]) -> None:
    messages = thread(*said)
    found = READER.read(messages, NOW)
    assert found == READER.read(messages, NOW)
    texts = {m.id: m.text for m in messages}
    for signal in found:
        assert 0 <= signal.confidence <= 1
        assert not isinstance(signal.value, dict) or set(signal.value) <= set(SIGNALS[signal.name])
        assert all(0 <= e.start < e.end <= len(texts[e.message_id]) or e.seen_by == "thread" for e in signal.evidence)


HOSTILE = [
    "I want a refund of " * 10_000,
    "a" * 200_000,
    "On " * 60_000 + "wrote:",
    "not " * 50_000 + "want to speak to a manager",
    "\ud800 $1,1,1,1,1,1" * 15_000,
    "> " * 100_000,
    " \n" * 100_000,
    "1 " * 100_000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12].encode("ascii", "replace").decode())
def test_time_grows_with_the_length_only(text: str) -> None:
    assert quickest(lambda: asks(text))[1] < 0.5  # measured: 1 to 40 ms; the first reading of a process loads the weights


def test_a_usual_message_takes_a_fraction_of_a_millisecond() -> None:
    text = "Hello, I have been trying to log in since Monday and the reset mail never arrives. Could you have a look? Thanks, Bob"
    messages = thread((C, text))
    asks(text)
    _, took = quickest(lambda: [READER.read(messages, NOW) for _ in range(100)], 5)
    assert took / 100 < 0.002  # 0.05 ms on the machine it was written on


def test_bad_phrases_are_all_told_with_their_lines() -> None:
    patterns = ["(unclosed", "{b} z", "(?=ahead)"]
    text = "language: en\nwords:\n  a: x\ngroups:\n  g:\n    - hits:\n" + "".join(f"        - '{p}'\n" for p in patterns)
    with pytest.raises(Problems) as found:
        load_lexicon(text, "en")
    assert [(p.line, p.path) for p in found.value.problems] == [
        (7, "groups.g[0].hits[0]"),
        (8, "groups.g[0].hits[1]"),
        (9, "groups.g[0].hits[2]"),
    ]


@pytest.mark.parametrize("sure", [False, True])
def test_a_pattern_that_is_sure_needs_no_second_opinion(sure: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    reading = f"    - sure: {str(sure).lower()}\n      hits: ['yellow desk']\n"
    text = f"language: en\ngroups:\n  security_incident:\n{reading}  impact.outage:\n{reading}"
    monkeypatch.setattr("signals.reader.pack", lambda language: Pack(language, load_lexicon(text, language)))
    found = read((C, "Good morning, we would like to have the yellow desk in the catalogue."))
    assert found["security_incident"].value is sure and ("impact" in found) is sure
    assert len(found["security_incident"].suppressed) == (not sure)
