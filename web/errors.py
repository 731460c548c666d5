"""What every answer has in common: errors in the form the asker understands, and headers that keep browsers careful."""

from __future__ import annotations

from flask import Flask, Response, render_template, request
from sqlalchemy.exc import DataError
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

from web.api_views import as_problem
from web.problems import DATABASE_AWAY

_MACHINES = ("/webhooks/", "/slack/", "/sandbox/", "/healthz", "/readyz", "/metrics")
# No inline scripts or styles, nothing from elsewhere, never inside a frame.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",  # customers' words do not stay in a browser's cache
}


def install(app: Flask, *, https: bool) -> None:
    """Answer errors under /api/ as problem details and elsewhere as a page; set the headers of pages and API."""
    app.register_error_handler(HTTPException, _told)
    headers = _HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if https else {})

    def careful(response: Response) -> Response:
        if not request.path.startswith(_MACHINES):
            for name, value in headers.items():
                response.headers.setdefault(name, value)
        return response

    app.after_request(careful)


def _told(error: HTTPException) -> HTTPException | Response | tuple[str, int]:
    if request.path.startswith("/api/"):
        return as_problem(error)
    if request.path.startswith(_MACHINES) or (error.code or 500) < 400:
        return error
    return page(error)


def page(error: HTTPException) -> tuple[str, int]:
    """An error as a page that says what to do next."""
    told = {"code": error.code, "title": error.name, "words": error.description}
    return render_template("pages/error.html", person=None, **told), error.code or 500  # who it is may not be known just now


def away(_: Exception) -> tuple[str, int]:
    """The page while the database cannot be reached."""
    return page(ServiceUnavailable("The database cannot be reached just now. Reload the page in a moment."))


def impossible(_: DataError) -> tuple[str, int]:
    """The page for an address that holds a value no row can have."""
    return page(BadRequest("There is nothing at this address."))


DATABASE_ERRORS = {DataError: impossible} | dict.fromkeys(DATABASE_AWAY, away)
