"""The priority that an escalation asks of its ticket, where the playbook says ``write_priority``."""

from __future__ import annotations

from escalation.journal import Case
from escalation.playbook import Playbook, Severity
from escalation.ticket import Priority

_WANTED = {Severity.HIGH: Priority.HIGH, Severity.CRITICAL: Priority.URGENT}


def raised(case: Case, playbook: Playbook) -> Priority | None:
    """The priority to write: what the severity asks for, never lower than the ticket's own; None for none."""
    if not playbook.write_priority or case.escalation is None or case.ticket is None:
        return None
    wanted = _WANTED.get(Severity(case.escalation.severity), Priority.UNKNOWN)
    return wanted if wanted.rank > case.ticket.priority.rank else None
