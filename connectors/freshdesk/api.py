"""python-freshdesk behind our guarded session: its transport is used, its models are not.

The models raise KeyError for ``source`` 9 and 10, AttributeError for an answer without ``created_at`` (after the write took
effect), and hide the raw values that the mapping needs; so answers stay JSON. The session replaces what the library lacks:
time-outs, Retry-After, one meaning for every failure. API: https://developers.freshdesk.com/api/
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import requests
from freshdesk.v2.api import API
from freshdesk.v2.errors import FreshdeskError
from requests.auth import HTTPBasicAuth

from config.connections import Connection
from connectors.http import TIMEOUT_S, GuardedSession
from escalation.ports import GiveUp, TryLater

Body = dict[str, Any]  # JSON of the vendor; nothing typed so leaves this folder

PER_PAGE = 100
MOST_PAGES = 30
# The library refuses every domain but its own, so it gets one that is never called; the prefix set after that is.
_UNUSED_DOMAIN = "unused.freshdesk.com"
_BAD_ADDRESS = (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema, requests.exceptions.InvalidSchema)


class Api:
    """Calls to one account, as JSON. Thread-safe; raises TryLater or GiveUp and nothing else."""

    def __init__(self, connection: Connection, timeout_s: float) -> None:
        self.name, self.url = connection.id, connection.url.rstrip("/")
        key = connection.token.get_secret_value()
        # Bytes, because requests would encode text as Latin-1 and fail on a mistyped key with an error outside our four.
        auth = HTTPBasicAuth(key.encode(), b"X")
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        self._session = GuardedSession(connection.id, auth=auth, headers=headers, timeout_s=(TIMEOUT_S[0], timeout_s))
        self._library = API(_UNUSED_DOMAIN, key)
        self._library._session.close()
        self._library._session = self._session
        self._library._api_prefix = f"{self.url}/api/v2/"

    def close(self) -> None:
        self._session.close()

    def one(self, path: str, **query: str) -> Body:
        """GET one object."""
        return self._object(self._call(lambda: self._library._get(path, query), writes=False), path, writes=False)

    def page(self, path: str, **query: str) -> list[Body]:
        """GET one page of a list."""
        found = self._call(lambda: self._library._get(path, query), writes=False)
        if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
            raise self._strange(path, writes=False)
        return found

    def all(self, path: str, first: int = 1) -> list[Body]:
        """GET every page of a list from the ``first`` on, up to page ``MOST_PAGES``."""
        found: list[Body] = []
        for number in range(first, MOST_PAGES + 1):
            page = self.page(path, per_page=str(PER_PAGE), page=str(number))
            found += page
            if len(page) < PER_PAGE:
                break
        return found

    def put(self, path: str, body: Body) -> Body:
        return self._object(self._call(lambda: self._library._put(path, json.dumps(body)), writes=True), path, writes=True)

    def post(self, path: str, body: Body) -> Body:
        return self._object(self._call(lambda: self._library._post(path, json.dumps(body)), writes=True), path, writes=True)

    def _call(self, send: Callable[[], Any], *, writes: bool) -> Any:
        try:
            return send()
        except _BAD_ADDRESS:
            raise GiveUp(f"{self.name}: {self.url} is no address; set FRESHDESK_URL to https://<account>.freshdesk.com") from None
        except requests.RequestException as broken:  # cut off in the middle of an answer, endless redirects
            raise TryLater(f"{self.name}: no whole answer ({type(broken).__name__})", unclear=writes) from broken
        except FreshdeskError as refused:
            raise GiveUp(f"{self.name}: {refused}") from refused
        except (TypeError, AttributeError, RecursionError):  # the library looks for "errors" in whatever JSON came
            raise self._strange("the answer", writes) from None

    def _object(self, found: Any, path: str, *, writes: bool) -> Body:
        if not isinstance(found, dict) or "id" not in found:
            raise self._strange(path, writes)
        return found

    def _strange(self, what: str, writes: bool) -> TryLater:
        """An answer that is not Freshdesk's: a maintenance page, a proxy. What was sent may have taken effect."""
        return TryLater(f"{self.name}: {what} is not what Freshdesk's API answers", unclear=writes)
