"""For the Freshdesk tests: the play Freshdesk on a real port with a connector that speaks to it, and a Baton that takes notes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import requests
from flask import Flask, Response, jsonify, request
from werkzeug.serving import make_server

from config.connections import PLAY_SECRET, PLAY_TOKEN
from connectors.freshdesk import Connector
from escalation.ports import Inbound
from escalation.ticket import Ignored, TicketChange
from mappings.schema import Mapping, load
from sandbox import Play
from sandbox.freshdesk import blueprint
from sandbox.state import State
from tests.support import ROOT, connection

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def words() -> Mapping:
    """The mapping as shipped."""
    return load((ROOT / "mappings" / "freshdesk.yaml").read_text(encoding="utf-8"), "mappings/freshdesk")


@dataclass
class Running:
    """A play Freshdesk that is up."""

    url: str
    state: State
    connector: Connector
    webhooks: list[Inbound] = field(default_factory=list)
    arrived: threading.Event = field(default_factory=threading.Event)

    def seed(self, **ticket: Any) -> dict[str, Any]:
        return dict(self._json(requests.post(f"{self.url}/_tickets", json=ticket, timeout=10)))

    def raw(self, id: int) -> dict[str, Any]:
        """Everything the play Freshdesk keeps of a ticket."""
        return dict(self._json(requests.get(f"{self.url}/_tickets/{id}", timeout=10)))

    def act(self, id: int, **what: Any) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = self._json(requests.post(f"{self.url}/_tickets/{id}/act", json=what, timeout=10))["sent"]
        return sent

    def put(self, control: str, **what: Any) -> None:
        requests.put(f"{self.url}/_{control}", json=what, timeout=10).raise_for_status()

    def calls(self) -> list[tuple[str, str]]:
        """Recorded API calls as (method, path with query), oldest first."""
        return [(c["method"], c["path"].split("/api/v2/")[-1]) for c in self.state.calls("freshdesk")]

    def sent(self, method: str) -> list[Any]:
        """Bodies of the recorded calls with this method."""
        return [c["body"] for c in self.state.calls("freshdesk") if c["method"] == method]

    def api(self, method: str, path: str, token: str = PLAY_TOKEN, **more: Any) -> requests.Response:
        """A call as any other client would make it."""
        return requests.request(method, f"{self.url}/api/v2/{path}", auth=(token, "X"), timeout=10, **more)

    def change(self, nth: int = -1) -> TicketChange | Ignored:
        """What the nth webhook that came in means; it is verified first."""
        self.connector.verify(self.webhooks[nth], NOW)
        return self.connector.change(self.webhooks[nth])

    @staticmethod
    def _json(answer: requests.Response) -> Any:
        assert answer.ok, f"{answer.status_code} {answer.text}"
        return answer.json()


@contextmanager
def running(database: str, **options: Any) -> Iterator[Running]:
    """The play Freshdesk below a path prefix, as it is mounted in the product; ``options`` go to the connector."""
    state = State(database)
    state.prepare()
    app = Flask("play")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    base = f"http://127.0.0.1:{server.server_port}"
    app.register_blueprint(
        blueprint(state, Play(f"{base}/sandbox", base, PLAY_SECRET, PLAY_TOKEN)), url_prefix="/sandbox/freshdesk"
    )
    url = f"{base}/sandbox/freshdesk"
    connector = Connector(replace(connection("freshdesk"), url=url), words(), **options)
    play = Running(url, state, connector)
    app.add_url_rule("/webhooks/freshdesk", "baton", lambda: _take(play), methods=["POST"])
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield play
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        connector.close()
        state.close()


def _take(play: Running) -> tuple[Response, int]:
    headers = {name.lower(): value for name, value in request.headers.items()}
    play.webhooks.append(Inbound(headers, request.get_data(), request.args.to_dict()))
    play.arrived.set()
    return jsonify({}), 202
