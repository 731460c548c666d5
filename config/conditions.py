"""Conditions of rules as they are written in ``escalation.yaml``: checked against the vocabulary, operands converted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import pydantic
import re2
from pydantic import Discriminator, Tag, ValidationInfo

from config.kinds import COMPARING, comparable, equal_to, operator_fits, words_of
from config.values import duration
from config.yamldoc import wrong
from config.yamlwords import choose, nearest
from escalation.compare import Incomparable, normal, order
from escalation.operators import OPERATORS, Operand
from escalation.playbook import Condition, Conditions, Node, Scored, Threshold, Weighted
from escalation.vocabulary import FIELDS, SIGNALS, is_remembered, pattern_of

_GROUPS = ("all", "any", "none")
_MOST_IN_LIST = 500
_THRESHOLD = re.compile(r"\$([a-z][a-z0-9_]{0,60})")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Strict(pydantic.BaseModel):
    """A part of a document: unknown keys are refused, nothing is converted silently."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True)
class Pattern:
    """A case-blind linear-time regular expression; ``str`` gives it as written."""

    written: str
    compiled: Any = field(repr=False, compare=False)

    def search(self, text: str, /) -> object | None:
        """The match in ``text`` or None; text that is not valid Unicode is made so."""
        found: object | None = self.compiled.search(text.encode("utf-8", "replace").decode())
        return found

    def replace(self, text: str, by: str, /) -> str:
        """``text`` with every match replaced by ``by``, as it is."""
        return str(self.compiled.sub(lambda _: by, text.encode("utf-8", "replace").decode()))

    def __str__(self) -> str:
        return f"/{self.written}/"


def compile_pattern(text: str) -> Pattern:
    """A Pattern from its text; raises ValueError with re2's reason."""
    options = re2.Options()
    options.case_sensitive, options.log_errors, options.never_capture = False, False, True
    try:
        return Pattern(text, re2.compile(text, options))
    except re2.error as bad:
        reason = bad.args[0] if bad.args else "unusable"
        raise ValueError(reason.decode() if isinstance(reason, bytes) else str(reason)) from None


class ConditionModel(Strict):
    field: str
    op: str
    value: Any = pydantic.Field(None, validate_default=True)

    @pydantic.field_validator("field")
    @classmethod
    def _field(cls, name: str) -> str:
        if not pattern_of(name):
            near = nearest(name, (*FIELDS, *(f"signals.{signal}" for signal in SIGNALS)))
            guess = f"Did you mean {near!r}? " if near and "*" not in near else ""
            raise wrong(f"unknown field {name!r}", f"{guess}docs/rules.md lists the fields.")
        if name.startswith("before.") and not is_remembered(name):
            told = f"nobody remembers what {name.removeprefix('before.')} was: it is worked out anew at each look"
            raise wrong(told, "Ask for what it is now, or for before. of a field of the ticket.")
        return name

    @pydantic.field_validator("op")
    @classmethod
    def _op(cls, op: str, info: ValidationInfo) -> str:
        if op not in OPERATORS:
            raise wrong(f"unknown operator {op!r}", choose(op, OPERATORS))
        if op not in COMPARING:  # of these the operand is told too
            operator_fits(info.data.get("field", ""), op)
        return op

    @pydantic.field_validator("value")
    @classmethod
    def _value(cls, value: object, info: ValidationInfo) -> object:
        if "field" not in info.data or "op" not in info.data:
            return value
        if named := threshold_named(value):
            operator_fits(info.data["field"], info.data["op"])
            return Threshold(named)  # that it exists and fits is checked with the whole grid
        return operand(info.data["field"], info.data["op"], value)

    def built(self) -> Condition:
        return Condition(self.field, self.op, self.value)


def _shape(value: object) -> str:
    keys = value.keys() if isinstance(value, Mapping) else ()
    if "score" in keys:
        return "ScoreModel"
    return "GroupModel" if any(key in keys for key in _GROUPS) else "ConditionModel"


AnyNode = Annotated[
    Annotated[ConditionModel, Tag("ConditionModel")]
    | Annotated["GroupModel", Tag("GroupModel")]
    | Annotated["ScoreModel", Tag("ScoreModel")],
    Discriminator(_shape),
]


class WeightedModel(Strict):
    weight: Annotated[float, pydantic.Field(gt=0, le=1000, strict=False)]
    when: Annotated[
        Annotated[ConditionModel, Tag("ConditionModel")] | Annotated[GroupModel, Tag("GroupModel")], Discriminator(_shape)
    ]

    def built(self) -> Weighted:
        return Weighted(self.weight, self.when.built())


class ScorePartsModel(Strict):
    at_least: Annotated[float, pydantic.Field(gt=0, strict=False)]
    of: Annotated[list[WeightedModel], pydantic.Field(min_length=1, max_length=50)]

    @pydantic.model_validator(mode="after")
    def _reachable(self) -> ScorePartsModel:
        most = sum(part.weight for part in self.of)
        if most < self.at_least:
            raise wrong(f"all weights together are {most:g}, so it can never hold", "Lower at_least or raise the weights.")
        return self


