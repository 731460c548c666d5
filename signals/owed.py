"""Which sum a customer wants back: of all sums in a thread the one a request is about, or what follows from two of them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice

from escalation.ticket import Message, Role
from signals.abroad import reckoned
from signals.amounts import Sum, sums
from signals.case import Case, added, adds_up, goes_on, less, same_currency, times
from signals.cues import Told, cue, told
from signals.derived import derived
from signals.features import words_of
from signals.languages import everyday
from signals.numbers import rounded
from signals.offers import MOST_ADVICE, advice, declines, offered
from signals.quantities import asks_one, how_many
from signals.text import Sentences, sentences
from signals.turns import Turn
from signals.wordlists import wordlist

Asked = tuple[int, int]  # first and last character of the words that ask

_MOST_OF_TEAM = 5  # messages
_FAR = 400  # characters; farther than that is all the same
_WORDS_BEFORE, _WORDS_BEHIND = 8, 4  # that name what a sum was for
_OF_MONEY = wordlist("of_money")
_PLAIN = everyday("en") | _OF_MONEY
_PRICED = cue(
    r"\b(?:costs?|paid|price|used|up|which)\s*:?\s*$",
    r"\b(?:and|plus)\s+(?:an?|the|my|our)\s+[\w-]+(?:\s+for)?\s*$|\b(?:and|plus)\s+another\s+$",
    r"\b(?:deduct|subtract|withhold)\s+$",
)
_BACK = cue(r"^\s*back\b")
_WAS = cue(r"\b(?:it|they|each|[a-z]{4,})\s+(?:was|were)\s*$")
_ENDS = cue(r"^\s*(?:[.,;!?)]|$|and\b|but\b|which\b|for (?:the|a|an)\b)")
_AND_MORE = re.compile(r",|\b(?:and|plus|but)\b")
_RECKONS = cue(
    r"\b(?:hal(?:f|ves)|thirds?|quarters?|difference|rest|remain\w*|balance|share|parts?|percent\w*|per cent|pro[- ]?rata\w*|"
    r"proportion\w*|both|all|every\w*|each|unused|much|extra|double|twice|duplicate|one of|second|first|last|other|"
    r"latter|another)\b|%"
)
_JOINS = cue(r"\b(?:and|plus|as well as|both)\b")
_WAIVE = cue(r"\b(?:waiv|revers|undo|remov|tak\w* off)\w*")
_FEE = cue(r"^\s+(?:[\w-]+\s+){0,2}(?:fee|charge|fine|penalty|surcharge|interest|tip)s?\b")
_STAYS = cue(
    r"\b(?:keep|keeping|kept)\s+(?:the|my|our|that)\s+([a-z]+)\b",
    r"\bthe\s+([a-z]+)\s+(?:is|are|was|were)\s+(?:correct|right|fine|ok|okay)\b",
)
_REST = cue(r"\b(?:the (?:rest|remainder|balance)|remaining|what(?:'s| is) left)\b")
_OFF = cue(r"\b(?:take|deduct|keep|subtract|withhold|less|minus|lose|losing|without)\s+(?:the\s+|your\s+|those\s+|off\s+)*$")
_TAKEN_OFF = cue(r"\b(?:tak(?:e|en|ing) (?:it )?off|deduct\w*|keep|withh\w+|subtract\w*|less|minus|cleaning|fee)\b")
_HERE = cue(
    r"^(?:\s+[\w-]+){0,2}\s+(?:is|are|was|has|have)\s+(?:already\s+|now\s+)?(?:here|there|arrived|landed|come)\b", r"^\s*off\b"
)
_THINGS_BEHIND = cue(r"^\s+[a-z]{3,}s\b")
_COUNTED = cue(
    r"\b(?:those|these|(?:the|our|my|your|for|and|of) (?:bill|invoice)|order|booking|room|ticket|number|berth|seat|row|page|line|"
    r"unit|version)\s+#?$"
)
_NO_THINGS = cue(r"^\s+(?:plus|less|this|minus|thanks|does|was|has|pls|bucks|always|perhaps|sometimes|yes)\b")
_SENT_BACK = re.compile(  # names what is to be paid for: "boots and belt are on their way back to you"
    r"(?i)\b(?:(?:sent|send|sending|brought|shipped|posted|gave|handed)\s+(?:\w+\s+){0,4}?back|on (?:its|their|the) way back|"
    r"(?:i|we|have|has|been|was|were)\s+returned)\b"
)
_AND = cue(r"\b(?:and|plus|together with|as well as)\s+(?:also\s+|of course\s+|naturally\s+)?(?:the|my|our|another|those)?\s*$")


def wanted(asks: Sequence[tuple[Turn, Asked]], own: Sequence[Turn], messages: Sequence[Message]) -> Sum | None:
    """The sum that the latest request is about, None when no sum is told.

    It stands in the request's message; else in the answer that the customer takes up, in what they wrote before, or after.
    """
    by_place: dict[int, tuple[Turn, list[Asked]]] = {}
    for turn, at in asks:
        by_place.setdefault(turn.place, (turn, []))[1].append(at)
    newest = sorted(by_place.values(), key=lambda pair: -pair[0].place)
    money = next(filter(None, _asked_for(newest, own, messages)), None)
    if money is None or money.currency:
        return money
    named = {found.money.currency for turn in own for found in sums(turn.text) if found.money.currency}
    return replace(money, currency=named.pop()) if len(named) == 1 else money


def _asked_for(
    newest: Sequence[tuple[Turn, list[Asked]]], own: Sequence[Turn], messages: Sequence[Message]
) -> Iterator[Sum | None]:
    """The sums that the requests may be about, the likeliest first."""
    if not newest:
        return
    latest, places = newest[0]
    said = " ".join(latest.text[start:end] for start, end in _sentences(sentences(latest.text), places))
    yield _the_rest(latest, said, newest, own, messages)
    yield in_message(latest.text, places)
    offer = "" if declines(latest.text) else offered(messages, latest.place)
    yield in_message(offer, (), said)
    said = f"{said if sums(latest.text) else latest.text} {offer}"  # "30% back" of what the customer told before
    yield from (in_message(turn.text, places, said) for turn, places in newest[1:])
    yield from (in_message(text, (), said) for text in _elsewhere(latest, own, messages))


def _the_rest(
    latest: Turn, said: str, newest: Sequence[tuple[Turn, list[Asked]]], own: Sequence[Turn], messages: Sequence[Message]
) -> Sum | None:
    """What is left of a sum told earlier: "the 41.20 is here, but the remainder is not", "take the 25 off and send the rest"."""
    if not _REST.search(said.lower()):
        return None
    text = latest.text if sums(latest.text) else advice(messages, latest.place)
    found = sums(text)
    if len({one.money.amount for one in found}) != 1:
        return None
    part = told(text, found, 0, sentences(text), ())
    of_ours = text is not latest.text and _TAKEN_OFF.search(text.lower())
    if not (part.given or part.kept or part.got or of_ours or _OFF.search(part.left) or _HERE.search(part.right)):
        return None
    asked = (in_message(turn.text, places) for turn, places in newest[1:])
    before = (in_message(turn.text, (), said) for turn in reversed(own) if turn.place < latest.place)
    whole = next(filter(None, chain(asked, before)), None)
    if whole is None or whole.amount <= part.amount or not same_currency((whole, part.found.money)):
        return None
    return less(whole, part.found.money)


def _elsewhere(latest: Turn, own: Sequence[Turn], messages: Sequence[Message]) -> Iterator[str]:
    """The texts beside a request that may tell its sum, the likeliest first."""
    yield from (turn.text for turn in reversed(own) if turn.place < latest.place)
    yield advice(messages, latest.place)
    yield from (turn.text for turn in own if turn.place > latest.place)
    team = (m.text for m in reversed(messages[: latest.place]) if m.public and m.author.role in (Role.AGENT, Role.BOT))
    yield from (text[:MOST_ADVICE] for text in islice(team, _MOST_OF_TEAM))


def in_message(text: str, asks: Sequence[Asked], said: str = "") -> Sum | None:
    """The sum in one message that a request in it is about, or a request ``said`` elsewhere."""
    found = sums(text)
    if not found:
        return None
    ends = sentences(text)
    own = _sentences(ends, asks)
    request = " ".join([said, *(text[start:end] for start, end in own)]).lower()
    every = [one for one in (told(text, found, n, ends, own) for n in range(len(found))) if one.amount]
    is_sure = [not one.found.weak or _can_be_money(one) for one in every]
    amounts = {one.amount for one, sure in zip(every, is_sure, strict=True) if sure}
    some = [one for one, sure in zip(every, is_sure, strict=True) if sure or (one.amount in amounts and goes_on(one))]
    if len(some) > 1:
        stays = {word for kept in _STAYS.finditer(text.lower()) for word in words_of(kept[1] or kept[2])} - _PLAIN
        some = [replace(one, kept=True) if not stays.isdisjoint(_names(one)) else one for one in some]
    settled = {one.amount for one in some if one.kept or one.given}  # wherever else it is told
    some = [replace(one, kept=True) if one.amount in settled and not (one.asked or one.given) else one for one in some]
    back = _sentences(ends, (found.span() for found in _SENT_BACK.finditer(text)))
    bare = " ".join(
        text[start:end] for start, end in dict.fromkeys([*own, *back]) if not any(start <= one.found.start < end for one in some)
    )
    case = Case(some, request, text.lower(), f"{said} {bare}".lower())
    if not some:
        return None
    return reckoned(case) or _named_together(case) or _named_alone(case) or derived(case) or _likeliest(case, asks)


def _named_together(case: Case) -> Sum | None:
    """Several sums that the words which ask name and do not tell: "the deposit and the fee", "the interest for both months"."""
    words = _telling(case.bare)
    named = [one for one in case.open() if not words.isdisjoint(_beside(one))] if words else []
    count = how_many(case.bare)
    if len(named) < 2 or len({one.amount for one in named}) < 2 or any(one.each or one.total or one.result for one in named):
        return None
    several = {min(words.intersection(_beside(one))) for one in named}
    apart = len(several) == len(named) and _JOINS.search(case.bare) is not None
    return added(named) if len(named) == count or (not count and apart) else None


def _named_alone(case: Case) -> Sum | None:
    """The one sum of several that the words which ask name: "64 joining fee plus 40 for the month ... the joining fee back"."""
    words = _telling(case.bare)
    if not words or _RECKONS.search(case.bare) or how_many(case.bare):
        return None
    named = [one for one in case.open() if not words.isdisjoint(_beside(one))]
    alone = len({one.amount for one in named}) == 1 < len({one.amount for one in case.some})
    return named[0].found.money if alone and not (named[0].each or named[0].total or named[0].count) else None


def _telling(text: str) -> set[str]:
    """The words of a request that may name what a sum was for."""
    return {word for word in words_of(text) if len(word) > 2 and word.isalpha()} - _PLAIN


def _beside(one: Told) -> list[str]:
    """The words right beside a sum: "the fee of 40", "75 delivery"; not those of the sum before: "64 fee plus 40"."""
    return [*words_of(_AND_MORE.split(one.left)[-1])[-2:], *_behind(one, 2)]


def _names(one: Told) -> list[str]:
    """The words that name what a sum was for: those just beside it."""
    return [*words_of(one.left)[-3:], *_behind(one, _WORDS_BEHIND)]


def _behind(one: Told, most: int) -> list[str]:
    """The words behind a sum that are said of it: "75 delivery", not "72 and delivery"."""
    return words_of(_AND_MORE.split(one.right)[0])[:most]


def _sentences(ends: Sentences, asks: Iterable[Asked]) -> list[Asked]:
    return sorted({ends.around(start, end) for start, end in asks})


def _can_be_money(one: Told) -> bool:
    """Whether a number without a currency, like any other, may be a sum: not "42 users", "those 14", "room 14"."""
    things = _THINGS_BEHIND.search(one.right) is not None
    counts = (things and not _NO_THINGS.search(one.right)) or (not one.each and _COUNTED.search(one.left))
    return (one.inside or _is_price(one)) and not counts


def _is_price(one: Told) -> bool:
    """Whether a number without a currency, like any other, was told as a price: "it was 89", "60 each"."""
    if one.took or one.ought or one.given or one.got or one.each or _PRICED.search(one.left) or _BACK.search(one.right):
        return True
    return _WAS.search(one.left) is not None and _ENDS.search(one.right) is not None


def _likeliest(case: Case, asks: Sequence[Asked]) -> Sum | None:
    some, request = case.some, case.request
    words, bare = _telling(request), _telling(case.bare)
    fee = _WAIVE.search(request) is not None
    one_of = case.asks_one_of()
    totals = {2 * one.found.money.amount for one in some} if one_of else set()  # of two alike: not both together
    beside = any(one.inside and one.found.told for one in some)
    scores = [
        _score(one, bare if one.inside else words, asks)
        + 0.8 * (fee and _FEE.search(one.right) is not None)
        - 2 * (one.found.money.amount in totals)
        - 2.5 * (beside and one.found.weak)
        for one in some
    ]
    scores = [score + (4 if _sums_up(some, n) else 0.8) * adds_up(some, n) for n, score in enumerate(scores)]
    n = max(range(len(some)), key=lambda n: (scores[n], n))
    best = some[n]
    if not _can_be(best):
        return None
    if best.count and not one_of and not asks_one(request):
        return times(best.found.money, how_many(request) or best.count)
    following = some[n + 1] if n + 1 < len(some) and best.asked else None
    if following and following.inside and _AND.search(following.left) and not (following.kept or following.each):
        return replace(best.found.money, amount=rounded(best.found.money.amount + following.found.money.amount))
    return best.found.money


def _sums_up(some: Sequence[Told], n: int) -> bool:
    """Whether a total is told of what is asked just before it: "both need to come back. Total 325"."""
    return n > 0 and (some[n].total or some[n].result) and (some[n].inside or some[n - 1].inside)


def _can_be(best: Told) -> bool:
    """Whether the likeliest sum can be asked back: it is not kept, no fair price, and not the price of one piece alone."""
    if best.kept or best.given or (best.ought and not (best.asked or best.took)):
        return False
    return not best.each or best.inside or best.took or best.count > 0


def _score(one: Told, words: set[str], asks: Sequence[Asked]) -> float:
    """How much speaks for a sum: bound to the request, of what the request names, near it."""
    score = (
        one.weight
        + 2 * one.inside
        + (3 if one.inside else 1) * one.asked
        - 3 * (one.kept or one.given)
        - 1.5 * one.ought
        - one.each
        + 0.3 * one.took
    )
    before, behind = words_of(_AND_MORE.split(one.left)[-1])[-_WORDS_BEFORE:], _behind(one, _WORDS_BEHIND)
    beside = 0.5 * len(words.intersection(behind[:2]).difference(before))
    score += 1.2 * min(2, len(words.intersection(before)) + 0.5 * len(words.intersection(behind).difference(before)) + beside)
    if asks:
        at = one.found.start
        score -= min(_FAR, *(0 if start <= at < end else min(abs(at - start), abs(at - end)) for start, end in asks)) / _FAR
        score -= 0.5 * (not one.inside and all(at > end for _, end in asks))
    return score
