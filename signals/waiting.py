"""How long an English customer says that they have waited, and how many of their messages got no answer (domain.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signals.numbers import MONTH, NUMBER_WORDS

_ABOUT = {"a": 1, "an": 1, "several": 3, "couple": 2, "few": 3, "dozen": 12, "half a": 0.5, "half an": 0.5}
_TO_NINE = list(NUMBER_WORDS)[:9]
_NUMBER = rf"\d{{1,3}}|(?:{'|'.join(NUMBER_WORDS)})(?:-(?:{'|'.join(_TO_NINE)}))?|{'|'.join(_ABOUT)}"
_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365, "quarter": 91, "fortnight": 14}
_LONG = re.compile(
    rf"\b({_NUMBER})\s+(?:(?:of|and|a half|full|whole|long|entire|solid|working|business|calendar|more)\s+)*"
    rf"({'|'.join(_LENGTHS)})s?\b"
)
_AHEAD = re.compile(r"\b(?:within|in|in just|in only|takes?|under|every|up to|another|next)\s+(?:the\s+(?:next\s+)?)?$")
_FOR_LONG = re.compile(
    r"\b(?:for|since|after|over|waited|waiting|been)\s+(?:\w+\s+)?(day|week|month|year)s\b|"
    r"\b(day|week|month|year)s\s+(?:ago|later|now|of (?:waiting|silence|nothing))\b"
)
_FEW = 2  # of a unit without a number: "for weeks" is two at least

_NTH = r"(?:st|nd|rd|th)"
_DATE = rf"(?:(\d{{1,2}}){_NTH}?\.?\s+(?:of\s+)?({MONTH})|({MONTH})\.?\s+(\d{{1,2}}){_NTH}?|(\d{{1,2}}){_NTH})\b"
_DATES = re.compile(rf"\b{_DATE}")
_IT_IS = r"(?:today(?:'s| is|,)?|(?:it|this)(?:'s| is)|now|we(?:'re| are) (?:at|in))\s+(?:(?:now|already|today|it's|in)\s+)*"
_TODAY = re.compile(rf"\b{_IT_IS}(?:the\s+)?{_DATE}")
_MONTHS = re.compile(rf"\b(?:in|since|from|last)\s+({MONTH})\b(?!\s+\d)")
_THIS_MONTH = re.compile(rf"\b{_IT_IS}({MONTH})\b(?!\s+\d)")
_IN_ORDER = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MOST_DAYS, _MONTH = 31, 30

_WRITTEN = (
    r"(?:e-?mails?|mails?|messages?|letters?|voice ?mails?|tickets?|requests?|reminders?|forms?|inquiries|enquiries|queries|"
    r"chats?|notes?|faxes|calls?)"
)
_COUNTED = re.compile(rf"\b({_NUMBER})\s+(?:\w+\s+)?{_WRITTEN}\b|\b({_NUMBER})\s+times\b|\b(both|twice|thrice)\b")
_A_DAY = rf"(?:the\s+)?(?:\w+day|\d{{1,2}}{_NTH})"
_ON_TWO_DAYS = re.compile(
    r"\b(?:wrote|written|mailed|e-?mailed|messaged|called|phoned|rang|asked|contacted|texted|sent)\b[^.!?;]{0,40}?"
    rf"\bon\s+{_A_DAY}(?:\s+\w+)?,?\s+(?:(?:and|then|again|on)\s+)+{_A_DAY}\b"
)
_NO_ANSWER = re.compile(
    r"\b(?:unanswered|ignored|silence|nobody|no one|no-one|neither|none|nothing back|crickets|"
    r"no (?:\w+\s+)?(?:reply|replies|answers?|response|reaction|word|sign|feedback)|"
    r"without (?:an?|any) (?:reply|answer|response|reaction)|"
    r"(?:not|never|n't)\s+(?:(?:yet|been|get|got|had|received?|heard)\s+)*(?:an?y?\s+)?(?:answer\w*|repl\w+|respon\w+|heard|hear|back))\b"
)
_MOST_MESSAGES = 20  # more are not the customer's own: "600 mails with your tool"
_TIMES = {"both": 2, "twice": 2, "thrice": 3}


def days(text: str) -> int:
    """The longest time that a text names, in days: "nineteen days", "a fortnight ago"; 0 for none."""
    return max(_told(text.lower()), default=0)


def since(text: str) -> int:
    """Days from the earliest date that a text names to the one it says is today's: "on the 3rd ... it's the 15th"; 0 for none."""
    return max(_between(text.lower()), default=0)


def unanswered(text: str) -> int:
    """How many messages the customer says got no answer: "two mails, no reply" is 2; 0 where they do not count them."""
    low = text.lower()
    if not _NO_ANSWER.search(low):
        return 0
    told = (int(_number(next(filter(None, found.groups())))) for found in _COUNTED.finditer(low))
    return max([2 * bool(_ON_TWO_DAYS.search(low)), *(count for count in told if count <= _MOST_MESSAGES)])


def _number(word: str) -> float:
    if word.isdigit():
        return int(word)
    tens, _, ones = word.partition("-")
    return _TIMES.get(word) or _ABOUT.get(word) or NUMBER_WORDS[tens] + NUMBER_WORDS.get(ones, 0)


def _told(low: str) -> Iterator[int]:
    for found in _LONG.finditer(low):
        if not _AHEAD.search(low[max(0, found.start() - 20) : found.start()]):  # "within 5 days" is yet to come
            yield int(_number(found[1]) * _LENGTHS[found[2]])
    for found in _FOR_LONG.finditer(low):
        yield _FEW * _LENGTHS[found[1] or found[2]]


def _between(low: str) -> Iterator[int]:
    today = _TODAY.search(low)
    if today:
        others = (found.groups() for found in _DATES.finditer(low) if not today.start() <= found.start() < today.end())
        yield from (_apart(_day(other), _day(today.groups())) for other in others)
    month = _THIS_MONTH.search(low)
    if month:
        told = (_place(found[1]) for found in _MONTHS.finditer(low) if found.start(1) != month.start(1))
        yield from ((_place(month[1]) - before) % len(_IN_ORDER) * _MONTH for before in told)


def _day(groups: tuple[str | None, ...]) -> tuple[int, int]:
    """(month, day) of a date, month -1 where it tells none."""
    first, of, month, second, alone = groups
    name = of or month
    return (_place(name) if name else -1), int(first or second or alone or 0)


def _place(month: str) -> int:
    return _IN_ORDER.index(month[:3])


def _apart(then: tuple[int, int], now: tuple[int, int]) -> int:
    """Days between two dates within a year; a day that tells no month is of this one, or of the one before."""
    if then[0] < 0 or now[0] < 0:
        return (now[1] - then[1]) % _MOST_DAYS
    return max(0, (now[0] - then[0]) % len(_IN_ORDER) * _MONTH + now[1] - then[1])
