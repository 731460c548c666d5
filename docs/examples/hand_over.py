"""Hand a conversation over to Baton, and check what Baton tells later. Standard library only; copy what you need.

BATON_TOKEN=… python hand_over.py http://localhost:8000 < handover.json
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
from typing import Any


def hand_over(baton: str, token: str, key: str, handover: dict[str, Any], tries: int = 5) -> dict[str, Any]:
    """Send a handover; safe to repeat, because the key makes it one however often it arrives."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Idempotency-Key": key}
    url, body = f"{baton}/api/v1/handoffs", json.dumps(handover).encode()
    for attempt in range(1, tries + 1):
        try:
            request = urllib.request.Request(url, body, headers, method="POST")  # noqa: S310 - the address is yours
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return dict(json.load(answer))
        except urllib.error.HTTPError as refused:
            if refused.code < 500 and refused.code != 429:
                raise ValueError(refused.read().decode()) from None  # names every wrong field with its remedy
        except OSError:  # no connection, no answer in time: nobody knows whether it arrived
            pass
        if attempt < tries:
            time.sleep(2**attempt)
    raise ConnectionError(f"{baton} did not take the handover; keep it and send it again with the same key")


def verify(secret: str, headers: dict[str, str], body: bytes, tolerance_s: int = 300) -> dict[str, Any]:
    """The event of a webhook that Baton signed (https://www.standardwebhooks.com/); ValueError for any other."""
    told = {name.lower(): value for name, value in headers.items()}
    id, at, signatures = (told.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not at.isdecimal() or abs(time.time() - int(at)) > tolerance_s:
        raise ValueError("too old")
    key = base64.b64decode(secret.removeprefix("whsec_"))
    wanted = base64.b64encode(hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()).decode()
    if not any(hmac.compare_digest(f"v1,{wanted}".encode(), one.encode()) for one in signatures.split()):
        raise ValueError("the signature is wrong")
    return dict(json.loads(body))


if __name__ == "__main__":
    handover = json.load(sys.stdin)
    key = handover.pop("key", "") or hashlib.sha256(json.dumps(handover).encode()).hexdigest()
    print(json.dumps(hand_over(sys.argv[1], os.environ["BATON_TOKEN"], key, handover)))  # noqa: T201
