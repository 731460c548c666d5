"""Intercom notifications: proof, idempotency key, and what they mean for a ticket. No I/O.

Envelope, topics and signature: https://developers.intercom.com/docs/webhooks and .../references/webhooks/webhook-models
A ``Ticket.id`` is the conversation's id, or ``ticket-<id>`` for a ticket: Intercom has an API path for each, and nothing
else in Baton needs to know the difference.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from config.connections import Connection
from connectors.coverage import covered
from connectors.notes import mark
from connectors.signatures import hex_sha1, require_fresh, require_match
from escalation.ports import Arrival, Inbound, Unreadable
from escalation.ticket import ChangeKind, Ignored, Message, Person, Ticket, TicketChange
from escalation.unread import by_address
from mappings.schema import Mapping as Words

Body = dict[str, Any]  # JSON of the vendor; nothing typed so leaves this folder

OLDEST = timedelta(hours=24)  # the signature covers no time, so created_at is all there is against a replay
TICKET = "ticket-"
_LONGEST_SUBJECT = 100
_ID = re.compile(r"(ticket-)?([1-9][0-9]{0,24}|[0-9a-f]{24})", re.ASCII)
_KEY = re.compile(r"[\w:.-]{1,200}", re.ASCII)
_THIN_EVENTS = {"escalate": ChangeKind.ESCALATION_REQUESTED, "escalation_requested": ChangeKind.ESCALATION_REQUESTED}
# The topics of a conversation whose act is its newest part (or its first message), and how the type of that part begins. With
# any other topic or part the newest one comes along all the same, whoever wrote it: neither act nor actor is that part's.
_OWN_PART: Mapping[str, str] = dict.fromkeys(
    (
        "conversation.user.created", "conversation.user.replied", "conversation.operator.replied",
        "conversation.admin.single.created", "conversation.admin.replied", "conversation.admin.noted",
        "conversation.admin.assigned", "conversation.admin.open.assigned", "conversation.admin.closed",
        "conversation.admin.opened", "conversation.admin.snoozed", "conversation.admin.unsnoozed",
        "conversation.priority.updated",
    ),
    "",
) | {
    "conversation.rating.added": "conversation_rating",
    "conversation.contact.attached": "participant_added",
    "conversation.contact.detached": "participant_removed",
}  # fmt: skip
_WITH_NEWEST_PART = ("conversation", "conversation_v1")  # shapes
_NO_JSON = "Check what the address in the Developer Hub is called by; Intercom itself sends JSON objects."
_APPS = {"api.eu.intercom.io": "app.eu.intercom.com", "api.au.intercom.io": "app.au.intercom.com"}


# Authenticity


def verify(inbound: Inbound, secrets: tuple[str, ...], now: datetime) -> None:
    """Return if one of the app's client secrets signed the body and it is younger than a day, else raise BadSignature."""
    given = inbound.headers.get("x-hub-signature", "").strip().lower()
    require_match(given, (f"sha1={hex_sha1(secret, inbound.body)}" for secret in secrets), "X-Hub-Signature")
    created_at = _created_at(inbound.body)
    if created_at is not None:
        require_fresh(created_at, now, "the age of the notification: its created_at", OLDEST)


def sign(body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """Headers that make ``body`` authentic; ``now`` is not signed, see ``restamp``."""
    return {"Content-Type": "application/json", "X-Hub-Signature": f"sha1={hex_sha1(secret, body)}"}


def restamp(payload: Body, now: datetime) -> Body:
    """The same notification as if sent at ``now``, so that a recorded one is young enough for ``verify``."""
    seconds = int(now.timestamp())
    return {**payload, "created_at": seconds, "first_sent_at": seconds}


def _created_at(body: bytes) -> datetime | None:
    try:
        seconds = json.loads(body)["created_at"]
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, TypeError, LookupError, OverflowError, OSError, RecursionError):
        return None  # authentic all the same; what it says is judged later


# Reading


def payload_of(inbound: Inbound) -> Body | None:
    """The notification; None when it is no JSON object and the query names the ticket."""
    try:
        return _object(inbound.body)
    except Unreadable:
        if is_id(inbound.query.get("ticket_id", "")):
            return None
        raise


def _object(body: bytes) -> Body:
    try:
        payload = json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON", remedy=_NO_JSON) from None
    if not isinstance(payload, dict):
        raise Unreadable("the body is not a JSON object", remedy=_NO_JSON)
    return payload


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def shape_of(payload: Mapping[str, Any]) -> str:
    """Which shape of the mapping a notification has, told from its item and only then from its topic."""
    topic = str(payload.get("topic") or "")
    item = _item(payload)
    for shape, is_so in _SHAPES:
        if is_so(item, topic):
            return shape
    return "other"


def _item(payload: Mapping[str, Any]) -> Body:
    data = payload.get("data")
    item = data.get("item") if isinstance(data, dict) else None
    return item if isinstance(item, dict) else {}


# In this order: 2.x conversations also have a key ``ticket``, and ``user_tag`` items a key ``user``.
_SHAPES: tuple[tuple[str, Callable[[Body, str], bool]], ...] = (
    ("deleted", lambda item, topic: topic in ("conversation.deleted", "ticket.deleted")),
    ("deleted", lambda item, topic: "conversation_id" in item and "id" not in item),
    ("ticket_part", lambda item, topic: item.get("type") == "ticket_ticket_part" or "ticket_part" in item),
    ("tagged", lambda item, topic: isinstance(item.get("conversation"), dict)),
    ("conversation_v1", lambda item, topic: item.get("type") == "conversation" and "conversation_message" in item),
    ("conversation_v1", lambda item, topic: item.get("type") == "conversation" and isinstance(item.get("user"), dict)),
    ("conversation", lambda item, topic: item.get("type") == "conversation" or topic.startswith("conversation")),
    ("ticket", lambda item, topic: item.get("type") == "ticket" or topic.startswith("ticket.")),
)


