"""Zendesk's deliveries: the proof, the key, and which of the two wire forms a body has. Pure, no I/O.

``event``: an event subscription, body fixed by Zendesk.
https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
``trigger``: a trigger or automation, body written by an administrator; may be thin, or no JSON at all.
https://developer.zendesk.com/documentation/webhooks/anatomy-of-a-webhook-request/
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

from connectors.signatures import base64_sha256, require_fresh, require_match
from escalation.ports import Arrival, BadSignature, Inbound, Unreadable
from escalation.ticket import Ignored, TicketChange
from escalation.unread import by_address
from mappings.schema import Mapping

Payload = dict[str, Any]

SIGNATURE = "X-Zendesk-Webhook-Signature"
STAMP = "X-Zendesk-Webhook-Signature-Timestamp"
INVOCATION = "X-Zendesk-Webhook-Invocation-Id"

_LONGEST_KEY = 200
_HASH = "hash:"  # before a key that is made of the request, which carried none
_BROKEN = "A placeholder in the trigger's body that holds a quote or a line break breaks it: leave out titles and comments."
_THIN_BODY = '{"ticket_id":"{{ticket.id}}","event":"escalation_requested"}'


def verify(inbound: Inbound, secrets: tuple[str, ...], now: datetime) -> None:
    """Return if one of ``secrets`` signed the body not more than 5 minutes ago, else raise BadSignature.

    https://developer.zendesk.com/documentation/webhooks/verifying/ : base64(HMAC-SHA256(secret, timestamp + body)); every
    attempt is signed afresh, so the age is that of the attempt and never that of the event.
    """
    stamp = inbound.headers.get(STAMP.lower(), "")
    signed = stamp.encode("utf-8", "replace") + inbound.body
    given = inbound.headers.get(SIGNATURE.lower(), "").encode("ascii", "replace").decode()
    require_match(given, [base64_sha256(secret, signed) for secret in secrets], "Zendesk's signature")
    require_fresh(_stamp_time(stamp), now, "the signature's time")


def sign(body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that make a request with this body authentic at ``now``."""
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {SIGNATURE: base64_sha256(secret, stamp.encode() + body), STAMP: stamp}


def _stamp_time(stamp: str) -> datetime:
    try:
        at = datetime.fromisoformat(stamp)
    except ValueError:
        raise BadSignature("the signature's time is not a time") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def payload_of(inbound: Inbound) -> Payload:
    """The body as an object; a body that is none becomes a thin trigger when the address has ``?ticket_id=``.

    Raises Unreadable otherwise. An administrator's hand-written body breaks when a placeholder holds a quote or a line break.
    """
    return _payload(inbound, _object(inbound.body))


def _payload(inbound: Inbound, body: Payload | None) -> Payload:
    if body is not None and shape_of(body) == "event":
        return body
    asked = inbound.query.get("ticket_id", "").strip()
    if asked:
        return {**_thin(inbound, asked), **{key: value for key, value in (body or {}).items() if value not in (None, "")}}
    if body is not None:
        return body
    remedy = f"use the body {_THIN_BODY}, or add ?ticket_id={{{{ticket.id}}}} to the webhook's address"
    raise Unreadable("the body is not a JSON object and the address names no ticket", remedy=remedy)


def _thin(inbound: Inbound, ticket_id: str) -> Payload:
    told = inbound.query.get("event", "").strip()
    guessed = "escalation_requested" if b"escalation_requested" in inbound.body else "updated"
    return {"ticket_id": ticket_id, "event": told or guessed}


def _object(body: bytes) -> Payload | None:
    try:
        found = _JSON.decode(body.decode(json.detect_encoding(body), "surrogatepass"))
        if b"\\u0000" in body or b"\\ud" in body.lower():
            found = _storable(found)
    except (ValueError, RecursionError):  # not JSON, not UTF, a number too long, nested without end
        return None
    return found if isinstance(found, dict) else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


_JSON = json.JSONDecoder(parse_constant=_refuse)  # made once: json.loads makes one each time it is asked for something special


def _storable(value: Any) -> Any:
    """The same data without NUL characters and half surrogates, which PostgreSQL refuses in JSON and text."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    return value


def shape_of(body: Payload) -> str:
    """The mapping's shape for a body: ``event`` for Zendesk's own envelope, ``trigger`` for what an administrator wrote."""
    event = body.get("type")
    return "event" if isinstance(event, str) and event.lower().startswith("zen:event-type:") else "trigger"


def arrival(inbound: Inbound, mapping: Mapping) -> Arrival:
    """Key, ticket and event name. One event sent by two webhooks has one ``id``, so events are known by it; trigger bodies
    have no id of their own and are known by the invocation, which all attempts share."""
    body = payload_of(inbound)
    shape = shape_of(body)
    key = _key(inbound, body, shape)
    return Arrival(key, mapping.ticket_id(shape, body), mapping.event(shape, body), derived=key.startswith(_HASH))


def _key(inbound: Inbound, body: Payload, shape: str) -> str:
    invocation = inbound.headers.get(INVOCATION.lower(), "")
    told = body.get("id") if shape == "event" else invocation
    if isinstance(told, str | int) and not isinstance(told, bool) and str(told).strip():
        return f"{'event' if shape == 'event' else 'invocation'}:{told}"[:_LONGEST_KEY]
    if invocation:
        return f"invocation:{invocation}"[:_LONGEST_KEY]
    stamp = inbound.headers.get(STAMP.lower(), "")
    return f"{_HASH}{hashlib.sha256(inbound.body + stamp.encode('utf-8', 'replace')).hexdigest()}"


def change(inbound: Inbound, mapping: Mapping, connection: str) -> TicketChange | Ignored:
    """What the delivery means for a ticket; events about users, organisations and the like are Ignored with the reason."""
    told = _object(inbound.body)
    body = _payload(inbound, told)
    became = mapping.change(shape_of(body), body, connection)
    if told is not None or isinstance(became, Ignored):
        return became
    return by_address(became, inbound, _BROKEN)
