"""The one guarded HTTP session that every connector speaks through.

It always has a time-out, never repeats a write by itself, keeps no cookies (so threads may share it), and turns every
failure into the words of ``ports``: 429, 5xx and broken connections are TryLater, other 4xx are GiveUp. It counts calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util.retry import Retry

from escalation.ports import GiveUp, TryLater

TIMEOUT_S = (3.05, 10.0)  # connect, read
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_WAIT = timedelta(hours=1)


def retry_after(value: str | None) -> timedelta | None:
    """A Retry-After header (RFC 9110 §10.2.3: seconds or a date; vendors also send "1.5") as a wait, None if unusable."""
    if not value:
        return None
    try:
        wait = timedelta(seconds=float(value))
    except (ValueError, OverflowError):
        try:
            wait = parsedate_to_datetime(value) - datetime.now(UTC)
        except (ValueError, TypeError):
            return None
    return min(max(wait, timedelta(0)), _LONGEST_WAIT)


class GuardedSession(requests.Session):
    """A requests.Session as the module says. ``name`` (the connection) opens every error text; headers and auth never do."""

    def __init__(
        self,
        name: str,
        *,
        auth: AuthBase | tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: tuple[float, float] = TIMEOUT_S,
    ) -> None:
        super().__init__()
        self.name, self.timeout_s, self.calls = name, timeout_s, 0
        self.auth = auth
        self.headers.update(headers or {})
        self.trust_env = False  # a .netrc of the machine must not replace our credentials
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # A connect error is safe to repeat: nothing was sent. Everything else is the queue's business.
        # A 429 or 503 must reach us as an answer: urllib3 would raise its own error where there is a Retry-After.
        again = Retry(
            total=1, connect=1, read=0, status=0, other=0, redirect=0, allowed_methods=_READS, respect_retry_after_header=False
        )
        for scheme in ("https://", "http://"):
            super().mount(scheme, HTTPAdapter(max_retries=again, pool_maxsize=32))

    def mount(self, prefix: str | bytes, adapter: Any) -> None:
        """Keep our adapters: libraries such as zenpy would mount one that repeats writes (providers.md 1.9, finding 1)."""

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        """As requests does, but raises TryLater or GiveUp for every answer that is not 2xx or 3xx."""
        verb = (method.decode() if isinstance(method, bytes) else method).upper()
        kwargs["timeout"] = self.timeout_s
        self.calls += 1
        writes = verb not in _READS
        try:
            answer = super().request(verb, url, *args, **kwargs)
        except requests.exceptions.ConnectTimeout as late:
            raise TryLater(f"{self.name}: no connection in {self.timeout_s[0]} s") from late
        except requests.exceptions.Timeout as late:
            raise TryLater(f"{self.name}: no answer in {self.timeout_s[1]} s", unclear=writes) from late
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError) as broken:
            raise TryLater(f"{self.name}: connection failed ({type(broken).__name__})", unclear=writes) from broken
        self._judge(verb, answer)
        return answer

    def _judge(self, verb: str, answer: requests.Response) -> None:
        if answer.status_code < 400:
            return
        path = urlsplit(answer.url).path
        what = f"{self.name}: {verb} {path} answered {answer.status_code}"
        if answer.status_code == 429:
            raise TryLater(f"{what} (rate limit)", wait=retry_after(answer.headers.get("Retry-After")))
        if answer.status_code >= 500:
            wait = retry_after(answer.headers.get("Retry-After"))
            raise TryLater(what, wait=wait, unclear=verb not in _READS)
        if answer.status_code in (408, 409, 423, 425):
            raise TryLater(what)
        said = next(answer.iter_content(500), b"").decode("utf-8", "replace")  # not all of it: some go on for ever
        raise GiveUp(f"{what}: {said}", gone=answer.status_code in (404, 410), refused=answer.status_code in (401, 403))
