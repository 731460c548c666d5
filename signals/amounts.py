"""Sums of money in a text, as people write them: $1,200.50 · 1.200,50 € · 500 USD · 650 euros · sixty-four quid · the 9.99."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import re2
import yaml

from signals.wordlists import wordlist

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
NUMBER_WORDS = {word: n for n, word in enumerate((*_TO_TEN, *_TEENS), 1)}
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS |= {word: 10 * n for n, word in enumerate(_TENS, 2)}
_SPELT = rf"(?:{'|'.join((*NUMBER_WORDS, 'hundred', 'thousand'))})"
_MOST = 50  # sums looked at in one text


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors = False, False
    return re2.compile(pattern, options)


_END = r"(?:\b|\s|$|[.,;!?)])"
_CENTS = r"(?:(\d\d)\b|\s(?:and\s)?(\d\d)(?:\s(?:pence|cents?)\b|[.,;!?)]|$)|" + _END + ")"  # 58€20, 74 euros 90
_MONEY = _compiled(rf"(?:({_BEFORE})\s?({_NUMBER})(k\b)?)|(?:\b({_NUMBER})(k)?\s?({_AFTER}){_CENTS})")
_SEVERAL = rf"{_SPELT}(?:(?:[\s-]|\sand\s){_SPELT})*"
_SPELT_CENTS = rf"(?:\s(?:and\s)?((?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_TO_TEN[:9])}))?))?"
_SPELT_MONEY = _compiled(rf"\b({_SEVERAL})\s({_AFTER}){_SPELT_CENTS}{_END}")
_GOES_ON = (
    r"back|again|be|to|put|that|than|from|for|in|comes?|goes|which|must|ought|should|can|may|has|have|is|was|will|of|too|you|i|we"
)
_SPELT_ALONE = _compiled(rf"\b(?:the|my|our|that|those)\s({_SEVERAL})(?:\s(?:{_GOES_ON})\b|[.,;!?]|$)")
_LEAST_ALONE = 20  # "the two of them" is no sum
_NUMBERS = _compiled(_NUMBER)
# A number without a currency is a sum where the word before says so and no thing that is counted follows.
_SPOKEN_OF = wordlist("before_a_sum")
_COUNTED = re.compile(
    r"\s+(?:(?!is\b|was\b|has\b|as\b|plus\b|less\b|us\b|this\b|thus\b|goes\b|comes\b|belongs\b|cos\b|makes\b)[a-z]+s|people|persons?|percent|"
    r"year|month|week|day|night|seat|piece|box|star|point|hour|minute|mins?|hrs?|am|pm|gb|mb|tb|km|m2|kg|ms|"
    r"[a-z]+ (?:people|seats|users|days))\b|\s?(?:%|[x\u00d7*]\s?\d)"
)
_IS_BACK = re.compile(
    r"\W*(?:(?:is|are)\s+(?:due|owed)|back|extra|in total|(?:to be\s+)?(?:returned|refunded|credited|repaid))\b"
)
_NAMES = re.compile(
    r"(?:#|\b(?:order|orders|no|nr|number|invoice|booking|ref|reference|case|ticket|contract|version|card|ending|in|page|line|row|"
    r"day|days|room|account|article|clause|step|id|flight|receipt|code|chapter|section|option|jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|"
    r"june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*))\.?:?\s?$"
)
_A_DAY = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])")
_ON_A_DAY = re.compile(r"\b(?:on|since|until|till|by|from|and|dated|of|before|after)\s+(?:the\s+)?$")
_TIMES = re.compile(r"\d\s?[x\u00d7*]\s?$")
_LAST_WORD = re.compile(r"([\w']+)[\s(\"'=:~]*$")
_BEFORE_NUMBER, _AFTER_NUMBER = " \t\n(\"'=:~", " \t\n.,;!?)\"'/"


@dataclass(frozen=True, slots=True)
class Sum:
    """``amount`` in the currency's main unit; ``currency`` ISO 4217, "" when nothing tells it. $ alone is read as USD."""

    amount: int | float
    currency: str


