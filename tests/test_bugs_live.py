"""Thirty tickets on one fault with real processes: reported at once, one bug in the play GitHub, closed there by a button."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.system import System, until

pytestmark = pytest.mark.slow
TICKETS = [str(31_000_000 + n) for n in range(30)]


@pytest.fixture(scope="module")
def system(place: Path) -> Iterator[System]:
    running = System(place / "bugs").start()
    yield running
    assert running.stop() == 0, running.log()[-3000:]


def test_one_bug_with_thirty_links_and_its_closing_reaches_all_once(system: System) -> None:
    for ticket in TICKETS:
        assert system.send("zendesk", "ticket_created_urgent", ticket).status_code == 202
    handoffs = [system.handoff(ticket)["id"] for ticket in TICKETS]
    start = threading.Barrier(30)

    def report(handoff: str) -> Any:
        start.wait()
        answer = system.api_post(f"handoffs/{handoff}/bug", {"anyway": True})
        assert answer.status_code == 200, answer.text
        return answer.json()

    with ThreadPoolExecutor(30) as pool:
        told = list(pool.map(report, handoffs))
    assert sum(one["new"] for one in told) == 1

    def filed() -> Any:
        (bug,) = system.api("bugs")["items"]
        return bug if bug["state"] == "open" and bug["count"] == 30 else None

    bug = until(filed, 60, "the bug is filed")
    assert len(bugs(system)) == 1
    until(lambda: titles(system, f"Bug {bug['key']} in github") == dict.fromkeys(TICKETS, 1), 120, "every ticket knows its bug")

    page = requests.get(bug["url"], timeout=10)
    assert page.ok and ">Close</button>" in page.text
    number = bug["key"].removeprefix("#")
    closing = requests.post(f"{system.url}/sandbox/github/_bugs/{number}/act", data={"do": "close"}, timeout=30)
    assert closing.ok and "Open again" in closing.text
    until(lambda: titles(system, "was closed") == dict.fromkeys(TICKETS, 1), 120, "the closing reached every ticket")
    assert system.api("bugs", state="closed")["items"][0]["id"] == bug["id"]
    deliveries = [d for d in system.api("deliveries", limit="200")["items"] if d["connection"] == "tracker:github"]
    (closed,) = [d for d in deliveries if d["event"] == "issues.closed"]
    assert closed["status"] == "handled"
    assert system.api_post(f"deliveries/{closed['id']}/replay").status_code == 202
    until(lambda: system.api(f"deliveries/{closed['id']}")["status"] == "handled", 20)
    assert titles(system, "was closed") == dict.fromkeys(TICKETS, 1), "replayed, and told nobody twice"


def bugs(system: System) -> list[Any]:
    found: list[Any] = requests.get(f"{system.url}/sandbox/github/_bugs", timeout=10).json()
    return found


def titles(system: System, words: str) -> Counter[str]:
    """How many notes with these words each ticket has."""
    found: Counter[str] = Counter()
    for ticket in TICKETS:
        entries = system.ticket("zendesk", ticket)["entries"]
        if here := sum(words in e["html"] and not e["public"] for e in entries):
            found[ticket] = here
    return found
