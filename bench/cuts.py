"""Chooses how sure the model has to be: ``python -m bench.cuts``, after ``python -m signals.training``.

The share at which a yes/no question is answered yes is that of best F1 over open tickets of tests/data, not trained on: half of
them in plain words, a third of them traps. The held-back ones of ``bench.signals`` have no say. It is written into the
weights, and into ``semantic.json`` where the extra is installed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import yaml

from bench.scoring import Score, is_there, wants_refund
from bench.signals import PLAIN, ticket_of
from escalation.signals import Signal
from escalation.ticket import Message
from signals import asked, refunds, semantic
from signals.beyond import Scorer, installed
from signals.model import WEIGHTS, Model, words_only
from signals.packs import pack
from signals.turns import Turn, turns
from tests.support import ROOT

OPEN = ("plain", "broad", "mixed")
OF_MONEY = (*OPEN, "refunds", "refunds_plain")
CUTS = [cut / 100 for cut in range(10, 81, 2)]
ALIKE = 0.01  # of F1
NEAR = 4  # cuts on either side that count with one: a single peak is chance
Find = Callable[[Sequence[Turn], Sequence[Message], Model], Signal | None]


@dataclass(frozen=True)
class Read:
    """An open ticket with its turns, which are the same at every cut."""

    file: str
    own: Sequence[Turn]
    messages: Sequence[Message]
    expect: Mapping[str, Any]


def read_open(model: Model) -> list[Read]:
    """The open tickets, each read once."""
    found = []
    for name in OF_MONEY:
        for told in yaml.safe_load((ROOT / "tests" / "data" / f"{name}.yaml").read_text("utf-8"))["tickets"]:
            ticket = ticket_of(told)
            own = turns(ticket.messages, pack("en").lexicon, model, ticket.subject)
            wanted = told["expect"].get("wanted")  # the files of money know nothing else
            expect = told["expect"] if wanted is None else {"refund": wanted}
            found.append(Read(name, own, ticket.messages, expect))
    return found


def at(model: Model, question: str, cut: float) -> Model:
    """The model with another threshold."""
    return replace(model, sentence=semantic.with_thresholds(model.sentence, {question: cut}))


def chosen(model: Model) -> dict[str, float]:
    """Question → the cut of best F1, the files counting alike."""
    tickets = read_open(model)
    cuts = {name: _best(model, tickets, name, short, _plain(name)) for short, name in PLAIN.items() if name in asked.PLAIN}
    return cuts | {refunds.NAME: _best(model, tickets, refunds.NAME, "refund", refunds.refund)}


def _plain(name: str) -> Find:
    return lambda own, _, model: asked.plain(name, own, model)


def _best(model: Model, tickets: Sequence[Read], question: str, short: str, find: Find) -> float:
    curve = [_f1(at(model, question, cut), tickets, short, find) for cut in CUTS]
    smooth = [sum(some := curve[max(0, n - NEAR) : n + NEAR + 1]) / len(some) for n in range(len(curve))]
    alike = [n for n, f1 in enumerate(smooth) if f1 >= max(smooth) - ALIKE]
    best = alike[len(alike) // 4]  # what is missed costs more than a second look
    print(f"{question:24} {CUTS[best]:.2f}  F1 {curve[best]:.3f}")
    return CUTS[best]


def _f1(model: Model, tickets: Iterable[Read], short: str, find: Find) -> float:
    scores = {name: Score() for name in (OF_MONEY if short == "refund" else OPEN)}
    for one in tickets:
        if one.file not in scores:
            continue
        signal = find(one.own, one.messages, model)
        told = {signal.name: signal} if signal else {}
        said = wants_refund(told) if short == "refund" else any(is_there(told, name) for name in told)
        scores[one.file].add(said, bool(one.expect[short]))
    return sum(score.f1 for score in scores.values()) / len(scores)


def _of_words(cuts: Mapping[str, float]) -> None:
    """Put them into the weights' first line."""
    first, *rest = WEIGHTS.read_text("utf-8").splitlines(keepends=True)
    told = json.loads(first)
    for question, cut in cuts.items():
        told["sentence"]["questions"][question]["threshold"] = cut
    WEIGHTS.write_text(_line(told) + "".join(rest), "utf-8")


def _beside(words: Model, scorer: Scorer) -> None:
    """Write those of the words with what the extra reads beside them."""
    told: dict[str, Any] = {"beyond": scorer.name, "words": words.version, "sentence": {"thresholds": {}}}
    told["sentence"]["thresholds"] = chosen(semantic.joined(words, told, scorer))
    semantic.WEIGHTS.write_text(_line(told), "utf-8")


def _line(told: Mapping[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True) + "\n"


if __name__ == "__main__":
    _of_words(chosen(words_only()))
    words_only.cache_clear()
    scorer = installed()
    if scorer is not None:
        _beside(words_only(), scorer)
