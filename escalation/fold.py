"""The first lines of a note, cut so that they stand above the fold of every helpdesk: ten rows with the title (domain.md §5).

A row is what an agent sees, not what we send: text 480 pixels wide, the narrowest of the three helpdesks in a window of
1280 pixels beside their panels, in type of 14 pixels. Nothing is lost by cutting: the sections below have it whole.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from unicodedata import east_asian_width

from escalation.thread import one_line

ROWS = 9  # of the first lines together; the title is the tenth
WIDTH = 480 / 14  # of a row, in widths of the type size
_SPACE, _USUAL, _CAPITAL, _BROAD = 0.278, 0.556, 0.7, 1.0
# Of Arial, whose metrics most system fonts share: https://learn.microsoft.com/typography/font-list/arial
_WIDTHS = dict.fromkeys("fijltrI.,:;!'|()[]/-·“”", 0.27) | dict.fromkeys("ckszvxyJ", 0.5)
_WIDTHS |= dict.fromkeys("mwMW@%→…", _BROAD) | {"&": _CAPITAL} | {" ": _SPACE}
_BOLD = 1.07
_QUOTED = re.compile("“([^”]*)”")
_LEAST, _STEP = 36, 3  # characters that a quotation is left with before another way is tried; below it says little


@dataclass(frozen=True, slots=True)
class Part:
    """One of the first lines: ``ways`` to say it, the fullest first; ``rows`` it may always take, more when others need less."""

    label: str
    ways: Sequence[str]
    rows: int = 1

    def needs(self, text: str) -> int:
        return rows(f"{self.label}: {text}", WIDTH - _BOLD * wide(self.label) + wide(self.label))

    def within(self, most: int) -> str:
        """The fullest way that takes at most ``most`` rows, its quotations shortened when that is enough."""
        if self.needs(self.ways[0]) <= most:
            return self.ways[0]
        for way in self.ways:
            longest = max((len(said) for said in _QUOTED.findall(way)), default=0)
            for length in (len(way), *range(longest, _LEAST - 1, -_STEP)):
                shorter = shortened(way, length)
                if self.needs(shorter) <= most:
                    return shorter
        return self._clipped(shortened(self.ways[-1], _LEAST), most)

    def _clipped(self, text: str, most: int) -> str:
        """The beginning of a text that cannot be said shorter."""
        fits, too_long = 1, len(text)
        while too_long - fits > 1:
            middle = (fits + too_long) // 2
            fits, too_long = (middle, too_long) if self.needs(one_line(text, middle)) <= most else (fits, middle)
        return one_line(text, fits)


def above_the_fold(parts: Sequence[Part]) -> tuple[str, ...]:
    """The text of each part, together at most ROWS rows; what short parts leave over goes to the first that needs more."""
    needed = [part.needs(part.ways[0]) for part in parts]
    given = [min(need, part.rows) for need, part in zip(needed, parts, strict=True)]
    spare = ROWS - sum(given)
    for nth, need in enumerate(needed):
        more = max(0, min(spare, need - given[nth]))
        given[nth], spare = given[nth] + more, spare - more
    return tuple(part.within(most) for part, most in zip(parts, given, strict=True))


def shortened(text: str, most: int) -> str:
    """``text`` with every quotation of at most ``most`` characters, its marks kept."""
    return _QUOTED.sub(lambda said: f"“{one_line(said[1], most)}”", text)


def rows(text: str, width: float) -> int:
    """How many rows a browser breaks ``text`` into: between words, and inside those that are wider than a row."""
    count, used = 1, 0.0
    for word in text.split():
        size = wide(word)
        unbroken = not any(east_asian_width(char) in "WF" for char in word)  # Chinese and Japanese break anywhere
        if used and unbroken and used + _SPACE + size > width:
            count, used = count + 1, 0.0
        used += size + (_SPACE if used else 0.0)
        while used > width:
            count, used = count + 1, used - width
    return count


@lru_cache(maxsize=4096)  # every way to say a line is measured, and most have the same words
def wide(text: str) -> float:
    """The width of a text without its line breaks, in widths of the type size."""
    return sum(_width(char) for char in text)


def _width(char: str) -> float:
    if char in _WIDTHS:
        return _WIDTHS[char]
    if east_asian_width(char) in "WF":
        return _BROAD
    return _CAPITAL if char.isupper() else _USUAL
