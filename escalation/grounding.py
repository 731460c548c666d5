"""Whether a sentence that a model wrote is borne out by the messages it cites: by their words, never by belief.

Every check errs on the side of refusing: a sentence that is refused costs nothing, for the thread's own words stay.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from escalation.grounding_words import ATTRIBUTED, NEGATED, NUMBERS, OPENERS, OUTCOMES, STOP_WORDS, WISHED
from escalation.thread import sentences

LONGEST = 320  # characters of a sentence
SUMMARY, ADVICE = 0.5, 0.34  # the share of telling words that has to stand in what is cited
_STEM = 5  # "refunded" is borne out by "refund": words are compared by their beginnings
_WORD = re.compile(r"[^\W_](?:[\w'\u2019&.+-]*[^\W_])?")
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_THOUSANDS = re.compile(r"[.,](?=\d{3}(?!\d))")
_SIGNS = re.compile(r"[$€£¥₹₽₩%‰°]")
_ADDRESS = re.compile(r"(?i:://|\bwww\.|\S@\S|\bmailto:)|[<>`{}\[\]|\\]")
_MASKED = re.compile(r"\[(?:card ending \d{4}|[^\[\]\n]{0,61}hidden)\]")  # what masking puts in place of what it hides
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]")
_TO_A_MODEL = re.compile(
    r"(?i:\b(?:ignore|disregard|forget)\b.{0,40}\b(?:instruction|prompt|rule|above|previous)|"
    r"\bsystem prompt\b|\blanguage model\b|\bas an? (?:ai|assistant)\b|\b(?:jailbreak|dan mode)\b)"
)


@dataclass(frozen=True)
class Source:
    """A message that a sentence cites, with what is always known beside it (the subject, the product area)."""

    role: str
    text: str

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(part for word in _words(self.text) for part in _forms(word))

    @cached_property
    def numbers(self) -> frozenset[str]:
        return _numbers(self.text)


def why_not(text: str, sources: Iterable[Source], about: str = "", *, share: float = SUMMARY) -> str:
    """Why a sentence is not borne out by what it cites, "" when it is. ``about``: words that may always be used."""
    cited = tuple(sources)
    told = (*cited, Source("", about))
    text = unicodedata.normalize("NFKC", text)
    return (
        _misshapen(text)
        or _numbers_wrong(text, told)
        or _names_wrong(text, told)
        or _unsupported(text, told, share)
        or _outcome_wrong(text, cited)
        or _turned_round(text, cited)
    )


def _misshapen(text: str) -> str:
    if not text.strip():
        return "it is empty"
    if len(text) > LONGEST:
        return f"it is longer than {LONGEST} characters"
    if _UNSEEN.search(text):
        return "it has line breaks or characters that cannot be seen"
    if _ADDRESS.search(_MASKED.sub("", text)):
        return "it has an address or markup"
    return "it speaks of models and their instructions" if _TO_A_MODEL.search(text) else ""


def _numbers_wrong(text: str, told: tuple[Source, ...]) -> str:
    known = frozenset().union(*(source.numbers for source in told))
    if strange := sorted(_numbers(text) - known):
        return f"the number {strange[0]} is in no message it cites"
    seen = "".join(source.text for source in told)
    strange = [sign for sign in _SIGNS.findall(text) if sign not in unicodedata.normalize("NFKC", seen)]
    return f"the sign {strange[0]} is in no message it cites" if strange else ""


def _names_wrong(text: str, told: tuple[Source, ...]) -> str:
    known = frozenset().union(*(source.words for source in told))
    for sentence in sentences(text):
        for nth, word in enumerate(_words(sentence)):
            bare = _bare(word)
            if _forms(word) & known or not _is_named(word, first=nth == 0):
                continue
            if nth or not _opens(bare, known):
                return f"the name “{word[:40]}” is in no message it cites"
    return ""


def _is_named(word: str, *, first: bool) -> bool:
    """Whether a word may be somebody's or something's name: by its capitals, its digits, or a script that has no capitals."""
    letters = [c for c in word if c.isalpha()]
    if any(c.lower() == c.upper() for c in letters):
        return True
    return any(c.isupper() for c in word) or (bool(letters) and any(c.isdigit() for c in word)) or (first and word[0].isupper())


def _opens(bare: str, known: frozenset[str]) -> bool:
    """Whether a word may begin a sentence with its capital: an everyday word, or one that the source has in another form."""
    return bare in OPENERS or bare in STOP_WORDS or bare in OUTCOMES or _stands_in(bare, known)


def _unsupported(text: str, told: tuple[Source, ...], share: float) -> str:
    known = frozenset().union(*(source.words for source in told))
    telling = _telling(text)
    borne = sum(_stands_in(word, known) for word in telling)
    if borne and borne >= share * len(telling):
        return ""
    return f"only {borne} of its {len(telling)} telling words are in the messages it cites"


def _outcome_wrong(text: str, cited: tuple[Source, ...]) -> str:
    """What was decided or done about the matter must be said in that very word, by our side unless it is told as the
    customer's word: else an order in a ticket ("refund approved") would read as a fact."""
    for found in _WORD.finditer(text):
        word = _bare(found.group())
        if word not in OUTCOMES or WISHED.search(text[: found.start()]):
            continue
        saying = [source for source in cited if word in source.words]
        if not saying:
            return f"no message it cites says “{word}”"
        if not ATTRIBUTED.search(text) and not any(source.role in ("agent", "bot") for source in saying):
            return f"“{word}” is said by the customer alone"
    return ""


