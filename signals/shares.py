"""A part of a sum: half of it, 20% of the price, three of twelve months."""

from __future__ import annotations

from dataclasses import replace

from signals.amounts import Sum
from signals.case import Case, added, listed, times
from signals.counting import counts_time, of_a_year, part_of, priced
from signals.cues import cue
from signals.features import words_of
from signals.rates import rated
from signals.several import part_of_set

_PARTS = {"half": 0.5, "third": 1 / 3, "quarter": 0.25, "two thirds": 2 / 3, "three quarters": 0.75}
_OF_IT = r"(?:it|that|this|those|back|price|money|would|is fair|(?:the|my|our|his|her|their|what|a refund)\b)"
_PART = cue(
    rf"\b(two[ -]thirds|three[ -]quarters|half|(?:a|one) (?:third|quarter))\s+(?:of\s+)?{_OF_IT}",
    r"\b(half|a third|a quarter)\s+(?:of|for)\s+(?:each|both|every)\b",
    r"\b(?:reduction|refund|part|share|discount) of (half|a third|a quarter)\b",
    r"\bthe other (half)\b|\b(half)\s*[.,!?]?\s*$",
)
_EACH = cue(r"\b(?:of|for)\s+(?:each|both|every|all)\b|\bthe price of (?:each|both|all)\b|\beach\b")
_PART_BESIDE = cue(r"\b(half)\s+(?:of\s+)?(?:(?:the|my|our|that|those)\s+)*$")
_RECKONED = cue(
    r"\b(?:half|third|quarter|%)\b[^.;!?]*[,(:]\s*(?:so|i\.e\.|that is|that's|about|around|roughly)?\s*$"
)  # "a third, 8 pounds"
_OF_A_FEE = cue(
    r"^\s*(?:[a-z]+\s+){0,3}(fees?|charges?|vat|tax|penalty|interest|deductible|commission|surcharge)\b"
)  # 3% of which is taken, not given
_OF_IT_ALL = cue(r"^\s*(?:[a-z]+\s+)?(?:of|on|off|credit|refund|back|discount|rebate|reduction)\b")
_NEAR = 40  # characters around a percentage that say whether it was taken off
_DOUBLE = cue(r"^[^.!?]{0,20}\b(?:double|twice)\s+(?:what|the|as much|my|our)\b")
_N = r"(\d{1,2}(?:[.,]\d)?)\s?(?:%|per ?cent)"
_PERCENT_BESIDE = cue(rf"\b{_N}\s+(?:of|on)\s+(?:\w+\s+){{0,4}}[\s($€£]*$")
_PERCENT = cue(  # with what it is of, where that is said
    rf"\b(?:the|your|those|that)\s+(?:\w+\s+)?{_N}([^.!?]{{0,40}})",
    rf"\b{_N}\s+(?:of|off|back|refund|discount|credit|reduction|compensation|rebate|"
    r"(?:service|price|partial) (?:credit|reduction|refund))\b([^.!?]{0,40})",
    rf"\b(?:refund|credit|discount|rebate|reduc\w+|compensation|code|coupon)\s+(?:\w+\s+){{0,3}}?(?:of|by|for|over)\s+{_N}",
    rf"\b(?:refund|return|credit|offer|give|pay back)\s+(?:(?:you|me|us)\s+)?{_N}",
    rf"\b(?:say|take|do|accept|(?:fine|happy|ok|okay|content|live|go) with|(?:settle|go) for)\s+{_N}",
    rf"^\W*{_N}\s+(?:it is|then|please)\b",
)


# What is taken off, and the customer agrees with: "keep your 10 % and send the rest". Not: what is given.
_KEPT_PERCENT = cue(
    rf"\b(?:keeps?|kept|minus|less|deduct\w*|retain\w*|withh\w+|subtract\w*|without|take off)\s+(?:[a-z']+\s+){{0,3}}?{_N}",
    rf"\b{_N}\s+(?:[a-z-]+\s+){{0,2}}(?:fee|charge|deduction|penalty|commission)\b",
    rf"\b(?:cancel\w*|fees?|charges?|penalty|deduction)\b[^.;!?]{{0,40}}?\b(?:costs?|is|of|are|was|comes to)\s+(?:only\s+)?{_N}",
)
_THE_REST = cue(
    r"\b(?:the (?:rest|remainder|balance|remaining)|remain\w*|what(?:'s| is| was) left|everything else|minus|less|without)\b"
)
_WHAT_WAS_PAID = cue(r"\b(?:what|price|amount|sum|money) (?:that )?(?:i|we)(?:'d| had|'ve| have)? (?:actually )?paid\b")
_TAG = cue(r"\b(?:listed|advertised|label\w*|price tag|list price|normal|regular|usual|normally|usually)\b")
_HAD = cue(rf"\b(?:had|got|with|after|used|worked|applied|including|incl\.?)\s+(?:[a-z0-9']+\s+){{0,4}}?{_N}")
_NOT_HAD = cue(
    r"\b(?:should(?:'ve| have)?|would(?:'ve| have)|ought|supposed|entitled|promised|not|never|without|ignored|refused|"
    r"forg[eo]t\w*|missing|instead|all the same|full price|nothing)\b|n't\b"
)


