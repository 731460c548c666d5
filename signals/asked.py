"""Signals of what the customer asks for, threatens or has tried: patterns and model together, with what takes them back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from escalation.signals import Evidence, Signal
from signals import waiting
from signals.lexicon import Hit
from signals.model import Model
from signals.text import quotes, sentence_of, sentences
from signals.turns import MOST_EVIDENCE, Turn

PLAIN = ("explicit_human_request", "churn_risk", "legal_threat", "security_incident", "privacy_request")
# Share below which the model takes back what a pattern saw: right in thirteen of fourteen marked sentences. Money and a person
# are asked for in so plain words and so many ways that a pattern is believed sooner.
_UNLIKELY, _UNLIKELY_PLAIN = 0.4, {"refund_request": 0.05, "explicit_human_request": 0.1}
HALF = 0.5
_NEAR = 300  # characters: a list of papers follows the sentence that asks for them
_PAPERS = "compliance_request"
_ASKS = re.compile(
    r"\b(?:please|need|send|share|provide|requir\w*|request\w*|complete|fill|could you|can you|would you|attached)\b", re.I
)
SURE = 0.85  # of a pattern where there is no model
# What happened stays told: an incident, a wish for data. What is asked, threatened or complained of ends when they are content.
_ENDS_WHEN_RESOLVED = frozenset({"explicit_human_request", "refund_request", "legal_threat", "churn_risk"})
# "How do I get out of this menu?" leaves nobody: of a question the model has to be surer.
_ONLY_ASKED = frozenset({"churn_risk", "legal_threat", "privacy_request"})
# A customer who says that they leave is often polite to the last ("Great, thank you!"): thanks end what they threatened alone.
_DECIDED = frozenset({"churn_risk"})
_THREATENED = re.compile(
    r"\b(?:if|unless|until|otherwise|or else|or (?:i|we)(?:'ll| will|'m| am|'re| are)?|thinking|think (?:of|about)|consider\w*|"
    r"might|may|(?:could|would)(?! you)|i'd|we'd|tempted|looking|tired|close to|about to|starting to|will have to|"
    r"(?:how|should|can|do|shall) (?:i|we))\b",
    re.IGNORECASE,
)
_NOWHERE = (-1, 0)
# A later "I do not want ..." ends these.
_DENIABLE = frozenset({"explicit_human_request", "legal_threat", "churn_risk", "refund_request"})
_NO_PLAIN_DENIAL = re.compile(
    r"\b(?:but|if|unless|until|nobody|no one|nothing|did(?:n't)?|ha(?:s|ve)(?:n't| not)|never|force|another)\b|\?", re.IGNORECASE
)
_YOU = re.compile(r"\byour?\b", re.IGNORECASE)

Seen = tuple[Turn, Evidence, float]


def plain(name: str, own: Sequence[Turn], model: Model | None, beside: Iterable[Seen] = ()) -> Signal | None:
    """A signal that is there or not; one that was said and taken back is False, with what took it back kept.

    ``beside``: what was seen otherwise than by the words alone.
    """
    hits, taken_back = find(name, own, model, beside)
    if not hits and not taken_back:
        return None
    sure = max((p for _, _, p in hits), default=SURE)
    return Signal(name, bool(hits), sure, evidence(hits), source(model), suppressed=taken_back)


def seen(own: Sequence[Turn], question: str, model: Model | None) -> tuple[Evidence, ...]:
    """Where a yes/no question of the model is answered yes."""
    return evidence(list(_by_model(question, own, model))) if model else ()


def complaint(own: Sequence[Turn], model: Model | None) -> Signal | None:
    """The customer says that they asked before without a sufficient answer; ``days`` since when, 0 when they do not say."""
    hits = list(_by_model("asked_before", own, model)) if model else []
    hits += [(turn, evidence_of(turn, hit), SURE) for turn in own for hit in turn.of("unanswered_claim")]
    over = max(withdrawn("complaint", own), solved(own))
    hits = [s for s in hits if (s[0].place, s[1].start) > over]
    if not hits:
        return None
    days = max(max(waiting.days(turn.text[at.start : at.end]), waiting.since(turn.text)) for turn, at, _ in hits)
    return Signal("complaint", {"asked_before": True, "days": days}, max(p for _, _, p in hits), evidence(hits), source(model))


def papers(own: Sequence[Turn]) -> Iterator[Seen]:
    """Messages in which two patterns see compliance papers, and something is asked: those are for the security team, too."""
    for turn in own:
        hits = turn.of(_PAPERS)
        if len({hit.seen_by for hit in hits}) > 1 and _ASKS.search(turn.text):
            yield turn, evidence_of(turn, hits[0]), SURE


def paperwork(own: Sequence[Turn], incident: Signal | None) -> Signal | None:
    """Compliance papers are asked for, no incident is reported: wherever a security incident was seen, papers are spoken of."""
    if incident is None or incident.value is not True:
        return None
    told = tuple(evidence_of(turn, hit) for turn in own for hit in turn.of(_PAPERS))
    if not all((is_by_model(at) and _beside(at, told)) or at in told for at in incident.evidence):
        return None
    return Signal(_PAPERS, True, SURE, told[:MOST_EVIDENCE], "patterns")


def _beside(at: Evidence, papers: Sequence[Evidence]) -> bool:
    return any(p.message_id == at.message_id and at.start - _NEAR <= p.start < at.end + _NEAR for p in papers)


def find(
    name: str, own: Sequence[Turn], model: Model | None, beside: Iterable[Seen] = ()
) -> tuple[list[Seen], tuple[Evidence, ...]]:
    """(what counts, what was taken back): by a veto, or because the customer says that it is solved."""
    ended = withdrawn(name, own)
    over = max(ended, solved(own)) if name in _ENDS_WHEN_RESOLVED else ended
    ended = max(ended, _resolved(own)) if name in _DECIDED else over

    def is_open(seen: Seen) -> bool:
        place = (seen[0].place, seen[1].start)
        return place > over or (place > ended and not _is_threat(*seen[:2]))

    hits = [s for s in (*_by_pattern(name, own, model), *beside) if is_open(s)]
    if model is not None:
        covered = {(t.place, e.start, e.end) for t, e, _ in hits}
        more = filter(is_open, _by_model(name, own, model))
        hits += [s for s in more if not any(p == s[0].place and s[1].start <= a < s[1].end for p, a, _ in covered)]
    counts = {(e.message_id, e.start, e.end) for _, e, _ in hits}
    every = [evidence_of(turn, hit) for turn in own for hit in turn.hits.get(name, ())]
    return hits, tuple(e for e in every if (e.message_id, e.start, e.end) not in counts)[:MOST_EVIDENCE]


def _is_threat(turn: Turn, at: Evidence) -> bool:
    """Whether a customer says what they may do, not what they do: "if nothing happens I'll leave"."""
    return _THREATENED.search(sentence_of(turn.text, at.start, at.end)) is not None


def _by_pattern(name: str, own: Sequence[Turn], model: Model | None) -> Iterator[Seen]:
    """Patterns that were seen, but those in a sentence which the model finds unlikely: it was told of the pattern."""
    least = _UNLIKELY_PLAIN.get(name, _UNLIKELY)
    for turn in own:
        for hit in turn.of(name):
            span = turn.span_of(hit)
            likely = hit.sure or model is None or span is None or model.sentence.yes(span.scores, name) >= least
            if likely and not _is_spoken_of(name, turn, hit.start, hit.end):
                yield turn, evidence_of(turn, hit), SURE


def _by_model(name: str, own: Sequence[Turn], model: Model) -> Iterator[Seen]:
    """Sentences that the model takes, but those in which a pattern was said and taken back: "I do NOT want a refund"."""
    question = model.sentence.questions[name]
    first, least = question.first, question.least  # most sentences say nothing of it: no call for each
    for turn in own:
        for span in turn.spans:
            if span.scores[first] < least or share_quoted(turn, span.start, span.end) > HALF:
                continue
            hits, share = turn.within(name, span), model.sentence.yes(span.scores, name)
            if (hits and all(hit.veto for hit in hits)) or _is_spoken_of(name, turn, span.start, span.end):
                continue
            if name not in _ONLY_ASKED or share >= HALF or turn.text[span.end - 1] != "?":
                yield turn, turn.evidence(span.start, span.end, seen_by(name, model)), share


def _is_spoken_of(name: str, turn: Turn, start: int, end: int) -> bool:
    """Whether the sentence only speaks of it: of others who leave, of a lawyer's software, of what might be one day."""
    others, trade = turn.of(f"{name}.not"), turn.of(f"{name}.trade")
    if not (others or trade):
        return False
    first, last = sentences(turn.text).around(start, end)
    return any(first <= hit.start < last for hit in others) or (bool(trade) and not _is_meant_for_you(turn.text[first:last]))


