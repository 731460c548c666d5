"""The extra that reads beyond words: mixed in where it fits the weights, left out where it does not."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from escalation.ticket import Message, Person, Role
from signals import semantic
from signals.beyond import OF_MESSAGE, Scorer, installed, windows
from signals.model import Model, Passage, words_only
from signals.reader import TextReader

NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
HUMAN = "explicit_human_request"


class Knows:
    """Finds a wish for a person in the sentences that have a word, and nothing anywhere else."""

    name = "knows-a-word"

    def read(self, passage: Passage) -> tuple[Sequence[Sequence[float]], Sequence[float]]:
        words = words_only()
        none = [0.0] * len(words.sentence.bias)
        place = words.sentence.questions[HUMAN].first
        found = [[*none[:place], 40.0 if "green" in text else -40.0, *none[place + 1 :]] for text in passage.sentences]
        return found, [0.0] * len(words.message.bias)


def told(model: Model, **changed: Any) -> dict[str, Any]:
    """The thresholds."""
    return {"beyond": "knows-a-word", "words": model.version, "sentence": {"thresholds": {HUMAN: 0.5}}, **changed}


def asks(model: Model, text: str) -> bool:
    messages = (Message("m", Person("c", role=Role.CUSTOMER), text),)
    found = {signal.name: signal.value for signal in TextReader(lambda: model).read(messages, NOW)}
    return bool(found.get(HUMAN))


TEXTS = (
    "The app is slow today, the green one would be nice.",
    "The app is slow today, the blue one would be nice.",
)


def test_words_and_what_is_beyond_count_by_their_mean() -> None:
    words = words_only()
    both = semantic.joined(words, told(words), Knows())
    assert [asks(words, text) for text in TEXTS] == [False, False]
    assert [asks(both, text) for text in TEXTS] == [True, False]
    assert both.version.endswith("+knows-a-word") and words.version in both.version


@pytest.mark.parametrize("changed", [{}, {"beyond": "another"}, {"words": "1999-01-01"}])
def test_weights_of_another_model_are_left_out(changed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "semantic.json"
    file.write_text(json.dumps(told(words_only(), **changed)))
    monkeypatch.setattr(semantic, "WEIGHTS", file)
    monkeypatch.setattr(semantic, "installed", lambda: Knows())
    semantic.standard.cache_clear()
    try:
        assert (semantic.standard().beyond is None) is bool(changed)
        assert ["weights are of another" in words for words in semantic.degraded()] == [True] * bool(changed)
    finally:
        semantic.standard.cache_clear()


def test_without_the_extra_words_are_read_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic, "installed", lambda: None)
    semantic.standard.cache_clear()
    try:
        assert semantic.standard() is words_only()
        assert ["make semantic" in words for words in semantic.degraded()] == [True]
    finally:
        semantic.standard.cache_clear()


def test_kept_thresholds_fit_the_words_they_stand_beside() -> None:
    kept, words = json.loads(semantic.WEIGHTS.read_text("utf-8")), words_only()
    assert kept["words"] == words.version
    assert set(kept["sentence"]["thresholds"]) <= set(words.sentence.questions)


def test_long_messages_are_read_in_several_looks() -> None:
    many = [(n * 50, n * 50 + 50) for n in range(5)]
    assert windows(many) == [many[:3], many[3:]]
    assert windows([(0, 3 * OF_MESSAGE), (3 * OF_MESSAGE, 3 * OF_MESSAGE + 4)])[1] == [(3 * OF_MESSAGE, 3 * OF_MESSAGE + 4)]
    assert sum(map(len, windows([(n * OF_MESSAGE, (n + 1) * OF_MESSAGE) for n in range(9)]))) == 4


@pytest.mark.skipif(installed() is None, reason="the extra is not installed: make semantic")
def test_the_extra_reads_what_it_was_tuned_for() -> None:
    scorer: Scorer | None = installed()
    assert scorer is not None and scorer.name == json.loads(semantic.WEIGHTS.read_text("utf-8"))["beyond"]
    words = words_only()
    passage = Passage(("The app is slow today.", "Could a colleague of yours ring me? \ud800"), "Slow", "Please restart it.")
    sentences, whole = scorer.read(passage)
    slow, ring = [words.sentence.yes(scores, HUMAN) for scores in sentences]
    assert slow < 0.2 < 0.8 < ring and words.message.yes(whole, HUMAN) > 0.5
    assert (sentences, whole) == scorer.read(passage)
