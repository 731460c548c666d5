"""Making a Freshdesk ticket for a conversation that was held elsewhere: https://developers.freshdesk.com/api/#create_ticket

Freshdesk has no key that makes a repeated call harmless: after an unclear try the customer's newest tickets are looked through
for the reference that is the last line of the text. It holds only what the customer said and was told: they can see it.
"""

from __future__ import annotations

from connectors.freshdesk.api import PER_PAGE, Api
from connectors.notes import is_marked, plain_html
from escalation.actions import NewTicket

_OPEN, _LOW = 2, 1  # status and priority are mandatory; rules and people raise the priority
_PORTAL = 2  # the source of a ticket that came neither by mail nor by phone


def create(api: Api, new: NewTicket, *, look_first: bool) -> str:
    """The id of the ticket with this key, made if there is none."""
    if look_first and (found := _made(api, new)):
        return found
    ticket = {
        "subject": new.subject,
        "description": plain_html(new.text),
        "email": new.email,
        "name": new.name or new.email,
        "status": _OPEN,
        "priority": _LOW,
        "source": _PORTAL,
    }
    return str(api.post("tickets", ticket)["id"])


def _made(api: Api, new: NewTicket) -> str:
    """Only the newest page: the try that is looked for was made minutes ago."""
    query = {"email": new.email, "include": "description", "order_by": "created_at", "order_type": "desc"}
    listed = api.page("tickets", per_page=str(PER_PAGE), **query)
    texts = ((str(one["id"]), f"{one.get('description_text')} {one.get('description')}") for one in listed if one.get("id"))
    return next((id for id, text in texts if is_marked(text, new.key)), "")
