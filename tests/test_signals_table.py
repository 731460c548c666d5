"""Every labelled sentence, and the score of each signal over all of them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from escalation.signals import Signal
from escalation.ticket import Message, Person, Role
from signals.packs import LANGUAGES
from signals.reader import TextReader
from tests.support import marked

READER = TextReader.standard()
NOW = datetime(2025, 11, 21, 12, tzinfo=UTC)
DATA = Path(__file__).parent / "data"
TABLES: dict[str, list[dict[str, Any]]] = {
    file.stem.removeprefix("signals_"): marked(file.stem)["sentences"] for file in sorted(DATA.glob("signals_*.yaml"))
}
TABLE = TABLES["en"]
LEAST_RIGHT = 0.93  # of the sentences of a language
BOOLEANS = {
    "human": "explicit_human_request",
    "security": "security_incident",
    "legal": "legal_threat",
    "privacy": "privacy_request",
    "churn": "churn_risk",
}
LEAST_SCORE = 0.95


def signals(text: str, language: str) -> dict[str, Signal]:
    message = Message("m1", Person("c1", role=Role.CUSTOMER), text)
    return {s.name: s for s in READER.read((message,), NOW, language=language)}


def value(found: dict[str, Signal], name: str) -> Any:
    return found[name].value if name in found else {}


def refund(value: dict[str, Any]) -> object:
    """A refund signal as the table writes it."""
    if value.get("negated"):
        return "negated"
    return f"{value['amount']} {value['currency']}".strip() if "amount" in value else bool(value)


def read(text: str, wanted: dict[str, Any], language: str = "en") -> dict[str, Any]:
    """What was read, in the words of the table; the tone only where it is asked for."""
    found = signals(text, language)
    told: dict[str, Any] = {short: value(found, name) for short, name in BOOLEANS.items()}
    told["refund"] = refund(value(found, "refund_request"))
    told["impact"] = value(found, "impact").get("kind")
    told["failed"] = value(found, "failed_attempts").get("count")
    told["tone"] = value(found, "sentiment").get("label") if "tone" in wanted else None
    return {name: answer for name, answer in told.items() if answer}


def mistakes(row: dict[str, Any], language: str = "en") -> set[str]:
    wanted, told = row["is"], read(row["text"], row["is"], language)
    return {name for name in wanted.keys() | told.keys() if wanted.get(name) != told.get(name)}


def test_every_language_that_is_read_has_a_table() -> None:
    assert set(TABLES) == set(LANGUAGES)


@pytest.mark.parametrize("language", TABLES)
def test_sentences_of_a_language(language: str) -> None:
    """Nearly every sentence is read whole as it is labelled; what is not stands in the failure's text."""
    rows = TABLES[language]
    wrong = {row["text"]: found for row in rows if (found := mistakes(row, language) - set(row.get("missed", ())))}
    assert len(rows) >= 90 and len(wrong) <= (1 - LEAST_RIGHT) * len(rows), wrong


def test_table_is_large_and_has_hard_negatives() -> None:
    assert len(TABLE) >= 120
    assert sum(not set(row["is"]) - {"tone"} for row in TABLE) >= 50
    assert sum("missed" in row for row in TABLE) <= len(TABLE) * 0.05


def test_score_of_each_signal() -> None:
    counts: dict[str, Counter[str]] = {}
    for row in TABLE:
        told, wanted, wrong = read(row["text"], row["is"]), row["is"], mistakes(row)
        for name in wanted.keys() | told.keys():
            count = counts.setdefault(name, Counter())
            count["right"] += name not in wrong
            count["asked"] += name in wanted
            count["told"] += name in told
    lines = []
    for name, count in sorted(counts.items()):
        precision, recall = count["right"] / max(count["told"], 1), count["right"] / max(count["asked"], 1)
        score = 2 * precision * recall / max(precision + recall, 1e-9)
        lines.append((score, f"{name:9} precision {precision:.2f} recall {recall:.2f} F1 {score:.2f} of {count['asked']}"))
    scores = "\n".join(line for _, line in lines)
    print("\n" + scores)  # noqa: T201 - the score is what the reader of a test run wants
    assert min(score for score, _ in lines if score) > 0.7, scores
    assert sum(score for score, _ in lines) / len(lines) >= 0.9, scores
