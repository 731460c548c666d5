"""YAML documents that admins edit: read safely, checked whole, every problem with its line, path and remedy.

YAML here is the plain part of version 1.2: only ``true`` and ``false`` are booleans, ``09:00`` and dates stay text, keys are
always text as written, and tags and merge keys are refused. ``validate`` is the usual entry.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

import pydantic
import yaml
from pydantic_core import PydanticCustomError

from config.yamlwords import Path, found_problems

MOST_BYTES = 1024 * 1024
MOST_DEPTH = 50
MOST_PROBLEMS = 100  # told of one document; whoever reads them mends these first
MOST_VALUES = 100_000  # counted with every use of an anchor, so that nested anchors cannot explode

Model = TypeVar("Model", bound=pydantic.BaseModel)

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLAIN_KEY = re.compile(r"[\w*-]+")
_INT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})?(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
_WORDS = {"": None, "~": None, "null": None, "Null": None, "NULL": None} | {
    spelling: word == "true" for word in ("true", "false") for spelling in (word, word.title(), word.upper())
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a document: where (1-based line, path such as ``rules[3].op``), what, and what to do about it."""

    line: int
    path: str
    problem: str
    remedy: str
    document: str = ""
    place: Path = field(default=(), repr=False, compare=False)  # ``path`` as keys and list positions
    more: int = field(default=0, repr=False, compare=False)  # problems that this one stands for

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.document}:{self.line}: {where}{self.problem.rstrip('.')}. {self.remedy}".rstrip()


class Problems(ValueError):
    """A document that cannot be used; ``problems`` lists what was found wrong, in the order of its lines; of very many the
    first, and how many more."""

    def __init__(self, document: str, problems: tuple[Problem, ...]) -> None:
        self.document = document
        self.problems = _first(problems, document)
        super().__init__("\n".join(map(str, self.problems)))


def _first(problems: tuple[Problem, ...], document: str) -> tuple[Problem, ...]:
    single = sorted((p for p in problems if not p.more), key=lambda p: (p.line, p.path))
    shown, left = single[:MOST_PROBLEMS], single[MOST_PROBLEMS:]
    more = len(left) + sum(p.more for p in problems)
    if not more:
        return tuple(shown)
    return (*shown, Problem(shown[-1].line, "", f"and {more:,} more problems", "Mend those above first.", document, more=more))


def wrong(problem: str, remedy: str) -> PydanticCustomError:
    """The error a pydantic validator raises so that its problem shows its own remedy."""
    return PydanticCustomError("wrong", "{problem}", {"problem": problem, "remedy": remedy})


def written(path: Path) -> str:
    """A path as people write it: ``rules[3].when.all[0].op``; unusual keys in quotes: ``kinds["a.b"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN_KEY.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f'["{part}"]'
    return text


@dataclass(frozen=True)
class Parsed:
    """A document as plain data (dict, list, str, int, float, bool, None) that still knows the line of every value."""

    name: str
    data: object
    lines: dict[Path, int] = field(repr=False)

    def line(self, path: Path) -> int:
        """The 1-based line of the value at ``path``, or of its nearest existing ancestor."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def problem(self, path: Path, problem: str, remedy: str) -> Problem:
        """A Problem of this document, with the line filled in."""
        return Problem(self.line(path), written(path), problem, remedy, self.name, path)


def parse(text: str, name: str) -> Parsed:
    """Read a YAML text; raises Problems for bad YAML, repeated keys, tags, and sizes or nesting no person writes."""
    _check_size(text, name)
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.feed(event)
    except yaml.YAMLError as bad:
        raise Problems(name, (*builder.problems, _bad_yaml(bad, text, name))) from None
    if builder.problems:
        raise Problems(name, tuple(builder.problems))
    return Parsed(name, builder.root, builder.lines)


def validate(text: str, name: str, model: type[Model]) -> tuple[Model, Parsed]:
    """Read a YAML text into a pydantic model; raises Problems with everything wrong at once. An empty text is ``{}``."""
    parsed = parse(text, name)
    return check(parsed, model), parsed


def check(parsed: Parsed, model: type[Model]) -> Model:
    """A parsed document as a pydantic model; raises Problems with everything wrong at once."""
    data = {} if parsed.data is None else parsed.data
    try:
        return model.model_validate(data)
    except pydantic.ValidationError as invalid:
        found = found_problems(invalid.errors(include_url=False), model, data)
        raise Problems(parsed.name, tuple(parsed.problem(*each) for each in found)) from None


