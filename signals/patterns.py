"""The offline reader: phrases in YAML, negation-aware, deterministic, linear in the length of the text (domain.md §2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from escalation.signals import Evidence, Signal
from escalation.ticket import Message, Role
from signals.amounts import nearest_amount
from signals.lexicon import Hit, Lexicon, load_lexicon
from signals.text import clean, sentences

PHRASES = Path(__file__).parent / "phrases"

# How sure a reading is when one phrase was found; a second one in the thread makes it surer.
_SURE: Mapping[str, float] = {
    "explicit_human_request": 0.9,
    "security_incident": 0.85,
    "legal_threat": 0.85,
    "privacy_request": 0.85,
    "churn_risk": 0.8,
}
_SURER = 0.05
_ENDS_WHEN_RESOLVED = ("explicit_human_request",)
_IMPACTS = ("safety", "data_loss", "outage", "all_blocked")  # the gravest first; it names the kind
_TONES = ("angry", "frustrated", "satisfied")
_MOST_EVIDENCE = 10
_CLAIMS = {"second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4, "fifth": 5, "5th": 5, "sixth": 6}
_SHOUTED = re.compile(r"\b[A-Z]{2,}\b")
_WORD = re.compile(r"\b[A-Za-z]{2,}\b")
_LEAST_SHOUTED = 4  # words in capitals; fewer may be abbreviations


@dataclass(frozen=True, slots=True)
class _Found:
    """What the lexicon found in one of the customer's messages; ``place`` is the message's place in the thread."""

    place: int
    message: Message
    text: str  # cleaned, of the same length as what was read
    hits: Mapping[str, list[Hit]]

    def of(self, group: str) -> list[Hit]:
        """Hits that count."""
        return [hit for hit in self.hits.get(group, ()) if not hit.veto]


class PatternReader:
    """Reads signals by phrases; implements ``escalation.ports.Reader``. Thread-safe, never raises, needs no network."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon

    @classmethod
    def english(cls) -> PatternReader:
        """The reader with the phrases that come with Baton; raises Problems when the file was edited and cannot be used."""
        path = PHRASES / "en.yaml"
        return cls(load_lexicon(path.read_text("utf-8"), path.stem))

    def read(self, messages: tuple[Message, ...], now: datetime) -> tuple[Signal, ...]:
        """All signals of the customer's public messages, oldest first; ``now`` is not used by phrases."""
        found = [self._find(place, m) for place, m in enumerate(messages) if m.author.role is Role.CUSTOMER and m.public]
        if not found:
            return ()
        signals = [
            *(_plain(name, found) for name in _SURE),
            _failed_attempts(found, messages),
            _refund(found),
            _impact(found),
            _sentiment(found),
            _unanswered(found, messages),
        ]
        return tuple(signal for signal in signals if signal is not None)

    def _find(self, place: int, message: Message) -> _Found:
        text = clean(message.text)
        return _Found(place, message, text, self._lexicon.find(text))


def _evidence(hits: list[tuple[_Found, Hit]]) -> tuple[Evidence, ...]:
    return tuple(Evidence(f.message.id, h.start, h.end, h.seen_by) for f, h in hits[:_MOST_EVIDENCE])


def _all(found: list[_Found], group: str) -> list[tuple[_Found, Hit]]:
    return [(f, hit) for f in found for hit in f.hits.get(group, ())]


def _open(found: list[_Found], group: str) -> tuple[list[tuple[_Found, Hit]], list[tuple[_Found, Hit]]]:
    """Hits that count and those taken back: by a veto, or because the customer later says that it is solved."""
    over = [(f.place, h.start) for f in found for h in f.of("resolved")]
    last = max(over, default=(-1, 0))
    counts = [(f, h) for f, h in _all(found, group) if not h.veto and (f.place, h.start) > last]
    return counts, [(f, h) for f, h in _all(found, group) if (f, h) not in counts]


def _plain(name: str, found: list[_Found]) -> Signal | None:
    """A signal that is there or not; one that was said and taken back is False, with what took it back kept."""
    if name in _ENDS_WHEN_RESOLVED:
        counts, suppressed = _open(found, name)
    else:
        counts = [(f, h) for f, h in _all(found, name) if not h.veto]
        suppressed = [(f, h) for f, h in _all(found, name) if h.veto]
    if not counts and not suppressed:
        return None
    sure = min(_SURE[name] + _SURER * (len({f.place for f, _ in counts}) - 1), 0.99) if counts else _SURE[name]
    return Signal(name, bool(counts), sure, _evidence(counts), suppressed=_evidence(suppressed))


