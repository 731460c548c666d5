"""``roster.yaml`` → ``escalation.roster.Roster``, with every problem at once. The format stands in docs/roster.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time
from typing import Annotated, Literal

import pydantic
from pydantic import BeforeValidator, Field

from config.conditions import Strict
from config.crosscheck import Place, repeated, unknown, walk
from config.national import Holidays, named_days
from config.values import DAYS, Clock, Day, Days, EndClock, Name, VendorId, Zone
from config.yamldoc import Parsed, Problem, Problems, check, parse, wrong
from config.yamlwords import Path
from escalation.roster import Absence, Agent, Cards, Follows, Quiet, Roster, Rotation, Shift, Team, Turns

_DAY = 24 * 60
_WEEK = 7 * _DAY

SkillLevel = Annotated[int, Field(ge=1, le=5)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}(-[A-Za-z0-9]{2,8})?$")]
Email = Annotated[str, Field(pattern=r"^$|^[^@\s]+@[^@\s]+$", max_length=254)]
UserGroup = Annotated[str, Field(pattern=r"^$|^S[A-Z0-9]{1,20}$")]  # Slack's id, such as S0614TZR7
Period = tuple[int, int, str]  # minutes since Monday 00:00, and the shift in words


class ShiftModel(Strict):
    days: Days
    start: Clock
    end: EndClock

    @pydantic.model_validator(mode="after")
    def _not_nothing(self) -> ShiftModel:
        if self.start == self.end != time(0):
            raise wrong("the shift ends when it starts", 'Correct one of the two; a whole day is "00:00" to "24:00".')
        return self

    def periods(self) -> Iterator[Period]:
        """The shift as minutes of the week; one over midnight on Sunday ends after the week does."""
        start, end = (moment.hour * 60 + moment.minute for moment in (self.start, self.end))
        for day in self.days:
            begins = day * _DAY + start
            yield begins, begins + ((end - start) % _DAY or _DAY), f"{DAYS[day]} {self.start:%H:%M}-{self.end:%H:%M}"

    def built(self) -> Shift:
        return Shift(self.days, self.start, self.end)


def apart(shifts: list[ShiftModel], what: str) -> list[ShiftModel]:
    """The same; raises a PydanticCustomError where two overlap. ``what`` names one: "shift"."""
    periods = sorted(period for shift in shifts for period in shift.periods())
    following = [*periods[1:], *((start + _WEEK, end + _WEEK, words) for start, end, words in periods[:1])]
    for (_, end, words), (start, _, others) in zip(periods, following, strict=True):
        if start < end and len(periods) > 1:
            raise wrong(f"the {what}s {words} and {others} overlap", f"Shorten one, or write them as one {what}.")
    return shifts


class AbsenceModel(Strict):
    first: Day
    last: Day
    reason: str = ""

    @pydantic.model_validator(mode="after")
    def _in_order(self) -> AbsenceModel:
        if self.last < self.first:
            raise wrong(f"the absence ends on {self.last}, before it begins on {self.first}", "Exchange first and last.")
        return self

    def built(self) -> Absence:
        return Absence(self.first, self.last, self.reason)


class QuietModel(Strict):
    start: Clock
    end: EndClock

    @pydantic.model_validator(mode="after")
    def _not_nothing(self) -> QuietModel:
        if self.start == self.end:
            raise wrong("the quiet hours end when they start", "Correct one of the two; for whole days write an absence.")
        return self

    def built(self) -> Quiet:
        return Quiet(self.start, self.end)


class AgentModel(Strict):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    email: Email = ""
    slack_id: str = ""
    ids: dict[Name, VendorId] = Field(default_factory=dict)
    skills: dict[Name, SkillLevel] = Field(default_factory=dict)
    languages: list[Language] = Field(default_factory=list)
    tier: Annotated[int, Field(ge=1, le=9)] = 1
    teams: list[Name] = Field(default_factory=list)
    capacity: Annotated[int, Field(ge=0, le=100_000)] = 5
    time_zone: Zone = "UTC"
    shifts: list[ShiftModel] = Field(default_factory=list)
    absences: list[AbsenceModel] = Field(default_factory=list)
    holidays: Holidays = Field(default_factory=list)
    deputy: str = ""
    quiet: QuietModel | None = None
    cards: Annotated[Cards, Field(strict=False)] = Cards.DM

    @pydantic.field_validator("shifts")
    @classmethod
    def _apart(cls, shifts: list[ShiftModel]) -> list[ShiftModel]:
        return apart(shifts, "shift")

    def built(self, agent_id: str) -> Agent:
        plain = ("name", "email", "slack_id", "tier", "capacity", "time_zone", "deputy", "cards")
        told = {name: getattr(self, name) for name in plain}
        return Agent(
            id=agent_id,
            ids=self.ids,
            skills=self.skills,
            languages=tuple(self.languages),
            teams=tuple(self.teams),
            shifts=tuple(shift.built() for shift in self.shifts),
            absences=self._absent(),
            quiet=self.quiet.built() if self.quiet else None,
            **told,
        )

    def _absent(self) -> tuple[Absence, ...]:
        """What was written first: its reason is told where a national holiday falls into it."""
        national = (Absence(day, day, name) for day, name in named_days(self.holidays).items())
        return (*(absence.built() for absence in self.absences), *national)


class TeamModel(Strict):
    name: Annotated[str, Field(min_length=1, max_length=100)]
    issue_types: list[Name] = Field(default_factory=list)
    groups: dict[Name, VendorId] = Field(default_factory=dict)
    channel: str = ""
    lead: str = ""
    watch: str = ""
    calendar: str = ""
    tracker: Literal["", "github", "jira", "linear"] = ""
    user_group: UserGroup = ""
    group_follows: Annotated[Follows, Field(strict=False)] = Follows.NOBODY

    @pydantic.model_validator(mode="after")
    def _somebody_follows(self) -> TeamModel:
        if self.group_follows and not self.user_group:
            raise wrong("it does not say which user group follows", "Add user_group and the group's id in Slack.")
        if self.group_follows is Follows.ON_WATCH and not self.watch:
            raise wrong("nobody is on watch for this team", "Add watch, or use group_follows: on_shift.")
        return self

    def built(self, team_id: str) -> Team:
        told = self.model_dump(exclude={"issue_types"})
        return Team(team_id, issue_types=tuple(self.issue_types), **told)


def _local(value: object) -> datetime:
    """A local date and time, for the zone stands in a key of its own."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo:
        raise wrong(f"{value!r} is not a local date and time", "Write it like 2026-01-05 09:00; the zone goes into time_zone.")
    return moment


