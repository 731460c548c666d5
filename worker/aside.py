"""Back-tests judged in a process of their own, at low priority, so that live jobs do not wait for all that computing.

Measured with ``bench/backtest_live.py``: judged in a thread of the worker, webhook to card took eight times as long.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import IO, Protocol, cast

from escalation.ports import TryLater

IDLE_S = 30.0  # the process ends when it was asked nothing for so long
_NICENESS = 15


class Backtests(Protocol):
    """Trying drafts of the rules on stored tickets, a slice at a time."""

    def carry_on(self, number: int) -> None:
        """Judge the next slice and queue the one after it."""

    def failed(self, number: int, why: str) -> None:
        """Give it up."""


class Aside:
    """Hands slices to the process that ``command`` starts; it is started when there is something to judge. Thread-safe."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], kept: Backtests) -> None:
        self._command, self._environment, self._kept = command, environment, kept
        self._process: subprocess.Popen[str] | None = None
        self._one_at_a_time = threading.Lock()

    def carry_on(self, number: int) -> None:
        """Have the next slice judged; TryLater when the process ended over it."""
        with self._one_at_a_time:
            process = self._running()
            to, back = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
            try:
                to.write(f"{number}\n")
                to.flush()
                answer = back.readline()
            except BrokenPipeError:
                answer = ""
            if answer.strip() != str(number):
                self.close()
                code = process.returncode
                raise TryLater(f"The process that judges back-tests ended with {code}; the worker's log says why.")

    def failed(self, number: int, why: str) -> None:
        self._kept.failed(number, why)

    @property
    def ended(self) -> bool:
        """True when no process runs."""
        return self._process is None or self._process.poll() is not None

    def close(self) -> None:
        """End the process, whatever it does: a slice that was not committed is judged again."""
        process, self._process = self._process, None
        if process is None:
            return
        with process:  # closes its pipes and waits
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.1)  # one that is ending by itself tells its own code
            process.kill()

    def _running(self) -> subprocess.Popen[str]:
        if self._process is None or self.ended:
            self.close()
            # In the worker's own process group: what ends the worker with its children ends this one too.
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                self._command, env=self._environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        return self._process


def judge(kept: Backtests) -> None:
    """The other side: one slice for every number on standard input, answered with that number; ends with it, or idle."""
    os.nice(_NICENESS)
    while select.select([sys.stdin], [], [], IDLE_S)[0]:
        line = sys.stdin.readline()
        if not line:
            return
        kept.carry_on(int(line))
        sys.stdout.write(line)
        sys.stdout.flush()
