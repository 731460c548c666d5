"""All processes on one machine: started together, started again when one dies, stopped cleanly together."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import structlog

from worker.stop import Stop

log = structlog.get_logger("up")

_LOOKS_EVERY_S = 0.5
_GRACE_S = 25.0  # a worker finishes what it holds in this time
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 10.0
_STEADY_AFTER_S = 30.0


@dataclass
class Child:
    """One process and how often it has died lately."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    wait: float = _FIRST_WAIT_S
    not_before: float = 0.0

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the supervisor alone, which then stops the others in order.
        self.process = subprocess.Popen(self.command, env=self.environment, start_new_session=True)  # noqa: S603 - our own
        self.started = time.monotonic()

    def look_after(self) -> None:
        """Start again what died, waiting longer each time it dies soon."""
        if self.process is not None and self.process.poll() is None:
            return
        if self.process is not None:
            steady = time.monotonic() - self.started > _STEADY_AFTER_S
            self.wait = _FIRST_WAIT_S if steady else min(self.wait * 2, _LONGEST_WAIT_S)
            self._clear_away()
            log.warning("process ended, starting it again", name=self.name, code=self.process.returncode, wait=self.wait)
            self.process, self.not_before = None, time.monotonic() + self.wait
        if time.monotonic() >= self.not_before:
            self.start()

    def _clear_away(self) -> None:
        """End what a killed process left behind: orphans of a web server would keep its port and answer nobody."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait_for_end(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("process did not stop in time and is killed", name=self.name)
            self.process.kill()
            self.process.wait()


@dataclass
class Supervisor:
    """Runs children until SIGTERM or SIGINT. ``check`` is called about twice a second (keeps the database alive)."""

    children: list[Child]
    check: Callable[[], None]

    def run(self, ready: Callable[[], None]) -> None:
        """Blocks; ``ready`` is called once after the start, in a thread."""
        stop = Stop()
        threading.Thread(target=ready, daemon=True).start()
        try:
            while not stop.wait(0):
                self.check()
                for child in self.children:
                    child.look_after()
                stop.wait(_LOOKS_EVERY_S)
        finally:
            self._stop()

    def _stop(self) -> None:
        deadline = time.monotonic() + _GRACE_S
        for child in self.children:
            child.stop()
        for child in self.children:
            child.wait_for_end(deadline)
