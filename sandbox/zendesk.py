"""The play Zendesk: the Ticketing API that Baton uses and its neighbours, with Zendesk's paths, checks and error bodies.

https://developer.zendesk.com/api-reference/ticketing/introduction/
Controls (no sign-in): ``POST /_tickets`` creates or replaces a ticket (Zendesk's shape plus ``comments``, ``users``,
``organizations``), ``GET /_tickets/<id>`` shows it whole, ``POST /_tickets/<id>/act`` is a click of a person (``?order=reverse``
sends its webhooks backwards), ``PUT /_echo {"on": true}`` makes API writes cause webhooks too, as in reality.
"""

from __future__ import annotations

import base64
import hmac
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, Response, after_this_request, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from sandbox import Play, faults, pages
from sandbox.state import Body, State
from sandbox.zendesk_events import Event, changes, deliver, envelopes
from sandbox.zendesk_people import VENDOR, requester_of, user
from sandbox.zendesk_reads import Reads, api_ticket, ticket_view
from sandbox.zendesk_tickets import Refused, tags_of
from sandbox.zendesk_world import World, act

Answer = Response | tuple[Response, int]
_ANONYMOUS = {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}


def blueprint(state: State, play: Play) -> Blueprint:
    """The vendor's API, pages and controls, to be mounted at /sandbox/zendesk."""
    bp = Blueprint(VENDOR, __name__, template_folder="templates")
    world = World(state, play)
    bp.before_request(partial(_sign_in, play))
    faults.attach(bp, state, VENDOR)
    pages.attach(bp, state, VENDOR, "tickets", partial(ticket_view, world))
    bp.register_error_handler(Refused, lambda refused: (jsonify(refused.body), refused.status))
    bp.after_request(_rate_headers)
    reads, writes = Reads(world), Writes(world)
    for path, read in reads.routes().items():
        _add(bp, path, read, "GET")
    for (verb, path), write in writes.routes().items():
        _add(bp, path, write, verb)
    bp.add_url_rule("/agent/tickets/<int:id>", "agent", lambda id: redirect(url_for(".ticket", id=id)))
    _controls(bp, world)
    verbs = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    bp.add_url_rule("/api/<path:rest>", "unknown", _unknown, methods=verbs)
    return bp


def _add(bp: Blueprint, path: str, view: Callable[..., Answer], verb: str) -> None:
    """Every path also ends in ``.json``, as zenpy writes it."""
    name = f"{verb} {path}".replace(".", "")
    for suffix in ("", ".json"):
        bp.add_url_rule(f"/api/v2/{path}{suffix}", f"{name}{suffix[1:]}", view, methods=[verb])


def _unknown(rest: str) -> Answer:
    return jsonify({"error": "InvalidEndpoint", "description": "Not found"}), 404


def _sign_in(play: Play) -> Answer | None:
    if "/api/" not in request.path or "/_" in request.path:
        return None
    given = request.headers.get("Authorization", "")
    if not given and request.path.removesuffix(".json").endswith("/api/v2/users/me"):
        return jsonify({"user": _ANONYMOUS})  # as Zendesk does: 200, and nobody
    expected = "Basic " + base64.b64encode(f"{play.email}/token:{play.token}".encode()).decode()
    if hmac.compare_digest(given.encode(), expected.encode()):
        return None
    return jsonify({"error": "Couldn't authenticate you"}), 401


def _rate_headers(response: Response) -> Response:
    if "/api/" in request.path:
        response.headers.setdefault("X-Rate-Limit", "700")
        response.headers.setdefault("X-Rate-Limit-Remaining", "699")
    return response


def _body(name: str) -> Any:
    """The object ``name`` of a JSON body; Zendesk's 400 for anything else."""
    told = request.get_json(silent=True, force=True)
    if not isinstance(told, dict):
        raise Refused(422, {"error": "Unprocessable Entity", "message": "Server could not parse JSON"})
    if name not in told:
        raise Refused(400, {"error": "ParameterMissing", "description": f"Parameter {name} is required"})
    return told[name]


def _looked_up(response: Response, word: str) -> Response:
    """https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#idempotency"""
    if "Idempotency-Key" in request.headers:
        response.headers["x-idempotency-lookup"] = word
    return response


