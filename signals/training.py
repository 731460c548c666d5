"""Trains the model of ``signals/model.py``: ``python -m signals.training``. Deterministic; needs scikit-learn.

Sentences come from ``signals/corpus``; ordinary ones that answer nearly every question with no come from the public sets named in
docs/signals.md, when a folder with them is given. Thresholds are those of best F1 over whole tickets, each scored by a model that
had not seen it. The weights are kept in the tree, so nobody needs any of this to run Baton.
"""

from __future__ import annotations

import json
import logging
import random
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

from signals import corpus, ordinary
from signals.features import features
from signals.lexicon import marks
from signals.model import WEIGHTS
from signals.packs import pack

log = logging.getLogger(__name__)
FOLDS, INVERSE_DECAY, SMALLEST = 5, 8.0, 0.25
_LEXICON = pack("en").lexicon
# Ordinary texts of other questions that are a clear no to yes/no questions, so that everyday words weigh nothing.
_ORDINARY = (("technical", "none"), ("urgency", "none"), ("impact", "none"), ("sentiment", "satisfied"), ("intents", "how_to"))
_NO_ORDINARY = frozenset({"failed_attempt", "asked_before"})  # "none of impact" may well report a failed attempt
_ASKED_OF_MESSAGES = frozenset({"sentiment", "intents"})
_USUAL = 0.6  # the threshold of a question that no marked ticket asks


@dataclass
class Texts:
    """What one question is learned from. ``ticket`` is the number of the ticket a text is of, -1 for texts that stand alone."""

    labels: tuple[str, ...]
    texts: list[str] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)
    ticket: list[int] = field(default_factory=list)

    def add(self, texts: Sequence[str], label: str, weight: float = 1.0, ticket: int = -1) -> None:
        self.texts += texts
        self.label += [self.labels.index(label)] * len(texts)
        self.weight += [weight] * len(texts)
        self.ticket += [ticket] * len(texts)


@dataclass
class Fit:
    vectorizer: CountVectorizer
    regression: LogisticRegression

    def shares(self, texts: Sequence[str]) -> Any:
        """Probability of each label, a row per text."""
        return self.regression.predict_proba(normalize(self.vectorizer.transform(texts)))


def analyze(text: str) -> list[str]:
    """What the reader sees of a text, patterns included."""
    return features(text, marks(_LEXICON.find(text)))


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, int]:
    """Every feature that occurs in two of our own texts, the same for all questions, so that a text has one length."""
    own = [text for labels in corpus.load().values() for texts in labels.values() for text in texts]
    own += [text for ticket in corpus.tickets() for message in ticket.messages for text, _ in message]
    seen = Counter(chain.from_iterable(map(analyze, own)))
    return {feature: n for n, feature in enumerate(sorted(f for f, count in seen.items() if count > 1))}


def fit(told: Texts, leave_out: frozenset[int] = frozenset()) -> Fit:
    """A regression over the texts, without those of some tickets."""
    rows = [n for n, ticket in enumerate(told.ticket) if ticket not in leave_out]
    vectorizer = CountVectorizer(analyzer=analyze, vocabulary=vocabulary(), binary=True)
    matrix = normalize(vectorizer.transform([told.texts[n] for n in rows]))
    regression = LogisticRegression(C=INVERSE_DECAY, max_iter=3000)
    return Fit(vectorizer, regression.fit(matrix, [told.label[n] for n in rows], [told.weight[n] for n in rows]))


def texts_of(question: str, sentences: corpus.Labelled, tickets: Sequence[corpus.Marked], shared: Path | None) -> Texts:
    """Everything one question is learned from."""
    own = sentences[question]
    told = Texts(tuple(own))
    for label, some in own.items():
        told.add(some, label)
    if told.labels == ("yes", "no") and question not in _NO_ORDINARY:
        for name, label in _ORDINARY:
            told.add(sentences.get(name, {}).get(label, ()), "no")
    if question not in _ASKED_OF_MESSAGES:
        told.add(ordinary.texts(question, shared), "no" if "no" in told.labels else "none", 0.7)
    for number, ticket in enumerate(tickets):
        for text, label in ticket.answers(question, told.labels):
            told.add([text], label, ticket=number)
    return told


def threshold(told: Texts, tickets: Sequence[corpus.Marked], question: str) -> tuple[float, float]:
    """(threshold, F1) of best F1 over whole tickets, each scored by a model that had not seen it."""
    order = list(range(len(tickets)))
    random.Random(3).shuffle(order)  # noqa: S311 - an order, not a secret
    scored: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        mine = frozenset(order[fold::FOLDS])
        model = fit(told, leave_out=mine)
        for number in mine:
            answers = list(tickets[number].answers(question, told.labels))
            if answers:
                likely = model.shares([text for text, _ in answers])[:, told.labels.index("yes")].max()
                scored.append((float(likely), any(label == "yes" for _, label in answers)))
    return max(((cut / 100, _f1(scored, cut / 100)) for cut in range(30, 91, 2)), key=lambda pair: pair[1])


def _f1(scored: Sequence[tuple[float, bool]], cut: float) -> float:
    hit = sum(likely >= cut and wanted for likely, wanted in scored)
    told, wanted = sum(likely >= cut for likely, _ in scored), sum(wanted for _, wanted in scored)
    return 2 * hit / (told + wanted) if told + wanted else 0.0


def train(shared: Path | None) -> dict[str, object]:
    """The whole model in the form in which it is kept."""
    sentences, tickets = corpus.load(), corpus.tickets()
    parts: dict[str, dict[str, Any]] = {name: {"questions": {}, "bias": [], "weights": {}} for name in ("sentence", "message")}
    for question in sentences:
        told = texts_of(question, sentences, tickets, shared)
        cut, f1 = threshold(told, tickets, question) if told.labels == ("yes", "no") and tickets else (_USUAL, 0.0)
        log.info("%-24s %5d texts, threshold %.2f, F1 over unseen tickets %.3f", question, len(told.texts), cut, f1)
        _keep(parts["message" if question in _ASKED_OF_MESSAGES else "sentence"], question, told.labels, cut, fit(told))
    return {"version": f"{datetime.now(UTC):%Y-%m-%d}", **parts}


def _keep(part: dict[str, Any], question: str, labels: tuple[str, ...], cut: float, model: Fit) -> None:
    """Add a question's weights; a yes/no question has one number, that of yes."""
    coefficients, bias = model.regression.coef_, model.regression.intercept_
    if labels == ("yes", "no"):  # the regression's own is that of label 1, which is no
        coefficients, bias, labels = -coefficients, -bias, ("yes",)
    first = len(part["bias"])
    part["questions"][question] = {"labels": list(labels), "threshold": cut}
    part["bias"] += [round(float(b), 3) for b in bias]
    for name, column in model.vectorizer.vocabulary_.items():
        weights = coefficients[:, column]
        kept = [[first + n, round(float(w), 2)] for n, w in enumerate(weights) if abs(w) >= SMALLEST]
        part["weights"].setdefault(name, []).extend(chain.from_iterable(kept))


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    np.random.seed(0)
    made = train(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    WEIGHTS.write_text(json.dumps(made, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
