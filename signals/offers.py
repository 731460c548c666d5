"""Money back that somebody of the team offers, and what the customer answers: takes it up, or wants all of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import re2

from escalation.ticket import Message
from signals.amounts import sums
from signals.asked import SURE, Seen, evidence_of
from signals.turns import Turn, advice_before

_OFFER: Any = re2.compile(
    r"(?i)\b(?:refund\w*|reimburs\w*|money back|(?:give|send|pay|put|get|credit|offer)\b(?:[^.!?]|\.\d){0,40}\bback|back as|"
    r"return\w*\s+(?:the\s+|your\s+)?(?:money|[$€£]?\d+)|\d\s?[$€£\w]*\s+(?:returned|refunded|credited)|\d\s?[$€£\w]*\s+back|"
    r"(?:be|it|that|being)\s+(?:returned|reversed|credited|repaid|waived)|reverse|waive|"
    r"\d{1,3}\s?%\s+(?:back|off|of)|offers?|owe you|go (?:up )?to|goodwill|compensat\w+|"
    r"how (?:would|do|should|shall|may|can) (?:you|we|i) (?:like|want|prefer|send|pay|transfer|return)\b[^.!?]{0,30}"
    r"\b(?:money|it back|amount|sum)|"
    r"(?:which|what|where|to which) [^.!?]{0,30}\b(?:we|i) (?:send|pay|transfer|put|return)\b|"
    r"(?:send|give|tell) us your (?:iban|bank|account)\w*)\b"
)
_DECLINES: Any = re2.compile(
    r"(?i)^\W*(?:no|nope|sorry|not|never|nah)\b|\b(?:not (?:good )?enough|isn't enough|not acceptable|"
    r"(?:can't|cannot|won't|don't) accept|do not accept|all of it|the full|in full|the whole|everything|completely|"
    r"every (?:dollar|cent|penny|euro|pound)|too (?:little|low))\b"
)
_ALL_OF_IT: Any = re2.compile(
    r"(?i)(?:^|[.!?,:\n])\s*(?:i(?:'d|'ll| would)?\s+(?:still\s+)?(?:want|expect|like)\s+|then\s+|so\s+|just\s+)?"
    r"(?:all of (?:it|that)|the (?:whole|full) (?:amount|sum|lot|price|thing)|the lot|everything|100\s?%)\b"
    r"\s*(?:back)?\s*(?:please|pls)?\s*(?:[.!,]|$)"
)
_REMEDY: Any = re2.compile(
    r"(?i)\b(?:replac\w+|re-?send\w*|re-?ship\w*|new one|another one|exchang\w+|swap\w*|repair\w*|fit the|vouchers?|store credit|"
    r"(?:send|ship|deliver|bring|post)\s+(?:you\s+|me\s+|us\s+|out\s+)?(?:an?\s|the\s)(?:new|right|correct|missing|fresh|second)|"
    r"another copy|free of charge|fix\w*|mend\w*|re-?book\w*|move (?:you|me|us))\b"
)
_ACCEPTS: Any = re2.compile(
    r"(?i)\b(?:works? for (?:me|us)|that(?:'?s| would be| will be) (?:fine|great|perfect|ok|okay|good|lovely|even better)|"
    r"sounds? (?:good|great|fine|perfect)|fine (?:by|with) (?:me|us)|see you (?:then|at|on|tomorrow)|"
    r"(?:yes|ok|okay|sure|perfect|great|deal|please do|do that|lovely|go ahead|happy with that|let'?s do)\b[^.!?]{0,40}[.,!])|"
    r"^\W*(?:yes|yep|sure|fine|alright)\b"
)
_STILL_MONEY: Any = re2.compile(
    r"(?i)\b(?:i (?:still )?(?:want|need|prefer|demand)|refund me|my money|money|but|however|instead|cash)\b"
)
_LATTER: Any = re2.compile(r"(?i)(?:\bthe |^\W*)(?:latter|second (?:one|option))\b")
_OR_MONEY: Any = re2.compile(r"(?i)\bor\b(?:[^.!?]|\.\d){0,60}\b(?:money|refund\w*|back|reimburs\w*)\b")
_WHERE: Any = re2.compile(
    r"(?i)\b(?:where(?:'s| is) (?:it|that|this)|when (?:do|will|can) (?:i|we) (?:get|see|have|receive) (?:it|that)|still nothing|"
    r"nothing (?:yet|has arrived|has come|there))\b"
)
_TO_CARD: Any = re2.compile(
    r"(?i)^\W*(?:(?:please|just)\s+)?(?:(?:back\s+)?(?:to|on|onto|into|by|via|in)\s+)?(?:(?:the|my|our)\s+)?"
    r"(?:(?:same|original|old|credit|debit)\s+)*"
    r"(?:card|cash|money|account|bank account|bank transfer|bank|transfer|paypal|visa|mastercard|iban)\b"
)
_SHORT = 80  # characters of an answer that only picks what is offered
MOST_ADVICE = 2000  # characters


def advice(messages: Sequence[Message], place: int) -> str:
    """As much as is searched for money of what the team or a bot wrote before this message, "" for nothing."""
    return advice_before(messages, place)[:MOST_ADVICE]


def offered(messages: Sequence[Message], place: int) -> str:
    """What was written before this message where it offers money back, else ""."""
    before = advice(messages, place)
    return before if before and _OFFER.search(before) else ""


def declines(answer: str) -> bool:
    """Whether an offer is not enough: another sum is wanted than the one in it."""
    return _DECLINES.search(answer) is not None


def taken_up(own: Sequence[Turn], messages: Sequence[Message]) -> Iterator[Seen]:
    """Answers that turn an offer into a request: "OK, let's do that", "the 8 on my card", "all of it", "where is it?"."""
    for turn in own:
        offer = offered(messages, turn.place)
        if not offer:
            continue
        hits = turn.of("refund.accepts")[:1]
        picked = None if hits else _picked(turn.text)
        yield from ((turn, evidence_of(turn, hit), SURE) for hit in hits)
        if picked and _is_in(turn.text[slice(*picked)], offer):
            yield turn, turn.evidence(*picked, "en:refund.picked"), SURE


def _picked(answer: str) -> tuple[int, int] | None:
    """The words of an answer that may pick money out of what is offered."""
    for pattern in (_ALL_OF_IT, _LATTER, _WHERE, *((_TO_CARD,) if len(answer) <= _SHORT else ())):
        if found := pattern.search(answer):
            return found.start(), found.end()
    named = next(iter(sums(answer)), None) if len(answer) <= _SHORT else None
    return (named.start, named.end) if named else None


def _is_in(picked: str, offer: str) -> bool:
    """Whether an offer holds what was picked: the latter of two when that is money, a sum when it is there."""
    if _LATTER.search(picked):
        return _OR_MONEY.search(offer) is not None
    if any(pattern.search(picked) for pattern in (_ALL_OF_IT, _WHERE, _TO_CARD)):
        return True
    return not {found.money.amount for found in sums(f"the {picked}")}.isdisjoint(found.money.amount for found in sums(offer))


def settled_otherwise(own: Sequence[Turn], messages: Sequence[Message]) -> tuple[int, int]:
    """Where the customer last took up a remedy without money: a new one, a repair, a voucher; (-1, 0) for nowhere."""
    return max(((turn.place, len(turn.text)) for turn in own if _takes_a_remedy(turn, messages)), default=(-1, 0))


def _takes_a_remedy(turn: Turn, messages: Sequence[Message]) -> bool:
    before = advice(messages, turn.place)
    if not before or not _REMEDY.search(before) or _STILL_MONEY.search(turn.text) or _DECLINES.search(turn.text):
        return False
    named = _REMEDY.search(turn.text) is not None
    return named if _OFFER.search(before) else named or _ACCEPTS.search(turn.text) is not None
