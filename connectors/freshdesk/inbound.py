"""Freshdesk automation webhooks: proof, idempotency key, and what they mean for a ticket. No I/O.

A webhook is the action of an automation rule that an administrator writes ("Trigger Webhook"), so its body is either the
"Simple" one, ``{"freshdesk_webhook": {"ticket_id": …, "ticket_status": …}}``, or whatever was written with placeholders:
https://support.freshdesk.com/support/solutions/articles/132589-using-webhooks-in-automation-rules
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl

from config.connections import Connection
from connectors.coverage import covered
from connectors.freshdesk.triggered import Happened, from_object, leading, parse
from connectors.notes import mark
from connectors.signatures import require_match
from escalation.ports import Arrival, Inbound, Unreadable
from escalation.ticket import ChangeKind, Group, Ignored, Person, Ticket, TicketChange
from escalation.unread import by_address
from mappings.schema import Mapping as Words

Body = dict[str, Any]  # JSON of the vendor; nothing typed so leaves this folder

SHAPE = "automation"
RECEIVED = "x-baton-received"  # when the web layer took the request in, ISO 8601 UTC
UNSPECIFIED = "ticket_update"  # the event name of a body without {{triggered_event}}
WINDOW_S = 60
_OF_WEBHOOK = "webhook:"  # before the id of a message that only a webhook told
_ONCE = "ticket_action:create"  # happens once to a ticket
_WRAPPER = "freshdesk_webhook"
_STAMPS = ("updated", "updated_at", "ticket_updated_at", "ticket_modified_on")
_NAMES = ("ticket_contact_name", "ticket_requester_name", "requester_name")
_EMAILS = ("ticket_contact_email", "ticket_requester_email", "requester_email")
_DEEPEST = 60
_LONGEST_ID = 20
# Placeholders also give "March 23 2016 at 10:06 AM" in the account's own zone: enough for a key, not for a time. Nor is a
# whole minute: what happened in it would count as seen by any read of that minute.
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*(Z|UTC|[+-]\d\d:?\d\d)$")
_UNSTORABLE = re.compile("[\ud800-\udfff]")
_IN_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_REMEDY = (
    "In the rule's webhook choose JSON and the Simple content, or a body without free text: "
    '{"freshdesk_webhook": {"ticket_id": "{{ticket.id}}", "triggered_event": "{{triggered_event}}"}}; '
    "or add ?ticket_id={{ticket.id}} to the address, which is then enough."
)
# A property that became empty, and what that means in our words; the mapping cannot tell "empty" from "not mentioned".
_EMPTY: dict[str, tuple[str, object]] = {"responder_id": ("assignee", Person()), "group_id": ("group", Group())}


_IDS: dict[str, Callable[[Any], str]] = {
    "assignee": attrgetter("id"),
    "requester": attrgetter("id"),
    "group": attrgetter("id"),
    "customer": attrgetter("organization.id"),
}


# Authenticity


def verify(inbound: Inbound, secrets: tuple[str, ...], now: datetime) -> None:
    """Return if a token of the connection came as ``X-Webhook-Token`` or basic-auth password, else raise BadSignature.

    Freshdesk signs nothing and sends no time: the token proves who knows the address, not what the body says. That is why
    the ticket is read back before anything is decided.
    """
    given = inbound.headers.get("x-webhook-token", "") or _password(inbound.headers.get("authorization", ""))
    require_match(_UNSTORABLE.sub("", given), secrets, "X-Webhook-Token (or the password of basic auth)")


def sign(body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """Headers that make ``body`` authentic; Freshdesk has no signature, so neither body nor time matters."""
    return {"Content-Type": "application/json", "X-Webhook-Token": secret}


def _password(authorization: str) -> str:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except ValueError:  # not base64, not UTF-8
        return ""


# Reading


def payload_of(inbound: Inbound) -> Body:
    """The request as ``{"freshdesk_webhook": {…}, "_event": {…}}``, whatever form it had; Unreadable names the remedy.

    A body that pasted-in placeholders have broken is replaced by the query's ``ticket_id`` (and ``event``), if it is there.
    """
    return _payload(inbound)[0]


def _payload(inbound: Inbound) -> tuple[Body, bool]:
    """The same, and whether the body could be read."""
    told, whole = {}, True
    try:
        told = _told(inbound)
    except Unreadable:
        whole = False
        if not _is_id(inbound.query.get("ticket_id")):
            raise
    if not _is_id(told.get("ticket_id")) and _is_id(inbound.query.get("ticket_id")):
        told |= {"ticket_id": inbound.query["ticket_id"]}
    for name in ("event", "triggered_event"):
        if name in inbound.query:
            told.setdefault(name, _clean(inbound.query[name], 1))
    return with_event({_WRAPPER: told}), whole


def with_event(payload: Mapping[str, Any]) -> Body:
    """A webhook body with ``_event`` and ``_custom`` beside it: what the mapping could not address in the body itself.

    ``_event``: ``name`` (see ``triggered.leading``), ``from`` and ``to`` (property → value as text, null where empty), ``at``
    (the stamp, if it is one with a zone) and, if a comment came along, ``message`` with id, author, email, role, html, public.
    ``_custom``: custom fields by their API name.
    """
    told = payload.get(_WRAPPER)
    told = told if isinstance(told, dict) else {}
    events = _events(told.get("triggered_event"))
    explicit = told.get("event") if isinstance(told.get("event"), str) else ""
    event: Body = {
        "name": explicit or leading(events) or UNSPECIFIED,
        "at": next((stamp for stamp in _stamps(told) if _ISO.match(stamp)), None),
        "from": {one.name: one.before or None for one in events if one.before is not None},
        "to": {one.name: one.value or None for one in events},
    }
    custom = {name.removeprefix("ticket_"): value for name, value in told.items() if name.startswith(("ticket_cf_", "cf_"))}
    custom |= {name: value for name, value in event["to"].items() if name.startswith("cf_")}
    return {**payload, "_event": event | _message(told, events), "_custom": custom}


def shape_of(payload: Mapping[str, Any]) -> str:
    """There is one shape: Simple, thin and flat bodies are brought to it by ``payload_of``."""
    return SHAPE


def _is_id(value: Any) -> bool:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text.isascii() and text.isdecimal() and len(text) <= _LONGEST_ID


def _told(inbound: Inbound) -> Body:
    """The ticket's keys, out of the wrapper if there is one."""
    kind = inbound.headers.get("content-type", "").lower()
    body = _form(inbound.body) if "form-urlencoded" in kind else _json(inbound.body)
    inner = body.get(_WRAPPER, body)
    if not isinstance(inner, dict):
        raise Unreadable("there are no ticket keys", path=_WRAPPER, remedy=_REMEDY)
    return dict(_clean(inner, _DEEPEST))


