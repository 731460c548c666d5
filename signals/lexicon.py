"""Phrases of one language, from YAML: which occur in a text, where, and which of them a veto takes back.

All patterns are re2, so the time grows with the length of the text whatever the text says. One set of all patterns is matched
first, in a single pass; only patterns that occur are then located.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pydantic
import re2
from pydantic import Field

from config.yamldoc import Parsed, Problem, Problems, validate
from signals.text import Sentences, quotes, sentences

MOST_HITS = 5  # of one pattern in one message; more tell nothing new
_BEFORE_WORDS = " \t\r\n.,;:!?"
_MACRO = re.compile(r"\{([a-z_]+)\}")
_DEPTH = 5


class Reading(pydantic.BaseModel):
    """Phrases that mean one thing. Vetoes and negations take back a hit they touch, the others any hit in their sentence."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)

    hits: list[str] = Field(min_length=1)
    sure: bool = False  # counts whatever the model finds of the sentence
    negations: list[str] = Field(default_factory=list)  # "do not want a refund": said, and denied
    affirmations: list[str] = Field(default_factory=list)  # "will not hesitate to sue": no denial where one touches the hit
    vetoes: list[str] = Field(default_factory=list)  # "refund policy": another meaning
    sentence_vetoes: list[str] = Field(default_factory=list)


_PATTERNS = ("hits", "negations", "affirmations", "vetoes", "sentence_vetoes")


class Phrases(pydantic.BaseModel):
    """A phrases file: ``groups`` maps what is meant (a signal, or ``signal.part``) to its readings."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)

    language: str
    about: str = ""
    words: dict[str, str] = Field(default_factory=dict)  # macros: {person} in a pattern stands for words.person
    groups: dict[str, list[Reading]]


@dataclass(frozen=True, slots=True)
class Hit:
    """One phrase in a text; ``veto`` is "" when it counts, else "negation", "quoted" or "veto". ``seen_by`` names the pattern.

    One that is ``sure`` needs no second opinion of the model.
    """

    start: int
    end: int
    seen_by: str
    veto: str = ""
    sure: bool = False


@dataclass(frozen=True, slots=True)
class _Compiled:
    group: str
    negations: Any
    affirmations: Any
    vetoes: Any
    sentence_vetoes: Any
    sure: bool


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """Compiled phrases; thread-safe."""

    language: str
    _together: Any  # says which patterns match: those alone are tried whose letters are there
    _patterns: tuple[tuple[Any, str, _Compiled], ...]  # pattern, its name, the reading it belongs to

    def find(self, text: str) -> dict[str, list[Hit]]:
        """Hits per group in a cleaned text, by position; overlapping hits of one group are all kept."""
        found: dict[str, list[Hit]] = {}
        numbers = self._together.Match(text) or ()  # None for no match
        ends = sentences(text) if numbers else Sentences((), 0)
        for number in sorted(numbers):
            pattern, name, reading = self._patterns[number]
            hits = [_judged(hit.span(), name, reading, text, ends) for hit in islice(pattern.finditer(text), MOST_HITS)]
            found.setdefault(reading.group, []).extend(hits)
        return {group: sorted(hits, key=lambda h: (h.start, h.end)) for group, hits in found.items()}


def marks(found: Mapping[str, list[Hit]]) -> tuple[str, ...]:
    """What was seen, for the model: ``+group`` for a group with a hit that counts, ``-group`` for one that was taken back."""
    return tuple(f"{'+' if any(not hit.veto for hit in hits) else '-'}{group}" for group, hits in found.items())


def load_lexicon(text: str, name: str) -> Lexicon:
    """A Lexicon from YAML; raises Problems with every pattern that cannot be used, by its line."""
    phrases, parsed = validate(text, name, Phrases)
    problems = tuple(_unusable(phrases, parsed))
    if problems:
        raise Problems(name, problems)
    options = _options()
    together = re2.Filter()
    readings = []
    for group, told in phrases.groups.items():
        for n, reading in enumerate(told):
            compiled = _compiled(group, reading, phrases.words)
            for m, hit in enumerate(reading.hits):
                together.Add(_expanded(hit, phrases.words), options)
                readings.append((f"{phrases.language}:{group}[{n}].hits[{m}]", compiled))
    together.Compile()
    patterns = tuple((together.re(n), name, reading) for n, (name, reading) in enumerate(readings))
    return Lexicon(phrases.language, together, patterns)


def _options() -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.never_capture = False, False, True
    return options


def _expanded(pattern: str, words: dict[str, str]) -> str:
    """The pattern with its macros written out; macros may use macros."""
    for _ in range(_DEPTH):
        pattern = _MACRO.sub(lambda found: f"(?:{words[found[1]]})", pattern)
    return pattern


def _regex(patterns: list[str], words: dict[str, str]) -> Any:
    """One compiled alternation, None for no patterns."""
    if not patterns:
        return None
    return re2.compile("|".join(f"(?:{_expanded(pattern, words)})" for pattern in patterns), _options())


def _compiled(group: str, reading: Reading, words: dict[str, str]) -> _Compiled:
    lists = (reading.negations, reading.affirmations, reading.vetoes, reading.sentence_vetoes)
    negations, affirmations, vetoes, elsewhere = (_regex(patterns, words) for patterns in lists)
    return _Compiled(group, negations, affirmations, vetoes, elsewhere, reading.sure)


def _unusable(phrases: Phrases, parsed: Parsed) -> Iterator[Problem]:
    for path, pattern in _every_pattern(phrases):
        unknown = {found[1] for found in _MACRO.finditer(pattern)} - phrases.words.keys()
        if unknown:
            yield parsed.problem(path, f"there are no words {', '.join(sorted(unknown))}", "Define them under words.")
            continue
        try:
            _regex([pattern], phrases.words)
        except (re2.error, KeyError) as bad:
            yield parsed.problem(path, f"not a usable pattern: {bad}", "Write it in re2's syntax, macros as {name}.")


def _every_pattern(phrases: Phrases) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for word, pattern in phrases.words.items():
        yield ("words", word), pattern
    for group, readings in phrases.groups.items():
        for n, reading in enumerate(readings):
            for kind in _PATTERNS:
                yield from ((("groups", group, n, kind, m), one) for m, one in enumerate(getattr(reading, kind)))


def _judged(span: tuple[int, int], name: str, reading: _Compiled, text: str, ends: Sentences) -> Hit:
    start, end = span
    # Without the end of the sentence before it, which a pattern may begin with: the hit is of its own sentence.
    start += len(text[start:end]) - len(text[start:end].lstrip(_BEFORE_WORDS))
    first, last = ends.around(start, end)
    sentence = text[first:last]
    here = (start - first, end - first)
    if _touches(reading.negations, sentence, here) and not _touches(reading.affirmations, sentence, here):
        return Hit(start, end, name, "negation", reading.sure)
    if any(opens <= start and end <= closes for opens, closes in quotes(text)):
        return Hit(start, end, name, "quoted", reading.sure)
    elsewhere = reading.sentence_vetoes is not None and reading.sentence_vetoes.search(sentence)
    return Hit(start, end, name, "veto" if elsewhere or _touches(reading.vetoes, sentence, here) else "", reading.sure)


def _touches(vetoes: Any, sentence: str, hit: tuple[int, int]) -> bool:
    if vetoes is None:
        return False
    return any(found.start() < hit[1] and hit[0] < found.end() for found in vetoes.finditer(sentence))
