"""How often processes look around, in seconds. How soon a worker counts as dead is a setting (``STALLED_AFTER_S``)."""

TICK_S = 1.0  # timers are exact to about this
# A new job wakes the worker at once (NOTIFY). A job that waited for another's lock is found by this poll.
POLL_S = 0.2
BEATS = 4  # heartbeats a worker may miss before it counts as dead
PRESENCE_S = 60.0  # how often it is read whom vendors show as not available
