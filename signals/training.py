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
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from signals import corpus, ordinary, semantic
from signals.embedder import installed
from signals.fitting import Fit, Matrix, Texts, analyze, by_embedding, by_words, fit, vocabulary, weigher
from signals.model import WEIGHTS, with_whole

log = logging.getLogger(__name__)
FOLDS = 5
SMALLEST = 2.0  # weight times rarity below which a feature is not kept
LEAST_CUT = 10  # hundredths
USUAL_SHARE = 0.10  # of the tickets of a help desk that carry a signal; ours carry them far more often
# Some are common, and have to be counted; one that leaves unseen costs more than a second look.
COMMON = {"failed_attempt": 0.3, "asked_before": 0.25, "churn_risk": 0.2}
Keep = Callable[[dict[str, Any], Texts, float, Fit], None]
# Ordinary texts of other questions that are a clear no to yes/no questions, so that everyday words weigh nothing.
_ORDINARY = (("technical", "none"), ("urgency", "none"), ("impact", "none"), ("sentiment", "satisfied"), ("intents", "how_to"))
_TAKEN_BACK = {"refund_request": frozenset({"-refund_request", "+refund.not", "+refund.over"})}
_NO_ORDINARY = frozenset({"failed_attempt", "asked_before"})  # "none of impact" may well report a failed attempt
_ASKED_OF_MESSAGES = frozenset({"sentiment", "intents"})
_USUAL = 0.6  # the threshold of a question that no marked ticket asks


def texts_of(question: str, sentences: corpus.Labelled, tickets: Sequence[corpus.Marked], shared: Path | None) -> Texts:
    """Everything one question is learned from."""
    told = _apart(question, sentences, shared)
    for number, ticket in enumerate(tickets):
        for text, label in ticket.answers(question, told.labels):
            told.add([text], label, ticket=number)
    return told


def wholes_of(question: str, sentences: corpus.Labelled, tickets: Sequence[corpus.Marked], shared: Path | None) -> Texts:
    """What a yes/no question that is asked of sentences is learned from where whole messages are asked it."""
    told = _apart(question, sentences, shared)
    for number, ticket in enumerate(tickets):
        for text, label in ticket.wholes(question):
            told.add([text], label, ticket=number)
    return told


def _apart(question: str, sentences: corpus.Labelled, shared: Path | None) -> Texts:
    """The texts that stand alone."""
    own = sentences[question]
    told = Texts(question, tuple(own))
    for label, some in own.items():
        told.add(some, label)
    if told.labels == ("yes", "no") and question not in _NO_ORDINARY:
        for name, label in _ORDINARY:
            told.add(sentences.get(name, {}).get(label, ()), "no")
    if question not in _ASKED_OF_MESSAGES:
        told.add(ordinary.texts(question, shared), "no" if "no" in told.labels else "none", 0.7)
    return told


def threshold(told: Texts, wholes: Texts, tickets: Sequence[corpus.Marked], *matrices: Matrix) -> tuple[float, float]:
    """(threshold, F1) of best F1 over whole tickets, each scored by models that had not seen it; several count by their mean."""
    order = list(range(len(tickets)))
    random.Random(3).shuffle(order)  # noqa: S311 - an order, not a secret
    scored: list[tuple[float, bool]] = []
    for fold in range(FOLDS):
        mine = frozenset(order[fold::FOLDS])
        models = [(fit(told, matrix, leave_out=mine), fit(wholes, matrix, leave_out=mine)) for matrix in matrices]
        for number in mine:
            scores = list(_scores(tickets[number], told, models))
            if scores:
                most = max(score for score, _ in scores)
                scored.append((1 / (1 + math.exp(-most)), any(wanted for _, wanted in scores)))
    share = COMMON.get(told.question, USUAL_SHARE)
    curve = [_f1(scored, cut / 100, share) for cut in range(LEAST_CUT, 91, 2)]
    # The best of neighbours together: a single peak is chance.
    best = max(range(len(curve)), key=lambda n: sum(some := curve[max(0, n - 4) : n + 5]) / len(some))
    return (LEAST_CUT + 2 * best) / 100, curve[best]


