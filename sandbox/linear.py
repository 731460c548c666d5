"""A play Linear: the operations of its GraphQL API that Baton uses, for one team with the key PLAY.

https://linear.app/developers/graphql. A real server reads any query; this one knows the root fields it is asked for and refuses
the rest as Linear does. Pages and controls: sandbox.bugs.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import Play, bugs
from sandbox.bugs import KIND, Tracker
from sandbox.state import Body, State

VENDOR, TEAM, TEAM_ID = "linear", "PLAY", "9cfb482a-81e3-4154-b5b9-2c805e70a02d"
_OPERATION = re.compile(r"^\s*(query|mutation)\s+\w+\s*\([^)]*\)\s*\{\s*(\w+)\s*\(", re.DOTALL)
_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
Answered = tuple[Response, int]


class Refused(Exception):
    """An error of GraphQL."""

    def __init__(self, message: str, code: str = "INVALID_INPUT", status: int = 200) -> None:
        super().__init__(message)
        self.code, self.status = code, status


def blueprint(state: State, play: Play) -> Blueprint:
    """All of the play Linear, to be mounted at /sandbox/linear."""
    made = Blueprint("sandbox_linear", __name__, template_folder="templates")
    tracker = Tracker(VENDOR, state, play, lambda *about: _told(play, *about), _signed)
    bugs.attach(made, tracker)
    made.add_url_rule("/graphql", "graphql", lambda: _graphql(tracker), methods=["POST"])
    return made


def _graphql(tracker: Tracker) -> Answered:
    try:
        if request.headers.get("Authorization") != tracker.play.token:
            raise Refused("Authentication required, not authenticated", "AUTHENTICATION_ERROR", 401)
        told: Any = request.get_json(silent=True)
        found = _OPERATION.match(told.get("query", "")) if isinstance(told, dict) else None
        if found is None or found[2] not in _FIELDS:
            raise Refused("Cannot query what was asked for", "GRAPHQL_VALIDATION_FAILED", 400)
        return jsonify({"data": {found[2]: _FIELDS[found[2]](tracker, told.get("variables") or {})}}), 200
    except Refused as refused:
        error = {"message": str(refused), "extensions": {"code": refused.code, "userError": True}}
        return jsonify({"errors": [error], "data": None}), refused.status


def _teams(tracker: Tracker, variables: Body) -> Body:
    return {"nodes": [{"id": TEAM_ID}] if variables.get("key") == TEAM else []}


def _issues(tracker: Tracker, variables: Body) -> Body:
    bug = tracker.state.get(VENDOR, KIND, str(variables.get("id")))
    return {"nodes": [_issue(tracker.play, bug)] if bug else []}


def _create(tracker: Tracker, variables: Body) -> Body:
    told = variables.get("input") or {}
    if told.get("teamId") != TEAM_ID:
        raise Refused("Argument Validation Error: teamId must be a team")
    if not isinstance(told.get("title"), str) or not told["title"]:
        raise Refused("Argument Validation Error: title must be a string")
    if not _UUID4.fullmatch(str(told.get("id", uuid.uuid4()))):
        raise Refused("Argument Validation Error: id must be a UUID")
    id = str(told.get("id", uuid.uuid4()))
    if tracker.state.get(VENDOR, KIND, id):
        raise Refused("Entity with this id already exists")
    bug = tracker.add(told["title"], str(told.get("description", "")), id=id, key=f"{TEAM}-{tracker.state.new_id()}")
    return {"success": True, "issue": _issue(tracker.play, bug)}


def _attach(tracker: Tracker, variables: Body) -> Body:
    told = variables.get("input") or {}
    if not str(told.get("url", "")).startswith(("http://", "https://")) or not told.get("title"):
        raise Refused("Argument Validation Error: url must be an URL address")
    with tracker.state.change(VENDOR, KIND, str(told.get("issueId"))) as bug:
        if bug is None:
            raise Refused("Entity not found: Issue")
        same = [link for link in bug["links"] if link["url"] == told["url"]]
        link = same[0] if same else {"id": str(uuid.uuid4()), "url": told["url"]}
        link["title"] = f"{told['title']} {told.get('subtitle') or ''}".strip()
        bug["links"] = [link if other["url"] == link["url"] else other for other in bug["links"]] + ([] if same else [link])
    return {"success": True, "attachment": {"id": link["id"]}}


_FIELDS: Mapping[str, Callable[[Tracker, Body], Body]] = {
    "teams": _teams,
    "issues": _issues,
    "issueCreate": _create,
    "attachmentCreate": _attach,
}


def _issue(play: Play, bug: Body) -> Body:
    return {"id": bug["id"], "identifier": bug["key"], "url": f"{play.url(VENDOR)}/bugs-page/{bug['id']}"}


def _told(play: Play, bug: Body, what: str, comment: Body | None) -> tuple[Body, dict[str, str]]:
    """https://linear.app/developers/webhooks, the payload of a data change event."""
    by = comment["author"] if comment else bug.get("by", bugs.PERSON)
    stamp = {"webhookTimestamp": int(time.time() * 1000), "createdAt": bug["updated_at"], "actor": {"name": by, "type": "user"}}
    headers = {"Linear-Delivery": str(uuid.uuid4()), "Linear-Event": "Comment" if comment else "Issue"}
    if comment:
        data = {"id": comment["id"], "body": comment["body"], "issueId": bug["id"], "createdAt": comment["at"]}
        return {"action": "create", "type": "Comment", "data": {**data, "issue": _issue(play, bug)}, **stamp}, headers
    over = bug["state"] == "closed"
    state = {"id": str(uuid.uuid4()), "type": "completed" if over else "started", "name": "Done" if over else "In Progress"}
    data = {**_issue(play, bug), "title": bug["title"], "updatedAt": bug["updated_at"], "state": state}
    before = {"stateId": str(uuid.uuid4()), "updatedAt": bug["created_at"]}
    return {"action": "update", "type": "Issue", "data": data, "updatedFrom": before, **stamp}, headers


def _signed(body: bytes, secret: str) -> dict[str, str]:
    return {"Linear-Signature": bugs.hex_sha256(body, secret)}
