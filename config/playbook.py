"""``escalation.yaml`` → ``escalation.playbook.Playbook``, with every problem at once; and whether it fits the roster.

The format stands in docs/rules.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated

from pydantic import Field, StringConstraints

from config import clocks, levels, named, segments, trees
from config.completeness import NeedsModel
from config.conditions import GroupModel, Strict
from config.crosscheck import Place, repeated, unknown, walk
from config.masking import MaskingModel
from config.queueing import QueueModel
from config.roster import load_roster
from config.segments import CalendarModel, Grid, PolicyModel, SegmentModel
from config.trees import QuestionModel
from config.values import Duration, IsoDay, Name, Points, Positive
from config.yamldoc import Parsed, Problem, Problems, check, parse
from escalation.playbook import (
    MOST_AT_ONCE,
    Afterwards,
    AssignWhen,
    AtEnd,
    ClockKind,
    Level,
    Mode,
    Offering,
    Path,
    Playbook,
    QuietHours,
    Respect,
    Rule,
    Severity,
    ShiftHandover,
    Weights,
)
from escalation.roster import Roster
from escalation.ticket import Status

__all__ = ["Problem", "Problems", "check_together", "load_draft", "load_playbook", "load_roster"]

OTHER = "other"  # the issue type of a ticket that no word list fits
_USUAL_REMINDER = timedelta(minutes=5)
_USUAL_REPLY_REMINDER = timedelta(minutes=15)
_USUAL_WIDTH = 2  # people asked at once by a level for several

Words = Annotated[list[Annotated[str, Field(min_length=1, max_length=100)]], Field(max_length=500)]
Word = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]  # an empty one is in every text


class LevelModel(Strict):
    name: str
    offering: Annotated[Offering, Field(strict=False)]
    team: str = ""
    min_tier: Annotated[int, Field(ge=1, le=9)] = 1
    offer_for: Positive = timedelta(minutes=15)
    remind_before: Duration | None = None
    most_offers: Annotated[int, Field(ge=1, le=50)] = 3
    tell_lead: bool = False
    assign: Annotated[AssignWhen, Field(strict=False)] = AssignWhen.ON_ACCEPT
    at_once: Annotated[int, Field(ge=2, le=MOST_AT_ONCE)] | None = None
    to: str = ""
    repeat: Annotated[int, Field(ge=0, le=9)] = 0
    quiet: Annotated[QuietHours, Field(strict=False)] = QuietHours.RESPECT
    clock: Annotated[ClockKind, Field(strict=False)] = ClockKind.ALWAYS
    skills: tuple[Name, ...] = Field((), strict=False)
    then: Annotated[Afterwards, Field(strict=False)] = Afterwards.GO_ON

    def built(self) -> Level:
        told = self.model_dump(exclude={"remind_before", "at_once", "most_offers"})
        remind = _before(self.remind_before, _USUAL_REMINDER, self.offer_for)
        at_once = (self.at_once or _USUAL_WIDTH) if self.offering is Offering.SEVERAL else 1
        most = self.most_offers if "most_offers" in self.model_fields_set else max(self.most_offers, at_once)
        return Level(**told, remind_before=remind, at_once=at_once, most_offers=most)


class PathModel(Strict):
    levels: Annotated[list[LevelModel], Field(min_length=1)]
    first_reply_in: Positive = timedelta(hours=1)
    remind_reply_before: Duration | None = None
    at_end: Annotated[AtEnd, Field(strict=False)] = AtEnd.TELL_LEAD
    reply_clock: Annotated[ClockKind, Field(strict=False)] = ClockKind.ALWAYS
    pauses: clocks.Pauses = (Status.PENDING,)
    override: Annotated[Severity, Field(strict=False)] | None = None

    def built(self, path_id: str) -> Path:
        told = self.model_dump(exclude={"levels", "remind_reply_before"})
        remind = _before(self.remind_reply_before, _USUAL_REPLY_REMINDER, self.first_reply_in)
        return Path(path_id, tuple(level.built() for level in self.levels), remind_reply_before=remind, **told)


class RuleModel(Strict):
    id: Name
    title: Annotated[str, Field(min_length=1, max_length=200)]
    when: GroupModel
    mode: Annotated[Mode, Field(strict=False)] = Mode.LIVE
    severity: Annotated[Severity, Field(strict=False)] = Severity.NORMAL
    path: str = "default"
    team: str = ""
    issue_type: str = ""
    owner: str = ""
    review_on: IsoDay = ""
    cooldown: Duration = timedelta(0)
    alone: bool = False
    description: Annotated[str, Field(max_length=1000)] = ""

    def built(self) -> Rule:
        told = {name: getattr(self, name) for name in RuleModel.model_fields if name != "when"}
        return Rule(**told, when=self.when.built())


_USUAL = Weights()


class RoutingModel(Strict):
    skill: Points = _USUAL.skill
    free: Points = _USUAL.free
    known: Points = _USUAL.known
    fair: Points = _USUAL.fair
    tier: Points = _USUAL.tier
    valuable: Annotated[list[Word], Field(max_length=100)] = Field(default_factory=lambda: list(_USUAL.valuable))

    def built(self, version: int) -> Weights:
        told = self.model_dump(exclude={"valuable"})
        return Weights(**told, valuable=tuple(word.lower() for word in self.valuable), version=version)


class AvailabilityModel(Strict):
    helpdesks: bool = True
    chat: bool = False


class ShiftHandoverModel(Strict):
    enabled: bool = True
    remind_after: Positive = timedelta(minutes=15)
    climb_after: Positive = timedelta(minutes=30)
    within: Duration = timedelta(hours=1)
    breaks: Duration = timedelta(hours=2)


class PlaybookModel(Strict):
    about: str = ""
    default_team: str = ""
    hop_limit: Annotated[int, Field(ge=1, le=50)] = 5
    write_priority: bool = False
    guard: bool = True  # a rule may not fire by tone alone or by a word alone unless it says so
    contact_window: Positive = timedelta(days=14)
    calendars: dict[Name, CalendarModel] = Field(default_factory=dict)
    calendar: str = ""
    thresholds: Grid = Field(default_factory=dict)
    segments: list[SegmentModel] = Field(default_factory=list)
    sla_policies: list[PolicyModel] = Field(default_factory=list)
    paths: dict[Name, PathModel]
    rules: list[RuleModel]
    routing: RoutingModel = Field(default_factory=RoutingModel)
    availability: AvailabilityModel = Field(default_factory=AvailabilityModel)
    masking: MaskingModel = Field(default_factory=MaskingModel)
    queue: QueueModel = Field(default_factory=QueueModel)
    completeness: dict[Name, NeedsModel] = Field(default_factory=dict)
    shift_handover: ShiftHandoverModel = Field(default_factory=ShiftHandoverModel)
    trees: dict[Name, dict[Name, QuestionModel]] = Field(default_factory=dict)
    issue_words: dict[Name, Words] = Field(default_factory=dict)
    product_areas: dict[Name, Words] = Field(default_factory=dict)

    def built(self, version: int) -> Playbook:
        """The same as the core's type."""
        calendars = {calendar_id: calendar.built(calendar_id) for calendar_id, calendar in self.calendars.items()}
        return Playbook(
            rules=tuple(rule.built() for rule in self.rules),
            paths={path_id: path.built(path_id) for path_id, path in self.paths.items()},
            default_team=self.default_team,
            issue_words={issue: tuple(words) for issue, words in self.issue_words.items()},
            hop_limit=self.hop_limit,
            write_priority=self.write_priority,
            version=version,
            thresholds={name: segments.threshold(value) for name, value in self.thresholds.items()},
            segments=segments.built(self.segments),
            calendars=calendars,
            policies=tuple(policy.built(calendars, self.calendar) for policy in self.sla_policies),
            calendar=self.calendar,
            product_areas={area: tuple(words) for area, words in self.product_areas.items()},
            contact_window=self.contact_window,
            routing=self.routing.built(version),
            masking=self.masking.built(),
            completeness={issue: needs.built() for issue, needs in self.completeness.items()},
            respect=Respect(**self.availability.model_dump()),
            queue=self.queue.built(),
            shift_handover=ShiftHandover(**self.shift_handover.model_dump()),
            trees={issue: trees.built(issue, questions) for issue, questions in self.trees.items()},
        )


