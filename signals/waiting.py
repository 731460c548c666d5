"""How long an English customer says that they have waited, and how many of their messages got no answer (domain.md §2).

Carefully: what cannot be told from something else counts as nothing. Repeats are bounded, for whole messages are looked through.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from signals.numbers import MONTH, NUMBER_WORDS, month_of

_ABOUT = {
    "half a dozen": 6,
    "a dozen": 12,
    "a couple": 2,
    "a few": 3,
    "several": 3,
    "half a": 0.5,
    "half an": 0.5,
    "a": 1,
    "an": 1,
}
_TO_NINE = "|".join(list(NUMBER_WORDS)[:9])
# "Twenty-one" is one number, "two-three" two of which the smaller counts; of "1,200" and "2.5" no end is a number.
_NUMBER = rf"(?<![\d.,])\d{{1,3}}(?![.,]?\d)|(?:{'|'.join(NUMBER_WORDS)})(?:-(?:{_TO_NINE}))?|{'|'.join(_ABOUT)}"
_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365, "quarter": 91, "fortnight": 14}
_LONG = re.compile(
    rf"\b({_NUMBER})\s+(?:(?:of|full|whole|long|entire|solid|working|business|calendar|more)\s+){{0,2}}({'|'.join(_LENGTHS)})s?\b"
)
_AHEAD = re.compile(r"\b(?:within|takes?|under|every|up to|another|next)\s+(?:the\s+(?:next\s+)?)?$")  # yet to come
_FOR_LONG = re.compile(
    r"\b(?:for|since|after|over|waited|waiting|been)\s+(?:\w+\s+)?(day|week|month|year)s\b|"
    r"\b(day|week|month|year)s\s+(?:ago|later|now|of (?:waiting|silence|nothing))\b"
)
_FEW = 2  # of a unit without a number: "for weeks" is two at least

_NTH = r"(?:st|nd|rd|th)"
_NO_DAY = (  # "the 2nd time", "the 3rd floor"; "may I"
    r"(?!\s+(?:time|attempt|week|month|quarter|floor|mail|e-?mail|message|letter|ticket|request|reminder|call|order|party|person|one|"
    r"row|line|page|step|grade|class|edition|version|century|half|try|i|we|you|he|she|they|it|be|have|not)\b)"
)
_DATE = rf"(?:(\d{{1,2}}){_NTH}?\.?\s+(?:of\s+)?({MONTH})|({MONTH})\.?\s+(\d{{1,2}}){_NTH}?|(\d{{1,2}}){_NTH}{_NO_DAY})\b"
_DATES = re.compile(rf"\b{_DATE}")
_IT_IS = (
    r"\b(?:today(?:'s| is|,)?|(?:it|this)(?:'s| is)|now|we(?:'re| are) (?:at|in))\s+(?:(?:now|already|today|it's|in)\s+){0,2}"
)
_TODAY = re.compile(rf"{_IT_IS}(?:the\s+)?{_DATE}")
_MONTHS = re.compile(rf"\b(?:in|since|from|last)\s+({MONTH})\b(?!\s+\d)")
_THIS_MONTH = re.compile(rf"{_IT_IS}({MONTH})\b(?!\s+\d){_NO_DAY}")
_MOST_DAYS, _MONTH = 31, 30
_MONTHS_A_YEAR = 12
_HALF_A_YEAR, _YEAR = 6 * _MONTH, _MONTHS_A_YEAR * _MONTH
_OVER_THE_END = 15  # days: of "the 28th" and "today's the 3rd" the first is past, of "the 9th" it may be to come

_WRITTEN = r"(?:e-?mails?|mails?|messages?|letters?|voice ?mails?|tickets?|requests?|reminders?|forms?|faxes|calls?)"
_MANY = rf"({_NUMBER})\s+(?!hundred|thousand|million)(?:of\s+)?(?:\w+\s+)?{_WRITTEN}\b"
_WROTE = r"(?:wrote|written|mailed|e-?mailed|messaged|called|phoned|rang|asked|contacted|texted|chased|tried)"
_SENT = r"(?:sent|left|filed|filled in|submitted|made|opened|raised)"
_A_DAY = rf"(?:the\s+)?(?:\w{{2,9}}day|\d{{1,2}}{_NTH})"
_COUNTED = (
    re.compile(rf"\b(?:i|we)(?:'ve|\s+have|'d)?\s+(?:\w+\s+)?(?:{_SENT}|{_WROTE})\s+(?:you\s+)?{_MANY}"),
    re.compile(rf"\b(?:my|our)\s+(?:\w+\s+)?{_MANY}"),
    re.compile(rf"\b(both)\s+(?:of\s+)?(?:my\s+|our\s+)?{_WRITTEN}\b"),
    re.compile(rf"\b{_WROTE}\b[^.!?;]{{0,40}}?\b(?:({_NUMBER})\s+times|(twice|thrice))\b"),
    re.compile(
        rf"\b(?:{_SENT}|{_WROTE})\b[^.!?;]{{0,40}}?\b(on)\s+{_A_DAY}(?:\s+\w+)?,?\s+(?:(?:and|then|again|on)\s+){{1,3}}{_A_DAY}\b"
    ),
)
_TIMES = {"both": 2, "twice": 2, "thrice": 3, "on": 2}  # on two days
_NO_ANSWER = re.compile(
    r"\b(?:unanswered|ignored|silence|nobody|no one|no-one|neither|none|nothing back|crickets|"
    r"no (?:\w+\s+)?(?:reply|replies|answers?|response|reaction|word|sign|feedback)|"
    r"without (?:an?|any) (?:reply|answer|response|reaction))\b|"
    r"(?:\b(?:not|never)|n't)\s+(?:(?:yet|been|get|got|had|received?|heard)\s+){0,3}(?:an?y?\s+)?"
    r"(?:answer\w*|repl\w+|respon\w+|heard|hear|back)\b"
)
_NEAR = 150  # characters between a count and what says that there was no answer
_MOST_MESSAGES = 20


def days(text: str) -> int:
    """The longest time that a text names, in days: "nineteen days", "a fortnight ago"; 0 for none."""
    return max(_told(text.lower()), default=0)


def since(text: str) -> int:
    """Days from the last date before to the one a text says is today's: "on the 3rd ... it's the 15th"; 0 for none."""
    return min(filter(None, _between(text.lower())), default=0)


