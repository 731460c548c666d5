"""A play Intercom: the REST API (2.14), the inbox as pages, and controls that let a person act in it.

Controls, without a token: ``POST /_tickets`` (a conversation or ticket as the API shows it, or parts of one, and "comments":
[{author, body, public}]), ``GET /_tickets/<id>``, ``POST /_tickets/<id>/act``, ``PUT /_echo``, and those of sandbox.faults.
Ids of tickets begin with "ticket-" there and in the pages, as in Baton.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import nh3
from flask import Blueprint, Response, jsonify, request

from sandbox import Play, faults, pages
from sandbox.intercom_acts import act
from sandbox.intercom_api import routes
from sandbox.intercom_people import VENDOR, admin, contact, make_tag, team
from sandbox.intercom_things import PREFIX, key_of, parts_of, whole
from sandbox.intercom_world import Refused, World
from sandbox.state import Body, State

_VERSIONS = {f"2.{minor}" for minor in range(17)} | {"1.0", "1.1", "1.2", "1.3", "1.4", "Preview"}
_OPEN = ("tickets", "ticket")  # the pages


def blueprint(state: State, play: Play) -> Blueprint:
    """All of the play Intercom, to be mounted at /sandbox/intercom."""
    made = Blueprint(VENDOR, __name__)
    world = World(state, play)
    faults.attach(made, state, VENDOR)
    made.before_request(lambda: _admit(play))
    made.register_error_handler(Refused, lambda refused: refused.answer())
    for method, rule, view in routes(world):
        made.add_url_rule(rule, f"{method} {rule}", view, methods=[method])
    pages.attach(made, state, VENDOR, "tickets", lambda thing: _view(world, thing))
    made.add_url_rule("/_tickets", "_seed", lambda: _seed(world), methods=["POST"])
    made.add_url_rule("/_tickets/<key>", "_look", lambda key: jsonify(_looked(world, key)))
    made.add_url_rule("/_tickets/<key>/act", "_act", lambda key: act(world, key), methods=["POST"])
    made.add_url_rule("/_echo", "_echo", lambda: _echo(state), methods=["PUT"])
    return made


def _admit(play: Play) -> Response | None:
    """Pages and controls are open; the API wants the token and a version it knows."""
    if "/_" in request.path or (request.endpoint or "").rsplit(".", 1)[-1] in _OPEN:
        return None
    if request.headers.get("Authorization") != f"Bearer {play.token}":
        return Refused(401, "unauthorized", "Access Token Invalid").answer()
    version = request.headers.get("Intercom-Version", "2.14")
    if version not in _VERSIONS:
        return Refused(400, "intercom_version_invalid", f"The requested version {version!r} could not be found").answer()
    return None


def _seed(world: World) -> tuple[Response, int]:
    given: Any = request.get_json()
    id = str(given.get("id") or world.state.new_id()).removeprefix(PREFIX)
    tags = [make_tag(world.state, str(tag["name"])) for tag in (given.get("tags") or {}).get("tags", [])]
    thing = whole(given | ({"tags": {"type": "tag.list", "tags": tags}} if tags else {}), id)
    world.keep(thing)
    return jsonify({"id": key_of(thing), "ticket": thing}), 201


def _looked(world: World, key: str) -> Body:
    """The thing as kept, with its thread flattened and each entry marked public or not."""
    thing = world.thing(key)
    return {**thing, "key": key, "comments": [_entry(part) for part in parts_of(thing)]}


def _entry(part: Body) -> Body:
    return {
        "id": part["id"],
        "part_type": part["part_type"],
        "author": part["author"],
        "body": part["body"],
        "public": bool(part["body"]) and not str(part["part_type"]).startswith("note"),
    }


def _echo(state: State) -> Response:
    wanted = {"on": bool((request.get_json() or {}).get("on"))}
    state.put(VENDOR, "settings", "echo", wanted)
    return jsonify(wanted)


def _view(world: World, thing: Body) -> pages.TicketView:
    attributes = thing.get("ticket_attributes") or {}
    source = thing.get("source") or {}
    holder = admin(world.state, world.play, thing["admin_assignee_id"]) or {}
    group = team(thing["team_assignee_id"]) or {}
    first: Body = next(iter((thing.get("contacts") or {}).get("contacts") or ()), {})
    requester = contact(world.state, str(first.get("id"))) or {}
    subject = attributes.get("_default_title_") or thing.get("title") or source.get("subject") or _text(source.get("body"))
    return pages.TicketView(
        id=key_of(thing),
        subject=str(subject or "")[:100],
        status=_status(thing),
        priority=str(attributes.get("Priority") or ("urgent" if thing.get("priority") == "priority" else "")),
        assignee=str(holder.get("name") or ""),
        group=str(group.get("name") or ""),
        requester=str(requester.get("name") or requester.get("email") or first.get("id") or ""),
        tags=tuple(str(tag.get("name")) for tag in (thing.get("tags") or {}).get("tags", [])),
        entries=(*_opening(thing, source, attributes), *(_shown(part) for part in parts_of(thing) if part["body"])),
    )


def _status(thing: Body) -> str:
    if thing.get("deleted"):
        return "deleted"
    return str(thing["ticket_state"]["category"] if thing["type"] == "ticket" else thing["state"])


def _opening(thing: Body, source: Body, attributes: Body) -> list[pages.EntryView]:
    """The first message of a conversation, or a ticket's description: neither is a part."""
    body = source.get("body") or attributes.get("_default_description_")
    author = source.get("author") or {}
    return [pages.EntryView(_name(author), nh3.clean(str(body)), True, _at(thing))] if body else []


def _shown(part: Body) -> pages.EntryView:
    public = not str(part["part_type"]).startswith("note")
    return pages.EntryView(_name(part.get("author") or {}), nh3.clean(str(part["body"])), public, _at(part))


def _name(author: Body) -> str:
    return str(author.get("name") or author.get("email") or "")


def _text(html: object) -> str:
    return nh3.clean(str(html or ""), tags=set()).strip()


def _at(thing: Body) -> str:
    return datetime.fromtimestamp(thing["created_at"], UTC).isoformat()
