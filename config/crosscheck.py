"""What pydantic cannot see: names that are used twice, or used and nowhere defined. Works on plain data of any shape."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from config.yamldoc import Parsed, Problem
from config.yamlwords import Path, choose

Place = tuple[Path, object]


def walk(data: object, *steps: str) -> Iterator[Place]:
    """Every value at ``steps`` with its path; ``*`` stands for all entries of a list or keys of a mapping."""
    places: list[Place] = [((), data)]
    for step in steps:
        places = [found for path, value in places for found in _step(path, value, step)]
    yield from places


def _step(path: Path, value: object, step: str) -> Iterator[Place]:
    if isinstance(value, dict):
        for key in value if step == "*" else {step} & value.keys():
            yield (*path, key), value[key]
    elif isinstance(value, list) and step == "*":
        yield from (((*path, n), item) for n, item in enumerate(value))


def repeated(parsed: Parsed, places: Iterable[Place], what: str, *, case_blind: bool = False) -> Iterator[Problem]:
    """A problem for each value that stood at an earlier place already; ``what`` names it: "the rule id"."""
    first: dict[str, Path] = {}
    for path, value in places:
        if not isinstance(value, str | int) or value == "":
            continue
        key = str(value).lower() if case_blind else str(value)
        if key in first:
            there = f"{what} {value} is already used in line {parsed.line(first[key])}"
            yield parsed.problem(path, there, "Give each its own.")
        else:
            first[key] = path


def unknown(parsed: Parsed, places: Iterable[Place], known: Collection[str], what: str) -> Iterator[Problem]:
    """A problem for each text that is not one of ``known``; ``what`` names the kind of thing: "team"."""
    for path, value in places:
        if isinstance(value, str) and value and value not in known:
            remedy = choose(value, known) if known else f"Define a {what} with this name."
            yield parsed.problem(path, f"there is no {what} {value!r}", remedy)