@dataclass(frozen=True, slots=True)
class Found:
    """A sum and its place; ``told`` when a currency says that it is money."""

    start: int
    end: int
    money: Sum
    told: bool = True
    weak: bool = False  # no currency, and a number like any other: 40, not 40.00 and not 1,400


@lru_cache(maxsize=64)  # a thread's texts are looked at several times in one reading
def sums(text: str) -> tuple[Found, ...]:
    """The first sums of a text in order, also numbers that are spoken of as sums; a currency that is not told is the only one."""
    found: list[Found] = []
    for match in _MONEY.finditer(text):
        sign, first, thousand, second, thousands, word, *cents = match.groups()
        number = _number(first or second) + int(cents[0] or cents[1] or 0) / 100
        number = int(number) if number == int(number) else round(number, 2)
        if thousand or thousands:
            number = round(number * 1000)
        found.append(Found(match.start(), match.end(), Sum(number, _currency(sign or word))))
        if len(found) == _MOST:
            break
    found += _spelt(text)
    taken = sorted((f.start, f.end) for f in found)
    named = {f.money.currency for f in found if f.money.currency}
    only = named.pop() if len(named) == 1 else ""
    found += [
        Found(start, end, Sum(number, only), told=False, weak=text[start:end].isdigit())
        for start, end, number in _bare(text, taken)
    ]
    told = (f if f.money.currency else replace(f, money=replace(f.money, currency=only)) for f in found)
    return tuple(sorted(told, key=lambda f: f.start)[:_MOST])


def _bare(text: str, taken: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int, int | float]]:
    """Numbers without a currency that are spoken of as sums, outside of what is taken."""
    count = 0
    for match in _NUMBERS.finditer(text):
        start, end = match.span()
        if any(a < end and start < b for a, b in taken[max(0, bisect_left(taken, (start, 0)) - 1) :][:2]):
            continue
        if _is_sum(text, start, end):
            yield start, end, _number(match.group())
            count += 1
            if count == _MOST:
                return


def _is_sum(text: str, start: int, end: int) -> bool:
    if (start and text[start - 1] not in _BEFORE_NUMBER) or (end < len(text) and text[end] not in _AFTER_NUMBER):
        return False
    before, after, number = text[max(0, start - 24) : start].lower(), text[end : end + 24].lower(), text[start:end]
    if _NAMES.search(before) or (after[:1] in ".,:" and after[1:2].isdigit()):
        return False
    if _A_DAY.fullmatch(number) and (number[0] == "0" or _ON_A_DAY.search(before)):
        return False
    if len(number) > 3 and number[-3] in ".,":
        return True
    if number.isdigit() and len(number) == 4 and number[:2] in ("19", "20"):  # a year, most likely
        return False
    if _COUNTED.match(after):
        return False
    last = _LAST_WORD.search(before)
    apart = before.rstrip()[-1:] == "," and (after[:1] in ".,;!?" or len(number) > 3)  # "the fee, 120, is yours"
    said = _TIMES.search(before) is not None or (last is not None and (last[1] in _SPOKEN_OF or last[1].endswith("'s")))
    return said or apart or _IS_BACK.match(after) is not None or (len(number) > 4 and number[-4] in ".,")


def _spelt(text: str) -> Iterator[Found]:
    """Sums in words: "sixty-four quid", "two hundred and ten dollars", "twenty-two hundred rupees", "my fifty back"."""
    for match in _SPELT_MONEY.finditer(text):
        yield Found(match.start(), match.end(), Sum(_value(match[1], match[3]), _currency(match[2])))
    for match in _SPELT_ALONE.finditer(text):
        value = _value(match.group(1))
        if value >= _LEAST_ALONE:
            yield Found(match.start(1), match.end(1), Sum(value, ""), told=False)


def _value(spelt: str, cents: str | None = None) -> int | float:
    if cents:
        return round(_value(spelt) + _value(cents) / 100, 2)
    total = group = 0
    for word in spelt.lower().replace("-", " ").split():
        if word == "hundred":
            group = max(group, 1) * 100
        elif word == "thousand":
            total, group = total + max(group, 1) * 1000, 0
        elif word != "and":
            group += NUMBER_WORDS[word]
    return total + group


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
