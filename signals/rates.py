"""Prices per piece and time: "24 per hour and kayak", "14 a seat a month", "38 each plus a fee of 2.50 each"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signals.amounts import Sum
from signals.case import Case, added, times
from signals.counting import counts_time, pieces
from signals.cues import Told, cue
from signals.quantities import PEOPLE, TIME, Counted, groups, how_many, single, things, times_of
from signals.several import spoiled

_PER = r"(?:per|an?|each|every|for\s+each|for\s+an?|the|/)"
_UNITS_BEHIND = cue(rf"^\W{{0,3}}{_PER}\s?([a-z]+)(?:\s*(?:,|/|&|\band\b|\bx\b)?\s*(?:per|an?|each|every)?\s?([a-z]+))?")
_UNITS_BEFORE = cue(r"\bper\s+([a-z]+)(?:\s+(?:and|per|a)\s+([a-z]+))?\s+(?:is|was|of|:|at)?\s*$")
_PIECES = PEOPLE | {"each", "apiece", "one"}
_ON_TOP = cue(r"\b(?:plus|and|with|another|\+)\s+(?:an?\s+|the\s+)?(?:[\w-]+\s+){0,3}?(?:of\s+|for\s+)?$")
_WITH_FEE = cue(
    r"\b(?:incl\w*\.?|with|plus|and|both)\s+(?:the\s+|its\s+|their\s+|that\s+)?(?:[a-z]+\s+)?"
    r"(?:fees?|delivery|shipping|charges?|tax(?:es)?|postage|bags?|surcharges?|deposits?)\b",
    r"\b(?:fees?|tax(?:es)?|charges?|postage|delivery|bags?)\s+(?:included|too|as well|incl\w*)\b",
    r"\b(?:whole|all|everything|lot)\b",
)
_TOO_MUCH = cue(r"\b(?:too (?:much|many)|over(?:charg|bill|pa)\w*|difference|excess|surplus|extra)\b")
_STOP = cue(r"[.!?]")
_A_THING = cue(r"\b(?:that|the|this|my|our|his|her|their) [a-z]+[a-rt-z]\b")


def rated(case: Case) -> Sum | None:
    """A price per piece and time: times the pieces and the times that are asked, else all that are told."""
    prices = {one.found.money: one for one in case.open() if one.each or one.unit}
    if len(prices) != 1:
        return None
    [one] = prices.values()
    time, piece = _units(one, case.text)
    if not time or (time == "month" and counts_time(case.request)):
        return None
    asked = list(groups(case.request))
    both = any(_names_both(sentence, time) for sentence in _STOP.split(case.request))
    counts_pieces = any(told.n == one.count and told.thing not in TIME for told in things(one.left))  # "8 licences at 24 a month"
    if not (piece or both or (counts_pieces and _named(asked, time))):
        return None
    n, long = _pieces(one, piece, time, case), _times(time, asked, case)
    return times(one.found.money, n * long) if n and long else None


def with_fee(case: Case) -> Sum | None:
    """A price and what is taken on top of it for each, where both are asked: "one ticket incl. the fee"."""
    some = case.open()
    if len(some) != 2 or len(case.some) != 2 or not _WITH_FEE.search(case.request):
        return None
    price, fee = some
    if not (price.each or price.unit) or price.unit in TIME or not (fee.each or fee.unit or _ON_TOP.search(fee.left)):
        return None
    if fee.amount >= price.amount or fee.total:
        return None
    besides = _WITH_FEE.sub("", case.request)
    one = _A_THING.search(besides) and not (any(things(besides)) or spoiled(case.text))  # "his ticket incl. the fee"
    n = how_many(besides) or (1 if one else pieces(price, besides, case.text))
    each = times(fee.found.money, n if fee.each or fee.unit else 1)
    once = not (fee.each or fee.unit) and n < price.count  # of several: whether it comes back is not told
    return None if once or not n else added([_as(price, times(price.found.money, n)), _as(fee, each)])


def worth(one: Told) -> Told:
    """A price with how many of it were told beside it as one sum: "2 adults at 11"."""
    return _as(one, times(one.found.money, one.count)) if one.each and one.count else one


def _as(one: Told, money: Sum) -> Told:
    return replace(one, found=replace(one.found, money=money))


def _units(one: Told, text: str) -> tuple[str, str]:
    """(time, piece) that a price is for, "" where it names none."""
    found = _UNITS_BEHIND.search(one.right) or _UNITS_BEFORE.search(one.left)
    named = [single(word) for word in found.groups() if word] if found else []
    counted = {told.thing for told in things(text)}
    time = next((word for word in named if word in TIME), one.unit if one.unit in TIME else "")
    first = named[:1] if named[1:2] == [time] else []  # "a seat a month"; behind a time any word may follow
    piece = next((word for word in named if word not in TIME and (word in (*_PIECES, *first) or word in counted)), "")
    return time, piece


def _names_both(sentence: str, time: str) -> bool:
    """Whether pieces and times are spoken of in one sentence: "for those two in these three months"."""
    asked = list(groups(sentence))
    return _named(asked, time) and any(not group.thing for group in asked)


def _named(some: Sequence[Counted], thing: str) -> bool:
    return any(told.thing == thing for told in some)


def _pieces(one: Told, piece: str, time: str, case: Case) -> int:
    """How many pieces: those the request speaks of as a group or by their name, those that were no good, all."""
    group = next((told.n for told in groups(case.request) if not told.thing), 0)
    if group:
        return group
    for said in (case.request, case.text):
        every = (told for told in things(said) if told.thing not in TIME)
        some = {told.n for told in every if piece in _PIECES or piece in ("", told.thing)}
        if len(some) == 1:
            return some.pop()
        if said is case.request and (bad := spoiled(case.text)):
            return bad
        if _TOO_MUCH.search(case.request):  # not all of those that are told
            return 0
    return one.count


def _times(time: str, asked: Sequence[Counted], case: Case) -> int:
    """For how many times: those of the request, else of the whole message."""
    group = next((told.n for told in asked if told.thing == time), 0)
    return group or times_of(time, case.request) or times_of(time, case.text)
