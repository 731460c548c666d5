"""Some of several: how many were no good or did not come, and of how many: "3 of the 8 mugs came in pieces"."""

from __future__ import annotations

from signals.amounts import CURRENCY_WORDS
from signals.cues import cue
from signals.numbers import COUNT, count_in, counted
from signals.quantities import TIME, asks_one, how_many, things

_BAD = (
    r"(?:broken|damaged|faulty|missing|cracked|defective|dead|mouldy|wrong|torn|spoiled|leaking|late|lost|rotten|smashed|cancelled|"
    r"ill|unused|expired|empty|in (?:pieces|bits|half)|crushed|chipped|scratched|stained|ripped|shattered|bent|stale|sour|off|"
    r"useless|unusable|dirty|sealed|unopened|untouched|too (?:small|big|large|long|short|many|much|old)|no|not|never|nothing|"
    r"cannot|can't|couldn't|don't|didn't|doesn't|won't|wouldn't|weren't|wasn't|aren't|isn't|haven't|hasn't|broke|broke down|"
    r"cracked|died|failed|fail|leaked?|stopped|burst|melted|wobbles?|refuse)"
)
_OF_THEM = r"(?:of\s+(?:them|these|those|the|my|our|which|us)\s+(?:\w+\s+){0,2}?)"
_IS = r"(?:(?:arrived|came|were|was|are|is|had|have|has|do|does|did)\s+(?:\w+\s+){0,2}?)"
_BAD_ONES = cue(
    rf"(?:^|[^\w.,$€£#/:-]){COUNT}\s+{_OF_THEM}?(?:[a-z-]+\s+){{0,2}}?{_IS}?{_BAD}\b",
    rf"\b(?:broken|damaged|faulty|missing|too many|too much)\s+{COUNT}\s+[a-z]+s\b",
    rf"\b(?:the|those|these)\s+(?:broken|damaged|faulty|missing|cracked|dead|wrong)\s+{COUNT}\b",
)
_OF = cue(rf"\b{COUNT} (?:[a-z]+ )??(?:out )?of (?:the |my |our |these |those )?{COUNT}(?: ([a-z]+))?")
_GOOD_BEFORE = cue(
    r"\b(?:got|received|have|had|came|arrived|delivered|used|attended|sent|only|took|opened|kept|keep|keeping|worked?)\s+(?:only\s+|just\s+)?$"
)
_RETURNED = cue(r"\b(?:sent|took|brought|gave|returned|going|send|sending|bring)(?:\s+you)?\s+(?:back\s+)?$")
_GOOD_BEHIND = cue(
    r"^[\w' -]{0,20}?\s(?:arrived|came|works?|worked|turned up|took place|went|sailed|could come|were there|"
    r"(?:are|were) fine|made it)\b"
)
_BAD_BEHIND = cue(rf"^[\w' -]{{0,40}}?\b{_BAD}\b")


_SET = cue(
    rf"\b(?:set|box|pack|case|tray|crate|carton|bag|packet|package|bundle|block|course|series|punnet|sack|lot)\s+of\s+{COUNT}\b",
    rf"\b{COUNT}[ -](?:pack|piece)\b",
)
_THOSE_ONES = cue(  # not: of all
    rf"\b(?:the|those|these|my)\s+(?:\w+\s+)?{_BAD}(?:\s+(?:ones?|[a-z]+))?\b",
    r"\bfor\s+(?:it|them|those|these)\b|\bthe (?:share|part|rest|remaining|remainder)\b",
    r"\bthe one\b|\b(?:that|this) [a-z]+[a-rt-z]\b",
)


def part_of_set(price: str, request: str, text: str) -> float:
    """Which part of what one price is for is asked: 1 / 12 for "a case of 12 jars, one broken ... refund the one".

    ``price``: the words around the price, which have to tell for how many it is.
    """
    some = some_of(text)
    if not some:
        found = _SET.search(price) or _SET.search(text)
        named = {told.n for told in things(price) if told.thing not in TIME}
        every = count_in(found) if found else named.pop() if len(named) == 1 else 0
        k = how_many(request) or (1 if asks_one(request) else 0) or (spoiled(text) if _THOSE_ONES.search(request) else 0)
        return k / every if 0 < k < every else 0.0
    return some[0] / some[1] if _THOSE_ONES.search(request) or how_many(request) == some[0] else 0.0


def spoiled(text: str) -> int:
    """How many of several were no good: "two of them were broken", "3 cokes missing"; 0 for none."""
    some = some_of(text)
    if some:
        return some[0]
    bad = (found for found in _BAD_ONES.finditer(text) if CURRENCY_WORDS.isdisjoint(found[0].split()))
    return count_in(next(bad, None))


def some_of(text: str) -> tuple[int, int] | None:
    """(those that are asked about, all) of "3 of 8": the others where it is told of those that are fine: "we got 18 of 20"."""
    found = _OF.search(text)
    if not found:
        return None
    some, every = counted(found[1]), counted(found[2])
    before, behind = text[max(0, found.start() - 40) : found.start()], text[found.end() :][:60]
    fine = (_GOOD_BEFORE.search(before) and not _RETURNED.search(before)) or _GOOD_BEHIND.search(behind)
    if fine and not _BAD_BEHIND.search(behind):
        some = every - some
    return (some, every) if 0 < some < every else None
