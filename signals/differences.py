"""A difference: what was taken less what it should have been, or less what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signals.amounts import Sum
from signals.case import Case, less, same_currency, times
from signals.counting import pieces, priced
from signals.cues import Told, cue
from signals.numbers import COUNT
from signals.quantities import how_many

_EXTRA = (  # not: the extra day
    r"the extra(?:\s+(?:amount|sum|money|costs?|charges?|fees?|euros?|bit|back|you|that|we|i|please|to|on)\b|\s*[.,!?]|\s*$)"
)
_DIFFERENCE = cue(
    rf"\b{_EXTRA}",
    r"\b(?:difference|the rest|excess|overpa\w+|overcharg\w+|surplus|too much|in between|"
    r"what(?:'s| is| was) (?:left|over|between)|remaining (?:balance|credit|sum)|between (?:them|the two))\b",
)
_OVERCHARGED = cue(r"\b(?:overcharg|overbill|charged too much|too much on)")
_REST = cue(
    r"\b(?:the rest|missing|remaining|remainder|outstanding|still owe\w*|shortfall|the balance|other half|difference|too)\b"
)
_MISSING = cue(r"\b(?:the rest|missing|the remaining|the remainder|outstanding|shortfall|the difference)\b")
_DUE = cue(r"^\s*(?:was|were|is|are)\s+(?:due|owed|agreed|promised|to be (?:paid|refunded))\b")
_INSTEAD = cue(
    r"^\W*(?:[\w'-]+\W+){0,5}?(?:(?:instead of|rather than)\W+(?:[\w'-]+\W+){0,3}|(?:and )?not\W+(?:the\s+|only\s+)?)$"
)
_EVERY_MONTH = cue(
    r"\b(?:every|each|per|a) month\b|\bmonthly\b|\bthese months\b",
    rf"\b(?:for|over|in|during|these|those|all|last|past|the)\s+(?:(?:the|these|those|last|past)\s+)*{COUNT}\s+months\b",
)


def difference(case: Case) -> Sum | None:
    """What was taken less what it should have been or what came back; of two sums their difference whatever is said of them."""
    given = [one for one in case.some if one.given or (one.got and _REST.search(case.request))]
    if given:
        return _missing(case, given)
    pair = _instead(case) or _pair(case)
    if not pair or not same_currency(one.found.money for one in case.some):
        return None
    months = _months(case)
    return times(less(*pair), months or 1)


def _pair(case: Case) -> tuple[Sum, Sum] | None:
    """The two sums whose difference is asked, None where that is not clear."""
    ought = [one.found.money for one in case.some if one.ought]
    if not (_DIFFERENCE.search(case.request) or (ought and _OVERCHARGED.search(case.text))):
        return None
    pairs = [(one.found.money, b) for one in case.some if not one.ought for b in ought if one.amount > b.amount]
    distinct = sorted({one.found.money for one in case.some if not one.kept}, key=lambda money: money.amount)
    if len(pairs) != 1 and len(distinct) == 2:
        return distinct[1], distinct[0]
    return pairs[0] if len(pairs) == 1 else None


def _instead(case: Case) -> tuple[Sum, Sum] | None:
    """ "Charged 59 instead of 49": the two, where not all of it is asked."""
    if case.asks_everything():
        return None
    for one, other in zip(case.some, case.some[1:], strict=False):
        if other.ought and one.amount > other.amount and _INSTEAD.search(other.left) and not one.kept:
            return one.found.money, other.found.money
    return None


def _missing(case: Case, given: Sequence[Told]) -> Sum | None:
    """What is missing of a sum that came back in part: "you refunded 43 instead of 49.99"."""
    if len(given) != 1 or not (_REST.search(case.request) or _MISSING.search(case.text) or how_many(case.request)):
        return None
    back = given[0].found.money
    greater = [one for one in case.some if not (one.given or one.kept or one.each) and one.amount > back.amount]
    due = {one.found.money for one in greater if one.result or _DUE.search(one.right)}
    wholes = due if len(due) == 1 else {one.found.money for one in greater}
    whole = wholes.pop() if len(wholes) == 1 else None if wholes else priced(replace(case, request=""))
    return less(whole, back) if whole and whole.amount > back.amount and same_currency((whole, back)) else None


def _months(case: Case) -> int:
    """For how many months a difference was taken, 0 where it was once."""
    if not _EVERY_MONTH.search(case.text):
        return 0
    if group := how_many(case.request) or how_many(case.text):
        return group
    monthly = next((one for one in case.some if one.unit in ("", "month")), None)
    return pieces(replace(monthly, unit="month", count=0), case.request, case.text) if monthly else 0
