"""Words that are no more said in a ticket, and how they are taken out of whatever quotes them. Pure text, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from string import punctuation

from escalation.thread import clean

REMOVED = "[removed]"
_RUN = 3  # words in a row that nobody says again by chance
_EDGES = punctuation + "“”„«»…·•—\u2013\u2018\u2019\u201a"
_WORD = re.compile(r"\S+")
_BETWEEN = re.compile(r"\w")
_SHORT = re.compile(r"[\"“]([^\"“”]{1,100})[\"”]")  # a quotation may be shorter than that
_ABOUT = ("source", "id")  # where data names the message that a text is taken from

Run = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lost:
    """What was said in messages ``ids`` and nobody says any more: as runs of words, and as whole texts beside what is left."""

    ids: frozenset[str]
    runs: frozenset[Run]
    said: str
    left: str

    def taken_out(self, value: object) -> object:
        """``value``, as JSON holds it, with everything replaced that quotes these words; all else as it is."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list | tuple):
            return [self.taken_out(part) for part in value]
        if isinstance(value, Mapping):
            own = {"text": REMOVED} if self._is_taken(value) else {}
            return {name: own.get(name) or self.taken_out(part) for name, part in value.items()}
        return value

    def _is_taken(self, data: Mapping[str, object]) -> bool:
        """Whether ``text`` is taken from a lost message, or a model's from several: then also a single word counts."""
        text, cites = data.get("text"), data.get("cites")
        if not isinstance(text, str) or not text:
            return False
        if isinstance(cites, list) and self.ids.intersection(map(str, cites)):
            return True
        return any(str(data.get(name)) in self.ids for name in _ABOUT) and _flat(text) not in self.left

    def text(self, text: str) -> str:
        """``text`` with every run of lost words replaced."""
        words = _words(text)
        marked = {n for n in range(len(words)) if any(self._is_run(words, first) for first in range(n - _RUN + 1, n + 1))}
        for quote in _SHORT.finditer(text):
            if self._is_lost(quote[1]):
                marked |= {n for n, (start, end, _) in enumerate(words) if quote.start(1) <= start and end <= quote.end(1)}
        # The last word of what was cut may be half a word.
        marked |= {n + 1 for n, (one, other) in enumerate(pairwise(words)) if n in marked and _is_cut(text, one, other)}
        return _replaced(text, [words[n][:2] for n in sorted(marked)]) if marked else text

    def _is_run(self, words: list[tuple[int, int, str]], first: int) -> bool:
        return first >= 0 and tuple(word for _, _, word in words[first : first + _RUN]) in self.runs

    def _is_lost(self, short: str) -> bool:
        flat = _flat(short)
        return bool(flat.strip()) and flat in self.said and flat not in self.left


def lost(ids: Iterable[str], said: Iterable[str], left: Iterable[str]) -> Lost | None:
    """What of these texts is in none of those that are left; None when all of it is. Masked words count as they are shown."""
    stays = list(left)
    still = "\n".join(map(_flat, stays))
    gone = [text for text in said if _flat(text).strip() and _flat(text) not in still]
    if not gone:
        return None
    before, after = [form for text in gone for form in (text, clean(text))], [clean(text) for text in stays]
    flat_before, flat_after = "\n".join(map(_flat, before)), "\n".join(map(_flat, after))
    return Lost(frozenset(ids), frozenset(_runs(before) - _runs(after)), flat_before, flat_after)


def _words(text: str) -> list[tuple[int, int, str]]:
    """Each word with its place, without the marks around it."""
    found = []
    for piece in _WORD.finditer(text):
        bare = piece.group().lstrip(_EDGES)
        start = piece.end() - len(bare)
        bare = bare.rstrip(_EDGES)
        if bare:
            found.append((start, start + len(bare), bare.casefold()))
    return found


def _flat(text: str) -> str:
    return " " + " ".join(word for _, _, word in _words(text)) + " "


def _runs(texts: Iterable[str]) -> set[Run]:
    every = ([word for _, _, word in _words(text)] for text in texts)
    return {tuple(words[n : n + _RUN]) for words in every for n in range(len(words) - _RUN + 1)}


def _is_cut(text: str, one: tuple[int, int, str], other: tuple[int, int, str]) -> bool:
    return text[other[1] : other[1] + 1] == "…" and not text[one[1] : other[0]].strip()


def _replaced(text: str, places: list[tuple[int, int]]) -> str:
    """``text`` with one mark in place of each stretch of neighbouring words."""
    made, done, nth = [], 0, 0
    while nth < len(places):
        start, end = places[nth]
        while nth + 1 < len(places) and not _BETWEEN.search(text[end : places[nth + 1][0]]):
            nth += 1
            end = places[nth][1]
        made += [text[done:start], REMOVED]
        done, nth = end, nth + 1
    return "".join([*made, text[done:]])
