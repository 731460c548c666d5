"""The trained part of reading: logistic regressions over ``features``, one per question, scored in plain Python.

The weights are made by ``python -m signals.training`` from ``signals/corpus`` and kept beside this file: a line about the
questions, and one per feature: its squared length and its weights (lane, weight, …), in tenths. Every label of either part has a
lane of its own; those that most features tell something of come first, so that most packed rows are short.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import mul
from pathlib import Path
from struct import Struct
from typing import Any, Protocol

_UNIT = 0.1  # weights and lengths are kept in tenths
_BITS = 32  # of one sum in a packed row: adding rows is one addition of whole numbers, however many labels there are
_BYTES = _BITS // 8
_ZERO = 1 << (_BITS - 1)  # added to each sum, so that none is negative when they are taken apart
_WHOLE = 0.5  # how much what the whole message says counts beside what a sentence says
WEIGHTS = Path(__file__).parent / "weights.jsonl"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a text. A yes/no question has the one label yes; ``threshold`` is the least share at which it is taken."""

    name: str
    labels: tuple[str, ...]
    first: int  # place of its first label among all labels of its part
    threshold: float
    least: float  # the raw score that stands for the threshold


@dataclass(frozen=True, slots=True)
class Part:
    """The questions that are asked of sentences, or those asked of whole messages. Thread-safe."""

    questions: Mapping[str, Question]
    bias: tuple[float, ...]  # per label
    sums: Struct  # takes a packed row apart: the squared length, and a sum per label, in the order of their lanes
    places: tuple[int, ...]  # per label, the place of its sum among these

    def share(self, scores: Sequence[float], name: str) -> dict[str, float]:
        """Probability of each label of a question with several; they add up to 1."""
        asked = self.questions[name]
        own = scores[asked.first : asked.first + len(asked.labels)]
        most = max(own)
        parts = [math.exp(value - most) for value in own]
        total = sum(parts)
        return {label: part / total for label, part in zip(asked.labels, parts, strict=True)}

    def but(self, scores: Sequence[float], name: str, label: str) -> float:
        """Probability of all labels but one; cheaper than their shares."""
        asked = self.questions[name]
        own = scores[asked.first : asked.first + len(asked.labels)]
        most = max(own)
        return 1 - math.exp(own[asked.labels.index(label)] - most) / sum([math.exp(value - most) for value in own])

    def top(self, scores: Sequence[float], name: str) -> str:
        """The likeliest label of a question with several; cheaper than its share."""
        asked = self.questions[name]
        own = scores[asked.first : asked.first + len(asked.labels)]
        return asked.labels[own.index(max(own))]

    def yes(self, scores: Sequence[float], name: str) -> float:
        """Probability of yes."""
        return 1 / (1 + math.exp(-max(-60.0, min(60.0, scores[self.questions[name].first]))))


@dataclass(frozen=True, slots=True)
class Passage:
    """A message of the customer with what stands around it: its sentences, the ticket's subject, and the advice it answers."""

    sentences: tuple[str, ...]
    subject: str = ""
    advice: str = ""


