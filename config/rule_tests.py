"""``rule_tests.yaml`` → cases for ``escalation.rule_tests``. The format stands in docs/rules.md."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from config.conditions import Strict
from config.crosscheck import repeated, walk
from config.tickets import Wrong, pasted
from config.values import Name
from config.yamldoc import Problem, Problems, validate
from escalation.rule_tests import Case


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


class RuleTestsModel(Strict):
    about: str = ""
    cases: Annotated[list[CaseModel], Field(max_length=2000)]


def load_rule_tests(text: str, name: str = "rule_tests") -> tuple[Case, ...]:
    """The cases of a YAML text; raises Problems with everything wrong at once, each with line, path and remedy."""
    model, parsed = validate(text, name, RuleTestsModel)
    problems: list[Problem] = list(repeated(parsed, walk(parsed.data, "cases", "*", "name"), "the name"))
    cases: list[Case] = []
    for n, case in enumerate(model.cases):
        try:
            ticket, ignored = pasted(case.ticket)
        except Wrong as wrong:
            problems += [
                parsed.problem(("cases", n, "ticket"), f"{path}: {what}", remedy) for path, what, remedy in wrong.problems
            ]
            continue
        told = f"{', '.join(ignored)}: no ticket has that"
        problems += [parsed.problem(("cases", n, "ticket"), told, "docs/api.md shows the form of a ticket.")] if ignored else []
        wanted = case.expect
        cases.append(
            Case(
                case.name,
                ticket,
                wanted.escalate,
                tuple(wanted.rules),
                tuple(wanted.never),
                wanted.team,
                wanted.issue_type,
                wanted.path,
            )
        )
    if problems:
        raise Problems(name, tuple(problems))
    return tuple(cases)
