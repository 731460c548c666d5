"""What the pages about rules show, prepared from the playbook and stored rows. Templates only lay it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import chain, islice
from typing import Any

from config.yamldoc import Problems
from escalation.backtest import MOST_NAMED, Backtest, Count, Tally, differences
from escalation.hours import duration
from escalation.hygiene import Finding
from escalation.playbook import Mode, Playbook, Rule
from escalation.roster import Roster
from escalation.rules import explain
from store.codec import build
from store.queries import Item
from store.rule_queries import Times
from web.pages_show import Tab

CHOICES = ("", Mode.LIVE, Mode.SHADOW, Mode.OFF, "look")
HOURS = tuple(f"{hour:02}" for hour in range(24))
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MOST_SUBJECTS = 1000  # tickets of a back-test whose subject is looked up
_LABELS = {"": "All", Mode.LIVE: "Live", Mode.SHADOW: "Shadow", Mode.OFF: "Off", "look": "To look at"}


# --- words ------------------------------------------------------------------------------------------------------------


def number(value: int) -> str:
    """ "12,500"."""
    return f"{value:,}"


def counted(value: int, thing: str) -> str:
    """ "1 ticket", "12,500 tickets"."""
    return f"{value:,} {thing}{'' if value == 1 else 's'}"


def day(value: str) -> str:
    """A date of a document: "1 Dec 2026"."""
    at = date.fromisoformat(value)
    return f"{at.day} {at:%b %Y}"


def key(name: str) -> tuple[str, str]:
    """Connection and id of a ticket that a back-test names: "zendesk:35"."""
    connection, _, ticket = name.partition(":")
    return connection, ticket


FILTERS: Mapping[str, Callable[..., Any]] = {
    "number": number,
    "counted": counted,
    "day": day,
    "duration": duration,
    "days_back": lambda told: days(told),
    "ticket_key": lambda name: key(name),
}


def problems(wrong: Problems) -> list[str]:
    """Every problem of a draft with its line."""
    places = ((f"Line {p.line}{f', {p.path}' if p.path else ''}", p) for p in wrong.problems)
    return [f"{place}: {p.problem.rstrip('.')}. {p.remedy}".rstrip() for place, p in places]


# --- rules --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A rule with what it says, what was found about it, and how often it fired."""

    rule: Rule
    says: str
    found: tuple[str, ...]
    overdue: bool
    elsewhere: tuple[tuple[str, Mode], ...]  # (segment, mode) where customers have another mode
    live: int = 0
    shadow: int = 0


def line(rule: Rule, playbook: Playbook, found: Iterable[Finding], today: date, times: Times | None = None) -> Line:
    """One rule as pages show it."""
    mine = tuple(finding.words[:1].upper() + finding.words[1:] for finding in found if finding.rule == rule.id)
    overdue = bool(rule.review_on) and date.fromisoformat(rule.review_on) < today
    others = tuple((s.id, s.modes[rule.id]) for s in playbook.segments if s.modes.get(rule.id, rule.mode) is not rule.mode)
    live, shadow = (times.live.get(rule.id, 0), times.shadow.get(rule.id, 0)) if times else (0, 0)
    return Line(rule, explain(rule, playbook.trees), mine, overdue, others, live, shadow)


def lines(playbook: Playbook, times: Times, found: Iterable[Finding], today: date) -> list[Line]:
    """All rules in the playbook's order."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in found:
        by_rule.setdefault(finding.rule, []).append(finding)
    return [line(rule, playbook, by_rule.get(rule.id, ()), today, times) for rule in playbook.rules]


def is_chosen(one: Line, chosen: str) -> bool:
    """Whether a rule belongs under a tab."""
    return not chosen or (bool(one.found) if chosen == "look" else one.rule.mode == chosen)


def tabs(all_lines: list[Line]) -> list[Tab]:
    """The tabs over the list of rules."""
    return [(word, _LABELS[word], str(sum(is_chosen(one, word) for one in all_lines))) for word in CHOICES]


# --- looks --------------------------------------------------------------------------------------------------------------


def look(evaluation: Item) -> Item:
    """One look at a ticket: those that fired first, then shadow, then the others."""
    verdicts = evaluation["decision"].get("verdicts", [])
    said = {True: "fired", False: "did not fire"}
    told = [{**v, "did": "would have fired (shadow)" if _noted(v) else said[v["fired"]]} for v in verdicts]
    return {**evaluation, "verdicts": sorted(told, key=lambda v: (not v["fired"], _noted(v)))}


def _noted(verdict: Item) -> bool:
    return bool(verdict["fired"] and verdict["mode"] == Mode.SHADOW)


# --- back-tests -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A rule that fires otherwise; ``title`` is "" when the active rules have none of this name."""

    rule: str
    title: str
    active: Count
    draft: Count


