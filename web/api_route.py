"""One route of ``/api/v1`` as data."""

from __future__ import annotations

from dataclasses import dataclass

from store.accounts import Role


@dataclass(frozen=True, slots=True)
class Route:
    """``view`` is the method of api_views.Views and the operation's id; ``answer`` and ``body`` name schemas of openapi.py.

    ``refusals`` are statuses beyond those every route may answer (401, 403, 503). ``path`` is Flask's form.
    """

    method: str
    path: str
    view: str
    role: Role | None  # None: anybody, without a token
    summary: str
    answer: str
    query: tuple[str, ...] = ()
    body: str = ""
    refusals: tuple[int, ...] = ()
    status: int = 200