def _scores(ticket: corpus.Marked, told: Texts, models: Sequence[tuple[Fit, Fit]]) -> Iterator[tuple[float, bool]]:
    """(score, whether yes is right) of every sentence, as the reader would score it."""
    answers = list(ticket.answers(told.question, told.labels))
    if not answers:
        return
    of_sentences = np.mean([model.yes([text for text, _ in answers]) for model, _ in models], axis=0)
    of_messages = np.mean([model.yes([text for text, _ in ticket.wholes(told.question)]) for _, model in models], axis=0)
    message = ((of_messages[n], len(sentences)) for n, sentences in enumerate(ticket.messages) for _ in sentences)
    for (text, label), own, (whole, beside) in zip(answers, of_sentences, message, strict=True):
        score = with_whole(float(own), float(whole)) if beside > 1 else float(own)
        yield -60.0 if _taken_back(told.question, text) else score, label == "yes"


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


def train(shared: Path | None, matrices: Sequence[Matrix], keep: Keep) -> dict[str, Any]:
    """A model in the form in which it is kept: thresholds over all matrices, weights of the last."""
    sentences, tickets = corpus.load(), corpus.tickets()
    parts: dict[str, dict[str, Any]] = {"sentence": {}, "message": {}}
    for question in sentences:
        told, cut, f1 = texts_of(question, sentences, tickets, shared), _USUAL, 0.0
        if told.labels == ("yes", "no"):
            wholes = wholes_of(question, sentences, tickets, shared)
            cut, f1 = threshold(told, wholes, tickets, *matrices) if tickets else (cut, f1)
            keep(parts["message"], wholes, cut, fit(wholes, matrices[-1]))
        log.info("%-24s %5d texts, threshold %.2f, F1 over unseen tickets %.3f", question, len(told.texts), cut, f1)
        keep(parts["message" if question in _ASKED_OF_MESSAGES else "sentence"], told, cut, fit(told, matrices[-1]))
    return parts


def _kept_labels(told: Texts) -> tuple[str, ...]:
    return ("yes",) if told.labels == ("yes", "no") else told.labels


def keep_words(part: dict[str, Any], told: Texts, cut: float, model: Fit) -> None:
    """Add a question's weights, by feature."""
    labels, (rows, bias) = _kept_labels(told), model.rows()
    weights, biases = part.setdefault("weights", {}), part.setdefault("bias", [])
    first = len(biases)
    part.setdefault("questions", {})[told.question] = {"labels": list(labels), "threshold": cut}
    biases += [round(float(b), 3) for b in bias]
    for name, column in vocabulary().items():
        told_by = rows[:, column] * weigher().idf_[column]
        kept = [[first + n, round(float(w), 1)] for n, w in enumerate(told_by) if abs(w) >= SMALLEST]
        if kept:
            weights.setdefault(name, []).extend(chain.from_iterable(kept))


def keep_embedding(part: dict[str, Any], told: Texts, cut: float, model: Fit) -> None:
    """Add a question's weights, by label."""
    labels, (rows, bias) = _kept_labels(told), model.rows()
    cuts = part.setdefault("thresholds", {})
    if labels == ("yes",):
        cuts[told.question] = cut
    part.setdefault("bias", []).extend(round(float(b), 3) for b in bias)
    part.setdefault("rows", []).extend([round(float(w), 2) for w in row] for row in rows)


def _length(column: int) -> float:
    return round(float(weigher().idf_[column]) ** 2, 1)


def write(file: Path, *told: object) -> None:
    """A line of JSON for each."""
    with file.open("w", encoding="utf-8") as lines:
        for one in told:
            lines.write(json.dumps(one, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n")


def main(shared: Path | None) -> None:
    """Words always; the embedding beside them where the extra is installed."""
    parts = train(shared, [by_words], keep_words)
    made = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    version = f"{datetime.now(UTC):%Y-%m-%d}.{made[:4]}"
    rows = [parts[name].pop("weights") for name in ("sentence", "message")]
    features = ([name, _length(column), *(row.get(name, []) for row in rows)] for name, column in vocabulary().items())
    write(WEIGHTS, {"version": version, **parts}, *features)
    embedder = installed()
    if embedder is not None:
        parts = train(shared, [by_words, by_embedding], keep_embedding)
        write(semantic.WEIGHTS, {"embedder": embedder.name, "words": version, **parts})


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    np.random.seed(0)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
