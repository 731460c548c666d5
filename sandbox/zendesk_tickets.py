"""What the play Zendesk does to a ticket: defaults, checks and updates as the real one, on plain JSON objects.

A stored ticket is Zendesk's ticket with ``comments`` and ``audits`` (both oldest first); ``_…`` keys are the play's own.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any

import nh3

from sandbox.state import Body
from sandbox.zendesk_people import AGENTS, GROUPS

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
PRIORITIES = ("urgent", "high", "normal", "low")
TYPES = ("problem", "incident", "question", "task")
_SHOWN_TAGS = {
    "p",
    "br",
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ul",
    "ol",
    "li",
    "a",
    "blockquote",
    "code",
    "pre",
    "h1",
    "h2",
    "h3",
    "hr",
}
_PLAIN = ("subject", "external_id", "due_at", "problem_id", "requester_id", "organization_id", "custom_status_id")
_LINE_ENDS = re.compile(r"<br\s*/?>|</(?:p|li|div|h[1-6])>", re.IGNORECASE)


class Refused(Exception):
    """The answer to a request that Zendesk would not carry out."""

    def __init__(self, status: int, body: Body) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def invalid(field: str, description: str, error: str = "InvalidValue") -> Refused:
    """The 422 of a record that does not validate."""
    details = {field: [{"description": f"{field.capitalize()}: {description}", "error": error}]}
    return Refused(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})


def complete(told: Body, id: int) -> Body:
    """A whole ticket from what is told of it; nothing is checked."""
    at = told.get("created_at") or now()
    ticket: Body = {
        "id": id,
        "external_id": None,
        "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": at,
        "updated_at": at,
        "type": None,
        "subject": "",
        "description": "",
        "priority": None,
        "status": "new",
        "recipient": None,
        "requester_id": 301,
        "submitter_id": 301,
        "assignee_id": None,
        "organization_id": None,
        "group_id": None,
        "is_public": True,
        "due_at": None,
        "tags": [],
        "custom_fields": [],
        "satisfaction_rating": None,
        "custom_status_id": None,
        "brand_id": 1,
        "ticket_form_id": 1,
    }
    ticket |= {key: value for key, value in told.items() if key not in ("comments", "audits")}
    ticket |= {"id": id, "audits": [], "tags": tags_of(ticket["tags"])}
    given = told.get("comments") or ([{"body": ticket["description"]}] if ticket["description"] else [])
    ticket["comments"] = [comment(one, id * 1000 + n, ticket, ticket["requester_id"]) for n, one in enumerate(given)]
    ticket["description"] = ticket["description"] or (ticket["comments"][0]["plain_body"] if given else "")
    return ticket


def tags_of(told: object) -> list[str]:
    """Tags as Zendesk keeps them: lower case, no blanks, each once."""
    words = told.split() if isinstance(told, str) else told if isinstance(told, list) else []
    return sorted({re.sub(r"\s+", "_", str(word)).lower() for word in words})


def comment(told: Body, id: int, ticket: Body, author: int) -> Body:
    """A comment in Zendesk's shape. Without ``public`` it is as visible as the ticket's first comment."""
    first = ticket.get("comments") or []
    default = first[0]["public"] if first else ticket.get("is_public", True)
    rich = told.get("html_body") or f"<p>{html.escape(str(told.get('body') or ''))}</p>".replace("\n", "<br>")
    clean = nh3.clean(str(rich), tags=_SHOWN_TAGS)
    plain = html.unescape(nh3.clean(_LINE_ENDS.sub("\n", clean), tags=set())).strip()
    return {
        "id": int(told.get("id") or id),
        "type": "Comment",
        "author_id": int(told.get("author_id") or author),
        "body": plain,
        "html_body": f'<div class="zd-comment" dir="auto">{clean}</div>',
        "plain_body": plain,
        "public": told.get("public", default) is not False,
        "attachments": told.get("attachments") or [],
        "audit_id": id // 100,
        "via": told.get("via") or {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": told.get("created_at") or now(),
        "metadata": {"system": {}, "custom": {}},
    }


def update(ticket: Body, asked: object, by: int, audit_id: int, via: str = "api") -> Body:
    """Change a stored ticket in place as PUT tickets/{id} does, and give the audit; Refused leaves it untouched."""
    if not isinstance(asked, dict):
        told = {
            "title": "Invalid attribute",
            "message": "You passed an invalid value for the ticket attribute. Must be an object",
        }
        raise Refused(400, {"error": told})
    if ticket["status"] == "closed":
        raise invalid("status", "closed prevents ticket update", "InvalidValue")
    _check_stamp(ticket, asked)
    wanted = _wanted(ticket, asked)
    events = [_change(name, value, ticket.get(name)) for name, value in wanted.items() if value != ticket.get(name)]
    said = _said(ticket, asked, by, audit_id)
    ticket |= wanted
    if said:
        ticket["comments"].append(said)
        events.append({**said, "type": "Comment"})
    ticket["updated_at"] = now()
    audit = _audit(ticket, events, by, audit_id, via, asked.get("metadata"))
    ticket["audits"].append(audit)
    return audit


def _check_stamp(ticket: Body, asked: Body) -> None:
    if asked.get("safe_update") and asked.get("updated_stamp") != ticket["updated_at"]:
        why = "Safe Update prevented the update due to outdated ticket data. Please fetch the latest ticket data and try again."
        raise Refused(409, {"error": "UpdateConflict", "description": why})


def _wanted(ticket: Body, asked: Body) -> Body:
    """The fields that are to change, checked; unknown keys are ignored, also ``additional_tags`` (only update_many has it)."""
    wanted: Body = {name: asked[name] for name in _PLAIN if name in asked}
    for name, words in (("status", STATUSES), ("priority", PRIORITIES), ("type", TYPES)):
        if name in asked:
            wanted[name] = _one_of(name, asked[name], words, optional=name != "status")
    if "tags" in asked:
        if not isinstance(asked["tags"], list | str):
            raise invalid("tags", "is not a list")
        wanted["tags"] = tags_of(asked["tags"])
    if "custom_fields" in asked:
        wanted["custom_fields"] = _custom_fields(ticket, asked["custom_fields"])
    wanted |= _assignment(ticket, asked)
    if wanted.get("assignee_id") and ticket["status"] == "new" and "status" not in wanted:
        wanted["status"] = "open"
    return wanted


def _one_of(name: str, value: object, words: tuple[str, ...], *, optional: bool) -> object:
    if value in words or (optional and value is None):
        return value
    raise invalid(name, f"{value} is not valid")


def _custom_fields(ticket: Body, asked: object) -> list[Body]:
    if not isinstance(asked, list) or not all(isinstance(one, dict) and "id" in one for one in asked):
        raise invalid("custom_fields", "is not a list of ids and values")
    kept = {int(one["id"]): one["value"] for one in ticket["custom_fields"]}
    kept |= {int(one["id"]): one.get("value") for one in asked}
    return [{"id": id, "value": value} for id, value in kept.items()]


def _assignment(ticket: Body, asked: Body) -> Body:
    """Group and assignee belong together: a group alone clears an assignee who is not in it, an assignee alone moves it."""
    if "assignee_id" not in asked and "group_id" not in asked:
        return {}
    group = _number("group", asked.get("group_id", ticket["group_id"]))
    assignee = _number("assignee", asked.get("assignee_id", ticket["assignee_id"]))
    if "group_id" in asked and group is not None and group not in GROUPS:
        raise invalid("group", "is invalid")
    if "assignee_id" in asked and assignee is not None and assignee not in AGENTS:
        raise invalid("assignee", "is invalid")
    groups = AGENTS[assignee][2] if assignee in AGENTS else ()
    if assignee is not None and group not in groups:
        if "assignee_id" in asked and "group_id" in asked:
            raise invalid("assignee", "is not a member of the group")
        return (
            {"group_id": group, "assignee_id": None} if "group_id" in asked else {"group_id": groups[0], "assignee_id": assignee}
        )
    return {"group_id": group, "assignee_id": assignee}


def _number(name: str, value: object) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    raise invalid(name, "is invalid")


def _said(ticket: Body, asked: Body, by: int, audit_id: int) -> Body | None:
    told: Any = asked.get("comment")
    if told is None:
        return None
    if not isinstance(told, dict):
        raise invalid("comment", "is invalid")
    return comment(told, audit_id * 100 + 1, ticket, by) if told.get("body") or told.get("html_body") else None


def _change(name: str, value: object, previous: object) -> Body:
    return {"type": "Change", "field_name": name, "value": value, "previous_value": previous}


def _audit(ticket: Body, events: list[Body], by: int, id: int, via: str, metadata: object) -> Body:
    return {
        "id": id,
        "ticket_id": ticket["id"],
        "created_at": ticket["updated_at"],
        "author_id": by,
        "metadata": {"system": {}, "custom": metadata if isinstance(metadata, dict) else {}},
        "events": [{"id": id * 100 + 10 + n, **event} for n, event in enumerate(events)],
        "via": {"channel": via, "source": {"from": {}, "to": {}, "rel": None}},
    }
