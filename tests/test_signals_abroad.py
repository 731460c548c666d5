"""Languages that only patterns read: money back, sums, incidents, remedies, the law, and what a ticket is about."""

from __future__ import annotations

from typing import Any

import pytest

from config.playbook import load_playbook
from escalation.decide import decide
from escalation.ticket import Message, Person, Role, Ticket
from tests.support import ROOT, marked
from tests.test_signals_table import NOW, READER, mistakes, value

TABLES: dict[str, dict[str, list[dict[str, Any]]]] = marked("abroad")
ROWS = [(language, row) for table in TABLES.values() for language, rows in table.items() for row in rows]


@pytest.mark.parametrize(("language", "row"), ROWS, ids=[f"{language}: {row['text']}" for language, row in ROWS])
def test_a_sentence_is_read_as_it_is_marked(language: str, row: dict[str, Any]) -> None:
    assert mistakes(row, language) == set(row.get("missed", ()))


@pytest.mark.parametrize("table", TABLES)
def test_every_language_has_ten_sentences_of_a_kind(table: str) -> None:
    assert set(TABLES[table]) == {"de", "es", "fr", "it", "nl", "pt"} and all(len(rows) >= 10 for rows in TABLES[table].values())


PLAYBOOK = load_playbook((ROOT / "config" / "escalation.yaml").read_text("utf-8"))
ISSUES = [(language, row) for language, rows in marked("issues").items() for row in rows]


@pytest.mark.parametrize(("language", "row"), ISSUES, ids=[f"{language}: {row['text']}" for language, row in ISSUES])
def test_the_starter_playbook_knows_what_a_ticket_is_about(language: str, row: dict[str, Any]) -> None:
    message = Message("m1", Person("c1", role=Role.CUSTOMER), row["text"], at=NOW)
    found = READER.read((message,), NOW, subject=row["subject"], language=language)
    ticket = Ticket("zendesk", "1", subject=row["subject"], messages=(message,), known=frozenset({"messages"}))
    assert decide(PLAYBOOK, ticket, None, (), found, NOW).issue_type == row.get("missed", row["issue"])


TONES = [(language, row) for language, rows in marked("tones").items() for row in rows]


@pytest.mark.parametrize(("language", "row"), TONES, ids=[f"{language}: {row['texts'][0]}" for language, row in TONES])
def test_the_tone_at_the_end_of_a_thread(language: str, row: dict[str, Any]) -> None:
    messages = tuple(Message(f"m{n}", Person("c1", role=Role.CUSTOMER), text, at=NOW) for n, text in enumerate(row["texts"]))
    found = {signal.name: signal for signal in READER.read(messages, NOW, language=language)}
    assert value(found, "sentiment")["label"] == row["tone"]
