"""The wish for money back: asked for or taken up when offered, taken back or done, and which sum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import re2

from escalation.signals import Evidence, Signal
from escalation.ticket import Message
from signals import owed
from signals.amounts import sums
from signals.asked import SURE, Seen, evidence, evidence_of, find, is_by_model, solved, source, vetoed, withdrawn
from signals.lexicon import Hit
from signals.model import Model
from signals.offers import advice, settled_otherwise, taken_up
from signals.text import sentences
from signals.turns import MOST_EVIDENCE, Turn

NAME = "refund_request"
_MONEY: Any = re2.compile(
    r"(?i)\b(?:money|cash|pa(?:id|y|ying|yments?|ys)|charg\w*|bill\w*|refund\w*|fees?|prepa\w*|overage|deposit|debit\w*|invoice\w*|price|costs?|"
    r"reimburs\w*|rent|instal?ments?|subscription|premiums?|fare|dollars?|euros?|bucks|quid|wallet|card|iban|paypal|credit\w*|purchase\w*|owed?)\b"
)


def refund(own: Sequence[Turn], messages: Sequence[Message], model: Model | None) -> Signal | None:
    """A wish for money back; ``negated`` when the customer says that they do not want it."""
    hits, taken_back = find(NAME, own, model)
    negated = list(vetoed(NAME, own, "negation"))
    denied_in = {turn.place for turn, _ in negated}
    hits = [s for s in hits if s[0].place not in denied_in or not is_by_model(s[1])]  # "no refund, send me the lid"
    hits += _beyond_doubt(own)
    if hits:
        over = ((turn.place, hit.end) for turn in own for hit in turn.of("refund.over"))
        done = max((settled_otherwise(own, messages), *over))
        hits = [s for s in hits if (s[0].place, s[1].start) > done and not _is_beside(s, "refund.not", "refund.withdrawn")]
    hits = [s for s in hits if not s[0].of("refund.unpaid")]
    hits = sorted([*hits, *taken_up(own, messages)], key=lambda seen: (seen[0].place, seen[1].start))
    if not any(_names_money(at) for _, at, _ in hits) and not _speaks_of_money(own, messages):
        hits = []
    denials = [*negated, *((turn, hit) for turn in own for hit in turn.of("refund.withdrawn"))]
    last = max((_place(turn, hit) for turn, hit in denials), default=(-1, 0))
    if denials and (not hits or last > (hits[-1][0].place, hits[-1][1].end)):
        denied = tuple(evidence_of(turn, hit) for turn, hit in denials)
        return Signal(NAME, {"negated": True}, SURE, (), source(model), suppressed=denied[:MOST_EVIDENCE])
    if not hits:
        return None
    value: dict[str, object] = {"negated": False}
    money = owed.wanted([(turn, (at.start, at.end)) for turn, at in _plainest(hits)], own, messages)
    if money:
        value |= {"amount": money.amount, "currency": money.currency}
    return Signal(NAME, value, max(p for _, _, p in hits), evidence(hits), source(model), suppressed=taken_back)


def _beyond_doubt(own: Sequence[Turn]) -> Iterator[Seen]:
    """Requests that need no second opinion of the model; those before the customer said that it is solved are over."""
    over = max(solved(own), withdrawn(NAME, own))
    for turn in own:
        for hit in turn.of("refund.asks"):
            if (turn.place, hit.start) > over:
                yield turn, evidence_of(turn, hit), SURE


def _plainest(hits: Sequence[Seen]) -> Iterator[tuple[Turn, Evidence]]:
    """Where it is asked: what a pattern saw, and what the model saw only in messages where no pattern saw anything."""
    sure = {turn.place for turn, at, _ in hits if not is_by_model(at)}
    yield from ((turn, at) for turn, at, _ in hits if turn.place not in sure or not is_by_model(at))


def _place(turn: Turn, hit: Hit) -> tuple[int, int]:
    return turn.place, hit.start


def _is_beside(seen: Seen, *groups: str) -> bool:
    """True in a sentence that says otherwise: of rules, features, others' money, what might be, or that it is asked no more."""
    turn, at, _ = seen
    others = [hit for group in groups for hit in turn.of(group)]
    if not others:
        return False
    start, end = sentences(turn.text).around(at.start, at.end)
    return any(start <= hit.start < end for hit in others)


def _names_money(at: Evidence) -> bool:
    """Whether a pattern of another language than English saw it: those name what is wanted, and know no English word for it."""
    return not is_by_model(at) and not at.seen_by.startswith("en:")


def _speaks_of_money(own: Sequence[Turn], messages: Sequence[Message]) -> bool:
    """Whether money was spoken of at all: "put the plan back" asks for none."""
    texts = (*(turn.text for turn in own), *(advice(messages, turn.place) for turn in own))
    return any(_MONEY.search(text) or sums(text) for text in texts)
