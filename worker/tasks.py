"""The queue's tasks. Everything that can go wrong in the background ends at ``_at_edge``: the one broad except."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog
from procrastinate import App, BaseRetryStrategy, JobContext, RetryDecision
from procrastinate.jobs import Job, Status

from escalation import presence, reconciling, takeover, tending, user_groups
from escalation.pipeline import Pipeline
from escalation.retry import UNCLEAR, wait_before
from escalation.shift_people import ShiftEnd
from escalation.shift_work import Shifts
from store import queue
from worker.aside import Backtests
from worker.timing import BEATS, POLL_S

log = structlog.get_logger("worker")
MOST_TIMERS = 200  # a pass
POSTPONED = timedelta(minutes=1)
OnFailure = Callable[[BaseException, bool], None]  # the error, and True when there will be no further try


class Again(Exception):
    """A job failed and is to be tried again after ``wait``."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"again in {wait.total_seconds():.1f} s")
        self.wait = wait


class _AsAgainSays(BaseRetryStrategy):
    """A job is over when it was done or set aside, never because noting its failure failed (the database was away)."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        wait = exception.wait if isinstance(exception, Again) else UNCLEAR
        return RetryDecision(retry_at=datetime.now(UTC) + wait)


def _at_edge(work: Callable[[], object], failed: OnFailure, attempt: int, *, again: bool = True, **what: object) -> None:
    """Run one job. Whatever it raises becomes a later try or, when the tries are used up, a thing set aside.

    Without ``again`` the caller goes on with its other work; ``failed`` has to see to the later try.
    """
    try:
        work()
    except Exception as error:
        wait = wait_before(attempt, error, random.random())  # noqa: S311 - jitter, not a secret
        expected = type(error).__name__ in ("TryLater", "GiveUp", "Unreadable")
        log.warning("job failed", error=str(error), attempt=attempt, wait=wait, exc_info=not expected, **what)
        failed(error, wait is None)
        if wait is not None and again:
            raise Again(wait) from error


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks of one worker, bound to its pipeline."""

    pipeline: Pipeline
    backtests: Backtests
    reconcile_every: timedelta = timedelta(minutes=5)

    def handle(self, context: JobContext, connection: str, ticket_id: str) -> None:
        def failed(error: BaseException, final: bool) -> None:
            if final:
                self.pipeline.journal.deliveries_failed(connection, ticket_id, str(error))

        attempt = _attempt(context)
        work = lambda: self.pipeline.handle(connection, ticket_id, attempt)  # noqa: E731
        _at_edge(work, failed, attempt, job="handle", connection=connection, ticket=ticket_id)

    def refresh(self, context: JobContext, connection: str, ticket_id: str, why: str = "") -> None:
        work = lambda: self.pipeline.refresh(connection, ticket_id, why)  # noqa: E731
        _at_edge(work, _only_logged, _attempt(context), job="refresh", connection=connection, ticket=ticket_id)

    def perform(self, context: JobContext, action_id: int) -> None:
        task = self.pipeline.journal.begin(action_id)
        if task is None:
            return
        work = lambda: self.pipeline.perform(task)  # noqa: E731
        failed: OnFailure = lambda error, final: self.pipeline.failed(task, error, final=final)  # noqa: E731
        _at_edge(work, failed, task.attempts, job="perform", action=task.action.key)

    def handover(self, context: JobContext, handover: str) -> None:
        attempt = _attempt(context)
        work = lambda: takeover.begin(self.pipeline, handover, attempt)  # noqa: E731
        failed: OnFailure = lambda error, final: takeover.failed(self.pipeline, handover, error, final=final)  # noqa: E731
        _at_edge(work, failed, attempt, job="handover", handover=handover)

    def backtest(self, context: JobContext, number: int) -> None:
        def failed(error: BaseException, final: bool) -> None:
            if final:
                self.backtests.failed(number, str(error))

        work = lambda: self.backtests.carry_on(number)  # noqa: E731
        _at_edge(work, failed, _attempt(context), job="backtest", number=number)

    def presence(self, context: JobContext) -> None:
        """Read whom helpdesks and chat show as not available, and keep user groups as the roster says.

        What cannot be done is told in the log and comes again.
        """
        _at_edge(self._look_for_people, _only_logged, 1, again=False, job="presence")
        _at_edge(self._fill_groups, _only_logged, 1, again=False, job="user groups")

    def _fill_groups(self) -> None:
        found = user_groups.follow(self.pipeline, self.pipeline.clock())
        for group, words in found.changed.items():
            log.info("a user group follows the roster", group=group, members=words)
        for group, why in found.problems.items():
            log.warning("a user group could not follow the roster", group=group, error=why)

    def _look_for_people(self) -> None:
        for source, why in presence.look(self.pipeline, self.pipeline.clock()).items():
            log.warning("who is available could not be read", source=source, error=why)

    def reconcile(self, context: JobContext) -> None:
        """Ask helpdesks what has changed without a webhook; who cannot be asked is told in the log and asked again."""
        _at_edge(self._reconcile, _only_logged, 1, again=False, job="reconcile")

    def _reconcile(self) -> None:
        found = reconciling.look(self.pipeline, self.pipeline.clock(), self.reconcile_every)
        for connection, missed in found.missed.items():
            log.warning("tickets had changed without a webhook, and are read", connection=connection, tickets=missed)
        for connection, why in found.problems.items():
            log.warning("what has changed could not be asked", connection=connection, error=why)

    def tick(self, context: JobContext) -> None:
        """Fire what is due. A timer that fails is postponed, so that it holds up no other."""
        now = self.pipeline.clock()
        self._recount(now)
        for timer in self.pipeline.journal.due_timers(now, MOST_TIMERS):
            work = partial(self.pipeline.fire, timer, now)
            postpone = partial(self._postpone, timer.key, now)
            _at_edge(work, postpone, 1, again=False, job="tick", timer=timer.key)

        _at_edge(partial(self._end_shifts, now), _only_logged, 1, again=False, job="shifts")

        version = self.pipeline.playbook().version
        for connection, ticket_id in self.pipeline.journal.due_looks(now, version, MOST_TIMERS):
            look = partial(self.pipeline.look, connection, ticket_id, now)
            later = partial(self._look_later, connection, ticket_id, now, version)
            _at_edge(look, later, 1, again=False, job="look", ticket=ticket_id)

        for step in tending.due(self.pipeline, now):
            _at_edge(step, _only_logged, 1, again=False, job="queue")

    def _recount(self, now: datetime) -> None:
        """Deadlines of people whose shifts have changed, before any of them is taken for reached."""
        version, journal = self.pipeline.roster().version, self.pipeline.journal
        for handoff, connection, ticket_id in journal.due_recounts(version, MOST_TIMERS):
            work = partial(self._count, handoff, connection, ticket_id, now, version)
            skip = partial(self._uncounted, handoff, version)  # it keeps the deadlines it has
            _at_edge(work, skip, 1, again=False, job="recount", handoff=handoff)

    def _count(self, handoff: str, connection: str, ticket_id: str, now: datetime, version: int) -> None:
        self.pipeline.recount(connection, ticket_id, now)
        self.pipeline.journal.recounted(handoff, version)

    def _uncounted(self, handoff: str, version: int, error: BaseException, final: bool) -> None:
        self.pipeline.journal.recounted(handoff, version)

    def _look_later(
        self, connection: str, ticket_id: str, now: datetime, version: int, error: BaseException, final: bool
    ) -> None:
        self.pipeline.journal.postpone_look(connection, ticket_id, now + POSTPONED, version)

    def _end_shifts(self, now: datetime) -> None:
        shifts = Shifts(self.pipeline)
        for shift in shifts.due(now, MOST_TIMERS):
            ended, later = partial(shifts.end, shift, now), partial(self._postpone_shift, shift, now)
            _at_edge(ended, later, 1, again=False, job="shift end", agent=shift.agent)

    def _postpone_shift(self, shift: ShiftEnd, now: datetime, error: BaseException, final: bool) -> None:
        self.pipeline.journal.postpone_shift_end(shift, now + POSTPONED)

    def _postpone(self, key: str, now: datetime, error: BaseException, final: bool) -> None:
        self.pipeline.journal.postpone(key, now + POSTPONED)


