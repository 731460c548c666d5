"""Remedies that the customer reports as failed: told in a sentence that says so or before it, and advice that was no use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from escalation.signals import Evidence, Signal
from escalation.ticket import Message
from signals.acts import acts
from signals.asked import evidence_of, seen_by, solved, source
from signals.features import words_of
from signals.lexicon import Hit
from signals.model import Model
from signals.turns import MOST_EVIDENCE, Span, Turn, advice_before
from signals.wordlists import wordlist

NAME = "failed_attempts"
_QUESTION = "failed_attempt"
_LEAST_WORDS = 2
_MOST_BEFORE = 3  # sentences before a bare outcome that may tell what was tried
_LOW = 0.09
_SEVERAL = 0.24  # how likely two have to be
_UNLIKELY = 0.06  # below it a sentence reports nothing
# Stems that name no remedy.
_NO_REMEDY = wordlist("no_remedy")

Item = tuple[str, Evidence, str]  # remedy, where, who thought of it


@dataclass(frozen=True, slots=True)
class _Report:
    """What one sentence reports as failed, and how likely it reports anything."""

    share: float
    items: tuple[Item, ...]


def failed_attempts(own: Sequence[Turn], messages: Sequence[Message], model: Model | None) -> Signal | None:
    """Distinct remedies reported as failed; one without a name is known by its words.

    Several are told where it is likely enough that there are two, from all sentences together: two that are each a little unsure
    make it likelier than one that is sure.
    """
    over = solved(own)
    reports: list[tuple[float, dict[str, Item]]] = []
    known: dict[str, Item] = {}
    for turn in own:
        for report in _reports(turn, messages, model):
            new = {i[0]: i for i in report.items if (turn.place, i[1].start) > over and not _told_already(i[0], known)}
            known |= new
            if new:
                reports.append((report.share, new))
    kept = _kept(reports, model)
    if not kept:
        return None
    told = tuple({"step": key.removeprefix("~"), "who": who, "result": "failed"} for key, _, who in kept)
    evidence = tuple(at for _, at, _ in kept)[:MOST_EVIDENCE]
    return Signal(NAME, {"count": len(kept), "items": told}, 0.8, evidence, source(model))


def _kept(reports: Sequence[tuple[float, Mapping[str, Item]]], model: Model | None) -> list[Item]:
    least = model.sentence.questions[_QUESTION].threshold if model else 0.0
    none, one = 1.0, 0.0  # how likely it is that nothing failed, and that one did
    for share, items in reports:
        none, one = none * (1 - share), one * (1 - share) + (none * share if len(items) == 1 else 0.0)
    if 1 - none - one >= _SEVERAL:
        order = sorted((share for share, items in reports for _ in items), reverse=True)
        return [item for share, items in reports if share >= min(_LOW, order[1]) for item in items.values()]
    best = max(reports, key=lambda report: report[0], default=(0.0, {}))
    return list(best[1].values())[:1] if best[0] >= least else []


def _reports(turn: Turn, messages: Sequence[Message], model: Model | None) -> Iterator[_Report]:
    who = "advised" if advice_before(messages, turn.place) else "customer"
    failed = turn.of("failed")
    likely = [(n, model.sentence.yes(s.scores, _QUESTION)) for n, s in enumerate(turn.spans)] if model else []
    spans = {n: share for n, share in likely if share >= _UNLIKELY}
    seen = bool(failed and (turn.of("tried") or who == "advised"))
    if not model and seen:
        named = _remedies(turn, 0, len(turn.text)) if turn.of("tried") else {}
        for remedy, hit in named.items():
            yield _Report(1.0, ((remedy, evidence_of(turn, hit), who),))
    used: set[int] = set()
    for n, share in spans.items():
        items = tuple(_of_sentence(turn, n, spans, used, who, model))
        if items:
            yield _Report(share, items)
    if seen and not spans and not (not model and turn.of("tried") and named):
        yield _Report(1.0, ((f"advice before message {turn.place + 1}", evidence_of(turn, failed[0]), who),))


def _of_sentence(turn: Turn, n: int, spans: Collection[int], used: set[int], who: str, model: Model | None) -> Iterator[Item]:
    """The remedies of a sentence that reports a failure; of those before it where it tells nothing but the outcome."""
    span = turn.spans[n]
    told = _told(turn, span, who, model)
    if told:
        yield from told
        return
    words = _words(turn.text[span.start : span.end])
    bare = len(words) < _LEAST_WORDS  # "still not working" names no remedy where nobody advised one
    tried: list[Item] = []
    for m in range(n - 1, max(-1, n - 1 - _MOST_BEFORE), -1):
        if m in spans or m in used or not turn.within("tried", turn.spans[m]):
            break
        items = _told(turn, turn.spans[m], who, model)
        if not items:
            break
        used.add(m)
        tried = [*items, *tried]
    if tried:
        yield from tried
    elif turn.within("tried", span) or not bare or who == "advised":
        yield f"~{' '.join(words)}", turn.evidence(span.start, span.end, seen_by(_QUESTION, model)), who


def _told(turn: Turn, span: Span, who: str, model: Model | None) -> list[Item]:
    """The remedies that a sentence tells, each by its name where it has one."""
    told: dict[str, Item] = {}
    for act in acts(turn.text[span.start : span.end]):
        start, end = span.start + act.start, span.start + act.end
        named = _remedies(turn, start, end)
        key = next(iter(named), f"~{' '.join(_words(turn.text[start:end]))}")
        told.setdefault(key, (key, turn.evidence(start, end, seen_by(_QUESTION, model)), who))
    for remedy, hit in _remedies(turn, span.start, span.end).items():
        told.setdefault(remedy, (remedy, evidence_of(turn, hit), who))
    return list(told.values())


def _words(text: str) -> list[str]:
    said = (w for w in dict.fromkeys(words_of(text)) if w.isalpha() and len(w) > 3)
    return sorted(w for w in said if w not in _NO_REMEDY)[:8]


def _told_already(key: str, items: Mapping[str, Item]) -> bool:
    """True for a remedy that is listed; an unnamed one is when it shares most of its words with one."""
    if key in items:
        return True
    words = set(key[1:].split())
    olds = (set(old[1:].split()) for old in items if old[:1] == "~")
    return key[:1] == "~" and any(len(words & old) >= 0.6 * max(1, min(len(words), len(old))) for old in olds)


def _remedies(turn: Turn, start: int, end: int) -> dict[str, Hit]:
    """The remedies that have a name, in a part of the text."""
    named: dict[str, Hit] = {}
    for group in turn.hits:
        if group.startswith("remedy."):
            hit = next((hit for hit in turn.of(group) if start <= hit.start < end), None)
            if hit:
                named[group.removeprefix("remedy.")] = hit
    if len(named) > 1:
        named.pop("steps", None)  # "I followed all your steps: ..." is a heading, not one more remedy
    return named
