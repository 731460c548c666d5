"""What changed in a Zendesk account, by its incremental export.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/ : for admins, ten calls a minute,
up to 1,000 tickets each, from a time at least a minute ago; it lists deleted tickets too.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from connectors.changes import changes
from connectors.zendesk.api import Api, objects
from escalation.ports import Changed, GiveUp, TryLater

PER_PAGE = 1000
_AGO = timedelta(seconds=61)


def changed(api: Api, since: datetime) -> Iterator[Changed]:
    start = min(since, datetime.now(UTC) - _AGO)
    asked: dict[str, object] = {"start_time": int(start.timestamp())}
    while True:
        page = api.get("incremental/tickets/cursor", per_page=PER_PAGE, **asked)
        there = (ticket for ticket in objects(page.get("tickets")) if ticket.get("status") != "deleted")
        yield from changes((ticket.get("id"), ticket.get("updated_at")) for ticket in there)
        after = page.get("after_cursor")
        if page.get("end_of_stream", True) or not after:
            return
        asked = {"cursor": after}


def problems(api: Api) -> tuple[str, ...]:
    """Why lost webhooks would not be noticed, with the remedy; one call."""
    try:
        next(changed(api, datetime.now(UTC)), None)
    except GiveUp as refused:
        return (f"{refused}. Lost webhooks are not noticed: only an admin's token may ask what has changed.",)
    except TryLater:
        return ()  # for the moment; everything else has just been answered
    return ()
