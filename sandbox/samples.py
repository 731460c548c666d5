"""Recorded deliveries made fresh: another ticket, another event, and times as if the last thing had happened just now."""

from __future__ import annotations

import json
import re
import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Delivery = dict[str, Any]  # {"about", "headers"?, "query"?, "body" | "raw_body", "ticket"?}

_ISO = re.compile(r"\b(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|\+00:00)")
_UNIX = re.compile(r"(?<![\d.\"])(1[5-9]\d{8})(?![\d.\"])")
_FAR = timedelta(days=3650)
_AHEAD = re.compile("due|breach|until|renew|sla|expire")


def names(folder: Path) -> list[str]:
    """``zendesk/ticket_created`` and so on: the deliveries below a folder of fixtures."""
    found = (path for path in folder.glob("*/*.json") if not path.name.endswith(".expected.json"))
    return sorted(f"{path.parent.name}/{path.stem}" for path in found)


def load(folder: Path, name: str) -> Delivery:
    """One delivery by its name; LookupError that lists the names when there is none."""
    path = folder / f"{name}.json"
    if not path.exists():
        raise LookupError(f"no fixture {name!r}; there are: {', '.join(names(folder))}")
    delivery: Delivery = json.loads(path.read_text(encoding="utf-8"))
    return delivery


def fresh(delivery: Delivery, ticket_id: str, now: datetime, *, new_ticket: str = "", keep_event: bool = False) -> Delivery:
    """The delivery with its newest time moved to ``now``, a new event id, and ``new_ticket`` in place of ``ticket_id``."""
    text = json.dumps(delivery)
    if new_ticket and ticket_id:
        text = re.sub(rf"(?<!\d){re.escape(ticket_id)}(?!\d)", new_ticket, text)
    made: Delivery = json.loads(_moved(text, now, _latest(delivery, now)))
    body = made.get("body")
    if isinstance(body, dict) and isinstance(body.get("id"), str) and not keep_event:
        prefix = "notif_" if body["id"].startswith("notif_") else ""
        body["id"] = f"{prefix}{uuid.uuid4()}"
    return made


def a_ticket_id() -> str:
    """A ticket id nobody has used."""
    return str(10_000_000 + secrets.randbelow(80_000_000))


def headers_of(delivery: Delivery) -> dict[str, str]:
    """The recorded headers that are not about its age or authenticity."""
    told: dict[str, str] = delivery.get("headers", {})
    return {name: value for name, value in told.items() if "signature" not in name.lower() and "token" not in name.lower()}


def body_of(delivery: Delivery) -> bytes:
    """The bytes to post."""
    raw: str = delivery.get("raw_body") or json.dumps(delivery["body"])
    return raw.encode()


def _latest(told: object, now: datetime) -> datetime | None:
    """The newest time told that has happened: deadlines, snoozes and renewals lie ahead and do not count."""
    return max((t for t in _times(told) if abs(now - t) < _FAR), default=None)


def _times(told: object) -> Iterator[datetime]:
    if isinstance(told, dict):
        for key, value in told.items():
            if not _AHEAD.search(key):
                yield from _times(value)
    elif isinstance(told, list):
        for value in told:
            yield from _times(value)
    else:
        text = json.dumps(told)
        yield from (datetime.fromisoformat(m[1]).replace(tzinfo=UTC) for m in _ISO.finditer(text))
        yield from (datetime.fromtimestamp(int(m[1]), UTC) for m in _UNIX.finditer(text))


def _moved(text: str, now: datetime, latest: datetime | None) -> str:
    if latest is None:
        return text
    shift = timedelta(seconds=int((now - latest).total_seconds()))

    def iso(match: re.Match[str]) -> str:
        return f"{datetime.fromisoformat(match[1]) + shift:%Y-%m-%dT%H:%M:%S}{match[2] or ''}{match[3]}"

    text = _ISO.sub(iso, text)
    return _UNIX.sub(lambda m: str(int(m[1]) + int(shift.total_seconds())), text)
