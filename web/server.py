"""The web server: gunicorn around an app that is already made, so that its processes are forks and start at once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask
from gunicorn.app.base import BaseApplication

from config.settings import Settings


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """An own gunicorn application (docs.gunicorn.org, "Custom Application")."""

    def __init__(self, app: Flask, settings: Settings, begun: Callable[[], None]) -> None:
        self._app, self._settings, self._begun = app, settings, begun
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
            "post_worker_init": lambda _: threading.Thread(target=self._begun, daemon=True).start(),
        }
        for name, value in chosen.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def run(app: Flask, settings: Settings, begun: Callable[[], None]) -> None:
    """Serve until SIGTERM; never returns. The app must not have opened a connection yet: it is shared by forking.

    Each process calls ``begun`` beside its first requests.
    """
    Server(app, settings, begun).run()
