"""The play Intercom's REST API: paths, checks and answers of version 2.14 for what Baton calls and its neighbours.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Response, jsonify, request

from sandbox import intercom_people as people
from sandbox.intercom_notify import echo
from sandbox.intercom_people import VENDOR, WORKSPACE, contact
from sandbox.intercom_things import now, parts_of, whole
from sandbox.intercom_world import Refused, World, place, required
from sandbox.state import Body

View = Callable[..., Response]
Route = tuple[str, str, View]
_MOST_PARTS = 500


def routes(world: World) -> list[Route]:
    """Every path below the play Intercom's address: method, rule, view."""
    kinds = ("conversation", "ticket")
    both = [(method, rule.format(kind), partial(view, world, kind)) for kind in kinds for method, rule, view in _BOTH]
    return [*((method, rule, partial(view, world)) for method, rule, view in _OWN), *both]


def _body() -> Body:
    given: Any = request.get_json(silent=True)
    if not isinstance(given, dict):
        raise Refused(400, "bad_request", "The request body is not a JSON object")
    return given


def _found(thing: Body | None, code: str) -> Response:
    if thing is None:
        raise Refused(404, code, "Resource Not Found")
    return jsonify(thing)


# People


def _me(world: World) -> Response:
    app = {"type": "app", "id_code": WORKSPACE, "name": "Play", "region": "US", "timezone": "UTC"}
    admin = people.admin(world.state, world.play, world.play.admin_id) or {}
    return jsonify({**admin, "email_verified": True, "app": app})


def _admins(world: World) -> Response:
    return jsonify({"type": "admin.list", "admins": people.admins(world.state, world.play)})


def _admin(world: World, id: str) -> Response:
    return _found(people.admin(world.state, world.play, id), "admin_not_found")


def _away(world: World, id: str) -> Response:
    world.admin(id)
    switches = {name: required(_body(), name, (bool,)) for name in ("away_mode_enabled", "away_mode_reassign")}
    world.state.put(VENDOR, "away", id, switches)
    return _admin(world, id)


def _teams(world: World) -> Response:
    return jsonify({"type": "team.list", "teams": people.teams()})


def _team(world: World, id: str) -> Response:
    return _found(people.team(id), "team_not_found")


def _contact(world: World, id: str) -> Response:
    found = contact(world.state, id)
    if found and found.get("merged_into"):
        canonical = f'<{world.play.url(VENDOR)}/contacts/{found["merged_into"]}>; rel="canonical"'
        raise Refused(410, "contact_merged", "This contact has been merged. See the 'Link' header", {"Link": canonical})
    return _found(found, "not_found")


def _search_contacts(world: World) -> Response:
    query = required(_body(), "query", (dict,))
    found = [one for one in people.contacts(world.state) if _fits(query, one)]
    pages = {"type": "pages", "page": 1, "per_page": 50, "total_pages": 1}
    return jsonify({"type": "list", "data": found, "total_count": len(found), "pages": pages})


def _new_contact(world: World) -> Response:
    asked = _body()
    email = required(asked, "email", (str,))
    for known in people.contacts(world.state):
        if known["email"] == email:
            raise Refused(409, "conflict", f"A contact matching those details already exists with id={known['id']}")
    made: Body = {"type": "user", "id": str(world.state.new_id()), "name": asked.get("name"), "email": email}
    people.remember_contact(world.state, made, now())
    return jsonify(contact(world.state, made["id"]))


def _companies(world: World, id: str) -> Response:
    ids = [one["id"] for one in (contact(world.state, id) or {"companies": {"data": []}})["companies"]["data"]]
    return jsonify({"type": "list", "data": [people.company(one) for one in ids], "total_count": len(ids)})


def _company(world: World, id: str) -> Response:
    return _found(people.company(id), "company_not_found")


def _tags(world: World) -> Response:
    return jsonify({"type": "list", "data": people.tags(world.state)})


def _new_tag(world: World) -> Response:
    name = _body().get("name")
    if not isinstance(name, str) or not name.strip():
        raise Refused(400, "parameter_invalid", "invalid tag parameters")
    return jsonify(people.make_tag(world.state, name.strip()))


def _ticket_states(world: World) -> Response:
    return jsonify({"type": "list", "data": [people.ticket_state(id) for id, _, _ in people.STATES]})


# Conversations and tickets alike


def _read(world: World, kind: str, id: str) -> Response:
    return jsonify(shown(world.thing(place(kind, id))))


def shown(thing: Body) -> Body:
    """A thing as an answer has it: the newest 500 parts, in plain text where the caller asked so."""
    name = f"{thing['type']}_parts"
    parts = parts_of(thing)[-_MOST_PARTS:]
    if request.args.get("display_as") == "plaintext" and thing["type"] == "conversation":
        parts = [{**part, "body": _plain(part["body"])} for part in parts]
        thing = {**thing, "source": {**thing["source"], "body": _plain(thing["source"].get("body"))}}
    return {**thing, name: {**thing[name], name: parts}}


