"""Names that conditions compare with and the playbook defines: a segment, an issue type. Works on plain data of any shape."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from config.conditions import threshold_named
from config.crosscheck import Place
from config.yamldoc import Parsed, Problem
from config.yamlwords import Path, choose

# Of the other operators a part of a name or a pattern may hold.
_EQUAL = frozenset({"is", "is_not", "in", "not_in", "becomes", "changed_to", "changed_from"})


def problems(parsed: Parsed, field: str, known: Collection[str], what: str) -> Iterator[Problem]:
    """A problem for each name that a condition on ``field`` asks for and nobody defines, anywhere in the document.

    ``what`` names the kind of thing: "segment". Names are compared as conditions are: case-blind.
    """
    same = {name.casefold() for name in known}
    for path, value in asked(parsed.data, field):
        name = "" if isinstance(value, dict | list | bool) or value is None or threshold_named(value) else str(value).strip()
        if name and name.casefold() not in same:
            remedy = choose(name, known) if known else f"Define a {what} with this name."
            yield parsed.problem(path, f"there is no {what} {name!r}", remedy)


def asked(node: object, field: str) -> Iterator[Place]:
    """Every operand of a condition on ``field`` that is compared for equality, also in scores, segments and trees."""
    for path, condition in conditions(node):
        if str(condition["field"]).removeprefix("before.") == field and condition.get("op") in _EQUAL:
            yield from _operands(condition, path)


def conditions(node: object, path: Path = ()) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Every condition in a part of the document, wherever it stands, with its place."""
    if isinstance(node, list):
        for n, inner in enumerate(node):
            yield from conditions(inner, (*path, n))
    elif isinstance(node, dict):
        if "field" in node:
            yield path, node
        for key, inner in node.items():
            yield from conditions(inner, (*path, str(key)))


def _operands(condition: Mapping[str, Any], path: Path) -> Iterator[Place]:
    value = condition.get("value")
    if isinstance(value, list):
        yield from (((*path, "value", n), item) for n, item in enumerate(value))
    else:
        yield (*path, "value"), value
