"""Ordinary sentences of customers from public sets, for training only: they answer nearly every question with no.

Sets and licences: docs/signals.md. Texts whose own label is close to a question are left out for it.
"""

from __future__ import annotations

import csv
import gzip
import json
import random
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

MOST = 3500  # of one question
_LEAST_WORDS = 4
_DIALOGUES = ("multidogo_software_train", "multidogo_finance_test", "multidogo_media_test")

# Parts of labels that are too close to a question to be a no.
_CLOSE: Mapping[str, tuple[str, ...]] = {
    "explicit_human_request": ("contact_", "complaint", "review", "oos"),
    "churn_risk": (
        *("delete_account", "switch_account", "closeaccount", "terminate", "cancel", "complaint", "review"),
        *("newsletter", "stoporder", "oos"),
    ),
    "legal_threat": ("complaint", "review", "dispute", "oos"),
    "security_incident": (
        *("compromised", "lost", "stolen", "not_recogn", "fraud", "dispute", "damaged", "freeze", "oos", "passcode"),
        *("swallowed", "unable_to_verify"),
    ),
    "privacy_request": ("delete_account", "closeaccount", "terminate", "oos"),
    "refund_request": (
        *("refund", "revert", "charged_twice", "extra_charge", "wrong", "dispute", "complaint", "fee", "cash"),
        *("not_recogn", "oos"),
    ),
    "failed_attempt": (
        *("reportbroken", "contentonly", "complaint", "oos", "fail", "not_working", "declined", "payment_issue"),
        *("registration_problems", "recover_password"),
    ),
    "impact": ("oos", "complaint", "review", "reportbroken", "payment_issue", "not_working"),
    "urgency": ("oos", "contentonly", "lost", "compromised", "stolen"),
    "technical": ("oos", "reportbroken", "contentonly", "checkserver", "payment_issue"),
    "asked_before": ("complaint", "review", "oos", "track", "pending", "not_arrive", "contentonly"),
}


def texts(question: str, folder: Path | None) -> list[str]:
    """At most MOST ordinary sentences for a yes/no question; none without a folder that holds the sets."""
    if folder is None or question not in _CLOSE:
        return []
    fits = [text for label, text in _all(folder) if not any(part in label for part in _CLOSE[question])]
    random.Random(1).shuffle(fits)  # noqa: S311 - an order, not a secret
    return fits[:MOST]


@lru_cache(maxsize=1)
def _all(folder: Path) -> tuple[tuple[str, str], ...]:
    """(label, text) of every set."""
    return tuple((label, text) for label, text in _read(folder) if len(text.split()) >= _LEAST_WORDS)


def banking(folder: Path, part: str) -> Iterator[tuple[str, str]]:
    """(label, text) of Banking77; ``part`` is train or test."""
    with gzip.open(folder / f"banking77_{part}.csv.gz", "rt") as file:
        yield from ((row["category"], row["text"]) for row in csv.DictReader(file))


def bitext(folder: Path) -> Iterator[tuple[str, str]]:
    """(label, text) of Bitext."""
    with gzip.open(folder / "bitext_customer_service_8k.csv.gz", "rt") as file:
        yield from ((row["intent"], row["utterance"]) for row in csv.DictReader(file))


def _read(folder: Path) -> Iterator[tuple[str, str]]:
    yield from banking(folder, "train")
    yield from bitext(folder)
    for name in _DIALOGUES:
        with gzip.open(folder / f"{name}.tsv.gz", "rt") as file:
            yield from ((p[5], p[3]) for p in (line.rstrip("\n").split("\t") for line in file) if len(p) == 6)
    with gzip.open(folder / "clinc_oos_subset.json.gz", "rt") as file:
        sets = json.load(file)
    yield from ((label, text) for text, label in (*sets["val"], *sets["oos_test"]))
