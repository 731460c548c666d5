"""What came of remedies, in one English sentence or message: the same outcome twice, none at all, one that was not tried."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from signals.text import lower
from signals.wordlists import wordlist

_MOST_HEAD, _MOST_TAIL = 12, 4  # words; longer ones are no "new cable: still dead"
_PARTS = re.compile(r"[:;,=](?=\s)|\s[-\u2013\u2014]\s|\band\b")
_WORD = re.compile(r"[a-z#']+")
_NUMBER = re.compile(r"\d+")
_FILLING = wordlist("of_outcomes")
# What was not done or is yet to come, up to the end of what is said of it.
_AHEAD = re.compile(
    r"\b(?:(?:have|has|had|did|do|am|are|was)(?:n'?t|\s+not)\s+(?:[a-z]+\s+){0,2}?"
    r"(?:tried|try|done|touch|touched|dare|want|going|attempt\w*|risk\w*|had time|(?:got|come|gotten) (?:a)?round)|"
    r"not\s+(?:yet\s+)?(?:tried|touched|attempted)|(?:yet|still have|still need) to\s+[a-z]|"
    r"(?:i|we)(?:'ll|'d rather| will| shall| would rather|(?: am|'m| are|'re) (?:going|planning) to)|"
    r"(?:should|shall|could|can|may|must|would|do) (?:i|we)|before (?:i|we)|"
    r"(?:read|heard|saw) (?:in|on|at|from) (?:\w+\s+){1,4}?that)\b[^,;.!?]*?(?=\b(?:but|yet|however)\b|[,;.!?]|$)"
)
# What is said of the words before it: "reinstalling is no option for me".
_BEHIND = re.compile(
    r"\b(?:(?:isn'?t|aren'?t|wasn'?t|(?:is|are|was) not|is|are|was) (?:an|no) option|(?:must|has to|have to) wait|"
    r"(?:is|are) (?:still\s+)?(?:next|planned|to come)|would be (?:my|our|the) (?:next|last)|"
    r"(?:i|we) (?:did not|didn'?t|do not|don'?t) need|(?:was|is)(?: not|n'?t) needed)\b"
)
_STOP = re.compile(r"[,;.:!?]")
_NONE = re.compile(
    r"\b(?:not|n'?t)\s+(?:yet\s+)?(?:done|tried|touched|changed|attempted|started)\s+(?:with\s+)?"
    r"(?:any|anything|either|a thing)\b(?!\s+(?:else|new|more|other|different|beyond))"
)
_WORKED = re.compile(
    r"^\W*(?:(?:and|but)\s+)?(?:both|all|each|either|they|these)(?:\s+(?:of them|three|four|methods|ways))?\s+"
    r"(?:work|works|worked|helped|went fine|are fine|do the job|did the job)\b"
    r"(?!\s+(?:the same|alike|as badly|before|until|so far))"
)
_LIKED = re.compile(
    r"\b(?:like|likes|prefer|prefers|works?|worked|looks?|sounds?)\b(?:\s+[a-z]+){0,4}?\s+(?:better|best|fine|perfectly|nicely)\b|"
    r"\bprefer the\b|\b(?:runs?|works?|goes) like (?:a dream|a charm|new)\b|\bno (?:more )?trouble since\b"
)
_UNLIKED = re.compile(r"\b(?:not|n'?t|no|never|used to|until|but|still|before|if|would|elsewhere|on (?:other|another))\b")
_NO_USE = re.compile(
    r"\b(?:brought|changed|changes|made|makes|did|does|achieved|gained|led to|resulted in)\s+(?:[a-z]+\s+)?"
    r"(?:nothing|zero|no\s+(?:difference|change|improvement|effect))\b|"
    r"\b(?:did|does|do)(?:n'?t|\s+not)\s+(?:[a-z]+\s+)?(?:help|change|cure|fix|solve|improve|make\s+(?:a|any)|do\s+(?:a|any))|"
    r"\b(?:neither|nor)\s+did\b|\bno\s+(?:luck|joy|use|success|help|effect)\b|\bto no avail\b|"
    r"\bwithout\s+(?:any\s+)?(?:luck|success|effect|result)\b|\blasted\b|\b(?:after|despite|even with)\b"
)
# The words before a colon or a dash that name something, as in "Audio set to PCM: still cuts out".
_HEAD = re.compile(
    r"^\W*(?!(?:result|status|error|outcome|effect|message|display|still|same|no|nope|nothing|it)\b)"
    r"[^:]{2,60}?(?::|\s[-\u2013\u2014])\s"
)
_OUTCOME = re.compile(
    r"^\W*+(?:(?>and|but|so|now|then|yet|result|today|this (?:morning|evening|time)|the next (?:day|morning)|\d[\d:.]*+)\W++)*+"
    r"(?:still|same|no|nope|nothing|not|none|it|its|they|that|this|there|i'm|i am|we're|we are|even so|again|gone|dead|back|"
    r"every|(?:the\s+)?(?:new|other|second|replacement|fresh) (?:ones?|[a-z]+) (?:is|was|has|had)|"
    r"the (?:same|problem|issue|error|fault))\b"
)
_IS_STILL = re.compile(r"\b(?:still|again|the same|same)\b")
_SHORT = 12  # words of a sentence that says "still", and no more
_SEVERAL = re.compile(
    r"\b(?:did|done|tried|followed|checked)\s+(?:(both)|all\s+(?:of\s+)?(?:the\s+|those\s+)?(two|three|four|five))\b"
)
_COUNTS = {"both": 2, "two": 2, "three": 3, "four": 4, "five": 5}
_AGAIN = re.compile(
    r"\b(?:did|done|tried|repeated|does|redid)\s+(?:it|this|that|so|the same|the lot|everything)(?:\s+all)?\s+"
    r"(?:again|anew|over|once more|twice|an?other time|"
    r"(?:a|the|for the)\s+(?:second|third|fourth|fifth|[a-z]+th)\s+time|[a-z]+\s+times)\b"
)
_BY_THE_BOOK = re.compile(
    r"\b(?:as|like)\s+(?:it\s+(?:says|is|was)\b|(?:(?:shown|told|described|explained|instructed|written)\s+)?"
    r"(?:(?:in|by|per|on)\s+)?(?:the|your|its)\s+(?:[a-z-]+\s+){0,2}?"
    r"(?:manual|booklet|leaflet|guide|guides|instructions?|article|video|page|help|label|card)\b)"
)


def none_tried(text: str) -> bool:
    """Whether the message says that nothing of what it names was tried: "I have not done any of these yet"."""
    return _NONE.search(text.lower()) is not None


def untried(sentence: str) -> list[tuple[int, int]]:
    """The places of a sentence that tell what was not done: planned, refused, only asked for or read of."""
    text = lower(sentence)
    ahead = [found.span() for found in _AHEAD.finditer(text)]
    behind = [found.span() for found in _BEHIND.finditer(text)]
    stops = [0, *(found.end() for found in _STOP.finditer(text))] if behind else []
    return ahead + [(max(stop for stop in stops if stop <= start), end) for start, end in behind]


def worked(sentence: str) -> bool:
    """Whether a sentence says that what was told before it worked: "Both work"."""
    return _WORKED.match(sentence.lower()) is not None


def liked(sentence: str) -> bool:
    """Whether a sentence is content with what it tells: "I tried both, and like the first one better"."""
    text = sentence.lower()
    return _LIKED.search(text) is not None and _UNLIKED.search(text) is None


def of_no_use(sentence: str) -> bool:
    """Whether a sentence says of what it names, without a verb of doing, that it was no use: "the update brought nothing"."""
    return _NO_USE.search(sentence.lower()) is not None


def is_outcome(sentence: str) -> bool:
    """Whether a sentence tells no more than how things are after what was told before: "Still wet."."""
    text = sentence.lower()
    if _HEAD.match(text):
        return False
    return bool(_OUTCOME.match(text)) or (bool(_IS_STILL.search(text)) and len(_WORD.findall(text)) <= _SHORT)


def how_many(sentence: str) -> int:
    """How many advised remedies are told as a number: "did both" is 2, 0 where none is."""
    found = _SEVERAL.search(sentence.lower())
    return _COUNTS[found[1] or found[2]] if found else 0


def again(clause: str) -> bool:
    """Whether no more is told than that the same was done again."""
    return _AGAIN.search(clause.lower()) is not None


def by_the_book(sentence: str) -> bool:
    """Whether the actions of a sentence are the steps of one instruction that is named."""
    return _BY_THE_BOOK.search(sentence.lower()) is not None


def alike(sentences: Sequence[str], before: Sequence[str] = ()) -> frozenset[int]:
    """The sentences that end in the same few words as another: "New cable: still dead. Other socket: still dead.".

    ``before``: sentences of earlier messages.
    """
    earlier = set(filter(None, map(_tail, before)))
    tails: dict[tuple[str, ...], list[int]] = {}
    for n, sentence in enumerate(sentences):
        tail = _tail(sentence)
        if tail:
            tails.setdefault(tail, []).append(n)
    return frozenset(n for tail, some in tails.items() if len(some) > 1 or tail in earlier for n in some)


@lru_cache(maxsize=500)  # a message's sentences are compared with those of the messages before
def _tail(sentence: str) -> tuple[str, ...]:
    """The few words a sentence ends in, those behind its last colon, comma or dash; () where they are many or all."""
    text = sentence.lower()
    cuts = list(_PARTS.finditer(text))
    cut = cuts[-1] if cuts else None
    if cut is None or not cut.start() or len(_WORD.findall(text, 0, cut.start())) > _MOST_HEAD:
        return ()
    words = _WORD.findall(text, cut.end()) or _NUMBER.findall(text, cut.end())  # "New key: 500. Your collection: 500."
    kept = tuple(w for w in words if w not in _FILLING) or tuple(words)
    return kept if len(kept) <= _MOST_TAIL else ()
