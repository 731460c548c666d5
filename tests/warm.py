"""What a worker needs, imported and loaded: processes forked from one that has imported this start at once."""

from __future__ import annotations

from signals.reader import TextReader
from tests import deadly_worker

__all__ = ["deadly_worker"]

TextReader.standard().load()
