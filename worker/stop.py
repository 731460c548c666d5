"""Being told to stop: SIGTERM or SIGINT, waited for without a lock.

A handler runs inside whatever the main thread is doing. One that sets a ``threading.Event`` hangs for ever when the thread was
just entering or leaving that event's ``wait``, for it holds the event's lock then. Writing to a pipe asks for none.
https://docs.python.org/3/library/signal.html#execution-of-python-signal-handlers
"""

from __future__ import annotations

import contextlib
import os
import select
import signal


class Stop:
    """Made in the main thread, before anything is begun that has to be ended."""

    def __init__(self) -> None:
        self._told, self._tell = os.pipe()
        os.set_blocking(self._tell, False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._heard)

    def wait(self, timeout_s: float | None = None) -> bool:
        """True once the process was told to stop, for ever; False when nothing came in that time."""
        return bool(select.select([self._told], [], [], timeout_s)[0])

    def _heard(self, *_: object) -> None:
        with contextlib.suppress(BlockingIOError):  # it is full: that it was told is known by now
            os.write(self._tell, b".")
