"""YAML documents: safe to read whatever is in them, and every problem told at once with line, path and remedy."""

from __future__ import annotations

import time
from enum import StrEnum
from typing import Literal

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict, Field, field_validator

from config.yamldoc import MOST_BYTES, Problem, Problems, parse, validate, written, wrong


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


class Check(BaseModel):
    model_config = ConfigDict(extra="forbid")
    op: Literal["equals", "less"]
    value: int = 0


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")
    all: list[Tree | Check] = []


class Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: str
    when: Tree = Tree()
    colour: Colour = Colour.RED
    share: float = Field(0.5, ge=0, le=1)
    words: dict[str, str] = {}
    name: str | list[str] = ""
    on: bool = True

    @field_validator("id")
    @classmethod
    def _lower(cls, value: str) -> str:
        if value.lower() != value:
            raise wrong(f"{value!r} has capitals", "Write it in small letters.")
        return value


class Book(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rules: list[Entry] = []


def problems(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        validate(text, "book.yaml", Book)
    assert caught.value.document == "book.yaml"
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("on: off", {"on": "off"}),
        ("yes: no", {"yes": "no"}),
        ("a: true\nb: False", {"a": True, "b": False}),
        ("shift: 09:00-17:30", {"shift": "09:00-17:30"}),
        ("from: 10:30", {"from": "10:30"}),
        ("day: 2025-01-08", {"day": "2025-01-08"}),
        ("a: 0123\nb: 0x1F\nc: 1_000\nd: 1e999", {"a": "0123", "b": "0x1F", "c": "1_000", "d": "1e999"}),
        ("a: 12\nb: -3\nc: 1.5\nd: 2e3\ne: .5", {"a": 12, "b": -3, "c": 1.5, "d": 2000.0, "e": 0.5}),
        ("a: ~\nb: null\nc:", {"a": None, "b": None, "c": None}),
        ("a: 'true'\nb: \"12\"", {"a": "true", "b": "12"}),
        ("1: one\ntrue: two\nnull: three", {"1": "one", "true": "two", "null": "three"}),
        ("a: 99999999999999999999999", {"a": "99999999999999999999999"}),
        ("a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        ("a: +\nb: .\nc: -x", {"a": "+", "b": ".", "c": "-x"}),
        ("", None),
        ("- 1\n- [2]", [1, [2]]),
    ],
)
def test_yaml_traps_do_not_bite(text: str, data: object) -> None:
    assert parse(text, "d").data == data


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key 'a' is already there, in line 1"),
        ("a:\n  b: 1\n  b: 2", 3, "a.b: the key 'b' is already there"),
        ("a: [1\nb: 2", 2, "not YAML"),
        ("a: [1", 1, "not YAML"),
        ("a: [1\n\n", 1, "not YAML"),
        ("a:\n  b: 1\n\t\tc: 2", 3, "Use spaces, not tabs."),
        ("a:\n \tb: 2", 2, "Use spaces, not tabs."),
        ("a: !!python/object/apply:os.system [ls]", 1, "tags such as"),
        ("a: !mine x", 1, "tags such as"),
        ("a: *nowhere", 1, "no finished anchor &nowhere"),
        ("a: &a [*a]", 1, "no finished anchor &a"),
        ("a: &a {x: 1}\nb:\n  <<: *a", 3, "merge keys"),
        ("? [1, 2]\n: x", 1, "a key must be plain text"),
        ("a: &k b\n*k : 1", 2, "an alias cannot be a key"),
        ("a: 1\n---\nb: 1", 2, "second document"),
        ("a: 1\n\nb: é\x00", 3, "Remove this character."),
        ("a: \ud800", 1, "not valid Unicode"),
        ("[" * 60, 1, "nested deeper than 50"),
        ("x" * (MOST_BYTES + 1), 1, "bytes"),
    ],
)
def test_unusable_text_is_a_problem_with_its_line(text: str, line: int, told: str) -> None:
    with pytest.raises(Problems) as caught:
        parse(text, "d.yaml")
    found = caught.value.problems[0]
    assert found.line == line
    assert told in str(found)
    assert str(found).startswith(f"d.yaml:{line}: ")
    assert found.remedy


def test_all_repeated_keys_and_the_bad_line_are_told_together() -> None:
    with pytest.raises(Problems) as caught:
        parse("a: 1\na: 2\nc: 1\nc: 2\nd: [1\n", "d")
    assert [p.line for p in caught.value.problems] == [2, 4, 5]


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [1,1,1,1,1,1,1,1,1,1]\n"
        + "\n".join(f"{c}: &{c} [{','.join(['*' + chr(ord(c) - 1)] * 10)}]" for c in "bcdefghijk"),
        "[" * (MOST_BYTES - 1),
        "{a: " * 200_000,
        "- " * 400_000,
        "&a " * 300_000,
    ],
)
def test_bombs_are_refused_quickly(bomb: str) -> None:
    start = time.thread_time()
    with pytest.raises(Problems):
        parse(bomb, "d")
    assert time.thread_time() - start < 5  # measured: a tenth at most


