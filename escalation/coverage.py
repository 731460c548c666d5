"""When a team has nobody, said before it happens: uncovered stretches of the coming days, and teams that rest on one person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from escalation.hours import Period, stamp, stretches
from escalation.roster import Agent, Roster, Team

Working = Mapping[str, tuple[Period, ...]]  # agent id → when they work


@dataclass(frozen=True, slots=True)
class Gap:
    """A stretch (UTC), as long as it can be, in which nobody of a team who has capacity (and speaks ``language``) is on shift."""

    team: str
    start: datetime
    end: datetime
    words: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Alone:
    """The one agent on whom all cover of a team rests."""

    team: str
    agent: str
    words: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """What a lead should know of the days from ``since`` to ``until`` (UTC), teams in the order of the roster."""

    since: datetime
    until: datetime
    gaps: tuple[Gap, ...] = ()
    alone: tuple[Alone, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        return (*(gap.words for gap in self.gaps), *(one.words for one in self.alone))


def coverage(roster: Roster, now: datetime, days: int = 14, languages: Iterable[str] = ()) -> Coverage:
    """The uncovered stretches of every team in the ``days`` from the minute of ``now`` (aware) on, and of each of ``languages``.

    Covered is a team while somebody in it with a capacity above 0 is on shift. As in routing, an agent without languages
    speaks any.
    """
    since = now.astimezone(UTC).replace(second=0, microsecond=0)
    until, asked = since + timedelta(days=days), tuple(dict.fromkeys(languages))
    able = [agent for agent in roster.agents if agent.capacity > 0]
    working = {agent.id: tuple(stretches(agent, since, until)) for agent in able}
    gaps: list[Gap] = []
    alone: list[Alone] = []
    for team in roster.teams:
        members = [agent for agent in able if team.id in agent.teams]
        said = _Said(team, _zone(roster, team, members), since, until)
        gaps += [said.gap(stretch) for stretch in _uncovered(members, working, since, until)]
        for language in asked:
            speakers = [agent for agent in members if agent.speaks(language)]
            gaps += [said.gap(stretch, language) for stretch in _uncovered(speakers, working, since, until)]
        present = [agent for agent in members if working[agent.id]]
        alone += [said.alone(present[0])] if len(present) == 1 else []
    return Coverage(since, until, tuple(gaps), tuple(alone))


def _uncovered(members: Iterable[Agent], working: Working, since: datetime, until: datetime) -> list[Period]:
    found, reached = [], since
    for opens, closes in sorted(stretch for agent in members for stretch in working[agent.id]):
        if opens > reached:
            found.append((reached, opens))
        reached = max(reached, closes)
    return [*found, (reached, until)] if reached < until else found


def _zone(roster: Roster, team: Team, members: list[Agent]) -> ZoneInfo:
    """Where the team's hours are told: the lead's time zone, else the one most of its people live in."""
    lead = roster.agent(team.lead)
    zones = Counter(agent.time_zone for agent in members)
    return ZoneInfo(lead.time_zone if lead else max(zones, key=lambda name: zones[name], default="UTC"))


@dataclass(frozen=True, slots=True)
class _Said:
    """What was found of one team, in words."""

    team: Team
    zone: ZoneInfo
    since: datetime
    until: datetime

    def gap(self, stretch: Period, language: str = "") -> Gap:
        nobody = f"{self.team.name} has nobody{f' who speaks {language}' if language else ''}"
        return Gap(self.team.id, *stretch, f"{nobody} {self._when(*stretch)}", language)

    def alone(self, agent: Agent) -> Alone:
        return Alone(self.team.id, agent.id, f"{self.team.name} rests on {agent.name} alone: nobody else of it is ever on shift")

    def _when(self, start: datetime, end: datetime) -> str:
        """ "Sat 14:00 to 20:00 Europe/Stockholm"; what began before or goes on after the days looked at is told as such."""
        if (start, end) == (self.since, self.until):
            days = (end - start).days
            return f"at all in the coming {f'{days} days' if days > 1 else 'day'}"
        if end == self.until:
            return f"from {self._stamp(start)} {self.zone.key} on"
        first = "now and until" if start == self.since else f"{self._stamp(start)} to"
        same_day = start > self.since and start.astimezone(self.zone).date() == end.astimezone(self.zone).date()
        return f"{first} {f'{end.astimezone(self.zone):%H:%M}' if same_day else self._stamp(end)} {self.zone.key}"

    def _stamp(self, at: datetime) -> str:
        return stamp(at, self.since, self.zone)