def _json(body: bytes) -> Body:
    try:
        # strict=False: Freshdesk pastes line breaks and tabs of placeholders into JSON strings as they are.
        found = json.loads(body.decode("utf-8-sig", errors="replace"), strict=False, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Unreadable("the body is not JSON", remedy=_REMEDY) from None
    if not isinstance(found, dict):
        raise Unreadable("the body is not a JSON object", remedy=_REMEDY)
    return found


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not JSON")


def _form(body: bytes) -> Body:
    """``freshdesk_webhook[ticket_id]=7&…`` (the rule's encoding X-FORM-URLENCODED), or the same keys without the wrapper."""
    try:
        pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True, max_num_fields=500)
    except ValueError:
        raise Unreadable("the form has too many fields", remedy=_REMEDY) from None
    return {(_IN_BRACKETS.findall(name) or [name])[-1]: value for name, value in pairs}


def _clean(value: Any, depth: int) -> Any:
    """Without NUL and halves of characters, which PostgreSQL cannot store."""
    if depth == 0:
        raise Unreadable(f"the body is nested deeper than {_DEEPEST} levels", remedy=_REMEDY)
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value.replace("\x00", ""))
    if isinstance(value, list):
        return [_clean(one, depth - 1) for one in value]
    if isinstance(value, dict):
        return {_clean(key, depth - 1): _clean(one, depth - 1) for key, one in value.items()}
    return value


def _stamps(told: Body) -> list[str]:
    return [told[name].strip() for name in _STAMPS if isinstance(told.get(name), str) and told[name].strip()]


def _events(told: Any) -> tuple[Happened, ...]:
    if isinstance(told, dict):
        return from_object(told)
    return parse(told) if isinstance(told, str) else ()


def _message(told: Body, events: tuple[Happened, ...]) -> Body:
    """What was said, if the body carries it: the description of a new ticket, or the comment a reply or note event is about."""
    names = {one.name: one.value or "" for one in events}
    if names.get("ticket_action", "").startswith("create"):
        return _entry("description", told.get("ticket_description"), told, _requester(told), "customer")
    if not names.keys() & {"note_type", "reply_sent"}:
        return {}
    public = names.get("note_type") != "private"
    found = told.get("ticket_latest_public_comment" if public else "ticket_latest_private_comment")
    text = found if isinstance(found, str) else ""
    # "Ada Lindqvist : <div>…</div>", without an id: this one holds until the thread is read, with its real ids.
    author, colon, html = text.partition(" : ")
    author, html = (author.strip(), html) if colon and "<" not in author else ("", text)
    id = _OF_WEBHOOK + hashlib.sha256(text.encode()).hexdigest()[:16]
    return _entry(id, html, told, author, _role(author, told, public), public)


