"""Making a Zendesk ticket for a conversation that was held elsewhere: one POST, which Zendesk itself does only once per key.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#create-ticket (idempotency: "Idempotency-Key", kept for
two hours; beyond that the ticket is found by its external id: "List Tickets", ``external_id``).
The first comment is public, as of any ticket an agent opens for a customer; it holds only what they said and were told.
"""

from __future__ import annotations

from connectors.zendesk.api import Api, objects
from escalation.actions import NewTicket
from escalation.ports import GiveUp


def create(api: Api, new: NewTicket, *, look_first: bool) -> str:
    """The id of the ticket with this key, made if there is none."""
    if look_first and (found := _made(api, new.key)):
        return found
    ticket = {
        "subject": new.subject,
        "comment": {"body": new.text, "public": True},
        "requester": {"email": new.email, "name": new.name or new.email},
        "external_id": new.key,
        "metadata": {"baton": new.key},
    }
    answer = api.create(ticket, new.key).get("ticket")
    id = answer.get("id") if isinstance(answer, dict) else None
    if id is None:
        raise GiveUp(f"{api.name}: Zendesk answered without the new ticket; is the account's URL right?")
    return str(id)


def _made(api: Api, key: str) -> str:
    found = objects(api.get("tickets.json", external_id=key).get("tickets"))
    return next((str(one["id"]) for one in found if one.get("external_id") == key and one.get("id") is not None), "")
