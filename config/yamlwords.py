"""What pydantic found wrong in a document, in an admin's words: path, problem and remedy."""

from __future__ import annotations

import difflib
import re
from bisect import bisect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Annotated, Any, ForwardRef, Union, get_args, get_origin, get_type_hints

import pydantic
from pydantic_core import ErrorDetails

Path = tuple[str | int, ...]
Found = tuple[Path, str, str]

_LIST = "Write a list: [a, b], or lines that begin with '- '."
_KEYS = "Write keys with values below it, as 'key: value'."
_TEXT = "Write text; put numbers and words such as true in quotes."
_NUMBER = "Write a number without quotes."
_REMEDIES = {
    "missing": "Add it.",
    "string_type": _TEXT,
    "string_too_short": "Write at least one character.",
    "bool_type": "Write true or false.",
    "bool_parsing": "Write true or false.",
    "int_type": _NUMBER,
    "int_parsing": _NUMBER,
    "int_from_float": "Write a whole number.",
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "list_type": _LIST,
    "tuple_type": _LIST,
    "set_type": _LIST,
    "frozen_set_type": _LIST,
    "dict_type": _KEYS,
    "model_type": _KEYS,
    "model_attributes_type": _KEYS,
    "too_short": "Add an entry.",
}
_PROBLEMS = {
    "missing": "this key is missing",
    "string_type": "this is not text",
    "bool_type": "this is neither true nor false",
    "bool_parsing": "this is neither true nor false",
    "list_type": "this is not a list",
    "tuple_type": "this is not a list",
    "dict_type": "this has no keys of its own",
    "model_type": "this has no keys of its own",
    "model_attributes_type": "this has no keys of its own",
}
_CHOICES = ("enum", "literal_error", "union_tag_invalid")
_MEANT = {"urgent": "critical", "critical": "urgent"}  # a severity and a priority
_MOST_LISTED = 30
_MOST_COMPARED = 100  # among more names only neighbours are compared: each comparison takes some 10 µs
_NEIGHBOURS = 5
_LONGEST_WORD = 200


def found_problems(errors: Iterable[ErrorDetails], model: type[pydantic.BaseModel], data: object) -> list[Found]:
    """Every error once, at its place in ``data``; of a union only the branch that fits best, or all that fit equally."""
    merged: dict[Path, Found] = {}
    told = list(errors)
    for error in _best_branches(told, data) or told:
        path, problem, remedy = _found(error, model, data)
        known = merged.get(path)
        if known is None:
            merged[path] = (path, problem, remedy)
        elif problem not in known[1]:
            merged[path] = (path, f"{known[1]}, or {problem}", known[2] if remedy in known[2] else f"{known[2]} {remedy}")
    return list(merged.values())


def _best_branches(errors: list[ErrorDetails], data: object) -> list[ErrorDetails]:
    scores: dict[Path, tuple[int, int]] = {}
    for error in errors:
        path = _path(error["loc"], data)
        for turn in _turns(error, data):
            here = _path(turn, data)
            other_shape = error["type"].endswith("_type") and path == here
            extra_key = error["type"] == "extra_forbidden" and path[:-1] == here
            shape, extra = scores.get(turn, (0, 0))
            scores[turn] = (shape + other_shape, extra + extra_key)
    best: dict[Path, tuple[int, int]] = {}
    for turn, score in scores.items():
        best[turn[:-1]] = min(score, best.get(turn[:-1], score))
    return [error for error in errors if all(scores[turn] == best[turn[:-1]] for turn in _turns(error, data))]


