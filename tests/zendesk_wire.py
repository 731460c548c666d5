"""A server that answers Zendesk's API as a test wants and keeps every request that reaches it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic import SecretStr

from config.connections import Connection
from connectors.zendesk import Connector
from escalation.actions import Note, Write
from tests.zendesk_play import mapping, served

MAPPING = mapping()
NOTE = Note("k", "A secret title of a customer")
STEP = Write("w", "7", agent_id="101", group_id="201", note=NOTE)
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Server:
    """Answers every request by ``reply`` and keeps what it got."""

    reply: Callable[[str, dict[str, Any]], Answer]
    got: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    url: str = ""
    made: list[Connector] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        body = json.loads(raw) if raw else {}
        self.got.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], body))
        status, headers, content = self.reply(environ["REQUEST_METHOD"], body)
        start(f"{status} X", [("Content-Type", "application/json"), *headers.items()])
        return [content]

    def connector(self, prefix: str = "", timeout_s: float = 5.0) -> Connector:
        told = Connection("acme", "zendesk", self.url + prefix, "us@example.com", SecretStr("a-secret-token"))
        self.made.append(Connector(told, MAPPING, timeout_s=timeout_s))
        return self.made[-1]


def accepted(verb: str, body: dict[str, Any]) -> Answer:
    """What Zendesk answers when all went well: the ticket as asked, and the audit of a PUT."""
    asked = body.get("ticket", {})
    ticket = {"id": asked.get("id", 7), "status": "open", "tags": ["kept"], "updated_at": "2025-01-08T10:00:00Z", **asked}
    note = [{"id": 1, "type": "Comment", **asked["comment"]}] if "comment" in asked else []
    audit = {"audit": {"id": 9, "author_id": 900, "events": note}} if verb == "PUT" else {}
    return 200, {}, json.dumps({"ticket": ticket, "comments": [], **audit}).encode()


def always(status: int, content: bytes = b"{}", headers: dict[str, str] | None = None) -> Callable[[str, dict[str, Any]], Answer]:
    return lambda _verb, _body: (status, headers or {}, content)


@contextmanager
def serving(reply: Callable[[str, dict[str, Any]], Answer] = accepted) -> Iterator[Server]:
    server = Server(reply)
    with served(server) as server.url:
        try:
            yield server
        finally:
            for connector in server.made:
                connector.api.session.close()
