"""Small things many tests need: fixtures from files, canonical objects as plain JSON, the reference folder beside the project."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from pydantic import SecretStr, TypeAdapter

from config.connections import PLAY_EMAIL, PLAY_INTERCOM_ADMIN, PLAY_SECRET, PLAY_TOKEN, Connection
from escalation.ports import Inbound

T = TypeVar("T")
ROOT = Path(__file__).parent.parent
FIXTURES = ROOT / "tests" / "fixtures"
SHARED = ROOT.parent / "shared"


def plain(value: object) -> Any:
    """A canonical dataclass as JSON-ready data, for comparing with golden files."""
    return TypeAdapter[object](type(value)).dump_python(value, mode="json")


def fixture(helpdesk: str, name: str) -> dict[str, Any]:
    """One recorded delivery: {"about", "headers"?, "query"?, "body" | "raw_body", "ticket"?}."""
    return dict(json.loads((FIXTURES / helpdesk / f"{name}.json").read_text()))


def fixture_names(helpdesk: str) -> list[str]:
    """Names of all deliveries of a helpdesk that have a golden partner ``<name>.expected.json``."""
    return sorted(p.name.removesuffix(".expected.json") for p in (FIXTURES / helpdesk).glob("*.expected.json"))


def raw(delivery: dict[str, Any]) -> bytes:
    """The body bytes of a delivery file."""
    return (delivery.get("raw_body") or json.dumps(delivery["body"])).encode()


def inbound(delivery: dict[str, Any], headers: dict[str, str] | None = None) -> Inbound:
    """A delivery file as a request; header names lower-cased as the web layer does."""
    told = {**delivery.get("headers", {}), **(headers or {})}
    return Inbound({k.lower(): v for k, v in told.items()}, raw(delivery), delivery.get("query", {}))


@cache
def marked(name: str) -> Any:
    """What ``tests/data/<name>.yaml`` holds, to be looked at only. Read by libyaml: in Python, sentences take seconds."""
    return yaml.load((ROOT / "tests" / "data" / f"{name}.yaml").read_text("utf-8"), yaml.CSafeLoader)


def connection(helpdesk: str, url: str = "http://127.0.0.1:1") -> Connection:
    """A connection named like its helpdesk with the sandbox's secrets."""
    user = PLAY_INTERCOM_ADMIN if helpdesk == "intercom" else PLAY_EMAIL
    return Connection(helpdesk, helpdesk, url, user, SecretStr(PLAY_TOKEN), (SecretStr(PLAY_SECRET),), sandbox=True)


def quickest(work: Callable[[], T], times: int = 3) -> tuple[T, float]:
    """What ``work`` gives, and the least processor time of this thread in seconds: a busy machine only ever makes it longer."""
    took = []
    for _ in range(times):
        begun = time.thread_time()
        found = work()
        took.append(time.thread_time() - begun)
    return found, min(took)


def shared(path: str) -> Path:
    """A file or folder of the reference material beside the project; the test is skipped where it is absent."""
    found = SHARED / path
    if not found.exists():
        pytest.skip(f"reference material {path} is not beside the project")
    return found
