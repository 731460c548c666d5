"""What can happen in the play Intercom, whoever does it: its API, a person in the inbox, or a customer."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import nh3
from flask import Response, jsonify

from sandbox import Play
from sandbox.intercom_people import VENDOR, author, contact, remember_contact, team, ticket_state
from sandbox.intercom_things import PREFIX, add_part, key_of, learned, now, parts_of
from sandbox.state import Body, State

# What the inbox keeps of HTML.
_SAFE = {"p", "b", "strong", "i", "em", "u", "br", "ul", "ol", "li", "a", "h1", "h2", "code", "pre", "blockquote", "img"}


class Refused(Exception):
    """An answer in Intercom's error shape."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.headers = status, code, message, headers or {}

    def answer(self) -> Response:
        errors = [{"code": self.code, "message": self.message}]
        response = jsonify({"type": "error.list", "request_id": str(uuid.uuid4()), "errors": errors})
        response.status_code = self.status
        response.headers.update(self.headers)
        return response


@dataclass(frozen=True)
class World:
    """The play workspace. A change is one transaction that holds one database connection: inside ``edit`` ask no other state."""

    state: State
    play: Play

    @contextmanager
    def edit(self, key: str) -> Iterator[Body]:
        """One conversation or ticket to change in place; learned from Baton's own deliveries when never seen; else 404."""
        if self.state.get(VENDOR, "tickets", key) is None:
            self._learn(key)
        with self.state.change(VENDOR, "tickets", key) as thing:
            if thing is None or thing.get("deleted"):
                raise Refused(404, "not_found", "Resource Not Found")
            yield thing

    def thing(self, key: str) -> Body:
        with self.edit(key) as thing:
            return thing

    def keep(self, thing: Body) -> None:
        self.state.put(VENDOR, "tickets", key_of(thing), thing)
        for writer in (thing.get("source", {}).get("author"), *(part.get("author") for part in parts_of(thing))):
            if isinstance(writer, dict):
                remember_contact(self.state, writer, int(thing.get("created_at") or now()))

    def _learn(self, key: str) -> None:
        thing = learned(self.state.webhooks_about(VENDOR, key))
        if thing is not None and key_of(thing) == key:
            self.keep(thing)

    def admin(self, id: object, code: str = "admin_not_found") -> Body:
        """The author shape of an admin; Refused for ids nobody has."""
        found = author(self.play, id)
        if found is None:
            raise Refused(404, code, code.replace("_", " ").capitalize())
        return found

    def customer(self, thing: Body) -> Body:
        """The author shape of the thing's first contact."""
        id = str(thing["contacts"]["contacts"][0]["id"])
        found = contact(self.state, id) or {"name": None, "email": ""}
        return {"type": "user", "id": id, "name": found["name"], "email": found["email"]}

    # Happenings: each changes ``thing`` and returns the topics a real workspace would notify about.

    def assign(self, thing: Body, id: object, by: Body, kind: str = "", text: str = "", by_api: bool = False) -> list[str]:
        """Assign to an admin or a team; a team leaves the conversation without an admin, "0" without either."""
        is_team = kind == "team" or (not kind and team(id) is not None)
        nobody = str(id) in ("0", "", "None")
        if not nobody and is_team and team(id) is None:
            raise Refused(404, "assignee_not_found", "Assignee not found")
        if not nobody and not is_team:
            self.admin(id, "assignee_not_found")
        none = 0 if thing["type"] == "ticket" else None
        if is_team:
            thing["team_assignee_id"] = none if nobody else int(str(id))
        thing["admin_assignee_id"] = none if nobody or is_team else int(str(id))
        to = {"type": "nobody_admin", "id": None} if nobody else {"type": "team" if is_team else "admin", "id": str(id)}
        self.add(thing, "assignment", by, text or None, by_api, assigned_to=to)
        if thing["type"] == "ticket":
            return ["ticket.team.assigned" if is_team else "ticket.admin.assigned"]
        return ["conversation.admin.open.assigned", "conversation.admin.replied"] if text else ["conversation.admin.assigned"]

    def say(self, thing: Body, by: Body, text: str, public: bool, by_api: bool = False) -> list[str]:
        """A reply or a note; a customer's reply opens what was closed."""
        is_customer = by["type"] != "admin"
        part_type = "comment" if public else "note"
        if is_customer and thing["type"] == "conversation" and thing["state"] != "open":
            thing.update(state="open", open=True, snoozed_until=None)
            part_type = "open"
        part = self.add(thing, part_type, by, text, by_api)
        if thing["type"] == "ticket":
            return ["ticket.contact.replied" if is_customer else "ticket.admin.replied" if public else "ticket.note.created"]
        if public:
            thing["waiting_since"] = part["created_at"] if is_customer else None
        return [
            "conversation.user.replied" if is_customer else "conversation.admin.replied" if public else "conversation.admin.noted"
        ]

    def set_open(self, thing: Body, is_open: bool, by: Body, by_api: bool = False, text: str = "") -> list[str]:
        """Close or open; a ticket's state goes with it, as one click in the inbox does."""
        thing["open"] = is_open
        if thing["type"] == "ticket":
            category = "in_progress" if is_open else "resolved"
            self.set_state(thing, ticket_state(category=category) or {}, by, by_api)
            return ["ticket.state.updated"] if is_open else ["ticket.state.updated", "ticket.resolved", "ticket.closed"]
        thing["state"] = "open" if is_open else "closed"
        self.add(thing, "open" if is_open else "close", by, text or None, by_api)
        return ["conversation.admin.opened" if is_open else "conversation.admin.closed"]

    def set_state(self, ticket: Body, to: Body, by: Body, by_api: bool = False) -> list[str]:
        before, ticket["ticket_state"] = ticket["ticket_state"]["category"], to
        states = {"ticket_state": to["category"], "previous_ticket_state": before}
        self.add(ticket, "ticket_state_updated_by_admin", by, None, by_api, **states)
        return ["ticket.state.updated"]

    def set_priority(self, thing: Body, word: str, by: Body) -> list[str]:
        """A conversation has one flag up to API 2.15; a ticket only an attribute somebody made."""
        if thing["type"] == "ticket":
            thing["ticket_attributes"]["Priority"] = word
            self.add(thing, "ticket_attribute_updated_by_admin", by)
            return ["ticket.attribute.updated"]
        thing["priority"] = "priority" if word in ("priority", "urgent", "high") else "not_priority"
        self.add(thing, "priority_changed", by)
        return ["conversation.priority.updated"]

    def tag(self, thing: Body, tag: Body, by: Body) -> list[str]:
        """Add a tag to the newest message; tickets send no notification of it."""
        tags = thing.setdefault("tags", {"type": "tag.list", "tags": []})["tags"]
        if all(one["id"] != tag["id"] for one in tags):
            applied = {"applied_at": thing["updated_at"], "applied_by": {"type": "admin", "id": by["id"]}}
            tags.append({**tag, **applied})
        return ["conversation_part.tag.created"] if thing["type"] == "conversation" else []

    def add(self, thing: Body, part_type: str, by: Body, text: str | None = None, by_api: bool = False, **more: Any) -> Body:
        body = None if text is None else nh3.clean(text if "<" in text else f"<p>{text}</p>", tags=_SAFE)
        return add_part(thing, part_type, by, body, by_api, id=_part_id(), **more)


def _part_id() -> str:
    """A number never used before, made without the database, which is locked meanwhile."""
    return f"{time.time_ns() // 1000}{secrets.randbelow(1000):03d}"


def place(kind: str, id: str) -> str:
    """The key of a conversation or ticket by its id in the API."""
    return f"{PREFIX}{id}" if kind == "ticket" else id


def required(body: Body, name: str, kinds: tuple[type, ...] = (str, int), allowed: tuple[str, ...] = ()) -> Any:
    """A field of a request, refused as Intercom does when it is missing, of another type or none of the allowed words."""
    value = body.get(name)
    if value is None:
        raise Refused(400, "parameter_not_found", f"{name} is required")
    if (isinstance(value, bool) and bool not in kinds) or not isinstance(value, kinds):
        raise Refused(400, "parameter_invalid", f"{name} has the wrong type")
    if allowed and value not in allowed:
        raise Refused(400, "parameter_invalid", f"{name} must be one of {', '.join(allowed)}")
    return value
