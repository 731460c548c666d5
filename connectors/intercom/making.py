"""Making an Intercom conversation for one that was held elsewhere: the contact's first message, as the API begins them.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io/conversations/createconversation (no HTML, no key that
makes a repeated call harmless). After an unclear try the contact's conversations are searched for the reference that is the last
line of the text; the search lags behind writes, so that try is not repeated before it can be seen.
"""

from __future__ import annotations

import html
from datetime import timedelta

from connectors.intercom.api import Api, Body
from connectors.intercom.reading import listed
from connectors.notes import is_marked
from escalation.actions import NewTicket
from escalation.ports import GiveUp, TryLater

_SEARCH_LAGS = timedelta(minutes=2)
_MOST = 150  # conversations of one contact looked through
_ROLES = ("user", "lead")


def create(api: Api, new: NewTicket, *, look_first: bool) -> str:
    """The id of the conversation with this key, made if there is none."""
    contact = _known(api, new.email)
    if contact and look_first and (found := _made(api, contact, new.key)):
        return found
    contact = contact or api.call("POST", ("contacts",), {"role": "user", "email": new.email, "name": new.name or None})
    role = str(contact.get("role") or "user")
    asked = {"from": {"type": role if role in _ROLES else "contact", "id": str(contact.get("id"))}, "body": new.text}
    try:
        id = api.call("POST", ("conversations",), asked).get("conversation_id")
    except TryLater as late:
        if late.unclear:
            late.wait = max(late.wait or _SEARCH_LAGS, _SEARCH_LAGS)
        raise
    if not id:
        raise GiveUp(f"{api.name}: Intercom answered without the new conversation")
    return str(id)


def _known(api: Api, email: str) -> Body | None:
    query = {"query": {"field": "email", "operator": "=", "value": email}, "pagination": {"per_page": 5}}
    found = listed(api.call("POST", ("contacts", "search"), query), "data")
    users = [one for one in found if one.get("role") == "user"]
    return next(iter([*users, *found]), None)


def _made(api: Api, contact: Body, key: str) -> str:
    query = {
        "query": {"field": "contact_ids", "operator": "=", "value": str(contact.get("id"))},
        "pagination": {"per_page": _MOST},
    }
    items = listed(api.call("POST", ("conversations", "search"), query), "conversations")
    texts = ((str(one.get("id")), (one.get("source") or {}).get("body")) for one in items)
    return next((id for id, text in texts if is_marked(html.unescape(str(text)), key)), "")
