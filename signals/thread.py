"""What a thread's shape tells in any language: unanswered messages, questions asked again, a bot that repeats itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from escalation.signals import Evidence, Signal
from escalation.ticket import Message, Role
from signals.features import words_of
from signals.languages import everyday
from signals.turns import MOST_EVIDENCE, Turn
from signals.waiting import unanswered as unanswered_by

_CLAIMS = {"second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "sixth": 6}
_TIMES = re.compile(
    rf"\b(?:({'|'.join(_CLAIMS)})\s+(?:time|e?-?mails?|message|letter|request|attempt)|twice|"
    r"(?:several|many|three|four|3|4|5|x) times)\b",
    re.I,
)
_ALIKE, _LEAST_WORDS, _MOST_COMPARED = 0.45, 4, 30
# "No. The April invoice. Where?": who turns an answer down and asks needs few words to ask the same.
_AGAIN = re.compile(
    r"\W*(?:no\b(?!\s+(?:problem|thanks|thank|worries|need|rush))|nope|"
    r"(?:yes|yeah|yep|ok|okay|fine|right|sure|thanks),?\s+but\b|i know\b|"
    r"but\b|i (?:said|asked|meant)\b|again\b|once more\b)",
    re.I,
)
_LEAST_AGAIN = 2  # words
_MOST_READ = 2000  # characters of a message that are compared
_PIECE = re.compile(r"[^.!?\n]+\??")
_QUESTION = range(9, 301)  # characters; a shorter one asks nothing of its own, a longer one is no sentence
_PLAIN = everyday("en") | {"she", "he", "an", "these", "were", "would", "could", "dear", "team", "regard", "best", "yet", "again"}
_SPACE = re.compile(r"\W+")


def unanswered(turns: Sequence[Turn], messages: Sequence[Message]) -> Signal | None:
    """Customer messages since the last public answer; more when the customer counts them ("my third e-mail")."""
    answers = (n for n, m in enumerate(messages) if m.public and m.author.role in (Role.AGENT, Role.BOT))
    last = max(answers, default=-1)
    waiting = [turn for turn in turns if turn.place > last]
    if not waiting:
        return None
    claims = [(turn, hit) for turn in waiting for hit in turn.of("unanswered_claim")]
    counted = max((_claimed(turn.text[hit.start : hit.end]) for turn, hit in claims), default=0)
    counted = max([counted, *(unanswered_by(turn.text) for turn in waiting)])
    seen = [turn.evidence(hit.start, hit.end, hit.seen_by) for turn, hit in claims]
    whole = [turn.evidence(0, min(len(turn.message.text), 80), "thread") for turn in waiting]
    return Signal("unanswered_messages", max(len(waiting), counted), 0.95, tuple((seen or whole)[:MOST_EVIDENCE]), "thread")


def _claimed(text: str) -> int:
    words = text.lower().split()
    return next((number for word, number in _CLAIMS.items() if word in words), 0)


def bot_loop(messages: Sequence[Message]) -> Signal | None:
    """The same automatic text twice."""
    seen: dict[str, Message] = {}
    for message in messages:
        if message.author.role is not Role.BOT or not message.public:
            continue
        key = _bare(message.text)
        if len(key) >= 12 and key in seen:
            pair = (seen[key], message)
            found = tuple(Evidence(m.id, 0, min(len(m.text), 200), "thread:same bot text") for m in pair)
            return Signal("bot_loop", True, 0.95, found, "thread")
        seen[key] = message
    return None


def repeated_question(turns: Sequence[Turn], messages: Sequence[Message], again: Sequence[Evidence]) -> Signal | None:
    """The same ask again in other words: ``count`` is how often it was repeated, ``again`` where the customer says so."""
    asked = [(turn, _words(turn)) for turn in turns[-_MOST_COMPARED:]] if len(turns) > 1 else []
    pairs: list[tuple[str, str]] = []
    found: list[Evidence] = []
    for n, (turn, words) in enumerate(asked):
        least = _LEAST_AGAIN if _AGAIN.match(turn.text) and "?" in turn.text else _LEAST_WORDS
        before = next((old for old, theirs in asked[:n] if _alike(words, theirs, least)), None)
        if before is not None:
            pairs.append((before.message.id, turn.message.id))
            found.append(turn.evidence(0, min(len(turn.message.text), 200), "thread:same words"))
    again = (*again, *_talked_past(turns[1:]), *_told_the_same(turns[1:], messages))
    said = {e.message_id for e in again} - {later for _, later in pairs}
    texts = {turn.message.id: turn.text for turn in turns}
    count = max([len(pairs) + len(said), *(_times(texts[e.message_id][e.start : e.end]) for e in again)])
    if not count:
        return None
    evidence = (*found, *again)[:MOST_EVIDENCE]
    return Signal("repeated_question", {"count": count, "pairs": tuple(pairs)}, 0.8, evidence, "thread")


def _talked_past(turns: Sequence[Turn]) -> Iterator[Evidence]:
    """Where the customer says that something else was answered."""
    for turn in turns:
        yield from (turn.evidence(hit.start, hit.end, hit.seen_by) for hit in turn.of("not_answered")[:1])


def _told_the_same(turns: Sequence[Turn], messages: Sequence[Message]) -> Iterator[Evidence]:
    """What the customer wrote between two equal answers of a bot: it was the same ask, or it would have had another answer."""
    for turn in turns:
        before = _key(messages, range(turn.place - 1, -1, -1))
        if before and turn.text.strip() and before == _key(messages, range(turn.place + 1, len(messages))):
            yield turn.evidence(0, min(len(turn.message.text), 200), "thread:same answer")


def _key(messages: Sequence[Message], places: Iterable[int]) -> str:
    """The text of the first answer of a bot at these places, before the customer writes; "" for none."""
    for place in places:
        message = messages[place]
        if message.public and message.author.role is Role.BOT:
            return _bare(message.text)
        if message.author.role is Role.CUSTOMER:
            break
    return ""


def _bare(text: str) -> str:
    return _SPACE.sub(" ", text[:_MOST_READ]).strip().casefold()


def _times(text: str) -> int:
    """How often the customer says that they have asked before: 2 for "the third time" and for "twice already"."""
    told = [_CLAIMS[found.lower()] - 1 if found else 2 for found in _TIMES.findall(text)]
    return max(told, default=0)


def _words(turn: Turn) -> frozenset[str]:
    """The words that carry the ask: those of its questions, else all."""
    text = turn.text[:_MOST_READ]
    questions = " ".join(piece for piece in _PIECE.findall(text) if piece[-1] == "?" and len(piece) in _QUESTION)
    some = set(words_of(questions if len(questions) > 30 else text)) - _PLAIN
    return frozenset(w for w in some if len(w) > 2 and w[0] not in "!?#")


def _alike(ours: frozenset[str], theirs: frozenset[str], least: int) -> bool:
    shared = len(ours & theirs)
    return shared >= least and shared / min(len(ours), len(theirs)) >= _ALIKE and shared / len(ours | theirs) >= _ALIKE / 1.8
