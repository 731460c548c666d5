"""What the measurements share: a load of signed webhooks over kept-alive connections, percentiles, machine facts."""

from __future__ import annotations

import http.client
import os
import platform
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """``seconds`` of the whole run, and of every request."""

    seconds: float
    each: list[float]

    @property
    def rate(self) -> float:
        return len(self.each) / self.seconds

    def at(self, share: float) -> float:
        """A percentile in milliseconds: ``at(0.99)``."""
        return percentile(self.each, share) * 1000


def percentile(values: list[float], share: float) -> float:
    """Nearest rank, 0 for no values."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


Request = tuple[str, bytes, dict[str, str]]  # path, body, headers


def load(port: int, requests: list[Request], clients: int, status: int = 202) -> Measured:
    """Send every request once over ``clients`` kept-alive connections, as fast as they are answered."""
    each: list[list[float]] = [[] for _ in range(clients)]
    start = threading.Barrier(clients + 1)

    def run(mine: list[Request], took: list[float]) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.connect()
        start.wait()
        for path, body, headers in mine:
            begun = time.perf_counter()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            took.append(time.perf_counter() - begun)
            assert answer.status == status, answer.status
        connection.close()

    threads = [threading.Thread(target=run, args=(requests[n::clients], each[n])) for n in range(clients)]
    for thread in threads:
        thread.start()
    start.wait()
    begun = time.perf_counter()
    for thread in threads:
        thread.join()
    return Measured(time.perf_counter() - begun, [t for some in each for t in some])


def at_rate(per_second: float, jobs: list[Callable[[], None]]) -> None:
    """Run each job in a thread of its own, started ``per_second``: an open loop, so slowness does not slow the load."""
    begun = time.perf_counter()
    threads = []
    for number, job in enumerate(jobs):
        wait = begun + number / per_second - time.perf_counter()
        if wait > 0:
            time.sleep(wait)
        thread = threading.Thread(target=job)
        thread.start()
        threads.append(thread)
    for thread in threads:
        thread.join()


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
