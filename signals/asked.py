"""Signals of what the customer asks for, threatens or has tried: patterns and model together, with what takes them back."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from escalation.signals import Evidence, Signal
from escalation.ticket import Message
from signals.amounts import nearest_amount
from signals.features import features
from signals.lexicon import Hit
from signals.model import Model
from signals.text import sentences
from signals.turns import MOST_EVIDENCE, Turn, advice_before

PLAIN = ("explicit_human_request", "churn_risk", "legal_threat", "security_incident", "privacy_request")
_LEAST_WORDS = 3
# Stems that name no remedy.
_NO_REMEDY = frozenset(
    (
        "still",
        "sam",
        "thing",
        "happen",
        "again",
        "work",
        "help",
        "noth",
        "chang",
        "error",
        "problem",
        "issu",
        "just",
        "even",
        "have",
        "doe",
    )
)
_UNLIKELY = 0.05  # share below which the model takes back what a pattern saw
_SURE = 0.85  # of a pattern where there is no model
_ENDS_WHEN_RESOLVED = frozenset({"explicit_human_request", "refund_request", "failed_attempts"})
_DAYS = re.compile(r"\b(\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|several)\s+(day|week|month|year)s?\b", re.I)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9}
_NUMBERS |= {"ten": 10, "several": 3}
_LENGTHS = {"day": 1, "week": 7, "month": 30, "year": 365}

Seen = tuple[Turn, Evidence, float]


def plain(name: str, own: Sequence[Turn], model: Model | None) -> Signal | None:
    """A signal that is there or not; one that was said and taken back is False, with what took it back kept."""
    hits, taken_back = _find(name, own, model)
    if not hits and not taken_back:
        return None
    sure = max((p for _, _, p in hits), default=_SURE)
    return Signal(name, bool(hits), sure, _evidence(hits), _source(model), suppressed=taken_back)


def seen(own: Sequence[Turn], question: str, model: Model | None) -> tuple[Evidence, ...]:
    """Where a yes/no question of the model is answered yes."""
    return _evidence(list(_by_model(question, own, model))) if model else ()


def refund(own: Sequence[Turn], model: Model | None) -> Signal | None:
    """A wish for money back; ``negated`` when the customer says that they do not want it."""
    hits, taken_back = _find("refund_request", own, model)
    if not hits:
        denied = tuple(e for t, h in _vetoed("refund_request", own, "negation") for e in (_of(t, h),))
        return Signal("refund_request", {"negated": True}, _SURE, (), _source(model), suppressed=denied) if denied else None
    value: dict[str, object] = {"negated": False}
    for turn, at, _ in reversed(hits):  # the latest word on the amount
        money = nearest_amount(turn.text, at.start, at.end, sentences(turn.text).around(at.start, at.end))
        if money:
            value |= {"amount": money.amount, "currency": money.currency}
            break
    sure = max(p for _, _, p in hits)
    return Signal("refund_request", value, sure, _evidence(hits), _source(model), suppressed=taken_back)


def complaint(own: Sequence[Turn], model: Model | None) -> Signal | None:
    """The customer says that they asked before without a sufficient answer; ``days`` since when, 0 when they do not say."""
    hits = list(_by_model("asked_before", own, model)) if model else []
    hits += [(turn, _of(turn, hit), _SURE) for turn in own for hit in turn.of("unanswered_claim")]
    if not hits:
        return None
    days = max(_days(turn.text[at.start : at.end]) for turn, at, _ in hits)
    return Signal("complaint", {"asked_before": True, "days": days}, max(p for _, _, p in hits), _evidence(hits), _source(model))


def _days(text: str) -> int:
    told = ((number.lower(), unit.lower()) for number, unit in _DAYS.findall(text))
    return max(((_NUMBERS.get(n) or int(n) if n.isdigit() or n in _NUMBERS else 0) * _LENGTHS[u] for n, u in told), default=0)


def failed_attempts(own: Sequence[Turn], messages: Sequence[Message], model: Model | None) -> Signal | None:
    """Distinct remedies reported as failed: named ones, sentences that report one, and advice that "did not work"."""
    over = _over(own)
    items: dict[str, tuple[Turn, Evidence, str]] = {}
    for turn in own:
        for key, at, who in _failures(turn, messages, model):
            if (turn.place, at.start) > over and not _told_already(key, items):
                items.setdefault(key, (turn, at, who))
    if not items:
        return None
    told = tuple({"step": key.removeprefix("~"), "who": who, "result": "failed"} for key, (_, _, who) in items.items())
    evidence = tuple(at for _, at, _ in items.values())[:MOST_EVIDENCE]
    return Signal("failed_attempts", {"count": len(items), "items": told}, 0.8, evidence, _source(model))


def _failures(turn: Turn, messages: Sequence[Message], model: Model | None) -> Iterator[tuple[str, Evidence, str]]:
    """(remedy, where, who) of one turn; a remedy without a name is known by its words."""
    who = "advised" if advice_before(messages, turn.place) else "customer"
    spans = [s for s in turn.spans if model and model.sentence.takes(s.scores, "failed_attempt")]
    failed = turn.of("failed")
    if not spans and not (failed and (turn.of("tried") or who == "advised")):
        return
    named = _remedies(turn) if turn.of("tried") or spans else {}
    for remedy, hit in named.items():
        yield remedy, _of(turn, hit), who
    covered = [hit for hits in (turn.hits[g] for g in turn.hits if g.startswith("remedy.")) for hit in hits]
    unnamed = [s for s in spans if not any(s.start <= hit.start < s.end for hit in covered)]
    for span in unnamed:
        said = (w for w in features(turn.text[span.start : span.end]) if w.isalpha() and len(w) > 3)
        words = sorted(w for w in said if w not in _NO_REMEDY)[:8]
        bare = len(words) < _LEAST_WORDS  # "still not working" names no remedy where nobody advised one
        if turn.within("tried", span) or not bare or (who == "advised" and not named):
            yield f"~{' '.join(words)}", turn.evidence(span.start, span.end, _seen_by("failed_attempt", model)), who
    if not named and not unnamed and failed:
        yield f"advice before message {turn.place + 1}", _of(turn, failed[0]), who


def _told_already(key: str, items: dict[str, tuple[Turn, Evidence, str]]) -> bool:
    """True when an unnamed remedy shares most of its words with one that is listed."""
    words = set(key[1:].split())
    olds = (set(old[1:].split()) for old in items if old[:1] == "~")
    return key[:1] == "~" and any(len(words & old) >= 0.6 * max(1, min(len(words), len(old))) for old in olds)


def _remedies(turn: Turn) -> dict[str, Hit]:
    groups = [group for group in turn.hits if group.startswith("remedy.")]
    named = {group.removeprefix("remedy."): turn.of(group)[0] for group in groups if turn.of(group)}
    if len(named) > 1:
        named.pop("steps", None)  # "I followed all your steps: ..." is a heading, not one more remedy
    return named


def _find(name: str, own: Sequence[Turn], model: Model | None) -> tuple[list[Seen], tuple[Evidence, ...]]:
    """(what counts, what was taken back): by a veto, or because the customer says that it is solved."""
    over = _over(own) if name in _ENDS_WHEN_RESOLVED else (-1, 0)
    hits = [s for s in _by_pattern(name, own, model) if (s[0].place, s[1].start) > over]
    if model is not None:
        covered = {(t.place, e.start, e.end) for t, e, _ in hits}
        more = (s for s in _by_model(name, own, model) if (s[0].place, s[1].start) > over)
        hits += [s for s in more if not any(p == s[0].place and s[1].start <= a < s[1].end for p, a, _ in covered)]
    counts = {(e.message_id, e.start, e.end) for _, e, _ in hits}
    every = [_of(turn, hit) for turn in own for hit in turn.hits.get(name, ())]
    return hits, tuple(e for e in every if (e.message_id, e.start, e.end) not in counts)[:MOST_EVIDENCE]


def _by_pattern(name: str, own: Sequence[Turn], model: Model | None) -> Iterator[Seen]:
    """Patterns that were seen, but those in a sentence which the model finds most unlikely: it was told of the pattern."""
    for turn in own:
        for hit in turn.of(name):
            span = next((s for s in turn.spans if s.start <= hit.start < s.end), None) if model else None
            if model is None or span is None or model.sentence.yes(span.scores, name) >= _UNLIKELY:
                yield turn, _of(turn, hit), _SURE


def _by_model(name: str, own: Sequence[Turn], model: Model) -> Iterator[Seen]:
    """Sentences that the model takes, but those in which a pattern was said and taken back: "I do NOT want a refund"."""
    for turn in own:
        for span in turn.spans:
            if not model.sentence.takes(span.scores, name):
                continue
            hits = turn.within(name, span)
            if not hits or not all(hit.veto for hit in hits):
                share = model.sentence.yes(span.scores, name)
                yield turn, turn.evidence(span.start, span.end, _seen_by(name, model)), share


def _vetoed(name: str, own: Sequence[Turn], veto: str) -> Iterator[tuple[Turn, Hit]]:
    return ((turn, hit) for turn in own for hit in turn.hits.get(name, ()) if hit.veto == veto)


def _over(own: Sequence[Turn]) -> tuple[int, int]:
    """Where the customer last said that it is solved."""
    return max(((t.place, h.start) for t in own for h in t.of("resolved")), default=(-1, 0))


def _of(turn: Turn, hit: Hit) -> Evidence:
    return turn.evidence(hit.start, hit.end, hit.seen_by)


def _evidence(hits: Sequence[Seen]) -> tuple[Evidence, ...]:
    return tuple(at for _, at, _ in hits[:MOST_EVIDENCE])


def _seen_by(name: str, model: Model | None) -> str:
    return f"model:{name}@{model.version}" if model else ""


def _source(model: Model | None) -> str:
    return "patterns and model" if model else "patterns"
