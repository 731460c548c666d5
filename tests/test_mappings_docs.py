"""docs/mappings.md explains every key, type, field and word there is, and its example works."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import get_args

import pytest
from pydantic import BaseModel

from escalation.ticket import ChangeKind, Channel, ClockState, Priority, Role, Status, TicketType
from mappings import form, load
from tests.support import ROOT

TEXT = (ROOT / "docs" / "mappings.md").read_text()
EXPLAINED = set(re.findall(r"`([\w.]+)`", TEXT))
MODELS = [m for m in vars(form).values() if isinstance(m, type) and issubclass(m, form.Part) and m not in (form.Part, form.Path)]


def keys(model: type[BaseModel]) -> set[str]:
    return {field.alias or name for name, field in model.model_fields.items()}


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_key_is_explained(model: type[BaseModel]) -> None:
    assert keys(model) - EXPLAINED - SHOWN == set()


# Keys of the small forms, shown in one piece as {list: …, key: …, value: …}.
SHOWN = set(re.findall(r"[{ ](list|key|value|map|each|name|due_at|state|id|email|role|text):", TEXT))


def test_every_type_is_explained() -> None:
    assert set(get_args(form.TypeName)) - EXPLAINED == set()


@pytest.mark.parametrize("words", [ChangeKind, Status, Priority, TicketType, Channel, Role, ClockState])
def test_every_word_of_ours_is_listed(words: type[StrEnum]) -> None:
    assert {word.value for word in words} - EXPLAINED == set()


def test_the_example_loads_and_uses_every_key_of_a_shape() -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    assert load(example, "acme.yaml").shapes == ("event", "ticket", "comment")
    assert {key for key in keys(form.ShapeForm) | keys(form.Document) if f"{key}:" not in example} == set()
