"""Which language a customer writes, from script and everyday words: no library, a few microseconds a word.

py3langid knows more languages, but needs numpy: 93 MB and 0.7 s more per process (docs/decisions/0008).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

_MARKS = ".,;:!?\"'()[]<>*_-/\u2026\u201c\u201d\u201e\u00ab\u00bb\u00bf\u00a1"  # around a word
_MOST = 2000  # characters looked at
_TOLD = 3.0  # everyday words that the helpdesk's own word is worth
_LEAST = 1.0  # everyday words that must be seen, one that stands in two languages counts half; fewer tell nothing

_EVERYDAY: Mapping[str, tuple[str, ...]] = {
    language: tuple(dict.fromkeys(words.split()))
    for language, words in yaml.safe_load((Path(__file__).parent / "everyday.yaml").read_text("utf-8")).items()
}
_LANGUAGES_OF: dict[str, tuple[str, ...]] = {}
for _language, _words in _EVERYDAY.items():
    for _word in _words:
        _LANGUAGES_OF[_word] = (*_LANGUAGES_OF.get(_word, ()), _language.partition("-")[0])

_SCRIPTS = (
    ("ja", re.compile("[\u3040-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7af]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("ar", re.compile("[\u0600-\u06ff]")),
    ("he", re.compile("[\u0590-\u05ff]")),
    ("el", re.compile("[\u0370-\u03ff]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("th", re.compile("[\u0e00-\u0e7f]")),
    ("uk", re.compile("[іїєґІЇЄҐ]")),
    ("ru", re.compile("[\u0400-\u04ff]")),
)
_SHARE = 0.3  # of the letters; below it a script is only quoted


def everyday(language: str) -> frozenset[str]:
    """The everyday words of a language."""
    return frozenset(_EVERYDAY[language])


@dataclass(frozen=True, slots=True)
class Language:
    """``code`` is ISO 639-1, "" when the text does not tell; ``share`` of its everyday words; ``words`` say why."""

    code: str
    share: float
    words: str


def detect(text: str, told: str = "") -> Language:
    """The language of all of a customer's words together; ``told`` (the ticket's own language) when they are too few."""
    text = text[:_MOST]
    plain = text.isascii()
    letters = 1 if plain else sum(map(str.isalpha, text))
    for code, script in () if plain else _SCRIPTS:
        written = len(script.findall(text))
        if written and written >= _SHARE * letters:
            return Language(code, min(written / max(letters, 1), 1.0), f"written in the script of {code}")
    seen: dict[tuple[str, ...], int] = {}  # languages that share a word → how often such words were seen
    for word, times in Counter(text.lower().split()).items():
        of = _LANGUAGES_OF.get(word) or _LANGUAGES_OF.get(word.strip(_MARKS))
        if of:
            seen[of] = seen.get(of, 0) + times
    scores: dict[str, float] = {}
    for of, times in seen.items():
        for code in of:
            scores[code] = scores.get(code, 0.0) + times / len(of)
    if told:  # a helpdesk's word decides where the text is short, and between close relatives
        scores[told[:2].lower()] = scores.get(told[:2].lower(), 0.0) + _TOLD
    total = sum(scores.values())
    best = max(sorted(scores), key=scores.__getitem__, default="")
    if total < _LEAST:
        guessed = told[:2].lower() or (best or "en" if text.isascii() and letters else "")
        return Language(
            guessed, 0.0, "the helpdesk says so" if told else "too few words to tell, so English is assumed" if guessed else ""
        )
    return Language(best, scores[best] / total, f"{scores[best] / total:.0%} of its everyday words")
