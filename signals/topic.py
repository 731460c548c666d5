"""What a ticket is about: its intent, how grave and how urgent it is, and whether it is technical."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from escalation.signals import Evidence, Signal
from signals.asked import evidence_of, seen_by, solved
from signals.features import features, words_of
from signals.lexicon import Hit
from signals.model import Model
from signals.text import sentence_of, sentences
from signals.turns import MOST_EVIDENCE, Turn

IMPACTS = ("safety", "data_loss", "outage", "all_blocked")  # the gravest first; it names the kind
UNSURE = 0.4  # an intent less likely than this is for triage
_LIKELY = 0.6
_GRAVE = 0.35  # of a critical impact: missing one costs more than a second look
_UNLIKELY = 0.3  # below it a pattern of an impact is not believed
_SURE = 0.8  # of a pattern
_SUBJECT, _FIRST, _REST = 0.4, 1.0, 0.4  # how much each part tells of the intent
_MOST_TURNS, _MOST_URGENT = 6, 3
# What a ticket is about by what the customer wants, the gravest first: intent and second best.
_ABOUT = {
    "security_incident": ("security", "account_access"),
    "privacy_request": ("security", "other"),
    "churn_risk": ("cancellation", "other"),
    "refund_request": ("billing", "shipping_order"),
}
_OPEN = frozenset({"refund_request"})  # of a bill or of an order: its words decide
_DEADLINE = re.compile(
    r"\b(?:by|before|until|till|due|no later than)\s+(?:the\s+)?(?:end of (?:the )?(?:day|week|month)|"
    r"tomorrow|today|tonight|noon|midnight|"
    r"(?:next\s+)?(?:mon|tues|wednes|thurs|fri|satur|sun)day|\d{1,2}(?::\d{2})?\s?(?:am|pm)|\d{1,2}(?:st|nd|rd|th)?(?:\s+of)?\s+\w{3,9}|eod|cob)\b",
    re.I,
)
_ALL = re.compile(r"\b(?:all|every|entire|whole|none of|nobody|no one|everyone|everybody)\b", re.I)
_SOME = re.compile(r"\b(?:some|several|many|most|a few|two|three|multiple|colleagues?|team|users|customers)\b", re.I)


def impact(own: Sequence[Turn], model: Model | None) -> Signal | None:
    """Critical impact: ``kind`` is safety, data_loss, outage or all_blocked; ``scope`` one, some, all; ``over``: solved since."""
    model_says = list(_impact_by_model(own, model)) if model else []
    for kind in IMPACTS:
        hits = [
            t.evidence(h.start, h.end, h.seen_by)
            for t in own
            for h in t.of(f"impact.{kind}")
            if (h.sure or _is_likely(t, h, model)) and not _is_none(t, h)
        ]
        counts = [(at, _SURE) for at in hits]
        counts += [(at, share) for turn, at, share, its in model_says if its == kind]
        if counts:
            turns = {turn.message.id: turn for turn in own}
            last = max((turns[at.message_id].place, at.start) for at, _ in counts)
            scope = _scope(kind, [turns[at.message_id].text[at.start : at.end] for at, _ in counts])
            value = {"critical": True, "kind": kind, "scope": scope, "over": solved(own) > last}
            evidence = tuple(at for at, _ in counts)[:MOST_EVIDENCE]
            return Signal("impact", value, max(p for _, p in counts), evidence, "patterns and model" if model else "patterns")
    return None


def _is_likely(turn: Turn, hit: Hit, model: Model | None) -> bool:
    """Whether the model does not take back what a pattern saw."""
    span = turn.span_of(hit)
    return model is None or span is None or model.sentence.but(span.scores, "impact", "none") >= _UNLIKELY


def _is_none(turn: Turn, hit: Hit) -> bool:
    """Whether the sentence says that nothing grave happened: it is a drill."""
    none = turn.of("impact.none")
    if not none:
        return False
    first, last = sentences(turn.text).around(hit.start, hit.end)
    return any(first <= other.start < last for other in none)


def _impact_by_model(own: Sequence[Turn], model: Model) -> Iterator[tuple[Turn, Evidence, float, str]]:
    """(turn, where, how likely, kind) of every sentence with a critical impact."""
    for turn in own:
        for span in turn.spans:
            likely = model.sentence.but(span.scores, "impact", "none")
            if likely >= _GRAVE and not turn.within("impact.none", span):
                kind = max(IMPACTS, key=model.sentence.share(span.scores, "impact").__getitem__)
                yield turn, turn.evidence(span.start, span.end, seen_by("impact", model)), likely, kind


def _scope(kind: str, texts: Sequence[str]) -> str:
    text = " ".join(texts)
    if kind == "all_blocked" or _ALL.search(text):
        return "all"
    return "some" if kind == "outage" or _SOME.search(text) else "one"


def urgency(own: Sequence[Turn], model: Model | None) -> Signal | None:
    """``level`` high or low; ``deadline`` in the customer's words, "" when they name none."""
    said = [
        (turn.place, hit.start, level, turn, evidence_of(turn, hit))
        for turn in own[-_MOST_URGENT:]
        for level in ("high", "low")
        for hit in turn.of(f"urgency.{level}")
    ]
    if said:  # what was said last counts, whatever the model thinks
        _, _, level, turn, at = max(said, key=lambda one: one[:2])
        return _urgent(level, _SURE, turn, at, "patterns")
    return _urgency_by_model(own, model) if model else None


