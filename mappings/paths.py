"""JMESPath expressions, compiled once and checked as far as can be, with no exception but WrongType left at run time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError, JMESPathTypeError
from jmespath.functions import Functions

from config.yamldoc import wrong
from mappings.closures import Get, closure

# What JMESPath itself, or Python below it, raises when a payload is not of the shape an expression hopes for.
_UNFIT = (ValueError, TypeError, ArithmeticError, LookupError, AttributeError, RecursionError)
_FUNCTIONS = Functions.FUNCTION_TABLE


__all__ = ["Get", "WrongType", "compiled", "kind_of"]


class WrongType(Exception):
    """A value on the wire is not of the type the mapping expects; the text says what was expected and found."""


def kind_of(value: object) -> str:
    """What a JSON value is, in words."""
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    return names.get(type(value), "nothing" if value is None else type(value).__name__)


def compiled(expression: str) -> Get:
    """A thread-safe function from a payload to what the expression finds (None when nothing); it raises only WrongType.

    Raises a pydantic error with the remedy for bad syntax and for unknown or wrongly called functions.
    """
    try:
        parsed = jmespath.compile(expression)
    except (JMESPathError, RecursionError) as bad:
        why = str(bad).splitlines()[0].rstrip(":. ")
        remedy = 'See jmespath.org; names with other characters than letters, digits and _ need double quotes: "a-b".'
        raise wrong(f"this is not JMESPath: {why}", remedy) from None
    _check_functions(parsed.parsed)
    return _guarded(closure(parsed.parsed))


def _guarded(search: Get) -> Get:
    def get(payload: Any) -> Any:
        try:
            return search(payload)
        except JMESPathTypeError as unfit:
            told = f"{unfit.function_name}() cannot work on {kind_of(unfit.current_value)}"
            raise WrongType(told) from None
        except _UNFIT as unfit:
            raise WrongType(f"it cannot be computed ({type(unfit).__name__})") from None

    return get


def _check_functions(node: Any) -> None:
    for call in _calls(node):
        name, count = call["value"], len(call["children"])
        if name not in _FUNCTIONS:
            raise wrong(f"unknown function {name}()", f"Use one of: {', '.join(sorted(_FUNCTIONS))}.")
        wanted = _FUNCTIONS[name]["signature"]
        variadic = bool(wanted) and bool(wanted[-1].get("variadic"))
        if count < len(wanted) or (count > len(wanted) and not variadic):
            raise wrong(f"{name}() is given {count} arguments", f"Give it {len(wanted)}{' or more' if variadic else ''}.")


def _calls(node: Any) -> Iterator[Any]:
    if not isinstance(node, dict):
        return
    if node["type"] == "function_expression":
        yield node
    for child in node["children"]:
        yield from _calls(child)
