"""Who works here: agents, their skills and shifts, and teams (domain.md §1, §3). Read from ``config/roster.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from enum import StrEnum

from escalation.ticket import Person

ALL_WEEK = (0, 1, 2, 3, 4, 5, 6)


@dataclass(frozen=True, slots=True)
class Shift:
    """A weekly working period in the agent's own time zone; ``end`` before ``start`` runs over midnight into the next day."""

    days: tuple[int, ...]  # 0 = Monday
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Absence:
    first: date
    last: date  # inclusive
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Quiet:
    """Daily hours in the agent's own zone in which they are not to be disturbed; ``end`` before ``start``: over midnight."""

    start: time
    end: time


class Cards(StrEnum):
    """Where somebody's cards stand."""

    DM = "dm"  # a direct message; in the team's channel only where they cannot be reached
    THREAD = "thread"  # a thread of the team's channel, in which they are named
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Agent:
    id: str  # our own short name, "ada"
    name: str
    email: str = ""
    slack_id: str = ""
    ids: Mapping[str, str] = field(default_factory=dict)  # connection → the vendor's agent id
    skills: Mapping[str, int] = field(default_factory=dict)  # issue type or skill → level 1 to 5
    languages: tuple[str, ...] = ()
    tier: int = 1
    teams: tuple[str, ...] = ()
    capacity: int = 5  # handoffs open at once
    time_zone: str = "UTC"
    shifts: tuple[Shift, ...] = ()  # none: always on
    absences: tuple[Absence, ...] = ()
    deputy: str = ""
    quiet: Quiet | None = None
    cards: Cards = Cards.DM

    def speaks(self, language: str) -> bool:
        """Whether the agent speaks a language, however it is written ("pt", "pt-BR"); one without languages speaks any."""
        return not self.languages or _plain(language) in map(_plain, self.languages)


def _plain(language: str) -> str:
    return language.strip().lower().replace("_", "-").split("-")[0]


class Turns(StrEnum):
    WEEKLY = "weekly"
    DAILY = "daily"
    FOLLOW_THE_SUN = "follow_the_sun"  # no turns: the first member on shift


@dataclass(frozen=True, slots=True)
class Rotation:
    """Agents who are on watch by turns, for any number of teams."""

    id: str
    members: tuple[str, ...]  # agent ids, in the order of their turns
    turns: Turns = Turns.FOLLOW_THE_SUN
    start: datetime = datetime(2024, 1, 1)  # local, without a zone: a moment at which the first member's turn begins
    time_zone: str = "UTC"
    user_group: str = ""  # of the chat, whose one member is who is on watch


class Follows(StrEnum):
    """Whom a team's user group consists of."""

    NOBODY = ""  # whom people put into it: Baton leaves it alone
    ON_SHIFT = "on_shift"
    ON_WATCH = "on_watch"


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    issue_types: tuple[str, ...] = ()  # whose pool it is
    groups: Mapping[str, str] = field(default_factory=dict)  # connection → the vendor's group or team id
    channel: str = ""  # Slack channel id or name
    lead: str = ""  # agent id
    watch: str = ""  # id of the agent or of the rotation on watch: ask escalation.rotations.on_watch who that is
    calendar: str = ""  # of the playbook, for clocks of the team; "": the playbook's own
    tracker: str = ""  # where its bugs are filed; "": the first that is set up
    user_group: str = ""  # of the chat: its id there
    group_follows: Follows = Follows.NOBODY

    @property
    def follows(self) -> bool:
        """Whether its user group is kept equal to what the roster says."""
        return bool(self.user_group and self.group_follows)


@dataclass(frozen=True, slots=True)
class Roster:
    agents: tuple[Agent, ...] = ()
    teams: tuple[Team, ...] = ()
    version: int = 0
    rotations: tuple[Rotation, ...] = ()

    def agent(self, agent_id: str) -> Agent | None:
        return next((a for a in self.agents if a.id == agent_id), None)

    def name(self, agent_id: str) -> str:
        """A person's name; of somebody who is not on the roster, their id."""
        agent = self.agent(agent_id)
        return agent.name if agent else agent_id

    def by_vendor_id(self, connection: str, vendor_id: str) -> Agent | None:
        """The agent a helpdesk knows by ``vendor_id``, None for somebody who is not on the roster."""
        return next((a for a in self.agents if vendor_id and a.ids.get(connection) == vendor_id), None)

    def known(self, connection: str, person: Person) -> Agent | None:
        """The agent that a person of a helpdesk is, by their id there, else by their e-mail address (case-blind)."""
        by_mail = (a for a in self.agents if person.email and a.email.lower() == person.email.lower())
        return self.by_vendor_id(connection, person.id) or next(by_mail, None)

    def by_chat(self, slack_id: str, email: str = "") -> Agent | None:
        """The agent with this Slack id, else with this e-mail address (case-blind)."""
        by_id = next((a for a in self.agents if slack_id and a.slack_id == slack_id), None)
        return by_id or next((a for a in self.agents if email and a.email.lower() == email.lower()), None)

    def team(self, team_id: str) -> Team | None:
        return next((t for t in self.teams if t.id == team_id), None)

    def rotation(self, rotation_id: str) -> Rotation | None:
        return next((r for r in self.rotations if r.id == rotation_id), None)

    def team_for(self, issue_type: str, default: str = "") -> Team | None:
        """The team that owns ``issue_type``, else the team called ``default``, else the first one."""
        owner = next((t for t in self.teams if issue_type and issue_type in t.issue_types), None)
        return owner or self.team(default) or (self.teams[0] if self.teams else None)


@dataclass(frozen=True, slots=True)
class Load:
    """What an agent has on the desk now, and when they were last offered something (fairness)."""

    open_handoffs: int = 0
    open_offers: int = 0
    last_offer_at: datetime | None = None