def load_playbook(text: str, name: str = "escalation", version: int = 0) -> Playbook:
    """The playbook of a YAML text; raises Problems with everything wrong at once, each with line, path and remedy."""
    parsed = parse(text, name)
    crossed = tuple(_crossed(parsed))
    try:
        model = check(parsed, PlaybookModel)
    except Problems as found:
        raise Problems(name, (*found.problems, *crossed)) from None
    if wrong := (*crossed, *_guarded(parsed, model)):
        raise Problems(name, wrong)
    return model.built(version)


def load_draft(text: str, roster: Roster, name: str = "escalation") -> Playbook:
    """A playbook that is to be tried with a roster; raises Problems like ``load_playbook``, or for what the roster lacks.

    A draft may know less than the roster does: a few rules that are tried need not have all words for issue types.
    """
    playbook = load_playbook(text, name)
    if wrong := [problem for problem in check_together(playbook, roster, text) if problem.document == "escalation"]:
        raise Problems(name, tuple(wrong))
    return playbook


def _guarded(parsed: Parsed, model: PlaybookModel) -> Iterator[Problem]:
    """Rules that fire by tone alone or by a word alone without saying that this is meant."""
    for n, rule in enumerate(model.rules):
        if model.guard and not rule.alone and (enough := segments.alone(rule.when.built())):
            yield parsed.problem(("rules", n, "when"), enough, segments.HOW_ALONE)


