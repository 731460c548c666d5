"""How the play Freshdesk answers: pages of lists, errors, and the reading of requests, as the real API does it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Response, jsonify, request

from sandbox.freshdesk_rules import Checks, Problem, problems
from sandbox.freshdesk_world import CUSTOM_FIELDS, now
from sandbox.state import Body

_PER_PAGE, _MOST_PER_PAGE = 30, 100


def error(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> Response:
    answer = jsonify({"code": code, "message": message})
    answer.status_code = status
    answer.headers.update(headers or {})
    return answer


def invalid(found: list[Problem]) -> Response:
    answer = jsonify({"description": "Validation failed", "errors": found})
    answer.status_code = 400
    return answer


def wrong(field: str, message: str, code: str = "invalid_value") -> Response:
    return invalid([{"field": field, "message": message, "code": code}])


def nothing(status: int) -> Response:
    """An answer without a body: Freshdesk's 204, and its 404."""
    return Response(b"", status)


def or_404(body: Body | None) -> Response:
    return nothing(404) if body is None else jsonify(body)


def read(checks: Checks, required: tuple[str, ...] = ()) -> tuple[Body, Response | None]:
    """The JSON object of the request, and the answer to give instead when it is none or has wrong fields."""
    body: Any = request.get_json(silent=True)
    if not isinstance(body, dict):
        return {}, error(400, "invalid_json", "Request body has invalid json format")
    if not body:
        return {}, error(400, "missing_params", "Mandatory parameters are missing")
    found = problems(body, checks, required)
    return body, invalid(found) if found else None


def paged(items: list[Body]) -> Response:
    """One page of a list; the header ``link`` names the next one."""
    try:
        page, size = int(request.args.get("page", 1)), int(request.args.get("per_page", _PER_PAGE))
    except ValueError:
        return wrong("page", "Value set is of type String.It should be a/an Positive Integer", "datatype_mismatch")
    if not 1 <= size <= _MOST_PER_PAGE:
        return wrong("per_page", f"It should be a Positive Integer less than or equal to {_MOST_PER_PAGE}")
    if not 1 <= page <= 300:
        return wrong("page", "You cannot access tickets beyond the 300th page.")
    answer = jsonify(items[(page - 1) * size : page * size])
    if page * size < len(items):
        following = urlencode({**request.args.to_dict(), "page": page + 1})
        answer.headers["link"] = f'<{request.base_url}?{following}>; rel="next"'
    return answer


def matches(ticket: Body, name: str, wanted: str) -> bool:
    """One clause of a search: ``priority:4``, ``tag:'urgent'``, ``created_at:>'2026-01-01'``, ``cf_page:'checkout'``."""
    value, wanted = _searched(ticket, name), wanted.strip()
    sign, text = (wanted[0], wanted[1:]) if wanted[:1] in ("<", ">") else ("", wanted)
    text = text.strip("'")
    if sign:
        return str(value) >= text if sign == ">" else str(value)[: len(text)] <= text
    if isinstance(value, list):
        return text in value
    return ("null" if value is None else str(value)) == text


def _searched(ticket: Body, name: str) -> Any:
    known = {"agent_id": "responder_id", "tag": "tags"}
    return ticket["custom_fields"].get(name) if name in CUSTOM_FIELDS else ticket.get(known.get(name, name))


def changed(ticket: Body, body: Body) -> str:
    """Carry out an update; the brace notation of what changed."""
    told = []
    for name, value in body.items():
        if name == "custom_fields":
            ticket[name] = ticket[name] | value
        else:
            before, ticket[name] = ticket.get(name), value
            if name in ("status", "priority", "responder_id", "group_id") and before != value:
                told.append(f"{name}:{{from:{_braced(before)},to:{_braced(value)}}}")
    if "status" in body:
        over = body["status"] in (4, 5)
        ticket["stats"] |= {"resolved_at": now() if over else None, "closed_at": now() if body["status"] == 5 else None}
    ticket["updated_at"] = now()
    return "{" + (",".join(told) or "ticket_action:update") + "}"


def _braced(value: Any) -> str:
    return "null" if value is None else str(value)
