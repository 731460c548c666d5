"""Words that are no more said are taken out of what quotes them, and nothing else is."""

from __future__ import annotations

import pytest

from escalation.quotes import REMOVED, Lost, lost

SAID = "Why was the account of zebra mountain charged? I want to speak to a manager. Call +49 170 1234567."
LEFT = ["Good morning, a question about my invoice.", "I want to speak to somebody else."]


def found() -> Lost:
    made = lost(["2"], [SAID, "Ada"], LEFT)
    assert made is not None
    return made


@pytest.mark.parametrize(
    "case, text, rest",
    [
        (
            "a quotation",
            'human requested in the text ("I want to speak to a manager.")',
            'human requested in the text ("[removed].")',
        ),
        ("shortened", 'asked ("Why was the account of zebra moun…")', 'asked ("[removed]…")'),
        ("white space is no matter", "found:\nthe  account\tof zebra mountain", "found:\n[removed]"),
        ("case is no matter", "THE ACCOUNT OF ZEBRA MOUNTAIN", "[removed]"),
        ("quoted in two words", "it said “zebra mountain” there", "it said “[removed]” there"),
        ("two stretches", "account of zebra mountain, then: speak to a manager", "[removed], then: [removed]"),
        ("still said by another message", "I want to speak to somebody else.", "I want to speak to somebody else."),
        ("two words are chance", "the manager of a zebra mountain", "the manager of a zebra mountain"),
        ("nothing of it", "Priority is urgent: priority changed to urgent (was normal)", None),
        ("keys and times are no words", "write:h1:ada:3 2026-03-02T09:00:00Z", None),
    ],
)
def test_text(case: str, text: str, rest: str | None) -> None:
    assert found().text(text) == (text if rest is None else rest), case


def test_data_goes_by_the_message_it_names() -> None:
    data = {
        "summary": [{"text": "zebra", "source": "2"}, {"text": "Good morning", "source": "1"}],
        "transcript": [{"id": "2", "who": "Ada", "text": "▇▇▇▇"}],
        "worded": {"text": "The customer is upset.", "cites": ["1", "2"]},
        "severity": "high", "score": 3, "nothing": None, "reasons": ["asked: the account of zebra mountain"],
    }  # fmt: skip
    assert found().taken_out(data) == {
        "summary": [{"text": REMOVED, "source": "2"}, {"text": "Good morning", "source": "1"}],
        "transcript": [{"id": "2", "who": "Ada", "text": REMOVED}],
        "worded": {"text": REMOVED, "cites": ["1", "2"]},
        "severity": "high", "score": 3, "nothing": None, "reasons": [f"asked: {REMOVED}"],
    }  # fmt: skip


@pytest.mark.parametrize(
    "said, left",
    [
        (SAID, [f"> {SAID}"]),  # somebody quotes all of it, which the helpdesk shows still
        (SAID, [SAID.replace(" ", "\n")]),  # it came in another form
        ("", ["Hello"]), ("…", []),
    ],
)  # fmt: skip
def test_nothing_is_lost_that_still_stands(said: str, left: list[str]) -> None:
    assert lost(["2"], [said], left) is None


def test_what_is_hidden_is_found_as_it_is_shown() -> None:
    made = lost(["2"], ["My card is 4242 4242 4242 4242 thank you"], [])
    assert made is not None
    assert made.text("said: My card is [card ending 4242] thank you") == f"said: {REMOVED}"


def test_a_long_text_is_no_trouble() -> None:
    words = " ".join(f"word{n}" for n in range(5_000))
    made = lost(["2"], [words], [])
    assert made is not None and made.text(words * 3).count("word") <= 4
