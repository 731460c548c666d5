"""docs/rules.md and docs/roster.md explain every key, field, operator, signal and word, and their examples work."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest
from pydantic import BaseModel

from config import conditions, playbook, roster
from config.playbook import check_together, load_playbook, load_roster
from escalation.playbook import AssignWhen, AtEnd, ClockKind, Mode, Offering, QuietHours, Severity
from escalation.rules import FIELDS, OPERATORS, SIGNALS
from tests.support import ROOT

RULES = (ROOT / "docs" / "rules.md").read_text()
ROSTER = (ROOT / "docs" / "roster.md").read_text()


def explained(text: str) -> set[str]:
    return set(re.findall(r"`([^`\n]+)`", text))


def models(module: object) -> list[type[BaseModel]]:
    return [m for m in vars(module).values() if isinstance(m, type) and issubclass(m, conditions.Strict) and m.model_fields]


@pytest.mark.parametrize("model", [m for m in models(playbook) if m is not conditions.GroupModel], ids=lambda m: m.__name__)
def test_keys_of_the_playbook(model: type[BaseModel]) -> None:
    assert model.model_fields.keys() - explained(RULES) == set()


@pytest.mark.parametrize("model", models(roster), ids=lambda m: m.__name__)
def test_keys_of_the_roster(model: type[BaseModel]) -> None:
    assert model.model_fields.keys() - explained(ROSTER) == set()


@pytest.mark.parametrize("names", [FIELDS, OPERATORS, SIGNALS], ids=["fields", "operators", "signals"])
def test_vocabulary(names: dict[str, object]) -> None:
    assert names.keys() - explained(RULES) == set()


@pytest.mark.parametrize("words", [Mode, Severity, AssignWhen, Offering, AtEnd, QuietHours, ClockKind])
def test_words(words: type[StrEnum]) -> None:
    assert {word.value for word in words} - explained(RULES) == set()


def test_examples_load() -> None:
    rules, people = (re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) for text in (RULES, ROSTER))
    shown = load_playbook(rules[0])
    assert [rule.id for rule in shown.rules] == ["urgent_vip", "leaked_key"]
    assert [agent.id for agent in load_roster(people[0]).agents] == ["ada", "bo"]
    assert {p.problem for p in check_together(shown, load_roster(people[0]))} == {
        "there is no team 'care'",
        "there is no team 'security'",
        "there is no issue type 'cancellation'",
    }
