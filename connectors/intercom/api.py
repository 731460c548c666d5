"""Calls to Intercom's REST API: pinned version, JSON in and out, failures in the words of ``escalation.ports``.

https://developers.intercom.com/docs/references/rest-api/api.intercom.io (requests below are the forms of 2.14 to 2.16)
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlparse

import requests

from config.connections import Connection
from connectors.http import TIMEOUT_S, GuardedSession
from escalation.ports import GiveUp, TryLater

# 2.14 is the first version in which PUT /tickets takes ``assignee_id`` on its own instead of ``assignment``.
VERSION = "2.14"
_NO_ADDRESS = (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema)
_LAST_PART = re.compile(r"/([A-Za-z0-9_-]+)/?(?:\?[^>]*)?>")
_LONGEST_WAIT = timedelta(minutes=5)

Body = dict[str, Any]
Value = TypeVar("Value")


class Moved(GiveUp):
    """A contact was merged into another; ``to`` is the id of the one that lives on."""

    def __init__(self, why: str, to: str) -> None:
        super().__init__(why, gone=True)
        self.to = to


class Api:
    """One workspace's API; safe for threads. ``calls`` counts those of the current thread."""

    def __init__(self, connection: Connection, timeout_s: float) -> None:
        self.name, self.url = connection.id, connection.url.rstrip("/")
        headers = {
            "Authorization": f"Bearer {connection.token.get_secret_value()}",
            "Intercom-Version": VERSION,
            "Accept": "application/json",
        }
        self._session = GuardedSession(connection.id, headers=headers, timeout_s=(TIMEOUT_S[0], timeout_s))
        self._mine = threading.local()

    @property
    def calls(self) -> int:
        return int(getattr(self._mine, "calls", 0))

    def get(self, *path: str) -> Body:
        """The object at a path; the parts are escaped. Raises TryLater or GiveUp, Moved for a merged contact."""
        return self.call("GET", path)

    def call(self, verb: str, path: tuple[str, ...], body: Body | None = None) -> Body:
        """One call, never repeated; redirects are not followed, because a POST would become a GET on the way."""
        address = "/".join((self.url, *(quote(part, safe="") for part in path)))
        seen: list[requests.Response] = []
        self._mine.calls = self.calls + 1
        try:
            answer = self._session.request(
                verb, address, json=body, allow_redirects=False, hooks={"response": lambda answer, **_: seen.append(answer)}
            )
        except TryLater as late:
            late.wait = late.wait or _until_reset(seen)
            raise
        except GiveUp as over:
            raise _moved(over, seen) from None
        except _NO_ADDRESS as bad:
            raise GiveUp(f"{self.name}: {self.url!r} is not an address ({type(bad).__name__})") from bad
        except requests.RequestException as broken:
            raise TryLater(f"{self.name}: {verb} failed ({type(broken).__name__})", unclear=verb != "GET") from broken
        return self._object(verb, answer)

    def _object(self, verb: str, answer: requests.Response) -> Body:
        what = f"{self.name}: {verb} {urlparse(answer.url).path} answered {answer.status_code}"
        if answer.status_code >= 300:
            raise GiveUp(f"{what}, a redirect; set the address of the API itself, for example https://api.intercom.io")
        try:
            value = answer.json()
        except (ValueError, RecursionError):
            raise TryLater(f"{what} with something that is not JSON", unclear=verb != "GET") from None
        if not isinstance(value, dict):
            raise TryLater(f"{what} with something that is not an object", unclear=verb != "GET")
        return value


def _until_reset(seen: list[requests.Response]) -> timedelta | None:
    """Intercom tells the end of a rate limit as X-RateLimit-Reset, in unix seconds, and sends no Retry-After."""
    if not seen or seen[-1].status_code != 429:
        return None
    try:
        reset = datetime.fromtimestamp(float(seen[-1].headers.get("X-RateLimit-Reset", "")), UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return min(max(reset - datetime.now(UTC), timedelta(0)), _LONGEST_WAIT)


def _moved(over: GiveUp, seen: list[requests.Response]) -> GiveUp:
    """A merged contact answers 410 with the other one's address in the Link header."""
    link = seen[-1].headers.get("Link", "") if seen and seen[-1].status_code == 410 else ""
    to = _LAST_PART.search(link)
    return Moved(str(over), to.group(1)) if to else over


class Remembered(Generic[Value]):
    """Values that change rarely, kept for ``seconds`` by key; safe for threads, and two misses at once both look."""

    def __init__(self, seconds: float, most: int = 1000) -> None:
        self._seconds, self._most = seconds, most
        self._kept: dict[str, tuple[float, Value]] = {}
        self._lock = threading.Lock()

    def get(self, key: str, look: Callable[[], Value]) -> Value:
        """The kept value, or what ``look`` finds; nothing is kept when it raises."""
        value = self.kept(key)
        if value is not None:
            return value
        found = look()
        self.put(key, found)
        return found

    def kept(self, key: str) -> Value | None:
        """The value if it is still kept."""
        with self._lock:
            until, value = self._kept.get(key, (0.0, None))
        return value if time.monotonic() < until else None

    def put(self, key: str, value: Value) -> None:
        with self._lock:
            if len(self._kept) >= self._most:
                self._kept.clear()
            self._kept[key] = (time.monotonic() + self._seconds, value)

    def forget(self) -> None:
        with self._lock:
            self._kept.clear()
