"""What a text counts: "12 of the 20 boxes", "those two", "8 licences", "three months"."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signals.cues import cue, months_between, occasions
from signals.languages import everyday
from signals.numbers import COUNT, NUMBER_WORDS, count_in, counted

TIME = frozenset({"day", "week", "month", "year", "hour", "minute", "night", "weekend"})
PEOPLE = frozenset({"people", "ppl", "pax", "person", "head", "pp", "adult", "guest", "child", "children", "kid"})
REPEATED = frozenset({"payment", "charge", "debit", "instalment", "installment", "time", "fee", "bill", "invoice"})
_MONEY = frozenset({"euro", "dollar", "pound", "franc", "buck", "cent", "rupee", "crown", "kroner", "peso", "yen", "pence"})
# With words whose s is no plural: "was", "this".
NO_THINGS = _MONEY | {
    *("i", "a", "u", "it", "wa", "ha", "doe", "thi", "plu", "le", "minu", "ye"),
    *("time", "thank", "alway", "perhap"),
}
_NEAR = 30  # characters before a group that may say that it is kept
MOST = 31  # "the 65" is a sum

_THINGS = cue(rf"(?:^|[^\w.,$€£#/:-]){COUNT}\s+((?:[a-z][a-z'-]*\s+){{0,2}}?)([a-z]+s|people|persons?|children|ppl|pax)\b")
_BETWEEN = everyday("en") - {"of", "the", "my", "our", "your"}
_SPELT_COUNT = f"({'|'.join(list(NUMBER_WORDS)[1:19])})"
_ALL_OF = cue(
    rf"\b(?:all|the other|the last|these|those|the remaining|the first|the extra|the additional|the missing|the wrong)"
    rf"\s+(?:of\s+(?:the|them|these)\s+)?{COUNT}\b",
    rf"\bthe\s+{COUNT}\s*(?:[.,!?](?:\D|$)|$|please|that|which|of)",
    rf"\bthe\s+{_SPELT_COUNT}\s+(?:we|i|you|plus|and)\b",
    rf"\b{COUNT}\s+of\s+(?:the|them|these|those|my|our)\b",
    rf"\b(?:the|my|our|your|these|those)\s+{_SPELT_COUNT}\s+(?:[a-z-]+\s+){{0,2}}?[a-z]+s\b",
    rf"\beach of (?:the|these|those|our|my)\s+{COUNT}\b",
    rf"\bthe\s+(?:[a-z]+(?:ed|en|ty|ng)\s+){_SPELT_COUNT}\b",  # "the chipped twelve"
)
_BOTH = cue(r"\b(?:both|the (?:pair|two of (?:them|us)))\b")
_A_TIME = cue(
    r"^\s+(?:of\s+(?:the|my|our|those|these)\s+)?(?:[a-z-]+\s+)?"
    r"(minutes?|hours?|days?|nights?|weeks?|months?|years?)\b"
)
_KEPT = cue(r"\b(?:pay(?:ing)? (?:only )?for|keep|keeping|kept)\s+(?:only\s+)?$")
_ONE = cue(
    r"\b(?:one of|the (?:second|third|fourth|fifth|sixth|last|missing|other|unused)\s+[a-z]+[a-rt-z])\b",
    r"\b(?:take|refund|return|reverse|credit|send)\s+(?:only\s+|just\s+|me\s+|us\s+)*one\b",
    r"\bthe (?:left|right|front|rear|upper|lower)(?:[ -]hand)? [a-z]+\b",
    r"\b(?:price|cost|fee) of (?:seat|ticket|room|item|number|no\.?) #?\d",
    r"^\W*(?:just\s+|only\s+)?one\b|\b(?:hers|mine)\b|\b(?:that|the|this) one\b|\b(?:her|his) [a-z]+[a-rt-z]\b",
    r"\bfor (?:him|her)\b|\bone\s+(?:more\s+)?(?:ticket|seat|chair|item|place|piece|entry|unit|licen[cs]e|room)\b",
)


_BUY = r"(?:had|have|bought|took|take|ordered|hired|rented|got|needed?|booked)"
_THEIRS = cue(rf"\b(?:i|we)\s+{_BUY}\s+{COUNT}(?:\s+of (?:them|these|those)\b|\s*[.,;!?])")


@dataclass(frozen=True, slots=True)
class Counted:
    """So many of a thing, which is told without its plural's s."""

    n: int
    thing: str


def single(word: str) -> str:
    """A word without its plural's s."""
    return "person" if word in PEOPLE else word.removesuffix("s").removesuffix("'")


def things(text: str) -> Iterator[Counted]:
    """What a text counts, with up to two words between: "three onboarding sessions"."""
    for found in _THINGS.finditer(text):
        thing = single(found[3])
        if thing not in NO_THINGS and _BETWEEN.isdisjoint(found[2].split()):
            yield Counted(counted(found[1]), thing)


def groups(said: str) -> Iterator[Counted]:
    """The things that are spoken of as a group: "those two", "all 8 months"; their name only where it is a time."""
    for found in _ALL_OF.finditer(said):
        if _KEPT.search(said[max(0, found.start() - _NEAR) : found.start()]):
            continue
        group = next(n for n, word in enumerate(found.groups(), 1) if word)
        behind = _A_TIME.search(said[found.end(group) :])
        if 0 < (n := counted(found[group])) <= MOST:
            yield Counted(n, single(behind[1]) if behind else "")
    if _BOTH.search(said):
        yield Counted(2, "")


def group_of(said: str) -> int:
    """How many the customer has of what was named before: "we had seven.", "I bought five of them"; 0 for unknown."""
    return count_in(_THEIRS.search(said))


def how_many(said: str) -> int:
    """The number of things that are spoken of as a group: 2 for "both" and "the other two"; 0 for none."""
    return next((group.n for group in groups(said)), 0)


def asks_one(said: str) -> bool:
    """Whether one thing of several is asked: "that one", "hers", "the second payment"."""
    return _ONE.search(said) is not None and not how_many(said)


def times_of(unit: str, said: str) -> int:
    """How many months, days and so on a text speaks of, also by their names; 0 for unknown or several."""
    named = {one.n for one in things(said) if one.thing == unit or (unit == "month" and one.thing in REPEATED)}
    if len(named) == 1:
        return named.pop()
    return (occasions(said) or months_between(said)) if unit == "month" and not named else 0
