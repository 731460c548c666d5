"""What was decided and why, as data that is kept for ever (architecture.md rule 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime, timedelta

from escalation.playbook import Aim, Level, Mode, Severity, Weights
from escalation.roster import Load
from escalation.signals import Signal


@dataclass(frozen=True, slots=True)
class Seen:
    """One condition with the value it saw; a group has ``op`` all/any/none and ``parts``. ``words`` says it to an admin."""

    field: str
    op: str
    wanted: object
    value: object
    held: bool
    words: str
    parts: tuple[Seen, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """One rule looked at: fired or not, with everything it saw."""

    rule: str
    title: str
    mode: Mode
    fired: bool
    severity: Severity
    path: str
    team: str
    issue_type: str
    seen: tuple[Seen, ...]
    words: str  # "Priority is urgent: priority changed to urgent (was normal)"


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a tree with its answer, and what every condition saw."""

    question: str
    held: bool
    words: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class Branch:
    """The way through the tree of an issue type, and where it leads; ``taken`` False where the rule itself says more."""

    tree: str  # the issue type
    asked: tuple[Asked, ...]
    aim: Aim
    taken: bool
    words: str  # "billing → A large sum? yes (…) → team finance, path lead_first"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One agent looked at for a handoff. Excluded ones have ``excluded`` in words and score 0; ``parts`` add up to the score."""

    agent: str
    name: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    excluded: str = ""
    words: str = ""  # "skill billing 4/5, 1 of 5 open, speaks en"


@dataclass(frozen=True, slots=True)
class RouteInputs:
    """All that went into a route beside the roster; of people outside its pool nothing. ``routing.replay`` needs no more."""

    at: datetime
    level: Level
    connection: str = ""
    language: str = ""  # as the ticket or the customer has it
    customer_tier: str = ""
    loads: Mapping[str, Load] = field(default_factory=dict)  # agents without a line have nothing on the desk
    exclude: Mapping[str, str] = field(default_factory=dict)
    away: Mapping[str, str] = field(default_factory=dict)
    known: tuple[str, ...] = ()
    weights: Weights = field(default_factory=Weights)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a handoff goes: the team, and every agent of its pool, best first, excluded last, then people outside it."""

    team: str
    issue_type: str
    candidates: tuple[Candidate, ...]
    words: str  # why this team, and what happened if nobody is available
    roster_version: int = 0
    playbook_version: int = 0  # whose weights were used
    others: str = ""  # people outside the pool who are too many to be listed, in one sentence
    inputs: RouteInputs | None = None  # None: kept before there were any

    def available(self) -> tuple[Candidate, ...]:
        return tuple(c for c in self.candidates if not c.excluded)


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a ticket needs somebody else, from every rule of one playbook version and the signals they saw."""

    escalate: bool
    verdicts: tuple[Verdict, ...]
    signals: tuple[Signal, ...] = ()
    severity: Severity = Severity.NORMAL
    path: str = ""
    team: str = ""
    issue_type: str = ""
    reasons: tuple[str, ...] = ()
    playbook_version: int = 0
    skills: tuple[str, ...] = ()  # that a tree asks for besides the issue type's
    branch: Branch | None = None
    over: str = ""  # the ticket's status where that alone keeps rules that fired from escalating
    cooling: Mapping[str, datetime] = field(default_factory=dict)  # rule that fired and is kept back → when that ends

    def fired(self) -> tuple[Verdict, ...]:
        """Live rules that fired."""
        return tuple(v for v in self.verdicts if v.fired and v.mode is Mode.LIVE)


def as_data(value: object) -> object:
    """A dataclass of the core as JSON can hold it, in the form from which it is built again: spans as seconds."""
    if is_dataclass(value):
        return {one.name: as_data(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: as_data(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [as_data(part) for part in value]
    if isinstance(value, timedelta):
        return value.total_seconds()
    return value.isoformat() if isinstance(value, datetime) else value
