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

from signals.numbers import MONTH, NUMBER, ROUND, SPELT, SPELT_CENTS, number, rounded, spelt
from signals.wordlists import wordlist

_TOLD = yaml.safe_load((Path(__file__).parent / "currencies.yaml").read_text("utf-8"))
_CURRENCIES: dict[str, str] = {
    word: code for code, told in _TOLD.items() for word in (code.lower(), *told["signs"], *told["words"]) if word
}
CURRENCY_WORDS = frozenset(word.lower() for word in _CURRENCIES)  # "euros", "eur", "€"
_CODES = [code.lower() for code in _TOLD if code]
_SIGNS = [sign for told in _TOLD.values() for sign in told["signs"]]


def _any(words: Iterable[str]) -> str:
    """One pattern for any of them, the longest first; one that begins with a letter begins a word."""
    ordered = sorted(words, key=lambda word: (-len(word), word))
    return "|".join((r"\b" if word[0].isascii() and word[0].isalpha() else "") + re2.escape(word) for word in ordered)


_BEFORE = _any([*_SIGNS, *_CODES])
_AFTER = _any([*(word for told in _TOLD.values() for word in told["words"]), *_SIGNS, *_CODES]).replace(r"\b", "")
_MOST = 50  # sums looked at in one text


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors = False, False
    return re2.compile(pattern, options)


