"""A circuit breaker per source: one that fails again and again is left alone for a while, so that it costs nothing.

Twenty lines of our own: pybreaker and purgatory bring listeners, stores and decorators, and none counts a call that was given up
by its caller, which is how a dead source shows here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

MOST_FAILURES = 3
REST_S = 30.0


class Breaker:
    """Open after three failures in a row; after half a minute one call may try, and decides. Thread-safe."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now, self._lock = now, threading.Lock()
        self._failures, self._until = 0, 0.0

    def lets_pass(self) -> bool:
        """True when the source may be asked now; while it rests the first to ask after the rest is the one that tries."""
        with self._lock:
            if self._failures < MOST_FAILURES:
                return True
            if self._now() < self._until:
                return False
            self._until = self._now() + REST_S
            return True

    def tell(self, *, failed: bool) -> None:
        """How a call ended."""
        with self._lock:
            self._failures = self._failures + 1 if failed else 0
            if self._failures >= MOST_FAILURES:
                self._until = self._now() + REST_S
