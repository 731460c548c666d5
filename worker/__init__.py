"""The processes beside the web: the worker that carries out jobs, the clock that only queues them, their supervisor."""
