"""For the Intercom tests: a server with the play Intercom on it, Baton's side that only collects, and the specification."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import requests
from flask import Flask, request
from openapi_schema_validator import OAS30Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from werkzeug.serving import make_server

import sandbox
from config.connections import PLAY_SECRET, PLAY_TOKEN, Connection
from connectors.intercom import Connector
from escalation.ports import Inbound
from mappings.schema import Mapping, load
from sandbox.state import State
from tests import databases
from tests.support import ROOT, SHARED, connection

SPEC = SHARED / "specs/intercom/intercom-2.16.relevant.json"


@cache
def words() -> Mapping:
    """The mapping as shipped."""
    return load((ROOT / "mappings/intercom.yaml").read_text(), "intercom")


def connector(url: str = "http://127.0.0.1:1", timeout_s: float = 5.0, **changes: Any) -> Connector:
    account: Connection = replace(connection("intercom", url), **changes)
    return Connector(account, words(), timeout_s=timeout_s)


@dataclass
class Playground:
    """A running play Intercom; ``received`` is what it posted to Baton."""

    url: str
    state: State
    received: list[Inbound] = field(default_factory=list)

    def connector(self, **changes: Any) -> Connector:
        return connector(f"{self.url}/sandbox/intercom", **changes)

    def ask(self, method: str, path: str, body: Any = None, *, token: str = PLAY_TOKEN, **headers: str) -> requests.Response:
        told = {"Authorization": f"Bearer {token}", **headers}
        return requests.request(method, f"{self.url}/sandbox/intercom/{path}", json=body, headers=told, timeout=15)

    def seed(self, ticket: dict[str, Any]) -> str:
        answer = self.ask("POST", "_tickets", ticket)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def look(self, key: str) -> dict[str, Any]:
        return dict(self.ask("GET", f"_tickets/{key}").json())

    def act(self, key: str, order: str = "", **what: str) -> list[str]:
        answer = self.ask("POST", f"_tickets/{key}/act?order={order}", what)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["sent"])

    def writes(self) -> list[tuple[str, str, Any]]:
        """Method, path and body of every call that was not a read."""
        calls = self.state.calls("intercom")
        return [(c["method"], c["path"].partition("/sandbox/intercom")[2], c["body"]) for c in calls if c["method"] != "GET"]

    def clear(self) -> Playground:
        """As if just started: nothing known, nothing received."""
        self.state.forget("intercom")
        self.received.clear()
        return self

    def calls(self) -> int:
        return len(self.state.calls("intercom"))


@contextmanager
def playing(database_url: str) -> Iterator[Playground]:
    """Serve the play Intercom and the collecting Baton on a free port; every write is held against the specification."""
    app, state = Flask("play", template_folder=str(ROOT / "sandbox/templates")), State(database_url)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    state.prepare()
    sandbox.register(app, state, sandbox.Play(f"{url}/sandbox", url, PLAY_SECRET, PLAY_TOKEN), ("intercom", "slack"))
    found = Playground(url, state)

    @app.post("/webhooks/intercom")
    def collect() -> tuple[dict[str, Any], int]:
        headers = {name.lower(): value for name, value in request.headers}
        found.received.append(Inbound(headers, request.get_data(), request.args.to_dict()))
        return {}, 202

    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        state.close()


@contextmanager
def playing_on_new_database(postgres: str) -> Iterator[Playground]:
    """``playing`` for a whole module; each test clears it, which takes less time than a database of its own."""
    with databases.empty(postgres) as url, playing(url) as found:
        yield found


def problems(method: str, path: str, body: Any) -> list[str]:
    """What Intercom's own specification has against a request; nothing where it is not beside the project."""
    if not SPEC.exists():
        return []
    spec = _spec(SPEC)
    template = next((known for known in spec["paths"] if _fits(known, path) and method.lower() in spec["paths"][known]), None)
    if template is None:
        return [f"{method} {path} is no operation"]
    form = f"/paths/{template.replace('/', '~1')}/{method.lower()}/requestBody/content/application~1json/schema"
    registry: Any = Registry().with_resource("urn:intercom", Resource.from_contents(spec, default_specification=DRAFT202012))
    validator = OAS30Validator({"$ref": f"urn:intercom#{form}"}, registry=registry)
    wrong = [f"{method} {path}: {error.message}" for error in validator.iter_errors(body)]
    schema = spec["paths"][template][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    return wrong + [f"{method} {path}: {name} is not in the form" for name in body if name not in _names(spec, schema)]


@cache
def _spec(path: Path) -> Any:
    return json.loads(path.read_text())


def _fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path.split("?")[0]) is not None


def _names(spec: Any, schema: Any) -> set[str]:
    """All property names a form may have, through references and alternatives."""
    if "$ref" in schema:
        return _names(spec, spec["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]])
    inner = [one for key in ("oneOf", "allOf", "anyOf") for one in schema.get(key, [])]
    return (
        set(schema.get("properties", {})).union(*(_names(spec, one) for one in inner))
        if inner
        else set(schema.get("properties", {}))
    )
