"""``POST /handoffs``: a bot's request, checked whole, kept under its key, and acknowledged; the worker does the rest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Response, g, request
from sqlalchemy import Engine
from werkzeug.exceptions import BadRequest, NotFound

from escalation.handed import AiAttempt, HandedOver
from escalation.handover import Asked, turns_of
from escalation.ports import Helpdesk
from escalation.ticket import Person, Role
from store import handovers
from store.codec import new_id
from web import shapes
from web.bodies import read_body
from web.problems import answer, problem
from web.shapes import Flaw

MOST_BYTES = 1024 * 1024
SCHEMA = "handoff-1.json"
MOST_KEY, MOST_TICKET = 200, 100
_ROLES = {"user": Role.CUSTOMER, "assistant": Role.BOT}  # the usual names in the APIs of language models; others are ours
_NAMELESS = "AI agent"


@dataclass(frozen=True)
class Handovers:
    """Where requests of bots are taken."""

    engine: Engine
    helpdesks: Callable[[], Mapping[str, Helpdesk]]

    def take(self) -> Response:
        """Keep the request at hand; 201 with its id, the same for the same key however often and at once it comes."""
        body, now = _body(), datetime.now(UTC)
        wrong = [*shapes.flaws(shapes.schema(SCHEMA), body), *self._beyond_the_schema(body)]
        if wrong:
            told = [asdict(flaw) for flaw in wrong]
            return problem(400, f"The handover has {len(wrong)} problem(s); nothing was kept.", problems=told)
        digest = hashlib.sha256(json.dumps(_bare(body), sort_keys=True).encode()).hexdigest()
        key = _key(body) or f"{now.date()}:{digest}"  # without a key, the same words on one day are one handover
        id = new_id("h", now)
        asked = _asked(body, id, key, now)
        kept = handovers.keep(self.engine, g.caller.email or g.caller.name, key, digest, id, asked, now)
        if not kept.same:
            return problem(422, f"The key {key} was used before with another body; send a new key for a new handover.")
        return _acknowledged(kept, body, asked)

    @staticmethod
    def schema(name: str) -> Response:
        """A published schema."""
        try:
            return answer(200, shapes.schema(name))
        except LookupError as missing:
            raise NotFound(str(missing)) from None

    def _beyond_the_schema(self, body: Mapping[str, Any]) -> list[Flaw]:
        """What depends on more than one field, or on what there is here."""
        wrong = []
        connection = body.get("connection")
        if isinstance(connection, str) and connection and connection not in self.helpdesks():
            remedy = f"one of: {', '.join(sorted(self.helpdesks()))}"
            wrong.append(Flaw("connection", connection[:MOST_KEY], "is no connection of this Baton", remedy))
        customer = body.get("customer")
        email = customer.get("email") if isinstance(customer, dict) else None
        if not _ticket(body) and not email:
            remedy = "send customer.email so that a ticket can be made, or the ticket there is already"
            wrong.append(Flaw("customer.email", None, "is missing, and there is no ticket", remedy))
        if len(_ticket(body)) > MOST_TICKET or (body.get("ticket") is not None and not _ticket(body)):
            wrong.append(Flaw("ticket", _ticket(body)[:MOST_TICKET], "is no ticket's id", "the helpdesk's id, or leave it out"))
        header, key = request.headers.get("Idempotency-Key"), body.get("key")
        if header is not None and not (0 < len(header) <= MOST_KEY and header.isprintable()):
            wrong.append(Flaw("Idempotency-Key", header[:MOST_KEY], "cannot be used", f"1 to {MOST_KEY} printable characters"))
        if header and isinstance(key, str) and key != header:
            wrong.append(Flaw("key", key[:MOST_KEY], "differs from the header Idempotency-Key", "send one, or the same twice"))
        return wrong


def _body() -> dict[str, Any]:
    def refuse(word: str) -> None:
        raise ValueError(word)

    try:
        body = json.loads(read_body(MOST_BYTES), parse_constant=refuse)  # NaN and Infinity are no JSON
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise BadRequest(f"The body is a JSON object as /api/v1/schemas/{SCHEMA} describes.")
    return body


def _bare(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name != "key"}


def _key(body: Mapping[str, Any]) -> str:
    return request.headers.get("Idempotency-Key") or _text(body, "key")


def _ticket(body: Mapping[str, Any]) -> str:
    return "" if body.get("ticket") is None else str(body["ticket"]).strip()


def _text(told: Mapping[str, Any], name: str) -> str:
    return str(told.get(name) or "").strip()


def _asked(body: Mapping[str, Any], id: str, key: str, now: datetime) -> Asked:
    customer = body.get("customer") or {}
    turns = [(_role(t["role"]), _text(t, "name"), t["text"], _at(t.get("at"))) for t in body["conversation"]]
    handed = HandedOver(
        id=id,
        by=_text(body, "by") or _NAMELESS,
        key=key,
        attempts=tuple(_attempt(told) for told in body.get("attempts") or ()),
        intent="_".join(_text(body, "intent").lower().split()),
        confidence=None if body.get("confidence") is None else float(body["confidence"]),
        complexity=_text(body, "complexity"),
        urgency=_text(body, "urgency"),
        page=_text(body, "page"),
        product_area=_text(body, "product_area"),
        reason=_text(body, "reason"),
    )
    person = Person("", _text(customer, "name"), _text(customer, "email"), Role.CUSTOMER)
    more = (_text(body, "subject"), _text(body, "language").lower())
    return Asked(_text(body, "connection"), _ticket(body), handed, turns_of(id, turns, now), person, *more)


def _role(word: str) -> Role:
    return _ROLES.get(word) or Role(word)


def _at(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told).astimezone(UTC) if told else None


def _attempt(told: Mapping[str, Any]) -> AiAttempt:
    step, result, said, why = (_text(told, name) for name in ("step", "result", "customer_answer", "failed_because"))
    return AiAttempt(step, result, said, why, told.get("worked", False))


def _acknowledged(kept: handovers.Kept, body: Mapping[str, Any], asked: Asked) -> Response:
    ignored = list(shapes.unknown(shapes.schema(SCHEMA), body))
    told = {"id": kept.id, "connection": asked.connection, "ticket": asked.ticket or None, "state": "received"}
    response = answer(201, {**told, "ignored": ignored})
    response.headers["Location"] = f"/api/v1/handoffs/{kept.id}"
    if not kept.new:
        response.headers["Idempotency-Replayed"] = "true"
    return response
