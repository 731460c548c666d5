"""A play Slack: the Web API under ``/api/<method>``, a page where people read and press, and the real signed requests to Baton.

Controls: ``GET /_messages``, ``GET /_views``, ``POST /_press``, ``POST /_submit``, ``POST /_command``, ``POST /_reset``,
``PUT /_errors`` ({"chat.postMessage": "internal_error"}: a method answers this until told otherwise), ``PUT /_scopes``.
"""

from __future__ import annotations

import hmac
import time
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from sandbox import Play, faults, slack_render
from sandbox.slack_api import METHODS, shown
from sandbox.slack_press import Outcome, command, press, submit
from sandbox.slack_world import BOT, CHANNELS, PEOPLE, SCOPES, VENDOR, Refused, World, direct
from sandbox.state import Body, State

_WAIT_S = 1.5  # a page without scripts shows what a press caused, if that comes soon


def blueprint(state: State, play: Play) -> Blueprint:
    """The play Slack, to be mounted at /sandbox/slack. Faults and the call record concern the API, not the page."""
    world = World(state)
    made = Blueprint("sandbox_slack", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
    made.register_blueprint(_api(world, play))
    _page(made, world, play)
    _controls(made, world, play)
    return made


def _api(world: World, play: Play) -> Blueprint:
    api = Blueprint("api", __name__)
    faults.attach(api, world.state, VENDOR)

    @api.route("/api/<method>", methods=["GET", "POST"])
    def call(method: str) -> Response:
        params = _params()
        answer = jsonify(_answer(world, play, method, params))
        answer.headers["x-oauth-scopes"] = _scopes(world)
        return answer

    @api.post("/hooks/<kind>/<id>")
    def hook(kind: str, id: str) -> Response:
        told = world.use_hook(id)
        if told is None:
            return Response("used_url", 404)
        body: Any = request.get_json(force=True)
        world.whisper(told["channel"], told["user"], body.get("text") or "", body.get("blocks") or [])
        return Response("ok")

    return api


def _params() -> Body:
    posted = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    return request.args.to_dict() | (posted if isinstance(posted, dict) else {})


def _scopes(world: World) -> str:
    return str((world.state.get(VENDOR, "setting", "scopes") or {"scopes": SCOPES})["scopes"])


def _answer(world: World, play: Play, method: str, params: Body) -> Body:
    """What a method answers, ``ok`` and all."""
    try:
        _admit(world, play, method, params)
        return {"ok": True} | METHODS[method][1](world, params)
    except Refused as refused:
        return {"ok": False, "error": refused.code} | refused.more
    except ValueError:  # numbers that are none
        return {"ok": False, "error": "invalid_arguments"}


def _admit(world: World, play: Play, method: str, params: Body) -> None:
    told = (world.state.get(VENDOR, "setting", "errors") or {}).get(method)
    if told:
        raise Refused(told)
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or str(params.get("token") or "")
    if not token:
        raise Refused("not_authed")
    if not hmac.compare_digest(token.encode(), play.token.encode()):
        raise Refused("invalid_auth")
    if method not in METHODS:
        raise Refused("unknown_method", req_method=method)
    needed, given = METHODS[method][0], _scopes(world)
    if needed and needed not in given.split(","):
        raise Refused("missing_scope", needed=needed, provided=given)


def _page(made: Blueprint, world: World, play: Play) -> None:
    @made.get("", strict_slashes=False)
    def page() -> str:
        room = request.args.get("c") or direct("U101")
        try:
            channel = world.channel(room)
        except Refused:
            channel = world.channel(direct("U101"))
        asked = request.args.get("as", "")
        person = channel["user"] if channel["is_im"] else asked if asked in PEOPLE else "U101"
        world.look(channel["id"], person)
        return render_template("sandbox/slack.html", **_view(world, channel, person), flash=request.args.get("flash", ""))


def _view(world: World, channel: Body, person: str) -> Body:
    """All that the page shows."""
    entries = world.messages(channel["id"])[-100:] + world.whispers(channel["id"], person)[-20:]
    direct_messages = [
        {"id": direct(id), "name": name, "unread": world.unread(direct(id), id)} for id, (name, _) in PEOPLE.items()
    ]
    rooms = [{"id": id, "name": name, "unread": world.unread(id, person)} for id, name in CHANNELS.items()]
    return {
        "channel": channel, "person": person, "people": PEOPLE, "bot": BOT, "rooms": rooms, "directs": direct_messages,
        "entries": sorted(entries, key=lambda entry: str(entry["ts"])), "form": world.form_of(person),
        "text": slack_render.text, "moment": slack_render.moment, "initials": slack_render.initials,
    }  # fmt: skip


def _controls(made: Blueprint, world: World, play: Play) -> None:
    @made.get("/_messages")
    def messages() -> Response:
        ids = (*CHANNELS, *(direct(id) for id in PEOPLE))
        every = [message for id in ids for message in world.messages(id)]
        return jsonify([_told(message) for message in sorted(every, key=lambda message: str(message["ts"]))])

    @made.get("/_views")
    def views() -> Response:
        return jsonify(world.state.all(VENDOR, "view"))

    @made.get("/_whispers")
    def whispers() -> Response:
        ids = (*CHANNELS, *(direct(id) for id in PEOPLE))
        return jsonify([whisper for id in ids for whisper in world.state.all(VENDOR, f"ephemeral:{id}")])

    @made.post("/_press")
    def pressing() -> AnyResponse:
        given = _params()
        channel, ts, person = given["channel"], given["ts"], given["user"]
        return _after(world, given, lambda: press(world, play, channel, ts, given["action_id"], person, given.get("value", "")))

    @made.post("/_submit")
    def submitting() -> AnyResponse:
        given = _params()
        values = given.get("values") or {key[6:]: value for key, value in given.items() if key.startswith("value_")}
        return _after(world, given, lambda: submit(world, play, given["view_id"], given["user"], values))
