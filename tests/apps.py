"""What every web application of the tests would work out anew, as its process does once: builders of addresses, templates."""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

_compiled = Rule._compile_builder
_builders: dict[tuple[Any, ...], Any] = {}
_templates: dict[str, bytes] = {}


def _builder(rule: Rule, append_unknown: bool = True) -> Any:
    # What is compiled depends on the rule's text alone; converters are looked up in the rule that it is bound to.
    if rule.defaults:
        return _compiled(rule, append_unknown)
    known = (rule.rule, tuple(rule._trace), append_unknown)
    if known not in _builders:
        _builders[known] = _compiled(rule, append_unknown)
    return _builders[known]


class _Kept(BytecodeCache):
    """Compiled templates in memory; Jinja compares them with the template's text itself."""

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in _templates:
            bucket.bytecode_from_string(_templates[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        _templates[bucket.key] = bucket.bytecode_to_string()


def keep_what_is_compiled() -> None:
    """From now on rules and templates are compiled once in this process: half the time of a test of a page went into that."""
    Rule._compile_builder = _builder  # type: ignore[method-assign, assignment]
    made = Flask.create_jinja_environment

    def environment(app: Flask) -> Any:
        found = made(app)
        found.bytecode_cache = _Kept()
        return found

    Flask.create_jinja_environment = environment  # type: ignore[method-assign, assignment]
