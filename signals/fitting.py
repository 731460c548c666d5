"""Regressions over texts, for ``signals.training``: what makes numbers of a text, and what is fitted. Needs scikit-learn."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer
from sklearn.linear_model import LogisticRegression

from signals import corpus
from signals.features import features, words_of
from signals.lexicon import marks
from signals.packs import pack

INVERSE_DECAY = 20.0
YES_WEIGHS = 3.0  # against a no, of which there are twenty times as many
MOST_RARE = 4
SOME_LEAN = 0.3  # of a feature that stands as often in both
NEAR, NEAR_BY = 0.7, ("p:", "s:", "a:")  # what stands around a sentence counts for less than what stands in it
_LEXICON = pack("en").lexicon


@dataclass
class Texts:
    """What one question is learned from."""

    question: str
    labels: tuple[str, ...]
    texts: list[str] = field(default_factory=list)
    label: list[int] = field(default_factory=list)
    weight: list[float] = field(default_factory=list)

    def add(self, texts: Sequence[str], label: str, weight: float = 1.0) -> None:
        self.texts += texts
        self.label += [self.labels.index(label)] * len(texts)
        self.weight += [weight] * len(texts)


@dataclass
class Fit:
    """A regression, and by how much each number of a text is made larger."""

    regression: LogisticRegression
    larger: Any

    def rows(self) -> tuple[Any, Any]:
        """(a row of weights per label, bias of each); a yes/no question has one, that of yes."""
        rows, bias = self.regression.coef_ * self.larger, self.regression.intercept_
        return (-rows, -bias) if len(rows) == 1 else (rows, bias)


@cache
def analyze(text: str) -> tuple[str, ...]:
    """What the reader sees of a text, patterns and where it stands included; of a message what it sees of its sentences."""
    text, *place = text.split(corpus.AROUND)
    seen = {feature for one in text.split(corpus.BETWEEN) for feature in features(words_of(one), marks(_LEXICON.find(one)))}
    return tuple(sorted(seen.union(place)))


@lru_cache(maxsize=1)
def _own_texts() -> list[tuple[str, ...]]:
    """The features of every text of our own."""
    own = [text for labels in corpus.load().values() for texts in labels.values() for text in texts]
    own += [text for ticket in corpus.tickets() for text, _ in ticket.answers("failed_attempt", ("yes", "no"))]
    return [analyze(text) for text in own]


@lru_cache(maxsize=1)
def vocabulary() -> dict[str, int]:
    """Every feature of MOST_RARE of our own texts or more, the same for all questions, so that a text has one length."""
    seen = Counter(chain.from_iterable(_own_texts()))
    return {feature: n for n, feature in enumerate(sorted(f for f, count in seen.items() if count >= MOST_RARE))}


@lru_cache(maxsize=1)
def _vectorizer() -> CountVectorizer:
    return CountVectorizer(analyzer=analyze, vocabulary=vocabulary(), binary=True)


@lru_cache(maxsize=1)
def weigher() -> TfidfTransformer:
    """What is rare tells more than what stands everywhere."""
    told = CountVectorizer(analyzer=list, vocabulary=vocabulary(), binary=True).transform(_own_texts())
    weigher = TfidfTransformer().fit(told)
    weigher.idf_ = weigher.idf_ * np.array([NEAR if name.startswith(NEAR_BY) else 1.0 for name in vocabulary()])
    return weigher


def by_words(texts: Sequence[str]) -> Any:
    """A row per text: its features, rare ones weighing more."""
    return weigher().transform(_vectorizer().transform(texts))


def fit(told: Texts) -> Fit:
    """A regression over the texts."""
    # The teams of our tickets are not those of another company: none is likelier than another before a word is read.
    teams = told.question == "intents"
    numbers, label = by_words(told.texts), np.array(told.label)
    regression = LogisticRegression(C=INVERSE_DECAY, class_weight="balanced" if teams else None, max_iter=3000)
    asks_yes = told.labels == ("yes", "no")
    larger = _larger(numbers, label == 0) if asks_yes else np.ones(numbers.shape[1])
    weight = [
        own * (YES_WEIGHS if asks_yes and answer == 0 else 1.0) for own, answer in zip(told.weight, told.label, strict=True)
    ]
    return Fit(regression.fit(numbers.multiply(larger).tocsr(), label, weight), larger)


def _larger(numbers: Any, yes: Any) -> Any:
    """How much larger a feature counts that stands in far more texts of one answer (Wang and Manning 2012, halfway)."""
    shares = [(count := np.asarray((numbers[some] > 0).sum(axis=0)).ravel() + 1.0) / count.sum() for some in (yes, ~yes)]
    leans = SOME_LEAN + np.abs(np.log(shares[0] / shares[1]))
    return np.sqrt(leans / leans.mean())