def _plain(body: str | None) -> str | None:
    if body is None:
        return None
    return html.unescape(re.sub(r"<[^>]+>", "", re.sub(r"</p>|<br ?/?>|</li>", "\n", body))).strip()


def _reply(world: World, kind: str, id: str) -> Response:
    asked = _body()
    word = required(asked, "message_type", (str,), ("comment", "note", "quick_reply"))
    who = required(asked, "type", (str,), ("admin", "user"))
    text = required(asked, "body", (str,)) if word != "quick_reply" else "(quick reply)"
    by = world.admin(required(asked, "admin_id")) if who == "admin" else world.customer(world.thing(place(kind, id)))
    with world.edit(place(kind, id)) as thing:
        topics = world.say(thing, by, text, public=word != "note", by_api=True)
    echo(world, topics, thing)
    return jsonify(shown(thing) if kind == "conversation" else parts_of(thing)[-1])


def _tag(world: World, kind: str, id: str) -> Response:
    asked = _body()
    tag = next((one for one in people.tags(world.state) if one["id"] == str(required(asked, "id"))), None)
    with world.edit(place(kind, id)) as thing:
        by = world.admin(required(asked, "admin_id"))
        if tag is None:
            raise Refused(404, "tag_not_found", "Tag not found")
        topics = world.tag(thing, tag, by)
    echo(world, topics, thing, tag)
    return jsonify(tag)


def _untag(world: World, kind: str, id: str, tag_id: str) -> Response:
    with world.edit(place(kind, id)) as thing:
        world.admin(required(_body(), "admin_id"))
        held = (thing.get("tags") or {}).get("tags", [])
        tag = next((one for one in held if one["id"] == tag_id), None)
        if tag is None:
            raise Refused(404, "tag_not_found", "Tag not found")
        held.remove(tag)
    return jsonify(tag)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "=": lambda held, asked: asked in held if isinstance(held, list) else str(held) == str(asked),
    "!=": lambda held, asked: asked not in held if isinstance(held, list) else str(held) != str(asked),
    "IN": lambda held, asked: bool(set(held if isinstance(held, list) else [str(held)]) & set(map(str, asked))),
    ">": lambda held, asked: held is not None and int(held) >= int(asked),  # greater or equal, as documented for dates
    "<": lambda held, asked: held is not None and int(held) <= int(asked),
}


def _fits(query: Body, thing: Body) -> bool:
    if query.get("operator") in ("AND", "OR") and isinstance(query.get("value"), list):
        results = [_fits(one, thing) for one in query["value"]]
        return all(results) if query["operator"] == "AND" else any(results)
    operator = required(query, "operator", (str,), tuple(_OPERATORS))
    field, asked = required(query, "field", (str,)), query.get("value")
    contacts = (thing.get("contacts") or {}).get("contacts") or ()
    held = [one["id"] for one in contacts] if field == "contact_ids" else thing.get(field)
    return _OPERATORS[operator](held, asked)


