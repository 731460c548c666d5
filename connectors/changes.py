"""What a helpdesk lists as changed, as the core wants it."""

from __future__ import annotations

from escalation.ports import Changed
from mappings.paths import WrongType
from mappings.values import to_time


def change(ticket_id: object, at: object) -> Changed | None:
    """One ticket of a list; None for an entry without id or time, which must not hide the others."""
    try:
        when = to_time(at)
    except WrongType:
        return None
    return Changed(str(ticket_id), when) if ticket_id and when else None
