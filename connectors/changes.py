"""What a helpdesk lists as changed, as the core wants it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from escalation.ports import Changed
from mappings.paths import WrongType
from mappings.values import to_time


def changes(listed: Iterable[tuple[object, object]]) -> Iterator[Changed]:
    """The tickets of a list, told as (id, time of the change); an entry without either must not hide the others."""
    for ticket_id, at in listed:
        try:
            when = to_time(at)
        except WrongType:
            continue
        if ticket_id and when:
            yield Changed(str(ticket_id), when)
