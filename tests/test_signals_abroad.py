"""Languages that only patterns read: money back, sums, incidents, remedies and the law in sentences nobody foresaw."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support import marked
from tests.test_signals_table import mistakes

TABLES: dict[str, dict[str, list[dict[str, Any]]]] = marked("abroad")
ROWS = [(language, row) for table in TABLES.values() for language, rows in table.items() for row in rows]


@pytest.mark.parametrize(("language", "row"), ROWS, ids=[f"{language}: {row['text']}" for language, row in ROWS])
def test_a_sentence_is_read_as_it_is_marked(language: str, row: dict[str, Any]) -> None:
    assert mistakes(row, language) == set(row.get("missed", ()))


@pytest.mark.parametrize("table", TABLES)
def test_every_language_has_ten_sentences_of_a_kind(table: str) -> None:
    assert set(TABLES[table]) == {"de", "es", "fr", "it", "nl", "pt"} and all(len(rows) >= 10 for rows in TABLES[table].values())
