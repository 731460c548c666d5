"""JSON over HTTP for account sources: no redirects (they would carry credentials elsewhere), a limit to size and to time."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests

from connectors.http import GuardedSession
from escalation.ports import GiveUp, TryLater

MOST_BYTES = 1024 * 1024
_BROKEN = (requests.exceptions.RequestException, OSError)


class Wire:
    """Reads JSON from one service with its credentials in ``headers``. Thread-safe."""

    def __init__(self, name: str, timeout_s: float, headers: Mapping[str, str]) -> None:
        self._timeout_s = timeout_s
        self._session = GuardedSession(name, headers={"Accept": "application/json", **headers}, timeout_s=(timeout_s, timeout_s))

    def get(self, url: str, params: Mapping[str, str] | None = None) -> Any:
        """The JSON there, None where there is nothing (404); raises TryLater or GiveUp."""
        return self._call("GET", url, params=params)

    def post(self, url: str, form: Mapping[str, str]) -> Any:
        """The JSON that answers a form."""
        return self._call("POST", url, data=form)

    def _call(self, method: str, url: str, **more: Any) -> Any:
        started = time.monotonic()
        try:
            with self._session.request(method, url, stream=True, allow_redirects=False, **more) as answer:
                if answer.status_code >= 300:
                    host = urlsplit(answer.headers.get("Location", "")).netloc or "another path"
                    raise GiveUp(f"redirects to {host}; write the final address")
                text = self._whole(answer, started)
        except GiveUp as refused:
            if refused.gone:
                return None
            raise
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            raise GiveUp("does not answer in JSON") from None

    def _whole(self, answer: requests.Response, started: float) -> bytes:
        text = b""
        try:
            for piece in answer.iter_content(65536):
                text += piece
                if len(text) > MOST_BYTES:
                    raise GiveUp(f"answers more than {MOST_BYTES // 1024} KiB")
                if time.monotonic() - started > 2 * self._timeout_s:
                    raise TryLater(f"no whole answer in {2 * self._timeout_s:g} s")
        except _BROKEN as broken:
            raise TryLater(f"the answer broke off ({type(broken).__name__})") from None
        return text