class Beyond(Protocol):
    """What reads a message beyond its words (``signals.semantic``)."""

    def read(self, passage: Passage) -> tuple[Sequence[Sequence[float]], Sequence[float]]:
        """The raw scores of its sentences, in the order of ``Model.sentence``, and of the whole, in that of ``Model.message``.

        Sentences behind the first few hundred tokens are left out.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """Ask ``total`` of a text's features, then ``of_sentence`` or ``of_message`` for the raw score of every label, and ``mixed``.

    Totals are added: a message's is that of its sentences' features, each counted once. Looking a feature up is what takes time,
    so one look answers both parts.
    """

    version: str
    sentence: Part
    message: Part
    weights: Mapping[str, int]  # feature → its squared length and its weights for all labels of both parts, packed
    both: tuple[tuple[int, int], ...]  # places of the questions that are asked of sentences and of messages, in either's scores
    beyond: Beyond | None = None

    def total(self, features: Iterable[str]) -> int:
        """What these features say of every question, packed."""
        return sum(filter(None, map(self.weights.get, features)))

    def of_sentence(self, total: int) -> list[float]:
        """The raw scores of a sentence by its words; ask ``Part.share`` or ``Part.yes`` for one question's answer."""
        return self._scores(self.sentence, total)

    def of_message(self, total: int) -> list[float]:
        """The raw scores of a whole message by its words."""
        return self._scores(self.message, total)

    def mixed(
        self, passage: Passage, sentences: Sequence[list[float]], whole: list[float]
    ) -> tuple[Sequence[list[float]], list[float]]:
        """The scores of a message's sentences and of the whole, from those of their words: means where more is read."""
        if self.beyond is None or not sentences:
            return sentences, whole
        told, of_whole = self.beyond.read(passage)
        near = [_mean(own, beyond) for own, beyond in zip(sentences, told, strict=False)]
        return [*near, *sentences[len(near) :]], _mean(whole, of_whole)

    def beside(self, scores: Sequence[float], whole: Sequence[float]) -> list[float]:
        """The scores by words of one of several sentences of a message: yes/no questions are asked of both."""
        mixed = list(scores)
        for own, of_message in self.both:
            mixed[own] = with_whole(scores[own], whole[of_message])
        return mixed

    def _scores(self, part: Part, total: int) -> list[float]:
        lanes = len(self.sentence.places) + len(self.message.places)
        lifted = _lifted(lanes)
        # Lifted, so that nothing is borrowed from the sum beside; with the highest bit turned it is a signed number again.
        packed = ((total + lifted) ^ lifted).to_bytes(_BYTES * (lanes + 1), "little")
        sums = part.sums.unpack(packed)
        scale = math.sqrt(_UNIT / sums[0]) if sums[0] else 0.0
        return [bias + scale * sums[place] for bias, place in zip(part.bias, part.places, strict=True)]


def _mean(words: Sequence[float], beyond: Sequence[float]) -> list[float]:
    return [(a + b) / 2 for a, b in zip(words, beyond, strict=True)]


def with_whole(sentence: float, message: float) -> float:
    """The raw score of a sentence, its message considered."""
    return (sentence + _WHOLE * message) / (1 + _WHOLE)


def least_score(threshold: float) -> float:
    """The raw score that stands for a share."""
    return math.log(threshold / (1 - threshold))


@lru_cache(maxsize=1)
def words_only() -> Model:
    """The model that comes with Baton and needs nothing beside Python."""
    with WEIGHTS.open(encoding="utf-8") as lines:  # line by line: read at once it would take as much memory again
        told = json.loads(next(lines))
        lanes = len(told["sentence"]["lanes"]) + len(told["message"]["lanes"])
        sentence, message = _part(told["sentence"], lanes), _part(told["message"], lanes)
        places = [1 << (_BITS * (lane + 1)) for lane in range(lanes)]
        weights = {
            feature: length + sum(map(mul, row[1::2], map(places.__getitem__, row[::2])))
            for (feature, length, *row), _ in map(json.JSONDecoder().raw_decode, lines)
        }
    both = tuple((q.first, message.questions[name].first) for name, q in sentence.questions.items() if name in message.questions)
    return Model(told["version"], sentence, message, weights, both)


def _part(told: Mapping[str, Any], lanes: int) -> Part:
    """A part of a model that has so many ``lanes`` for both; those of the other part are passed over."""
    questions: dict[str, Question] = {}
    first = 0
    for name, asked in told["questions"].items():
        cut = asked["threshold"]
        questions[name] = Question(name, tuple(asked["labels"]), first, cut, least_score(cut))
        first += len(asked["labels"])
    own = sorted(told["lanes"])
    sums = Struct("<I" + "".join("i" if lane in own else f"{_BYTES}x" for lane in range(lanes)))
    return Part(questions, tuple(told["bias"]), sums, tuple(own.index(lane) + 1 for lane in told["lanes"]))


@lru_cache(maxsize=8)
def _lifted(lanes: int) -> int:
    return sum(_ZERO << (_BITS * (lane + 1)) for lane in range(lanes))