def _turned_round(text: str, cited: tuple[Source, ...]) -> str:
    """A sentence with a "no" needs one in the sentences nearest to it, and one without must not be their opposite.

    Where some of these say no and others do not, only a wish is told for sure: "refund me", "I did not get the refund".
    """
    telling = _telling(text)
    near = [(sum(_stands_in(w, _forms_of(s)) for w in telling), s) for source in cited for s in sentences(source.text)]
    best = max((points for points, _ in near), default=0)
    nearest = [s for points, s in near if points and points >= 0.75 * best]
    same = [bool(NEGATED.search(s)) is bool(NEGATED.search(text)) for s in nearest]
    if all(same) or (any(same) and WISHED.search(text.rstrip(".!? "))):
        return ""
    return "it may say the opposite of what it cites"


# ------------------------------------------------------------------ words and numbers


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text))


def _bare(word: str) -> str:
    """A word without its capitals and its possessive."""
    return re.sub(r"'s?$", "", word.casefold().replace("\u2019", "'"))


def _forms(word: str) -> frozenset[str]:
    """A word as it is compared: bare, and the parts of a compound."""
    bare = _bare(word)
    return frozenset((bare, *(part for part in re.split(r"[-.&+']", bare) if part)))


def _forms_of(text: str) -> frozenset[str]:
    return frozenset(form for word in _words(text) for form in _forms(word))


def _telling(text: str) -> frozenset[str]:
    """The words that carry the matter: four letters and more, none that stands in any sentence; numbers are judged apart."""
    found = (_bare(word) for word in _words(text))
    return frozenset(w for w in found if len(w) > 3 and w not in STOP_WORDS and not w[0].isdecimal() and not NEGATED.fullmatch(w))


def _stands_in(word: str, known: frozenset[str]) -> bool:
    if word in known:
        return True
    return len(word) >= _STEM and any(len(other) >= _STEM and other[:_STEM] == word[:_STEM] for other in known)


def _numbers(text: str) -> frozenset[str]:
    """Every number in figures and words, written one way: 1,200.00 and 1200 are the same."""
    text = unicodedata.normalize("NFKC", text)
    figures = (_one_way(found) for found in _NUMBER.findall(text))
    words = (NUMBERS[word] for word in map(_bare, _words(text)) if word in NUMBERS)
    return frozenset((*figures, *words))


def _one_way(number: str) -> str:
    plain = "".join(str(int(c)) if c.isdecimal() else c for c in number)
    plain = _THOUSANDS.sub("", plain)
    return re.sub(r"[.,]0+$", "", plain).lstrip("0") or "0"
