"""Clocks of levels and paths: when they stand still, and whether each team has a calendar where one is asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import BeforeValidator, Field

from config.crosscheck import Place, unknown
from config.yamldoc import Parsed, Problem, wrong
from config.yamlwords import Path, nearest
from escalation.playbook import ClockKind, Playbook
from escalation.roster import Roster, Team
from escalation.ticket import Status

_STANDING = (Status.PENDING, Status.ON_HOLD)


def _somebody_elses_turn(word: object) -> Status:
    if word in _STANDING:
        return Status(str(word))
    told = f"while a ticket is {word} the reply is ours to give" if word in tuple(Status) else f"unknown word {word!r}"
    near = nearest(str(word), [status.value for status in _STANDING])
    guess = f"Did you mean {near!r}? " if near else ""
    raise wrong(told, f"{guess}Use pending, on_hold or both; [] never pauses.")


Pauses = Annotated[tuple[Annotated[Status, BeforeValidator(_somebody_elses_turn)], ...], Field(strict=False)]


def problems(playbook: Playbook, roster: Roster, rules: Parsed, people: Parsed) -> Iterator[Problem]:
    """Calendars that teams name and the playbook lacks, and clocks of a team for teams that have none."""
    named: list[Place] = [(("teams", team.id, "calendar"), team.calendar) for team in roster.teams]
    yield from unknown(people, named, playbook.calendars, "calendar")
    if playbook.calendar:
        return
    for place, path_id, team_id in _team_clocks(playbook):
        without = [team.id for team in reached(playbook, roster, path_id, team_id) if not team.calendar]
        if without:
            told = f"it counts in the calendar of the team, and {', '.join(without)} {'have' if without[1:] else 'has'} none"
            remedy = "Add calendar: to the team in the roster, or to the playbook for all teams; or use clock: person or always."
            yield rules.problem(place, told, remedy)


def _team_clocks(playbook: Playbook) -> Iterator[tuple[Path, str, str]]:
    """Every clock of a team: where it stands, its path, and the team that the level names."""
    for path in playbook.paths.values():
        if path.reply_clock is ClockKind.TEAM:
            yield ("paths", path.id, "reply_clock"), path.id, ""
        for n, level in enumerate(path.levels):
            if level.clock is ClockKind.TEAM:
                yield ("paths", path.id, "levels", n, "clock"), path.id, level.team


def reached(playbook: Playbook, roster: Roster, path_id: str, team_id: str) -> Iterator[Team]:
    """The teams a path can go to: the one its level names, else those its rules name, else every one."""
    wanted = {team_id} if team_id else {rule.team for rule in playbook.rules if rule.path == path_id}
    everywhere = "" in wanted or path_id == "default"  # tickets handed over by hand take it to any team
    return (team for team in roster.teams if everywhere or team.id in wanted)
