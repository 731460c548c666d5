"""What the words beside a sum say of it: wanted back, kept, what should have been paid, what was taken, a price per piece.

English; in other languages nothing is said and the nearest sum counts. All patterns are re2 over a few words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import re2

from signals.amounts import Found
from signals.text import Sentences

_NEAR = 70  # characters beside a sum that are looked at


def cue(*patterns: str) -> Any:
    """One pattern out of several, for text in lower case."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile("|".join(patterns), options)


_WORDS = r"(?:[^\w.;:!?]*[\w'/-]+){0,%d}?[^\w.;:!?]*"
_BACK = r"(?:back|again|returned|refunded|reimbursed|repaid|reversed|restored|credited|undone|home)\b"
_WISH = (
    r"refund\w*|reimburs\w*|return\w*|send|give|giving|ow(?:e|es|ed|ing)|due|back|credit\w*|revers\w*|claim\w*|repay\w*|remit\w*|"
    r"want|like|expect|need|get|see|compensat\w*|undo|recover|without|ask(?:ing)? for|short of|cough up|make good|overpa\w+|"
    r"overcharg\w+|remaining|difference|extra|too much|surplus|excess"
)
_LINKS = (
    r"me|us|my|our|the|that|this|those|these|of|at|is|about|only|full|extra|other|remaining|back|for|a|an|to|all|sum|amount|by|rest|"
    r"comes|makes|sooner|rather|have"
)
_ASKED_BEHIND = cue(
    rf"^{_WORDS % 9}{_BACK}",
    r"^\W*(?:too much|extra|(?:is|are|was)\s+(?:due|owed)|overpaid|in excess)\b",
    rf"^\s*(?:for me|to us|please)\b|^{_WORDS % 3}(?:belongs?|in return|to be)\b",
)
_ASKED_BEFORE = cue(rf"\b(?:{_WISH})(?:\s+(?:{_LINKS}))*[\s:=(]*$")
_KEPT_BEHIND = cue(
    r"^[^\w.;!?]*(?:[\w'-]+\s+){0,5}?(?:(?:is|are|was|that's)\s+(?:\w+\s+)?(?:fine|ok|okay|correct|right|normal|legit)\b|"
    r"you (?:may|can) keep\b|stays?\b|(?:i'm|i am|we're|we are)\s+keeping\b|(?:i|we)\s+keep\b|isn't covered\b)"
)
_KEPT_BEFORE = cue(r"\b(?:keep|keeping|voucher (?:worth|of|over)|gift card (?:of|for))\s+(?:the\s+|my\s+)?$")
_NOT_KEPT = cue(r"\b(?:not|not to|nobody should|could|cannot|can't)\s+keep\b")
_OUGHT = cue(
    r"\b(?:should\s+(?:have\s+)?(?:been?|be|cost|pay|paid)|supposed to (?:be|cost|pay)|would(?:'ve| have) been|instead of|"
    r"rather than|not)\W+(?:(?:the|only|about|at)\W+){0,2}$",
    r"\b(?:agreed|quoted?|quotes?|advertised|listed|promised|meant to (?:give|pay|be|send)|contract|offer\w*|site|website|ad|"
    r"catalogue|makes it|normal|usual|regular|normally|usually)\b(?:\s+[\w-]+){0,4}\W*$",
    r"\b(?:plan|basic|starter|monthly price)\s+(?:is|was|at|costs?)\W*$",
)
_TOOK = cue(
    r"\b(?:(?:fee|charge|price|sum|amounts?|bill|debit|payments?) (?:of|over|for)|charged?|billed|took|taken|paid|debited|"
    r"invoiced?|typed|deducted|transferred|withdrew|withdrawn|cost)\b(?:\s+[\w-]+){0,4}\W*$"
)
_EACH = cue(
    r"^\s*(?:each|apiece|(?:a|per|/|an)\s?(?:month|mo|year|week|night|day|head|person|seat|box|piece|user|ticket|item|hour|lesson|unit|"
    r"licen[cs]e)\b|/\s?\w+)"
)
_TIMES = cue(r"\b(\d{1,3})\s?[x\x{d7}*]\s*$")
_TOTAL = cue(r"\b(?:total|basket|altogether|in all|order)\b(?:\s+\w+){0,2}\W*$")
_ALTOGETHER = cue(r"^\W*(?:in total|altogether|in all|total|all told)\b")
_RESULT = cue(r"(?:\b(?:makes?|comes to|that is|that's|i\.e\.|or)|=|(?:total|altogether|in all)\s*\()\s*$")
_ROUGHLY = cue(r"\b(?:roughly|about|around|approx\w*|some|nearly|almost)\s+$")


@dataclass(frozen=True, slots=True)
class Told:
    """A sum with what its neighbours say; ``count`` is 3 in "3 x 24.99", ``weight`` what speaks for it without the request."""

    found: Found
    left: str
    right: str
    inside: bool  # of a sentence that asks
    asked: bool
    kept: bool
    ought: bool
    took: bool
    each: bool
    count: int
    weight: float


def told(text: str, found: Sequence[Found], n: int, ends: Sentences, asking: Sequence[tuple[int, int]]) -> Told:
    """The ``n``-th sum with what stands between it, its neighbours and the ends of its sentence."""
    one = found[n]
    first, last = ends.around(one.start, one.start)
    first = max(first, found[n - 1].end) if n else first
    last = min(last, found[n + 1].start) if n + 1 < len(found) else last
    left, right = text[max(first, one.start - _NEAR) : one.start].lower(), text[one.end : min(last, one.end + _NEAR)].lower()
    times = _TIMES.search(left)
    kept = bool(_KEPT_BEHIND.search(right) or (_KEPT_BEFORE.search(left) and not _NOT_KEPT.search(left)))
    weight = 0.5 * bool(_ALTOGETHER.search(right)) + bool(_RESULT.search(left)) - 0.7 * bool(_ROUGHLY.search(left))
    return Told(
        one,
        left,
        right,
        inside=any(start <= one.start < end for start, end in asking),
        asked=bool(_ASKED_BEHIND.search(right) or _ASKED_BEFORE.search(left)),
        kept=kept,
        ought=bool(_OUGHT.search(left)),
        took=bool(_TOOK.search(left)),
        each=bool(_EACH.search(right) or times),
        count=int(times[1]) if times else 0,
        weight=weight - 0.7 * bool(_TOTAL.search(left)) - 0.5 * (not one.told),
    )