def _attempt(context: JobContext) -> int:
    return (context.job.attempts if context.job else 0) + 1


def _only_logged(error: BaseException, final: bool) -> None:
    """Nothing to set aside: a refresh comes with the next webhook, a tick with the next second."""


def register(app: App, pipeline: Pipeline, backtests: Backtests, *, stalled_after_s: float, reconcile_every_s: float) -> None:
    """Give an app the tasks that web and clock queue by name; a worker silent for ``stalled_after_s`` is dead."""
    tasks = Tasks(pipeline, backtests, timedelta(seconds=reconcile_every_s))
    for name in (queue.HANDLE, queue.REFRESH, queue.PERFORM, queue.HANDOVER, queue.BACKTEST):
        app.task(name=name, pass_context=True, retry=_AsAgainSays())(getattr(tasks, name))
    app.task(name=queue.TICK, pass_context=True)(tasks.tick)  # no retry: the next one comes in a second
    app.task(name=queue.PRESENCE, pass_context=True)(tasks.presence)  # nor here
    app.task(name=queue.RECONCILE, pass_context=True)(tasks.reconcile)

    async def rescue() -> None:
        """Jobs of workers that died are only listed by Procrastinate; running them again is ours."""
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=stalled_after_s):
            log.warning("rescued from a dead worker", job=job.id, task=job.task_name)
            if job.queueing_lock:  # the clock queues another one anyway, and two may not wait at once
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
            else:
                await app.job_manager.retry_job(job)

    app.task(name=queue.RESCUE)(rescue)


def run(app: App, *, concurrency: int, stalled_after_s: float) -> None:
    """Carry out jobs until SIGTERM or SIGINT; what is in hand is finished first."""
    asyncio.run(_run(app, concurrency, stalled_after_s))


async def _run(app: App, concurrency: int, stalled_after_s: float) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency + 2, thread_name_prefix="job"))
    async with app.open_async():
        await app.run_worker_async(
            concurrency=concurrency,
            fetch_job_polling_interval=POLL_S,
            update_heartbeat_interval=stalled_after_s / BEATS,
            stalled_worker_timeout=stalled_after_s,
            shutdown_graceful_timeout=20,
            delete_jobs="successful",
        )
