"""Trains the model of ``signals/model.py``: ``python -m signals.training``. Deterministic; needs scikit-learn.

Sentences come from ``signals/corpus``; ordinary ones that answer nearly every question with no come from the public sets named in
docs/signals.md, when a folder with them is given. Thresholds are those of best F1 over whole tickets, each scored by a model that
had not seen it. The weights are kept in the tree, so nobody needs any of this to run Baton.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from signals import corpus, ordinary, semantic
from signals.embedder import installed
from signals.features import features, words_of
from signals.lexicon import marks
from signals.model import WEIGHTS
from signals.packs import pack

log = logging.getLogger(__name__)
FOLDS, INVERSE_DECAY = 5, 20.0
SMALLEST = 2.0  # weight times rarity below which a feature is not kept
YES_WEIGHS = 3.0  # against a no, of which there are twenty times as many
MOST_RARE = 4
NEAR, NEAR_BY = 0.7, ("p:", "s:", "a:")  # what stands around a sentence counts for less than what stands in it
LEAST_CUT = 10  # hundredths
USUAL_SHARE = 0.10  # of the tickets of a help desk that carry a signal; ours carry them far more often
COMMON = {"failed_attempt": 0.3, "asked_before": 0.25}  # and two are common, and have to be counted
Keep = Callable[[dict[str, Any], "Texts", float, "Fit"], None]
_LEXICON = pack("en").lexicon
# Ordinary texts of other questions that are a clear no to yes/no questions, so that everyday words weigh nothing.
_ORDINARY = (("technical", "none"), ("urgency", "none"), ("impact", "none"), ("sentiment", "satisfied"), ("intents", "how_to"))
_TAKEN_BACK = {"refund_request": frozenset({"-refund_request", "+refund.not", "+refund.over"})}
_NO_ORDINARY = frozenset({"failed_attempt", "asked_before"})  # "none of impact" may well report a failed attempt
_ASKED_OF_MESSAGES = frozenset({"sentiment", "intents"})
_USUAL = 0.6  # the threshold of a question that no marked ticket asks


@dataclass
class Texts:
    """What one question is learned from. ``ticket`` is the number of the ticket a text is of, -1 for texts that stand alone."""

    question: str
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
    """A regression, and what makes numbers of texts."""

    matrix: Callable[[Sequence[str]], Any]
    regression: LogisticRegression

    def yes(self, texts: Sequence[str]) -> Any:
        """The raw score of yes of a yes/no question, one per text."""
        return -self.regression.decision_function(self.matrix(texts))  # its own is that of label 1, which is no


@cache
def analyze(text: str) -> list[str]:
    """What the reader sees of a text, patterns and where it stands included."""
    text, *place = text.split(corpus.AROUND)
    return [*features(words_of(text), marks(_LEXICON.find(text))), *place]


@lru_cache(maxsize=1)
def _own_texts() -> list[list[str]]:
    """The features of every text of our own."""
    own = [text for labels in corpus.load().values() for texts in labels.values() for text in texts]
    own += [text for ticket in corpus.tickets() for text, _ in ticket.answers("failed_attempt", ("yes", "no"))]
    return [analyze(text) for text in own]


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, int]:
    """Every feature of MOST_RARE of our own texts or more, the same for all questions, so that a text has one length."""
    seen = Counter(chain.from_iterable(_own_texts()))
    return {feature: n for n, feature in enumerate(sorted(f for f, count in seen.items() if count >= MOST_RARE))}


@lru_cache(maxsize=1)
def _vectorizer() -> CountVectorizer:
    return CountVectorizer(analyzer=analyze, vocabulary=vocabulary(), binary=True)


@lru_cache(maxsize=1)
def _weigher() -> TfidfTransformer:
    """What is rare tells more than what stands everywhere."""
    told = CountVectorizer(analyzer=list, vocabulary=vocabulary(), binary=True).transform(_own_texts())
    weigher = TfidfTransformer().fit(told)
    weigher.idf_ = weigher.idf_ * np.array([NEAR if name.startswith(NEAR_BY) else 1.0 for name in vocabulary()])
    return weigher


def by_words(texts: Sequence[str]) -> Any:
    return _weigher().transform(_vectorizer().transform(texts))


@cache
def _vector(text: str) -> Sequence[float]:
    embedder = installed()
    return embedder.embed(text.split(corpus.AROUND)[0]) if embedder else ()


def by_embedding(texts: Sequence[str]) -> Any:
    return np.array([_vector(text) for text in texts])


def fit(told: Texts, matrix: Callable[[Sequence[str]], Any], leave_out: frozenset[int] = frozenset()) -> Fit:
    """A regression over the texts, without those of some tickets."""
    rows = [n for n, ticket in enumerate(told.ticket) if ticket not in leave_out]
    # The teams of our tickets are not those of another company: none is likelier than another before a word is read.
    teams = told.question == "intents"
    regression = LogisticRegression(C=INVERSE_DECAY, class_weight="balanced" if teams else None, max_iter=3000)
    numbers = matrix([told.texts[n] for n in rows])
    yes = YES_WEIGHS if told.labels == ("yes", "no") else 1.0
    weight = [told.weight[n] * (yes if told.label[n] == 0 else 1.0) for n in rows]
    return Fit(matrix, regression.fit(numbers, [told.label[n] for n in rows], weight))


def texts_of(question: str, sentences: corpus.Labelled, tickets: Sequence[corpus.Marked], shared: Path | None) -> Texts:
    """Everything one question is learned from."""
    own = sentences[question]
    told = Texts(question, tuple(own))
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


def threshold(told: Texts, tickets: Sequence[corpus.Marked], *matrices: Callable[[Sequence[str]], Any]) -> tuple[float, float]:
    """(threshold, F1) of best F1 over whole tickets, each scored by models that had not seen it; several count by their mean."""
    order = list(range(len(tickets)))
    random.Random(3).shuffle(order)  # noqa: S311 - an order, not a secret
    scored: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        mine = frozenset(order[fold::FOLDS])
        models = [fit(told, matrix, leave_out=mine) for matrix in matrices]
        for number in mine:
            answers = list(tickets[number].answers(told.question, told.labels))
            if answers:
                raw = np.mean([model.yes([text for text, _ in answers]) for model in models], axis=0)
                most = max(
                    (float(one) for one, (text, _) in zip(raw, answers, strict=True) if not _taken_back(told.question, text)),
                    default=-60.0,
                )
                scored.append((1 / (1 + math.exp(-most)), any(label == "yes" for _, label in answers)))
    share = COMMON.get(told.question, USUAL_SHARE)
    curve = [_f1(scored, cut / 100, share) for cut in range(LEAST_CUT, 91, 2)]
    # The best of neighbours together: a single peak is chance.
    best = max(range(len(curve)), key=lambda n: sum(some := curve[max(0, n - 4) : n + 5]) / len(some))
    return (LEAST_CUT + 2 * best) / 100, curve[best]


def _taken_back(question: str, text: str) -> bool:
    """Whether a reader would not listen to the model here: a pattern was said and taken back, or speaks of others."""
    return not _TAKEN_BACK[question].isdisjoint(analyze(text)) if question in _TAKEN_BACK else False


def _f1(scored: Sequence[tuple[float, bool]], cut: float, share: float) -> float:
    """As it would be where this share of the tickets carries the signal."""
    hit = sum(likely >= cut and wanted for likely, wanted in scored)
    wrong = sum(likely >= cut and not wanted for likely, wanted in scored)
    wanted = sum(wanted for _, wanted in scored)
    weight = share / (1 - share) * (len(scored) - wanted) / max(wanted, 1)  # of a ticket that carries it
    return 2 * hit * weight / ((hit + wanted) * weight + wrong) if wanted else 0.0


def train(shared: Path | None, matrices: Sequence[Callable[[Sequence[str]], Any]], keep: Keep) -> dict[str, Any]:
    """A model in the form in which it is kept: thresholds over all matrices, weights of the last."""
    sentences, tickets = corpus.load(), corpus.tickets()
    parts: dict[str, dict[str, Any]] = {"sentence": {}, "message": {}}
    for question in sentences:
        told = texts_of(question, sentences, tickets, shared)
        cut, f1 = threshold(told, tickets, *matrices) if told.labels == ("yes", "no") and tickets else (_USUAL, 0.0)
        log.info("%-24s %5d texts, threshold %.2f, F1 over unseen tickets %.3f", question, len(told.texts), cut, f1)
        keep(parts["message" if question in _ASKED_OF_MESSAGES else "sentence"], told, cut, fit(told, matrices[-1]))
    return parts


def _rows(told: Texts, model: Fit) -> tuple[tuple[str, ...], Any, Any]:
    """(labels, a row of weights per label, bias); a yes/no question has one, that of yes."""
    coefficients, bias = model.regression.coef_, model.regression.intercept_
    return (("yes",), -coefficients, -bias) if told.labels == ("yes", "no") else (told.labels, coefficients, bias)


def keep_words(part: dict[str, Any], told: Texts, cut: float, model: Fit) -> None:
    """Add a question's weights, by feature."""
    labels, rows, bias = _rows(told, model)
    weights, biases = part.setdefault("weights", {}), part.setdefault("bias", [])
    first = len(biases)
    part.setdefault("questions", {})[told.question] = {"labels": list(labels), "threshold": cut}
    biases += [round(float(b), 3) for b in bias]
    for name, column in vocabulary().items():
        told_by = rows[:, column] * _weigher().idf_[column]
        kept = [[first + n, round(float(w), 1)] for n, w in enumerate(told_by) if abs(w) >= SMALLEST]
        if kept:
            weights.setdefault(name, []).extend(chain.from_iterable(kept))


def keep_embedding(part: dict[str, Any], told: Texts, cut: float, model: Fit) -> None:
    """Add a question's weights, by label."""
    labels, rows, bias = _rows(told, model)
    cuts = part.setdefault("thresholds", {})
    if labels == ("yes",):
        cuts[told.question] = cut
    part.setdefault("bias", []).extend(round(float(b), 3) for b in bias)
    part.setdefault("rows", []).extend([round(float(w), 2) for w in row] for row in rows)


def write(file: Path, told: dict[str, Any]) -> None:
    file.write_text(json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")


def main(shared: Path | None) -> None:
    """Words always; the embedding beside them where the extra is installed."""
    parts = train(shared, [by_words], keep_words)
    lengths = {name: round(float(_weigher().idf_[column]) ** 2, 1) for name, column in vocabulary().items()}
    made = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    version = f"{datetime.now(UTC):%Y-%m-%d}.{made[:4]}"
    write(WEIGHTS, {"version": version, "lengths": lengths, **parts})
    embedder = installed()
    if embedder is not None:
        parts = train(shared, [by_words, by_embedding], keep_embedding)
        write(semantic.WEIGHTS, {"embedder": embedder.name, "words": version, **parts})


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    np.random.seed(0)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
