"""A bot on this machine that listens for what Baton tells it."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ....").decode()


class Listener(ThreadingHTTPServer):
    """A bot on this machine: what it heard, and what it answers."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.status, self.headers = 204, dict[str, str]()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        bot: Any = self.server
        raw = self.rfile.read(int(self.headers["Content-Length"]))
        bot.heard.append(({name.lower(): value for name, value in self.headers.items()}, raw))
        self.send_response(bot.status)
        for name, value in bot.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@contextmanager
def listening() -> Iterator[Listener]:
    """A listener that is up."""
    with Listener() as listener:
        thread = threading.Thread(target=listener.serve_forever, args=(0.01,))
        thread.start()
        yield listener
        listener.shutdown()
        thread.join()