class RotationModel(Strict):
    members: list[Name]
    turns: Annotated[Turns, Field(strict=False)]
    start: Annotated[datetime, BeforeValidator(_local)] | None = None
    time_zone: Zone = "UTC"
    user_group: UserGroup = ""

    @pydantic.field_validator("members")
    @classmethod
    def _somebody(cls, members: list[str]) -> list[str]:
        if not members:
            raise wrong("nobody is in this rotation", "Add agents to members, in the order of their turns.")
        twice = next((name for n, name in enumerate(members) if name in members[:n]), "")
        if twice:
            raise wrong(f"{twice} is in this rotation twice", "Name each member once.")
        return members

    @pydantic.model_validator(mode="after")
    def _begun(self) -> RotationModel:
        if self.start is None and self.turns is not Turns.FOLLOW_THE_SUN:
            remedy = "Add a moment at which the first member's turn begins, such as start: 2026-01-05 09:00."
            raise wrong(f"{self.turns} turns need a start", remedy)
        return self

    def built(self, rotation_id: str) -> Rotation:
        begun = {"start": self.start} if self.start else {}
        return Rotation(
            rotation_id, tuple(self.members), self.turns, time_zone=self.time_zone, user_group=self.user_group, **begun
        )


class RosterModel(Strict):
    about: str = ""
    skills: list[Name] = Field(default_factory=list)  # skills that are no issue types
    teams: dict[Name, TeamModel]
    rotations: dict[Name, RotationModel] = Field(default_factory=dict)
    agents: dict[Name, AgentModel]

    def built(self, version: int) -> Roster:
        """The same as the core's type."""
        agents = tuple(agent.built(agent_id) for agent_id, agent in self.agents.items())
        teams = tuple(team.built(team_id) for team_id, team in self.teams.items())
        return Roster(agents, teams, version, tuple(one.built(rotation_id) for rotation_id, one in self.rotations.items()))


