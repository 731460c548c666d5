"""Segments and issue types that conditions ask for and nobody defines; text that begins with a dollar sign."""

from __future__ import annotations

import pytest

from config.playbook import Problems, load_playbook

RULES = """
paths: {{default: {{levels: [{{name: One, offering: one}}]}}}}
issue_words: {{billing: [invoice]}}
segments: [{{id: enterprise, when: {{all: [{{field: customer.tier, op: is, value: gold}}]}}}}]
rules:
  - id: one
    title: One
    when: {{all: [{{field: priority, op: is, value: high}}, {condition}]}}
"""
UNKNOWN = [
    ("{field: segment, op: is, value: entreprise}", "there is no segment 'entreprise'", "enterprise"),
    ("{field: segment, op: in, value: [enterprise, nobody]}", "there is no segment 'nobody'", "enterprise"),
    ("{any: [{field: issue_type, op: is, value: biling}]}", "there is no issue type 'biling'", "billing"),
]
KNOWN = [
    "{field: segment, op: is, value: Enterprise}",
    "{field: issue_type, op: contains, value: bill}",
    '{field: subject, op: contains, value: "$500 bill"}',
]


@pytest.mark.parametrize(("condition", "problem", "remedy"), UNKNOWN)
def test_names_nobody_defines_are_told(condition: str, problem: str, remedy: str) -> None:
    with pytest.raises(Problems) as found:
        load_playbook(RULES.format(condition=condition))
    (one,) = found.value.problems
    assert problem in one.problem and remedy in one.remedy and one.line == 8


def test_there_is_a_path_for_what_names_none() -> None:
    text = RULES.format(condition=KNOWN[0]).replace("default:", "usual:").replace("title: One", "title: One\n    path: usual")
    with pytest.raises(Problems, match=r"there is no path 'default'\. Add it"):
        load_playbook(text)


@pytest.mark.parametrize("condition", KNOWN)
def test_names_that_are_defined_and_text_are_fine(condition: str) -> None:
    assert load_playbook(RULES.format(condition=condition)).rules