def _urgency_by_model(own: Sequence[Turn], model: Model) -> Signal | None:
    best: tuple[float, str, Turn, Evidence] | None = None
    for turn in own[-_MOST_URGENT:]:
        for span in turn.spans:
            if model.sentence.top(span.scores, "urgency") == "none" or turn.within("urgency.high", span):
                continue  # a pattern was seen and taken back: "if it is urgent", "our urgent tickets"
            shares = model.sentence.share(span.scores, "urgency")
            level = max(("high", "low"), key=shares.__getitem__)
            if shares[level] >= _LIKELY and (best is None or shares[level] > best[0]):
                best = shares[level], level, turn, turn.evidence(span.start, span.end, seen_by("urgency", model))
    if best is None:
        return None
    share, level, turn, at = best
    return _urgent(level, share, turn, at, "model")


def _urgent(level: str, share: float, turn: Turn, at: Evidence, source: str) -> Signal:
    deadline = _DEADLINE.search(sentence_of(turn.text, at.start, at.end))
    return Signal("urgency", {"level": level, "deadline": deadline.group() if deadline else ""}, share, (at,), source)


def technical(own: Sequence[Turn], model: Model) -> Signal | None:
    """``kind`` api_error, database or code_level; each of them is a part of its own, true when it was seen."""
    seen: dict[str, tuple[float, Evidence]] = {}
    for turn in own:
        for span in turn.spans:
            if model.sentence.top(span.scores, "technical") == "none":
                continue
            shares = model.sentence.share(span.scores, "technical")
            kind = max(shares, key=shares.__getitem__)
            if kind != "none" and shares[kind] >= max(_LIKELY, seen.get(kind, (0.0,))[0]):
                seen[kind] = shares[kind], turn.evidence(span.start, span.end, seen_by("technical", model))
    if not seen:
        return None
    first = max(seen, key=lambda kind: seen[kind][0])
    value: dict[str, object] = {"kind": first, **dict.fromkeys(seen, True)}
    return Signal("technical", value, seen[first][0], tuple(at for _, at in seen.values()), "model")


def intent(own: Sequence[Turn], subject: str, model: Model) -> tuple[Signal, ...]:
    """``intent`` with its confidence, the second best and whether it is below the threshold; ``issue_type`` when it is not."""
    weighed: list[tuple[float, Sequence[float]]] = (
        [(_SUBJECT, model.of_message(model.total(features(words_of(subject)))))] if subject.strip() else []
    )
    weighed += [(_FIRST if n == 0 else _REST, turn.whole) for n, turn in enumerate(own[:_MOST_TURNS]) if turn.whole]
    if not weighed:
        return ()
    logs: dict[str, float] = {}
    for weight, scores in weighed:
        for label, share in model.message.share(scores, "intents").items():
            logs[label] = logs.get(label, 0.0) + weight * math.log(max(share, 1e-6))
    first, second, share = _two_best(logs)
    value = {"label": first, "confidence": round(share, 3), "second": second, "below_threshold": share < UNSURE}
    turn = own[0]
    at = turn.evidence(0, min(len(turn.message.text), 200), seen_by("intents", model)) if turn.message.text else None
    found = Signal("intent", value, share, (at,) if at else (), "model")
    return (found,) if share < UNSURE else (found, Signal("issue_type", first, share, found.evidence, "model"))


def intent_of(found: Iterable[Signal | None]) -> tuple[Signal, ...]:
    """The same where no model reads: by the gravest of what the customer wants; none where that tells nothing."""
    wanted = {s.name: s for s in found if s and (not s.value["negated"] if isinstance(s.value, Mapping) else s.value)}
    name = next((name for name in _ABOUT if name in wanted), "")
    if not name:
        return ()
    (first, second), seen, unsure = _ABOUT[name], wanted[name], name in _OPEN
    share = UNSURE / 2 if unsure else seen.confidence
    value = {"label": first, "confidence": share, "second": second, "below_threshold": unsure}
    told = Signal("intent", value, share, seen.evidence, seen.source)
    return (told,) if unsure else (told, Signal("issue_type", first, share, seen.evidence, seen.source))


def _two_best(logs: dict[str, float]) -> tuple[str, str, float]:
    most = max(logs.values())
    parts = {label: math.exp(value - most) for label, value in logs.items()}
    total = sum(parts.values())
    first, second = sorted(parts, key=lambda label: (-parts[label], label))[:2]
    return first, second, parts[first] / total