def is_of_webhook(id: str) -> bool:
    """Whether a message's id stands for one that only a webhook told."""
    return id.startswith(_OF_WEBHOOK)


def _entry(id: str, html: Any, told: Body, author: str, role: str, public: bool = True) -> Body:
    if not isinstance(html, str) or not html.strip():
        return {}
    email = next((told[name] for name in _EMAILS if told.get(name)), None) if role == "customer" else None
    return {"message": {"id": id, "author": author, "email": email, "role": role, "html": html, "public": public}}


def _role(author: str, told: Body, public: bool) -> str:
    """Notes are written by agents; who wrote a public comment is told only by its name."""
    if not public or (author and author == told.get("ticket_agent_name")):
        return "agent"
    return "customer" if author and author == _requester(told) else "unknown"


def _requester(told: Body) -> str:
    return next((told[name] for name in _NAMES if isinstance(told.get(name), str) and told[name]), "")


# What the connector answers


def arrival(inbound: Inbound, words: Words) -> Arrival:
    """Key, ticket id and event name; Unreadable for what names no ticket in any way.

    Freshdesk sends neither an id nor a time, so every key is derived: "a note was added" may come again word for word, and
    also a stamp of the ticket's last change (``"updated": "{{ticket.modified_on}}"``) may be as wide as a minute. Equal
    bodies have one key with a stamp or for a ticket's creation, else within the minute of their arrival, but the key drops
    none of them (handling one twice costs a read, dropping one costs a ticket). An ``X-Request-Id`` is not used: proxies put
    a new one on every repetition.
    """
    payload = payload_of(inbound)
    unique = _stamps(payload[_WRAPPER]) or payload["_event"]["name"].startswith(_ONCE)
    told = [inbound.query.get("ticket_id", ""), "" if unique else _minute(inbound.headers.get(RECEIVED, ""))]
    key = hashlib.sha256(json.dumps(told).encode() + inbound.body).hexdigest()
    ticket_id = payload[_WRAPPER].get("ticket_id")
    about = (str(ticket_id).strip() if _is_id(ticket_id) else "", words.event(SHAPE, payload))
    return Arrival(f"sha256:{key}", *about, derived=True)


def _minute(received: str) -> str:
    try:
        at = datetime.fromisoformat(received)
    except ValueError:
        return ""
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return str(int(at.timestamp()) // WINDOW_S)


def change(inbound: Inbound, words: Words, connection: Connection) -> TicketChange | Ignored:
    """What the webhook means, through the mapping; Unreadable when it names no ticket."""
    payload, whole = _payload(inbound)
    if not _is_id(payload[_WRAPPER].get("ticket_id")):
        raise Unreadable("no usable ticket id", path=f"{_WRAPPER}.ticket_id", remedy=_REMEDY)
    told = words.change(SHAPE, payload, connection.id)
    if isinstance(told, Ignored):
        return told
    change = _with_empty(_without_labels(told), payload["_event"])
    return change if whole else by_address(change, inbound, _REMEDY)


def _without_labels(told: TicketChange) -> TicketChange:
    """Without people, groups and companies that are only named, except at a new ticket: a name must not replace a known id."""
    if told.kind is ChangeKind.CREATED:
        return told
    return replace(told, fields={name: value for name, value in told.fields.items() if name not in _IDS or _IDS[name](value)})


def _with_empty(told: TicketChange, event: Body) -> TicketChange:
    fields, previous = dict(told.fields), dict(told.previous)
    for name, (field, nothing) in _EMPTY.items():
        if name in event["to"] and event["to"][name] is None:
            fields[field] = nothing
        if name in event["from"] and event["from"][name] is None:
            previous[field] = nothing
    return replace(told, fields=fields, previous=previous)


def needs_read(told: TicketChange, ticket: Ticket | None) -> bool:
    """True unless the stored ticket shows all of it already: a webhook has neither thread, company nor custom fields in full.

    A deletion says everything, and what is deleted for good cannot be read.
    """
    return told.kind is not ChangeKind.DELETED and not covered(told, ticket)


def is_own(told: TicketChange) -> bool:
    """True when the newest note ends with the reference line of our notes; a webhook names no actor (see CANNOT)."""
    text = told.message.text.strip() if told.message and not told.message.public else ""
    return bool(text) and text.splitlines()[-1].strip().startswith(mark(""))
