"""From webhook to a complete context package: threads of 200 messages, vendors that answer in 50 ms, two escalations a second.

``python -m bench.package``; ``python -m bench.package 5`` for five a second. A package is complete when what stands beside the
ticket has been read too (account sources, earlier tickets): the timeline then says "gathered". Vendor calls are counted from the
webhook to the proof after accepting.
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
from bench.path import accept, all_handoffs, control, seen, settings, webhook
from sandbox import samples
from tests.support import ROOT
from tests.system import System, free_port, until

RATE, SECONDS, WARM_UP, LATENCY_MS, MESSAGES, ACCEPTED = 2, 30, 40, 50, 200, 25
_KINDS = {"zendesk GET": "Zendesk reads", "zendesk PUT": "Zendesk writes", "slack": "Slack"}
_BY_WEBHOOK = "as the helpdesk's own webhook tells"


def main(rate: float = RATE) -> str:
    """Run it at so many escalations a second; the report as Markdown."""
    took, first_seen = measured(MESSAGES, rate, round(rate * SECONDS))
    calls = {
        f"{MESSAGES} messages, known before": measured(MESSAGES, rate, ACCEPTED, known=True)[1],
        f"{MESSAGES} messages, first seen": first_seen,
        "up to 100 messages": measured(1, rate, ACCEPTED)[1],
    }
    return _report(rate, took, calls, extraction())


def measured(messages: int, rate: float, count: int, *, known: bool = False) -> tuple[list[float], dict[str, float]]:
    """Seconds from webhook to complete package of ``count`` escalations, and the vendor calls of one handoff by kind.

    ``known``: Baton has read the thread but for its last message when the escalation comes, as it has of tickets that it saw
    from their beginning.
    """
    place = Path(tempfile.mkdtemp(prefix="baton-bench-"))
    place.chmod(0o755)
    port = free_port()
    system = System(place / "package", settings(f"http://127.0.0.1:{port}"))
    command = [sys.executable, "-m", "bench.vendors", *map(str, (port, LATENCY_MS, messages, system.port))]
    vendors = subprocess.Popen(command, cwd=ROOT)
    try:
        system.start()
        if known:
            control(port, "_cry")  # with dull threads, which are routed as the measured ones will be
        _warm(system, list(packages(system, rate, [samples.a_ticket_id() for _ in range(WARM_UP)])))
        tickets = [samples.a_ticket_id() for _ in range(count)]
        if known:
            _seen_before(system, port, rate, tickets)
        before = seen(port)["calls"]
        took = packages(system, rate, tickets)
        return list(took.values()), calls_of(system, port, list(took), before)
    finally:
        if system.process is not None:
            system.stop()
        vendors.terminate()


def _warm(system: System, tickets: list[str]) -> None:
    """Handoffs one by one, until each of the workers has learnt that Zendesk tells of our own writes, too."""
    handoffs, in_a_row = {h["ticket_id"]: h for h in all_handoffs(system)}, 0
    for ticket in tickets:
        in_a_row = in_a_row + 1 if _accepted(system, handoffs[ticket]).endswith(_BY_WEBHOOK) else 0
        if in_a_row == 4:
            return
    raise AssertionError(f"webhooks proved only {in_a_row} handoffs in a row")


def _accepted(system: System, handoff: dict[str, Any]) -> str:
    """How a handoff was proved."""
    accept(system, handoff["id"])
    proved = until(lambda: _entry(system, handoff["escalation_id"], "proved"), 60, "the proof") or {}
    return str(proved["words"])


def _seen_before(system: System, port: int, rate: float, tickets: list[str]) -> None:
    """Each ticket heard of and read while it was dull."""
    control(port, "_calm")
    at_rate(rate, system.port, [partial(webhook, ticket, {}, "LOW") for ticket in tickets])
    until(lambda: not system.api("deliveries", status="accepted")["items"], 60, "every ticket read")
    assert not {h["ticket_id"] for h in all_handoffs(system)} & set(tickets), "nothing is to escalate yet"
    control(port, "_cry")


def packages(system: System, rate: float, tickets: list[str]) -> dict[str, float]:
    """Seconds from webhook to "gathered" by ticket."""
    posted: dict[str, float] = {}
    at_rate(rate, system.port, [partial(webhook, ticket, posted) for ticket in tickets])
    gathered = until(lambda: _all_gathered(system, posted), 60, "every package")
    return {ticket: datetime.fromisoformat(entry["at"]).timestamp() - posted[ticket] for ticket, entry in gathered.items()}


def _all_gathered(system: System, tickets: Iterable[str]) -> dict[str, dict[str, Any]]:
    """The entry that says of each ticket that its package is complete; {} while some are not."""
    handoffs = {h["ticket_id"]: h["escalation_id"] for h in all_handoffs(system)}
    if not handoffs.keys() >= set(tickets):
        return {}
    found = {ticket: _entry(system, handoffs[ticket], "gathered") for ticket in tickets}
    return {ticket: entry for ticket, entry in found.items() if entry} if all(found.values()) else {}


def _entry(system: System, escalation: str, kind: str) -> dict[str, Any] | None:
    timeline: list[dict[str, Any]] = system.api(f"escalations/{escalation}")["timeline"]
    return next((entry for entry in timeline if entry["kind"] == kind), None)


def calls_of(system: System, port: int, tickets: list[str], before: dict[str, int]) -> dict[str, float]:
    """Vendor calls per handoff by kind: of all until the package was complete, and what accepting some of them adds."""
    until_there = seen(port)["calls"]
    handoffs = {h["ticket_id"]: h for h in all_handoffs(system)}
    accepted = [handoffs[ticket] for ticket in tickets[:ACCEPTED]]
    for handoff in accepted:
        accept(system, handoff["id"])
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


def _report(rate: float, took: list[float], calls: dict[str, dict[str, float]], extracted: float) -> str:
    p50, p99 = percentile(took, 0.5), percentile(took, 0.99)
    sums = [sum(some.get(kind, 0) for kind in _KINDS) for some in calls.values()]
    lines = [
        "## Package: webhook to a complete context package",
        "",
        f"{machine()}; {rate:g} escalations a second for {SECONDS} s, threads of {MESSAGES} messages, vendors answer in"
        f" {LATENCY_MS} ms, everything (database, web, worker, vendors, load) on this machine.",
        "",
        f"p50 **{p50:.2f} s** (wanted: at most 1), p99 **{p99:.2f} s** (wanted: at most 3), longest {max(took):.2f} s.",
        f"Extraction from {MESSAGES} messages: **{extracted:.0f} ms** of processor time (wanted: at most 50).",
        "",
        f"| vendor calls per handoff, webhook to proof | {' | '.join(calls)} |",
        "|---|" + "---|" * len(calls),
        *(f"| {name} | {' | '.join(f'{some.get(kind, 0):.2f}' for some in calls.values())} |" for kind, name in _KINDS.items()),
        f"| all (wanted: at most 6) | {' | '.join(f'**{number:.2f}**' for number in sums)} |",
        "",
        *(f"{name[:1].upper()}{name[1:]}: {_paths(some)}.  " for name, some in calls.items()),
    ]
    return "\n".join(lines)


def _paths(calls: dict[str, float]) -> str:
    return ", ".join(f"{name} {number:.2f}" for name, number in sorted(calls.items()) if name not in _KINDS and number)


if __name__ == "__main__":
    print(main(*map(float, sys.argv[1:2])))
