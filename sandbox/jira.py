"""A play Jira Cloud: issues of one project, PLAY, their remote links, search by label (REST v3).

https://developer.atlassian.com/cloud/jira/platform/rest/v3. Pages and controls: sandbox.bugs.
"""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, jsonify, request

from sandbox import Play, bugs
from sandbox.bugs import KIND, Tracker
from sandbox.state import Body, State

VENDOR, PROJECT, ISSUE_TYPE = "jira", "PLAY", "Bug"
_LABELLED = re.compile(r'project = "([^"]+)" AND labels = "([^"]+)"')
_MOST_SUMMARY = 255
Answered = Response | tuple[Response, int]


def blueprint(state: State, play: Play) -> Blueprint:
    """All of the play Jira, to be mounted at /sandbox/jira."""
    made = Blueprint("sandbox_jira", __name__, template_folder="templates")
    tracker = Tracker(VENDOR, state, play, _told, _signed)
    bugs.attach(made, tracker)
    made.before_request(lambda: _admit(play))
    api = "/rest/api/3"
    made.add_url_rule(f"{api}/issue", "create", lambda: _create(tracker), methods=["POST"])
    made.add_url_rule(f"{api}/issue/<id>/remotelink", "link", lambda id: _link(tracker, id), methods=["POST"])
    made.add_url_rule(f"{api}/search/jql", "search", lambda: _search(tracker), methods=["POST"])
    made.add_url_rule(f"{api}/project/<key>", "project", _project, methods=["GET"])
    return made


def _admit(play: Play) -> Answered | None:
    if bugs.is_page():
        return None
    given = request.authorization
    if given is None or (given.username, given.password) != (play.email, play.token):
        return _refused(401, "Client must be authenticated to access this resource.")
    return None


def _refused(status: int, message: str = "", **errors: str) -> Answered:
    return jsonify({"errorMessages": [message] if message else [], "errors": errors}), status


def _project(key: str) -> Answered:
    if key != PROJECT:
        return _refused(404, f"No project could be found with key '{key}'.")
    return jsonify({"id": "10000", "key": PROJECT, "name": "Play"})


def _create(tracker: Tracker) -> Answered:
    told: Any = request.get_json(silent=True) or {}
    fields: Body = told.get("fields") or {}
    wrong = {}
    if (fields.get("project") or {}).get("key") != PROJECT:
        wrong["project"] = "valid project is required"
    if (fields.get("issuetype") or {}).get("name") != ISSUE_TYPE:
        wrong["issuetype"] = "Specify a valid issue type"
    if not isinstance(fields.get("summary"), str) or not 0 < len(fields["summary"]) <= _MOST_SUMMARY:
        wrong["summary"] = "You must specify a summary of the issue."
    if not _is_document(fields.get("description")):
        wrong["description"] = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
    if any(" " in label for label in fields.get("labels", [])):
        wrong["labels"] = "The label contains spaces which is invalid."
    if wrong:
        return _refused(400, **wrong)
    id = str(tracker.state.new_id())
    text = "\n".join(_texts(fields["description"]))
    more = {"adf": fields["description"], "labels": fields.get("labels", [])}
    bug = tracker.add(fields["summary"], text, id=id, key=f"{PROJECT}-{id}", **more)
    return jsonify({"id": id, "key": bug["key"], "self": f"{tracker.play.url(VENDOR)}/rest/api/3/issue/{id}"}), 201


def _is_document(node: Any) -> bool:
    return (
        isinstance(node, dict) and node.get("type") == "doc" and node.get("version") == 1 and all(map(_is_node, node["content"]))
    )


def _is_node(node: Any) -> bool:
    """Every node has a type, and no text is empty: Jira refuses the whole document otherwise."""
    if node.get("type") == "text":
        return bool(node.get("text"))
    return bool(node.get("type")) and all(map(_is_node, node.get("content", ())))


def _texts(node: Body) -> Iterator[str]:
    if "text" in node:
        yield node["text"]
    for child in node.get("content", ()):
        yield from _texts(child)


def _link(tracker: Tracker, id: str) -> Answered:
    told: Any = request.get_json(silent=True) or {}
    there = told.get("object") or {}
    if not there.get("url") or not there.get("title"):
        return _refused(400, title="'title' is required.")
    with tracker.state.change(VENDOR, KIND, id) as bug:
        if bug is None:
            return _refused(404, "Issue does not exist or you do not have permission to see it.")
        own = told.get("globalId") or str(uuid.uuid4())
        others = [link for link in bug["links"] if link["id"] != own]
        created = len(others) == len(bug["links"])
        title = f"{there['title']} {there.get('summary', '')}".strip()
        bug["links"] = [*others, {"id": own, "url": there["url"], "title": title}]
    return jsonify({"id": 10000, "self": request.url}), 201 if created else 200


def _search(tracker: Tracker) -> Answered:
    told: Any = request.get_json(silent=True) or {}
    asked = _LABELLED.fullmatch(str(told.get("jql", "")))
    if asked is None or asked[1] != PROJECT:
        return _refused(400, "Error in the JQL Query: this play Jira finds a project's issues by one label.")
    found = [{"id": bug["id"], "key": bug["key"]} for bug in tracker.all() if asked[2] in bug["labels"]]
    return jsonify({"issues": found[: int(told.get("maxResults", 50))], "isLast": True})


def _told(bug: Body, what: str, comment: Body | None) -> tuple[Body, dict[str, str]]:
    """https://developer.atlassian.com/cloud/jira/platform/webhooks."""
    headers = {"X-Atlassian-Webhook-Identifier": str(uuid.uuid4())}
    over = bug["state"] == "closed"
    status = {"name": "Done" if over else "To Do", "statusCategory": {"key": "done" if over else "new"}}
    fields = {"summary": bug["title"], "status": status, "resolution": {"name": "Done"} if over else None}
    told = {"timestamp": int(time.time() * 1000), "issue": {"id": bug["id"], "key": bug["key"], "fields": fields}}
    if comment:
        said = {"id": comment["id"], "author": {"displayName": comment["author"]}, "body": comment["body"]}
        return {**told, "webhookEvent": "comment_created", "comment": {**said, "created": comment["at"]}}, headers
    items = [{"field": "status", "fromString": "To Do" if over else "Done", "toString": status["name"]}]
    change = {"id": str(uuid.uuid4().int % 10**8), "items": items}
    told |= {"user": {"displayName": bug.get("by", bugs.PERSON)}, "changelog": change}
    return {**told, "webhookEvent": "jira:issue_updated"}, headers


def _signed(body: bytes, secret: str) -> dict[str, str]:
    return {"X-Hub-Signature": f"sha256={bugs.hex_sha256(body, secret)}"}
