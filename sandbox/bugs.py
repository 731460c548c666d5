"""What the play-trackers share: bugs as kept, the page to see and close them, controls for tests, webhooks to Baton.

A bug: {id, key, title, body, state: open|closed, comments: [{id, author, body, at}], links: [{url, title}], created_at,
updated_at}. Controls: ``GET /_bugs``, ``POST /_bugs/<id>/act`` with {"do": "close"|"reopen"|"comment", "text", "by"}, and
those of sandbox.faults.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests
from flask import Blueprint, Response, abort, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as Answer

from sandbox import Play, faults
from sandbox.state import Body, State

KIND, INTEGRATION, PERSON = "bugs", "baton", "Edda Engineer"
_TIMEOUT_S = 10.0
_STATES = {"close": "closed", "reopen": "open"}


@dataclass(frozen=True)
class Tracker:
    """One play-tracker. ``told(bug, what, comment)`` is the webhook's payload and headers but the signature's."""

    vendor: str
    state: State
    play: Play
    told: Callable[[Body, str, Body | None], tuple[Body, dict[str, str]]]
    sign: Callable[[bytes, str], dict[str, str]]  # raw body, secret → headers

    def all(self) -> list[Body]:
        return self.state.all(self.vendor, KIND)

    def get(self, id: str) -> Body:
        return self.state.get(self.vendor, KIND, id) or abort(404)

    def add(self, title: str, body: str, *, id: str, key: str, **more: Any) -> Body:
        """Keep a new bug."""
        bug = {"id": id, "key": key, "title": title, "body": body, "state": "open", "comments": [], "links": []}
        bug |= {"created_at": now(), "updated_at": now(), **more}
        self.state.put(self.vendor, KIND, id, bug)
        return bug

    def comment(self, id: str, text: str, by: str, comment_id: str = "") -> tuple[Body, Body]:
        """Add a comment: the bug and the comment."""
        made = {"id": comment_id or str(self.state.new_id()), "author": by, "body": text, "at": now()}
        with self.state.change(self.vendor, KIND, id) as bug:
            if bug is None:
                abort(404)
            bug["comments"].append(made)
            bug["updated_at"] = made["at"]
            return bug, made

    def act(self, id: str, do: str, text: str, by: str) -> Body:
        """What a person does with a bug; Baton is told as the tracker does."""
        if do == "comment":
            bug, comment = self.comment(id, text, by)
            self.tell(bug, do, comment)
            return bug
        with self.state.change(self.vendor, KIND, id) as found:
            if found is None or do not in _STATES:
                abort(404)
            found |= {"state": _STATES[do], "updated_at": now(), "by": by}
        self.tell(found, do, None)
        return found

    def tell(self, bug: Body, what: str, comment: Body | None) -> int:
        """Send Baton's webhook; its status, 0 when it could not be reached."""
        payload, headers = self.told(bug, what, comment)
        body = json.dumps(payload).encode()
        headers |= {"Content-Type": "application/json", **self.sign(body, self.play.secret)}
        url = f"{self.play.baton_url}/webhooks/trackers/{self.vendor}"
        try:
            return requests.post(url, data=body, headers=headers, timeout=_TIMEOUT_S).status_code
        except requests.RequestException:
            return 0


def attach(made: Blueprint, tracker: Tracker) -> None:
    """Give a play-tracker its fault switches, its page and its controls."""
    faults.attach(made, tracker.state, tracker.vendor)

    def page() -> str:
        shown = list(reversed(tracker.all()))
        return render_template("sandbox/bugs.html", vendor=tracker.vendor, bugs=shown)

    def one(id: str) -> str:
        return render_template("sandbox/bug.html", vendor=tracker.vendor, bug=tracker.get(id))

    def act(id: str) -> Answer:
        told: Any = request.get_json(silent=True) or request.form
        bug = tracker.act(id, str(told.get("do", "")), str(told.get("text", "")), str(told.get("by") or PERSON))
        return redirect(f"{request.path.rpartition('/_bugs')[0]}/bugs-page/{id}", 303) if request.form else jsonify(bug)

    def listed() -> Response:
        return jsonify(tracker.all())

    made.add_url_rule("", "bugs", page, strict_slashes=False)
    made.add_url_rule("/bugs-page/<id>", "bug", one)
    made.add_url_rule("/_bugs", "_bugs", listed)
    made.add_url_rule("/_bugs/<id>/act", "_act", act, methods=["POST"])


def is_page() -> bool:
    """Pages and controls are open; the API wants credentials."""
    return "/_" in request.path or (request.endpoint or "").rsplit(".", 1)[-1] in ("bugs", "bug")


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hex_sha256(body: bytes, secret: str) -> str:
    return hmac.digest(secret.encode(), body, hashlib.sha256).hex()
