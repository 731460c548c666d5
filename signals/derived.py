"""Sums that follow from what was said: a share, a difference, a price times a count, several together, one by its place.

Ways in their order of precedence; the first that applies tells. A sum that is asked for itself comes before all but a share of it
and its multiple.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from signals.amounts import Sum
from signals.case import Case, added, times
from signals.counting import how_many, priced
from signals.cues import cue
from signals.differences import difference
from signals.numbers import COUNT
from signals.shares import part, part_beside, part_of_year, pro_rata, taken_up

_ALL = cue(rf"\b(?:both|everything|all of (?:it|that|this|them)|the lot|all {COUNT})\b")
_OF_ALL = cue(rf"^\W*for\s+(?:both|all|the\s+{COUNT}|{COUNT})\b")
_SECOND = cue(
    r"\b(?:second|latter|other|last|later)\s+(?:one|charge|payment|amount)\b|\bthe (?:second|latter)\s?(?:[.,!?]|please|of)"
)
_FIRST = cue(r"\b(?:first|former|earlier)\s+(?:one|charge|payment|amount)\b|\bthe former\b")
_PLACES = ("first", "second", "third", "fourth", "fifth")
_NTH = cue(r"\bthe (third|fourth|fifth)\b")
_SURPLUS = cue(r"^\W*(?:too much|extra|overpaid|in excess)\b")


def derived(case: Case) -> Sum | None:
    """The sum that follows, None where one is asked for itself or nothing follows."""
    first = part_beside(case) or taken_up(case) or part_of_year(case) or (_all_of(case) if _ALL.search(case.request) else None)
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
    some, count = case.open(), how_many(case.request)
    if len(some) < 2 or any(one.total or one.result or one.each or not one.inside for one in some):
        return None
    return added(some) if not count or count == len(some) else None


def _together(case: Case) -> Sum | None:
    """ "Both", "all three", "everything": the total that is told, else the sum of as many as there are."""
    count = how_many(case.request)
    if not count and not case.asks_everything():
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
        and not any(_OF_ALL.search(one.right) for one in items)
    ):
        return times(items[0].found.money, count)
    return added(items) if len(items) == count or (not count and all(one.took for one in items)) else None


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


_WAYS: tuple[Callable[[Case], Sum | None], ...] = (part, difference, priced, pro_rata, _together, _by_place)
