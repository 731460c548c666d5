"""A difference: what was taken less what it should have been, or less what came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signals.amounts import Sum
from signals.case import Case, added, less, same_currency, times
from signals.counting import pieces, priced
from signals.cues import Told, cue
from signals.numbers import COUNT
from signals.quantities import TIME, group_of, how_many

_EXTRA = (  # not: the extra day
    r"the extra(?:\s+(?:amount|sum|money|costs?|charges?|fees?|euros?|bit|back|you|that|we|i|please|to|on)\b|\s*[.,!?]|\s*$)"
)
_DIFFERENCE = cue(
    rf"\b{_EXTRA}",
    r"\b(?:difference|the gap|price (?:drop|gap|cut|reduction)|delta|discrepancy|"
    r"the rest|excess|overpa\w+|overcharg\w+|surplus|too much|in between|"
    r"what(?:'s| is| was) (?:left|over|between)|remaining (?:balance|credit|sum)|between (?:them|the two))\b",
)
_OVERCHARGED = cue(r"\b(?:overcharg|overbill|charged too much|too much on)")
_REST = cue(
    r"\b(?:the rest|missing|remaining|remainder|outstanding|still owe\w*|shortfall|the balance|other half|difference|too)\b"
)
_TAKEN_OFF = cue(
    r"\b(?:take|taking|deduct\w*|keep|subtract\w*|withhold|less|minus|lose|losing|without)\s+"
    r"(?:(?:the|your|those|my|our|only|off|a)\s+)*$",
    r"\bof which\s+$",
)
_OWED_TO_YOU = cue(
    r"^[^.;!?]{0,30}?\b(?:goes (?:for|to)|(?:which )?(?:i|we)(?:'m| am|'re| are)? (?:happy|willing|ready|glad) to pay|"
    r"(?:i|we) (?:do )?owe)\b"
)
_LEFT = cue(
    r"\b(?:the (?:rest|remainder|balance)|remaining|what(?:'s| is) (?:left|over|missing)|shortfall|"
    r"(?:missing|outstanding) (?:part|amount|sum|money|bit))\b"
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
    return times(less(*pair), _months(case) or _pieces(case, pair))


def remainder(case: Case) -> Sum | None:
    """What is left of one sum where others stay with you: "take off the 65 for the cleaning and transfer the rest"."""
    if not _LEFT.search(case.request):
        return None
    off = [one for one in case.some if _TAKEN_OFF.search(one.left) or _OWED_TO_YOU.search(one.right)]
    wholes = {one.found.money for one in case.some if one not in off and not one.given}
    taken = added(off)
    if len(wholes) != 1 or taken is None or len(off) == len(case.some):
        return None
    whole = wholes.pop()
    return less(whole, taken) if whole.amount > taken.amount and same_currency((whole, taken)) else None


def missing(case: Case) -> Sum | None:
    """What is missing where the rest is asked for in so many words: "promised were 110, I got 30, where is the rest?"."""
    back = [one for one in case.some if one.given or one.got]
    asked = _LEFT.search(case.request) or (_LEFT.search(case.text) and any(one.inside for one in back))
    return _missing(case, back) if back and asked else None


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
    back = added(given)
    if back is None or not (_REST.search(case.request) or _MISSING.search(case.text) or how_many(case.request)):
        return None
    greater = [one for one in case.some if not (one.given or one.kept or one.each) and one.amount > back.amount]
    due = {one.found.money for one in greater if one.result or _DUE.search(one.right)}
    wholes = due if len(due) == 1 else {one.found.money for one in greater}
    whole = wholes.pop() if len(wholes) == 1 else None if wholes else priced(replace(case, request=""))
    return less(whole, back) if whole and whole.amount > back.amount and same_currency((whole, back)) else None


def _pieces(case: Case, pair: tuple[Sum, Sum]) -> int:
    """For how many pieces a difference of two prices per piece was taken, 1 where they are no such prices."""
    prices = [one for one in case.some if one.found.money in pair]
    each = next((one for one in prices if one.each and one.unit not in TIME), None)
    group = group_of(case.text)
    if each is None and not group:
        return 1
    return how_many(case.request) or (pieces(each, case.request, case.text) if each else 0) or group or 1


def _months(case: Case) -> int:
    """For how many months a difference was taken, 0 where it was once."""
    if not _EVERY_MONTH.search(case.text):
        return 0
    if group := how_many(case.request) or how_many(case.text):
        return group
    monthly = next((one for one in case.some if one.unit in ("", "month")), None)
    return pieces(replace(monthly, unit="month", count=0), case.request, case.text) if monthly else 0
