"""Customers in a CSV or YAML file beside the document; read again when it has changed."""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accounts.source import Who
from config.yamldoc import Problems, parse
from escalation.ports import GiveUp
from mappings.accounts import FileForm

MOST_BYTES = 20_000_000
Record = Mapping[str, Any]


class FileSource:
    """Finds customers by the columns the document names, the most exact first."""

    def __init__(self, form: FileForm, folder: Path) -> None:
        self._path, self._find_by = folder / form.path, form.find_by
        self._lock = threading.Lock()
        self._state: tuple[float, int] = (-1.0, -1)
        self._index: dict[tuple[str, str], Record] = {}

    def find(self, who: Who) -> Record | None:
        index = self._read()
        wanted = who.places()
        keys = ((key, wanted[key].casefold()) for key in ("email", "organization_id", "domain", "organization"))
        return next((index[pair] for pair in keys if pair[1] and pair in index), None)

    def _read(self) -> dict[tuple[str, str], Record]:
        try:
            found = self._path.stat()
            with self._lock:
                if (found.st_mtime, found.st_size) != self._state:
                    if found.st_size > MOST_BYTES:
                        raise GiveUp(f"{self._path.name} has more than {MOST_BYTES // 1_000_000} MB")
                    self._index = self._indexed(self._records(self._path.read_text(encoding="utf-8-sig")))
                    self._state = (found.st_mtime, found.st_size)
                return self._index
        except OSError as wrong:
            raise GiveUp(f"{self._path.name} cannot be read ({wrong.strerror})") from None
        except (Problems, csv.Error, UnicodeDecodeError) as wrong:
            raise GiveUp(f"{self._path.name} cannot be understood: {str(wrong)[:150]}") from None

    def _records(self, text: str) -> list[Record]:
        if self._path.suffix == ".csv":
            return [row for row in csv.DictReader(io.StringIO(text), strict=True) if row]
        data = parse(text, self._path.name).data
        rows = data.get("customers") if isinstance(data, dict) else data
        if not isinstance(rows, list):
            raise GiveUp(f"{self._path.name} is not a list of customers")
        return [row for row in rows if isinstance(row, dict)]

    def _indexed(self, records: list[Record]) -> dict[tuple[str, str], Record]:
        index: dict[tuple[str, str], Record] = {}
        for record in records:
            for key, column in self._find_by.items():
                if value := str(record.get(column) or "").strip().casefold():
                    index.setdefault((key, value), record)
        return index
