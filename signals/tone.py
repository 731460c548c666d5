"""The customer's tone: at the end of the thread, and where it is going."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from escalation.signals import Evidence, Signal
from signals.asked import HALF, share_quoted, solved
from signals.lexicon import Hit
from signals.model import Model
from signals.text import quotes
from signals.turns import MOST_EVIDENCE, Turn

_LABELS = ("angry", "frustrated", "neutral", "satisfied")
_WORTH = {"angry": -2.0, "frustrated": -1.0, "neutral": 0.0, "satisfied": 1.0}
_TONES = ("angry", "frustrated", "satisfied")
_TURNS = 0.75  # change of the expected tone that is a trend
_SHOUTED = re.compile(r"\b[A-Z]{2,}\b")
_WORD = re.compile(r"\b[A-Za-z]{2,}\b")
_LEAST_SHOUTED = 4  # words in capitals; fewer may be abbreviations
_HOSTILE = 0.85
_BRIEF = 25  # words
_BARE = 3  # words: "And?" is impatient, no more
_SHORT = 6  # words: a short neutral answer ("Order 12.") tells nothing of the tone


def sentiment(own: Sequence[Turn], model: Model | None) -> Signal:
    """``label`` of the last turn that tells something, ``score`` from -2 (angry) to 1, ``trend`` over the customer's turns."""
    shares = [_shares(turn, model) for turn in own]
    at = len(own) - 1
    if at and _label(shares[at]) == "neutral" and len(own[at].text.split()) < _SHORT:
        at -= 1
    if model is None:
        at = _still_felt(own, [_label(share) for share in shares], at)
    label, worth = _label(shares[at]), [sum(_WORTH[name] * p for name, p in share.items()) for share in shares]
    value = {"label": label, "score": round(worth[at], 2), "trend": _trend(worth[: at + 1])}
    evidence = tuple(_evidence(own[at], label, model))[:MOST_EVIDENCE] if label != "neutral" else ()
    return Signal("sentiment", value, shares[at][label], evidence, "patterns and model" if model else "patterns")


def _still_felt(own: Sequence[Turn], labels: Sequence[str], at: int) -> int:
    """The turn whose displeasure lasts: patterns see none in most sentences, so that a brief one beside it tells no calm."""
    first = at
    while first and labels[first] == "neutral" and len(own[first].text.split()) <= _BRIEF:
        first -= 1
    return first if labels[first] in ("angry", "frustrated") and solved(own) < (first + 1, 0) else at


def _label(shares: dict[str, float]) -> str:
    return max(_LABELS, key=lambda name: shares[name])


def _trend(worth: Sequence[float]) -> str:
    if len(worth) < 2:
        return "steady"
    before = sum(worth[:-1]) / (len(worth) - 1)
    steps = [b - a for a, b in pairwise(worth)]
    if worth[-1] <= before - _TURNS or (len(steps) > 1 and max(steps[-2:]) < 0 and sum(steps[-2:]) <= -_TURNS):
        return "worsening"
    return "improving" if worth[-1] >= before + _TURNS else "steady"


def _shares(turn: Turn, model: Model | None) -> dict[str, float]:
    hits = [(tone, hit) for tone in _TONES for hit in turn.of(f"sentiment.{tone}")]
    loud = _shouts(turn.text)
    said = _tone(hits, loud) if hits or loud else ""
    if model is None or not turn.whole:
        return {name: (0.7 if name == said else 0.1) if said else (0.7 if name == "neutral" else 0.1) for name in _LABELS}
    said_themselves = _own_words(turn, model)
    shares = dict(turn.tones if said_themselves is turn.whole else model.message.share(said_themselves, "sentiment"))
    bare = len(turn.text.split()) < _BARE
    if said != "angry" and (bare or shares["angry"] < _HOSTILE):  # the model alone has to be sure to call somebody angry
        shares["frustrated"] += 0.8 * shares["angry"]
        shares["angry"] *= 0.2
    if loud and shares["satisfied"] < 0.5:
        shares["angry"] += 1.0
    total = sum(shares.values())
    return {name: share / total for name, share in shares.items()}


def _own_words(turn: Turn, model: Model) -> Sequence[float]:
    """Scores of the message without the sentences that mostly quote others: a novel's villain is not the customer."""
    own = [span for span in turn.spans if share_quoted(turn, span.start, span.end) <= HALF] if quotes(turn.text) else turn.spans
    return turn.whole if not own or len(own) == len(turn.spans) else model.of_message(sum(span.total for span in own))


def _evidence(turn: Turn, label: str, model: Model | None) -> list[Evidence]:
    found = [turn.evidence(h.start, h.end, h.seen_by) for h in turn.of(f"sentiment.{label}")]
    if found or model is None:
        return found
    best = max(turn.spans, key=lambda s: model.message.share(model.of_message(s.total), "sentiment")[label], default=None)
    return [turn.evidence(best.start, best.end, f"model:sentiment@{model.version}")] if best else []


def _tone(hits: list[tuple[str, Hit]], shouts: bool) -> str:
    """Anger wins over displeasure; thanks count when they come last."""
    tones = {tone for tone, _ in hits}
    unhappy = tones & {"angry", "frustrated"}
    last = max(hits, key=lambda pair: pair[1].start)[0] if hits else ""
    if last == "satisfied" and "angry" not in tones:
        return "satisfied"
    return "angry" if "angry" in tones or (shouts and (unhappy or not tones)) else last if not unhappy else "frustrated"


def _shouts(text: str) -> bool:
    """Mostly capitals, in more words than abbreviations would account for."""
    head = text[:2000]
    shouted = sum(len(word) > 1 for word in _SHOUTED.findall(head))
    return shouted >= _LEAST_SHOUTED and shouted * 2 > len(_WORD.findall(head))
