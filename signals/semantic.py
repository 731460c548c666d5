"""The trained model with a sentence embedding beside its words: both are asked, and the mean of their scores counts.

Weights and thresholds are made by ``python -m signals.training`` where the extra is installed, and kept beside this file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import mul
from pathlib import Path
from typing import Any

from signals.embedder import Embedder, installed, packaged
from signals.model import Model, Part, least_score, words_only

WEIGHTS = Path(__file__).parent / "semantic.json"
_KEPT = 500  # vectors, 6 MB: a message of one sentence is asked about twice, a subject at every look at its ticket


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """One row of weights per label, in the order of the words' part."""

    bias: tuple[float, ...]
    rows: tuple[tuple[float, ...], ...]

    def score(self, vector: Sequence[float]) -> list[float]:
        return [bias + sum(map(mul, row, vector)) for bias, row in zip(self.bias, self.rows, strict=True)]


@dataclass(frozen=True, slots=True, eq=False)
class Semantic:
    """Implements ``signals.model.Beyond``."""

    embed: Callable[[str], Sequence[float]]
    heads: Mapping[str, Heads]  # "sentence" and "message"

    def mixed(self, part: str, text: str, words: Sequence[float]) -> list[float]:
        """The mean of the words' scores and the embedding's."""
        return [(a + b) / 2 for a, b in zip(words, self.heads[part].score(self.embed(text)), strict=True)]


@lru_cache(maxsize=1)
def standard() -> Model:
    """The model that comes with Baton; with the embedding when the extra is installed and it is the one the weights are of."""
    words, embedder = words_only(), installed()
    told = json.loads(WEIGHTS.read_text("utf-8")) if embedder is not None and WEIGHTS.exists() else None
    if embedder is None or told is None or told["embedder"] != embedder.name or told["words"] != words.version:
        return words
    return joined(words, told, embedder)


def degraded() -> tuple[str, ...]:
    """What reading goes without here, and what to do about it; () for nothing."""
    if installed() is None:
        lacks = "not installed" if packaged() is None else "installed, but its model is not quantised yet"
        return (f"Reading beyond words is off: the extra `semantic` is {lacks} (`make semantic`).",)
    if standard().beyond is None:
        return (
            "Reading beyond words is off: its weights are of another model. Train them (docs/signals.md) or take those released.",
        )
    return ()


def joined(words: Model, told: Mapping[str, Any], embedder: Embedder) -> Model:
    """The words' model with an embedding beside it."""
    embed = lru_cache(maxsize=_KEPT)(embedder.embed)
    heads = {name: Heads(tuple(told[name]["bias"]), tuple(map(tuple, told[name]["rows"]))) for name in ("sentence", "message")}
    sentence = with_thresholds(words.sentence, told["sentence"]["thresholds"])
    message = with_thresholds(words.message, told["message"]["thresholds"])
    version = f"{words.version}+{embedder.name}"
    return replace(words, version=version, beyond=Semantic(embed, heads), sentence=sentence, message=message)


def with_thresholds(part: Part, cuts: Mapping[str, float]) -> Part:
    """The part with these thresholds, by question; the others stay."""
    changed = {
        name: replace(asked, threshold=cuts[name], least=least_score(cuts[name])) if name in cuts else asked
        for name, asked in part.questions.items()
    }
    return replace(part, questions=changed)