def _failed_attempts(found: list[_Found], messages: tuple[Message, ...]) -> Signal | None:
    """Distinct remedies reported as failed: those named where something was tried, and advice that "did not work"."""
    over = max(((f.place, h.start) for f in found for h in f.of("resolved")), default=(-1, 0))
    items: dict[str, tuple[_Found, Hit]] = {}
    for one in found:
        failures = [h for h in one.of("failed") if (one.place, h.start) > over]
        if not failures:
            continue
        named = _remedies(one) if one.of("tried") else {}
        for remedy, hit in named.items():
            items.setdefault(remedy, (one, hit))
        if not named and (one.of("tried") or _after_advice(one, messages)):
            items[f"advice in message {one.place}"] = (one, failures[0])
    if not items:
        return None
    value = {"count": len(items), "items": tuple(items)}
    return Signal("failed_attempts", value, 0.8, _evidence(list(items.values())))


def _remedies(found: _Found) -> dict[str, Hit]:
    groups = [group for group in found.hits if group.startswith("remedy.")]
    named = {group.removeprefix("remedy."): found.of(group)[0] for group in groups if found.of(group)}
    if len(named) > 1:
        named.pop("steps", None)  # "I followed all your steps: ..." is a heading, not one more remedy
    return named


def _after_advice(found: _Found, messages: tuple[Message, ...]) -> bool:
    """True when somebody of the team or a bot wrote since the customer's message before."""
    for message in reversed(messages[: found.place]):
        if message.public and message.author.role in (Role.AGENT, Role.BOT):
            return True
        if message.author.role is Role.CUSTOMER:
            return False
    return False


def _refund(found: list[_Found]) -> Signal | None:
    counts, suppressed = _open(found, "refund_request")
    if not counts:
        denied = [(f, h) for f, h in suppressed if h.veto == "negation"]
        return Signal("refund_request", {"negated": True}, 0.85, suppressed=_evidence(denied)) if denied else None
    value: dict[str, object] = {"negated": False}
    for one, hit in reversed(counts):  # the latest word on the amount
        money = nearest_amount(one.text, hit.start, hit.end, sentences(one.text).around(hit.start, hit.end))
        if money:
            value |= {"amount": money.amount, "currency": money.currency}
            break
    return Signal("refund_request", value, 0.85, _evidence(counts), suppressed=_evidence(suppressed))


def _impact(found: list[_Found]) -> Signal | None:
    for kind in _IMPACTS:
        counts, suppressed = _open(found, f"impact.{kind}")
        if counts:
            value = {"critical": True, "kind": kind}
            return Signal("impact", value, 0.8, _evidence(counts), suppressed=_evidence(suppressed))
    return None


def _sentiment(found: list[_Found]) -> Signal:
    """The tone at the end of the thread: of the last message, or of the one before when the last one tells nothing."""
    for one in reversed(found[-2:]):
        hits = [(tone, hit) for tone in _TONES for hit in one.of(f"sentiment.{tone}")]
        if _shouts(one.text) or hits:
            label = _tone(hits, _shouts(one.text))
            evidence = _evidence([(one, hit) for tone, hit in hits if tone == label])
            return Signal("sentiment", {"label": label}, 0.7, evidence)
    return Signal("sentiment", {"label": "neutral"}, 0.5)


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


def _unanswered(found: list[_Found], messages: tuple[Message, ...]) -> Signal | None:
    """Customer messages since the last public answer; more when the customer counts them ("my third e-mail")."""
    answers = (n for n, m in enumerate(messages) if m.public and m.author.role in (Role.AGENT, Role.BOT))
    last = max(answers, default=-1)
    waiting = [one for one in found if one.place > last]
    if not waiting:
        return None
    claims = [(one, hit) for one in waiting for hit in one.of("unanswered_claim")]
    counted = max((_claimed(one, hit) for one, hit in claims), default=0)
    whole = [(one, Hit(0, min(len(one.message.text), 80), "thread")) for one in waiting]
    return Signal("unanswered_messages", max(len(waiting), counted), 0.95, _evidence(claims or whole))


def _claimed(found: _Found, hit: Hit) -> int:
    words = found.text[hit.start : hit.end].lower().split()
    return next((number for word, number in _CLAIMS.items() if word in words), 0)
