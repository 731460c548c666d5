"""Documents larger than people write are read, or refused, in a moment; what is told of them stays readable."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from config.playbook import Problems, load_playbook, load_roster
from config.yamldoc import MOST_PROBLEMS

IS_HIGH = "{field: priority, op: is, value: high}"
EITHER = "{any: [{field: priority, op: is, value: high}, {field: priority, op: is, value: low}]}"
HEAD = "paths: {default: {levels: [{name: One, offering: one}]}}\n"
RULE = f"rules: [{{id: a, title: A, when: {{all: [{IS_HIGH}]}}}}]\n"
TREE = f"issue_words: {{a: [b]}}\ntrees:\n  a:\n    end: {{ask: A?, when: {IS_HIGH}, yes: as_usual, no: {{team: x}}}}\n"
FAST = 8  # seconds; measured: at most 1, and minutes when each entry looked at all others


def nested(depth: int) -> str:
    inner = f", {nested(depth - 1)}" if depth else ""
    return f"{{all: [{', '.join([EITHER] * 8)}{inner}]}}"


def segments(count: int) -> str:
    bases = {n: f"extends: s{n + 1}, " for n in range(count - 1)}
    return "segments:\n" + "".join(f"  - {{id: s{n}, {bases.get(n, '')}when: {{all: [{IS_HIGH}]}}}}\n" for n in range(count))


def questions(count: int) -> str:
    asked = "".join(f"    q{n}: {{ask: A?, when: {IS_HIGH}, yes: q{n + 1}, no: as_usual}}\n" for n in range(count))
    return TREE.replace("    end:", f"{asked}    q{count}:")


def agents(count: int) -> str:
    one = "name: A, teams: [a], time_zone: Europe/Berlin"
    deputies = "".join(f"  a{n}: {{{one}, deputy: a{n + 1}}}\n" for n in range(count))
    return f"teams: {{a: {{name: A}}}}\nagents:\n{deputies}  a{count}: {{{one}}}\n"


@pytest.mark.parametrize(
    ("load", "text"),
    [
        (load_playbook, HEAD + RULE.replace(IS_HIGH, nested(6))),
        (load_playbook, HEAD + RULE + segments(1500)),
        (load_playbook, HEAD + RULE + questions(1500)),
        (load_roster, agents(1500)),
    ],
    ids=["nested conditions", "chained segments", "chained questions", "chained deputies"],
)
def test_a_large_document_is_read_in_a_moment(load: Callable[[str], object], text: str) -> None:
    start = time.thread_time()
    load(text)
    assert time.thread_time() - start < FAST


def test_of_many_unknown_names_the_first_are_told_and_how_many_more() -> None:
    names = ("default", *(f"path{n}" for n in range(999)))
    paths = "paths:\n" + "".join(f"  {name}: {{levels: [{{name: One, offering: one}}]}}\n" for name in names)
    rules = "rules:\n" + "".join(f"  - {{id: r{n}, title: A, path: pth{n}, when: {{all: [{IS_HIGH}]}}}}\n" for n in range(1000))
    start = time.thread_time()
    with pytest.raises(Problems) as found:
        load_playbook(paths + rules)
    assert time.thread_time() - start < FAST
    *told, rest = found.value.problems
    assert len(told) == MOST_PROBLEMS and rest.problem == "and 900 more problems"
    assert told[7].remedy.startswith("Did you mean 'path7'? ") and told[7].remedy.endswith(" and 970 more.")
    assert len(str(found.value)) < 100_000


def test_a_circle_is_told_once_at_its_first_name() -> None:
    text = segments(3).replace("id: s2,", "id: s2, extends: s1,")
    with pytest.raises(Problems) as found:
        load_playbook(HEAD + RULE + text)
    (circle,) = found.value.problems
    assert (circle.path, circle.problem) == ("segments[1].extends", "the segments extend each other in a circle: s1 → s2 → s1")


def test_problems_that_are_joined_are_counted_once() -> None:
    def many(name: str) -> Problems:
        text = f"{name}:\n" + "".join(f"  k{n}: 1\n  k{n}: 2\n" for n in range(150))
        with pytest.raises(Problems) as found:
            load_playbook(text)
        return found.value

    joined = Problems("both", (*many("a").problems, *many("b").problems))
    assert len(joined.problems) == MOST_PROBLEMS + 1 and joined.problems[-1].problem == "and 200 more problems"
