"""A local server that plays any vendor of account facts: answers by path, slow, huge, redirecting, broken."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

Reply = tuple[int, Any]  # status, JSON (or bytes as they are)
Handle = Callable[[str, Mapping[str, str], Mapping[str, str]], Reply | None]  # path, query or form, headers; None: no answer


@dataclass
class Play:
    """``calls`` are the paths that were asked for, oldest first."""

    handle: Handle
    url: str = ""
    calls: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)  # set when the block ends


@contextmanager
def playing(handle: Handle) -> Iterator[Play]:
    """A server that answers as ``handle`` says, until the block ends."""
    play = Play(handle)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            self._answer(unquote(parts.path), {k: v[0] for k, v in parse_qs(parts.query).items()})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(self.path, {k: v[0] for k, v in parse_qs(body).items()})

        def _answer(self, path: str, told: Mapping[str, str]) -> None:
            play.calls.append(path)
            play.headers.append(dict(self.headers.items()))
            reply = play.handle(path, told, dict(self.headers.items()))
            if reply is None:
                play.over.wait()
                return
            status, body = reply
            payload = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status in (301, 302, 307):
                self.send_header("Location", "http://elsewhere.example/steal")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            try:
                self.wfile.write(payload)
            except OSError:
                return  # whoever asked has had enough

        def log_message(self, format: str, *args: Any) -> None:
            """Silence."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    play.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield play
    finally:
        play.over.set()
        server.shutdown()
        server.server_close()


def never(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> None:
    """A server that thinks for as long as the block lasts."""
