"""Phrase packs: one file of patterns per language, loaded once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from signals.lexicon import Lexicon, load_lexicon

FOLDER = Path(__file__).parent / "phrases"
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class Pack:
    """What is known of one language."""

    language: str
    lexicon: Lexicon


@lru_cache(maxsize=32)
def pack(language: str) -> Pack:
    """The pack of a language in ``LANGUAGES``; raises Problems when its file was edited and cannot be used."""
    return Pack(language, load_lexicon((FOLDER / f"{language}.yaml").read_text("utf-8"), language))