def _is_meant_for_you(sentence: str) -> bool:
    """Whether somebody whose trade it is ("we are a law firm") speaks of the other side, and asks nothing."""
    return not sentence.rstrip().endswith("?") and _YOU.search(sentence) is not None


def share_quoted(turn: Turn, start: int, end: int) -> float:
    """How much of a place is quoted: a buyer's threat, a button's label."""
    return sum(max(0, min(end, b) - max(start, a)) for a, b in quotes(turn.text)) / (end - start)


def vetoed(name: str, own: Sequence[Turn], veto: str) -> Iterator[tuple[Turn, Hit]]:
    return ((turn, hit) for turn in own for hit in turn.hits.get(name, ()) if hit.veto == veto)


def solved(own: Sequence[Turn]) -> tuple[int, int]:
    """Where the customer last said that it is solved, or wrote a later message with which they are content."""
    content = [(turn.place, -1) for turn in own[1:] if turn.content]  # what such a message itself asks is open
    return max([_resolved(own), *content])


def _resolved(own: Sequence[Turn]) -> tuple[int, int]:
    """Where that was said; what is in its own words is over, too: "but updating it solved the problem"."""
    return max(((turn.place, hit.end - 1) for turn in own for hit in turn.of("resolved")), default=_NOWHERE)