def check_together(playbook: Playbook, roster: Roster, playbook_text: str = "", roster_text: str = "") -> list[Problem]:
    """What is wrong only in combination: teams and issue types that one document names and the other lacks.

    With the texts the problems carry line numbers, without them line 1.
    """
    rules, people = _lines(playbook_text, "escalation"), _lines(roster_text, "roster")
    teams, issues = {team.id for team in roster.teams}, {*playbook.issue_words, OTHER}
    problems = list(unknown(rules, _teams_named(playbook), teams, "team"))
    able = {skill for agent in roster.agents for skill in agent.skills}
    branched, wanted = trees.of_roster(playbook)
    problems += unknown(rules, branched, teams, "team")
    problems += unknown(rules, (*wanted, *levels.skills_named(playbook)), able, "agent's skill")
    problems += unknown(rules, levels.people_named(playbook), {agent.id for agent in roster.agents}, "agent")
    owned = [((("teams", t.id, "issue_types", n)), issue) for t in roster.teams for n, issue in enumerate(t.issue_types)]
    problems += unknown(people, owned, issues, "issue type")
    problems += clocks.problems(playbook, roster, rules, people)
    problems += levels.groups(playbook, roster, rules)
    if not playbook.default_team:
        problems += _without_owner(rules, issues, {issue for _, issue in owned})
    return problems


def _before(told: timedelta | None, usual: timedelta, whole: timedelta) -> timedelta:
    """When to remind: as told, else the usual time before the end, but not sooner than two thirds through."""
    return told if told is not None else min(usual, whole / 3)


def _crossed(parsed: Parsed) -> Iterator[Problem]:
    data = parsed.data
    paths = [str(path[-1]) for path, _ in walk(data, "paths", "*")]
    issues = {str(path[-1]) for path, _ in walk(data, "issue_words", "*")} | {OTHER}
    yield from repeated(parsed, walk(data, "rules", "*", "id"), "the rule id")
    yield from repeated(parsed, walk(data, "segments", "*", "id"), "the segment id")
    yield from repeated(parsed, walk(data, "sla_policies", "*", "id"), "the policy id")
    yield from segments.problems(parsed)
    asked = list(_paths_named(data))
    yield from unknown(parsed, asked, paths, "path")
    if paths and "default" not in {*paths, *(path for _, path in asked)}:
        remedy = "Add it: handoffs by hand, of bots, and of rules that name no path are offered along it."
        yield parsed.problem(("paths",), "there is no path 'default'", remedy)
    yield from unknown(parsed, walk(data, "rules", "*", "issue_type"), issues, "issue type")
    segment_ids = [str(name) for _, name in walk(data, "segments", "*", "id")]
    yield from named.problems(parsed, "segment", segment_ids, "segment")
    yield from named.problems(parsed, "issue_type", issues, "issue type")
    yield from levels.problems(parsed)
    yield from trees.problems(parsed)
    yield from unknown(parsed, [(place, place[-1]) for place, _ in walk(data, "trees", "*")], issues, "issue type")
    yield from unknown(parsed, trees.named(data, "issue_type"), issues, "issue type")
    yield from unknown(parsed, trees.named(data, "path"), paths, "path")


def _paths_named(data: object) -> Iterator[Place]:
    """The path of every rule; a rule that names none uses ``default``."""
    for place, rule in walk(data, "rules", "*"):
        if isinstance(rule, dict):
            yield (*place, "path"), rule.get("path", "default")


def _lines(text: str, name: str) -> Parsed:
    return parse(text, name) if text else Parsed(name, None, {})


def _teams_named(playbook: Playbook) -> Iterator[Place]:
    yield ("default_team",), playbook.default_team
    yield from ((("rules", n, "team"), rule.team) for n, rule in enumerate(playbook.rules))
    for path in playbook.paths.values():
        yield from ((("paths", path.id, "levels", n, "team"), level.team) for n, level in enumerate(path.levels))


def _without_owner(rules: Parsed, issues: set[str], owned: set[str]) -> Iterator[Problem]:
    for issue in sorted(issues - owned):
        told = f"no team owns the issue type {issue!r}"
        yield rules.problem(("issue_words", issue), told, "Add it to a team's issue_types in the roster, or set default_team.")
