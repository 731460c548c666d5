"""From webhook to a complete context package: threads of 200 messages, vendors that answer in 50 ms, five escalations a second.

``python -m bench.package``; ``python -m bench.package 2`` for two a second. A package is complete when what stands beside the
ticket has been read too (account sources, earlier tickets): the timeline then says "gathered". Vendor calls are counted from the
webhook to the read-back after accepting.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from bench.context import forget, many, package_of
from bench.kit import at_rate, machine, percentile
from bench.path import all_handoffs, seen, settings, webhook
from sandbox import samples
from tests.support import ROOT
from tests.system import System, free_port, until

RATE, SECONDS, WARM_UP, LATENCY_MS, MESSAGES, ACCEPTED = 5, 30, 20, 50, 200, 25
_KINDS = {"zendesk GET": "Zendesk reads", "zendesk PUT": "Zendesk writes", "slack": "Slack"}


def main(rate: float = RATE) -> str:
    """Run it at so many escalations a second; the report as Markdown."""
    took, calls = measured(MESSAGES, rate, round(rate * SECONDS))
    _, of_short = measured(1, rate, ACCEPTED)
    return _report(rate, took, calls, of_short, extraction())


def measured(messages: int, rate: float, count: int) -> tuple[list[float], dict[str, float]]:
    """Seconds from webhook to complete package of ``count`` escalations, and the vendor calls of one handoff by kind."""
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    port = free_port()
    command = [sys.executable, "-m", "bench.vendors", str(port), str(LATENCY_MS), str(messages)]
    vendors = subprocess.Popen(command, cwd=ROOT)
    system = System(place / "package", settings(f"http://127.0.0.1:{port}"))
    try:
        system.start()
        packages(system, rate, WARM_UP)
        before = seen(port)["calls"]
        took = packages(system, rate, count)
        return list(took.values()), calls_of(system, port, list(took), before)
    finally:
        if system.process is not None:
            system.stop()
        vendors.terminate()


def packages(system: System, rate: float, count: int) -> dict[str, float]:
    """Seconds from webhook to "gathered" by ticket."""
    posted: dict[str, float] = {}
    at_rate(rate, system.port, [partial(webhook, samples.a_ticket_id(), posted) for _ in range(count)])
    gathered = until(lambda: _all_gathered(system, posted), 60, "every package")
    return {ticket: at.timestamp() - posted[ticket] for ticket, at in gathered.items()}


def _all_gathered(system: System, tickets: Iterable[str]) -> dict[str, datetime]:
    """When each ticket's package was complete; {} while some are not."""
    handoffs = {h["ticket_id"]: h["escalation_id"] for h in all_handoffs(system)}
    if not handoffs.keys() >= set(tickets):
        return {}
    found = {ticket: _entry(system, handoffs[ticket], "gathered") for ticket in tickets}
    return {ticket: at for ticket, at in found.items() if at} if all(found.values()) else {}


def _entry(system: System, escalation: str, kind: str) -> datetime | None:
    timeline: list[dict[str, Any]] = system.api(f"escalations/{escalation}")["timeline"]
    return next((datetime.fromisoformat(entry["at"]) for entry in timeline if entry["kind"] == kind), None)


def calls_of(system: System, port: int, tickets: list[str], before: dict[str, int]) -> dict[str, float]:
    """Vendor calls per handoff by kind: of all until the package was complete, and what accepting some of them adds."""
    until_there = seen(port)["calls"]
    handoffs = {h["ticket_id"]: h for h in all_handoffs(system)}
    accepted = [handoffs[ticket] for ticket in tickets[:ACCEPTED]]
    for handoff in accepted:
        system.api_post(f"handoffs/{handoff['id']}/accept", {"agent": "ada"}).raise_for_status()
    until(lambda: all(_entry(system, h["escalation_id"], "proved") for h in accepted), 60, "every read-back")
    after = seen(port)["calls"]
    return {
        kind: (until_there.get(kind, 0) - before.get(kind, 0)) / len(tickets)
        + (after[kind] - until_there.get(kind, 0)) / len(accepted)
        for kind in after
    }


def extraction(times: int = 15) -> float:
    """Milliseconds of processor time in which the package of MESSAGES messages is built, with nothing read before: the median."""
    ticket = many(MESSAGES)

    def once() -> float:
        forget()
        begun = thread_time()
        package_of(ticket)
        return (thread_time() - begun) * 1000

    return median(once() for _ in range(times))


def _report(rate: float, took: list[float], calls: dict[str, float], of_short: dict[str, float], extracted: float) -> str:
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    paths = {name: number for name, number in calls.items() if name not in _KINDS}
    lines = [
        "## Package: webhook to a complete context package",
        "",
        f"{machine()}; {rate:g} escalations a second for {SECONDS} s, threads of {MESSAGES} messages, vendors answer in"
        f" {LATENCY_MS} ms, everything (database, web, worker, vendors, load) on this machine.",
        "",
        f"p50 **{p50:.2f} s** (wanted: at most 1), p99 **{p99:.2f} s** (wanted: at most 3), longest {max(took):.2f} s.",
        f"Extraction from {MESSAGES} messages: **{extracted:.0f} ms** of processor time (wanted: at most 50).",
        "",
        f"| vendor calls per handoff, webhook to read-back | {MESSAGES} messages | up to 100 messages |",
        "|---|---|---|",
        *(f"| {name} | {calls.get(kind, 0):.2f} | {of_short.get(kind, 0):.2f} |" for kind, name in _KINDS.items()),
        "",
        f"Of {MESSAGES} messages: {', '.join(f'{name} {number:.2f}' for name, number in sorted(paths.items()))}.",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    print(main(*map(float, sys.argv[1:2])))