class ScoreModel(Strict):
    score: ScorePartsModel

    def built(self) -> Scored:
        return Scored(self.score.at_least, tuple(part.built() for part in self.score.of))


class GroupModel(Strict):
    all: list[AnyNode] = []
    any: list[AnyNode] = []
    none: list[AnyNode] = []

    @pydantic.model_validator(mode="after")
    def _not_empty(self) -> GroupModel:
        if not (self.all or self.any or self.none):
            raise wrong("there is no condition in it, so it would always hold", "Add conditions under all, any or none.")
        return self

    def built(self) -> Conditions:
        """The same as the core's type."""

        def built(nodes: list[AnyNode]) -> tuple[Node, ...]:
            return tuple(node.built() for node in nodes)

        return Conditions(built(self.all), built(self.any), built(self.none))


def operand(name: str, op: str, value: object) -> object:
    """The operand of a condition in the core's types; raises a PydanticCustomError with the remedy."""
    kind = OPERATORS[op].operand
    if value is None and kind is not Operand.NONE:
        raise wrong(f"{op} needs a value", "Add the key value, with " + _WANTED[kind])
    return _READ[kind](name, value)


def threshold_named(value: object) -> str:
    """The name of the threshold that an operand asks for: "refund" for "$refund"; "" for all else, such as "$500 bill"."""
    named = _THRESHOLD.fullmatch(value) if isinstance(value, str) else None
    return named[1] if named else ""


def _nothing(name: str, value: object) -> object:
    if value is not None:
        raise wrong("this operator takes no value", "Remove the key value.")
    return None


def _one(name: str, value: object) -> object:
    if isinstance(value, list | dict):
        raise wrong("this operator takes one value", "Write a single value, or use the operator in, contains_any or has_any.")
    return equal_to(name, value)


def _several(name: str, value: object) -> object:
    if not isinstance(value, list) or not value or len(value) > _MOST_IN_LIST:
        raise wrong("this operator takes a list of values", f"Write [a, b], with 1 to {_MOST_IN_LIST} entries.")
    return tuple(_one(name, _member(item)) for item in value)


def _member(value: object) -> object:
    """One of a list, which is no threshold: those are looked up one by one."""
    if named := threshold_named(value):
        raise wrong(f"the threshold {named!r} stands in a list", "Write a condition of its own for it, with value: $" + named)
    return value


def _text(name: str, value: object) -> object:
    if not isinstance(value, str) or not value.strip():
        raise wrong("this operator takes text", "Write the text, in quotes if it looks like a number.")
    return value


def _start(name: str, value: object) -> object:
    text = normal(_text(name, value))
    words = words_of(name)
    if words and not any(word.startswith(text) for word in words):
        raise wrong(f"no word of {name} starts with {value!r}", choose(str(value), words))
    return value


def _pattern(name: str, value: object) -> object:
    text = str(_text(name, value))
    if hidden := _CONTROL.search(text):
        told = f"there is a control character in it ({hidden[0]!r}), which \\b and the like become in double quotes"
        raise wrong(told, "Put the pattern in single quotes.")
    try:
        pattern = compile_pattern(text)
    except ValueError as bad:
        raise wrong(
            f"not a regular expression: {bad}", "See docs/rules.md; look-around and back-references do not exist."
        ) from None
    if pattern.search("") is not None:
        raise wrong("this pattern is found in every text, even in an empty one", "Write what has to be there.")
    words = words_of(name)
    if words and not any(pattern.search(word) for word in words):
        raise wrong(f"no word of {name} matches it", f"Its words are: {', '.join(sorted(words))}.")
    return pattern


def _pair(name: str, value: object) -> object:
    if not isinstance(value, list) or len(value) != 2:
        raise wrong("between takes two values", "Write [least, most].")
    ends = (comparable(name, _member(value[0])), comparable(name, _member(value[1])))
    try:
        inverted = order(*ends) > 0
    except Incomparable as why:
        raise wrong(f"the two values do not go together: {why}", "Write two of a kind.") from None
    if inverted:
        raise wrong("the first value is more than the second", "Write [least, most].")
    return ends


def _count(name: str, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise wrong("this operator takes a whole number", "Write a number such as 2.")
    return value


_WANTED = {
    Operand.NONE: "nothing.",
    Operand.ANY: "one value.",
    Operand.LIST: "a list: [a, b].",
    Operand.TEXT: "text.",
    Operand.PATTERN: "a regular expression in single quotes.",
    Operand.ORDERED: "a number, money (500 EUR), a length of time (2h 30m), a date (2026-03-31) or an ordered word (high).",
    Operand.PAIR: "two values: [least, most].",
    Operand.DURATION: 'a length of time: "2h 30m".',
    Operand.COUNT: "a whole number.",
}
_READ: Mapping[Operand, Callable[[str, object], object]] = {
    Operand.NONE: _nothing,
    Operand.ANY: _one,
    Operand.LIST: _several,
    Operand.TEXT: _start,
    Operand.PATTERN: _pattern,
    Operand.ORDERED: comparable,
    Operand.PAIR: _pair,
    Operand.DURATION: lambda _, value: duration(value),
    Operand.COUNT: _count,
}
