"""The sum that follows from others in the languages that only patterns read: a difference, a half, so many pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from signals.amounts import Sum
from signals.case import Case, same_currency, times
from signals.cues import Told, cue
from signals.numbers import rounded

# \b of re2 knows ASCII only: none stands beside a letter with an accent.
_DIFFERENCE = cue(
    r"\bdifferenz|\bunterschied|\bdifférence|\btrop[- ]perçu|\bdiferencia|\bexceso\b|\bdifferenza|\beccedenza|\bdiferença|"
    r"\bexcesso\b|\bverschil\b|\bzuviel|\bzu viel|\ben trop\b|\bde más|\bin più|\bte\s?veel\b|\ba mais\b"
)
_SURPLUS = cue(r"^\W*(?:zu\s?viel|(?:en|de)\s+trop\b|de\s+más|in\s+più|te\s?veel|a\s+mais\b)")
_INSTEAD = cue(
    r"\b(?:statt|anstatt|anstelle von|au lieu de|en lugar de|en vez de|invece di|invece che|al posto di|anziché|in plaats van|"
    r"em vez de|ao invés de)\W+(?:(?:nur|den|der|les|los|solo|i|de|das|só|slechts)\W+)?(?:r?[$€£]\W*)?$"
)
_NOT = r"(?:nicht|keine|pas|no|non|não|niet|geen)"
_HALF = cue(r"\b(?:hälfte|haelfte|moitié|mitad|metà|meta'|metade|helft)")
_NOT_HALF = cue(rf"\b{_NOT}\s+(?:[a-zà-ÿ']+\s+){{0,2}}?(?:hälfte|haelfte|moitié|mitad|metà|meta'|metade|helft)")
_EACH = cue(
    r"^\W*(?:(?:pro|je|das)\s+stück|pro\s+person|(?:la\s+)?pièce\b|chacune?\b|(?:à\s+)?l\W?unité|par\s+personne|cada\s+(?:un[oa]|uma?)\b|"
    r"cada\s*(?:[.,;)]|$)|(?:por|la|a)\s+unida|l\W?un[oa]\b|cadaun[oa]\b|ciascun[oa]\b|al\s+pezzo|a\s+testa|per\s+(?:stuk|persoon)|"
    r"elk\b|ieder\b|por\s+pessoa|por\s+persona)"
)
_EVERY = cue(r"\b(?:je|jeweils)\s*$")
_ONE_OF = cue(
    r"\bein(?:e[nrs]?)?\s+(?:der|von(?:\s+den)?)\s+(?:beiden|zwei)|\bun[oa]\s+de\s+(?:los|las)\s+dos\b|\bl\W?une?\s+des\s+deux\b|"
    r"\bun[oa]\s+de(?:i|lle)\s+due\b|\b(?:een|één)\s+van\s+de\s+(?:twee|beide)|\buma?\s+d[oa]s\s+du?[oa]s\b"
)
_COUNTS = (
    (2, r"zwei|beiden?|zwo|dos|amb[oa]s|deux|due|entramb[ie]|twee|allebei|dois|duas"),
    (3, r"drei|tres|três|trois|tre|drie"),
    (4, r"vier|cuatro|quatre|quattro|quatro"),
    (5, r"fünf|fuenf|cinco|cinq|cinque|vijf"),
    (6, r"sechs|seis|six|sei|zes"),
    (7, r"sieben|siete|sept|sette|zeven|sete"),
    (8, r"acht|ocho|huit|otto|oito"),
    (9, r"neun|nueve|neuf|nove|negen"),
    (10, r"zehn|diez|dix|dieci|tien|dez"),
)
_COUNT = tuple((n, cue(rf"(?:^|[^a-zà-ÿ])(?:{words})(?:[^a-zà-ÿ]|$)")) for n, words in _COUNTS)


def reckoned(case: Case) -> Sum | None:
    """The sum that follows, None where one is asked for itself or nothing follows."""
    return _surplus(case) or _difference(case) or _half(case) or _pieces(case)


def _surplus(case: Case) -> Sum | None:
    """What is said to be too much: "35 zu viel"."""
    return next((one.found.money for one in case.some if _SURPLUS.search(one.right)), None)


def _difference(case: Case) -> Sum | None:
    """The difference of two sums, also where it is told beside them: "75 statt 60, die Differenz von 15"."""
    amounts = _amounts(case.some)
    asked = _DIFFERENCE.search(case.request) is not None
    instead = any(_INSTEAD.search(one.left) for one in case.some) and not all(one.inside for one in case.some)
    if not (asked or instead) or len(amounts) not in (2, 3) or not same_currency(one.found.money for one in case.some):
        return None
    least, *_, most = amounts
    less = rounded(most - least) if len(amounts) == 2 else least
    if len(amounts) == 3 and rounded(most - amounts[1]) != least:
        return None
    return replace(case.some[0].found.money, amount=less)


def _half(case: Case) -> Sum | None:
    """Half of the only sum; the smaller one where both are told."""
    if not _HALF.search(case.request) or _NOT_HALF.search(case.request):
        return None
    amounts, money = _amounts(case.some), case.some[0].found.money
    if len(amounts) == 2 and rounded(2 * amounts[0]) == amounts[1]:
        return replace(money, amount=amounts[0])
    return times(money, 0.5) if len(amounts) == 1 else None


def _pieces(case: Case) -> Sum | None:
    """A price per piece times how many are asked back: of "vier ..., zwei sind kaputt" the fewest."""
    prices = {one.found.money for one in case.some if _EACH.search(one.right) or _EVERY.search(one.left)}
    if len(prices) != 1 or len(_amounts(case.some)) > 1 or _ONE_OF.search(case.request):
        return None
    count = _fewest(case.request) or _fewest(case.text)
    return times(prices.pop(), count) if count else None


def _fewest(text: str) -> int:
    return next((count for count, words in _COUNT if words.search(text)), 0)


def _amounts(some: Sequence[Told]) -> list[float]:
    return sorted({one.amount for one in some})
