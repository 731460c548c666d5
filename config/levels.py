"""What is wrong with the levels of a path that pydantic cannot see: keys that belong to another way of offering."""

from __future__ import annotations

from collections.abc import Iterator

from config.crosscheck import Place, walk
from config.yamldoc import Parsed, Problem
from escalation.playbook import AssignWhen, ClockKind, Offering, Playbook

_POOL = frozenset({Offering.ONE, Offering.SEVERAL})
_PEOPLE = frozenset(Offering) - {Offering.CHANNEL}
# Keys that say something with these ways of offering only.
_BELONGS = {
    "at_once": frozenset({Offering.SEVERAL}),
    "to": frozenset({Offering.PERSON}),
    "most_offers": _POOL,
    "min_tier": _POOL | {Offering.ALL},
    "skills": _POOL | {Offering.ALL},
    "repeat": _PEOPLE,
    "remind_before": _PEOPLE,
}
_TARGETS = "Add offering: one (one person at a time), several, all, channel (a card in the team's channel), lead, watch, person."


def problems(parsed: Parsed) -> Iterator[Problem]:
    """Every problem of every level, with line and remedy."""
    for place, level in walk(parsed.data, "paths", "*", "levels", "*"):
        if isinstance(level, dict):
            yield from (parsed.problem((*place, key), told, remedy) for key, told, remedy in _of_level(level))


def _of_level(level: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    how = level.get("offering")
    if how is None:
        yield "offering", "this level has no target", _TARGETS
    if not isinstance(how, str) or how not in tuple(Offering):
        return
    for key, ways in _BELONGS.items():
        if key in level and how not in ways:
            yield key, f"{key} says nothing with offering: {how}", f"Remove it; it goes with {', '.join(sorted(ways))}."
    if how == Offering.PERSON and not level.get("to"):
        yield "to", "this level names nobody", "Add to: and the agent's id in the roster."
    if how == Offering.CHANNEL and level.get("clock") == ClockKind.PERSON:
        told = "a channel's card is offered to nobody in particular, so no person's hours count"
        yield "clock", told, "Use clock: team or always."
    if how in (Offering.SEVERAL, Offering.ALL) and level.get("assign") == AssignWhen.ON_OFFER:
        remedy = "Use on_accept, or offer to one person at a time."
        yield "assign", f"a ticket cannot be assigned to everybody who is asked: offering is {how}", remedy
    width, most = level.get("at_once"), level.get("most_offers")
    if isinstance(width, int) and isinstance(most, int) and width > most:
        yield "at_once", f"{width} people are asked at once, but {most} in all", "Raise most_offers, or lower at_once."


def people_named(playbook: Playbook) -> Iterator[Place]:
    """The agents that levels name."""
    for path in playbook.paths.values():
        yield from ((("paths", path.id, "levels", n, "to"), level.to) for n, level in enumerate(path.levels))


def skills_named(playbook: Playbook) -> Iterator[Place]:
    """The skills that levels ask for besides the issue type's."""
    for path in playbook.paths.values():
        for n, level in enumerate(path.levels):
            yield from ((("paths", path.id, "levels", n, "skills", m), skill) for m, skill in enumerate(level.skills))
