"""What is wrong with the levels of a path that pydantic cannot see: keys that belong to another way of offering."""

from __future__ import annotations

import re
from collections.abc import Iterator

from config.clocks import reached
from config.crosscheck import Place, walk
from config.trackers import TRACKERS
from config.yamldoc import Parsed, Problem
from escalation.playbook import ROOMS, Afterwards, AssignWhen, ClockKind, Offering, Playbook
from escalation.roster import Roster

_POOL = frozenset({Offering.ONE, Offering.SEVERAL})
_PEOPLE = frozenset(Offering) - ROOMS - {Offering.TRACKER}
_ONE_AT_A_TIME = _PEOPLE - {Offering.SEVERAL, Offering.ALL}
# Keys that say something with these ways of offering only.
_BELONGS = {
    "at_once": frozenset({Offering.SEVERAL}),
    "to": frozenset({Offering.PERSON, Offering.USER_GROUP, Offering.TRACKER}),
    "then": frozenset({Offering.TRACKER}),
    "most_offers": _POOL,
    "min_tier": _POOL | {Offering.ALL},
    "skills": _POOL | {Offering.ALL},
    "repeat": _PEOPLE,
    "remind_before": _PEOPLE,
}
_TARGETS = (
    "Add offering: one (one person at a time), several, all, channel (a card in the team's channel), user_group (the same card, "
    "calling a Slack user group), lead, watch, person, tracker (the bug is filed)."
)
_GROUP = re.compile(r"S[A-Z0-9]{1,20}")


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
    yield from _of_target(how, level)
    if how not in _PEOPLE and level.get("clock") == ClockKind.PERSON:
        told = "it is offered to nobody in particular, so no person's hours count"
        yield "clock", told, "Use clock: team or always."
    if how not in _ONE_AT_A_TIME and level.get("assign") == AssignWhen.ON_OFFER:
        told = "everybody who is asked" if how in _PEOPLE else "nobody in particular"
        remedy = f"Use on_accept, or offer to one person at a time: {', '.join(sorted(_ONE_AT_A_TIME))}."
        yield "assign", f"a ticket cannot be assigned to {told}: offering is {how}", remedy
    width, most = level.get("at_once"), level.get("most_offers")
    if isinstance(width, int) and isinstance(most, int) and width > most:
        yield "at_once", f"{width} people are asked at once, but {most} in all", "Raise most_offers, or lower at_once."


def _of_target(how: str, level: dict[str, object]) -> Iterator[tuple[str, str, str]]:
    """What is wrong with a user group or tracker that a level names."""
    to = level.get("to", "")
    if how == Offering.USER_GROUP and to and not (isinstance(to, str) and _GROUP.fullmatch(to)):
        yield (
            "to",
            f"{to!r} is not the id of a Slack user group",
            "Write its id, such as S0614TZR7 (docs/slack.md).",
        )
    if how == Offering.TRACKER and to and to not in TRACKERS:
        yield "to", f"there is no tracker {to!r}", f"Use one of: {', '.join(sorted(TRACKERS))}; or leave it out for the team's."
    if how == Offering.TRACKER and level.get("then") == Afterwards.WAIT and "offer_for" not in level:
        yield "then", "it does not say how long it waits", "Add offer_for, such as 2d; it goes on earlier when the bug is closed."
    if how == Offering.TRACKER and level.get("then") != Afterwards.WAIT and "offer_for" in level:
        yield "offer_for", "offer_for says nothing where the handoff goes on at once", "Remove it, or add then: wait."


def groups(playbook: Playbook, roster: Roster, rules: Parsed) -> Iterator[Problem]:
    """Levels that call a team's user group where a team that the path can reach has none."""
    for path in playbook.paths.values():
        for n, level in enumerate(path.levels):
            if level.offering is not Offering.USER_GROUP or level.to:
                continue
            without = [team.id for team in reached(playbook, roster, path.id, level.team) if not team.user_group]
            if without:
                told = f"it calls the user group of the team, and {', '.join(without)} {'have' if without[1:] else 'has'} none"
                remedy = "Add user_group: to the team in the roster, or to: and the group's id to the level."
                yield rules.problem(("paths", path.id, "levels", n, "offering"), told, remedy)


def people_named(playbook: Playbook) -> Iterator[Place]:
    """The agents that levels name."""
    for path in playbook.paths.values():
        named = ((n, level) for n, level in enumerate(path.levels) if level.offering is Offering.PERSON)
        yield from ((("paths", path.id, "levels", n, "to"), level.to) for n, level in named)


def skills_named(playbook: Playbook) -> Iterator[Place]:
    """The skills that levels ask for besides the issue type's."""
    for path in playbook.paths.values():
        for n, level in enumerate(path.levels):
            yield from ((("paths", path.id, "levels", n, "skills", m), skill) for m, skill in enumerate(level.skills))