_END = r"(?:\b|\s|$|[.,:;!?)\"'])"
_CENTS = r"(?:(\d\d)\b|\s(?:and\s)?(\d\d)(?:\s(?:pence|cents?)\b|[.,;!?)]|$)|" + _END + ")"  # 58€20, 74 euros 90
_THOUSAND = r"k\b|\s(?:grand|thousand)\b"
_MONEY = _compiled(
    rf"(?:({_BEFORE})\s?({NUMBER})({_THOUSAND})?)|(?:\b({NUMBER})(?:{ROUND})?(k|\sgrand|\sthousand)?\s?({_AFTER}){_CENTS})"
)
_SPELT_MONEY = _compiled(rf"\b({SPELT})\s({_AFTER}){SPELT_CENTS}{_END}")
_NOTES = {"fiver": 5, "tenner": 10}  # what the British call their notes
_NOTE = _compiled(rf"\b(?:a|the|my|that|another)\s({'|'.join(_NOTES)})\b")
_GOES_ON = (
    r"back|again|be|to|put|that|than|from|for|in|comes?|goes|which|must|ought|should|can|may|has|have|is|was|will|of|too|you|i|we"
)
_SPELT_ALONE = _compiled(rf"\b(?:the|my|our|that|those)\s({SPELT})(?:\s(?:{_GOES_ON})\b|[.,;!?]|$)")
_LONGEST = 6  # digits of a number without a currency and without a mark between thousands
_LEAST_ALONE = 20  # "the two of them" is no sum
_NUMBERS = re.compile(rf"({NUMBER})({_THOUSAND})?", re.ASCII | re.IGNORECASE)  # nothing in it is tried twice
_ROUND = re.compile(rf"(?:{ROUND})(?!\d)")
# A number without a currency is a sum where the word before says so and no thing that is counted follows.
_SPOKEN_OF = wordlist("before_a_sum")
_COUNTED = re.compile(
    r"\s+(?:(?!is\b|was\b|has\b|as\b|plus\b|less\b|us\b|this\b|thus\b|goes\b|comes\b|belongs\b|cos\b|makes\b)[a-z]+s|people|persons?|percent|"
    r"year|month|week|day|night|seat|piece|box|star|point|hour|minute|mins?|hrs?|am|pm|gb|mb|tb|km|m2|kg|ms|cm|mm|ml|kwh|kw|inch|mph|"
    r"of (?:the|them|these|those|my|our|us|\d+)|(?:unused|remaining|extra|missing|unopened|spare|unsold) [a-z]+s|"
    r"[a-z]+ (?:people|seats|users|days|tickets|nights|months|weeks|lessons|hours|items|pieces|pairs|rooms|boxes))\b|"
    r"\s?(?:%|[x\u00d7*]\s?\W{0,2}\d)"
)
_MANY = re.compile(r"\s+[a-z]+\s+[a-z]{2,}s\b")  # "19,000 fake contacts"
_IS_BACK = re.compile(
    r"\W*(?:(?:is|are)\s+(?:due|owed)|back|off|extra|each|apiece|in total|in all|altogether|"
    r"(?:to be\s+)?(?:returned|refunded|credited|repaid)|"
    r"(?:a|per)\s(?:month|week|night|head|person|piece)|per\s[a-z]{3,}|monthly|in fees)\b"
)
_NEXT_MONTH = re.compile(rf"\s+in\s+{MONTH}\b")
_ONE_MORE = re.compile(r"(?:,|\b(?:and|then|again))\s$")  # "19 in March, 19 in April and 19 in May"
_IS_PRICE = re.compile(r"\sfor\s(?:that|this|it|what|the|a)\b")  # where a sentence begins: "45 for that?"
_IN_A_MONTH = re.compile(
    r"\s*(?:st|nd|rd|th|\.)?\s*(?:(?:to|until|till|and|or|-|\u2013)\s*\d{1,2}(?:st|nd|rd|th|\.)?\s*)?(?:of\s+)?"
    rf"{MONTH}\b"
)
_NAMES = re.compile(
    r"(?:#|\b(?:order|orders|no|nr|number|invoice|booking|ref|reference|case|ticket|contract|version|card|end|ends|ending|in|page|line|row|"
    r"day|days|room|account|article|clause|step|id|flight|receipt|code|chapter|section|option|jan\w*|feb\w*|mar(?:ch)?|apr\w*|may|"
    r"june?|july?|aug\w*|sep\w*|oct\w*|nov\w*|dec\w*))\.?:?\s?$"
)
_A_DATE = re.compile(r"/\d{1,2}(?!\d)")
_A_DAY = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])")
_ON_A_DAY = re.compile(r"\b(?:on|since|until|till|by|from|and|dated|of|before|after)\s+(?:the\s+)?$")
_A_TIME = re.compile(r"(?:[01]?\d|2[0-3])\.[0-5]\d")
_AT = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|start(?:s|ed)?|opens?|opened|closes?|closed|until|till|(?:mon|tues|wednes|thurs|"
    r"fri|satur|sun)day (?:at|from|by|after)|(?:day|night|morning|evening|" + MONTH + r"|\d) (?:at|from))\s+$"
)
_IS_TAKEN = re.compile(r"\s+(?:was|were|has been|left|went|gone|came|disappeared)\b")
_RECKONED = re.compile(r"(?:\d\s?[x\u00d7*+=]|\bi\.e\.)\s?$")
_ANOTHER = re.compile(r"\b(?:and|plus)\s+(?:the|an?|my|our)\s+[a-z]+\s$")  # "the flight was 220 and the seat 18"
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
        value = number(first or second) + int(cents[0] or cents[1] or 0) / 100
        amount = rounded(value * 1000 if thousand or thousands else value)
        end = match.start() + len(match.group().rstrip(_AFTER_NUMBER))  # what ends it is not of it
        found.append(Found(match.start(), end, Sum(amount, _currency(sign or word))))
        if len(found) == _MOST:
            break
    found += _spelt(text)
    taken = sorted((f.start, f.end) for f in found)
    named = {f.money.currency for f in found if f.money.currency}
    only = named.pop() if len(named) == 1 else ""
    found += [
        Found(start, end, Sum(amount, only), told=False, weak=text[start:end].isdigit() and not _ROUND.match(text, end))
        for start, end, amount in _bare(text, taken)
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
            yield start, end, rounded(number(match[1]) * (1000 if match[2] else 1))
            count += 1
            if count == _MOST:
                return


def _is_sum(text: str, start: int, end: int) -> bool:
    if start and text[start - 1] not in _BEFORE_NUMBER:
        return False
    before, after, digits = text[max(0, start - 24) : start].lower(), text[end : end + 24].lower(), text[start:end]
    if _ROUND.match(after):
        return True
    if digits.isdigit() and (len(digits) > _LONGEST or (digits[0] == "0" and len(digits) > 1)):  # of a telephone, an account
        return False
    if (after and after[0] not in _AFTER_NUMBER) or _NAMES.search(before) or (after[:1] in ".,:" and after[1:2].isdigit()):
        return False
    if _A_DAY.fullmatch(digits) and (digits[0] == "0" or _ON_A_DAY.search(before)):
        return False
    if _A_TIME.fullmatch(digits) and _AT.search(before) and not (_IS_BACK.match(after) or _IS_TAKEN.match(after)):
        return False
    if len(digits) > 3 and digits[-3] in ".,":
        return True
    if digits.isdigit() and len(digits) == 4 and digits[:2] in ("19", "20"):  # a year, most likely
        return False
    if _COUNTED.match(after) or (len(digits) < 3 and _IN_A_MONTH.match(after)) or _A_DATE.match(after):
        return False
    return _is_spoken_of(before, after, digits) or (len(digits) > 4 and digits[-4] in ".," and not _MANY.match(after))


def _is_spoken_of(before: str, after: str, digits: str) -> bool:
    last = _LAST_WORD.search(before)
    apart = before.rstrip()[-1:] == "," and (after[:1] in ".,;!?" or len(digits) > 3)  # "the fee, 120, is yours"
    begins = not before.strip() or before.rstrip()[-1] in ".!?"
    apart = apart or (after[:1] in ".,;!?)" and _ANOTHER.search(before) is not None)
    said = last is not None and (last[1] in _SPOKEN_OF or last[1].endswith("'s"))
    behind = _IS_BACK.match(after) or (_IS_PRICE.match(after) if begins else None)
    again = _NEXT_MONTH.match(after) is not None and _ONE_MORE.search(before) is not None
    return said or apart or again or behind is not None or _RECKONED.search(before) is not None


def _spelt(text: str) -> Iterator[Found]:
    """Sums in words: "sixty-four quid", "two hundred and ten dollars", "twenty-two hundred rupees", "my fifty back"."""
    for match in _SPELT_MONEY.finditer(text):
        yield Found(match.start(), match.end(), Sum(spelt(match[1], match[3]), _currency(match[2])))
    for match in _NOTE.finditer(text):
        yield Found(match.start(1), match.end(1), Sum(_NOTES[match[1].lower()], "GBP"))
    for match in _SPELT_ALONE.finditer(text):
        value = spelt(match.group(1))
        if value >= _LEAST_ALONE:
            yield Found(match.start(1), match.end(1), Sum(value, ""), told=False)


def _currency(word: str) -> str:
    return _CURRENCIES.get(word.lower(), "")
