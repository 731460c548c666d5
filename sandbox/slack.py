"""A play Slack: the Web API under ``/api/<method>``, response_urls under ``/hooks``, and the page and controls of slack_page.

It answers as Slack does, mistakes included: HTTP 200 with ``ok: false`` and Slack's error code.
"""

from __future__ import annotations

import hmac
import threading
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import Play, faults
from sandbox.slack_api import METHODS
from sandbox.slack_page import Page
from sandbox.slack_world import SCOPES, VENDOR, Refused, World
from sandbox.state import Body, State


def blueprint(state: State, play: Play) -> Blueprint:
    """The play Slack, to be mounted at /sandbox/slack. Faults and the call record concern the API, not the page."""
    world, seeded = World(state), threading.Event()
    made = Blueprint("sandbox_slack", __name__, template_folder="templates", static_folder="static", static_url_path="/static")

    @made.before_request
    def seed() -> None:
        """With the first request, not before: making an app needs no database."""
        if not seeded.is_set():
            world.seed()
            seeded.set()

    made.register_blueprint(_api(world, play))
    Page(world, play).register(made)
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
