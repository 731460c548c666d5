"""The web server: gunicorn around an app that is already made, so that its processes are forks and start at once."""

from __future__ import annotations

from flask import Flask
from gunicorn.app.base import BaseApplication

from config.settings import Settings


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """An own gunicorn application (docs.gunicorn.org, "Custom Application")."""

    def __init__(self, app: Flask, settings: Settings) -> None:
        self._app, self._settings = app, settings
        super().__init__()

    def load_config(self) -> None:
        settings = self._settings
        chosen = {
            "bind": f"{settings.host}:{settings.port}",
            "worker_class": "gthread",
            "workers": settings.web_workers,
            "threads": settings.web_threads,
            "keepalive": 75,
            "graceful_timeout": 20,
            "timeout": 60,
            "control_socket_disable": True,
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def run(app: Flask, settings: Settings) -> None:
    """Serve until SIGTERM; never returns. The app must not have opened a connection yet: it is shared by forking."""
    Server(app, settings).run()
