"""The reader on public sets (``../shared/data``, when it is there), and how far the confidence of intents can be trusted.

Public sets were labelled with other questions than ours; the nearest of theirs is taken. Bitext is made of templates.
"""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from escalation.ticket import Message, Person, Role
from signals.features import features
from signals.model import Model
from signals.reader import TextReader
from signals.semantic import standard
from tests.support import SHARED

DATA = SHARED / "data"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
MOST = 2000  # texts of a set
_NEGATIVE = {"2", "3", "9", "10", "11"}  # anger, annoyance, disappointment, disapproval, disgust
_UNKNOWN = ("card_payment", "cash_withdrawal", "direct_debit_payment")
_STOLEN = {"compromised_card", *(f"{what}_not_recognised" for what in _UNKNOWN)}
SHOTS = (5, 10, 20)


def report(reader: TextReader) -> list[str]:
    """Rows of a Markdown table, and the figures of intents by examples."""
    if not DATA.is_dir():
        return ["Public sets: ../shared/data is not here."]
    lines = ["| public set | question | precision | recall | F1 | yes | of |", "|---|---|---|---|---|---|---|"]
    for name, question, texts in _sets():
        hit = told = wanted = 0
        for text, yes in texts:
            said = _says(reader, question, text)
            hit, told, wanted = hit + (said and yes), told + said, wanted + yes
        precision, recall = hit / max(told, 1), hit / max(wanted, 1)
        f1 = 2 * hit / max(told + wanted, 1)
        lines.append(f"| {name} | {question} | {precision:.2f} | {recall:.2f} | **{f1:.2f}** | {wanted} | {len(texts)} |")
    return [*lines, "", *_by_examples(standard())]


def _says(reader: TextReader, question: str, text: str) -> bool:
    found = {s.name: s.value for s in reader.read((Message("m", Person("c", role=Role.CUSTOMER), text),), NOW, language="en")}
    value = found.get(question)
    if question == "sentiment":
        return isinstance(value, dict) and value["label"] in ("frustrated", "angry")
    return not value.get("negated") if isinstance(value, dict) else bool(value)


def _sets() -> Iterator[tuple[str, str, Sequence[tuple[str, bool]]]]:
    bitext = [(row["utterance"], row["intent"]) for row in _rows("bitext_customer_service_8k.csv.gz", ",")]
    banking = [(row["text"], row["category"]) for row in _rows("banking77_test.csv.gz", ",")]
    emotions = [line.rstrip("\n").split("\t") for line in _open("goemotions_test.tsv.gz")]
    sets = (
        ("Bitext", "explicit_human_request", [(t, i == "contact_human_agent") for t, i in bitext]),
        ("Bitext", "refund_request", [(t, i == "get_refund") for t, i in bitext]),
        ("Banking77", "refund_request", [(t, i == "request_refund") for t, i in banking]),
        ("Banking77", "security_incident", [(t, i in _STOLEN) for t, i in banking]),
        ("GoEmotions", "sentiment", [(row[0], bool(_NEGATIVE & set(row[1].split(",")))) for row in emotions]),
    )
    for name, question, texts in sets:
        yield name, question, random.Random(1).sample(texts, min(MOST, len(texts)))


def _open(name: str) -> list[str]:
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return list(file)


def _rows(name: str, delimiter: str) -> list[dict[str, str]]:
    return list(csv.DictReader(_open(name), delimiter=delimiter))


def _by_examples(model: Model) -> list[str]:
    """Accuracy over Banking77's 77 intents after some examples of each, with the reader's own features."""
    try:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.preprocessing import normalize
    except ImportError:
        return ["Intents from 5, 10, 20 examples: needs scikit-learn."]
    examples: dict[str, list[str]] = {}
    for row in _rows("banking77_train.csv.gz", ","):
        examples.setdefault(row["category"], []).append(row["text"])
    test = _rows("banking77_test.csv.gz", ",")
    figures = []
    for shots in SHOTS:
        chosen = [(t, i) for i, some in examples.items() for t in random.Random(1).sample(some, shots)]
        vectorizer = CountVectorizer(analyzer=features, binary=True)
        regression = LogisticRegression(C=8.0, max_iter=2000)
        regression.fit(normalize(vectorizer.fit_transform([t for t, _ in chosen])), [i for _, i in chosen])
        right = regression.predict(normalize(vectorizer.transform([row["text"] for row in test])))
        figures.append(f"{shots}: {sum(said == row['category'] for said, row in zip(right, test, strict=True)) / len(test):.2f}")
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
