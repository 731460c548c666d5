"""For the contract suite: forged proofs, and everything that nobody should send."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

from hypothesis import strategies as st

Where = tuple[str | int, ...]

# What becomes of one header that proves a request: None means it is absent.
FORGED: dict[str, Callable[[str], str | None]] = {
    "absent": lambda _: None,
    "empty": lambda _: "",
    "blank": lambda _: " ",
    "cut short": lambda value: value[:-1],
    "longer": lambda value: value + "0",
    "one letter other": lambda value: value[:-2] + ("x" if value[-2] != "x" else "y") + value[-1],
    "backwards": lambda value: value[::-1],
    "twice": lambda value: f"{value}, {value}",
    "another word": lambda _: "wrong",
    "not ASCII": lambda value: value[:-1] + "ü",
    "half a character": lambda _: "\ud83d",
    "with NUL": lambda value: value + "\0",
    "without end": lambda value: value * 5000,
}

# Text that stands for JSON that Python cannot write: it is put in its place after the rest is written.
RAW = {
    "@nested@": "[" * 5000 + "]" * 5000,
    "@objects@": '{"a":' * 5000 + "1" + "}" * 5000,
    "@infinite@": "1e999",
    "@half@": '"\\ud83d"',
    "@nul@": '"a\\u0000b"',
    "@digits@": "9" * 4000,
    "@more digits@": "9" * 5000,
    "@nan@": "NaN",
}
WRONG: tuple[Any, ...] = (
    None, True, -1, 1.5, 10**30, 1e308, "", "0", "x", "é😀\u202e", [], {}, [None], [{}], {"id": None}, {"id": []}, ["x", 1],
    "2026-13-45T99:99:99Z", "9999-12-31T23:59:59-14:00", *RAW,
)  # fmt: skip
LONG = ("x" * 100_000, "<p>😀 & <b>ü</b></p>" * 6000, "<" * 100_000, "&lt;" * 30_000, "\n" * 100_000, " ".join("a" * 50_000))
NO_OBJECT = {
    "no body": b"",
    "no JSON": b"ticket 7 is on fire",
    "broken JSON": b'{"ticket_id": "7", "subject": "a "quote""}',
    "not UTF-8": b'{"ticket_id": "\xff"}',
    "a list": b'[{"ticket_id": 7}]',
    "a text": b'"7"',
    "null": b"null",
    "a number": b"7",
    "two objects": b"{}{}",
    "NaN": b'{"id": NaN}',
    "a number without end": b'{"id": ' + b"9" * 5000 + b"}",
    "nested without end": b'{"id":' * 5000 + b"1" + b"}" * 5000,
    "lists without end": b"[" * 100_000,
}


def written(body: Any) -> bytes:
    """A body as bytes, the stand-ins of RAW replaced."""
    text = json.dumps(body)
    for stand_in, raw in RAW.items():
        text = text.replace(f'"{stand_in}"', raw)
    return text.encode()


def places(value: Any, here: Where = ()) -> Iterator[Where]:
    """Where there is something in a JSON value, inner before outer."""
    inner = enumerate(value) if isinstance(value, list) else value.items() if isinstance(value, dict) else ()
    for key, one in inner:
        yield from places(one, (*here, key))
        yield (*here, key)


def at(body: Any, where: Where) -> Any:
    for key in where:
        body = body[key]
    return body


def put(body: Any, where: Where, value: Any) -> Any:
    """A copy of ``body`` with another value there."""
    made = copy.deepcopy(body)
    at(made, where[:-1])[where[-1]] = value
    return made


def without(body: Any, where: Where) -> Any:
    """A copy of ``body`` with nothing there."""
    made = copy.deepcopy(body)
    del at(made, where[:-1])[where[-1]]
    return made


def spoiled(body: Any) -> Iterator[Any]:
    """``body`` with one thing wrong: every place missing, and every place holding every wrong value."""
    for where in places(body):
        yield without(body, where)
        for wrong in WRONG:
            yield put(body, where, wrong)


def nulls(body: Any) -> Any:
    """``body`` with null in place of every value that is no object or list."""
    if isinstance(body, dict):
        return {key: nulls(value) for key, value in body.items()}
    return [nulls(value) for value in body] if isinstance(body, list) else None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)
QUERIES = st.dictionaries(st.sampled_from(["ticket_id", "event", "triggered_event", "x"]), st.text(max_size=30), max_size=2)


@st.composite
def bodies(draw: st.DrawFn, recorded: tuple[Any, ...]) -> bytes:
    """Any JSON at all, or a recorded body with a few places replaced by any JSON, added to, or left out."""
    if draw(st.booleans()):
        return json.dumps(draw(JSON)).encode()
    body = draw(st.sampled_from(recorded))
    for _ in range(draw(st.integers(1, 5))):
        known = list(places(body))
        if not known:
            break
        where = draw(st.sampled_from(known))
        body = without(body, where) if draw(st.booleans()) else put(body, where, draw(JSON | st.sampled_from(WRONG)))
    return written(body)
