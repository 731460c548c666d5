"""Payment cards in a text, shown by their last four digits: what an issuer may have given, with a right check digit.

People part the digits as they like: by blanks of any width, a line break, dashes, dots, strokes; and not everybody's digits
are ASCII. Linear time: a run of digits is found once, and from each of its groups at most 19 digits are looked at.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import accumulate, pairwise

_DASHES = "\\-\u2010-\u2015\u2212\ufe58\ufe63\uff0d"
_UNSEEN = "\xad\u200b-\u200d\u2060\ufeff"
_RUN = re.compile(rf"(?<!\d)\d(?:[\s./_\u00b7{_DASHES}{_UNSEEN}]{{0,4}}+\d){{12,}}+")  # of at least 13 digits
_GROUP = re.compile(r"\d+")
_PLAIN = re.compile(rf"[^\S\t\n\r]|[.{_DASHES}]")  # one blank, dot or dash
_MOST = 19  # digits of a card
_DOUBLED = str.maketrans("0123456789", "0246813579")  # by Luhn: 7 → 14 → 5

# Lengths and first digits as issued, or order numbers would be hidden: https://en.wikipedia.org/wiki/Payment_card_number
_ISSUED = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|"  # Visa
    r"(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|220[0-4]\d{12,15}|"  # Mastercard, Mir
    r"3[47]\d{13}|3(?:0[0-59]|[689]\d)\d{11}|35\d{14,17}|"  # American Express, Diners Club, JCB
    r"(?:50|5[6-8]|63|67)\d{11,17}|6[0245]\d{14,17}",  # Maestro, Elo, Verve; Discover, UnionPay, RuPay
    re.ASCII,
)
_ACCOUNT = re.compile(r"(?i:\b[a-z]{2}\d\d(?: ?[a-z\d]{4}){2,7}(?: ?[a-z\d]{1,3})?\b)", re.ASCII)
_LONGEST_ACCOUNT = 42  # characters of an IBAN with its blanks


@dataclass(frozen=True, slots=True)
class _Run:
    """Digits in groups: where each group stands in ``text``, and how many of ``digits`` (as ASCII) come before it."""

    text: str
    groups: list[tuple[int, int]]
    digits: str
    before: list[int]


def hide_cards(text: str) -> str:
    """``text`` with every payment card as ``[card ending 4242]``; what stands beside it, such as an expiry date, stays."""
    return _RUN.sub(_hidden, text)


def _hidden(found: re.Match[str]) -> str:
    text, groups = found.string, [piece.span() for piece in _GROUP.finditer(found.string, found.start(), found.end())]
    digits = "".join(str(int(char)) for start, end in groups for char in text[start:end])  # in full width, Arabic…
    run = _Run(text, groups, digits, [0, *accumulate(end - start for start, end in groups)])
    shown: list[str] = []
    done, first = found.start(), 0
    while first < len(groups):
        last = _card_from(run, first)
        if last:
            end = run.before[last]
            shown += (text[done : groups[first][0]], f"[card ending {digits[end - 4 : end]}]")
            done = groups[last - 1][1]
        first = last or first + 1
    return "".join((*shown, text[done : found.end()]))


def _card_from(run: _Run, first: int) -> int:
    """Behind which group the longest card ends that begins with this one; 0 for none."""
    begin, found = run.before[first], 0
    if run.before[first + 1] - begin < 3 and len(run.digits) > _MOST:
        return 0  # among many short numbers some make a card by chance
    for last in range(first + 1, len(run.before)):
        end = run.before[last]
        if end - begin > _MOST:
            break
        if _ISSUED.fullmatch(run.digits, begin, end) and _is_right(run.digits[begin:end]) and _stands_alone(run, first, last):
            found = last
    return found


def _is_right(digits: str) -> bool:
    """Luhn's check: https://en.wikipedia.org/wiki/Luhn_algorithm ; one number in ten passes it by chance."""
    return (sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2].translate(_DOUBLED)))) % 10 == 0


def _stands_alone(run: _Run, first: int, last: int) -> bool:
    """False for what is part of a code, a telephone number, a list of other numbers or the number of an account."""
    text, groups = run.text, run.groups[first:last]
    sizes = [end - start for start, end in groups]
    start, end = groups[0][0], groups[-1][1]
    parts = {text[one[1] : other[0]] for one, other in pairwise(groups)}
    if text[start - 1 : start].isalnum() or text[start - 1 : start] == "+" or text[end : end + 1].isalnum():
        return False
    if text[start - 1 : start] == "-" and text[start - 2 : start - 1].isalnum() and parts <= {"-"}:
        return False  # INV-4111111111111111
    return _grouped(sizes, parts) and not _of_account(text, start)


def _grouped(sizes: list[int], parts: set[str]) -> bool:
    """True for the groups of a printed card however they are parted; for others between equal blanks, dots or dashes alone."""
    fours = {*sizes[:-1]} <= {4} and sizes[-1] <= 4
    if len(sizes) == 1 or fours or sizes in ([4, 6, 5], [4, 6, 4]):
        return True
    return len(parts) == 1 and all(_PLAIN.fullmatch(part) for part in parts)


def _of_account(text: str, start: int) -> bool:
    """True inside an IBAN with right check digits: https://en.wikipedia.org/wiki/International_Bank_Account_Number"""
    for found in _ACCOUNT.finditer(text, max(0, start - _LONGEST_ACCOUNT), start + _LONGEST_ACCOUNT):
        number = found.group()
        while found.start() < start < found.start() + len(number):
            compact = number.replace(" ", "")
            if int("".join(str(int(char, 36)) for char in compact[4:] + compact[:4])) % 97 == 1:
                return True
            number = number.rpartition(" ")[0]  # the pattern may have gone on too far
    return False
