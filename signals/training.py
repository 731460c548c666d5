"""Trains the model of ``signals/model.py``: ``python -m signals.training``. Deterministic; needs scikit-learn.

Sentences come from ``signals/corpus``; ordinary ones that answer nearly every question with no come from the public sets named in
docs/signals.md, when a folder with them is given. ``python -m bench.cuts`` chooses the thresholds afterwards, on other tickets.
The weights are kept in the tree, so nobody needs any of this to run Baton.
"""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from signals import corpus, ordinary
from signals.fitting import Fit, Texts, fit, vocabulary, weigher
from signals.model import WEIGHTS

log = logging.getLogger(__name__)
SMALLEST = 2.0  # weight times rarity below which a feature is not kept
# The share at which yes is taken, before it is chosen on unseen tickets; some are counted, and each missed is one too few.
CUT = 0.4
COUNTED = {"failed_attempt": 0.3, "asked_before": 0.15}
Rows = dict[str, list[int]]  # feature → label, weight, label, weight, …
# Ordinary texts of other questions that are a clear no to yes/no questions, so that everyday words weigh nothing.
ORDINARY = (("technical", "none"), ("urgency", "none"), ("impact", "none"), ("sentiment", "satisfied"), ("intents", "how_to"))
_NO_ORDINARY = frozenset({"failed_attempt", "asked_before"})  # "none of impact" may well report a failed attempt
_ASKED_OF_MESSAGES = frozenset({"sentiment", "intents"})
_SEVERAL = 0.6  # of a question with several answers, which asks it of their shares


def texts_of(question: str, sentences: corpus.Labelled, tickets: Sequence[corpus.Marked], shared: Path | None) -> Texts:
    """Everything one question is learned from."""
    told = _apart(question, sentences, shared)
    for ticket in tickets:
        for text, label in ticket.answers(question, told.labels):
            told.add([text], label)
    return told


def wholes_of(question: str, sentences: corpus.Labelled, tickets: Sequence[corpus.Marked], shared: Path | None) -> Texts:
    """What a yes/no question that is asked of sentences is learned from where whole messages are asked it."""
    told = _apart(question, sentences, shared)
    for ticket in tickets:
        for text, label in ticket.wholes(question):
            told.add([text], label)
    return told


def _apart(question: str, sentences: corpus.Labelled, shared: Path | None) -> Texts:
    """The texts that stand alone."""
    own = sentences[question]
    told = Texts(question, tuple(own))
    for label, some in own.items():
        told.add(some, label)
    if told.labels == ("yes", "no") and answers_ordinary(question):
        for name, label in ORDINARY:
            told.add(sentences.get(name, {}).get(label, ()), "no")
    if question not in _ASKED_OF_MESSAGES:
        told.add(ordinary.texts(question, shared), "no" if "no" in told.labels else "none", 0.7)
    return told


def answers_ordinary(question: str) -> bool:
    """Whether texts of ``ORDINARY`` answer a yes/no question with no."""
    return question not in {*_NO_ORDINARY, *_ASKED_OF_MESSAGES, "impact", "technical", "urgency"}


def train(shared: Path | None) -> dict[str, Any]:
    """A model in the form in which it is kept."""
    sentences, tickets = corpus.load(), corpus.tickets()
    parts: dict[str, dict[str, Any]] = {"sentence": {}, "message": {}}
    for question in sentences:
        told, cut = texts_of(question, sentences, tickets, shared), _SEVERAL
        if told.labels == ("yes", "no"):
            cut, wholes = COUNTED.get(question, CUT), wholes_of(question, sentences, tickets, shared)
            keep_words(parts["message"], wholes, cut, fit(wholes))
        log.info("%-24s %5d texts", question, len(told.texts))
        keep_words(parts["message" if question in _ASKED_OF_MESSAGES else "sentence"], told, cut, fit(told))
    return parts


def _kept_labels(told: Texts) -> tuple[str, ...]:
    return ("yes",) if told.labels == ("yes", "no") else told.labels


def keep_words(part: dict[str, Any], told: Texts, cut: float, model: Fit) -> None:
    """Add a question's weights, by feature: (label, weight, …), in tenths."""
    labels, (rows, bias) = _kept_labels(told), model.rows()
    weights, biases = part.setdefault("weights", {}), part.setdefault("bias", [])
    first = len(biases)
    part.setdefault("questions", {})[told.question] = {"labels": list(labels), "threshold": cut}
    biases += [round(float(b), 3) for b in bias]
    for name, column in vocabulary().items():
        told_by = rows[:, column] * weigher().idf_[column]
        kept = [[first + n, _tenths(w)] for n, w in enumerate(told_by) if abs(w) >= SMALLEST]
        if kept:
            weights.setdefault(name, []).extend(chain.from_iterable(kept))


def _tenths(value: float) -> int:
    return round(float(value) * 10)


def in_lanes(sentence: Rows, message: Rows, labels: tuple[int, int]) -> tuple[Rows, list[int]]:
    """Rows of (lane, weight, …) for both parts together, from those of (label, weight, …) of either, and the lane of every label.

    The labels of which most rows tell come first.
    """
    first = labels[0]
    together = {name: sentence.get(name, []) + _numbered_on(message.get(name, []), first) for name in {*sentence, *message}}
    told = Counter(chain.from_iterable(row[::2] for row in together.values()))
    order = sorted(range(sum(labels)), key=lambda label: -told[label])
    lanes = [order.index(label) for label in range(len(order))]
    return {n: [each if at % 2 else lanes[each] for at, each in enumerate(row)] for n, row in together.items()}, lanes


def _numbered_on(row: list[int], place: int) -> list[int]:
    return [each if at % 2 else each + place for at, each in enumerate(row)]


def write(file: Path, *told: object) -> None:
    """A line of JSON for each."""
    with file.open("w", encoding="utf-8") as lines:
        for one in told:
            lines.write(json.dumps(one, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n")


def main(shared: Path | None) -> None:
    """Write the weights."""
    parts = train(shared)
    made = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    version = f"{datetime.now(UTC):%Y-%m-%d}.{made[:4]}"
    labels = len(parts["sentence"]["bias"]), len(parts["message"]["bias"])
    rows, lanes = in_lanes(parts["sentence"].pop("weights"), parts["message"].pop("weights"), labels)
    parts["sentence"]["lanes"], parts["message"]["lanes"] = lanes[: labels[0]], lanes[labels[0] :]
    write(
        WEIGHTS,
        {"version": version, **parts},
        *([name, _tenths(weigher().idf_[column] ** 2), *rows.get(name, [])] for name, column in vocabulary().items()),
    )


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    np.random.seed(0)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
