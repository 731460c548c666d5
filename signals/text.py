"""The customer's own words in a message, with offsets into the original text kept throughout."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import re2

MOST_READ = 200_000  # characters of one message that are read; mappings cut there too

_ALIKE = str.maketrans({"\u2018": "'", "\u2019": "'", "\u02bc": "'", "\u201c": '"', "\u201d": '"', "\u00a0": " ", "\u202f": " "})
_QUOTED_LINE = re.compile(r"(?m)^[ \t]*>[^\n]*")
_TAIL = re2.compile(  # bounded repeats are expensive in re, not in re2
    r"(?m)^[ \t]*(?:On [^\n]{4,160}\n?[^\n]{0,80}wrote:|-{2,} ?(?:Original|Forwarded) Message ?-{2,}|_{10,}|-- ?)[ \t]*$"
    r"|^From: [^\n]{1,200}\n(?:Sent|Date|To): "
)
# Without one of the signs no pattern can be seen: most texts have none, and looking for words is far quicker.
_TAIL_SIGNS = ("wrote:", "--", "____", "From: ")
# Single marks are apostrophes more often: only where they stand around several words.
_QUOTE_SINGLE = re2.compile(r"(?:^|[\s(])('[^\s'][^'\n]{0,80}\s[^'\n]{0,80}[^\s']')(?:$|[\s.,;:!?)])")
_QUOTE = re2.compile(r'(?:^|[\s(\[:])("[^\s"](?:[^"\n]{1,400}[^\s"])?")(?:$|[\s.,;:!?)\]])')
# Words that are only named: "if a message contains words such as lawsuit, refund or cancel".
_NAMED = re2.compile(
    r"(?i)(?:\b(?:(?:key)?words?|terms|phrases?|tags?|labels?|strings?)\s+(?:(?:such as|like|including|namely)\s|are:|:)|"
    r"\b(?:customers?|clients?|users?|visitors?|callers?|guests?|buyers?|who|they)\s+(?:\w+\s+)?"
    r"(?:says?|said|saying|writes?|wrote|asks?|types?|typed)(?:\s+to\s+(?:me|us))?\s?:|"
    r"\b(?:for example|example|e\.g\.|sample)\s?:)([^.!?\n]{1,100})"
)
_NAMED_SIGNS = (":", "such as", "words", "phrases", "including")
_OWN_WORDS = re2.compile(r"(?i)\b(?:i|we)\s+(?:\w+\s+)?(?:said|wrote|asked|told you|repeat|demanded)\b[^.!?]{0,40}$")
# A single line break is no end: mails are wrapped. A blank line or the next item of a list is one.
# Nor is the mark in 'it says "You are out!" and stops', where small letters follow the quotation.
# Nor is the point of an abbreviation: "our Mr. Sato", "e.g. this", "No. 5", "at 5 p.m. today".
_ABBREVIATED = (
    r"(?<!\b[MDSmds][rst]\.)(?<!\b[Mm]rs\.)(?<!\b[Pp]rof\.)(?<!\b[Aa]pprox\.)(?<!\b[Vv]s\.)(?<!\b[Ee]\.g\.)(?<!\b[Ii]\.e\.)"
    r"(?!(?<=\b[Nn][or]\.)\s?\d)(?!(?<=\b[ap]\.m\.) [a-z])(?!(?<=\b(?:etc|inc|ltd|Inc|Ltd)\.) [a-z])"
)
_END = re.compile(rf"[.!?]+(?=[\s\"')]|$)(?![\"'] [a-z]){_ABBREVIATED}|;|\n(?=[ \t]*[\n*•-])|\n(?=[ \t]*\d+[.)])")


def clean(text: str) -> str:
    """``text`` in equal length: quotation marks made alike, quoted mails and signatures blanked, broken Unicode replaced."""
    own = text[:MOST_READ]
    if not own.isascii():
        own = own.translate(_ALIKE).encode("utf-8", "replace").decode()
    if ">" in own:
        own = _QUOTED_LINE.sub(_blank, own)
    tail = _TAIL.search(own) if _has(own, _TAIL_SIGNS) else None
    if tail is None or _quotes_follow(text, tail.end()):
        return own
    return own[: tail.start()] + _blanks(own[tail.start() :])


_AUTOMATIC = re2.compile(
    r"(?i)(?:^|\n)\W*(?:auto(?:matic|mated)?[- ]?(?:reply|response)|automatische antwort|abwesenheitsnotiz|"
    r"r[eé]ponse automatique|"
    r"respuesta autom[aá]tica|resposta autom[aá]tica|risposta automatica|automatisch antwoord|delivery status notification)\b|"
    r"\bthis is an auto(?:matic|mated)? (?:reply|response|message)\b"
)
_AUTOMATIC_SIGNS = ("auto", "abwesenheitsnotiz", "delivery status")
_AWAY_SIGNS = ("office", "leave")
_AWAY = re2.compile(r"(?i)\b(?:out of (?:the )?office|on (?:annual |parental |maternity |sick )leave)\b")
_BACK = re2.compile(r"(?i)\b(?:will (?:return|respond|reply|be back|get back)|on my return|for urgent matters|in urgent cases)\b")


def is_automatic(text: str) -> bool:
    """True for an out-of-office note and the like: it says so in its first lines."""
    head = text[:400]
    lower = head.lower()
    if _has(lower, _AUTOMATIC_SIGNS) and _AUTOMATIC.search(head):
        return True
    return bool(_has(lower, _AWAY_SIGNS) and _AWAY.search(head) and _BACK.search(head))


def _has(text: str, signs: Iterable[str]) -> bool:
    return any(sign in text for sign in signs)


def _blank(found: re.Match[str]) -> str:
    return _blanks(found.group())


def _blanks(text: str) -> str:
    return "\n" * len(text)


def _quotes_follow(text: str, at: int) -> bool:
    """True where marked lines follow: those are blanked already, and below them may stand a reply."""
    return text[at : at + 200].lstrip().startswith(">")


def lower(text: str) -> str:
    """In lower case, every character at its place; as it is where a letter is two in lower case."""
    low = text.lower()
    return low if len(low) == len(text) else text


@lru_cache(maxsize=500)
def quotes(text: str) -> tuple[tuple[int, int], ...]:
    """What stands between quotation marks in a cleaned text: others' words, unless it is most of it or what they wrote."""
    marks = [pattern for mark, pattern in (('"', _QUOTE), ("'", _QUOTE_SINGLE)) if mark in text]
    places = [one.span(1) for pattern in marks for one in pattern.finditer(text)]
    found = [(start, end) for start, end in places if not _OWN_WORDS.search(text[max(0, start - 80) : start])]
    quoted = found if 2 * sum(end - start for start, end in found) < len(text) else []
    named = [one.span(1) for one in _NAMED.finditer(text)] if _has(text, _NAMED_SIGNS) else []
    return (*quoted, *named)


@dataclass(frozen=True, slots=True)
class Sentences:
    """Where the sentences of a text end; rare abbreviations may split one."""

    ends: tuple[int, ...]
    length: int

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The sentence that holds ``start`` to ``end``."""
        before, after = bisect_right(self.ends, start), bisect_left(self.ends, end)
        return (self.ends[before - 1] if before else 0), (self.ends[after] if after < len(self.ends) else self.length)


def sentence_of(text: str, start: int, end: int) -> str:
    """The sentence of a cleaned text that holds ``start`` to ``end``."""
    first, last = sentences(text).around(start, end)
    return text[first:last]


@lru_cache(maxsize=500)
def sentences(text: str) -> Sentences:
    """The sentences of a cleaned text."""
    return Sentences(tuple(found.end() for found in _END.finditer(text)), len(text))
