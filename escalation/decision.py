"""What was decided and why, as data that is kept for ever (architecture.md rule 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from escalation.playbook import Mode, Severity
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
class Candidate:
    """One agent looked at for a handoff. Excluded ones have ``excluded`` in words and score 0; ``parts`` add up to the score."""

    agent: str
    name: str
    score: float
    parts: Mapping[str, float] = field(default_factory=dict)
    excluded: str = ""
    words: str = ""  # "skill billing 4/5, 1 of 5 open, speaks en"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a handoff goes: the team, and every agent looked at, best first, excluded last."""

    team: str
    issue_type: str
    candidates: tuple[Candidate, ...]
    words: str  # why this team, and what happened if nobody is available
    roster_version: int = 0

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

    def fired(self) -> tuple[Verdict, ...]:
        """Live rules that fired."""
        return tuple(v for v in self.verdicts if v.fired and v.mode is Mode.LIVE)
