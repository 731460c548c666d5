"""Conversations and tickets of the play Intercom, kept in the shapes its API answers; how they begin and how a part is added."""

from __future__ import annotations

import copy
import time
from typing import Any

from sandbox.intercom_people import WORKSPACE, ticket_state
from sandbox.state import Body

PREFIX = "ticket-"  # how Baton tells tickets from conversations; the play controls and pages use the same ids
_CUSTOMER: Body = {"type": "user", "id": "301", "name": "Mia Customer", "email": "mia@northwind.example"}
_SOURCE: Body = {
    "type": "conversation",
    "delivered_as": "customer_initiated",
    "subject": "",
    "body": "",
    "attachments": [],
    "url": None,
    "redacted": False,
}
_NEW_CONVERSATION: Body = {
    "type": "conversation",
    "snoozed_until": None,
    "first_contact_reply": None,
    "admin_assignee_id": None,
    "team_assignee_id": None,
    "open": True,
    "state": "open",
    "read": False,
    "tags": {"type": "tag.list", "tags": []},
    "priority": "not_priority",
    "sla_applied": None,
    "statistics": {"type": "conversation_statistics", "time_to_admin_reply": None, "last_close_at": None},
    "conversation_rating": None,
    "teammates": {"type": "admin.list", "admins": []},
    "title": None,
    "custom_attributes": {},
    "topics": {"type": "topic.list", "topics": [], "total_count": 0},
    "ticket": None,
    "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
    "ai_agent": None,
    "ai_agent_participated": False,
    "conversation_parts": {"type": "conversation_part.list", "conversation_parts": [], "total_count": 0},
}


def now() -> int:
    return int(time.time())


def key_of(thing: Body) -> str:
    """The id by which Baton, the controls and the pages know a conversation or ticket."""
    return f"{PREFIX}{thing['id']}" if thing["type"] == "ticket" else str(thing["id"])


def parts_of(thing: Body) -> list[Body]:
    name = f"{thing['type']}_parts"
    listed: list[Body] = thing[name][name]
    return listed


def add_part(thing: Body, part_type: str, author: Body, body: str | None = None, by_api: bool = False, **more: Any) -> Body:
    """Append an entry to a thread and bring the thing's own times up to date."""
    at = int(more.pop("created_at", 0)) or max(now(), int(thing["updated_at"]))
    part: Body = {
        "type": f"{thing['type']}_part",
        "id": str(more.pop("id")),
        "part_type": part_type,
        "body": body,
        "created_at": at,
        "updated_at": at,
        "author": author,
        "attachments": [],
        "redacted": False,
        "app_package_code": "baton-app" if by_api else None,
        **more,
    }
    if thing["type"] == "conversation":
        part = {"notified_at": at, "assigned_to": None, "external_id": None, "metadata": {}, "tags": [], **part}
    parts_of(thing).append(part)
    thing[f"{thing['type']}_parts"]["total_count"] = len(parts_of(thing))
    thing["updated_at"] = max(at, int(thing["updated_at"]))
    return part


def whole(given: Body, id: str) -> Body:
    """A conversation or ticket from what a seed says, all else as Intercom would have it."""
    comments = given.get("comments") or []
    thing = _sound(_ticket(given, id) if given.get("type") == "ticket" else _conversation(given, id, comments))
    first_is_source = thing["type"] == "conversation" and not given.get("source") and bool(comments)
    for number, comment in enumerate(comments[1:] if first_is_source else comments):
        told = {
            "id": comment.get("id") or f"{id}{number:03d}",
            "created_at": comment.get("created_at", thing["created_at"] + number),
        }
        add_part(thing, _part_type(comment), _author(comment), comment.get("body", ""), **told)
    thing["updated_at"] = _number(given.get("updated_at"), thing["updated_at"])
    return thing