def _search(world: World, kind: str) -> Response:
    asked = _body()
    query = required(asked, "query", (dict,))
    per_page = min(int((asked.get("pagination") or {}).get("per_page") or 20), 150)
    things = [one for one in world.state.all(VENDOR, "tickets") if one["type"] == kind and not one.get("deleted")]
    found = [one for one in things if _fits(query, one)]
    if order := asked.get("sort"):
        found.sort(key=lambda one: one.get(order["field"]) or 0, reverse=order.get("order") == "descending")
    after = (asked.get("pagination") or {}).get("starting_after")
    start = next((n for n, one in enumerate(found, 1) if one["id"] == after), 0)
    page = found[start : start + per_page]
    listed = [{key: value for key, value in one.items() if key != "conversation_parts"} for one in page]
    pages = {"type": "pages", "page": start // per_page + 1, "per_page": per_page, "total_pages": -(-len(found) // per_page)}
    if len(found) > start + per_page:
        pages["next"] = {"page": start // per_page + 2, "starting_after": page[-1]["id"]}
    return jsonify({"type": f"{kind}.list", "pages": pages, "total_count": len(found), f"{kind}s": listed})


# Conversations


def _new_conversation(world: World) -> Response:
    """A message of a contact begins one; HTML is not supported, so it is shown as it is."""
    asked = _body()
    sender, text = required(asked, "from", (dict,)), required(asked, "body", (str,))
    required(sender, "type", (str,), ("lead", "user", "contact"))
    known = contact(world.state, required(sender, "id", (str,)))
    if known is None:
        raise Refused(404, "not_found", "User Not Found")
    by = {"type": "user", "id": known["id"], "name": known["name"], "email": known["email"]}
    body = f"<p>{html.escape(text)}</p>".replace("\n", "<br>")
    thing = whole({"type": "conversation", "comments": [{"author": by, "body": body}]}, str(world.state.new_id()))
    world.keep(thing)
    echo(world, ["conversation.user.created"], thing)
    told = {"type": "user_message", "id": f"{thing['id']}0", "created_at": thing["created_at"], "body": body}
    return jsonify({**told, "message_type": "inapp", "conversation_id": thing["id"]})


def _update_conversation(world: World, id: str) -> Response:
    asked = _body()
    with world.edit(id) as thing:
        if "custom_attributes" in asked:
            thing["custom_attributes"] |= required(asked, "custom_attributes", (dict,))
            # Such parts are signed by Operator even when an admin's token made them.
            fin = {"type": "bot", "id": "1", "name": "Fin", "email": f"operator+{WORKSPACE}@intercom.io"}
            world.add(thing, "conversation_attribute_updated_by_admin", fin, by_api=True)
        thing |= {name: asked[name] for name in ("read", "title") if name in asked}
    return jsonify(shown(thing))


def _manage(world: World, id: str) -> Response:
    asked = _body()
    with world.edit(id) as thing:
        topics = _managed(world, thing, asked)
    echo(world, topics, thing)
    return jsonify(shown(thing))


def _managed(world: World, thing: Body, asked: Body) -> list[str]:
    word = required(asked, "message_type", (str,), ("assignment", "close", "open", "snoozed"))
    by, text = world.admin(required(asked, "admin_id")), str(asked.get("body") or "")
    if word == "assignment":
        kind = required(asked, "type", (str,), ("admin", "team"))
        return world.assign(thing, required(asked, "assignee_id"), by, kind, text, by_api=True)
    if word == "snoozed":
        thing.update(state="snoozed", snoozed_until=required(asked, "snoozed_until", (int,)))
        world.add(thing, "snoozed", by, None, by_api=True)
        return ["conversation.admin.snoozed"]
    if word == "close":
        required(asked, "type", (str,), ("admin",))
    return world.set_open(thing, word == "open", by, by_api=True, text=text)


# Tickets


def _update_ticket(world: World, id: str) -> Response:
    asked = _body()
    with world.edit(place("ticket", id)) as thing:
        topics = _updated(world, thing, asked)
    echo(world, topics, thing)
    return jsonify(shown(thing))


def _updated(world: World, ticket: Body, asked: Body) -> list[str]:
    """All that a PUT asks for; ``assignment`` and ``state`` of versions before 2.14 are not looked at, as in 2.14."""
    topics: list[str] = []
    by = world.admin(asked.get("admin_id", world.play.admin_id), "assignee_not_found")
    if "ticket_state_id" in asked:
        topics += world.set_state(ticket, _state(asked["ticket_state_id"]), by, by_api=True)
    if "assignee_id" in asked:
        topics += world.assign(ticket, required(asked, "assignee_id"), by, by_api=True)
    if "ticket_attributes" in asked:
        ticket["ticket_attributes"] |= required(asked, "ticket_attributes", (dict,))
        world.add(ticket, "ticket_attribute_updated_by_admin", by, by_api=True)
        topics.append("ticket.attribute.updated")
    if "open" in asked and required(asked, "open", (bool,)) != ticket["open"]:
        topics += world.set_open(ticket, asked["open"], by, by_api=True)
    return topics


def _state(id: object) -> Body:
    found = people.ticket_state(id)
    if found is None:
        message = "Ticket state id is not valid or is not associated with the ticket type"
        raise Refused(400, "ticket_state_id_invalid", message)
    return found


_OWN: tuple[Route, ...] = (
    ("GET", "/me", _me),
    ("GET", "/admins", _admins),
    ("GET", "/admins/<id>", _admin),
    ("PUT", "/admins/<id>/away", _away),
    ("GET", "/teams", _teams),
    ("GET", "/teams/<id>", _team),
    ("POST", "/contacts", _new_contact),
    ("POST", "/contacts/search", _search_contacts),
    ("GET", "/contacts/<id>", _contact),
    ("GET", "/contacts/<id>/companies", _companies),
    ("GET", "/companies/<id>", _company),
    ("GET", "/tags", _tags),
    ("POST", "/tags", _new_tag),
    ("GET", "/ticket_states", _ticket_states),
    ("POST", "/conversations", _new_conversation),
    ("PUT", "/conversations/<id>", _update_conversation),
    ("POST", "/conversations/<id>/parts", _manage),
    ("PUT", "/tickets/<id>", _update_ticket),
)
_BOTH: tuple[Route, ...] = (
    ("GET", "/{}s/<id>", _read),
    ("POST", "/{}s/<id>/reply", _reply),
    ("POST", "/{}s/<id>/tags", _tag),
    ("DELETE", "/{}s/<id>/tags/<tag_id>", _untag),
    ("POST", "/{}s/search", _search),
)
