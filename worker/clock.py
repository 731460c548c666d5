"""The clock: APScheduler queues jobs at their times and does nothing else, so several clocks are harmless."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from procrastinate import App
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException

from store import queue
from worker.stop import Stop
from worker.timing import BEATS, PRESENCE_S, TICK_S

log = structlog.get_logger("clock")


def _queue_once(app: App, task: str) -> None:
    """Queue a job unless one waits already; a database that is away is tried again at the next beat."""
    try:
        app.configure_task(name=task, queueing_lock=task).defer()
    except AlreadyEnqueued:
        log.debug("still queued", task=task)
    except ConnectorException as away:
        log.warning("the database is away", error=str(away))


def run(app: App, beat: Callable[[str, datetime], None], *, stalled_after_s: float, reconcile_every_s: float) -> None:
    """Tick until SIGTERM or SIGINT. ``beat(name, now)`` leaves a sign of life."""
    stop = Stop()
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1})

    def tick() -> None:
        _queue_once(app, queue.TICK)
        beat("clock", datetime.now(UTC))

    scheduler.add_job(tick, "interval", seconds=TICK_S, next_run_time=datetime.now(UTC))
    scheduler.add_job(_queue_once, "interval", (app, queue.RESCUE), seconds=stalled_after_s / BEATS)
    now = datetime.now(UTC)
    scheduler.add_job(_queue_once, "interval", (app, queue.PRESENCE), seconds=PRESENCE_S, next_run_time=now)
    if reconcile_every_s:
        scheduler.add_job(_queue_once, "interval", (app, queue.RECONCILE), seconds=reconcile_every_s, next_run_time=now)
    with app.open():
        scheduler.start()
        stop.wait()
        scheduler.shutdown(wait=False)
