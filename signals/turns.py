"""A thread cut into what is read: the customer's turns with their sentences, patterns seen and scores (domain.md §2)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from escalation.signals import Evidence
from escalation.ticket import Message, Role
from signals.features import around, features, setting, words_of
from signals.languages import everyday
from signals.lexicon import Hit, Lexicon, marks
from signals.model import Model, Passage
from signals.text import MOST_READ, clean, is_automatic, sentences

MOST_TURNS = 60  # of the customer that are read, newest first; older ones rarely matter and threads of thousands exist
MOST_SENTENCES = 60  # of one message that are scored
_MOST_ADVICE, _MOST_SUBJECT = 1000, 300  # characters
_LONG = 700  # characters of a sentence that are scored
MOST_EVIDENCE = 10
_CONTENT = 0.6  # share of a tone; on 3,040 unseen tickets it raised precision of a wish for a person from .86 to .92
_Hits = Mapping[str, list[Hit]]  # by group
_IN_ADVANCE = re.compile(
    r"(?i)\b(?:thanks|thank you|thx|cheers)(?: (?:so|very) much| a lot)? (?:in advance\b|(?:for|in advance for) any\b)"
)
_LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Span:
    """A sentence: its place in the message, the model's raw scores, and ``total`` of its own features (``Model.total``)."""

    start: int
    end: int
    scores: Sequence[float]
    total: int


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the customer. ``text`` is cleaned and as long as the original; ``place`` is its place in the thread."""

    place: int
    message: Message
    text: str
    hits: _Hits
    counting: _Hits  # those of them that were not taken back
    spans: tuple[Span, ...] = ()
    whole: Sequence[float] = field(default=())
    tones: Mapping[str, float] = field(default_factory=dict)  # the model's share of each tone, {} where no model read it

    @property
    def content(self) -> bool:
        """The customer is done: thanks, it works."""
        return self.tones.get("satisfied", 0.0) >= _CONTENT

    def of(self, group: str) -> Sequence[Hit]:
        """Hits that count."""
        return self.counting.get(group, ())

    def within(self, group: str, span: Span) -> list[Hit]:
        """Hits of a group in a sentence, those taken back included."""
        return [hit for hit in self.hits.get(group, ()) if span.start <= hit.start < span.end]

    def span_of(self, hit: Hit) -> Span | None:
        """The sentence of a hit, None where no model read it."""
        return next((span for span in self.spans if span.start <= hit.start < span.end), None)

    def evidence(self, start: int, end: int, seen_by: str) -> Evidence:
        return Evidence(self.message.id, start, end, seen_by)


def turns(messages: Sequence[Message], lexicon: Lexicon | None, model: Model | None, subject: str = "") -> tuple[Turn, ...]:
    """The customer's public messages, oldest first; automatic replies are not theirs."""
    own = [(n, m) for n, m in enumerate(messages) if m.author.role is Role.CUSTOMER and m.public]
    # First the patterns of all, then the scores of all: a processor is quicker where it does the same again.
    every = [(place, message, _seen(message.text[:MOST_READ], lexicon)) for place, message in own[-MOST_TURNS:]]
    found = []
    for place, message, seen in every:
        if seen is not None:
            advice = advice_before(messages, place)[:_MOST_ADVICE]
            scores = _read(message.text[:MOST_READ], advice, subject[:_MOST_SUBJECT], lexicon, model)
            found.append(Turn(place, message, *seen, *scores))
    return tuple(found)


def advice_before(messages: Sequence[Message], place: int) -> str:
    """What somebody of the team or a bot wrote last since the customer's message before, "" for nothing."""
    for message in reversed(messages[:place]):
        if message.public and message.author.role in (Role.AGENT, Role.BOT):
            return message.text
        if message.author.role is Role.CUSTOMER:
            break
    return ""


@lru_cache(maxsize=500)
def _seen(text: str, lexicon: Lexicon | None) -> tuple[str, _Hits, _Hits] | None:
    """(cleaned text, hits, those that count) of a message; None for an automatic reply.

    Kept for a while: every event of a ticket has its whole thread read again.
    """
    own = clean(text)
    if is_automatic(own):
        return None
    hits = lexicon.find(own) if lexicon else {}
    counting = {group: kept for group, some in hits.items() if (kept := [hit for hit in some if not hit.veto])}
    return own, hits, counting


@lru_cache(maxsize=500)
def _read(
    text: str, advice: str, subject: str, lexicon: Lexicon | None, model: Model | None
) -> tuple[tuple[Span, ...], Sequence[float], Mapping[str, float]]:
    """(sentences, scores of the whole, its tones) of a message that is no automatic reply; kept, too."""
    own, hits, _ = _seen(text, lexicon) or ("", {}, {})
    if model is None or not own.strip():
        return (), (), {}
    spans, scores = _scored(own, hits, advice, subject, model)
    return spans, scores, _tones(own, spans, scores, model)


def _tones(text: str, spans: Sequence[Span], scores: Sequence[float], model: Model) -> Mapping[str, float]:
    """The model's share of each tone; thanks for what is still to come ("thanks for any hint") are no content."""
    if _IN_ADVANCE.search(text):
        rest = [span for span in spans if not _IN_ADVANCE.search(text, span.start, span.end)]
        scores = model.of_message(sum(span.total for span in rest)) if rest else scores
    return model.message.share(scores, "sentiment")


def _scored(text: str, hits: _Hits, advice: str, subject: str, model: Model) -> tuple[tuple[Span, ...], Sequence[float]]:
    """The sentences of a cleaned text with their scores, and the scores of the whole."""
    here = setting(subject, advice, everyday("en"))
    of_subject = model.total(here.subject)
    places = list(_spans(text))
    words = [words_of(text[start:end]) for start, end in places]
    near = [of_subject + model.total(around(own, n, words[n - 1] if n else (), here)) for n, own in enumerate(words)]
    told: list[tuple[int, int, int]] = []
    seen: set[str] = set()
    whole = 0
    for own, (start, end) in zip(words, places, strict=True):
        said = features(own, _marks(hits, start, end))
        again = said & seen
        first, repeated = model.total(said - again), model.total(again)
        told.append((start, end, first + repeated))
        whole += first
        seen |= said
    by_words = [model.of_sentence(total + beside) for (_, _, total), beside in zip(told, near, strict=True)]
    scores = model.of_message(whole)
    if len(told) > 1:  # alone it says all that the message says
        by_words = [model.beside(one, scores) for one in by_words]
    passage = Passage(tuple([text[start:end] for start, end, _ in told]), subject, advice)
    sentences, scores = model.mixed(passage, by_words, scores)
    return tuple(Span(a, b, own, total) for (a, b, total), own in zip(told, sentences, strict=True)), scores


def _marks(hits: _Hits, start: int, end: int) -> tuple[str, ...]:
    if not hits:
        return ()
    return marks({g: own for g, some in hits.items() if (own := [h for h in some if start <= h.start < end])})


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """The sentences that have letters, without the white space around them."""
    start = count = 0
    for end in (*sentences(text).ends, len(text)):
        words = text[start:end]
        inner = words.strip()
        if inner and _LETTERS.search(inner):
            first = start + len(words) - len(words.lstrip())
            yield first, min(first + len(inner), first + _LONG)
            count += 1
            if count == MOST_SENTENCES:
                return
        start = end