def withdrawn(name: str, own: Sequence[Turn]) -> tuple[int, int]:
    """Where the customer last took back what they said before: "no need to call, it's back", "forget my objection"."""
    said = [(turn.place, hit.start) for turn in own for group in ("withdrawn", f"{name}.withdrawn") for hit in turn.of(group)]
    denied = vetoed(name, own[1:], "negation") if name in _DENIABLE else ()
    return max([*said, *((turn.place, -1) for turn, hit in denied if _is_plain(turn, hit))], default=_NOWHERE)


def _is_plain(turn: Turn, hit: Hit) -> bool:
    """Whether a denial says nothing else: no "but", no "if", no question, nothing of what somebody did not do."""
    return _NO_PLAIN_DENIAL.search(sentence_of(turn.text, hit.start, hit.end)) is None


def evidence_of(turn: Turn, hit: Hit) -> Evidence:
    return turn.evidence(hit.start, hit.end, hit.seen_by)


def evidence(hits: Sequence[Seen]) -> tuple[Evidence, ...]:
    return tuple(at for _, at, _ in hits[:MOST_EVIDENCE])


def seen_by(name: str, model: Model | None) -> str:
    return f"model:{name}@{model.version}" if model else ""


def is_by_model(at: Evidence) -> bool:
    """Whether the model alone saw it, and no pattern."""
    return at.seen_by.startswith("model:")


def source(model: Model | None) -> str:
    return "patterns and model" if model else "patterns"
