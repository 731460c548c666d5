"""Every process that is told to stop stops, whatever it was doing when it was told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests.support import ROOT
from worker.stop import Stop


@pytest.fixture
def stop() -> Iterator[Stop]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield Stop()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_wait_and_stays_told(stop: Stop, number: signal.Signals) -> None:
    assert not stop.wait(0)
    threading.Timer(0.05, os.kill, (os.getpid(), number)).start()
    assert stop.wait(30)
    assert stop.wait(0) and stop.wait()


def test_more_signals_than_a_pipe_holds(stop: Stop) -> None:
    for _ in range(70_000):
        stop._heard()
    assert stop.wait(0)


STORM = """
import os, signal
from worker.stop import Stop
stop = Stop()
for n in range(3000):
    signal.signal(signal.SIGALRM, stop._heard)
    signal.setitimer(signal.ITIMER_REAL, (50 + n % 50) / 1e6)
    while not stop.wait(0):  # in and out of the wait as fast as can be: the moments in which a lock would be held
        stop.wait(0.000_01)
    os.read(stop._told, 1)
"""


def test_a_signal_in_any_moment_of_the_wait_hangs_nothing() -> None:
    """With ``threading.Event`` in place of the pipe this hung within a second."""
    assert subprocess.run([sys.executable, "-c", STORM], cwd=ROOT, timeout=60).returncode == 0