def arrival(inbound: Inbound, words: Words) -> Arrival:
    """Key (Intercom's notification id, else a hash of the request), ticket id and topic; Unreadable for what is not JSON."""
    payload = payload_of(inbound)
    if payload is None:
        return Arrival(_hash(inbound), inbound.query["ticket_id"], _thin_event(inbound), derived=True)
    shape = shape_of(payload)
    ticket_id = words.ticket_id(shape, payload)
    key = payload.get("id")
    given = key if isinstance(key, str) and _KEY.fullmatch(key) else ""
    about = (ticket_id if is_id(ticket_id) else "", words.event(shape, payload))
    return Arrival(given or _hash(inbound), *about, derived=not given)


def _thin_event(inbound: Inbound) -> str:
    event = inbound.query.get("event", "")
    return event if _KEY.fullmatch(event) else "thin"


def _hash(inbound: Inbound) -> str:
    """A key for what carries no id (``ping`` has null): its bytes and its query."""
    query = json.dumps(sorted(inbound.query.items())).encode()
    return "sha256:" + hashlib.sha256(query + b"\n" + inbound.body).hexdigest()


def change(inbound: Inbound, words: Words, connection: Connection) -> TicketChange | Ignored:
    """What the notification means, through the mapping; Unreadable with the path when it names no usable ticket."""
    payload = payload_of(inbound)
    if payload is None:
        event = _thin_event(inbound)
        kind = _THIN_EVENTS.get(event.lower(), ChangeKind.UPDATED)
        return by_address(TicketChange(connection.id, inbound.query["ticket_id"], kind, event), inbound, _NO_JSON)
    shape = shape_of(payload)
    told = words.change(shape, payload, connection.id)
    if isinstance(told, Ignored):
        return told
    if shape in _WITH_NEWEST_PART and not _is_of_newest_part(told.event, _item(payload)):
        told = _without_part(told)
    return _tidied(told, connection, str(payload.get("app_id") or ""))


def _is_of_newest_part(topic: str, item: Body) -> bool:
    begins, parts = _OWN_PART.get(topic.lower()), item.get("conversation_parts")
    shown = parts.get("conversation_parts") if isinstance(parts, dict) else None
    newest = shown[-1] if isinstance(shown, list) and shown and isinstance(shown[-1], dict) else {}
    return begins is not None and str(newest.get("part_type") or "").startswith(begins)


def _without_part(told: TicketChange) -> TicketChange:
    """A change that is not the newest part's: no act that a read has covered, nobody's, and not ours if that is our note."""
    ours = told.message is not None and is_our_note(told.message)
    return replace(told, action_id="", actor=Person(), message=None if ours else told.message)


def _tidied(told: TicketChange, connection: Connection, app_id: str) -> TicketChange:
    if not is_id(told.ticket_id):
        remedy = "Replay it after the mapping's ticket_id points at the id."
        raise Unreadable("the ticket id is not one of Intercom's", path="data.item.id", remedy=remedy)
    fields = dict(told.fields)
    if "subject" in fields:
        fields["subject"] = short_subject(str(fields["subject"]))
    if url := url_of(connection, app_id, told.ticket_id):
        fields.setdefault("url", url)
    return replace(told, fields=fields, message=_worth_keeping(told.message))


def _worth_keeping(message: Message | None) -> Message | None:
    """Parts such as a plain assignment have no body: they are events, not messages."""
    return message if message and (message.text.strip() or message.attachments) else None


def is_id(ticket_id: str) -> bool:
    """Whether this is the id of a conversation or, with our prefix, of a ticket."""
    return _ID.fullmatch(ticket_id) is not None


def short_subject(text: str) -> str:
    """The first line, at most 100 characters: chats have no subject, so the mapping may give the whole first message."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _LONGEST_SUBJECT else line[: _LONGEST_SUBJECT - 1].rstrip() + "…"


def url_of(connection: Connection, app_id: str, ticket_id: str) -> str:
    """The page of a conversation or ticket for people; "" while the workspace's ``app_id`` is unknown."""
    if connection.sandbox:
        return f"{connection.url.rstrip('/')}/tickets-page/{ticket_id}"
    if not _KEY.fullmatch(app_id):
        return ""
    host = connection.url.split("//")[-1].split("/")[0].lower()
    app = _APPS.get(host, "app.intercom.com")
    return f"https://{app}/a/apps/{app_id}/conversations/{ticket_id.removeprefix(TICKET)}"


# Judging


def needs_read(told: TicketChange, ticket: Ticket | None) -> bool:
    """A conversation once read is kept up by its notifications, each a snapshot with the newest message; else it is read."""
    if told.kind in (ChangeKind.OTHER, ChangeKind.DELETED):
        return False
    if told.kind is ChangeKind.UPDATED:
        return True  # what was redacted stands anywhere in the thread, and a snapshot of its end proves nothing
    snapshot = told.complete and told.kind is not ChangeKind.FIELD_CHANGED  # people and companies are not shown by it
    if snapshot and ticket is not None and "messages" in ticket.known | set(ticket.missing):
        return False
    return not covered(told, ticket)


def is_own(told: TicketChange, our_id: str) -> bool:
    """True when our integration admin did it, or the newest note ends with the reference line of our notes."""
    if our_id and told.actor.id == our_id:
        return True
    return told.message is not None and is_our_note(told.message)


def is_our_note(message: Message) -> bool:
    """Whether an internal note ends with the reference line of our notes."""
    text = message.text.strip() if not message.public else ""
    return bool(text) and text.splitlines()[-1].strip().startswith(mark(""))
