"""Sums of money in a text, as people write them: $1,200.50 · 1.200,50 € · 500 USD · 650 euros."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import re2

_CURRENCIES = {
    **{"$": "USD", "us$": "USD", "usd": "USD", "dollars": "USD", "dollar": "USD", "bucks": "USD"},
    **{"€": "EUR", "eur": "EUR", "euros": "EUR", "euro": "EUR"},
    **{"£": "GBP", "gbp": "GBP", "pounds": "GBP", "pound": "GBP", "quid": "GBP"},
    **{"ca$": "CAD", "cad": "CAD", "a$": "AUD", "aud": "AUD", "chf": "CHF", "jpy": "JPY", "¥": "JPY", "yen": "JPY"},
    **{"sek": "SEK", "nok": "NOK", "dkk": "DKK", "inr": "INR", "₹": "INR", "rupees": "INR", "pln": "PLN", "nzd": "NZD"},
}
_BEFORE = r"(?:us|ca|a)?\$|€|£|¥|₹|usd|eur|gbp|cad|aud|chf|inr"
_AFTER = r"us dollars|dollars?|bucks|euros?|pounds?|quid|rupees|yen|usd|eur|gbp|cad|aud|chf|jpy|sek|nok|dkk|inr|pln|nzd|\$|€|£|₹"
_NUMBER = r"\d{1,3}(?:[ ,.']\d{3})+(?:[.,]\d{1,2})?|\d{1,12}(?:[.,]\d{1,2})?"
_MOST = 50  # sums looked at in one text


def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.case_sensitive, options.log_errors = False, False
    return re2.compile(pattern, options)


_MONEY = _compiled(rf"(?:({_BEFORE})\s?({_NUMBER})(k\b)?)|(?:\b({_NUMBER})(k)?\s?({_AFTER})(?:\b|\s|$|[.,!?]))")
_BARE = _compiled(rf"^\s+(?:me\s+|us\s+)?(?:of\s+|for\s+)?(?:the\s+|my\s+|about\s+|around\s+)?({_NUMBER})(?:\s|$|[.,!?])")


@dataclass(frozen=True, slots=True)
class Sum:
    """``amount`` in the currency's main unit; ``currency`` ISO 4217, "" when only a number was written. $ is read as USD."""

    amount: int | float
    currency: str


def nearest_amount(text: str, start: int, end: int, sentence: tuple[int, int]) -> Sum | None:
    """The sum that belongs to the words from ``start`` to ``end``: nearest in their sentence, else in the whole text."""
    found = _sums(text)
    inside = [(at, money) for at, money in found if sentence[0] <= at < sentence[1]]
    bare = _BARE.search(text[end : end + 60])
    if not inside and bare:
        return Sum(_number(bare.group(1)), "")
    return min(inside or found, key=lambda pair: _distance(pair[0], start, end), default=(0, None))[1]


def _distance(at: int, start: int, end: int) -> int:
    return 0 if start <= at <= end else min(abs(at - start), abs(at - end))


def _sums(text: str) -> list[tuple[int, Sum]]:
    found = []
    for match in _MONEY.finditer(text):
        sign, first, thousand, second, thousands, word = match.groups()
        number = _number(first or second) * (1000 if thousand or thousands else 1)
        currency = _CURRENCIES.get((sign or word).lower().removeprefix("us "), "")
        found.append((match.start(), Sum(number, currency)))
        if len(found) == _MOST:
            break
    return found


def _number(text: str) -> int | float:
    """1,200.50 and 1.200,50 alike: the last separator is a decimal point when one or two digits follow it."""
    digits = text.replace(" ", "").replace("'", "")
    cut = max(digits.rfind("."), digits.rfind(","))
    if cut >= 0 and len(digits) - cut - 1 in (1, 2):
        whole, part = digits[:cut], digits[cut + 1 :]
        value = float(f"{whole.replace('.', '').replace(',', '')}.{part}")
        return int(value) if value.is_integer() else value
    return int(digits.replace(".", "").replace(",", ""))