def unanswered(text: str) -> int:
    """How many messages the customer says got no answer: "two mails, no reply" is 2; 0 where they do not count them."""
    low = text.lower()
    if not _NO_ANSWER.search(low):
        return 0
    found = (one for pattern in _COUNTED for one in pattern.finditer(low))
    told = (
        _number(next(filter(None, one.groups())))
        for one in found
        if _NO_ANSWER.search(low, max(0, one.start() - _NEAR), one.end() + _NEAR)
    )
    return max((int(count) for count in told if count <= _MOST_MESSAGES), default=0)


def _number(word: str) -> float:
    if word.isdigit():
        return int(word)
    first, _, second = word.partition("-")
    tens = NUMBER_WORDS.get(first, 0)
    return _TIMES.get(word) or _ABOUT.get(word) or tens + (NUMBER_WORDS.get(second, 0) if tens >= 20 else 0)


def _told(low: str) -> Iterator[int]:
    for found in _LONG.finditer(low):
        if not _AHEAD.search(low[max(0, found.start() - 20) : found.start()]):
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
        told = (month_of(found[1]) for found in _MONTHS.finditer(low) if found.start(1) != month.start(1))
        yield from ((month_of(month[1]) - before) % _MONTHS_A_YEAR * _MONTH for before in told)


def _day(groups: tuple[str | None, ...]) -> tuple[int, int]:
    """(month, day) of a date, month -1 where it tells none."""
    first, of, month, second, alone = groups
    name = of or month
    return (month_of(name) if name else -1), int(first or second or alone or 0)


def _apart(then: tuple[int, int], now: tuple[int, int]) -> int:
    """Days between two dates within a year, 0 for one to come; a day that tells no month is of this one, or just before it."""
    if then[0] < 0 or now[0] < 0:
        apart = now[1] - then[1]
        return apart if apart >= 0 else apart % _MOST_DAYS if apart % _MOST_DAYS <= _OVER_THE_END else 0
    apart = (now[0] - then[0]) * _MONTH + now[1] - then[1]
    return apart if apart >= 0 else apart + _YEAR if apart < -_HALF_A_YEAR else 0
