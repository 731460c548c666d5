"""What the model sees of a sentence: its words, pairs of words, and words under a negation. Pure and fast: no library."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|\d+|[$€£¥₹]|[?!]+|[\u2600-\u27bf\U0001f300-\U0001faff]")
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


def features(sentence: str, marks: Iterable[str] = ()) -> list[str]:
    """Distinct features of a sentence of any case; ``marks`` are patterns that were seen in it, such as "+churn_risk"."""
    words = _words(sentence)
    found = dict.fromkeys(words)
    under = 0
    before, last = "^", ""
    for word in words:
        found[f"{before} {word}"] = None
        if last:
            found[f"{last}~{word}"] = None
        if under and word not in _NEGATORS:
            found[f"!{word}"] = None
        under = 0 if word in _CLAUSE else _REACH if word in _NEGATORS else max(under - 1, 0)
        last, before = before, word
    found |= dict.fromkeys(marks)
    return list(found)


def _words(sentence: str) -> list[str]:
    words: list[str] = []
    for token in _TOKEN.findall(sentence.lower())[:MOST_WORDS]:
        words.extend(_parts(token))
    return words


@lru_cache(maxsize=20_000)
def _parts(token: str) -> tuple[str, ...]:
    if token in _APART:
        return _APART[token]
    if token in _NOT_WITHOUT_MARK:
        return _stem(token[:-2]), "not"
    if token.endswith("n't"):
        return _stem(token[:-3]), "not"
    if token.isdigit():
        return (f"#{min(len(token), 6)}",)
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
