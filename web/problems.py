"""Errors as RFC 9457 problem details: what went wrong and what to do, in one JSON object."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from http import HTTPStatus

import psycopg
from flask import Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# What a database that is away, restarting or out of connections raises, through SQLAlchemy or not.
DATABASE_AWAY = (DBAPIError, PoolTimeout, psycopg.Error)
# Zendesk repeats a 503 only when Retry-After is under 60 s (developer.zendesk.com, webhooks "Retries").
RETRY_AFTER = "20"


def answer(status: int, body: object, kind: str = "application/json") -> Response:
    """A JSON response; times become ISO 8601 in UTC."""
    return Response(_JSON.encode(body), status, content_type=kind)


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} has no JSON form")


_JSON = json.JSONEncoder(ensure_ascii=False, default=_written)  # made once: json.dumps makes one for every answer


def problem(status: int, detail: str, **more: object) -> Response:
    """A problem+json response; ``more`` are extension members (RFC 9457 §3.2)."""
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    response = answer(status, body, "application/problem+json")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = RETRY_AFTER
    return response
