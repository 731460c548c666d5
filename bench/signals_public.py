"""The reader on public sets (``../shared/data``, when it is there), and how far the confidence of intents can be trusted.

Public sets were labelled with other questions than ours; the nearest of theirs is taken. Bitext is made of templates.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from operator import eq

from bench.scoring import NOW, Score, is_negative, is_there, read, wants_refund
from escalation.signals import Signal
from escalation.ticket import Message, Person, Role, Ticket
from signals import ordinary
from signals.features import features, words_of
from signals.model import Model
from signals.reader import TextReader
from signals.semantic import standard
from tests.support import SHARED

DATA = SHARED / "data"
MOST = 2000  # texts of a set
_NEGATIVE = {"2", "3", "9", "10", "11"}  # anger, annoyance, disappointment, disapproval, disgust
_UNKNOWN = ("card_payment", "cash_withdrawal", "direct_debit_payment")
_STOLEN = {"compromised_card", *(f"{what}_not_recognised" for what in _UNKNOWN)}
SHOTS = (5, 10, 20)
Asked = Callable[[Mapping[str, Signal]], bool]


def report(reader: TextReader) -> list[str]:
    """Rows of a Markdown table, and the figures of intents by examples."""
    if not DATA.is_dir():
        return ["Public sets: ../shared/data is not here."]
    lines = ["| public set | question | precision | recall | F1 | yes | of |", "|---|---|---|---|---|---|---|"]
    for name, question, asked, texts in _sets():
        score = Score()
        for text, yes in texts:
            score.add(asked(read(reader, _ticket(text))), yes)
        told = f"{score.precision:.2f} | {score.recall:.2f} | **{score.f1:.2f}**"
        lines.append(f"| {name} | {question} | {told} | {score.hit + score.missed} | {len(texts)} |")
    return [*lines, "", *_by_examples(standard())]


def _ticket(text: str) -> Ticket:
    customer = Person("c", role=Role.CUSTOMER)
    return Ticket("bench", "1", language="en", requester=customer, messages=(Message("m", customer, text, at=NOW),))


def _sets() -> Iterator[tuple[str, str, Asked, Sequence[tuple[str, bool]]]]:
    bitext, banking = list(ordinary.bitext(DATA)), list(ordinary.banking(DATA, "test"))
    with gzip.open(DATA / "goemotions_test.tsv.gz", "rt", encoding="utf-8") as file:
        emotions = [line.rstrip("\n").split("\t") for line in file]
    human = partial(is_there, name="explicit_human_request")
    stolen = partial(is_there, name="security_incident")
    sets: tuple[tuple[str, str, Asked, list[tuple[str, bool]]], ...] = (
        ("Bitext", "explicit_human_request", human, [(text, label == "contact_human_agent") for label, text in bitext]),
        ("Bitext", "refund_request", wants_refund, [(text, label == "get_refund") for label, text in bitext]),
        ("Banking77", "refund_request", wants_refund, [(text, label == "request_refund") for label, text in banking]),
        ("Banking77", "security_incident", stolen, [(text, label in _STOLEN) for label, text in banking]),
        ("GoEmotions", "sentiment", is_negative, [(row[0], bool(_NEGATIVE & set(row[1].split(",")))) for row in emotions]),
    )
    for name, question, asked, texts in sets:
        yield name, question, asked, random.Random(1).sample(texts, min(MOST, len(texts)))


def _by_examples(model: Model) -> list[str]:
    """Accuracy over Banking77's 77 intents after some examples of each, with the reader's own features."""
    try:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import normalize

        from signals.fitting import INVERSE_DECAY
    except ImportError:
        return ["Intents from 5, 10, 20 examples: needs scikit-learn."]
    examples: dict[str, list[str]] = {}
    for label, text in ordinary.banking(DATA, "train"):
        examples.setdefault(label, []).append(text)
    labels, texts = zip(*ordinary.banking(DATA, "test"), strict=True)
    figures = []
    for shots in SHOTS:
        chosen = [(t, i) for i, some in examples.items() for t in random.Random(1).sample(some, shots)]
        vectorizer = CountVectorizer(analyzer=lambda text: features(words_of(text)), binary=True)
        regression = LogisticRegression(C=INVERSE_DECAY, max_iter=2000)
        regression.fit(normalize(vectorizer.fit_transform([t for t, _ in chosen])), [i for _, i in chosen])
        said = regression.predict(normalize(vectorizer.transform(texts)))
        figures.append(f"{shots}: {sum(map(eq, said, labels)) / len(labels):.2f}")
    beyond = "" if model.beyond is None else " (words alone; the embedding is not asked here)"
    return [f"Banking77, 77 intents, accuracy by examples of each{beyond}: {', '.join(figures)}."]


def trust(judged: Sequence[tuple[float, bool]]) -> str:
    """What confidences say: share of tickets answered at 90 % precision, and the mean gap between confidence and being right."""
    ranked = sorted(judged, reverse=True)
    hit, covered = 0, 0
    for n, (_, right) in enumerate(ranked, 1):
        hit += right
        if hit >= 0.9 * n:
            covered = n
    bins: dict[int, list[tuple[float, bool]]] = {}
    for share, right in judged:
        bins.setdefault(min(9, int(share * 10)), []).append((share, right))
    gap = sum(abs(sum(s for s, _ in some) - sum(r for _, r in some)) for some in bins.values()) / max(1, len(judged))
    return f"Intents: {covered / max(1, len(judged)):.0%} of tickets answered at 90 % precision; calibration error {gap:.2f}."
