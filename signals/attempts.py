"""Remedies that the customer reports as failed: told in a sentence that says so or before it, and advice that was no use."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from escalation.signals import Evidence, Signal
from escalation.ticket import Message
from signals import outcomes
from signals.acts import Act, acts, names_new
from signals.asked import evidence_of, seen_by, solved, source
from signals.features import words_of
from signals.lexicon import Hit
from signals.model import Model, least_score
from signals.questioned import only_asked
from signals.stated import how_many
from signals.turns import MOST_EVIDENCE, Span, Turn, advice_before
from signals.wordlists import wordlist

NAME = "failed_attempts"
_QUESTION = "failed_attempt"
_MOST_BEFORE = 3  # sentences before a bare outcome that may tell what was tried
_LOW = 0.09
_SEVERAL = 0.24  # how likely two have to be
_UNLIKELY = 0.06  # below it a sentence reports nothing
_LEAST = least_score(_UNLIKELY)
_ALIKE = 0.5  # of one that ends like another
_MANY = 200  # words that a sentence may repeat
_MOST_EARLIER = 5  # messages whose sentences may end alike
_CERTAIN = 0.8  # of a sentence behind the first, which tells the fault
_BRIEF = 3  # words that can hardly tell more than an outcome
_STEPS = 3  # so many actions of one instruction are one remedy
# Stems that name no remedy.
_NO_REMEDY = wordlist("no_remedy")
_USING = wordlist("using")

_LONG = re.compile(r"[^\W\d_]{4,}")
_SAME_THING = re.compile(r"\W*(?:the|that|this|those|these)\s", re.IGNORECASE)

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
    for number, turn in enumerate(own):
        for report in _reports(turn, messages, model, own[:number]):
            new = {i[0]: i for i in report.items if (turn.place, i[1].start) > over and not _told_already(i[0], known)}
            known |= new
            if new:
                reports.append((report.share, new))
    kept = _kept(reports, model)
    if not kept:
        return None
    count = how_many(own, over) or len(kept)
    shares = {key: share for share, items in reports for key in items}
    surest = sorted(kept, key=lambda item: shares[item[0]], reverse=True)[:count]
    kept = [item for item in kept if item in surest]
    told = tuple({"step": key.removeprefix("~"), "who": who, "result": "failed"} for key, _, who in kept)
    evidence = tuple(at for _, at, _ in kept)[:MOST_EVIDENCE]
    return Signal(NAME, {"count": count, "items": told}, 0.8, evidence, source(model))


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


def _reports(turn: Turn, messages: Sequence[Message], model: Model | None, earlier: Sequence[Turn] = ()) -> Iterator[_Report]:
    advice = advice_before(messages, turn.place)
    advice = "" if only_asked(advice) else advice
    who = "advised" if advice else "customer"
    failed = turn.of("failed") or (turn.of("still") if turn.of("did") else ())
    seen = bool(failed and (turn.of("tried") or turn.of("did") or who == "advised"))
    if model:
        spans = _likely(turn, who, model, earlier)
        if spans or not seen:
            yield from _by_sentences(turn, spans, advice, model)
            return
    named = _done(turn) if seen and not model else {}
    for remedy, hit in named.items():
        yield _Report(1.0, ((remedy, evidence_of(turn, hit), who),))
    if seen and not named:
        yield _Report(1.0, ((f"advice before message {turn.place + 1}", evidence_of(turn, failed[0]), who),))


def _likely(turn: Turn, who: str, model: Model, earlier: Sequence[Turn]) -> dict[int, float]:
    """Sentence → how likely it reports a failure; equal ends make it likely: "Other roll, half. Older driver, half."."""
    first = model.sentence.questions[_QUESTION].first
    if not any(span.scores[first] >= _LEAST for span in turn.spans):
        return {}
    shares = {n: model.sentence.yes(span.scores, _QUESTION) for n, span in enumerate(turn.spans)}
    likely = {n: share for n, share in shares.items() if share >= _UNLIKELY}
    texts = _texts(turn)
    if outcomes.none_tried(turn.text):
        return {}
    before = [text for old in earlier[-_MOST_EARLIER:] for text in _texts(old)] if who == "advised" else []
    same = (n for n in outcomes.alike(texts, before) if who == "advised" or acts(texts[n]) or names_new(texts[n]))
    likely |= {n: max(_ALIKE, shares[n]) for n in same}
    praised = {m for n, text in enumerate(texts) if outcomes.worked(text) for m in (n - 1, n)}
    praised |= {n for n, text in enumerate(texts) if outcomes.liked(text)}
    return {n: likely[n] for n in sorted(likely) if n not in praised}


def _texts(turn: Turn) -> list[str]:
    return [turn.text[span.start : span.end] for span in turn.spans]


def _by_sentences(turn: Turn, spans: Mapping[int, float], advice: str, model: Model) -> Iterator[_Report]:
    """One report a sentence; one that tells the outcome only makes that before it likelier, and is an answer to advice."""
    found: list[_Report] = []
    bare: list[_Report] = []
    used: set[int] = set()
    for n, share in spans.items():
        items = tuple(_of_sentence(turn, n, spans, used, advice, model))
        if items and not (found and all(key == "~" for key, _, _ in items)):  # "I saved it" names nothing new
            found.append(_Report(share, items))
            used.add(n)
        elif found and n - 1 in used:
            found[-1] = _Report(max(found[-1].share, share), found[-1].items)
            used.add(n)
        elif advice:
            bare.append(_Report(share, (_by_its_words(turn, turn.spans[n], "advised", model),)))
    yield from found or ([max(bare, key=lambda report: report.share)] if bare else [])


def _of_sentence(turn: Turn, n: int, spans: Mapping[int, float], used: set[int], advice: str, model: Model) -> Iterator[Item]:
    """The remedies of a sentence that reports a failure; of those before it where it tells nothing but the outcome."""
    who = "advised" if advice else "customer"
    told = _told(turn, turn.spans[n], who, model)
    if told:
        yield from told
        return
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
    elif _names_unnamed(turn, n, advice, bool(used) or (n > 0 and spans[n] >= _CERTAIN)):
        yield _by_its_words(turn, turn.spans[n], who, model)


def _names_unnamed(turn: Turn, n: int, advice: str, begun: bool) -> bool:
    """Whether a sentence without an action tells of a remedy: neither of the outcome nor, before any is told, of the fault."""
    span = turn.spans[n]
    text = turn.text[span.start : span.end]
    words = set(_words(text))
    if not words or outcomes.untried(text) or outcomes.again(text):
        return False
    if names_new(text):
        return True
    before = turn.text[turn.spans[n - 1].start : span.start] if n else ""
    if begun and _SAME_THING.match(text) and set(_words(" ".join(text.split()[:_BRIEF]))) & set(_words(before)):
        return False  # "I swapped the lamp. The lamp is in, but ..."
    if turn.within("tried", span) or outcomes.of_no_use(text):
        return True
    if outcomes.is_outcome(text) or words <= set(_words(turn.text[: span.start], _MANY)):
        return False
    if begun and len(text.split()) <= _BRIEF:  # "Half label." is the outcome, "Driver 7.3." what was advised
        return bool(words & set(_words(advice, _MANY)))
    return bool(advice) or begun


def _by_its_words(turn: Turn, span: Span, who: str, model: Model) -> Item:
    words = " ".join(_words(turn.text[span.start : span.end]))
    return f"~{words}", turn.evidence(span.start, span.end, seen_by(_QUESTION, model)), who


def _told(turn: Turn, span: Span, who: str, model: Model) -> list[Item]:
    """The remedies that a sentence tells, each by its name where it has one."""
    told: dict[str, Item] = {}
    text = turn.text[span.start : span.end]
    undone = outcomes.untried(text)
    for place in range(outcomes.how_many(text) if who == "advised" else 0):
        told[f"~advice {place + 1}"] = f"~advice {place + 1}", turn.evidence(span.start, span.end, seen_by(_QUESTION, model)), who
    if told:
        return list(told.values())
    some = [act for act in acts(text) if not _inside(act.start, undone) and not outcomes.again(text[act.start : act.end])]
    if who == "customer":  # "I opened the page, clicked export" shows the fault
        some = [act for act in some if act.verb not in _USING and not act.done_to]
    if len(some) >= _STEPS and outcomes.by_the_book(text):
        some = [Act(some[0].start, some[-1].end)]
    for act in some:
        start, end = span.start + act.start, span.start + act.end
        named = _remedies(turn, start, end)
        key = next(iter(named), f"~{' '.join(_words(turn.text[start:end]))}")
        told.setdefault(key, (key, turn.evidence(start, end, seen_by(_QUESTION, model)), who))
    for remedy, hit in _remedies(turn, span.start, span.end).items():
        if not _inside(hit.start - span.start, undone):
            told.setdefault(remedy, (remedy, evidence_of(turn, hit), who))
    return list(told.values())


def _inside(place: int, places: Sequence[tuple[int, int]]) -> bool:
    return any(start <= place < end for start, end in places)


def _words(text: str, most: int = 8) -> list[str]:
    said = (w for w in dict.fromkeys(words_of(text)) if w.isalpha() and len(w) > 3)
    return sorted(w for w in said if w not in _NO_REMEDY)[:most]


def _told_already(key: str, items: Mapping[str, Item]) -> bool:
    """True for a remedy that is listed; an unnamed one is when it shares most of its words with one."""
    if key in items:
        return True
    words = set(key[1:].split())
    olds = (set(old[1:].split()) for old in items if old[:1] == "~")
    return key[:1] == "~" and any(len(words & old) >= 0.6 * max(1, min(len(words), len(old))) for old in olds)


def _done(turn: Turn) -> dict[str, Hit]:
    """The remedies told in a language that no model reads: those with a name, and what else was done by its words."""
    done = _remedies(turn, 0, len(turn.text)) if turn.of("tried") or turn.of("did") else {}
    named = [hit for group in turn.hits if group.startswith("remedy.") for hit in turn.of(group)]
    for hit in turn.of("did"):
        if not any(hit.start < other.end and other.start < hit.end for other in named):
            done.setdefault("~" + " ".join(_LONG.findall(turn.text[hit.start : hit.end].lower())), hit)
    return done


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
