"""What changed in a Freshdesk account, by its list of tickets.

https://developers.freshdesk.com/api/#list_all_tickets : 100 a page, at most 300 pages; neither deleted tickets nor spam.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from connectors.changes import changes
from connectors.freshdesk.api import Api
from escalation.ports import Changed

PER_PAGE, _MOST_PAGES = 100, 300


def changed(api: Api, since: datetime) -> Iterator[Changed]:
    asked = {"updated_since": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), "order_by": "updated_at", "order_type": "asc"}
    for number in range(1, _MOST_PAGES + 1):
        page = api.page("tickets", per_page=str(PER_PAGE), page=str(number), **asked)
        yield from changes((ticket.get("id"), ticket.get("updated_at")) for ticket in page)
        if len(page) < PER_PAGE:
            return
