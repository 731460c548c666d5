"""Which sum a customer wants back: of all sums in a thread the one a request is about, or what follows from two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from escalation.ticket import Message
from signals.amounts import NUMBER_WORDS, Sum, sums
from signals.cues import Told, cue, told
from signals.features import words_of
from signals.languages import everyday
from signals.text import Sentences, sentences
from signals.turns import Turn, advice_before
from signals.wordlists import wordlist

Asked = tuple[int, int]  # first and last character of the words that ask

_MOST_ADVICE = 2000  # characters
_FAR = 400  # characters; farther than that is all the same
_WORDS_BEFORE, _WORDS_BEHIND = 8, 4  # that name what a sum was for
_OF_MONEY = wordlist("of_money")
_PLAIN = everyday("en") | _OF_MONEY
# What a request says about sums that stand elsewhere.
_DIFFERENCE = cue(
    r"\b(?:difference|the rest|the extra|excess|overpa\w+|overcharg\w+|surplus|too much|in between|between (?:them|the two))\b"
)
_SEVERAL = cue(r"\b(?:both|all (?:of )?(?:three|four|five|six|them)|all \w+ of them)\b")
_SECOND = cue(
    r"\b(?:second|latter|other|last|later)\s+(?:one|charge|payment|amount)\b|\bthe (?:second|latter)\s?(?:[.,!?]|please|of)"
)
_FIRST = cue(r"\b(?:first|former|earlier)\s+(?:one|charge|payment|amount)\b|\bthe former\b")
_ONE_OF = cue(r"\b(?:duplicate|twice|double|one of|second|other|again)\b")
_HALF = cue(r"\bhalf\b")
# What makes a part or a difference of the sum beside it.
_HALF_OF = cue(r"\bhalf\s+(?:of\s+)?(?:(?:the|my|our|that|those)\s+)*$")
_PERCENT_OF = cue(r"\b(\d{1,2}(?:[.,]\d)?)\s?(?:%|per ?cent)\s+of\s+(?:\w+\s+){0,3}\W*$")
_DOUBLE = cue(r"^[^.!?]{0,20}\b(?:double|twice)\s+(?:what|the|as much|my|our)\b")
_SURPLUS = cue(r"^\W*(?:too much|extra|overpaid|in excess)\b")
_AND = cue(r"\b(?:and|plus|together with|as well as)\s+(?:also\s+)?(?:the|my|our|another|those)?\s*$")
_UNITS = cue(r"\b(two|three|four|five|six|seven|eight|nine|ten|\d{1,2})\s+(?:[a-z-]+\s+)?[a-z-]+s\b")


def wanted(asks: Sequence[tuple[Turn, Asked]], own: Sequence[Turn], messages: Sequence[Message]) -> Sum | None:
    """The sum that the latest request is about, None when no sum is told.

    It stands in the request's message; else in the answer that the customer takes up, in what they wrote before, or after.
    """
    by_place: dict[int, tuple[Turn, list[Asked]]] = {}
    for turn, at in asks:
        by_place.setdefault(turn.place, (turn, []))[1].append(at)
    newest = sorted(by_place.values(), key=lambda pair: -pair[0].place)
    money = next(filter(None, (in_message(turn.text, places) for turn, places in newest)), None)
    if money is None and newest:
        latest, places = newest[0]
        said = " ".join(latest.text[start:end] for start, end in _sentences(sentences(latest.text), places))
        money = next(filter(None, (in_message(text, (), said) for text in _elsewhere(latest, own, messages))), None)
    if money is None or money.currency:
        return money
    named = {found.money.currency for turn in own for found in sums(turn.text) if found.money.currency}
    return replace(money, currency=named.pop()) if len(named) == 1 else money


def _elsewhere(latest: Turn, own: Sequence[Turn], messages: Sequence[Message]) -> Iterator[str]:
    """The texts beside a request that may tell its sum, the likeliest first."""
    yield advice_before(messages, latest.place)[:_MOST_ADVICE]
    yield from (turn.text for turn in reversed(own) if turn.place < latest.place)
    yield from (turn.text for turn in own if turn.place > latest.place)


def in_message(text: str, asks: Sequence[Asked], said: str = "") -> Sum | None:
    """The sum in one message that a request in it is about, or a request ``said`` elsewhere."""
    found = sums(text)
    if not found:
        return None
    ends = sentences(text)
    own = _sentences(ends, asks)
    request = (said or " ".join(text[start:end] for start, end in own)).lower()
    every = (told(text, found, n, ends, own) for n in range(len(found)))
    some = [one for one in every if not one.found.weak or one.inside or one.took]
    return _derived(some, request, text) or _likeliest(some, request, asks) if some else None


def _sentences(ends: Sentences, asks: Iterable[Asked]) -> list[Asked]:
    return sorted({ends.around(start, end) for start, end in asks})


def _derived(some: Sequence[Told], request: str, text: str) -> Sum | None:
    """What is asked as a part of one sum, as the difference of two, or by its place."""
    for one in some:
        percent = _PERCENT_OF.search(one.left)
        half = _HALF_OF.search(one.left) or _DOUBLE.search(one.right)
        share = float(percent[1].replace(",", ".")) / 100 if percent else 0.5 if half else 0.0
        if share and not any(other.inside and other.asked and other is not one for other in some):
            return _times(one, share)
    if any(((one.inside and one.asked) or _SURPLUS.search(one.right)) and not one.kept and not one.ought for one in some):
        return None
    if _DIFFERENCE.search(request):
        return _difference(some)
    units = _UNITS.search(text.lower()) if _SEVERAL.search(request) else None
    if units and some[0].each and len({one.found.money.amount for one in some}) == 1:
        return _times(some[0], NUMBER_WORDS.get(units[1]) or float(units[1]))
    if len(some) > 1 and _SECOND.search(request):
        return some[1].found.money
    if len(some) > 1 and _FIRST.search(request):
        return some[0].found.money
    return None


def _difference(some: Sequence[Told]) -> Sum | None:
    """What was taken less what it should have been; of two sums their difference whatever is said of them."""
    ought = [one.found.money for one in some if one.ought]
    pairs = [(one.found.money, b) for one in some if not one.ought for b in ought if one.found.money.amount > b.amount]
    distinct = sorted({one.found.money for one in some}, key=lambda money: money.amount)
    if len({money.currency for money in distinct} - {""}) > 1:
        return None
    if len(pairs) != 1 and len(distinct) == 2:
        pairs = [(distinct[1], distinct[0])]
    return replace(pairs[0][0], amount=_round(pairs[0][0].amount - pairs[0][1].amount)) if len(pairs) == 1 else None


def _likeliest(some: Sequence[Told], request: str, asks: Sequence[Asked]) -> Sum | None:
    words = set(words_of(request)) - _PLAIN
    one_of = _ONE_OF.search(request)
    totals = {2 * one.found.money.amount for one in some} if one_of else set()  # of two alike: not both together
    beside = any(one.inside and one.found.told for one in some)
    scores = [
        _score(one, words, asks) - 2 * (one.found.money.amount in totals) - 2.5 * (beside and one.found.weak) for one in some
    ]
    n = max(range(len(some)), key=lambda n: (scores[n], n))
    best = some[n]
    if best.kept or (best.ought and not best.asked) or (best.each and not (best.count or best.inside or best.took)):
        return None
    if best.count and not one_of:
        return _times(best, best.count)
    if not best.inside and _HALF.search(request):
        return _times(best, 0.5)
    following = some[n + 1] if n + 1 < len(some) and best.asked else None
    if following and following.inside and _AND.search(following.left) and not (following.kept or following.each):
        return replace(best.found.money, amount=_round(best.found.money.amount + following.found.money.amount))
    return best.found.money


def _score(one: Told, words: set[str], asks: Sequence[Asked]) -> float:
    """How much speaks for a sum: bound to the request, of what the request names, near it."""
    score = one.weight + 2 * one.inside + 3 * one.asked - 3 * one.kept - 1.5 * one.ought - one.each + 0.3 * one.took
    if not one.inside:
        near = [*words_of(one.left)[-_WORDS_BEFORE:], *words_of(one.right)[:_WORDS_BEHIND]]
        score += 1.2 * min(2, len(words.intersection(near)))
    if asks:
        at = one.found.start
        score -= min(_FAR, *(0 if start <= at < end else min(abs(at - start), abs(at - end)) for start, end in asks)) / _FAR
        score -= 0.5 * (not one.inside and all(at > end for _, end in asks))
    return score


def _times(one: Told, share: float) -> Sum:
    return replace(one.found.money, amount=_round(one.found.money.amount * share))


def _round(amount: float) -> int | float:
    value = round(amount, 2)
    return int(value) if value == int(value) else value
