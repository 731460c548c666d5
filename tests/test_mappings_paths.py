"""JMESPath as closures finds exactly what the library's own interpreter finds, and never raises anything but WrongType."""

from __future__ import annotations

from typing import Any

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from mappings.paths import WrongType, compiled

EXPRESSIONS = (
    """
a   a.b   a.b.c   "a".b   @   @.a   a[0]   a[-1].b   a[0][1]   [0]   a || b   a.b || b.c || 'x'   a && b   !a   a == b   a != 'x'
a == `1`   a == `true`   a < b   a >= `2`   (a || b).c   a | b   a | @.b || c   a && 'x' || b   a[].b   a[*].b   a[*]   a.*
a[?b]   a[?b == 'x'].c   a[?b].c | [0]   [a, b]   {x: a, y: b.c}   [a][?b] | [0].c   length(a)   a[0:2]   a[::-1]   to_string(a)
`null`   a[?contains(['x', 'y'], b)]   merge(a || `{}`, {z: b})   'lit'   a[?b || c].a[]   not_null(a, b)   sort_by(a, &b)
a[*].[b, c]   `[1]`
a == `[]` || b   join('-', a)   starts_with(a || '', 'x')
""".replace("\n", "   ")
    .strip()
    .split("   ")
)
SOME: list[Any] = [
    *(None, [], {}, 0, "x", {"a": 0}, [{"a": 1}], {"a": 1, "b": 2}, {"a": [], "b": {}}, {"a": "x", "b": "x"}),
    {"a": [{"b": "x", "c": 1}, {"b": [], "c": 2}, 3], "b": {"c": "y"}},
    {"a": {"b": {"c": 1}}},
    {"a": False, "b": 0, "c": 1},
    {"a": [[1, 2], [3]], "b": 1},
]

names = st.sampled_from(["a", "b", "c", "z"])
leaves = st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | st.sampled_from(["", "x", "y", "xy"])
payloads = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4), max_leaves=12
)


def by_library(expression: str, payload: Any) -> Any:
    try:
        return jmespath.search(expression, payload)
    except (ValueError, TypeError, AttributeError):
        return WrongType


def by_us(expression: str, payload: Any) -> Any:
    try:
        return compiled(expression)(payload)
    except WrongType:
        return WrongType


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_the_same_as_the_library_on_a_few_payloads(expression: str) -> None:
    for payload in SOME:
        assert by_us(expression, payload) == by_library(expression, payload)


@settings(deadline=None)
@given(st.sampled_from(EXPRESSIONS), payloads)
def test_the_same_as_the_library_on_any_payload(expression: str, payload: Any) -> None:
    found, expected = by_us(expression, payload), by_library(expression, payload)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("expression", "problem", "remedy"),
    [
        ("a..b", "this is not JMESPath", "double quotes"),
        ("a-b", "this is not JMESPath", '"a-b"'),
        ("", "this is not JMESPath", "jmespath.org"),
        ("a[", "this is not JMESPath", "jmespath.org"),
        ("(" * 5000, "this is not JMESPath", "jmespath.org"),
        ("upper(a)", "unknown function upper()", "abs, avg"),
        ("a[?lower(b)]", "unknown function lower()", "to_string"),
        ("length(a, b)", "length() is given 2 arguments", "Give it 1."),
        ("merge()", "merge() is given 0 arguments", "Give it 1 or more."),
    ],
)
def test_bad_expressions_are_told_with_a_remedy(expression: str, problem: str, remedy: str) -> None:
    with pytest.raises(PydanticCustomError) as caught:
        compiled(expression)
    assert problem in str(caught.value)
    assert remedy in str((caught.value.context or {})["remedy"])


@pytest.mark.parametrize(
    ("expression", "payload", "why"),
    [
        ("length(a)", {"a": 3}, "length() cannot work on a number"),
        ("join('-', a)", {"a": [1]}, "join() cannot work on"),
        ("starts_with(a, 'x')", {}, "starts_with() cannot work on nothing"),
        ("avg(a)", {"a": [10**400]}, "it cannot be computed (OverflowError)"),
        ("floor(a)", {"a": float("inf")}, "it cannot be computed (OverflowError)"),
        ("a < b", {"a": 1, "b": "x"}, "it cannot be computed (TypeError)"),
    ],
)
def test_payloads_that_do_not_fit_are_wrong_types(expression: str, payload: Any, why: str) -> None:
    with pytest.raises(WrongType) as caught:
        compiled(expression)(payload)
    assert why in str(caught.value)


def test_nesting_does_not_hurt() -> None:
    deep: Any = "x"
    for _ in range(50_000):
        deep = [deep]
    for expression in ("to_string(a)", "a == b", "a[]", "a[0][0]", "length(a)", "contains(a, b)"):
        try:
            compiled(expression)({"a": deep, "b": [deep]})
        except WrongType as unfit:
            assert "RecursionError" in str(unfit)
    while isinstance(deep, list):
        deep = deep.pop()
