"""How often processes give signs of life and look around, in seconds."""

HEARTBEAT_S = 2.0
STALLED_AFTER_S = 8.0  # four missed heartbeats: the worker is dead and its jobs are run again
TICK_S = 1.0  # timers are exact to about this
RESCUE_S = 3.0
# A new job wakes the worker at once (NOTIFY). A job that waited for another's lock is found by this poll.
POLL_S = 0.2
