"""Faults a play-vendor can be told to show: 429, 500, time-out, drop after write; and a latency for measurements."""

from __future__ import annotations

import random
import socket
import time
from typing import Any

from flask import Blueprint, Response, g, jsonify, request

from sandbox import lies
from sandbox.state import Body, State

# Shares (0-1) of API calls that fail each way; seconds and milliseconds as named.
DEFAULTS: Body = {
    "rate_429": 0.0, "rate_500": 0.0, "rate_timeout": 0.0, "rate_drop_after_write": 0.0,
    "retry_after_s": 1, "timeout_s": 15.0, "latency_ms": 0,
    "lies": 1_000_000,  # how many more are told at most
} | dict.fromkeys(lies.TOLD, 0.0)  # fmt: skip


def share(faults: Body, name: str) -> bool:
    return random.random() < float(faults[name])  # noqa: S311 - a dice, not a secret


def _is_control() -> bool:
    return "/_" in request.path


def _fault(faults: Body) -> Response | None:
    """Wait as told, then perhaps answer in the place of the vendor."""
    if faults["latency_ms"]:
        time.sleep(float(faults["latency_ms"]) / 1000)
    if share(faults, "rate_429"):
        return Response("{}", 429, {"Retry-After": str(faults["retry_after_s"])}, content_type="application/json")
    if share(faults, "rate_500"):
        return Response('{"error":"InternalError"}', 500, content_type="application/json")
    if share(faults, "rate_timeout"):
        time.sleep(float(faults["timeout_s"]))
        _cut_connection()
    return None


def _lie(state: State, vendor: str, lie: str) -> None:
    with state.change(vendor, "faults", "now") as faults:
        if faults and faults.get("lies", 1) > 0 and lies.tell(state, vendor, request.path, lie) and "lies" in faults:
            faults["lies"] -= 1


def _cut_connection() -> None:
    wire = request.environ.get("gunicorn.socket") or request.environ.get("werkzeug.socket")
    if isinstance(wire, socket.socket):
        wire.shutdown(socket.SHUT_RDWR)


def told(state: State, vendor: str, own: Body) -> Body:
    """The faults a vendor shows now."""
    return DEFAULTS | own | (state.get(vendor, "faults", "now") or {})


def attach(blueprint: Blueprint, state: State, vendor: str, own: Body | None = None) -> None:
    """Give a vendor's API blueprint its fault switches (``/_faults``), call record (``/_calls``) and latency.

    Paths that begin with ``_`` after the prefix are controls: never recorded and never failing. ``own``: faults that it
    shows itself, with their defaults.
    """
    own = own or {}

    def before() -> Response | None:
        if _is_control():
            return None
        g.faults = told(state, vendor, own)
        return _fault(g.faults)

    def after(response: Response) -> Response:
        if _is_control():
            return response
        body = request.get_json(silent=True, force=True) or request.form.to_dict() or None
        state.record(vendor, request.method, request.full_path.rstrip("?"), response.status_code, body)
        wrote = request.method != "GET" and response.status_code < 300
        for lie in (name for name in lies.TOLD if wrote and share(g.faults, name)):
            _lie(state, vendor, lie)
        if wrote and share(g.faults, "rate_drop_after_write"):
            _cut_connection()
        return response

    blueprint.before_request(before)
    blueprint.after_request(after)
    blueprint.add_url_rule("/_faults", "faults", lambda: _faults(state, vendor, own), methods=["GET", "PUT"])
    blueprint.add_url_rule("/_calls", "calls", lambda: _calls(state, vendor), methods=["GET", "DELETE"])


def _faults(state: State, vendor: str, own: Body) -> Response:
    if request.method == "PUT":
        wanted: Any = request.get_json()
        known = set(DEFAULTS) | set(own)
        if unknown := set(wanted) - known:
            return Response(f"unknown faults {sorted(unknown)}; known: {sorted(known)}", 400)
        state.put(vendor, "faults", "now", wanted)
    return jsonify(told(state, vendor, own))


def _calls(state: State, vendor: str) -> Response:
    if request.method == "DELETE":
        state.forget_calls(vendor)
    return jsonify(state.calls(vendor))
