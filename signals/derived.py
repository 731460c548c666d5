"""Sums that follow from what was said: a share, a difference, a price times a count, several together, one by its place.

Ways in their order of precedence; the first that applies tells. A sum that is asked for itself comes before all but a share of it
and its multiple.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from signals.amounts import Sum
from signals.case import Case, added, less, listed, times
from signals.counting import counts_time, over_months, priced
from signals.cues import Told, cue
from signals.differences import difference, missing, remainder
from signals.numbers import COUNT
from signals.quantities import how_many
from signals.rates import rated, with_fee, worth
from signals.shares import discounted, less_percent, part, part_beside, part_of_rate, part_of_year, pro_rata, taken_up

_ALL = cue(rf"\b(?:both|everything|all of (?:it|that|this|them)|the lot|all {COUNT})\b")
_OF_ALL = cue(rf"^\W*for\s+(?:both|all|the\s+{COUNT}|{COUNT})\b")
_SECOND = cue(
    r"\b(?:second|latter|other|last|later)\s+(?:one|charge|payment|amount)\b|\bthe (?:second|latter)\s?(?:[.,!?]|please|of)"
)
_FIRST = cue(r"\b(?:first|former|earlier)\s+(?:one|charge|payment|amount)\b|\bthe former\b")
_PLACES = ("first", "second", "third", "fourth", "fifth")
_NTH = cue(r"\bthe (third|fourth|fifth)\b")
_JOINED = cue(
    r"^\s*(?:[a-z]+\s+){0,2}?(?:and|plus|\+|&)\s+(?:(?:the|an?|my|for|of|in)\s+)*(?:[a-z-]+\s+){0,3}(?:of\s+|for\s+|:\s*)?$"
)
_TAKINGS = cue(r"\b(?:shows?|debits?|charges?|payments?|statement)\b")
_THEM = cue(
    r"\b(?:refund|return|reimburse|repay|reverse|credit|give|send|pay|want|need|like|get|have|transfer|with)\s+(?:me\s+|us\s+|all\s+(?:of\s+)?)?"
    r"(?:that|this|these|those|them|it)\b"
)
_TAX = cue(r"\b(?:vat|tax|gst)\b")
_TAX_PERCENT = cue(r"\b(\d{1,2}(?:[.,]\d)?)\s?%\s+(?:of\s+)?(?:vat|gst|sales tax|tax)\b")
_NET, _NET_BEFORE = cue(r"^\W*(?:[a-z]{3}\s+)?net\b"), cue(r"\bnet\s+(?:sum|amount|price|total)?\s*(?:of|was|is|:)?\s*$")
_SURPLUS = cue(r"^\W*(?:too much|extra|overpaid|in excess)\b")


def derived(case: Case) -> Sum | None:
    """The sum that follows, None where one is asked for itself or nothing follows."""
    first = next(filter(None, (way(case) for way in _FIRST_WAYS)), None)
    if first:
        return first
    stated = [one for one in case.open() if (one.inside and (one.asked or one.result)) or _SURPLUS.search(one.right)]
    reckoned = [one for one in stated if one.left.strip() == "="]  # "the full sum: 23.60 + 35 = 58.60"
    bound = [one for one in stated if one.asked]
    if reckoned and not (bound and bound[-1].found.start > reckoned[-1].found.end):  # "4 x 45 = 180 ..., please refund 90"
        return (priced(case) if how_many(case.request) else None) or reckoned[-1].found.money
    if stated:
        return priced(replace(case, some=stated)) if all(one.each for one in stated) else None
    return next(filter(None, (way(case) for way in _WAYS)), None)


def _all_of(case: Case) -> Sum | None:
    """Several sums in a sentence that wants all of it, none more than the others: "60 and the fee of 4.50, all of it back"."""
    if not _ALL.search(case.request):
        return None
    some, count = case.open(), how_many(case.request)
    if len(some) < 2 or any(one.total or one.result or one.each or not one.inside for one in some):
        return None
    return added(some) if not count or count == len(some) else None


def _together(case: Case) -> Sum | None:
    """ "Both", "all three", "everything": the total that is told, else the sum of as many as there are."""
    count = how_many(case.request)
    if case.asks_one_back() or not (count or case.asks_everything()):
        return None
    items = [one for one in case.open() if not one.each]
    totals = {one.found.money for one in items if one.total or one.result}
    if len(totals) == 1:
        return totals.pop()
    if totals or not items:
        return None
    if (
        count
        and count != items[0].amount
        and len({one.found.money for one in items}) == 1
        and not counts_time(case.request)
        and not any(_OF_ALL.search(one.right) for one in items)
    ):
        return times(items[0].found.money, count)
    if len(items) == count or (not count and all(one.took for one in items)):
        return added(items)
    joined = [one for n, one in enumerate(items) if _is_joined(items, n)]
    return added(joined) if len(joined) == (count or 2) else None


def _several(case: Case) -> Sum | None:
    """Several takings in one breath that a pronoun takes up: "12.50 in April, 12.50 in May, I want that back"."""
    some = case.open()
    if len(some) != len(case.some) or any(one.total or one.result or one.inside or (one.each and not one.count) for one in some):
        return None
    everything = case.asks_everything() or _THEM.search(case.request)
    if not everything or how_many(case.request) or case.asks_one_of():
        return None
    if all(one.each for one in some):  # "2 adults at 11, 2 children at 6"
        return added([worth(one) for one in some]) if len(some) > 1 else None
    return added([worth(one) for one in some]) if listed(some) and (some[0].took or _TAKINGS.search(some[0].left)) else None


def _is_joined(items: Sequence[Told], n: int) -> bool:
    """Whether a sum stands in one breath with the next or the one before: "a late fee of 35 and interest of 12"."""
    return any(_JOINED.search(one.left) is not None for one in items[n : n + 2][(0 if n else 1) :])


def _by_place(case: Case) -> Sum | None:
    """ "The second one" of several."""
    if len(case.some) > 1 and _SECOND.search(case.request):
        return case.some[1].found.money
    if third := _NTH.search(case.request):
        place = _PLACES.index(third[1])
        listed = [one for one in case.some if not (one.given or one.total or one.result)]
        return listed[place].found.money if len(listed) == place + 1 else None
    if len(case.some) > 1 and _FIRST.search(case.request):
        return case.some[0].found.money
    return None


def _tax(case: Case) -> Sum | None:
    """The tax on a sum that is told: "2,500 net, 20 % VAT: please return the VAT"."""
    if not _TAX.search(case.request):
        return None
    nets = {one.found.money for one in case.some if _NET.search(one.right) or _NET_BEFORE.search(one.left)}
    percent = _TAX_PERCENT.search(case.text)
    if len(nets) != 1:
        return None
    net = nets.pop()
    if percent:
        return times(net, float(percent[1].replace(",", ".")) / 100)
    gross = {one.found.money for one in case.some if one.amount > net.amount and (one.total or one.result or one.took)}
    return less(gross.pop(), net) if len(gross) == 1 else None


_FIRST_WAYS: tuple[Callable[[Case], Sum | None], ...] = (
    over_months,
    less_percent,
    discounted,
    remainder,
    missing,
    part_of_rate,
    rated,
    with_fee,
    part_beside,
    taken_up,
    part_of_year,
    _all_of,
)
_WAYS: tuple[Callable[[Case], Sum | None], ...] = (_tax, part, difference, _several, priced, pro_rata, _together, _by_place)
