"""Workers forked from a process that has everything imported; one may kill itself (SIGKILL) at a point of a handoff."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from typing import Any

from app import assemble
from store import queue
from worker import tasks


class Deadly:
    """Stands before a part and dies around the first call of one method; everything else goes through."""

    def __init__(self, part: Any, method: str, when: str) -> None:
        self._part, self._method, self._when = part, method, when

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._part, name)
        if name != self._method:
            return real

        def deadly(*args: Any, **kwargs: Any) -> Any:
            if self._when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            real(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        return deadly


class DeadlyCase:
    """A Case manager that dies when its transaction is about to be committed, or just was."""

    def __init__(self, manager: Any, when: str) -> None:
        self._manager, self._when = manager, when

    def __enter__(self) -> Any:
        return self._manager.__enter__()

    def __exit__(self, *error: Any) -> None:
        if self._when == "after":
            self._manager.__exit__(*error)
        os.kill(os.getpid(), signal.SIGKILL)


class DeadlyJournal:
    """A journal whose n-th case kills around its commit; ``n`` counts from 1."""

    def __init__(self, journal: Any, when: str, n: int) -> None:
        self._journal, self._when, self._left = journal, when, n

    def __getattr__(self, name: str) -> Any:
        return getattr(self._journal, name)

    def case(self, *args: Any) -> Any:
        self._left -= 1
        manager = self._journal.case(*args)
        return DeadlyCase(manager, self._when) if self._left == 0 else manager


def run(settings: dict[str, str], log: str, point: str = "") -> None:
    """A worker with these settings and this log; with ``point`` ("before:chat.post") it dies there."""
    os.environ.clear()
    os.environ.update(settings)
    with open(log, "ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    when, _, what = point.partition(":")
    part, _, method = what.partition(".")
    baton = assemble()
    pipeline = baton.pipeline
    if part == "helpdesk":
        real = pipeline.helpdesks
        pipeline = replace(pipeline, helpdesks=lambda: {k: Deadly(h, method, when) for k, h in real().items()})
    elif part == "chat":
        pipeline = replace(pipeline, chat=Deadly(pipeline.chat, method, when))
    elif part == "commit":
        pipeline = replace(pipeline, journal=DeadlyJournal(pipeline.journal, when, int(method)))
    elif part == "journal":
        pipeline = replace(pipeline, journal=Deadly(pipeline.journal, method, when))
    stalled = baton.settings.stalled_after_s
    jobs = queue.app(baton.database_url, worker=True)
    tasks.register(jobs, pipeline, baton.backtests, stalled_after_s=stalled, reconcile_every_s=300)
    tasks.run(jobs, concurrency=4, stalled_after_s=stalled)
