"""Decision trees for common issue types: a few questions to the facts, and where the answers lead, explained in words.

Rules say when a ticket needs somebody, the tree of its issue type says where such tickets go. What a rule or an agent's note says
itself goes before: the tree is taken where they name no team, or the very team it leads to; and a rule's own path stays.
"""

from __future__ import annotations

from escalation.decision import Asked, Branch
from escalation.facts import Facts
from escalation.playbook import Aim, Tree
from escalation.rules import looked_at

USUAL_PATH = "default"


def follow(tree: Tree, seen: Facts, *, team: str = "", path: str = USUAL_PATH) -> Branch:
    """The way through a tree; ``team`` and ``path`` are what the rule or a note says itself."""
    questions, asked = {question.id: question for question in tree.questions}, list[Asked]()
    step: str | Aim = tree.questions[0].id
    while not isinstance(step, Aim):
        question = questions.pop(step)  # a tree that was loaded has no circles; no question is asked twice
        held, words, parts = looked_at(question.when, seen)
        asked.append(Asked(question.ask, held, words, parts))
        step = question.yes if held else question.no
    taken = not team or team == step.team
    words = " → ".join((tree.issue_type, *map(_answer, asked), _leads(step, team, path) if taken else _stays(team)))
    return Branch(tree.issue_type, tuple(asked), step, taken, words)


def _answer(asked: Asked) -> str:
    return f"{asked.question} {'yes' if asked.held else 'no'}{f' ({asked.words})' if asked.words else ''}"


def _stays(team: str) -> str:
    return f"not taken, for the rule or a note sends it to team {team}"


def _leads(aim: Aim, team: str, path: str) -> str:
    says = (
        f"team {aim.team}" if aim.team else "",
        f"issue type {aim.issue_type}" if aim.issue_type else "",
        f"path {aim.path}" if aim.path and path == USUAL_PATH else "",
        f"the rule's own path {path}" if aim.path and path != USUAL_PATH else "",
        f"skills {', '.join(aim.skills)}" if aim.skills else "",
    )
    return ", ".join(word for word in says if word) or "as usual"