def less_percent(case: Case) -> Sum | None:
    """A sum less the percentage that is kept: "keep your 10 % for restocking, please transfer the rest"."""
    kept = _KEPT_PERCENT.search(case.text) if _THE_REST.search(case.request) else None
    wholes = {one.found.money for one in case.some if not one.given}
    if not kept or len(wholes) != 1:
        return None
    return times(wholes.pop(), 1 - _percent(next(filter(None, kept.groups()))))


def discounted(case: Case) -> Sum | None:
    """What was paid of a list price: "it's listed at 95, and I had 10% off on all, please refund what I paid for it"."""
    had = _HAD.search(case.text) if _WHAT_WAS_PAID.search(case.request) and _was_had(case.text) else None
    tags = {one.found.money for one in case.some if one.ought and _TAG.search(one.left)}
    return times(tags.pop(), 1 - _percent(had[1])) if had and len(tags) == 1 else None


def part_beside(case: Case) -> Sum | None:
    """A part of the sum beside it: "half of the 80", "20% of 300"."""
    for one in case.some:
        percent = _PERCENT_BESIDE.search(one.left)
        half = _PART_BESIDE.search(one.left) or _DOUBLE.search(one.right)
        share = _percent(percent[1]) if percent else 0.5 if half else 0.0
        if share and not one.inside:
            share = _asked(case)[0] or share  # "you keep 10% of the 2,000, please refund 90%"
        if share and not any(other.inside and other.asked and other is not one for other in case.some):
            return times(one.found.money, share)
    return None


def part_of_rate(case: Case) -> Sum | None:
    """A part of a price per piece and time: "24 per hour and kayak ... half of the money back"."""
    share = _asked(case)[0]
    whole = rated(case) if share else None
    return times(whole, share) if whole else None


def part(case: Case) -> Sum | None:
    """A part of what is told elsewhere: "20% of the price", "half of it"."""
    share, of = _asked(case)
    if not share:
        return None
    results = {one.found.money for one in case.open() if one.result or (one.inside and _RECKONED.search(one.left))}
    if len(results) == 1:  # they reckoned it themselves
        return results.pop()
    some = part_of(case.request, case.text)  # "half of the price for the four nights", of seven
    whole = (_of_each(case) if some or _EACH.search(case.request) else None) or _whole(case, set(words_of(of)))
    return times(whole, share * (some if some and not _per_piece(case) else 1)) if whole else None


def _of_each(case: Case) -> Sum | None:
    """All of which a part is asked: a price per piece times how many, else the sums that are told in one breath."""
    some = case.open()
    return priced(case) if _per_piece(case) else added(some) if listed(some) else None


def _per_piece(case: Case) -> bool:
    return any(one.each or one.unit for one in case.open())


def part_of_year(case: Case) -> Sum | None:
    """The unused months of a price that was paid for a year."""
    wholes = {one.found.money for one in case.open() if one.unit in ("", "year")}
    share = of_a_year(case.bare or case.request, case.text) if len(wholes) == 1 else 0.0
    return times(wholes.pop(), share) if share else None


def taken_up(case: Case) -> Sum | None:
    """A part that is named where no sum is: "let's do the 15 % then", "half is fine"."""
    return part(replace(case, request=case.bare)) if case.bare and _asked(replace(case, request=case.bare, text=""))[0] else None


def pro_rata(case: Case) -> Sum | None:
    """Some of the things that one price is for: "1,200 for 12 months, please refund three months"."""
    if case.asks_one_of() or any(one.given for one in case.some):
        return None
    days = counts_time(case.request)
    wholes = {one.found.money for one in case.open() if not (one.each or one.unit) or (days and one.unit == "month")}
    if len(wholes) != 1:
        return None
    share = part_of(case.bare, case.text) or part_of(case.request, case.text)
    if not share and len(case.some) == 1:
        [one] = case.some
        share = part_of_set(f"{one.left}{one.right}", case.request, case.text)
    return times(wholes.pop(), share) if share else None


def _asked(case: Case) -> tuple[float, str]:
    """The share that is asked, 0 for none, and the words that say of what."""
    named = _PART.search(case.request)
    percent = _PERCENT.search(case.request) or (None if named or _was_had(case.text) else _PERCENT.search(case.text))
    behind = (percent[2] or percent[4] or "") if percent else ""
    fee = _OF_A_FEE.search(behind)
    if percent and (not fee or _OF_IT_ALL.search(behind) or fee[1] in case.request):
        number = percent[1] or percent[3] or percent[5] or percent[6] or percent[7] or percent[8]
        return _percent(number), percent[2] or percent[4] or ""
    word = next(filter(None, named.groups())) if named else ""
    return _PARTS.get(word.replace("-", " ").removeprefix("a ").removeprefix("one "), 0.0), ""


def _was_had(text: str) -> bool:
    """Whether a percentage was taken off already: "I got 5% off, so I paid 57"."""
    had = _HAD.search(text)
    return had is not None and not _NOT_HAD.search(text[max(0, had.start() - _NEAR) : had.end() + _NEAR])


def _percent(number: str) -> float:
    return float(number.replace(",", ".")) / 100


def _whole(case: Case, named: set[str]) -> Sum | None:
    """The sum of which a part is asked: the one that is named so, paid, or the largest."""
    every = case.open() or [one for one in case.some if not one.given]
    ranked = [(len(named.intersection(words_of(one.left))), one.took or one.total, one.amount, n) for n, one in enumerate(every)]
    return every[max(ranked)[-1]].found.money if ranked else None
