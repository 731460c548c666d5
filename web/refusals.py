"""How many webhooks were refused, by connection and reason, counted by every web process of one machine.

A refused request leaves nothing in the database (contract.md), so one byte is appended to a file for each: appends of
several processes never mix, and the file's size is the count.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

NOBODY = "unknown"  # one name for all connections that do not exist: callers choose what stands in the address


@dataclass(frozen=True)
class Refusals:
    folder: Path

    def count(self, connection: str, reason: str) -> None:
        """Add one; a folder that cannot be written loses the count, never the request."""
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / f"{connection}.{reason}").open("ab") as file:
                file.write(b".")

    def totals(self) -> Iterator[tuple[str, str, int]]:
        """(connection, reason, count) for all that were ever counted here."""
        for file in sorted(self.folder.glob("*.*")):
            connection, _, reason = file.name.rpartition(".")
            yield connection, reason, file.stat().st_size