def _check_size(text: str, name: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise Problems(name, (Problem(1, "", "the text is not valid Unicode", "Save it as UTF-8.", name),)) from None
    if size > MOST_BYTES:
        told = f"the document has {size:,} bytes, the most is {MOST_BYTES:,}"
        raise Problems(name, (Problem(1, "", told, "Shorten it.", name),))


def _bad_yaml(bad: yaml.YAMLError, text: str, name: str) -> Problem:
    mark = getattr(bad, "problem_mark", None)
    line, remedy = mark.line + 1 if mark else 1, "Check the indentation, quotes and brackets around this line."
    why = str(getattr(bad, "problem", None) or bad).splitlines()[0]
    if isinstance(bad, yaml.reader.ReaderError):
        line, remedy = text.count("\n", 0, text.find(chr(bad.character))) + 1, "Remove this character."
    elif mark and text[mark.index : mark.index + 1] == "\t":
        remedy = "Use spaces, not tabs."
    last = len(text.rstrip().splitlines())  # what is missing at the end is missed a line below it
    return Problem(max(min(line, last), 1), "", f"this is not YAML: {why}", remedy, name)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _resolve(event: yaml.ScalarEvent) -> object:
    text: str = event.value
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text) and any(c.isdigit() for c in text) and math.isfinite(float(text)):
        return float(text)
    return text


@dataclass
class _Frame:
    value: dict[str, object] | list[object]
    path: Path
    anchor: str | None
    size: int = 1
    key: str | None = None  # waits for its value


class _Builder:
    """Builds data from YAML events without recursion, so that neither nesting nor anchors can hurt."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.root: object = None
        self.lines: dict[Path, int] = {}
        self.problems: list[Problem] = []
        self._documents = 0
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[object, int]] = {}
        self._handlers: dict[type, Callable[..., None]] = {
            yaml.DocumentStartEvent: self._document,
            yaml.ScalarEvent: self._scalar,
            yaml.AliasEvent: self._alias,
            yaml.MappingStartEvent: lambda event: self._start(event, {}),
            yaml.SequenceStartEvent: lambda event: self._start(event, []),
            yaml.MappingEndEvent: self._end,
            yaml.SequenceEndEvent: self._end,
        }

    def feed(self, event: yaml.Event) -> None:
        handler = self._handlers.get(type(event))
        if handler is None:
            return
        if getattr(event, "tag", None) is not None:
            self._refuse(event, "tags such as !!str are not supported", "Remove the tag; put text in quotes.")
        handler(event)

    def _refuse(self, event: yaml.Event, problem: str, remedy: str) -> None:
        path = written(self._here()) if self._stack else ""
        found = Problem(_line(event), path, problem, remedy, self.name)
        raise Problems(self.name, (*self.problems, found))

    def _here(self) -> Path:
        if not self._stack:
            return ()
        top = self._stack[-1]
        if isinstance(top.value, list):
            return (*top.path, len(top.value))
        return top.path if top.key is None else (*top.path, top.key)

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1].value, dict) and self._stack[-1].key is None

    def _document(self, event: yaml.Event) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, "there is a second document after '---'", "Keep one document in each file.")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        if self._wants_key():
            self._key(event)
            return
        value = _resolve(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        self._put(event, value, 1)

    def _key(self, event: yaml.ScalarEvent) -> None:
        top, key, line = self._stack[-1], str(event.value), _line(event)
        if key == "<<" and event.implicit[0]:
            self._refuse(event, "merge keys (<<) are not supported", "Write the keys out.")
        path = (*top.path, key)
        if path in self.lines:
            told = f"the key {key!r} is already there, in line {self.lines[path]}"
            self.problems.append(Problem(line, written(path), told, "Remove or rename one of the two.", self.name))
        self.lines[path] = line
        top.key = key

    def _alias(self, event: yaml.AliasEvent) -> None:
        if self._wants_key():
            self._refuse(event, "an alias cannot be a key", "Write the key out.")
        anchor = str(event.anchor)
        if anchor not in self._anchors:
            self._refuse(event, f"there is no finished anchor &{anchor} above", "Define it above, or write the value out.")
        self._put(event, *self._anchors[anchor])

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent, value: dict[str, object] | list[object]) -> None:
        if self._wants_key():
            self._refuse(event, "a key must be plain text", "Put the key in quotes.")
        if len(self._stack) >= MOST_DEPTH:
            self._refuse(event, f"nested deeper than {MOST_DEPTH} levels", "Flatten it.")
        path = self._here()
        self.lines.setdefault(path, _line(event))
        self._stack.append(_Frame(value, path, event.anchor))

    def _end(self, event: yaml.Event) -> None:
        done = self._stack.pop()
        if done.anchor:
            self._anchors[done.anchor] = (done.value, done.size)
        self._put(event, done.value, done.size)

    def _put(self, event: yaml.Event, value: object, size: int) -> None:
        self.lines.setdefault(self._here(), _line(event))
        if not self._stack:
            self.root = value
            return
        top = self._stack[-1]
        top.size += size
        if top.size > MOST_VALUES:
            self._refuse(event, f"more than {MOST_VALUES:,} values", "Write less, or use fewer anchors.")
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key], top.key = value, None
