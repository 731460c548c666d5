"""Bare vendors for ``bench/path.py`` and ``bench/package.py``: Zendesk's and Slack's answers with a fixed latency, what was
called, and when each card arrived.

Lighter than the sandbox, so that the measurement is of Baton: ``python -m bench.vendors PORT LATENCY_MS [MESSAGES [BATON]]``,
where MESSAGES is how long every ticket's thread is (one if it is not given), and BATON the port of the Baton that is sent
Zendesk's webhooks of what it writes. ``POST /_calm`` makes every ticket dull, its thread too; after ``POST /_cry`` the last
message of the dull thread is a cry for help.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests

from config.connections import PLAY_SECRET
from connectors.zendesk.inbound import sign

_CALLS: Counter[str] = Counter()
_CARDS: dict[str, float] = {}  # ticket id → when its card was posted, seconds since the epoch
_KEPT: dict[str, dict[str, Any]] = {}  # ticket id → fields that were written
_NOTES: dict[str, list[dict[str, Any]]] = {}  # ticket id → notes that were written, newest first
_LOCK = threading.Lock()
_LATENCY_S = 0.0
_THREAD: list[tuple[int, str]] = []  # author and text of what every ticket's thread has before its last message
_BATON: list[int] = []
_CALM = threading.Event()
_ECHO_S = 0.5  # until Zendesk has told of a write
_STAFF = {102: "Bo Tanaka", 900: "Baton"}

_TAGS = re.compile(r"<[^>]*>")
_NUMBERS = re.compile(r"\d+")
_TEXT = "We were charged twice and the checkout is down for all users. I cleared the cache, still doesn't work."


def _soon() -> str:
    """Newer than any webhook, so that the read is what counts."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))


def _earlier() -> str:
    """A quarter of an hour ago."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 900))


def _ticket(ticket_id: str) -> dict[str, Any]:
    urgency = {"description": _dull(1)[1], "priority": "low"} if _CALM.is_set() else {"description": _TEXT, "priority": "urgent"}
    return {
        "id": int(ticket_id), "url": f"https://bench/api/v2/tickets/{ticket_id}.json", "subject": f"Ticket {ticket_id}",
        **urgency, "status": "open", "type": "incident", "tags": ["billing"],
        "requester_id": 301, "assignee_id": None, "group_id": None, "organization_id": 401, "custom_fields": [],
        "via": {"channel": "web"}, "created_at": _earlier(), "updated_at": _soon(), **_KEPT.get(ticket_id, {}),
    }  # fmt: skip


def _people(ticket_id: str) -> list[dict[str, Any]]:
    """Every ticket is of another customer, as in a real burst."""
    return [{"id": 301, "name": "Mia Customer", "email": f"mia-{ticket_id}@northwind.example", "role": "end-user"}]


_ORGANIZATIONS = [{"id": 401, "name": "Northwind", "organization_fields": {"tier": "enterprise"}}]


def _answer(method: str, path: str, body: bytes) -> dict[str, Any]:
    found = re.search(r"/tickets/(\d+)", path)
    ticket_id = found[1] if found else "0"
    people = _people(ticket_id)
    if "/comments" in path:
        return _page(ticket_id, people, parse_qs(urlsplit(path).query))
    if "/tickets/requested" in path:
        return {"tickets": [{**_ticket(number), "subject": f"Earlier {number}", "status": "solved"} for number in ("11", "12")]}
    if "/users/me" in path:
        return {"user": {"id": 900, "name": "Baton", "email": "baton@example.com", "role": "admin"}}
    if method == "PUT":
        event = _write(ticket_id, json.loads(body)["ticket"])
        return {"ticket": _ticket(ticket_id), "audit": {"id": 4, "author_id": 900, "events": [event]}}
    asked = parse_qs(urlsplit(path).query).get("include", [""])[0]
    return {
        **({"last_audits": _last_audits(ticket_id)} if "last_audits" in asked else {}),
        "ticket": _ticket(ticket_id),
        "users": people,
        "groups": [],
        "organizations": _ORGANIZATIONS,
        "metric_sets": [],
    }


def _page(ticket_id: str, people: list[dict[str, Any]], asked: dict[str, list[str]]) -> dict[str, Any]:
    """One page of a thread, newest first, by the cursor."""
    size, after = int(asked.get("page[size]", ["100"])[0]), int(asked.get("page[after]", ["0"])[0])
    thread = [*_NOTES.get(ticket_id, []), *_comments(int(ticket_id))]
    shown, more = thread[after : after + size], len(thread) > after + size
    staff = [{"id": id, "name": name, "email": f"{id}@example.com", "role": "agent"} for id, name in _STAFF.items()]
    meta = {"has_more": more, "after_cursor": str(after + size) if more else None}
    return {"comments": shown, "users": [*people, *staff], "meta": meta}


def _comments(ticket: int) -> list[dict[str, Any]]:
    """The newest is the customer's cry for help, a quarter of an hour ago; what stands before it is ten minutes apart."""
    cry = datetime.now(UTC) - timedelta(minutes=15)
    said = [*_THREAD] if _CALM.is_set() else [*_THREAD, (301, _TEXT)]
    times = [cry - timedelta(minutes=10 * (len(_THREAD) - nth)) for nth in range(len(said))]
    found = [
        {"id": ticket * 1000 + nth, "author_id": author, "body": text, "html_body": f"<p>{escape(text)}</p>", "public": True,
         "created_at": at.strftime("%Y-%m-%dT%H:%M:%SZ")}
        for nth, (at, (author, text)) in enumerate(zip(times, said, strict=True))
    ]  # fmt: skip
    return found[::-1]