def _number(value: object, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else default


def _sound(thing: Body) -> Body:
    """Times, contacts and parts as they must be, for what was learned from odd notifications; those of tickets leave empty keys
    out."""
    name = f"{thing['type']}_parts"
    people = thing["contacts"].get("contacts") if isinstance(thing["contacts"], dict) else None
    contacts = [one for one in people if isinstance(one, dict)] if isinstance(people, list) else []
    held = thing[name].get(name) if isinstance(thing[name], dict) else None
    times = {key: _number(thing[key], now()) for key in ("created_at", "updated_at")}
    bare: Body = {"id": "", "part_type": "", "body": None, "author": {}, **times}
    parts = [_filled(bare, part) for part in held if isinstance(part, dict)] if isinstance(held, list) else []
    listed = {"type": f"{thing['type']}_part.list", name: parts, "total_count": len(parts)}
    return {**thing, **times, "contacts": {"type": "contact.list", "contacts": contacts}, name: listed}


def _filled(base: Body, given: Body, *apart: str) -> Body:
    """``base`` with what was given, but for what is none of the objects that Intercom keeps there."""
    objects = {name for name, value in base.items() if isinstance(value, dict)}
    odd = {name for name in objects & given.keys() if not isinstance(given[name], dict | None)}
    return base | {name: value for name, value in given.items() if name not in odd and name not in apart}


def _part_type(comment: Body) -> str:
    return str(comment.get("part_type") or ("comment" if comment.get("public", True) else "note"))


def _author(comment: Body) -> Body:
    author = comment.get("author")
    return author if isinstance(author, dict) else dict(_CUSTOMER)


def _conversation(given: Body, id: str, comments: list[Body]) -> Body:
    at = _number(given.get("created_at"), now())
    source = _source(given, id, comments)
    author = source["author"] if isinstance(source["author"], dict) and source["author"].get("type") != "admin" else _CUSTOMER
    base: Body = {
        **copy.deepcopy(_NEW_CONVERSATION),
        "created_at": at,
        "updated_at": at,
        "waiting_since": at,
        "source": source,
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": author.get("id"), "external_id": None}]},
    }
    return _filled(base, given, "comments", "source") | {"id": id}


def _source(given: Body, id: str, comments: list[Body]) -> Body:
    """The first message, which is no part: told as such, or the first of the comments."""
    told = given.get("source")
    if isinstance(told, dict) and told:
        first = told
    else:
        first = {"author": _author(comments[0]), "body": comments[0].get("body", "")} if comments else {}
    return {**_SOURCE, "id": f"{id}0", "author": _CUSTOMER, **first}


def _ticket(given: Body, id: str) -> Body:
    at = _number(given.get("created_at"), now())
    base: Body = {
        "type": "ticket",
        "id": id,
        "ticket_id": str(given.get("ticket_id") or f"66{id}"),
        "ticket_attributes": {"_default_title_": None, "_default_description_": None},
        "ticket_state": ticket_state(category="submitted"),
        "ticket_type": {"type": "ticket_type", "id": "501", "name": "Tickets", "workspace_id": WORKSPACE, "category": "Customer"},
        "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "301", "external_id": "customer-301"}]},
        "admin_assignee_id": 0,
        "team_assignee_id": 0,
        "created_at": at,
        "updated_at": at,
        "ticket_parts": {"type": "ticket_part.list", "ticket_parts": [], "total_count": 0},
        "open": True,
        "snoozed_until": None,
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "category": "Customer",
        "is_shared": True,
        "company_id": None,
        "channel": "messenger",
    }
    return _filled(base, given, "comments") | {"id": id}


def learned(payloads: list[Body]) -> Body | None:
    """A conversation or ticket as the notifications about it tell, oldest first; None when they tell none, or that it is gone."""
    thing: Body | None = None
    parts: dict[str, Body] = {}
    for payload in payloads:
        if str(payload.get("topic", "")).endswith(".deleted"):
            return None
        item = _told(payload)
        if item is None:
            continue
        thing = whole(item, str(item["id"]))
        parts |= {str(part["id"]): part for part in parts_of(thing) if isinstance(part, dict) and "id" in part}
    if thing is not None:
        name = f"{thing['type']}_parts"
        kept = sorted(parts.values(), key=lambda part: _number(part.get("created_at"), 0))
        thing[name] = {"type": f"{thing['type']}_part.list", name: kept, "total_count": len(kept)}
    return thing


def _told(payload: Body) -> Body | None:
    """The item of a notification as a 2.x object."""
    item = (payload.get("data") or {}).get("item")
    if not isinstance(item, dict):
        return None
    inner = item.get("ticket") if item.get("type") == "ticket_ticket_part" else item.get("conversation", item)
    if not isinstance(inner, dict) or inner.get("type") not in ("conversation", "ticket") or not inner.get("id"):
        return None
    return _from_1x(inner) if "conversation_message" in inner else _numbered(inner)


def _numbered(item: Body) -> Body:
    """Assignees as the API has them: notifications of tickets send text, and "0" for nobody."""
    nobody = 0 if item["type"] == "ticket" else None
    return item | {name: _id(item.get(name)) or nobody for name in ("admin_assignee_id", "team_assignee_id")}


def _id(value: object) -> int:
    return int(str(value)) if str(value).isdecimal() else 0


def _from_1x(item: Body) -> Body:
    message, user, assignee = item["conversation_message"], item.get("user") or {}, item.get("assignee") or {}
    source = {**message, "type": "conversation", "delivered_as": "customer_initiated", "redacted": False}
    if source.get("author", {}).get("id") == user.get("id"):
        source["author"] = {key: user.get(key) for key in ("type", "id", "name", "email")}
    kept: Body = {
        key: item[key] for key in ("type", "id", "created_at", "updated_at", "open", "state", "read", "tags") if key in item
    }
    contacts = {
        "type": "contact.list",
        "contacts": [{"type": "contact", "id": user.get("id"), "external_id": user.get("user_id")}],
    }
    admin = int(assignee["id"]) if str(assignee.get("id") or "").isdigit() and assignee.get("type") == "admin" else None
    return {
        **kept,
        "source": source,
        "contacts": contacts,
        "admin_assignee_id": admin,
        "conversation_parts": item["conversation_parts"],
    }
