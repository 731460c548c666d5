"""Where AI agents and bots are told what became of what they handed over (https://www.standardwebhooks.com/)."""

from __future__ import annotations

import base64
import binascii
import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

_PREFIX = "whsec_"
_LEAST, _MOST = 24, 64  # bytes of a secret, as the specification recommends


@dataclass(frozen=True, slots=True)
class BotAccount:
    """``secrets``: every event is signed with each (two during a rotation). ``private``: our own networks are meant too."""

    addresses: tuple[str, ...] = ()
    secrets: tuple[bytes, ...] = ()
    private: bool = False


def addresses(told: str) -> tuple[str, ...]:
    """The addresses of a setting, separated by commas or blanks."""
    return tuple(dict.fromkeys(told.replace(",", " ").split()))


def secret(told: str) -> bytes:
    """The bytes of a ``whsec_…`` secret; ValueError with the remedy for anything else."""
    try:
        raw = base64.b64decode(told.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not told.startswith(_PREFIX) or not _LEAST <= len(raw) <= _MOST:
        raise ValueError(
            f"a secret is {_PREFIX} and the base64 of {_LEAST} to {_MOST} random bytes; make one with:"
            " python3 -c \"import base64, os; print('whsec_' + base64.b64encode(os.urandom(32)).decode())\""
        )
    return raw


def checked(address: str, *, private: bool) -> str:
    """An address as told; ValueError when customers' words would go there in clear, or it is none."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.password:
        raise ValueError(f"{address}: an address is https://host/path, without a user")
    if parts.scheme == "http" and not private and not is_loopback(parts.hostname):
        raise ValueError(f"{address}: use https; http is for this machine, or with BOT_WEBHOOK_PRIVATE=1 for your own network")
    return address


def is_loopback(host: str) -> bool:
    """Whether a host's name alone says that it is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
