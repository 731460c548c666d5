"""The event webhooks of the play Zendesk: what a change of a ticket sends, signed and posted as Zendesk does.

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import requests

from sandbox import Play
from sandbox.state import Body

ACCOUNT_ID = 22129848
Event = tuple[str, Body]  # the type without its prefix, and the content of ``event``

# What one field's change is called. The values of these events are {current, previous}.
_CHANGES = {
    "status": "status_changed",
    "priority": "priority_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "subject": "subject_changed",
    "type": "type_changed",
    "requester_id": "requester_changed",
    "organization_id": "organization_changed",
}
_LOUD = ("status", "priority", "type")  # written in capitals in events
_TIMEOUT_S = 10


def shown(name: str, value: Any) -> Any:
    """A field as events write it: words in capitals, ids as text."""
    if value is None:
        return None
    return str(value).upper() if name in _LOUD else str(value) if name.endswith("_id") or name == "id" else value


def detail(ticket: Body, actor: int) -> Body:
    """The ticket as every ticket event carries it: no comments, no custom fields, no names."""
    names = ("assignee_id", "brand_id", "external_id", "group_id", "id", "organization_id", "priority", "requester_id", "status")
    told = {name: shown(name, ticket.get(name)) for name in (*names, "submitter_id", "type")}
    plain = {name: ticket.get(name) for name in ("created_at", "description", "is_public", "subject", "updated_at")}
    return {
        **told,
        **plain,
        "actor_id": str(actor),
        "custom_status": None,
        "form_id": shown("id", ticket.get("ticket_form_id")),
        "tags": ticket["tags"] or None,
        "via": {"channel": ticket["via"]["channel"]},
    }


def changes(before: Body, after: Body) -> list[Event]:
    """The events that turning one state of a ticket into the other causes, the comment last."""
    found: list[Event] = [
        (event, {"current": shown(name, after.get(name)), "previous": shown(name, before.get(name))})
        for name, event in _CHANGES.items()
        if before.get(name) != after.get(name)
    ]
    added = [tag for tag in after["tags"] if tag not in before["tags"]]
    removed = [tag for tag in before["tags"] if tag not in after["tags"]]
    if added or removed:
        found.append(("tags_changed", {"tags_added": added, "tags_removed": removed}))
    found += _custom_changes(before, after)
    return found + [comment_added(said) for said in after["comments"][len(before["comments"]) :]]


def _custom_changes(before: Body, after: Body) -> list[Event]:
    had = {one["id"]: one["value"] for one in before["custom_fields"]}
    return [
        (
            "custom_field_changed",
            {
                "custom_field": {"id": str(one["id"]), "title": f"Field {one['id']}", "type": "text"},
                "current": one["value"],
                "previous": had.get(one["id"]),
            },
        )
        for one in after["custom_fields"]
        if had.get(one["id"]) != one["value"]
    ]


def comment_added(said: Body) -> Event:
    author = {"id": str(said["author_id"]), "is_staff": said["author_id"] < 300 or said["author_id"] == 900, "name": ""}
    told = {"id": str(said["id"]), "body": said["body"], "html_body": said["html_body"], "is_public": said["public"]}
    return "comment_added", {"comment": {**told, "author": author}}


def envelopes(ticket: Body, actor: int, events: Iterable[Event]) -> list[Body]:
    """The bodies of one act's webhooks; they share the sequence id."""
    sequence = uuid.uuid4().hex[:26].upper()
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"  # Zendesk writes nanoseconds
    return [
        {
            "account_id": ACCOUNT_ID,
            "detail": detail(ticket, actor),
            "event": {**content, "meta": {"sequence": {"id": sequence, "position": position}}},
            "id": str(uuid.uuid4()),
            "subject": f"zen:ticket:{ticket['id']}",
            "time": stamp,
            "type": f"zen:event-type:ticket.{event}",
            "zendesk_event_version": "2022-11-06",
        }
        for position, (event, content) in enumerate(events, 1)
    ]


def deliver(play: Play, payloads: Iterable[Body], *, query: str = "") -> list[Body]:
    """Post each payload once, signed, to Baton's connection ``zendesk``; what was answered, 0 for no answer."""
    return [{"type": one.get("type", "trigger"), "status": _post(play, one, query)} for one in payloads]


def _post(play: Play, payload: Body, query: str) -> int:
    body = (json.dumps(payload, indent=3) + "\n").encode()  # pretty-printed with a trailing newline, as recorded
    stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    signature = base64.b64encode(hmac.digest(play.secret.encode(), stamp.encode() + body, hashlib.sha256)).decode()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zendesk Webhook",
        "X-Zendesk-Account-Id": str(ACCOUNT_ID),
        "X-Zendesk-Webhook-Id": "01PLAYWEBHOOK0000000000000",
        "X-Zendesk-Webhook-Invocation-Id": uuid.uuid4().hex[:26].upper(),
        "X-Zendesk-Webhook-Signature": signature,
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
    }
    try:
        return requests.post(f"{play.baton_url}/webhooks/zendesk{query}", body, headers=headers, timeout=_TIMEOUT_S).status_code
    except requests.RequestException:
        return 0
