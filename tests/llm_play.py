"""The play model over real HTTP on a free port, and a client that asks it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import requests
from flask import Flask
from pydantic import SecretStr

from config.connections import PLAY_SECRET, PLAY_TOKEN
from config.llm import LlmAccount
from llm.client import Client
from sandbox import Play, register
from sandbox.state import State
from tests.zendesk_play import served


@dataclass
class PlayModel:
    """A running play model and what a test does with it."""

    base: str
    state: State

    def client(self, **changed: Any) -> Client:
        told: dict[str, Any] = {"key": SecretStr(PLAY_TOKEN), "model": "play", "deadline_s": 8.0, **changed}
        return Client(LlmAccount(f"{self.base}/sandbox/llm/v1", **told))

    def faults(self, **shares: float) -> None:
        requests.put(f"{self.base}/sandbox/llm/_faults", json=shares, timeout=10).raise_for_status()

    def calls(self) -> list[dict[str, Any]]:
        """All that reached it, as its own record has it."""
        found: list[dict[str, Any]] = requests.get(f"{self.base}/sandbox/llm/_calls", timeout=10).json()
        return found

    def record(self) -> str:
        return json.dumps(self.calls(), ensure_ascii=False)

    def empty(self) -> None:
        self.state.forget("llm")


@contextmanager
def playing(database: str) -> Iterator[PlayModel]:
    """The play model on an empty database."""
    state = State(database)
    state.prepare()
    app = Flask("play")
    try:
        with served(app) as base:
            register(app, state, Play(f"{base}/sandbox", base, PLAY_SECRET, PLAY_TOKEN), ("llm",))
            yield PlayModel(base, state)
    finally:
        state.close()
