"""JMESPath's syntax tree as Python closures: five to ten times faster than its interpreter, which makes itself anew each time.

What is frequent in mappings is here, the rest is left to the interpreter. A test compares both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jmespath.functions import Functions
from jmespath.visitor import TreeInterpreter

Get = Callable[[Any], Any]

# Its only state is a cache of its own methods, so one serves all threads.
_interpreter = TreeInterpreter()
_functions = Functions()


def closure(node: Any) -> Get:
    """A function that evaluates the syntax tree ``node`` on a payload; raises what the interpreter would."""
    return _BUILDERS.get(node["type"], _interpreted)(node)


def _interpreted(node: Any) -> Get:
    return lambda value: _interpreter.visit(node, value)


def _is_false(value: Any) -> bool:
    return value is None or value is False or value == "" or value == [] or value == {}


def _children(node: Any) -> list[Get]:
    return [closure(child) for child in node["children"]]


def _field(node: Any) -> Get:
    name = node["value"]
    return lambda value: value.get(name) if isinstance(value, dict) else None


def _index(node: Any) -> Get:
    at: int = node["value"]
    return lambda value: value[at] if isinstance(value, list) and -len(value) <= at < len(value) else None


def _literal(node: Any) -> Get:
    known = node["value"]
    return lambda value: known


def _itself(_: Any) -> Get:
    return lambda value: value


def _chain(node: Any) -> Get:
    names = _names(node)
    if names is not None:
        return _lookup(tuple(names))
    steps = tuple(_children(node))

    def get(value: Any) -> Any:
        for step in steps:
            value = step(value)
        return value

    return get


def _names(node: Any) -> list[str] | None:
    """The keys of a chain of nothing but keys, the most frequent expression."""
    if node["type"] == "field":
        return [node["value"]]
    if node["type"] != "subexpression":
        return None
    parts = [_names(child) for child in node["children"]]
    return None if None in parts else [name for part in parts for name in part or ()]


def _lookup(names: tuple[str, ...]) -> Get:
    def get(value: Any) -> Any:
        for name in names:
            if not isinstance(value, dict):
                return None
            value = value.get(name)
        return value

    return get


def _or(node: Any) -> Get:
    first, second = _children(node)

    def get(value: Any) -> Any:
        found = first(value)
        return second(value) if _is_false(found) else found

    return get


def _and(node: Any) -> Get:
    first, second = _children(node)

    def get(value: Any) -> Any:
        found = first(value)
        return found if _is_false(found) else second(value)

    return get


def _not(node: Any) -> Get:
    (inner,) = _children(node)

    def get(value: Any) -> Any:
        found = inner(value)
        is_zero = isinstance(found, int | float) and not isinstance(found, bool) and found == 0
        return not is_zero and not found

    return get


def _comparator(node: Any) -> Get:
    operator = node["value"]
    if operator not in ("eq", "ne"):
        return _interpreted(node)
    compare = TreeInterpreter.COMPARATOR_FUNC[operator]
    left, right = _children(node)
    return lambda value: compare(left(value), right(value))


def _projection(node: Any) -> Get:
    base, each = _children(node)

    def get(value: Any) -> Any:
        items = base(value)
        if not isinstance(items, list):
            return None
        found = (each(item) for item in items)
        return [one for one in found if one is not None]

    return get


def _filter(node: Any) -> Get:
    base, each, wanted = _children(node)

    def get(value: Any) -> Any:
        items = base(value)
        if not isinstance(items, list):
            return None
        found = (each(item) for item in items if not _is_false(wanted(item)))
        return [one for one in found if one is not None]

    return get


def _flatten(node: Any) -> Get:
    (base,) = _children(node)

    def get(value: Any) -> Any:
        items = base(value)
        if not isinstance(items, list):
            return None
        return [one for item in items for one in (item if isinstance(item, list) else [item])]

    return get


def _multi_select(node: Any) -> Get:
    each = tuple(_children(node))
    return lambda value: None if value is None else [one(value) for one in each]


def _function(node: Any) -> Get:
    if any(child["type"] == "expref" for child in node["children"]):
        return _interpreted(node)
    name, arguments = node["value"], tuple(_children(node))
    return lambda value: _functions.call_function(name, [argument(value) for argument in arguments])


_BUILDERS: dict[str, Callable[[Any], Get]] = {
    "field": _field,
    "index": _index,
    "literal": _literal,
    "current": _itself,
    "identity": _itself,
    "subexpression": _chain,
    "index_expression": _chain,
    "pipe": _chain,
    "or_expression": _or,
    "and_expression": _and,
    "not_expression": _not,
    "comparator": _comparator,
    "projection": _projection,
    "filter_projection": _filter,
    "flatten": _flatten,
    "multi_select_list": _multi_select,
    "function_expression": _function,
}
