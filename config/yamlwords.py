"""What pydantic found wrong in a document, in an admin's words: path, problem and remedy."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

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


def found_problems(errors: Iterable[ErrorDetails], model: type[pydantic.BaseModel], data: object) -> list[Found]:
    """Every error once, at its place in ``data``; of a union only the branch that fits best, or all that fit equally."""
    merged: dict[Path, Found] = {}
    for error in _best_branches(list(errors), data):
        path, problem, remedy = _found(error, model, data)
        known = merged.get(path)
        if known is None:
            merged[path] = (path, problem, remedy)
        elif problem not in known[1]:
            merged[path] = (path, f"{known[1]}, or {problem}", known[2] if remedy in known[2] else f"{known[2]} {remedy}")
    return list(merged.values())


def _best_branches(errors: list[ErrorDetails], data: object) -> list[ErrorDetails]:
    scores: dict[tuple[Path, str | int], tuple[int, int]] = {}
    for error in errors:
        path = _path(error["loc"], data)
        for turn in _turns(error, data):
            other_shape = error["type"].endswith("_type") and path == turn[0]
            extra_key = error["type"] == "extra_forbidden" and path[:-1] == turn[0]
            shape, extra = scores.get(turn, (0, 0))
            scores[turn] = (shape + other_shape, extra + extra_key)
    best: dict[Path, tuple[int, int]] = {}
    for (place, _), score in scores.items():
        best[place] = min(score, best.get(place, score))
    return [error for error in errors if all(scores[turn] == best[turn[0]] for turn in _turns(error, data))]


def _turns(error: ErrorDetails, data: object) -> list[tuple[Path, str | int]]:
    """Where the error's way went into a branch of a union: (path there, pydantic's name of the branch)."""
    loc = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
    ways = [(_path(loc[:n], data), loc[n]) for n in range(len(loc))]
    return [(here, part) for n, (here, part) in enumerate(ways) if here == _path(loc[: n + 1], data)]


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word closest to a mistyped one, or ""."""
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(word.lower(), by_lower, 1, 0.6)
    return by_lower[close[0]] if close else ""


def choose(word: str, known: Iterable[str]) -> str:
    """A remedy that offers the nearest word and lists all of them."""
    names = sorted(known)
    near = nearest(word, names)
    guess = f"Did you mean {near!r}? " if near else ""
    return f"{guess}Use one of: {', '.join(names)}."


def _found(error: ErrorDetails, model: type[pydantic.BaseModel], data: object) -> Found:
    kind, path = error["type"], _path(error["loc"], data)
    context: Mapping[str, Any] = error.get("ctx", {})
    if kind == "extra_forbidden":
        return path, f"unknown key {str(path[-1])!r}", choose(str(path[-1]), _known_keys(model, error["loc"][:-1], data))
    if kind == "missing":
        path = (*path, str(error["loc"][-1]))
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
        return [t for name, f in kind.model_fields.items() if key in (name, f.alias) for t in _unwrapped(f.annotation)]
    if get_origin(kind) in (dict, Mapping) and isinstance(key, str):
        return _unwrapped(get_args(kind)[1])
    if get_origin(kind) in (list, tuple, set, frozenset) and isinstance(key, int):
        return _unwrapped(get_args(kind)[0])
    return []


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
