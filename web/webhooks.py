"""``POST /webhooks/<connection>``: hand the raw request to the pipeline and acknowledge what is committed.

Nothing of the pages runs here (no session, sign-in, CSRF, limiter): vendors send bursts and wait only seconds.

| what happened | answer |
|---|---|
| kept (or kept before) | 202 with the delivery's number |
| unknown connection | 404 |
| signature, token or age wrong | 401, nothing kept |
| authentic, not understood | 400, kept and replayable |
| over 1 MiB | 413 |
| database away | 503, the vendor sends it again |
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from datetime import UTC, datetime

import structlog
from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge

from escalation.ports import BadSignature, Helpdesk, Inbound, Unreadable
from web.bodies import read_body
from web.ports import Pipeline
from web.problems import DATABASE_AWAY, answer, problem
from web.refusals import NOBODY, Refusals

MOST_BYTES = 1024 * 1024
log = structlog.get_logger(__name__)


def blueprint(pipeline: Pipeline, helpdesks: Callable[[], Mapping[str, Helpdesk]], refusals: Refusals) -> Blueprint:
    """The webhook routes."""
    web = Blueprint("webhooks", __name__, url_prefix="/webhooks")

    def accept(connection: str) -> Response:
        now = datetime.now(UTC)
        received = pipeline.receive(connection, inbound_of(now), now)
        return answer(202, {"delivery": received.delivery, "duplicate": received.duplicate})

    def exists(connection: str) -> Response:
        """Vendors ask with HEAD or GET whether the address is right."""
        return Response(status=200 if connection in helpdesks() else 404)

    web.add_url_rule("/<connection>", "accept", accept, methods=["POST"])
    web.add_url_rule("/<connection>", "exists", exists, methods=["GET"])
    handle_errors(web, helpdesks, refusals)
    return web


def inbound_of(now: datetime) -> Inbound:
    """The request as it came."""
    body = read_body(MOST_BYTES)
    # Straight from the WSGI environment: request.headers rebuilds every name each time.
    headers = {k[5:].replace("_", "-").lower(): v for k, v in request.environ.items() if k.startswith("HTTP_")}
    headers |= {"content-type": request.environ.get("CONTENT_TYPE", ""), "x-baton-received": now.isoformat()}
    return Inbound(headers, body, request.args.to_dict() if request.query_string else {})


def handle_errors(web: Blueprint, known: Callable[[], Container[str]], refusals: Refusals) -> None:
    """What went wrong as an answer that tells the sender what to do, counted by the name in the address."""

    def refuse(status: int, reason: str, detail: str, **more: object) -> Response:
        asked = str((request.view_args or {}).get("connection", ""))
        # Which connections there are is a question to the database, which may be what is away.
        connection = asked if reason != "database_away" and asked in known() else NOBODY
        refusals.count(connection, reason)
        log.warning("webhook refused", connection=connection, reason=reason, status=status, detail=detail)
        return problem(status, detail, **more)

    def unknown(wrong: LookupError) -> Response:
        if str((request.view_args or {}).get("connection", "")) in known():
            raise wrong  # a defect of ours must not look like a wrong address
        return refuse(404, "unknown_connection", "There is no connection of this name.")

    def not_proven(wrong: BadSignature) -> Response:
        return refuse(401, "bad_signature", str(wrong))

    def not_understood(wrong: Unreadable) -> Response:
        return refuse(400, "unreadable", str(wrong), path=wrong.path, remedy=wrong.remedy)

    def too_large(_: RequestEntityTooLarge) -> Response:
        return refuse(413, "too_large", f"A webhook may have {MOST_BYTES:,} bytes at most.")

    def away(wrong: Exception) -> Response:
        log.error("database away", error=type(wrong).__name__)
        return refuse(503, "database_away", "The database cannot be reached; please send this again.")

    web.register_error_handler(LookupError, unknown)
    web.register_error_handler(BadSignature, not_proven)
    web.register_error_handler(Unreadable, not_understood)
    web.register_error_handler(RequestEntityTooLarge, too_large)
    for kind in DATABASE_AWAY:
        web.register_error_handler(kind, away)
