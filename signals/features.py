"""What the model sees of a sentence: its words, pairs of words, and words under a negation. Pure and fast: no library."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise

from signals.wordlists import wordlist

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[$€£¥₹]|[?!]+|[\u2600-\u27bf\U0001f300-\U0001faff]")
SUM = "#sum"  # whatever its digits: "€49.90 back" and "$1,200 back" ask the same
_PRICE = re.compile(r"[(\"']?(?:[a-z]{0,3}[$€£₹¥]\d[\d.,']*|\d[\d.,']*[$€£₹¥]|\d{1,3}(?:[.,']\d{3})*[.,]\d\d(?![\d.:,]\d))")
_CURRENCY = wordlist("currency")
_APART = {
    **{"can't": ("can", "not"), "cannot": ("can", "not"), "cant": ("can", "not"), "won't": ("will", "not")},
    **{"shan't": ("shall", "not"), "ain't": ("is", "not"), "gonna": ("going", "to"), "wanna": ("want", "to")},
    **{"pls": ("please",), "plz": ("please",), "u": ("you",), "ur": ("your",), "im": ("i", "am"), "ive": ("i", "have")},
}
_NOT_WITHOUT_MARK = frozenset(
    f"{word}nt" for word in ("do", "does", "did", "is", "are", "was", "were", "have", "has", "had", "could", "would", "should")
)
_ENDS = {"'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would", "'s": "'s"}
_NEGATORS = frozenset({"not", "no", "never", "without", "neither", "nor"})
_REACH = 4  # words after a negation that stand under it
_CLAUSE = frozenset({"but", "?", "!", "however", "just"})
MOST_WORDS = 120  # of one sentence; a longer one is mostly data
_MOST_NEAR = 40  # words of what stands around a sentence
_END_OF_ADVICE = 300  # characters: its last words say what to do, or ask something


@dataclass(frozen=True, slots=True)
class Setting:
    """What surrounds the sentences of one message: words of the subject and of the advice before it, marked as such, and the
    words of that advice which an answer to it would take up."""

    everyday: frozenset[str] = frozenset()
    subject: tuple[str, ...] = ()
    advice: tuple[str, ...] = ()
    telling: frozenset[str] = frozenset()


def features(words: Sequence[str], marks: Iterable[str] = ()) -> set[str]:
    """The features of a sentence of these words; ``marks`` are patterns that were seen in it, such as "+churn_risk"."""
    behind = ["^", *words]
    found = {*words, *marks}
    found.update([f"{before} {word}" for before, word in pairwise(behind)])
    found.update([f"{before}~{word}" for before, word in zip(behind, words[1:], strict=False)])
    if not _NEGATORS.isdisjoint(words):
        found.update(_negated(words))
    return found


def _negated(words: Sequence[str]) -> Iterator[str]:
    """The words that stand under a negation."""
    under = 0
    for word in words:
        if under and word not in _NEGATORS:
            yield f"!{word}"
        under = 0 if word in _CLAUSE else _REACH if word in _NEGATORS else max(under - 1, 0)


def around(words: Sequence[str], number: int, before: Sequence[str], setting: Setting) -> tuple[str, ...]:
    """Marks of where a sentence stands: its ``number`` in the message, the words ``before`` it, and the advice it answers.

    The subject's words are marks of every sentence alike, see ``Setting``.

    "Please end it" asks to end what the sentence before or the subject names; "rebooked for today, the app regrets" is a failure
    because somebody had just said: please rebook.
    """
    place = ("@first",) if number == 0 else ()
    near = _marked("p", [word for word in before if word not in setting.everyday])
    if not setting.telling:
        return (*place, *near)
    shared = len(setting.telling.intersection(words))
    echo = ("@echo", "@echoes")[: min(shared, 2)]
    answer = ("@reply_first", *setting.advice) if number == 0 else ()
    return (*place, "@reply", *answer, *echo, *near)


def setting(subject: str, advice: str, everyday: frozenset[str]) -> Setting:
    """What surrounds the sentences of a message: the ticket's ``subject``, and the ``advice`` that it answers."""
    end = words_of(advice[-_END_OF_ADVICE:])
    return Setting(everyday, _marked("s", words_of(subject)), _marked("a", end), telling(advice, everyday))


def _marked(kind: str, words: Sequence[str]) -> tuple[str, ...]:
    """Words that stand elsewhere, each once, as features of their own: none of them is said here."""
    return tuple([f"{kind}:{word}" for word in dict.fromkeys(words[:_MOST_NEAR])])


def telling(text: str, everyday: frozenset[str]) -> frozenset[str]:
    """The words of an advice that an answer to it would take up."""
    return frozenset(word for word in words_of(text) if len(word) > 3 and word not in everyday)


def words_of(sentence: str) -> list[str]:
    """The words of a text in order, each cut to its stem; what stands behind MOST_WORDS is not looked at."""
    return list(chain.from_iterable(map(_parts, sentence.lower().split()[:MOST_WORDS])))[: 2 * MOST_WORDS]


@lru_cache(maxsize=10_000)
def _parts(chunk: str) -> tuple[str, ...]:
    """The words of what stands between two spaces: kept, because looking up is five times as fast as matching."""
    money = _PRICE.match(chunk)
    if money:
        return (SUM, *_parts(chunk[money.end() :]))
    return tuple(chain.from_iterable(map(_word, _TOKEN.findall(chunk))))


def _word(token: str) -> tuple[str, ...]:
    if token in _APART:
        return _APART[token]
    if token in _NOT_WITHOUT_MARK:
        return _stem(token[:-2]), "not"
    if token.endswith("n't"):
        return _stem(token[:-3]), "not"
    if token.isdigit():
        return (f"#{min(len(token), 6)}",)
    if token in _CURRENCY:
        return ("$",)
    head, mark, tail = token.partition("'")
    if mark:
        return _stem(head), _ENDS.get(f"'{tail}", tail)
    return (token[0] if not token.isalpha() else _stem(token),)


def _stem(word: str) -> str:
    """A crude stem: plural, past and progressive forms meet; that it is sometimes no word does no harm."""
    if len(word) <= 3:
        return word
    for end, kept in (("ies", "y"), ("ing", ""), ("edly", ""), ("ed", ""), ("ly", ""), ("es", "e"), ("s", "")):
        if word.endswith(end) and len(word) - len(end) >= 3 and not word.endswith("ss"):
            word = word[: len(word) - len(end)] + kept
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "els":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word
