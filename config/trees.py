"""The decision trees of ``escalation.yaml``: questions by name, each with where a yes and a no lead. Format: docs/rules.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import pydantic
from pydantic import Discriminator, Field, Tag

from config.conditions import ConditionModel, GroupModel, Strict
from config.crosscheck import Place, walk
from config.values import Name
from config.yamldoc import Parsed, Problem, wrong
from config.yamlwords import Path, choose
from escalation.playbook import Aim, Conditions, Playbook, Question, Tree

USUAL = "as_usual"  # instead of a target: as the rule and the issue type say
_BRANCHES = ("yes", "no")
_OF_ONE = ConditionModel.model_fields  # any of its keys: another may be misspelt
_TARGET = "Name the next question, say team, path, issue_type or skills, or write as_usual."


class AimModel(Strict):
    issue_type: str = ""
    team: str = ""
    path: str = ""
    skills: list[Name] = Field(default_factory=list)

    @pydantic.model_validator(mode="after")
    def _somewhere(self) -> AimModel:
        if not (self.issue_type or self.team or self.path or self.skills):
            raise wrong("this branch leads nowhere", _TARGET)
        return self

    def built(self) -> Aim:
        return Aim(self.issue_type, self.team, self.path, tuple(self.skills))


def _branch(value: object) -> str:
    return "TextModel" if isinstance(value, str) else "AimModel"


def _when(value: object) -> str:
    return "ConditionModel" if isinstance(value, Mapping) and not value.keys().isdisjoint(_OF_ONE) else "GroupModel"


Branch = Annotated[Annotated[str, Tag("TextModel")] | Annotated[AimModel, Tag("AimModel")], Discriminator(_branch)]


class QuestionModel(Strict):
    ask: Annotated[str, Field(min_length=1, max_length=200)]
    when: Annotated[
        Annotated[ConditionModel, Tag("ConditionModel")] | Annotated[GroupModel, Tag("GroupModel")], Discriminator(_when)
    ]
    yes: Branch
    no: Branch

    def built(self, name: str) -> Question:
        when = self.when.built()
        asked = when if isinstance(when, Conditions) else Conditions(all=(when,))
        return Question(name, self.ask, asked, _built(self.yes), _built(self.no))


def _built(branch: str | AimModel) -> str | Aim:
    if isinstance(branch, AimModel):
        return branch.built()
    return Aim() if branch == USUAL else branch


def built(issue_type: str, questions: Mapping[str, QuestionModel]) -> Tree:
    """A tree as the core's type."""
    return Tree(issue_type, tuple(question.built(name) for name, question in questions.items()))


def problems(parsed: Parsed) -> Iterator[Problem]:
    """What is wrong with the shape of each tree: questions that do not exist, are asked in a circle, or never."""
    for place, tree in walk(parsed.data, "trees", "*"):
        if isinstance(tree, dict):
            yield from _of_tree(parsed, place, tree)


def _of_tree(parsed: Parsed, place: Path, tree: dict[str, Any]) -> Iterator[Problem]:
    if not tree:
        yield parsed.problem(place, "this tree has no question", "Add one, or remove the tree.")
        return
    if USUAL in tree:
        yield parsed.problem((*place, USUAL), f"{USUAL} is where a branch leads as usual", "Give the question another name.")
    targets = dict.fromkeys((*tree, USUAL))
    for path, target in walk(tree, "*", "*"):
        if path[-1] in _BRANCHES and isinstance(target, str) and target not in targets:
            yield parsed.problem((*place, *path), f"this tree has no question {target!r}", choose(target, targets))
    circle = _circle(tree)
    if circle:
        path = (*place, circle[-2], next(b for b in _BRANCHES if tree[circle[-2]].get(b) == circle[-1]))
        yield parsed.problem(path, f"the questions go in a circle: {' → '.join(circle)}", "Lead one of them elsewhere.")
    for name in tree.keys() - _asked(tree):
        yield parsed.problem((*place, name), f"nothing leads to the question {name!r}", "Name it in a branch, or remove it.")


def _next(tree: dict[str, Any], name: str) -> list[str]:
    question = tree.get(name)
    leads = [question.get(branch) for branch in _BRANCHES] if isinstance(question, dict) else []
    return [step for step in leads if isinstance(step, str) and step in tree]


def _asked(tree: dict[str, Any]) -> set[str]:
    """The questions that can be reached from the first."""
    found, left = set[str](), [next(iter(tree))]
    while left:
        name = left.pop()
        if name not in found:
            found.add(name)
            left += _next(tree, name)
    return found


def _circle(tree: dict[str, Any]) -> list[str]:
    """The first way round that comes back to where it was; [] where there is none."""
    done = set[str]()
    for first in tree:
        way = {first: iter(_next(tree, first))}  # each question with those after it that are left to try
        while way and first not in done:
            name, left = next(reversed(way.items()))
            step = next((step for step in left if step not in done), None)
            if step is None:
                done.add(name)
                del way[name]
            elif step in way:
                names = list(way)
                return [*names[names.index(step) :], step]
            else:
                way[step] = iter(_next(tree, step))
    return []


def named(data: object, key: str) -> Iterator[Place]:
    """What the branches of all trees name under a key: team, path, issue_type."""
    for branch in _BRANCHES:
        yield from walk(data, "trees", "*", "*", branch, key)


def of_roster(playbook: Playbook) -> tuple[list[Place], list[Place]]:
    """The teams and the skills that branches ask for, each with its place."""
    teams, skills = list[Place](), list[Place]()
    for issue, tree in playbook.trees.items():
        for question in tree.questions:
            for branch, aim in (("yes", question.yes), ("no", question.no)):
                place: Path = ("trees", issue, question.id, branch)
                if isinstance(aim, Aim):
                    teams.append(((*place, "team"), aim.team))
                    skills += [((*place, "skills", n), skill) for n, skill in enumerate(aim.skills)]
    return teams, skills
