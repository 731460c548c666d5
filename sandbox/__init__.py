"""Play-vendors that speak the real wire formats over HTTP, for ``make run`` without accounts and for tests.

Each vendor is one module with ``blueprint(state, play)``, mounted at ``/sandbox/<vendor>``. Its API lives below that prefix
under the vendor's real paths; ``GET /sandbox/<vendor>`` is the page for people; paths that begin with ``_`` are controls.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from flask import Flask

from sandbox.state import State


@dataclass(frozen=True, slots=True)
class Play:
    """Addresses and the worthless secrets of the play world; ``connections`` names Baton's connection for each vendor."""

    sandbox_url: str  # e.g. http://127.0.0.1:8000/sandbox, without a trailing slash
    baton_url: str  # where webhooks and Slack interactions are posted
    secret: str  # signs webhooks and interactions; also Freshdesk's webhook token
    token: str  # what API calls must carry
    email: str = "baton@sandbox.test"  # the integration user
    admin_id: str = "900"  # the integration user's id, in every helpdesk

    def url(self, vendor: str) -> str:
        return f"{self.sandbox_url}/{vendor}"


def register(app: Flask, state: State, play: Play, vendors: tuple[str, ...]) -> None:
    """Mount the given play-vendors on an app; ``state`` must have been prepared."""
    app.jinja_env.globals["played"] = vendors
    for vendor in vendors:
        module = import_module(f"sandbox.{vendor}")
        app.register_blueprint(module.blueprint(state, play), url_prefix=f"/sandbox/{vendor}")