def load_roster(text: str, name: str = "roster", version: int = 0) -> Roster:
    """The roster of a YAML text; raises Problems with everything wrong at once, each with line, path and remedy."""
    parsed = parse(text, name)
    crossed = (*_twice(parsed), *_nowhere(parsed), *_deputies(parsed), *_empty_teams(parsed))
    try:
        model = check(parsed, RosterModel)
    except Problems as found:
        raise Problems(name, (*found.problems, *crossed)) from None
    if crossed:
        raise Problems(name, crossed)
    return model.built(version)


def _keys(data: object, *steps: str) -> list[str]:
    return [str(path[-1]) for path, _ in walk(data, *steps, "*")]


def _twice(parsed: Parsed) -> Iterator[Problem]:
    """Two people must never be taken for one."""
    data = parsed.data
    yield from repeated(parsed, walk(data, "agents", "*", "email"), "the e-mail address", case_blind=True)
    yield from repeated(parsed, walk(data, "agents", "*", "slack_id"), "the Slack id")
    for connection in dict.fromkeys(str(path[-1]) for path, _ in walk(data, "agents", "*", "ids", "*")):
        yield from repeated(parsed, walk(data, "agents", "*", "ids", connection), f"the {connection} id")
    yield from repeated(parsed, walk(data, "teams", "*", "issue_types", "*"), "the issue type")
    yield from repeated(parsed, _following(data), "the user group")
    agents = _keys(data, "agents")
    for path, _ in walk(data, "rotations", "*"):
        if path[-1] in agents:
            told = f"{path[-1]} is also the name of an agent, in line {parsed.line(('agents', path[-1]))}"
            yield parsed.problem(path, told, "Give the rotation another name.")


def _following(data: object) -> Iterator[Place]:
    """User groups that are kept equal to something: to two things none can be."""
    for path, team in walk(data, "teams", "*"):
        if isinstance(team, dict) and team.get("group_follows"):
            yield (*path, "user_group"), team.get("user_group")
    yield from walk(data, "rotations", "*", "user_group")


def _nowhere(parsed: Parsed) -> Iterator[Problem]:
    """Names that stand for nobody and nothing."""
    data = parsed.data
    agents, teams = _keys(data, "agents"), _keys(data, "teams")
    yield from unknown(parsed, walk(data, "teams", "*", "lead"), agents, "agent")
    yield from unknown(parsed, walk(data, "teams", "*", "watch"), [*agents, *_keys(data, "rotations")], "agent or rotation")
    yield from unknown(parsed, walk(data, "rotations", "*", "members", "*"), agents, "agent")
    yield from unknown(parsed, walk(data, "agents", "*", "deputy"), agents, "agent")
    yield from unknown(parsed, walk(data, "agents", "*", "teams", "*"), teams, "team")
    skills = {str(value) for steps in (("skills", "*"), ("teams", "*", "issue_types", "*")) for _, value in walk(data, *steps)}
    named = [(path, path[-1]) for path, _ in walk(data, "agents", "*", "skills", "*")]
    yield from unknown(parsed, named, skills, "skill or issue type")


def _deputies(parsed: Parsed) -> Iterator[Problem]:
    """Deputies in a circle: nobody would ever stand in. Each circle is told once, at its first agent."""
    deputy = {str(path[1]): str(value) for path, value in walk(parsed.data, "agents", "*", "deputy") if value}
    for circle in circles(deputy):
        path: Path = ("agents", circle[0], "deputy")
        told = f"deputies go in a circle: {' → '.join(circle)}"
        yield parsed.problem(path, told, "Give one of them another deputy or none.")


def circles(following: Mapping[str, str]) -> Iterator[list[str]]:
    """Each way round in ``following`` once, from its first name back to it. Every name is looked at once."""
    order = {name: n for n, name in enumerate(following)}
    done = set[str]()
    for name in following:
        way = dict[str, int]()  # name → its place in the way
        while name in following and name not in done and name not in way:
            way[name] = len(way)
            name = following[name]
        if name in way:
            around = list(way)[way[name] :]
            first = around.index(min(around, key=order.__getitem__))
            yield [*around[first:], *around[:first], around[first]]
        done |= way.keys()


def _empty_teams(parsed: Parsed) -> Iterator[Problem]:
    staffed = {value for _, value in walk(parsed.data, "agents", "*", "teams", "*") if isinstance(value, str)}
    for path, _ in walk(parsed.data, "teams", "*"):
        if path[-1] not in staffed:
            yield parsed.problem(path, f"nobody is in the team {path[-1]!r}", "Add it to the teams of an agent, or remove it.")
