"""Tests of rules: tickets with what should become of them, run against a playbook before it is taken (domain.md §2)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from escalation.playbook import Playbook
from escalation.ports import Reader
from escalation.rehearsal import rehearse
from escalation.roster import Roster
from escalation.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket and what is expected, None and "" for nothing. ``rules`` are live rules that must fire, ``never`` must not.

    ``now`` is the moment at which it is judged, None for the present.
    """

    name: str
    ticket: Ticket
    escalate: bool | None = None
    rules: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    team: str = ""
    issue_type: str = ""
    path: str = ""
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """What came out otherwise than expected, in words."""

    case: str
    words: str


def run(playbook: Playbook, roster: Roster, reader: Reader, cases: Iterable[Case], now: datetime) -> tuple[Failure, ...]:
    """Every case that comes out otherwise than expected."""
    return tuple(
        Failure(case.name, words) for case in cases if (words := "; ".join(_differences(playbook, roster, reader, case, now)))
    )


def _differences(playbook: Playbook, roster: Roster, reader: Reader, case: Case, now: datetime) -> list[str]:
    found = rehearse(playbook, roster, reader, case.ticket, case.now or now)
    decision = found.decision
    fired = {verdict.rule: verdict.words for verdict in decision.fired()}
    told = {verdict.rule: verdict.words for verdict in decision.verdicts}
    words = [f"{rule} {told.get(rule, 'is no rule that is looked at')}" for rule in case.rules if rule not in fired]
    words += [f"{rule} fired: {fired[rule]}" for rule in case.never if rule in fired]
    if case.escalate is not None and case.escalate is not decision.escalate:
        words.append(f"escalated by {', '.join(fired)}" if decision.escalate else "did not escalate")
    if case.team and case.team != found.team:
        words.append(f"went to the team {found.team or 'of nobody'}, not {case.team}")
    if case.issue_type and case.issue_type != decision.issue_type:
        words.append(f"was taken for {decision.issue_type}, not {case.issue_type}")
    if case.path and case.path != decision.path:
        words.append(f"went along the path {decision.path or 'of nothing'}, not {case.path}")
    return words
