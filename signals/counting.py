"""How many: "all 8 months", "the other two", "both", and a price per piece times that."""

from __future__ import annotations

from collections.abc import Sequence

from signals.amounts import Sum
from signals.case import Case, times
from signals.cues import Told, cue, months_between, occasions
from signals.numbers import COUNT, count_in, counted
from signals.quantities import NO_THINGS, PEOPLE, REPEATED, TIME, asks_one, group_of, how_many, single
from signals.several import some_of, spoiled

_THINGS = cue(rf"\b{COUNT}\s+(?:[a-z-]+\s+)??([a-z-]+s|people|children|kids|ppl|pax)\b")
_ANY_THINGS = cue(rf"(?:^|[^\w.,$€£]){COUNT}[\s-](?:(?:unused|last|remaining|other|missed|full|more|of the|of) )?([a-z]+)\b")
_WE_ARE = cue(rf"\bwe (?:are|were) {COUNT}\b", rf"\b{COUNT} of us\b")
_DAYS_COUNTED = cue(rf"\b{COUNT}\s+(?:[a-z]+\s+)?(?:days?|hours?|minutes?)\b")
_THAT_PART = cue(r"\b(?:part|share|portion|pro[ -]?rata|proportion\w*)\b")
_LEFT = cue(rf"\b{COUNT}\s+(?:[a-z]+\s+)?(?:(?:are|were|is)\s+)?(?:still\s+)?(?:left|unused|remaining|remain)\b")
_USED = cue(rf"\bused\s+(?:only\s+|just\s+|up\s+|about\s+)?{COUNT}\b")
_ONE_OF_THEM = cue(
    r"\bthe (?:unused|missing|extra|last|other|first|second|third|lower|upper|broken|wrong|faulty) ([a-z]+[a-rt-z])\b"
)
_YEAR = cue(r"\b(?:(?:whole|full|entire|for a|for the|for one|a|one)\s+year|annual(?:ly)?|yearly|(?:12|twelve)[ -]months?)\b")
_YEARS = cue(
    rf"\b{COUNT}[ -]years?\s+(?:[a-z-]+\s+)?"
    r"(?:plan|contract|warranty|subscription|licen[cs]e|membership|cover\w*|pass|upfront|in advance)\b",
    rf"\b(?:paid|prepaid)\s+(?:[\w'.,]+\s+){{0,4}}?for\s+{COUNT}\s+years\b",
)
_MONTHS_LEFT = cue(
    rf"\b{COUNT}\s+(?:(?:full|whole|more)\s+)?months?\s+(?:(?:are|is|still|i)\s+)*(?:unused|left|remaining|to go)\b",
    rf"\b(?:unused|remaining|other|last|outstanding)\s+{COUNT}(?:\s+(?:full\s+)?months?|\s*[.,!?]|\s*$)",
    rf"\b{COUNT}\s+(?:unused|remaining|full|other)\s+months?\b",
)
_MONTHS_USED = cue(rf"\bused\s+(?:only\s+|just\s+|up\s+|about\s+)?{COUNT}\s+months?\b")
_UNUSED = cue(r"\b(?:unused|remaining|rest|left|remainder|not used|did not use|didn't use)\b")
_SEAT = r"(?:seats?|users?|licen[cs]es?|agents?|editors?|accounts?|members?|lines?|devices?|desks?|employees?|people)"
_SEATS = cue(rf"\b{COUNT}\s+(?:[a-z-]+\s+)??{_SEAT}\b")
_SEATS_TOO_MANY = cue(
    rf"\b{COUNT}\s+{_SEAT}\s+(?:too many|too much|extra|more than)\b",
    rf"\b{COUNT}\s+(?:surplus|extra|unused|deactivated|additional|former|removed|superfluous|phantom|ghost|empty|deleted)\s+(?:[a-z-]+\s+)?{_SEAT}\b",
)
_FEWER = cue(
    r"\b(?:now|only|instead of|down (?:to|from)|reduced|went from|still (?:show|bill|count|charge)\w*|(?:billed|invoiced) for)\b"
)
_THOSE = cue(rf"\b(?:those|these|all|the)\s+{COUNT}\b")
_A_MONTH = cue(r"\b(?:per|a|each|every|and|/)\s?month\b|\bmonthly\b|\b(?:invoices|bills)\b|\bmonths\b")
_BILLS = cue(rf"\b{COUNT}\s+(?:[a-z]+\s+)?(?:months|invoices|bills)\b")


def counts_time(said: str) -> bool:
    """Whether days or hours are spoken of as a group, which are no pieces of a sum: "the part for those ten days"."""
    return _DAYS_COUNTED.search(said) is not None


