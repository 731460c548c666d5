"""Which language is read: by everyday words, and what the helpdesk says where these are too few."""

from __future__ import annotations

import pytest

from signals.languages import detect, everyday

SHORT = [
    ("I returned three mugs at €9 each. Nothing refunded yet.", "en"),  # "at" is Danish, too
    ("Stuck at step 3 again.", "en"),
    ("charged twice", "en"),
    ("Jeg har betalt, men I siger at der ikke er kommet noget", "da"),
    ("Gib mir bitte das Geld zurück", "de"),
    ("Vorrei parlare con una persona", "it"),
    ("Ik wil mijn geld terug", "nl"),
    ("返金してください", "ja"),
]


@pytest.mark.parametrize(("text", "code"), SHORT)
def test_a_short_message(text: str, code: str) -> None:
    assert detect(text).code == code


def test_the_helpdesk_decides_where_words_are_few() -> None:
    assert detect("Ticket 4711", told="fr-CA").code == "fr"
    assert detect("I am stuck at the login and nothing works when I try", told="fr").code == "en"


def test_words_that_only_tell_english_are_none_to_the_model() -> None:
    assert {"at", "yet"}.isdisjoint(everyday("en"))
