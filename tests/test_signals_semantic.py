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
from signals.embedder import Embedder, installed
from signals.model import Model, words_only
from signals.reader import TextReader

NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
HUMAN = "explicit_human_request"


class Knows:
    """An embedding of two numbers: whether the text has a word, and whether it has not."""

    name = "knows-a-word"

    def embed(self, text: str) -> Sequence[float]:
        return (1.0, 0.0) if "green" in text else (0.0, 1.0)


def told(model: Model, **changed: Any) -> dict[str, Any]:
    """Weights in which the word is all that counts for a wish for a person, and nothing counts for anything else."""

    def part(name: str) -> dict[str, Any]:
        its = getattr(model, name)
        rows = [[0.0, 0.0] for _ in its.bias]
        if name == "sentence":
            rows[its.questions[HUMAN].first] = [40.0, -40.0]
        return {"bias": [0.0] * len(its.bias), "rows": rows, "thresholds": {HUMAN: 0.5} if name == "sentence" else {}}

    return {
        "embedder": "knows-a-word",
        "words": model.version,
        "sentence": part("sentence"),
        "message": part("message"),
        **changed,
    }


def asks(model: Model, text: str) -> bool:
    messages = (Message("m", Person("c", role=Role.CUSTOMER), text),)
    found = {signal.name: signal.value for signal in TextReader(lambda: model).read(messages, NOW)}
    return bool(found.get(HUMAN))


TEXTS = (
    "The app is slow today, the green one would be nice.",
    "The app is slow today, the blue one would be nice.",
)


def test_words_and_embedding_count_by_their_mean() -> None:
    words = words_only()
    both = semantic.joined(words, told(words), Knows())
    assert [asks(words, text) for text in TEXTS] == [False, False]
    assert [asks(both, text) for text in TEXTS] == [True, False]
    assert both.version.endswith("+knows-a-word") and words.version in both.version


@pytest.mark.parametrize("changed", [{}, {"embedder": "another"}, {"words": "1999-01-01"}])
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


def test_kept_weights_fit_the_words_they_stand_beside() -> None:
    kept, words = json.loads(semantic.WEIGHTS.read_text("utf-8")), words_only()
    assert kept["words"] == words.version
    for name in ("sentence", "message"):
        part = getattr(words, name)
        assert len(kept[name]["bias"]) == len(kept[name]["rows"]) == len(part.bias)
        assert set(kept[name]["thresholds"]) <= set(part.questions)


@pytest.mark.skipif(installed() is None, reason="the extra is not installed: make semantic")
def test_the_extra_reads_what_it_was_trained_on() -> None:
    embedder: Embedder | None = installed()
    assert embedder is not None and embedder.name == json.loads(semantic.WEIGHTS.read_text("utf-8"))["embedder"]
    vector = embedder.embed("Could a colleague of yours ring me? \ud800")
    assert len(vector) == 384 and abs(sum(x * x for x in vector) - 1) < 1e-4
    assert vector == embedder.embed("Could a colleague of yours ring me? \ud800")