def pieces(one: Told, request: str, text: str) -> int:
    """How many times the price of one is asked: as the request counts it, else the message; 0 for unknown."""
    days = one.unit == "month" and counts_time(request)  # a part of a month, no number of months
    if (group := how_many(request)) and not days:
        return group
    if one.unit in ("month", "") and (months := occasions(request) or months_between(request)) > 1:
        return months
    if asks_one(request):
        return 1
    things = _counted(one.unit, request)
    if things:
        return things[-1]
    some = 0 if days else spoiled(text)
    if some or one.count:
        return some or one.count
    if one.unit in PEOPLE and (people := _WE_ARE.search(text)):
        return count_in(people)
    everywhere = set(_counted(one.unit, text))
    return everywhere.pop() if len(everywhere) == 1 else 0 if one.unit in TIME else group_of(text)


def priced(case: Case) -> Sum | None:
    """A price per piece times how many: "5.95 each", "the other two"."""
    prices = [one for one in case.open() if one.each or one.unit]
    wholes = any(not one.each and not one.unit for one in case.open())
    if len({one.found.money for one in prices}) != 1 or (case.asks_one_of() and (prices[0].count or wholes)):
        return None
    count = pieces(prices[0], case.request, case.text)
    if not count:
        return None
    product = times(prices[0].found.money, count)
    others = [one for one in case.open() if one not in prices]
    if how_many(case.request) or count == spoiled(case.text):  # not all that the total is for
        return product
    told = any(abs(one.amount - product.amount) < 0.01 for one in others)  # as the total: no other one counts
    return product if told or not any(one.total or one.result for one in others) else None


def over_months(case: Case) -> Sum | None:
    """A price per seat and month, times the seats too many, times the months: "three seats too many on four invoices"."""
    prices = {one.found.money for one in case.open() if one.found.told and (one.each or one.unit)}
    if len(prices) != 1 or not _A_MONTH.search(case.text):
        return None
    seats, months = _too_many(case.request, case) or _too_many(case.text, case), _months_of(case.request) or _months_of(case.text)
    return times(prices.pop(), seats * months) if seats and months > 1 else None


def _too_many(text: str, case: Case) -> int:
    """How many seats were billed too much: as they are counted, or of two counts the difference; 0 where it is not told."""
    if found := _SEATS_TOO_MANY.search(text):
        return count_in(found)
    counts = sorted({counted(found[1]) for found in _SEATS.finditer(text) if " per " not in found[0]})
    if len(counts) == 1 and any(counted(found[1]) == counts[0] for found in _THOSE.finditer(case.request)):
        return counts[0]
    return counts[1] - counts[0] if len(counts) == 2 and _FEWER.search(case.text) else 0


def _months_of(text: str) -> int:
    found = _BILLS.search(text)
    return counted(found[1]) if found else occasions(text) or months_between(text)


def part_of(request: str, text: str) -> float:
    """Which part of the things in the message is asked: 0.25 for three of "12 months" or for "100 minutes, 25 left"."""
    things = [(counted(match[1]), single(match[2])) for match in _ANY_THINGS.finditer(text)]
    asked = [(counted(match[1]), single(match[2])) for match in _ANY_THINGS.finditer(request)]
    if asked and (whole := max((n for n, thing in things if thing == asked[-1][1]), default=0)) > asked[-1][0]:
        return asked[-1][0] / whole
    some, every = some_of(request) or (some_of(text) if _THAT_PART.search(request) else None) or (0, 0)
    if some:
        return some / every
    one = None if how_many(request) else _ONE_OF_THEM.search(request)
    if one and (whole := max((n for n, thing in things if thing == one[1]), default=0)) > 1:
        return 1 / whole
    left, used = _LEFT.search(text), _USED.search(text)
    if not _UNUSED.search(request) or not (left or used):
        return 0.0
    n = counted(left[1] if left else used[1])
    whole = max((count for count, _ in things), default=0)
    return (n if left else whole - n) / whole if 0 < n < whole else 0.0


def of_a_year(said: str, text: str) -> float:
    """Which part of years is asked that were paid in one: 7 / 12 for "the other seven months", or five used; 0 for none."""
    years = _YEARS.search(text)
    if not (years or _YEAR.search(text)):
        return 0.0
    whole = 12 * count_in(years) if years else 12
    left, used = _MONTHS_LEFT.search(said) or _MONTHS_LEFT.search(text), _MONTHS_USED.search(text)
    months = count_in(left)
    if not left and used and _UNUSED.search(said):
        months = whole - counted(used[1])
    return months / whole if 0 < months < whole else 0.0


def _counted(unit: str, text: str) -> Sequence[int]:
    """The counts of things of this unit, of any that are no time for a price of "each"."""
    found = ((counted(match[1]), single(match[2])) for match in _THINGS.finditer(text))
    things = ((n, thing) for n, thing in found if n > 1 and thing not in NO_THINGS)
    return [n for n, thing in things if (_is_of(thing, unit) if unit else thing not in TIME)]


def _is_of(thing: str, unit: str) -> bool:
    return thing == unit or (unit == "month" and thing in REPEATED) or (unit in PEOPLE and thing in PEOPLE)