def _dull(nth: int) -> tuple[int, str]:
    """A message that no rule looks at."""
    return (301, 102)[nth % 2], f"Here is what you asked for, part {nth}."


def _long_thread(messages: int) -> list[tuple[int, str]]:
    """The words of ``bench.context``'s tickets, one after another."""
    from bench.context import many
    from escalation.ticket import Role

    return [(301 if m.author.role is Role.CUSTOMER else 102, m.text) for m in many(messages).messages]


def _write(ticket_id: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Keep what was written, so that it is read back; the audit's event of it."""
    html = asked.get("comment", {}).get("html_body", "")
    with _LOCK:
        _KEPT.setdefault(ticket_id, {}).update({k: asked[k] for k in ("assignee_id", "group_id") if k in asked})
        notes = _NOTES.setdefault(ticket_id, [])
        event = {"id": int(ticket_id) * 100 + len(notes), "type": "Comment", "public": False, "html_body": html}
        if html:
            note = {**event, "author_id": 900, "body": _TAGS.sub("\n", html), "created_at": _soon()}
            _NOTES[ticket_id] = [note, *notes]
            if _BATON:
                threading.Timer(_ECHO_S, _tell_baton, (ticket_id, note)).start()
    return event


def _tell_baton(ticket_id: str, note: dict[str, Any]) -> None:
    """The webhook of a write, as it is kept."""
    told, now = _ticket(ticket_id), datetime.now(UTC)
    ids = {name: str(told[name]) if told[name] else None for name in ("assignee_id", "group_id", "requester_id")}
    author = {"id": "900", "is_staff": True, "name": "Baton"}
    event = {
        "detail": {"id": ticket_id, "actor_id": "900", **ids, "status": "OPEN", "updated_at": now.isoformat()},
        "event": {"comment": {**{k: note[k] for k in ("id", "body", "html_body")}, "is_public": note["public"], "author": author},
                  "meta": {"sequence": {"id": str(uuid.uuid4())}}},
        "id": str(uuid.uuid4()), "subject": f"zen:ticket:{ticket_id}", "time": now.isoformat(),
        "type": "zen:event-type:ticket.comment_added",
    }  # fmt: skip
    body = json.dumps(event).encode()
    headers = {"Content-Type": "application/json", **sign(body, PLAY_SECRET, now)}
    requests.post(f"http://127.0.0.1:{_BATON[0]}/webhooks/zendesk", body, headers=headers, timeout=10)


def _last_audits(ticket_id: str) -> list[dict[str, Any]]:
    return [
        {"id": note["id"], "ticket_id": int(ticket_id), "author_id": 900, "created_at": note["created_at"], "events": [note]}
        for note in _NOTES.get(ticket_id, [])[:1]
    ]


def _slack(path: str, body: bytes) -> dict[str, Any]:
    if "conversations.open" in path:
        return {"ok": True, "channel": {"id": "D1"}}
    if "chat.postMessage" in path and (found := re.search(rb"Handoff: Ticket (\d+)", body)):
        with _LOCK:
            _CARDS.setdefault(found[1].decode(), time.time())
    return {"ok": True, "channel": "D1", "ts": f"{time.time():.6f}", "message": {}}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/_seen"):
            self._send({"calls": _CALLS, "cards": _CARDS})
            return
        if self.path in ("/_calm", "/_cry"):
            (_CALM.set if self.path == "/_calm" else _CALM.clear)()
            _THREAD[:] = map(_dull, range(len(_THREAD)))
            self._send({})
            return
        kind = "slack" if self.path.startswith("/slack") else f"zendesk {self.command}"
        with _LOCK:
            _CALLS[kind] += 1
            _CALLS[f"{self.command} {_NUMBERS.sub('#', urlsplit(self.path).path)}"] += 1
        answer = _slack(self.path, body) if kind == "slack" else _answer(self.command, self.path, body)
        time.sleep(_LATENCY_S)
        self._send(answer)

    do_GET = do_POST = do_PUT = _serve

    def _send(self, answer: Any) -> None:
        raw = json.dumps(answer).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(raw)}\r\n\r\n"
        self.wfile.write(head.encode() + raw)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the measurement is the log."""


class _Server(ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


if __name__ == "__main__":
    _LATENCY_S = float(sys.argv[2]) / 1000
    _THREAD = _long_thread(int(sys.argv[3]) - 1) if len(sys.argv) > 3 else []
    _BATON = [int(sys.argv[4])] if len(sys.argv) > 4 else []
    _Server(("127.0.0.1", int(sys.argv[1])), _Handler).serve_forever()