def _turns(error: ErrorDetails, data: object) -> list[Path]:
    """The parts of the error's way that end in a branch of a union, by pydantic's name. A key with a usual value that is not
    written looks like one, too: it is compared only with others of its own branch, never with the branch itself."""
    loc = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
    ways = [_path(loc[:n], data) for n in range(len(loc) + 1)]
    return [loc[: n + 1] for n in range(len(loc)) if ways[n] == ways[n + 1]]


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word closest to a mistyped one, or ""."""
    return _nearest(word, _names(tuple(known)))


def choose(word: str, known: Iterable[str]) -> str:
    """A remedy that offers the nearest word and lists all of them, or the first of very many."""
    names = _names(tuple(known))
    near = _nearest(word, names)
    guess = f"Did you mean {near!r}? " if near else ""
    return f"{guess}{names.told}"


@dataclass(frozen=True, eq=False)
class _Names:
    """Names to choose from, made ready once, for a document may name thousands of wrong ones."""

    by_lower: Mapping[str, str]
    forward: Sequence[str]  # the small names in order
    backward: Sequence[str]  # the same, each from its end
    told: str

    def candidates(self, word: str) -> Iterable[str]:
        """All small names, or of very many those that begin or end like ``word``: a slip leaves one of the two as it was."""
        if len(self.forward) <= _MOST_COMPARED:
            return self.by_lower
        return (*_around(self.forward, word), *(name[::-1] for name in _around(self.backward, word[::-1])))


def _around(names: Sequence[str], word: str) -> Sequence[str]:
    place = bisect(names, word)
    return names[max(place - _NEIGHBOURS, 0) : place + _NEIGHBOURS]


@lru_cache(maxsize=32)
def _names(known: tuple[str, ...]) -> _Names:
    names = sorted(known)
    by_lower = {name.lower(): name for name in names}
    more = len(names) - _MOST_LISTED
    tail = f" and {more:,} more" if more > 0 else ""
    told = f"Use one of: {', '.join(names[:_MOST_LISTED])}{tail}."
    return _Names(by_lower, sorted(by_lower), sorted(name[::-1] for name in by_lower), told)


@lru_cache(maxsize=1024)
def _nearest(word: str, names: _Names) -> str:
    small = word.lower()[:_LONGEST_WORD]
    if (same := _MEANT.get(small, "")) in names.by_lower:
        return names.by_lower[same]
    close = difflib.get_close_matches(small, names.candidates(small), 1, 0.6)
    return names.by_lower[close[0]] if close else ""


def _found(error: ErrorDetails, model: type[pydantic.BaseModel], data: object) -> Found:
    kind, path = error["type"], _path(error["loc"], data)
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind == "extra_forbidden":
        return path, f"unknown key {str(path[-1])!r}", choose(str(path[-1]), _known_keys(model, error["loc"][:-1], data))
    if kind == "missing":
        path = (*path, str(error["loc"][-1]))
    if kind == "union_tag_invalid" and not str(context["discriminator"]).startswith("'"):  # a function chose: tags are no words
        keys = ", ".join(sorted(_known_keys(model, error["loc"], data)))
        return path, "this cannot stand here", f"Write one with keys of: {keys}." if keys else "Write something else."
    if kind in _CHOICES:
        shown = str(context.get("tag", error["input"]))[:60]
        words = re.findall(r"'([^']*)'", str(context.get("expected", context.get("expected_tags", ""))))
        return path, f"unknown word {shown!r}", choose(shown, words)
    told = _PROBLEMS.get(kind) or error["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return path, told, str(context.get("remedy") or _REMEDIES.get(kind, ""))


def _path(loc: Path, data: object) -> Path:
    """``loc`` without what pydantic adds of its own, such as the names of a union's branches."""
    path: Path = ()
    for part in loc:
        keyed = isinstance(data, dict) and part in data
        if keyed or (isinstance(data, list) and isinstance(part, int) and part < len(data)):
            data, path = data[part], (*path, part)  # type: ignore[index]
    return path


def _known_keys(model: type[pydantic.BaseModel], loc: Path, data: object) -> set[str]:
    here = _unwrapped(model)
    for n, part in enumerate(loc):
        if len(_path(loc[: n + 1], data)) == len(_path(loc[:n], data)):
            here = _branch(here, part)
        else:
            here = [inner for kind in here for inner in _inside(kind, part)]
    models = [kind for kind in here if _is_model(kind)]
    return {f.alias or name for kind in models for name, f in kind.model_fields.items()}


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, pydantic.BaseModel)


def _inside(kind: Any, key: str | int) -> list[Any]:
    """The types of what stands at ``key`` in a value of type ``kind``."""
    if _is_model(kind):
        fields = [name for name, f in kind.model_fields.items() if key in (name, f.alias)]
        return [t for name in fields for t in _unwrapped(_annotation(kind, name))]
    if get_origin(kind) in (dict, Mapping) and isinstance(key, str):
        return _unwrapped(get_args(kind)[1])
    if get_origin(kind) in (list, tuple, set, frozenset) and isinstance(key, int):
        return _unwrapped(get_args(kind)[0])
    return []


def _annotation(kind: type[pydantic.BaseModel], name: str) -> Any:
    """A field's type; one that names a model further down in its file stays text until somebody resolves it."""
    written = kind.model_fields[name].annotation
    return get_type_hints(kind, include_extras=True)[name] if isinstance(written, ForwardRef) else written


def _branch(kinds: list[Any], name: str | int) -> list[Any]:
    """Of a union's branches the one that pydantic calls ``name``, or all where that cannot be told."""
    return [kind for kind in kinds if getattr(kind, "__name__", "") == name] or kinds


def _unwrapped(annotation: Any) -> list[Any]:
    """The types of a union, without Annotated around them."""
    if get_origin(annotation) is Annotated:
        return _unwrapped(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [kind for part in get_args(annotation) for kind in _unwrapped(part)]
    return [annotation]
