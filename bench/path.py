"""From webhook to card at 25 escalating events a second with vendors that answer in 20 ms; vendor calls counted."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import uuid
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import requests

from bench.kit import Request, at_rate, machine, percentile
from config.connections import PLAY_SECRET
from connectors.zendesk.inbound import sign
from sandbox import samples
from tests.support import FIXTURES, ROOT
from tests.system import System, free_port, until

RATE, SECONDS, WARM_UP, LATENCY_MS = 25, 40, 100, 20


def main() -> str:
    """Run it; the report as Markdown."""
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    port = free_port()
    vendors = subprocess.Popen([sys.executable, "-m", "bench.vendors", str(port), str(LATENCY_MS)], cwd=ROOT)
    system = System(place / "path", settings(f"http://127.0.0.1:{port}"))
    try:
        system.start()
        handled(system, port, WARM_UP, RATE)
        took = handled(system, port, RATE * SECONDS, RATE)
        return _report(list(took.values()), _calls_of_handoffs(system, port, list(took)[:50]))
    finally:
        if system.process is not None:
            system.stop()
        vendors.terminate()


def handled(system: System, vendors: int, count: int, rate: float) -> dict[str, float]:
    """Milliseconds from webhook to card by ticket, for ``count`` escalating events at ``rate`` a second."""
    posted: dict[str, float] = {}
    at_rate(rate, system.port, [partial(webhook, samples.a_ticket_id(), posted) for _ in range(count)])
    until(lambda: posted.keys() <= seen(vendors)["cards"].keys(), 60, "every card")
    cards = seen(vendors)["cards"]
    return {ticket: (cards[ticket] - begun) * 1000 for ticket, begun in posted.items()}


def settings(vendors: str) -> dict[str, str]:
    return {
        "ZENDESK_URL": vendors,
        "ZENDESK_EMAIL": "baton@example.com",
        "ZENDESK_API_TOKEN": "bench",
        "ZENDESK_WEBHOOK_SECRET": PLAY_SECRET,
        "SLACK_API_URL": f"{vendors}/slack/api/",
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "SLACK_SIGNING_SECRET": PLAY_SECRET,
    }


_RECORDED = samples.load(FIXTURES, "zendesk/ticket_created_urgent")["body"]


def webhook(ticket: str, posted: dict[str, float], priority: str = "URGENT") -> Request:
    """A ticket's event, signed at the moment it is sent, which is noted in ``posted``."""
    now = datetime.now(UTC)
    stamp = now.isoformat().replace("+00:00", "Z")
    detail = {**_RECORDED["detail"], "id": ticket, "updated_at": stamp, "priority": priority}
    act = {"meta": {"sequence": {"id": str(uuid.uuid4())}}}
    event = {
        **_RECORDED,
        "id": str(uuid.uuid4()),
        "time": stamp,
        "detail": detail,
        "event": act,
        "subject": f"zen:ticket:{ticket}",
    }
    body = json.dumps(event).encode()
    posted[ticket] = time.time()
    return "/webhooks/zendesk", body, {"Content-Type": "application/json", **sign(body, PLAY_SECRET, now)}


def seen(port: int) -> dict[str, Any]:
    found: dict[str, Any] = requests.get(f"http://127.0.0.1:{port}/_seen", timeout=10).json()
    return found


def control(port: int, word: str) -> None:
    requests.post(f"http://127.0.0.1:{port}/{word}", timeout=10).raise_for_status()


def accept(system: System, handoff: str) -> None:
    system.api_post(f"handoffs/{handoff}/accept", {"agent": "ada"}).raise_for_status()


def _calls_of_handoffs(system: System, port: int, tickets: list[str]) -> dict[str, float]:
    """Vendor calls per handoff: everything so far per event, then what accepting adds."""
    before = seen(port)["calls"]
    handoffs = {h["ticket_id"]: h["id"] for h in all_handoffs(system)}
    for ticket in tickets:
        accept(system, handoffs[ticket])
    until(lambda: seen(port)["calls"].get("zendesk PUT", 0) >= len(tickets), 60, "every write")
    after = seen(port)["calls"]
    events = len(handoffs)
    return {
        "Zendesk reads": before.get("zendesk GET", 0) / events + (after["zendesk GET"] - before["zendesk GET"]) / len(tickets),
        "Zendesk writes": after.get("zendesk PUT", 0) / len(tickets),
        "Slack calls until the card": before["slack"] / events,
    }


def all_handoffs(system: System) -> list[dict[str, Any]]:
    found, cursor = [], ""
    while True:
        page = system.api("handoffs", limit="200", **({"cursor": cursor} if cursor else {}))
        found += page["items"]
        cursor = page["next"] or ""
        if not cursor:
            return found


def _report(took: list[float], calls: dict[str, float]) -> str:
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    lines = [
        "## Path: webhook to card",
        "",
        f"{machine()}; {RATE} escalating events a second for {SECONDS} s, vendors answer in {LATENCY_MS} ms,"
        " everything (database, web, worker, vendors, load) on this machine.",
        "",
        f"p50 **{p50:.0f} ms** (wanted: at most 150), p99 **{p99:.0f} ms** (wanted: at most 500), longest {max(took):.0f} ms.",
        "",
        "| vendor calls per handoff | |",
        "|---|---|",
        *(f"| {name} | {number:.2f} |" for name, number in calls.items()),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(main())
