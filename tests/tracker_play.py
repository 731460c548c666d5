"""The play-trackers over real HTTP on a free port, with a stand-in for Baton that keeps the webhooks it gets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests
from flask import Flask, request
from pydantic import SecretStr

import trackers
from config.connections import PLAY_EMAIL, PLAY_SECRET, PLAY_TOKEN
from config.trackers import TrackerAccount
from escalation.ports import Inbound, Tracker
from sandbox import Play, register
from sandbox.state import State
from tests.zendesk_play import served

PROJECTS = {"github": "play/product", "linear": "PLAY", "jira": "PLAY"}
PATHS = {"linear": "/graphql"}


@dataclass
class Yard:
    """Running play-trackers and what a test does with them."""

    base: str
    state: State
    names: tuple[str, ...]
    heard: list[Inbound] = field(default_factory=list)

    def hear(self, name: str) -> tuple[str, int]:
        headers = {key.lower(): value for key, value in request.headers.items()}
        self.heard.append(Inbound(headers, request.get_data(), {}))
        return "", 202

    def account(self, name: str, **changed: Any) -> TrackerAccount:
        told: dict[str, Any] = {
            "url": f"{self.base}/sandbox/{name}{PATHS.get(name, '')}",
            "token": SecretStr(PLAY_TOKEN),
            "project": PROJECTS[name],
            "secrets": (SecretStr(PLAY_SECRET),),
            "user": PLAY_EMAIL,
            "issue_type": "Bug",
            **changed,
        }
        return TrackerAccount(name, sandbox=True, **told)

    def tracker(self, name: str, **changed: Any) -> Tracker:
        return trackers.connect(self.account(name, **changed), timeout_s=5)

    def bugs(self, name: str) -> list[dict[str, Any]]:
        return self.state.all(name, "bugs")

    def act(self, name: str, bug: str, do: str, text: str = "") -> None:
        told = {"do": do, "text": text}
        requests.post(f"{self.base}/sandbox/{name}/_bugs/{bug}/act", json=told, timeout=10).raise_for_status()

    def faults(self, name: str, **shares: float) -> None:
        requests.put(f"{self.base}/sandbox/{name}/_faults", json=shares, timeout=10).raise_for_status()

    def empty(self) -> None:
        self.heard.clear()
        for name in self.names:
            self.state.forget(name)


@contextmanager
def playing(database: str, names: tuple[str, ...]) -> Iterator[Yard]:
    """Play-trackers on an empty database; the same server hears their webhooks."""
    state = State(database)
    state.prepare()
    app = Flask("play")
    yard = Yard("", state, names)
    app.add_url_rule("/webhooks/trackers/<name>", "hear", yard.hear, methods=["POST"])
    try:
        with served(app) as base:
            yard.base = base
            register(app, state, Play(f"{base}/sandbox", base, PLAY_SECRET, PLAY_TOKEN), names)
            yield yard
    finally:
        state.close()
