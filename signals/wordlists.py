"""The English word lists of ``wordlists.yaml``."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import yaml


@lru_cache(maxsize=1)
def _lists() -> dict[str, str]:
    lists: dict[str, str] = yaml.safe_load((Path(__file__).parent / "wordlists.yaml").read_text("utf-8"))
    return lists


def wordlist(name: str) -> frozenset[str]:
    """The words of one list."""
    return frozenset(_lists()[name].split())