class Writes:
    """The calls that change something; each causes webhooks too while the echo is on."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._us = int(world.play.admin_id)

    def routes(self) -> dict[tuple[str, str], Callable[..., Answer]]:
        return {
            ("POST", "tickets"): self.create,
            ("PUT", "tickets/<int:id>"): self.update,
            ("DELETE", "tickets/<int:id>"): self.delete,
            ("PUT", "tickets/<int:id>/tags"): partial(self.tags, "add"),
            ("POST", "tickets/<int:id>/tags"): partial(self.tags, "set"),
            ("DELETE", "tickets/<int:id>/tags"): partial(self.tags, "remove"),
            ("PUT", "tickets/<int:id>/comments/<int:comment_id>/make_private"): self.make_private,
        }

    def create(self) -> Answer:
        told = _body("ticket")
        said = told.get("comment") if isinstance(told, dict) else None
        if not isinstance(said, dict) or not (said.get("body") or said.get("html_body")):
            details = {"base": [{"description": "Description: cannot be blank", "error": "BlankValue"}]}
            raise Refused(422, {"error": "RecordInvalid", "description": "Record validation errors", "details": details})
        if (again := self._again(told)) is not None:
            return again
        requester = told.get("requester_id") or requester_of(self._world.state, told.get("requester")) or self._us
        kept = {key: value for key, value in told.items() if key not in ("comment", "id", "requester", "metadata")}
        person = user(self._world.state, self._world.play, int(requester)) or {}
        kept = {"organization_id": person.get("organization_id"), **kept}
        said = {"author_id": self._us, **said}  # the submitter, who is us, writes the first comment
        ticket = self._world.make({**kept, "requester_id": requester, "comments": [said], "via": {"channel": "api"}})
        if key := request.headers.get("Idempotency-Key"):
            self._world.state.put(VENDOR, "keys", key, {"ticket": ticket["id"], "asked": told})
        self._echo(lambda kept: [("created", {}), *changes({**kept, "comments": []}, kept)], ticket)
        return _looked_up(jsonify({"ticket": api_ticket(ticket)}), "miss"), 201

    def _again(self, told: Body) -> Answer | None:
        """The answer to a request whose Idempotency-Key was used before; None for a new one."""
        known = self._world.state.get(VENDOR, "keys", request.headers.get("Idempotency-Key") or "")
        if known is None:
            return None
        if known["asked"] != told:
            words = "Request parameters for given idempotency key are different from the first time"
            raise Refused(400, {"error": "IdempotentRequestError", "description": words})
        return _looked_up(jsonify({"ticket": api_ticket(self._world.ticket(known["ticket"]))}), "hit"), 201

    def update(self, id: int) -> Answer:
        before, after, audit = self._world.change(id, _body("ticket"), self._us)
        self._echo(lambda kept: changes(before, kept), after)
        answer = jsonify({"ticket": api_ticket(after), "audit": audit})
        if "id" in _body("ticket"):  # zenpy always sends it
            answer.headers["X-Zendesk-Api-Warn"] = '{:allowed_parameters=>{:unpermitted_keys=>["ticket.id"]}}'
        return answer

    def delete(self, id: int) -> Answer:
        self._echo(lambda _: [("soft_deleted", {})], self._world.delete(id))
        return Response(status=204), 204

    def tags(self, how: str, id: int) -> Answer:
        told, had = tags_of(_body("tags")), self._world.ticket(id)["tags"]
        wanted = {"add": [*had, *told], "set": told, "remove": [tag for tag in had if tag not in told]}[how]
        safe = {key: value for key, value in request.get_json().items() if key in ("safe_update", "updated_stamp")}
        before, after, _ = self._world.change(id, {"tags": wanted, **safe}, self._us)
        self._echo(lambda kept: changes(before, kept), after)
        return jsonify({"tags": after["tags"]}), 201 if how == "set" else 200

    def make_private(self, id: int, comment_id: int) -> Answer:
        self._world.ticket(id)
        with self._world.state.change(VENDOR, "tickets", str(id)) as ticket:
            for said in (ticket or {}).get("comments", ()):
                if said["id"] == comment_id:
                    said["public"] = False
        return Response(status=204), 204

    def _echo(self, events: Callable[[Body], list[Event]], ticket: Body) -> None:
        """Send the webhooks of our own write a little after its answer: of what is kept by then."""
        if not (self._world.state.get(VENDOR, "echo", "now") or {}).get("on"):
            return
        later = threading.Timer(0.05, self._tell, (events, ticket))
        later.daemon = True

        @after_this_request
        def answered(response: Response) -> Response:
            response.call_on_close(later.start)
            return response

    def _tell(self, events: Callable[[Body], list[Event]], ticket: Body) -> None:
        kept = self._world.state.get(VENDOR, "tickets", str(ticket["id"])) or ticket
        deliver(self._world.play, envelopes(kept, self._us, events(kept)))


def _controls(bp: Blueprint, world: World) -> None:
    def make() -> Answer:
        return jsonify(world.make(request.get_json())), 201

    def show(id: int) -> Answer:
        return jsonify(world.ticket(id))

    def click(id: int) -> Answer:
        return jsonify(act(world, id, request.get_json(), reverse=request.args.get("order") == "reverse"))

    def echo() -> AnyResponse:
        if request.method == "PUT":
            world.state.put(VENDOR, "echo", "now", {"on": bool(request.get_json().get("on"))})
        return jsonify(world.state.get(VENDOR, "echo", "now") or {"on": False})

    bp.add_url_rule("/_tickets", "make", make, methods=["POST"])
    bp.add_url_rule("/_tickets/<int:id>", "show", show)
    bp.add_url_rule("/_tickets/<int:id>/act", "act", click, methods=["POST"])
    bp.add_url_rule("/_echo", "echo", echo, methods=["GET", "PUT"])
