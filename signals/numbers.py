"""Numbers as people write them: 1,200.50 · 1.200,50 · 1 450 · 88.- · two hundred and ten."""

from __future__ import annotations

from typing import Any

_TO_TEN = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_TEENS = ("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS = {word: n for n, word in enumerate((*_TO_TEN, *_TEENS), 1)} | {word: 10 * n for n, word in enumerate(_TENS, 2)}

NUMBER = r"\d{1,3}(?:[ ,.']\d{3}){1,4}(?:[.,]\d{1,2})?|\d{1,12}(?:[.,]\d{1,2})?"
ROUND = "[.,:][-\u2013\u2014]|/-"  # what stands for no cents: 88.- · 45,- · 500/-
_SPELT = rf"(?:{'|'.join((*NUMBER_WORDS, 'hundred', 'thousand'))})"
SPELT = rf"{_SPELT}(?:(?:[\s-]|\sand\s){_SPELT}){{0,11}}"
SPELT_CENTS = rf"(?:\s(?:and\s)?((?:{'|'.join(_TENS)})(?:[\s-](?:{'|'.join(_TO_TEN[:9])}))?))?"
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|"
    r"nov(?:ember)?|dec(?:ember)?)"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
COUNT = rf"(\d{{1,3}}|{'|'.join(NUMBER_WORDS)})"  # of things: "3" and "three" alike, read by ``counted``


def number(text: str) -> int | float:
    """1,200.50 and 1.200,50 alike: the last separator is a decimal point when one or two digits follow it."""
    digits = text.replace(" ", "").replace("'", "")
    cut = max(digits.rfind("."), digits.rfind(","))
    if cut >= 0 and len(digits) - cut - 1 in (1, 2):
        whole, part = digits[:cut], digits[cut + 1 :]
        value = float(f"{whole.replace('.', '').replace(',', '')}.{part}")
        return int(value) if value.is_integer() else value
    return int(digits.replace(".", "").replace(",", ""))


def spelt(words: str, cents: str | None = None) -> int | float:
    """The value of number words: "two hundred and ten", also "twenty-two hundred"."""
    if cents:
        return round(spelt(words) + spelt(cents) / 100, 2)
    total = group = 0
    for word in words.lower().replace("-", " ").split():
        if word == "hundred":
            group = max(group, 1) * 100
        elif word == "thousand":
            total, group = total + max(group, 1) * 1000, 0
        elif word != "and":
            group += NUMBER_WORDS[word]
    return total + group


def counted(word: str) -> int:
    """How many: "3" and "three" alike; 0 for no number."""
    return int(word) if word.isascii() and word.isdigit() else NUMBER_WORDS.get(word, 0)


def count_in(found: Any) -> int:
    """How many by the group of a match that holds a COUNT, whichever of its patterns matched; 0 for no match."""
    return counted(next(filter(None, found.groups()), "")) if found else 0


def month_of(name: str) -> int:
    """The place of a month in the year, 0 for January; ``name`` as MONTH matches it, in lower case."""
    return _MONTHS.index(name[:3])


def rounded(amount: float) -> int | float:
    """An amount to the cent, whole where it is whole."""
    value = round(amount, 2)
    return int(value) if value == int(value) else value
