"""A change, the ticket before and after, the playbook → one Decision with every rule's verdict (domain.md §2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from escalation.decision import Decision, Verdict
from escalation.playbook import Mode, Playbook, Severity
from escalation.rules import evaluate, facts, issue_type_of
from escalation.signals import Signal
from escalation.ticket import Ticket, TicketChange


def decide(
    playbook: Playbook,
    ticket: Ticket,
    before: Ticket | None,
    changes: tuple[TicketChange, ...],
    signals: tuple[Signal, ...],
    now: datetime,
) -> Decision:
    """Whether the ticket needs somebody else now. ``before``: the ticket when the rules last looked, None the first time.

    The weightiest rule that fired gives path and team; every fired rule gives a reason. A ticket that is over never escalates.
    """
    issue_type = ticket.issue_type or issue_type_of(ticket, playbook.issue_words)[0]
    seen = replace(ticket, issue_type=issue_type)
    verdicts = evaluate(playbook, facts(seen, before, changes, signals, now))
    fired = [v for v in verdicts if v.fired and v.mode is Mode.LIVE]
    if not fired or ticket.status.is_over:
        return Decision(False, verdicts, signals, issue_type=issue_type, playbook_version=playbook.version)
    first = max(fired, key=lambda v: v.severity.rank)  # max keeps the earliest rule of equal weight
    return Decision(
        escalate=True,
        verdicts=verdicts,
        signals=signals,
        severity=Severity(first.severity),
        path=first.path,
        team=_first(fired, "team", first.team),
        issue_type=_first(fired, "issue_type", first.issue_type) or issue_type,
        reasons=tuple(v.words for v in fired),
        playbook_version=playbook.version,
    )


def _first(fired: list[Verdict], name: str, own: str) -> str:
    """The weightiest rule's own word, else the first that any fired rule gives."""
    return own or next((value for v in fired if (value := getattr(v, name))), "")
