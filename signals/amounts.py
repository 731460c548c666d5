"""Sums of money in a text, as people write them: $1,200.50 · 1.200,50 € · 500 USD · 650 euros · sixty-four quid · the 9.99."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import re2
import yaml

_TOLD = yaml.safe_load((Path(__file__).parent / "currencies.yaml").read_text("utf-8"))
_CURRENCIES: dict[str, str] = {
    word: code for code, told in _TOLD.items() for word in (code.lower(), *told["signs"], *told["words"]) if word
}
_CODES = [code.lower() for code in _TOLD if code]
_SIGNS = [sign for told in _TOLD.values() for sign in told["signs"]]


def _any(words: Iterable[str]) -> str:
    """One pattern for any of them, the longest first; one that begins with a letter begins a word."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join((r"\b" if word[0].isascii() and word[0].isalpha() else "") + re2.escape(word) for word in ordered)


_BEFORE = _any([*_SIGNS, *_CODES])
_AFTER = _any([*(word for told in _TOLD.values() for word in told["words"]), *_SIGNS, *_CODES]).replace(r"\b", "")
_NUMBER = r"\d{1,3}(?:[ ,.']\d{3})+(?:[.,]\d{1,2})?|\d{1,12}(?:[.,]\d{1,2})?"
_TO_TEN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TEENS = ("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_WORDS = {word: n for n, word in enumerate((*_TO_TEN, *_TEENS), 1)}
_WORDS |= {
    word: 10 * n for n, word in enumerate(("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), 2)
}
_SPELT = rf"(?:{'|'.join((*_WORDS, 'hundred', 'thousand'))})"
_MOST = 50  # sums looked at in one text


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors = False, False
    return re2.compile(pattern, options)


_END = r"(?:\b|\s|$|[.,;!?)])"
_MONEY = _compiled(rf"(?:({_BEFORE})\s?({_NUMBER})(k\b)?)|(?:\b({_NUMBER})(k)?\s?({_AFTER}){_END})")
_SPELT_MONEY = _compiled(rf"\b({_SPELT}(?:(?:[\s-]|\sand\s){_SPELT})*)\s({_AFTER}){_END}")
_BARE = _compiled(rf"^\s+(?:me\s+|us\s+)?(?:of\s+|for\s+)?(?:the\s+|my\s+|about\s+|around\s+)?({_NUMBER})(?:\s|$|[.,!?])")
# A number that can only be a price (two decimals), and one that is spoken of as the sum in a sentence about money back.
_PRICE = _compiled(r"(?:^|[\s(])(\d{1,3}(?:[ ,.']\d{3})+[.,]\d{2}|\d{1,7}[.,]\d{2})(?:[\s).,;!?]|$)")
_THE_SUM = _compiled(
    rf"\b(?:the|that|those|these|my|our|of|remaining|full|about|around|other|all)\s({_NUMBER})"
    r"(?:\s(?:back|again|to|for|you|i|we|that|which|from|paid|into|in|on|and|too|please|returned|refunded|credited)\b|\s?[.,;!?]|\s?$)"
)


@dataclass(frozen=True, slots=True)
class Sum:
    """``amount`` in the currency's main unit; ``currency`` ISO 4217, "" when nothing tells it. $ alone is read as USD."""

    amount: int | float
    currency: str


def nearest_amount(text: str, start: int, end: int, sentence: tuple[int, int]) -> Sum | None:
    """The sum that belongs to the words from ``start`` to ``end``: the nearest in their sentence, also one without a currency,
    else the last one before, else the next. A currency that is not told is the only one there is in the text."""
    found = _sums(text)
    inside = [(at, money) for at, money in found if sentence[0] <= at < sentence[1]]
    nearest = _nearest(inside, start, end) or _without_currency(text, start, end, sentence)
    if nearest is None:
        before = [money for at, money in found if at < sentence[0]]
        nearest = before[-1] if before else _nearest(found, start, end)
    if nearest is None or nearest.currency:
        return nearest
    named = {money.currency for _, money in found if money.currency}
    return replace(nearest, currency=named.pop()) if len(named) == 1 else nearest


def _nearest(sums: Iterable[tuple[int, Sum]], start: int, end: int) -> Sum | None:
    return min(sums, key=lambda pair: _distance(pair[0], start, end), default=(0, None))[1]


def _distance(at: int, start: int, end: int) -> int:
    return 0 if start <= at <= end else min(abs(at - start), abs(at - end))


def _without_currency(text: str, start: int, end: int, sentence: tuple[int, int]) -> Sum | None:
    bare = _BARE.search(text[end : end + 60])
    if bare:
        return Sum(_number(bare.group(1)), "")
    own = text[sentence[0] : sentence[1]]
    seen = _PRICE.search(own) or _THE_SUM.search(own)
    return Sum(_number(seen.group(1)), "") if seen else None


def _sums(text: str) -> list[tuple[int, Sum]]:
    """(place, sum) of the first sums with a currency, in order."""
    found: list[tuple[int, Sum]] = []
    for match in _MONEY.finditer(text):
        sign, first, thousand, second, thousands, word = match.groups()
        number = _number(first or second)
        if thousand or thousands:
            number = round(number * 1000)
        found.append((match.start(), Sum(number, _currency(sign or word))))
        if len(found) == _MOST:
            break
    return sorted([*found, *_spelt(text)], key=lambda pair: pair[0])


def _spelt(text: str) -> Iterator[tuple[int, Sum]]:
    """Sums in words: "sixty-four quid", "two hundred and ten dollars", "twenty-two hundred rupees"."""
    for match in _SPELT_MONEY.finditer(text):
        total = group = 0
        for word in match.group(1).lower().replace("-", " ").split():
            if word == "hundred":
                group = max(group, 1) * 100
            elif word == "thousand":
                total, group = total + max(group, 1) * 1000, 0
            elif word != "and":
                group += _WORDS[word]
        yield match.start(), Sum(total + group, _currency(match.group(2)))


def _currency(word: str) -> str:
    return _CURRENCIES.get(word.lower(), "")


def _number(text: str) -> int | float:
    """1,200.50 and 1.200,50 alike: the last separator is a decimal point when one or two digits follow it."""
    digits = text.replace(" ", "").replace("'", "")
    cut = max(digits.rfind("."), digits.rfind(","))
    if cut >= 0 and len(digits) - cut - 1 in (1, 2):
        whole, part = digits[:cut], digits[cut + 1 :]
        value = float(f"{whole.replace('.', '').replace(',', '')}.{part}")
        return int(value) if value.is_integer() else value
    return int(digits.replace(".", "").replace(",", ""))
