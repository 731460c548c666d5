"""``rule_tests.yaml`` → cases for ``escalation.rule_tests``. The format stands in docs/rules.md."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import Field

from config.conditions import Strict
from config.crosscheck import repeated, walk
from config.tickets import Stray, Wrong, pasted
from config.values import Name, read_moment
from config.yamldoc import Parsed, Problem, Problems, validate, written
from config.yamlwords import Path, choose
from escalation.rule_tests import Case
from escalation.ticket import Ticket


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
        try:
            ticket, strays = pasted(case.ticket)
        except Wrong as wrong:
            problems += [*_misspelt(parsed, here, wrong.strays), *(_told(parsed, here, *found) for found in wrong.problems)]
            continue
        problems += _misspelt(parsed, here, strays)
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


def _misspelt(parsed: Parsed, here: Path, strays: Iterable[Stray]) -> Iterator[Problem]:
    """Keys of the ticket at ``here`` and below that nothing reads."""
    for path, known in strays:
        name = str(path[-1])
        told = f"{name}: no ticket has that" if len(path) == 1 else f"unknown key {name!r}"
        yield parsed.problem((*here, *path), told, choose(name, known))
