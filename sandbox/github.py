"""A play GitHub: issues and their comments of one repository, ``play/product`` (REST, version 2022-11-28).

https://docs.github.com/en/rest/issues. Pages and controls: sandbox.bugs.
"""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import Play, bugs
from sandbox.bugs import Tracker
from sandbox.state import Body, State

VENDOR, REPOSITORY = "github", "play/product"
_MOST_TITLE, _MOST_BODY = 256, 65_536


def blueprint(state: State, play: Play) -> Blueprint:
    """All of the play GitHub, to be mounted at /sandbox/github."""
    made = Blueprint("sandbox_github", __name__, template_folder="templates")
    tracker = Tracker(VENDOR, state, play, lambda *about: _told(play, *about), _signed)
    bugs.attach(made, tracker)
    made.before_request(lambda: _admit(play))
    issues = "/repos/<owner>/<name>/issues"
    made.add_url_rule(issues, "list", lambda owner, name: _list(tracker), methods=["GET"])
    made.add_url_rule(issues, "create", lambda owner, name: _create(tracker), methods=["POST"])
    made.add_url_rule(f"{issues}/<number>/comments", "read", lambda owner, name, number: _read(tracker, number), methods=["GET"])
    said = lambda owner, name, number: _say(tracker, number)  # noqa: E731
    made.add_url_rule(f"{issues}/<number>/comments", "say", said, methods=["POST"])
    return made


def _admit(play: Play) -> Response | None:
    if bugs.is_page():
        return None
    if request.headers.get("Authorization") != f"Bearer {play.token}":
        return _refused(401, "Bad credentials")
    about = request.view_args or {}
    return None if f"{about.get('owner')}/{about.get('name')}" == REPOSITORY else _refused(404, "Not Found")


def _refused(status: int, message: str, *errors: Body) -> Response:
    told: Body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    response = jsonify(told | ({"errors": errors} if errors else {}))
    response.status_code = status
    return response


def _create(tracker: Tracker) -> Response | tuple[Response, int]:
    told: Any = request.get_json(silent=True)
    title = told.get("title") if isinstance(told, dict) else None
    if not isinstance(title, str) or not 0 < len(title) <= _MOST_TITLE:
        return _refused(422, "Validation Failed", {"resource": "Issue", "field": "title", "code": "missing_field"})
    if not isinstance(told.get("body", ""), str) or len(told.get("body", "")) > _MOST_BODY:
        return _refused(422, "Validation Failed", {"resource": "Issue", "field": "body", "code": "custom"})
    number = str(tracker.state.new_id())
    bug = tracker.add(title, told.get("body", ""), id=number, key=f"#{number}")
    return jsonify(_issue(tracker.play, bug)), 201


def _list(tracker: Tracker) -> Response:
    wanted = request.args.get("state", "open")
    found = [_issue(tracker.play, bug) for bug in reversed(tracker.all()) if wanted in ("all", bug["state"])]
    return jsonify(_paged(found))


def _read(tracker: Tracker, number: str) -> Response:
    return jsonify(_paged([_comment(comment) for comment in tracker.get(number)["comments"]]))


def _say(tracker: Tracker, number: str) -> Response | tuple[Response, int]:
    told: Any = request.get_json(silent=True)
    text = told.get("body") if isinstance(told, dict) else None
    if not isinstance(text, str) or not text:
        return _refused(422, "Validation Failed", {"resource": "IssueComment", "field": "body", "code": "missing_field"})
    bug, comment = tracker.comment(number, text, bugs.INTEGRATION)
    tracker.tell(bug, "comment", comment)  # the real one tells of its callers' comments too
    return jsonify(_comment(comment)), 201


def _paged(rows: list[Body]) -> list[Body]:
    size, page = int(request.args.get("per_page", 30)), int(request.args.get("page", 1))
    return rows[(page - 1) * size : page * size]


def _issue(play: Play, bug: Body) -> Body:
    return {
        "id": 10_000 + int(bug["id"]),
        "number": int(bug["id"]),
        "title": bug["title"],
        "body": bug["body"],
        "state": bug["state"],
        "state_reason": "completed" if bug["state"] == "closed" else None,
        "comments": len(bug["comments"]),
        "html_url": f"{play.url(VENDOR)}/bugs-page/{bug['id']}",
        "created_at": bug["created_at"],
        "updated_at": bug["updated_at"],
    }


def _comment(comment: Body) -> Body:
    return {"id": int(comment["id"]), "body": comment["body"], "user": {"login": comment["author"]}, "created_at": comment["at"]}


def _told(play: Play, bug: Body, what: str, comment: Body | None) -> tuple[Body, dict[str, str]]:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#issues, #issue_comment."""
    action = {"comment": "created", "close": "closed", "reopen": "reopened"}[what]
    by = comment["author"] if comment else bug.get("by", bugs.PERSON)
    told = {"action": action, "issue": _issue(play, bug), "repository": {"full_name": REPOSITORY}, "sender": {"login": by}}
    told |= {"comment": _comment(comment)} if comment else {}
    return told, {"X-GitHub-Event": "issue_comment" if comment else "issues", "X-GitHub-Delivery": str(uuid.uuid4())}


def _signed(body: bytes, secret: str) -> dict[str, str]:
    return {"X-Hub-Signature-256": f"sha256={bugs.hex_sha256(body, secret)}"}
