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


def at_rate(per_second: float, port: int, requests: list[Callable[[], Request]], clients: int = 32) -> None:
    """Send each request at its time, ``per_second``, over kept-alive connections: an open loop, slowness does not slow it."""
    begun = time.perf_counter() + 0.1

    def run(mine: range) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for number in mine:
            time.sleep(max(0.0, begun + number / per_second - time.perf_counter()))
            path, body, headers = requests[number]()
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == 202, answer.status
        connection.close()

    threads = [threading.Thread(target=run, args=(range(n, len(requests), clients),)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
