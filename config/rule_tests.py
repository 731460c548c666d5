"""``rule_tests.yaml`` → cases for ``escalation.rule_tests``. The format stands in docs/rules.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import Field

from config.conditions import Strict
from config.crosscheck import repeated, walk
from config.tickets import Wrong, pasted
from config.values import Name, read_moment
from config.yamldoc import Parsed, Problem, Problems, validate, written
from config.yamlwords import Path, choose
from escalation.rule_tests import Case
from escalation.ticket import Ticket

_MESSAGE = frozenset({"role", "text", "at", "public", "id"})  # what ``pasted`` reads of a message
_NOT_TOLD = frozenset({"known", "missing", "handed"})  # of a ticket: Baton's own book-keeping

_kinds = cache(get_type_hints)  # the same few for every case


class ExpectModel(Strict):
    escalate: bool | None = None
    rules: list[Name] = Field(default_factory=list)
    never: list[Name] = Field(default_factory=list)
    team: str = ""
    issue_type: str = ""
    path: str = ""


class CaseModel(Strict):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    ticket: dict[str, Any]
    expect: ExpectModel
    now: str = ""

    def built(self, ticket: Ticket) -> Case:
        """The same as the core's type, with the ticket as it was read."""
        told = self.expect.model_dump(exclude={"rules", "never"})
        rules, never = tuple(self.expect.rules), tuple(self.expect.never)
        return Case(self.name, ticket, rules=rules, never=never, now=read_moment(self.now), **told)


class RuleTestsModel(Strict):
    about: str = ""
    cases: Annotated[list[CaseModel], Field(max_length=2000)]


def load_rule_tests(text: str, name: str = "rule_tests") -> tuple[Case, ...]:
    """The cases of a YAML text; raises Problems with everything wrong at once, each with line, path and remedy."""
    model, parsed = validate(text, name, RuleTestsModel)
    problems: list[Problem] = list(repeated(parsed, walk(parsed.data, "cases", "*", "name"), "the name"))
    cases: list[Case] = []
    for n, case in enumerate(model.cases):
        here: Path = ("cases", n, "ticket")
        if case.now and read_moment(case.now) is None:
            problems.append(
                parsed.problem(("cases", n, "now"), f"{case.now!r} is not a time", "Write it like 2026-03-31T09:00:00Z.")
            )
        problems += _unexpected(parsed, case.expect, ("cases", n, "expect"))
        problems += (parsed.problem(*found) for found in _misspelt(case.ticket, here))
        try:
            ticket, _ = pasted(case.ticket)
        except Wrong as wrong:
            problems += [_told(parsed, here, *found) for found in wrong.problems]
            continue
        cases.append(case.built(ticket))
    if problems:
        raise Problems(name, tuple(problems))
    return tuple(cases)


def _unexpected(parsed: Parsed, expect: ExpectModel, here: Path) -> Iterator[Problem]:
    """A case that tests nothing, or that no rules can fulfil."""
    if expect == ExpectModel():
        keys = ", ".join(ExpectModel.model_fields)
        yield parsed.problem(here, "nothing is expected, so the case tests nothing", f"Add one or more of: {keys}.")
    for n, rule in enumerate(expect.never):
        if rule in expect.rules:
            told = f"{rule} must fire and must not fire"
            yield parsed.problem((*here, "never", n), told, "Remove it under rules or under never.")


def _told(parsed: Parsed, here: Path, path: str, what: str, remedy: str) -> Problem:
    """A problem of the ticket at ``here`` in its own line; a path that is not written there, such as a missing key, in words."""
    place = _place(parsed, here, path)
    return parsed.problem(place, what if written(place).endswith(path) else f"{path}: {what}", remedy)


def _place(parsed: Parsed, here: Path, path: str) -> Path:
    """``path`` within the ticket at ``here``, such as "sla[0].state", as far as it is written there."""
    place = here
    for part in re.findall(r"[^.\[\]]+", path):
        steps: tuple[str | int, ...] = (part, int(part)) if part.isdecimal() else (part,)
        step = next((step for step in steps if (*place, step) in parsed.lines), None)
        if step is None:  # a key that is missing, or a name with dots
            break
        place = (*place, step)
    return place


def _misspelt(ticket: dict[str, Any], here: Path) -> Iterator[tuple[Path, str, str]]:
    """Keys of the ticket and below that nothing reads: (place, problem, remedy)."""
    kinds = {name: kind for name, kind in _kinds(Ticket).items() if name not in _NOT_TOLD}
    for key, value in ticket.items():
        if key not in kinds:
            yield (*here, key), f"{key}: no ticket has that", choose(key, kinds)
        inner = _made_of(kinds.get(key))
        if key == "messages":
            found = [((*here, key, n, word), _MESSAGE) for n, one in enumerate(_dicts(value)) for word in one.keys() - _MESSAGE]
        else:
            found = list(_strays(value, inner, (*here, key))) if inner else []
        yield from ((place, f"unknown key {place[-1]!r}", choose(str(place[-1]), known)) for place, known in found)


def _strays(told: object, kind: type, here: Path) -> Iterator[tuple[Path, frozenset[str]]]:
    if isinstance(told, list):
        for n, one in enumerate(told):
            yield from _strays(one, kind, (*here, n))
    elif isinstance(told, dict):
        kinds = _kinds(kind)
        for key, value in told.items():
            if key not in kinds:
                yield (*here, key), _keys(kind)
            elif inner := _made_of(kinds[key]):
                yield from _strays(value, inner, (*here, key))


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one if isinstance(one, dict) else {} for one in value] if isinstance(value, list) else []


def _made_of(kind: Any) -> type | None:
    """The dataclass that a field, each of its list, or one branch of it is; None for plain values and free keys."""
    if is_dataclass(kind):
        return kind if isinstance(kind, type) else None
    inner = get_args(kind) if get_origin(kind) in (tuple, Union, UnionType) else ()
    return next((found for one in inner if (found := _made_of(one))), None)


def _keys(kind: type) -> frozenset[str]:
    return frozenset(_kinds(kind))
