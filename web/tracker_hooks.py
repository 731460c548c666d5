"""``POST /webhooks/trackers/<tracker>``: what a tracker tells of a bug; the same answers as for a helpdesk's webhooks."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response

from web.ports import BugDesk
from web.problems import answer
from web.refusals import Refusals
from web.webhooks import handle_errors, inbound_of


def blueprint(bugs: BugDesk, refusals: Refusals) -> Blueprint:
    """The routes of the trackers' webhooks."""
    web = Blueprint("tracker_hooks", __name__, url_prefix="/webhooks/trackers")

    def accept(connection: str) -> Response:
        now = datetime.now(UTC)
        delivery, duplicate = bugs.receive(connection, inbound_of(now), now)
        return answer(202, {"delivery": delivery, "duplicate": duplicate})

    def exists(connection: str) -> Response:
        return Response(status=200 if connection in bugs.trackers() else 404)

    web.add_url_rule("/<connection>", "accept", accept, methods=["POST"])
    web.add_url_rule("/<connection>", "exists", exists, methods=["GET"])
    handle_errors(web, bugs.trackers, refusals)
    return web
