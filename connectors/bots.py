"""Telling AI agents and bots what became of what they handed over: signed webhooks after https://www.standardwebhooks.com/.

The address is an admin's setting, never a caller's word. Even so it is not followed anywhere else: redirects are refused, and a
name that leads into a private network is, unless the admin says that this is meant (docs/decisions/0016).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

import requests

from config.bots import BotAccount, is_loopback
from connectors.http import TIMEOUT_S, GuardedSession, retry_after
from escalation.ports import GiveUp, TryLater

_MOST_BYTES = 256 * 1024


def signature(secrets: Iterable[bytes], id: str, at: datetime, body: bytes) -> str:
    """The ``webhook-signature`` of an event: one ``v1,…`` per secret, so that receivers may rotate theirs."""
    signed = b".".join((id.encode(), str(int(at.timestamp())).encode(), body))
    digests = (hmac.new(secret, signed, hashlib.sha256).digest() for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


class _Session(GuardedSession):
    """Judges by the status alone: what a bot answers is never read, so it can neither be endless nor be shown to anybody."""

    def _judge(self, verb: str, answer: requests.Response) -> None:
        status, wait = answer.status_code, retry_after(answer.headers.get("Retry-After"))
        answer.close()
        what = f"{self.name}: {urlsplit(answer.url).hostname} answered {status}"
        if status == 410:
            raise GiveUp(f"{what}: it wants no more; take it out of BOT_WEBHOOK_URLS", gone=True)
        if 300 <= status < 400:
            raise GiveUp(f"{what}, a redirect; put the final address into BOT_WEBHOOK_URLS")
        if not 200 <= status < 300:
            raise TryLater(what, wait=wait)


class BotWebhooks:
    """``escalation.ports.Bots`` over HTTP. Thread-safe; nothing is called before there is something to tell."""

    def __init__(self, account: BotAccount, *, timeout_s: float = 10.0) -> None:
        self._account = account
        headers = {"Content-Type": "application/json", "User-Agent": "Baton"}
        self._session = _Session("bot webhook", headers=headers, timeout_s=(min(TIMEOUT_S[0], timeout_s), timeout_s))

    @property
    def addresses(self) -> tuple[str, ...]:
        return self._account.addresses

    def tell(self, address: str, id: str, body: str, now: datetime) -> None:
        if address not in self._account.addresses:
            raise GiveUp(f"{address} is not configured any more (BOT_WEBHOOK_URLS)")
        raw = body.encode()
        if len(raw) > _MOST_BYTES:
            raise GiveUp(f"the event has {len(raw):,} bytes, more than {_MOST_BYTES:,}")
        self._is_allowed(address)
        headers = {
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": signature(self._account.secrets, id, now, raw),
        }
        self._send(address, raw, headers)

    def _send(self, address: str, raw: bytes, headers: dict[str, str]) -> None:
        try:
            self._session.request("POST", address, data=raw, headers=headers, allow_redirects=False, stream=True)
        except requests.RequestException as broken:
            raise TryLater(f"{self._session.name}: {type(broken).__name__}") from broken

    def _is_allowed(self, address: str) -> None:
        """Refuse a name that leads into a network of ours which nobody meant; link-local addresses (cloud metadata) always."""
        host = urlsplit(address).hostname or ""
        for found in _addresses_of(host, address):
            if found.is_link_local or found.is_multicast or found.is_unspecified:
                raise GiveUp(f"{host} leads to {found}, where no bot can be")
            if not (found.is_global or self._account.private or (found.is_loopback and is_loopback(host))):
                raise GiveUp(f"{host} leads to {found}, a private address; set BOT_WEBHOOK_PRIVATE=1 if that is meant")


def _addresses_of(host: str, address: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    try:
        told = {str(info[4][0]).partition("%")[0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError) as unknown:
        raise TryLater(f"{address}: the name {host} cannot be found ({type(unknown).__name__})") from None
    found = [ipaddress.ip_address(one) for one in sorted(told)]
    return [(one.ipv4_mapped or one) if isinstance(one, ipaddress.IPv6Address) else one for one in found]
