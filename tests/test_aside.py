"""Back-tests are judged in a process beside the worker: asked slice by slice, started when needed, ended when not."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from escalation.ports import TryLater
from tests.support import ROOT
from tests.system import until
from worker.aside import Aside

# The real other side, over something that writes down what it was asked.
SCRIPT = """
import os, sys
from worker import aside
class Kept:
    def carry_on(self, number):
        with open(sys.argv[1], "a") as notes:
            notes.write(f"{os.getpid()} {os.getppid()} {os.nice(0)} {number}\\n")
        if number == 13:
            sys.exit(7)
aside.IDLE_S = float(sys.argv[2])
aside.judge(Kept())
"""


class Kept:
    def __init__(self) -> None:
        self.told: list[tuple[int, str]] = []

    def carry_on(self, number: int) -> None:
        raise AssertionError("judged in the worker itself")

    def failed(self, number: int, why: str) -> None:
        self.told.append((number, why))


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    return tmp_path / "notes"


@contextlib.contextmanager
def beside(notes: Path, idle_s: float = 20, kept: Kept | None = None) -> Iterator[Aside]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with contextlib.closing(Aside([sys.executable, "-c", SCRIPT, str(notes), str(idle_s)], environment, kept or Kept())) as made:
        yield made


def rows(notes: Path) -> Iterator[list[int]]:
    return ([int(word) for word in line.split()] for line in notes.read_text().splitlines())


def test_slices_go_to_one_process_of_low_priority_that_is_not_the_worker(notes: Path) -> None:
    with beside(notes) as aside:
        for number in (3, 4, 3):
            aside.carry_on(number)
    pids, parents, niceness, numbers = zip(*rows(notes), strict=True)
    assert numbers == (3, 4, 3) and len(set(pids)) == 1 and set(parents) == {os.getpid()}
    assert min(niceness) >= min(19, os.nice(0) + 10)  # 19 is the most there is
    assert not psutil.pid_exists(pids[0])


def test_a_process_that_ends_over_a_slice_is_told_and_the_next_try_gets_a_new_one(notes: Path) -> None:
    with beside(notes) as aside:
        aside.carry_on(1)
        with pytest.raises(TryLater, match="ended with 7"):
            aside.carry_on(13)
        aside.carry_on(2)
    assert [row[3] for row in rows(notes)] == [1, 13, 2] and len({row[0] for row in rows(notes)}) == 2


def test_an_idle_process_ends_and_comes_back_when_it_is_needed(notes: Path) -> None:
    with beside(notes, idle_s=0.2) as aside:
        aside.carry_on(1)
        until(lambda: aside.ended, what="the idle process ends")
        aside.carry_on(2)
    assert [row[3] for row in rows(notes)] == [1, 2]


def test_giving_up_is_told_to_the_store(notes: Path) -> None:
    kept = Kept()
    with beside(notes, kept=kept) as aside:
        aside.failed(5, "no")
    assert kept.told == [(5, "no")]
