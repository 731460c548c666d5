"""Who works here: agents, their skills and shifts, and teams (domain.md §1, §3). Read from ``config/roster.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time

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


@dataclass(frozen=True, slots=True)
class Team:
    id: str
    name: str
    issue_types: tuple[str, ...] = ()  # whose pool it is
    groups: Mapping[str, str] = field(default_factory=dict)  # connection → the vendor's group or team id
    channel: str = ""  # Slack channel id or name
    lead: str = ""  # agent id
    watch: str = ""  # agent id of the person on watch


@dataclass(frozen=True, slots=True)
class Roster:
    agents: tuple[Agent, ...] = ()
    teams: tuple[Team, ...] = ()
    version: int = 0

    def agent(self, agent_id: str) -> Agent | None:
        return next((a for a in self.agents if a.id == agent_id), None)

    def by_vendor_id(self, connection: str, vendor_id: str) -> Agent | None:
        """The agent a helpdesk knows by ``vendor_id``, None for somebody who is not on the roster."""
        return next((a for a in self.agents if vendor_id and a.ids.get(connection) == vendor_id), None)

    def by_chat(self, slack_id: str, email: str = "") -> Agent | None:
        """The agent with this Slack id, else with this e-mail address (case-blind)."""
        by_id = next((a for a in self.agents if slack_id and a.slack_id == slack_id), None)
        return by_id or next((a for a in self.agents if email and a.email.lower() == email.lower()), None)

    def team(self, team_id: str) -> Team | None:
        return next((t for t in self.teams if t.id == team_id), None)

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
