"""The OpenAPI 3.1 description of ``/api/v1``, made from ``api_routes`` and the schemas below."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus

from escalation.actions import DeclineReason
from escalation.bug import BugState
from escalation.hop import OfferState, State
from store.queries import ACTION_STATES, DELIVERY_STATUSES, ESCALATION_STATES
from web import openapi_answers, openapi_bugs, openapi_handovers, openapi_shifts, openapi_whom
from web.api_routes import Route
from web.openapi_kit import (
    AGENT,
    ANY,
    AT,
    AT_OR_NONE,
    NUMBER,
    TEXT,
    TEXT_OR_NONE,
    YES,
    Json,
    list_of,
    object_of,
    of,
    page_of,
    ref,
    word,
)

_RULE = re.compile(r"<(?:(int|path):)?(\w+)>")


_DELIVERY = {
    "id": NUMBER,
    "connection": TEXT,
    "ticket_id": TEXT,
    "event": TEXT,
    "status": word(DELIVERY_STATUSES),
    "why": TEXT,
    "received_at": AT,
    "handled_at": AT_OR_NONE,
    "replays": NUMBER,
    "not_read": of("integer", description="how many of its words and values the mapping could not read"),
}
_LEFT_OUT = {
    "field": of("string", description='canonical; "body" for the whole of it'),
    "path": of("string", description="in what was sent"),
    "problem": TEXT,
    "remedy": TEXT,
    "line": of("integer", description="of the mapping; 0 where it has no part in it"),
}
_EVALUATION = {"id": NUMBER, "at": AT, "escalate": YES, "reasons": list_of(TEXT), "escalation_id": TEXT_OR_NONE}
_ESCALATION = {
    "id": TEXT,
    "connection": TEXT,
    "ticket_id": TEXT,
    "subject": TEXT_OR_NONE,
    "state": word(ESCALATION_STATES),
    "severity": TEXT,
    "issue_type": TEXT,
    "team": TEXT,
    "path": TEXT,
    "rules": list_of(TEXT),
    "reasons": list_of(TEXT),
    "opened_at": AT,
    "closed_at": AT_OR_NONE,
}
_ENTRY = {"id": NUMBER, "at": AT, "kind": TEXT, "words": TEXT, "actor": TEXT, "handoff_id": TEXT, "data": ANY}
_CUSTOMER = {"name": TEXT_OR_NONE, "email": TEXT_OR_NONE, "organization": TEXT_OR_NONE, "tier": TEXT_OR_NONE}
_ASKED = {
    "agent": TEXT,
    "channel": TEXT_OR_NONE,
    "tracker": TEXT_OR_NONE,
    "sender": TEXT_OR_NONE,
    "until": AT,
    "words": TEXT_OR_NONE,
}
_REPLY = {
    "due": AT_OR_NONE,
    "words": of("string", description="how due came about, or since when it stands still"),
    "paused_at": AT_OR_NONE,
}
_HANDOFF = {
    "id": TEXT,
    "escalation_id": TEXT,
    "connection": TEXT,
    "ticket_id": TEXT,
    "state": word(State),
    "hop": NUMBER,
    "team": TEXT,
    "issue_type": TEXT,
    "sender": TEXT,
    "accepted_by": TEXT,
    "offered_to": list_of(object_of(_ASKED, optional=("tracker", "sender"))),
    "severity": TEXT,
    "reasons": list_of(TEXT),
    "subject": TEXT_OR_NONE,
    "ticket_url": TEXT_OR_NONE,
    "sla": of("array", "null", items=object_of({"name": TEXT, "due_at": AT_OR_NONE, "state": TEXT})),
    "customer": object_of(_CUSTOMER),
    "waiting_since": of("string", "null", format="date-time", description="the customer, for a person"),
    "opened_at": AT,
    "changed_at": AT,
}
_OFFER = {
    "id": TEXT,
    "agent": TEXT,
    "channel": TEXT,
    "state": word(OfferState),
    "at": AT,
    "until": AT,
    "words": of("string", description="how until came about: 15 min + weekend = Mon 09:12 Europe/Paris"),
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
    "state": word(ACTION_STATES),
    "attempts": NUMBER,
    "unclear": YES,
    "error": TEXT,
    "planned_at": AT,
    "done_at": AT_OR_NONE,
}
_REFUSED = of("string", description='why this version is not in force, the one before it being so; "" for one that is')
_DOCUMENT = {"name": TEXT, "text": TEXT, "version": NUMBER, "author": TEXT, "reason": TEXT, "at": AT, "refused": _REFUSED}
_WHO = {"holder": of("string", description='agent id, "" if nobody'), "holder_name": TEXT}
_WRONG = object_of({"line": NUMBER, "path": TEXT, "value": {}, "problem": TEXT, "remedy": TEXT}, optional=("line", "value"))
_PROBLEM = {
    "type": TEXT,
    "title": TEXT,
    "status": NUMBER,
    "detail": TEXT,
    **_WHO,
    "problems": list_of(_WRONG),
    **openapi_bugs.REFUSED,
}

SCHEMAS: Json = {
    "DeliveryLine": object_of(_DELIVERY),
    "Delivery": object_of(
        {
            **_DELIVERY,
            "key": TEXT,
            "headers": ANY,
            "query": ANY,
            "encoding": word(("text", "base64")),
            "body": TEXT,
            "became": of("object", "null", description="the canonical change, or why it was ignored"),
            "unknown_words": of("object", description="canonical field → the helpdesk's word that no table of the mapping has"),
            "left_out": list_of(object_of(_LEFT_OUT)),
            "evaluations": list_of(object_of(_EVALUATION)),
            "actions": list_of(ref("Action")),
        }
    ),
    "Deliveries": page_of("DeliveryLine"),
    "Ticket": object_of({"connection": TEXT, "id": TEXT, "status": TEXT, "messages": list_of(ANY)}, description="docs/api.md"),
    "Evaluation": object_of({"id": NUMBER, "at": AT, "deliveries": list_of(TEXT), "decision": ANY}),
    "Evaluations": page_of("Evaluation"),
    "EscalationLine": object_of(_ESCALATION),
    "Escalation": object_of(
        {
            **_ESCALATION,
            "decision": of("object", "null", description="every rule with each condition and the value it saw"),
            "handoffs": list_of(ref("HandoffLine")),
            "package": ANY,
            "timeline": list_of(object_of(_ENTRY)),
        }
    ),
    "Escalations": page_of("EscalationLine"),
    "HandoffLine": object_of(
        {**_HANDOFF, "place": object_of({"number": NUMBER, "points": of("number"), "words": TEXT})}, optional=("place",)
    ),
    "Handoff": object_of(
        {
            **_HANDOFF,
            "level": NUMBER,
            "levels": list_of(TEXT, description="names of the levels of its path; level counts from 0"),
            "steps": of("integer", description="how often it was moved on; next-level asks for it"),
            "playbook_version": NUMBER,
            "former": of("string", description="the handoff it goes on from, where the ticket was reopened"),
            "path": TEXT,
            "first_reply_in": of("string", "null", description="ISO 8601 duration"),
            "reply": of("object", "null", properties=_REPLY, description="the clock of the first reply, once somebody accepted"),
            "tried": of("object", description="agent → why not again"),
            "route": of("object", "null", description="every candidate with score or exclusion, in words"),
            "accepted_at": AT_OR_NONE,
            "answered_at": AT_OR_NONE,
            "closed_at": AT_OR_NONE,
            "offers": list_of(object_of(_OFFER, optional=("words",))),
            "feedback": openapi_answers.FEEDBACK,
            "actions": list_of(ref("Action")),
        }
    ),
    "Handoffs": page_of("HandoffLine"),
    "Action": object_of(_ACTION),
    "Actions": page_of("Action"),
    "Queued": object_of(
        {"queued": YES, "delivery": NUMBER, "action": NUMBER, "backtest": NUMBER}, optional=("delivery", "action", "backtest")
    ),
    "Backtest": object_of({"draft": of("string", description="YAML"), "days": of("integer", minimum=1)}, optional=("days",)),
    "Backtested": object_of(
        {
            "id": NUMBER,
            "at": AT,
            "author": TEXT,
            "since": AT,
            "state": word(("running", "done", "failed")),
            "total": of("integer", description="tickets to judge"),
            "result": of("object", "null", description="tickets judged; active and draft: escalated, rules, load; differences"),
            "error": TEXT,
            "done_at": AT_OR_NONE,
        }
    ),
    "Accept": object_of(AGENT, optional=AGENT),
    "Decline": object_of({**AGENT, "reason": word(DeclineReason), "text": TEXT}, optional=("agent", "reason", "text")),
    "Return": object_of({**AGENT, "reason": of("string", description="what is missing")}, optional=("agent", "reason")),
    "NextLevel": object_of(
        {**AGENT, "steps": of("integer", description="steps of the handoff as it was seen; 409 when it has moved on")},
        optional=AGENT,
    ),
    **openapi_answers.SCHEMAS,
    "Answered": object_of({"handoff": TEXT, "text": TEXT, **_WHO}),
    "Away": object_of(
        {"until": of("string", description="ISO 8601; in the agent's own zone where it names none"), "reason": TEXT},
        optional=("reason",),
    ),
    "Presence": object_of({"agent": TEXT, "away": YES, "until": AT_OR_NONE, "reason": TEXT, "words": TEXT}),
    "Payload": {"description": 'A raw payload as the helpdesk sends it, or {"payload": …, "draft": "the YAML to try"}'},
    "Preview": object_of({}, description="the canonical change or ticket, as docs/api.md shows"),
    "Rehearsal": object_of(
        {
            "ticket": {"description": "a canonical ticket with messages [{role, text, at?, public?}], or the id of a stored one"},
            "connection": of("string", description="of a stored ticket"),
            "draft": of("string", description="YAML of escalation.yaml to try instead of the active one"),
        },
        optional=("connection", "draft"),
    ),
    "Rehearsed": object_of(
        {
            "signals": list_of(object_of({"name": TEXT, "value": {}, "confidence": of("number"), "evidence": list_of(ANY)})),
            "rules": list_of(object_of({"id": TEXT, "mode": TEXT, "fired": YES, "words": TEXT, "conditions": list_of(ANY)})),
            "decision": object_of(
                {
                    "escalate": YES,
                    "rules": list_of(TEXT),
                    "reasons": list_of(TEXT),
                    "severity": TEXT_OR_NONE,
                    "issue_type": TEXT,
                    "target": of("object", "null"),
                    "tree": of("object", "null", description="the way through the issue type's decision tree, with its words"),
                }
            ),
            "route": of("object", "null", description="every candidate with score or exclusion"),
            "ignored": list_of(TEXT, description="names that no ticket has, each with its path"),
            "cut": list_of(
                TEXT, description="what was not looked at for signals, in words: older messages, the rest of long ones"
            ),
            "degraded": list_of(TEXT, description="what reading goes without here, and what to do about it"),
            "playbook_version": NUMBER,
        }
    ),
    **openapi_whom.SCHEMAS,
    **openapi_handovers.SCHEMAS,
    **openapi_bugs.SCHEMAS,
    **openapi_shifts.SCHEMAS,
    "DocumentLine": object_of({name: kind for name, kind in _DOCUMENT.items() if name != "text"}),
    "Document": object_of(_DOCUMENT),
    "Documents": page_of("DocumentLine"),
    "Problem": object_of(_PROBLEM, optional=("holder", "holder_name", "problems", *openapi_bugs.REFUSED), description="RFC 9457"),
}


def _query(name: str, schema: Json, text: str) -> Json:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": text}


PARAMETERS: Json = {
    "limit": _query("limit", of("integer", minimum=1, maximum=200, default=50), "most rows"),
    "cursor": _query("cursor", TEXT, "the value of next in the answer before"),
    "delivery_status": _query("status", word(DELIVERY_STATUSES), "only these"),
    "escalation_state": _query("state", word(ESCALATION_STATES), "only these"),
    "handoff_state": _query("state", word(State), "only these"),
    "bug_state": _query("state", word(BugState), "only these"),
    "issue": _query("issue", TEXT, "an issue type, or a few words as a customer would write them") | {"required": True},
    "connection": _query("connection", TEXT, "only people with an account there"),
    "language": _query("language", TEXT, "only people who speak it"),
    "shift_agent": _query("agent", TEXT, "only packets of this person: id or e-mail address"),
    "shift_state": _query("state", word(("waiting",)), "only those in which something waits"),
    "action_state": _query("state", word(ACTION_STATES), "only these"),
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
        "description": f"Needs the role {route.role}." if route.role else "Needs no token.",
        "parameters": [*_in_path(route.path), *({"$ref": f"#/components/parameters/{name}"} for name in route.query)],
        "responses": {str(route.status): _answer(route.status, ref(route.answer), "application/json")},
    }
    for status in sorted({503, *({401, 403} if route.role else ()), *route.refusals}):
        operation["responses"][str(status)] = _answer(status, ref("Problem"), "application/problem+json")
    if route.role is None:
        operation["security"] = []
    if route.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": ref(route.body)}}}
    return operation


def _in_path(rule: str) -> list[Json]:
    kinds = {"int": NUMBER}
    return [{"name": name, "in": "path", "required": True, "schema": kinds.get(kind, TEXT)} for kind, name in _RULE.findall(rule)]


def _answer(status: int, schema: Json, kind: str) -> Json:
    return {"description": HTTPStatus(status).phrase, "content": {kind: {"schema": schema}}}
