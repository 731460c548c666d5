"""Proofs that a request is a vendor's: HMAC signatures, shared tokens, ages. All comparisons take constant time."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta

from pydantic import SecretStr

from escalation.ports import BadSignature

FRESH_FOR = timedelta(minutes=5)  # contract.md, Webhook authenticity


def base64_sha256(secret: str, message: bytes) -> str:
    """base64(HMAC-SHA256), as Zendesk signs (the secret's text is the key, it is not decoded)."""
    return base64.b64encode(hmac.digest(secret.encode(), message, hashlib.sha256)).decode()


def hex_sha1(secret: str, message: bytes) -> str:
    """Hex HMAC-SHA1, as Intercom signs."""
    return hmac.digest(secret.encode(), message, hashlib.sha1).hex()


def hex_sha256(secret: str, message: bytes) -> str:
    """Hex HMAC-SHA256, as GitHub, Linear and Jira sign."""
    return hmac.digest(secret.encode(), message, hashlib.sha256).hex()


def require_match(given: str, expected: Iterable[str], what: str) -> None:
    """Return if ``given`` equals one of ``expected`` (two during a rotation), else raise BadSignature naming ``what``."""
    told = given.encode(errors="surrogatepass")  # half a character in a header is wrong, not a crash
    matches = [hmac.compare_digest(told, one.encode()) for one in expected]
    if not given or not any(matches):
        raise BadSignature(f"{what} is missing or wrong")


def require_fresh(at: datetime, now: datetime, what: str, age: timedelta = FRESH_FOR) -> None:
    """Raise BadSignature when ``at`` is further than ``age`` from ``now``, either way."""
    if abs(now - at) > age:
        raise BadSignature(f"{what} is more than {int(age.total_seconds() // 60)} minutes from our time")


def reveal(secrets: Iterable[SecretStr]) -> tuple[str, ...]:
    """The set secrets as text, for the comparison and nowhere else."""
    return tuple(value for secret in secrets if (value := secret.get_secret_value()))