@dataclass(frozen=True)
class Load:
    """The hours of the week at which one team would be asked, by both sides."""

    id: str
    team: str
    active: Mapping[str, int]
    draft: Mapping[str, int]

    @property
    def totals(self) -> tuple[int, int]:
        return sum(self.active.values()), sum(self.draft.values())

    @property
    def sides(self) -> tuple[tuple[str, str, Mapping[str, int]], ...]:
        return ("active", "Active rules", self.active), ("draft", "Draft", self.draft)


@dataclass(frozen=True)
class Behind:
    """The tickets behind one number of the hours: how many there are, and the first of them."""

    words: str  # "Care, by the draft, created Mon 09:00 to 10:00 UTC"
    count: Count


@dataclass(frozen=True)
class Result:
    """A back-test as its page shows it."""

    told: Item
    playbook: Playbook
    roster: Roster

    week = WEEK
    hours = HOURS

    @cached_property
    def found(self) -> Backtest:
        return build(Backtest, self.told["result"] or {})

    @property
    def days(self) -> int:
        return days(self.told)

    @property
    def most(self) -> int:
        """What the progress goes up to; never 0, which is no progress."""
        return max(int(self.told["total"]), self.found.tickets, 1)

    @property
    def counts(self) -> tuple[tuple[str, Count], ...]:
        """The numbers with the tickets behind them."""
        found = self.found
        sides = (("The active rules", found.active.escalated), ("The draft", found.draft.escalated))
        return (*sides, ("Only the draft", found.only_draft), ("Only the active rules", found.only_active))

    @cached_property
    def rules(self) -> tuple[Difference, ...]:
        """Rules that fire otherwise, the largest difference first."""
        titles = {rule.id: rule.title for rule in self.playbook.rules}
        return tuple(
            Difference(name, titles.get(name, ""), _count(self.found.active, name), _count(self.found.draft, name))
            for name, *_ in differences(self.found)
        )

    @property
    def load(self) -> list[Load]:
        """Teams, the one that is asked most often first."""
        active, draft = self.found.active.load, self.found.draft.load
        teams = [Load(team, self._team(team), active.get(team, {}), draft.get(team, {})) for team in {*active, *draft}]
        return sorted(teams, key=lambda load: (-max(load.totals), load.team))

    def behind(self, side: str, team: str, hour: str) -> Behind | None:
        """What stands behind a number that was clicked, ``hour`` "" for a team's total; None for what is no such number."""
        tally = {"active": self.found.active, "draft": self.found.draft}.get(side)
        hours = tally.load.get(team) if tally else None
        if tally is None or hours is None or (hour and hour not in hours):
            return None
        asked = tally.asked.get(team, {})
        tickets = asked.get(hour, ()) if hour else tuple(chain.from_iterable(asked.values()))[:MOST_NAMED]
        when = f", created {hour}:00 to {(int(hour[-2:]) + 1) % 24:02}:00 UTC" if hour else ""
        by = "the draft" if side == "draft" else "the active rules"
        return Behind(f"{self._team(team)}, by {by}{when}", Count(hours[hour] if hour else sum(hours.values()), tickets))

    @property
    def named(self) -> list[tuple[str, str]]:
        """Connection and id of the tickets whose subject is shown."""
        rules = (count for rule in self.rules for count in (rule.active, rule.draft))
        names = dict.fromkeys(name for count in (*(c for _, c in self.counts), *rules) for name in count.tickets)
        return [key(name) for name in islice(names, MOST_SUBJECTS)]

    def _team(self, team_id: str) -> str:
        team = self.roster.team(team_id)
        return team.name if team else team_id or "No team"


def days(told: Item) -> int:
    """How many days a back-test goes back."""
    span: timedelta = told["at"] - told["since"]
    return round(span / timedelta(days=1))


def _count(tally: Tally, rule: str) -> Count:
    return tally.rules.get(rule, Count())
