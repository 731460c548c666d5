"""Controls of the play Freshdesk (paths that begin with ``_``): what a person would do in its pages, and its switches."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import Play
from sandbox.freshdesk_acts import CannotDo, act, send, webhook_body
from sandbox.freshdesk_world import VENDOR, agents, new_contact, new_ticket
from sandbox.state import Body, State

# Switches kept as one object each: path, kind, and what a PUT may say.
_SWITCHES: dict[str, tuple[str, ...]] = {"echo": ("on",), "rule": ("content",), "limit": ("per_minute",)}


def attach(blueprint: Blueprint, state: State, play: Play) -> None:
    """Add the controls: tickets, acts, switches, availability."""
    controls = _Controls(state, play)
    blueprint.add_url_rule("/_tickets", "put_ticket", controls.put_ticket, methods=["POST"])
    blueprint.add_url_rule("/_tickets/<int:id>", "raw_ticket", controls.raw_ticket)
    blueprint.add_url_rule("/_tickets/<int:id>/act", "act", controls.act, methods=["POST"])
    blueprint.add_url_rule("/_agents/<int:id>", "switch_agent", controls.switch_agent, methods=["PUT"])
    for name, keys in _SWITCHES.items():
        _switch(blueprint, state, name, keys)


class _Controls:
    def __init__(self, state: State, play: Play) -> None:
        self.state, self.play = state, play

    def put_ticket(self) -> Response:
        given: Any = request.get_json()
        if given.get("email"):
            given["requester_id"] = new_contact(self.state, str(given.pop("name", given["email"])), str(given["email"]))
        ticket = new_ticket(self.state, given)
        self.state.put(VENDOR, "ticket", str(ticket["id"]), ticket)
        return jsonify(ticket)

    def raw_ticket(self, id: int) -> Response:
        ticket = self.state.get(VENDOR, "ticket", str(id))
        return jsonify(ticket) if ticket else Response(b"", 404)

    def act(self, id: int) -> Response:
        asked: Any = request.get_json()
        if asked.get("act") == "create" and isinstance(asked.get("value"), dict):
            self.state.put(VENDOR, "ticket", str(id), new_ticket(self.state, {**asked["value"], "id": id}))
        try:
            bodies = _done(self.state, self.play, id, asked)
        except (CannotDo, TypeError, ValueError) as no:
            return Response(str(no), 400)
        if bodies is None:
            return Response(b"", 404)
        return jsonify({"sent": send(self.play, bodies[::-1] if request.args.get("order") == "reverse" else bodies)})

    def switch_agent(self, id: int) -> Response:
        asked: Any = request.get_json()
        if id not in agents(self.state, int(self.play.admin_id), self.play.email):
            return Response(b"", 404)
        self.state.put(VENDOR, "agent", str(id), {"available": bool(asked["available"])})
        return jsonify(agents(self.state, int(self.play.admin_id), self.play.email)[id])


def _done(state: State, play: Play, id: int, asked: Body) -> list[Body] | None:
    with state.change(VENDOR, "ticket", str(id)) as ticket:
        events = act(state, play, ticket, asked) if ticket else []
    return [webhook_body(state, play, ticket, event) for event in events] if ticket else None


def _switch(blueprint: Blueprint, state: State, name: str, keys: tuple[str, ...]) -> None:
    def switch() -> Response:
        if request.method == "PUT":
            asked: Any = request.get_json()
            if set(asked) - set(keys):
                return Response(f"{name} takes {', '.join(keys)}", 400)
            state.put(VENDOR, name, "now", asked)
        return jsonify(state.get(VENDOR, name, "now") or {})

    blueprint.add_url_rule(f"/_{name}", f"switch_{name}", switch, methods=["GET", "PUT"])
