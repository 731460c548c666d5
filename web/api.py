"""``/api/v1``: JSON for programs, mounted from ``api_routes``. A bearer token or a page's session says who asks.

Every error is a problem details object (RFC 9457). Requests with a session need the X-CSRFToken header to change anything.
"""

from __future__ import annotations

from flask import Blueprint, Response, abort, g, request
from sqlalchemy import Engine
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from config.settings import Settings
from store.accounts import Role
from store.cursors import NoSuchRow
from web import auth, openapi
from web.api_routes import ROUTES
from web.api_views import WRONG_CURSOR, Views, as_problem
from web.problems import DATABASE_AWAY, answer, problem

_OPEN = frozenset({"api.description", *(f"api.{route.view}" for route in ROUTES if route.role is None)})  # need no sign-in


def blueprint(settings: Settings, engine: Engine, views: Views) -> Blueprint:
    """The API."""
    web = Blueprint("api", __name__, url_prefix="/api/v1")
    roles = {f"api.{route.view}": route.role for route in ROUTES if route.role is not None}

    def enter() -> Response | None:
        if request.endpoint in _OPEN:
            return None
        return _admit(_caller(settings, engine), roles[str(request.endpoint)])

    web.before_request(enter)
    for route in ROUTES:
        web.add_url_rule(route.path, route.view, getattr(views, route.view), methods=[route.method])
    document = openapi.describe(ROUTES, settings.address)
    web.add_url_rule("/openapi.json", "description", lambda: answer(200, document))
    web.register_error_handler(HTTPException, as_problem)
    web.register_error_handler(NoSuchRow, lambda _: problem(400, WRONG_CURSOR))
    web.register_error_handler(DataError, lambda _: problem(400, "The request holds a value that nothing can have."))
    for kind in DATABASE_AWAY:
        web.register_error_handler(kind, lambda _: problem(503, "The database cannot be reached; please try again."))
    return web


def _caller(settings: Settings, engine: Engine) -> auth.Caller | None:
    if request.authorization:  # a wrong token never falls back to the session
        return auth.bearer(settings, engine)
    user = auth.signed_in()
    if user is None:
        return None
    auth.require_csrf()
    return auth.Caller(user.name or user.email, user.role, user.email)


def _admit(caller: auth.Caller | None, needed: Role) -> Response | None:
    if caller is None:
        response = problem(401, "Send a valid token: Authorization: Bearer <token>.")
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    if not caller.role.covers(needed):
        abort(403, f"This needs the role {needed}; {caller.name} is {caller.role}.")
    g.caller = caller
    return None
