"""Sums of money in a text, where they stand: $1,200.50 · 1.200,50 € · 1 500 € · EUR 500 · R$ 99,90 · 3.500 reais · 12.50."""

from __future__ import annotations

import re

_CODES = r"USD|EUR|GBP|CHF|JPY|INR|AUD|CAD|NZD|SGD|SEK|NOK|DKK|PLN|CZK|HUF|BRL|MXN|CNY|ZAR|TRY|AED|COP|CLP|ARS|PEN"
_SIGNS = r"(?:R|US|CA|AU|C|A)?\$|[€£¥₹₺₪]"
_NAMES = r"(?i:dollars|bucks|euros?|pounds|quid|reais|pesos|francs|kroner|rupees)"
_NUMBER = r"\d{1,3}(?:[ .,'\u00a0\u202f]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d{1,12}(?:[.,]\d{1,2})?(?!\d)"
_MONEY = re.compile(
    rf"(?:{_SIGNS}|\b(?:{_CODES})) ?(?:{_NUMBER})k?\b|"
    rf"(?<![\w.,])(?:{_NUMBER})k?[ \u00a0\u202f]?(?:{_SIGNS}|円|(?:{_CODES})\b|"
    rf"{_NAMES}\b)"
)
_DIGIT = re.compile(r"[^a-z \D]")  # which is \d, but passes over letters far quicker
_SIGN_OR_CODE = re.compile(rf"\$|€|£|¥|₹|₺|₪|円|{_CODES}")  # neither in small letters, so that it is looked for quickly
_CENTS = re.compile(r"[.,]\d\d(?<=\d...)")  # found at once, where there is one
_NAMED = re.compile(rf"[^a-z \D]k?[ \u00a0\u202f]?{_NAMES}")
# Without a currency: two decimals that can be no version, in a sentence that speaks of money.
_BARE = re.compile(r"(?<![\w.,:/-])\d{1,3}(?:[,.]\d{3})*[.,]\d{2}(?![\w.,:/%-]*\d)(?! ?(?:%|[A-Za-z]*bit|GB|MB|kg|cm))")
_OF_MONEY = re.compile(
    r"(?i:\b(?:pay|paid|pays|price|costs?|charged?|fees?|refund\w*|deduct\w*|amount|total|money|month|year|bill\w*|corrected it|"
    r"another|approve|betrag|kosten|gezahlt|montant|payé|importe|pagué|valor|paguei)\b)"
)
_NEAR = 60  # characters around a bare number in which money must be spoken of


def sums(text: str) -> list[tuple[int, int]]:
    """Where the sums of ``text`` begin and end, in order."""
    if not _DIGIT.search(text):
        return []
    found = [match.span() for match in _MONEY.finditer(text)] if _has_currency(text) else []
    taken = {at for start, end in found for at in range(start, end)}
    bare = (match.span() for match in _BARE.finditer(text) if match.start() not in taken) if _CENTS.search(text) else ()
    found += [(start, end) for start, end in bare if _OF_MONEY.search(text[max(0, start - _NEAR) : end + _NEAR])]
    return sorted(found)


def _has_currency(text: str) -> bool:
    """Quick to say no, which most messages are."""
    return bool(_SIGN_OR_CODE.search(text) or _NAMED.search(text))
