"""The sums of one message with the words that ask for one of them, and reckoning with sums."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from signals.amounts import Sum
from signals.cues import Told, cue
from signals.numbers import rounded

_ONE_OF = cue(r"\b(?:duplicate|twice|double|one of|one payment|second|other one|again)\b")
_ONE_BACK = cue(
    r"\b(?:return|refund|send|pay|reverse|give|transfer|credit)\s+(?:me |us )?(?:only |just )?one"
    r"(?:\s+(?:of\s+(?:them|these|those)|back|please|payment|charge|debit)\b|\s*[.,!?]|$)|\bone (?:charge|debit|transfer)\b"
)
_EVERYTHING = cue(
    r"\b(?:everything|it all|(?:all|whole|full|entire) (?:of (?:it|that|this|them)|lot|amount|sum)|the lot|in full|"
    r"all (?:my|our|the|that) money)\b"
)
_LISTED = cue(
    r"^(?:\s+(?:in|on|for|from)\s+[\w' .]{2,24}?|\s+[a-z-]+)?\s*(?:,|;|\band\b|\bplus\b|&|\+)\s*"
    r"(?:(?:and|then|again|another|once more|also|plus|the|a)\s+)*(?:[a-z-]+\s+){0,2}\(?$"
)
_MOST_ADDED = 6  # sums; more are a list of something else


@dataclass(frozen=True, slots=True)
class Case:
    """The sums of one message, the words that ask, all words, and those of sentences that ask and tell no sum; in lower case."""

    some: Sequence[Told]
    request: str
    text: str
    bare: str = ""

    def open(self) -> list[Told]:
        """Sums that can be wanted at all."""
        return [one for one in self.some if not (one.kept or one.given or one.ought)]

    def asks_one_of(self) -> bool:
        """Whether one of several alike is asked: "the duplicate"."""
        return _ONE_OF.search(self.request) is not None or self.asks_one_back()

    def asks_one_back(self) -> bool:
        """Whether it is said that one is to go back, however many were paid: "we both paid, please send one back"."""
        return _ONE_BACK.search(self.request) is not None

    def asks_everything(self) -> bool:
        """Whether all of it is asked."""
        return _EVERYTHING.search(self.request) is not None


def times(money: Sum, share: float) -> Sum:
    """A multiple or a part of a sum."""
    return replace(money, amount=rounded(money.amount * share))


def less(money: Sum, other: Sum) -> Sum:
    """What a sum is more than another."""
    return replace(money, amount=rounded(money.amount - other.amount))


def added(some: Sequence[Told]) -> Sum | None:
    """Several sums together, None where they cannot be added."""
    if not some or len(some) > _MOST_ADDED or not same_currency(one.found.money for one in some):
        return None
    return replace(some[0].found.money, amount=rounded(sum(one.amount for one in some)))


def listed(some: Sequence[Told]) -> bool:
    """Whether several sums are told in one breath, each as its own: "12.50 in April, 12.50 in May and 12.50 in June"."""
    return len(some) > 1 and all(map(goes_on, some[1:]))


def goes_on(one: Told) -> bool:
    """Whether a sum is told in one breath with the one before it: "... and 12.50 in May"."""
    return _LISTED.search(one.left) is not None


def adds_up(some: Sequence[Told], n: int) -> bool:
    """Whether the ``n``-th sum is that of those just before it: "23.60 plus 35, together 58.60"."""
    total = 0.0
    for before in range(n - 1, max(-1, n - 1 - _MOST_ADDED), -1):
        total += some[before].amount
        if before < n - 1 and abs(total - some[n].amount) < 0.01:
            return True
    return False


def same_currency(some: Iterable[Sum]) -> bool:
    """Whether no two of them are of different currencies."""
    return len({money.currency for money in some} - {""}) < 2
