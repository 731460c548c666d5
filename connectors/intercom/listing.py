"""What changed in an Intercom workspace, by its searches for conversations and for tickets.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/searchconversations : at most 150 a page;
``>`` is greater or equal for times; the search lags some minutes behind.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from connectors.changes import changes
from connectors.intercom.api import Api, Body
from connectors.intercom.inbound import TICKET
from connectors.intercom.reading import listed
from escalation.ports import Changed

PER_PAGE = 150


def changed(api: Api, since: datetime) -> Iterator[Changed]:
    """As the port says, read whole: no page of Intercom's promises that searches keep the order they are asked for."""
    kinds = (_found(api, "conversations", "", since), _found(api, "tickets", TICKET, since))
    yield from sorted(chain.from_iterable(kinds), key=lambda one: one.at)


def _found(api: Api, kind: str, prefix: str, since: datetime) -> Iterator[Changed]:
    pages: Body = {"per_page": PER_PAGE}
    later = {"field": "updated_at", "operator": ">", "value": int(since.timestamp())}
    order = {"field": "updated_at", "order": "ascending"}
    while True:
        answer = api.call("POST", (kind, "search"), {"query": later, "sort": order, "pagination": pages})
        items = listed(answer, kind)
        yield from changes((f"{prefix}{one['id']}", one.get("updated_at")) for one in items if one.get("id"))
        after = _next(answer)
        if not after:
            return
        pages = {"per_page": PER_PAGE, "starting_after": after}


def _next(answer: Body) -> str:
    """Where the next page begins, "" after the last."""
    pages = answer.get("pages")
    following = pages.get("next") if isinstance(pages, dict) else None
    return str(following.get("starting_after") or "") if isinstance(following, dict) else ""