def test_line_of_a_value_or_its_nearest_ancestor() -> None:
    parsed = parse("# head\nrules:\n  - id: a\n    when:\n      all:\n        - op: less\n", "d")
    assert parsed.line(("rules", 0, "when", "all", 0, "op")) == 6
    assert parsed.line(("rules", 0, "when", "none", 3)) == 4
    assert parsed.line(("rules", 7)) == 2
    assert parsed.line(("nothing",)) == 2
    assert parsed.problem(("rules", 0, "id"), "bad", "Mend it.") == Problem(3, "rules[0].id", "bad", "Mend it.", "d")


@pytest.mark.parametrize(
    ("path", "text"),
    [((), ""), (("rules", 3, "when", "all", 0, "op"), "rules[3].when.all[0].op"), (("kinds", "zen:a.b"), 'kinds["zen:a.b"]')],
)
def test_paths_as_people_write_them(path: tuple[str | int, ...], text: str) -> None:
    assert written(path) == text


def test_a_good_document_and_an_empty_one() -> None:
    book, parsed = validate("rules:\n  - id: a\n    when: {all: [{op: less, value: 3}, {all: []}]}\n    on: false\n", "b", Book)
    assert book.rules[0].when.all == [Check(op="less", value=3), Tree()]
    assert book.rules[0].on is False
    assert parsed.name == "b"
    assert validate("", "b", Book)[0] == Book()


KEYS = "Write keys with values below it, as 'key: value'."
TEXT = "Write text; put numbers and words such as true in quotes."
LIST = "Write a list: [a, b], or lines that begin with '- '."


@pytest.mark.parametrize(
    ("rule", "where", "problem", "remedy"),
    [
        ("id: a\n    whn: {}", "3: rules[0].whn", "unknown key 'whn'", "Did you mean 'when'? Use one of: colour, id, name, "),
        ("id: a\n    colour: gren", "3: rules[0].colour", "unknown word 'gren'", "Did you mean 'green'? Use one of: green, red."),
        ("id: a\n    when: {all: [{op: lss}]}", "3: rules[0].when.all[0].op", "unknown word 'lss'", "Did you mean 'less'? "),
        ("id: a\n    when: {all: [{op: less, v: 1}]}", "3: rules[0].when.all[0].v", "unknown key 'v'", "Use one of: op, value."),
        ("colour: red", "2: rules[0].id", "this key is missing", "Add it."),
        ("id: [a]", "2: rules[0].id", "this is not text", TEXT),
        ("id: a\n    on: maybe", "3: rules[0].on", "this is neither true nor false", "Write true or false."),
        ("id: a\n    words: [x]", "3: rules[0].words", "this has no keys of its own", KEYS),
        ("id: a\n    share: 2", "3: rules[0].share", "should be less than or equal to 1", ""),
        ("id: Abc", "2: rules[0].id", "'Abc' has capitals", "Write it in small letters."),
        ("id: a\n    name: {b: c}", "3: rules[0].name", "this is not text, or this is not a list", f"{TEXT} {LIST}"),
    ],
)
def test_every_kind_of_mistake_has_its_place_and_remedy(rule: str, where: str, problem: str, remedy: str) -> None:
    (told,) = problems(f"rules:\n  - {rule}\n")
    assert told.startswith(f"book.yaml:{where}: {problem}. {remedy}".rstrip())


def test_everything_wrong_is_told_at_once_in_order_of_lines() -> None:
    found = problems("rules:\n  - colour: blue\n    whn: 1\n  - id: b\n    when: {all: [3]}\n  - 4\nrule: 1\n")
    assert [line.split(":")[1] for line in found] == ["2", "2", "3", "5", "6", "7"]


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["rules", "id", "when", "all", "op", "x"]), inner, max_size=4)
    ),
    max_leaves=15,
)


@settings(deadline=None)
@given(st.text())
def test_any_text_gives_data_or_problems(text: str) -> None:
    try:
        parse(text, "d")
    except Problems as caught:
        assert caught.problems


@settings(deadline=None)
@given(json_like)
def test_any_data_gives_a_book_or_problems_with_places(data: object) -> None:
    try:
        text = yaml.safe_dump({"rules": [data]}, allow_unicode=True)
    except ValueError:
        return
    try:
        validate(text, "d", Book)
    except Problems as caught:
        assert all(p.line >= 1 and p.problem and str(p) for p in caught.problems)
