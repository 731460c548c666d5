"""The OpenAPI 3.1 description of ``/api/v1``, made from ``api_routes`` and the schemas below."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from escalation.actions import DeclineReason
from escalation.hop import OfferState, State
from store.queries import ACTION_STATES, DELIVERY_STATUSES, ESCALATION_STATES
from web.api_routes import Route

Json = dict[str, Any]
_RULE = re.compile(r"<(?:(int|path):)?(\w+)>")


def _of(*types: str, **more: Any) -> Json:
    return {"type": types[0] if len(types) == 1 else list(types), **more}


def _object(properties: Json, optional: Iterable[str] = (), **more: Any) -> Json:
    required = [name for name in properties if name not in set(optional)]
    return {"type": "object", "properties": properties, "required": required, **more}


def _list(items: Json, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


def _page(name: str) -> Json:
    return _object({"items": _list(_ref(name)), "next": _of("string", "null", description="cursor of the following part")})


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _word(words: Iterable[str]) -> Json:
    return {"type": "string", "enum": [str(word) for word in words]}


TEXT, NUMBER, YES, ANY = _of("string"), _of("integer"), _of("boolean"), _of("object")
TEXT_OR_NONE = _of("string", "null")
AT = _of("string", format="date-time")
AT_OR_NONE = _of("string", "null", format="date-time")

_DELIVERY = {
    "id": NUMBER,
    "connection": TEXT,
    "ticket_id": TEXT,
    "event": TEXT,
    "status": _word(DELIVERY_STATUSES),
    "why": TEXT,
    "received_at": AT,
    "handled_at": AT_OR_NONE,
    "replays": NUMBER,
}
_EVALUATION = {"id": NUMBER, "at": AT, "escalate": YES, "reasons": _list(TEXT), "escalation_id": TEXT_OR_NONE}
_ESCALATION = {
    "id": TEXT,
    "connection": TEXT,
    "ticket_id": TEXT,
    "subject": TEXT_OR_NONE,
    "state": _word(ESCALATION_STATES),
    "severity": TEXT,
    "issue_type": TEXT,
    "team": TEXT,
    "path": TEXT,
    "rules": _list(TEXT),
    "reasons": _list(TEXT),
    "opened_at": AT,
    "closed_at": AT_OR_NONE,
}
_ENTRY = {"id": NUMBER, "at": AT, "kind": TEXT, "words": TEXT, "actor": TEXT, "handoff_id": TEXT, "data": ANY}
_CUSTOMER = {"name": TEXT_OR_NONE, "email": TEXT_OR_NONE, "organization": TEXT_OR_NONE, "tier": TEXT_OR_NONE}
_ASKED = {"agent": TEXT, "channel": TEXT_OR_NONE, "until": AT}
_HANDOFF = {
    "id": TEXT,
    "escalation_id": TEXT,
    "connection": TEXT,
    "ticket_id": TEXT,
    "state": _word(State),
    "hop": NUMBER,
    "team": TEXT,
    "issue_type": TEXT,
    "sender": TEXT,
    "accepted_by": TEXT,
    "offered_to": _list(_object(_ASKED)),
    "severity": TEXT,
    "reasons": _list(TEXT),
    "subject": TEXT_OR_NONE,
    "ticket_url": TEXT_OR_NONE,
    "sla": _of("array", "null", items=_object({"name": TEXT, "due_at": AT_OR_NONE, "state": TEXT})),
    "customer": _object(_CUSTOMER),
    "waiting_since": _of("string", "null", format="date-time", description="the customer, for a person"),
    "opened_at": AT,
    "changed_at": AT,
}
_OFFER = {
    "id": TEXT,
    "agent": TEXT,
    "channel": TEXT,
    "state": _word(OfferState),
    "at": AT,
    "until": AT,
    "reason": TEXT,
    "why": TEXT,
}
_ACTION = {
    "id": NUMBER,
    "key": TEXT,
    "kind": TEXT,
    "connection": TEXT,
    "ticket_id": TEXT,
    "handoff_id": TEXT,
    "why": TEXT,
    "state": _word(ACTION_STATES),
    "attempts": NUMBER,
    "unclear": YES,
    "error": TEXT,
    "planned_at": AT,
    "done_at": AT_OR_NONE,
}
_DOCUMENT = {"name": TEXT, "text": TEXT, "version": NUMBER, "author": TEXT, "reason": TEXT, "at": AT}
_AGENT = {"agent": _of("string", description="id or e-mail address in the roster; with a session, yourself if left out")}
_WHO = {"holder": _of("string", description='agent id, "" if nobody'), "holder_name": TEXT}
_WRONG = _object({"line": NUMBER, "path": TEXT, "problem": TEXT, "remedy": TEXT}, optional=("line",))
_PROBLEM = {
    "type": TEXT,
    "title": TEXT,
    "status": NUMBER,
    "detail": TEXT,
    **_WHO,
    "problems": _list(_WRONG),
}

SCHEMAS: Json = {
    "DeliveryLine": _object(_DELIVERY),
    "Delivery": _object(
        {
            **_DELIVERY,
            "key": TEXT,
            "headers": ANY,
            "query": ANY,
            "encoding": _word(("text", "base64")),
            "body": TEXT,
            "became": _of("object", "null", description="the canonical change, or why it was ignored"),
            "evaluations": _list(_object(_EVALUATION)),
            "actions": _list(_ref("Action")),
        }
    ),
    "Deliveries": _page("DeliveryLine"),
    "Ticket": _object({"connection": TEXT, "id": TEXT, "status": TEXT, "messages": _list(ANY)}, description="docs/api.md"),
    "Evaluation": _object({"id": NUMBER, "at": AT, "deliveries": _list(TEXT), "decision": ANY}),
    "Evaluations": _page("Evaluation"),
    "EscalationLine": _object(_ESCALATION),
    "Escalation": _object(
        {
            **_ESCALATION,
            "decision": _of("object", "null", description="every rule with each condition and the value it saw"),
            "handoffs": _list(_ref("HandoffLine")),
            "package": ANY,
            "timeline": _list(_object(_ENTRY)),
        }
    ),
    "Escalations": _page("EscalationLine"),
    "HandoffLine": _object(_HANDOFF),
    "Handoff": _object(
        {
            **_HANDOFF,
            "level": NUMBER,
            "path": TEXT,
            "first_reply_in": _of("string", "null", description="ISO 8601 duration"),
            "tried": _of("object", description="agent → why not again"),
            "route": _of("object", "null", description="every candidate with score or exclusion, in words"),
            "accepted_at": AT_OR_NONE,
            "answered_at": AT_OR_NONE,
            "closed_at": AT_OR_NONE,
            "offers": _list(_object(_OFFER)),
            "actions": _list(_ref("Action")),
        }
    ),
    "Handoffs": _page("HandoffLine"),
    "Action": _object(_ACTION),
    "Actions": _page("Action"),
    "Queued": _object(
        {"queued": YES, "delivery": NUMBER, "action": NUMBER, "backtest": NUMBER}, optional=("delivery", "action", "backtest")
    ),
    "Backtest": _object({"draft": _of("string", description="YAML"), "days": _of("integer", minimum=1)}, optional=("days",)),
    "Backtested": _object(
        {
            "id": NUMBER,
            "at": AT,
            "author": TEXT,
            "since": AT,
            "state": _word(("running", "done", "failed")),
            "total": _of("integer", description="tickets to judge"),
            "result": _of("object", "null", description="tickets judged; active and draft: escalated, rules, load; differences"),
            "error": TEXT,
            "done_at": AT_OR_NONE,
        }
    ),
    "Accept": _object(_AGENT, optional=_AGENT),
    "Decline": _object({**_AGENT, "reason": _word(DeclineReason), "text": TEXT}, optional=("agent", "reason", "text")),
    "Return": _object({**_AGENT, "reason": _of("string", description="what is missing")}, optional=("agent", "reason")),
    "Answered": _object({"handoff": TEXT, "text": TEXT, **_WHO}),
    "Payload": {"description": 'A raw payload as the helpdesk sends it, or {"payload": …, "draft": "the YAML to try"}'},
    "Preview": _object({}, description="the canonical change or ticket, as docs/api.md shows"),
    "Rehearsal": _object(
        {
            "ticket": {"description": "a canonical ticket with messages [{role, text, at?, public?}], or the id of a stored one"},
            "connection": _of("string", description="of a stored ticket"),
            "draft": _of("string", description="YAML of escalation.yaml to try instead of the active one"),
        },
        optional=("connection", "draft"),
    ),
    "Rehearsed": _object(
        {
            "signals": _list(_object({"name": TEXT, "value": {}, "confidence": _of("number"), "evidence": _list(ANY)})),
            "rules": _list(_object({"id": TEXT, "mode": TEXT, "fired": YES, "words": TEXT, "conditions": _list(ANY)})),
            "decision": _object(
                {
                    "escalate": YES,
                    "rules": _list(TEXT),
                    "reasons": _list(TEXT),
                    "severity": TEXT_OR_NONE,
                    "issue_type": TEXT,
                    "target": _of("object", "null"),
                }
            ),
            "route": _of("object", "null", description="every candidate with score or exclusion"),
            "ignored": _list(TEXT),
            "degraded": _list(TEXT, description="what reading goes without here, and what to do about it"),
            "playbook_version": NUMBER,
        }
    ),
    "DocumentLine": _object({name: kind for name, kind in _DOCUMENT.items() if name != "text"}),
    "Document": _object(_DOCUMENT),
    "Documents": _page("DocumentLine"),
    "Problem": _object(_PROBLEM, optional=("holder", "holder_name", "problems"), description="RFC 9457"),
}


def _query(name: str, schema: Json, text: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": text}


PARAMETERS: Json = {
    "limit": _query("limit", _of("integer", minimum=1, maximum=200, default=50), "most rows"),
    "cursor": _query("cursor", TEXT, "the value of next in the answer before"),
    "delivery_status": _query("status", _word(DELIVERY_STATUSES), "only these"),
    "escalation_state": _query("state", _word(ESCALATION_STATES), "only these"),
    "handoff_state": _query("state", _word(State), "only these"),
    "action_state": _query("state", _word(ACTION_STATES), "only these"),
}


def describe(routes: Iterable[Route], address: str) -> Json:
    """The whole description; ``address`` is the base URL people reach us at."""
    paths: dict[str, Json] = {}
    for route in routes:
        paths.setdefault(written(route.path), {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Baton", "version": "1", "description": "Handoffs of support tickets. See docs/api.md."},
        "servers": [{"url": f"{address}/api/v1"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "parameters": PARAMETERS,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def written(rule: str) -> str:
    """A Flask rule as an OpenAPI path: ``/tickets/<connection>/<path:ticket>`` → ``/tickets/{connection}/{ticket}``."""
    return _RULE.sub(r"{\2}", rule)


def _operation(route: Route) -> Json:
    operation: Json = {
        "operationId": route.view,
        "summary": route.summary,
        "description": f"Needs the role {route.role}.",
        "parameters": [*_in_path(route.path), *({"$ref": f"#/components/parameters/{name}"} for name in route.query)],
        "responses": {str(route.status): _answer(route.status, _ref(route.answer), "application/json")},
    }
    for status in sorted({401, 403, 503, *route.refusals}):
        operation["responses"][str(status)] = _answer(status, _ref("Problem"), "application/problem+json")
    if route.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(route.body)}}}
    return operation


def _in_path(rule: str) -> list[Json]:
    kinds = {"int": NUMBER}
    return [{"name": name, "in": "path", "required": True, "schema": kinds.get(kind, TEXT)} for kind, name in _RULE.findall(rule)]


def _answer(status: int, schema: Json, kind: str) -> Json:
    return {"description": HTTPStatus(status).phrase, "content": {kind: {"schema": schema}}}
