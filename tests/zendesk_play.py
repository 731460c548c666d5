"""The play Zendesk over real HTTP on a free port, with a stand-in for Baton that keeps the webhooks it gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from flask import Flask, request
from pydantic import SecretStr
from werkzeug.serving import WSGIRequestHandler, make_server

from config.connections import PLAY_EMAIL, PLAY_SECRET, PLAY_TOKEN, Connection
from connectors.zendesk import Connector
from escalation.ports import Inbound
from mappings.schema import Mapping, load
from sandbox import Play, register
from sandbox.state import State
from tests import databases

ROOT = Path(__file__).parent.parent
ADMIN = "900"


def mapping() -> Mapping:
    """The shipped mapping."""
    return load((ROOT / "mappings" / "zendesk.yaml").read_text(), "mappings/zendesk")


MAPPING = mapping()


class Silent(WSGIRequestHandler):
    def log_request(self, *_: Any, **__: Any) -> None:
        """No access log in test output."""


@contextmanager
def served(app: Any) -> Iterator[str]:
    """A WSGI app on a free port of this machine; its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Silent)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class Desk:
    """A running play Zendesk and what a test does with it."""

    base: str
    state: State
    heard: list[Inbound] = field(default_factory=list)
    news: threading.Condition = field(default_factory=threading.Condition)
    made: list[Connector] = field(default_factory=list)

    def hear(self) -> tuple[str, int]:
        headers = {name.lower(): value for name, value in request.headers.items()}
        with self.news:
            self.heard.append(Inbound(headers, request.get_data(), request.args.to_dict()))
            self.news.notify_all()
        return "", 202

    def wait_for(self, count: int) -> list[Inbound]:
        """The webhooks once ``count`` have come, or what there is after 10 seconds."""
        with self.news:
            self.news.wait_for(lambda: len(self.heard) >= count, timeout=10)
            return list(self.heard)

    @property
    def url(self) -> str:
        return f"{self.base}/sandbox/zendesk"

    def connector(self, **changed: Any) -> Connector:
        told: dict[str, Any] = {"url": self.url, "user": PLAY_EMAIL, "token": SecretStr(PLAY_TOKEN), **changed}
        secrets = (SecretStr(PLAY_SECRET),)
        connection = Connection("zendesk", "zendesk", secrets=secrets, sandbox=True, **told)
        self.made.append(Connector(connection, MAPPING, timeout_s=5))
        return self.made[-1]

    def close(self) -> None:
        for connector in self.made:
            connector.api.session.close()
        self.made.clear()

    def empty(self) -> None:
        self.close()
        self.state.forget("zendesk")
        self.heard.clear()

    def seed(self, ticket: dict[str, Any]) -> Any:
        return self.control("POST", "_tickets", ticket)

    def shown(self, id: int) -> Any:
        return self.control("GET", f"_tickets/{id}")

    def control(self, verb: str, path: str, body: Any = None) -> Any:
        answer = requests.request(verb, f"{self.url}/{path}", json=body, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def api(self, verb: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        auth = (f"{PLAY_EMAIL}/token", PLAY_TOKEN)
        return requests.request(verb, f"{self.url}/api/v2/{path}", json=body, timeout=10, **{"auth": auth, **options})

    def calls(self) -> list[tuple[str, str]]:
        """Method and path, without the query, of the API calls so far."""
        prefix = "/sandbox/zendesk/api/v2/"
        return [(c["method"], c["path"].partition("?")[0].removeprefix(prefix)) for c in self.state.calls("zendesk")]


@contextmanager
def playing(database: str) -> Iterator[Desk]:
    """A play Zendesk on an empty database; the same server hears its webhooks."""
    state = State(database)
    state.prepare()
    app = Flask("play")
    desk = Desk("", state)
    app.add_url_rule("/webhooks/zendesk", "hear", desk.hear, methods=["POST"])
    try:
        with served(app) as base:
            play = Play(f"{base}/sandbox", base, PLAY_SECRET, PLAY_TOKEN, PLAY_EMAIL, ADMIN)
            register(app, state, play, ("zendesk",))
            desk.base = base
            yield desk
    finally:
        desk.close()
        state.close()


@contextmanager
def world_on(postgres: str) -> Iterator[Desk]:
    """A play Zendesk for all tests of one file; ``empty`` it between tests."""
    with databases.empty(postgres) as url, playing(url) as desk:
        yield desk
