"""The play Intercom's notifications: the recorded envelope and item shapes, signed, posted to Baton."""

from __future__ import annotations

import copy
import hashlib
import hmac
import json
import threading
import uuid

import requests
from flask import Response, after_this_request

from sandbox.intercom_people import VENDOR, WORKSPACE
from sandbox.intercom_things import key_of, now, parts_of
from sandbox.intercom_world import World
from sandbox.state import Body


def notification(topic: str, thing: Body, tag: Body | None = None) -> Body:
    """What Intercom would post about ``thing``; ``tag`` for conversation_part.tag.created."""
    at = now()
    return {
        "type": "notification_event",
        "app_id": WORKSPACE,
        "data": {"type": "notification_event_data", "item": _item(topic, thing, tag)},
        "links": {},
        "id": f"notif_{uuid.uuid4()}",
        "topic": topic,
        "delivery_status": "pending",
        "delivery_attempts": 1,
        "delivered_at": 0,
        "first_sent_at": at,
        "created_at": at,
        "self": None,
    }


def _item(topic: str, thing: Body, tag: Body | None) -> Body:
    if topic.endswith(".deleted"):
        id_name = "conversation_id" if thing["type"] == "conversation" else "id"
        return {"type": thing["type"], id_name: thing["id"]}
    if thing["type"] == "ticket":
        return _ticket_item(topic, thing)
    conversation = copy.deepcopy(thing)
    conversation["conversation_parts"] |= {"conversation_parts": parts_of(thing)[-1:], "total_count": len(parts_of(thing)[-1:])}
    if topic == "conversation_part.tag.created":
        return {"type": "conversation_part_tag", "created_at": now(), "conversation": conversation, "tag": tag}
    return conversation


def _ticket_item(topic: str, ticket: Body) -> Body:
    """Assignees are text and "0" for nobody; null fields stay only in ticket.created."""
    item = copy.deepcopy(ticket)
    item |= {name: str(item[name] or 0) for name in ("admin_assignee_id", "team_assignee_id")}
    if topic == "ticket.created":
        return item
    told = {name: value for name, value in item.items() if value is not None}
    return {"type": "ticket_ticket_part", "ticket": told, "ticket_part": parts_of(item)[-1] if parts_of(item) else {}}


def send(world: World, payloads: list[Body]) -> list[int]:
    """Post notifications one after the other; the status Baton answered to each, 0 where it could not be reached."""
    return [_post(world, payload) for payload in payloads]


def _post(world: World, payload: Body) -> int:
    body = json.dumps(payload).encode()
    signature = "sha1=" + hmac.new(world.play.secret.encode(), body, hashlib.sha1).hexdigest()
    headers = {"Content-Type": "application/json", "X-Hub-Signature": signature}
    try:
        return requests.post(f"{world.play.baton_url}/webhooks/{VENDOR}", data=body, headers=headers, timeout=10).status_code
    except requests.RequestException:
        return 0


def echo(world: World, topics: list[str], thing: Body, tag: Body | None = None) -> None:
    """When the switch ``/_echo`` is on, notify of what is kept of an API write once its answer has gone out, as Intercom does."""
    if not (world.state.get(VENDOR, "settings", "echo") or {}).get("on"):
        return

    def tell() -> None:
        kept = world.state.get(VENDOR, "tickets", key_of(thing)) or thing
        send(world, [notification(topic, kept, tag) for topic in topics])

    @after_this_request
    def later(response: Response) -> Response:
        response.call_on_close(threading.Thread(target=tell, daemon=True).start)
        return response
