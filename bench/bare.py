"""The yardstick of ``bench/intake.py``: a bare Flask handler that does one durable insert, under the same server."""

from __future__ import annotations

import os

from flask import Flask, request
from psycopg_pool import ConnectionPool


def create_app() -> Flask:
    """``POST /bare`` → one committed row."""
    app = Flask(__name__)
    pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=8, max_size=8, open=True)

    @app.post("/bare")
    def bare() -> tuple[str, int]:
        with pool.connection() as db:
            db.execute("INSERT INTO bare (body) VALUES (%s)", (request.get_data(),))
        return "{}", 202

    return app
