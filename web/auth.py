"""Who is asking: a signed-in person (session cookie) or a bearer token, each with a role; and the CSRF check of forms.

Sign-in attempts that fail are counted in the memory of each web process with ``limits``, the engine of Flask-Limiter:
Flask-Limiter itself would hook every request of the app, and webhooks must stay free of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Flask, Request, abort, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin, current_user, login_user
from flask_wtf.csrf import validate_csrf
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy import Engine

from config.settings import Settings
from store import accounts
from store.accounts import Role, User

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_SESSION_LIFE = timedelta(hours=12)
_WITHOUT_SESSION = ("/webhooks/", "/slack/")
_PER_ADDRESS, _PER_ACCOUNT = parse("30 per 10 minutes"), parse("10 per 10 minutes")


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a role; ``email`` is "" for a token."""

    name: str
    role: Role
    email: str = ""


class SignedIn(UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A person with a session."""

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        """The id kept in the session, with the stamp that ends it when the password changes."""
        return f"{self.user.id}.{self.user.stamp}"


class Attempts:
    """Failed sign-ins by address and by account."""

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def allowed(self, address: str, account: str) -> bool:
        """True while neither has failed too often."""
        by_address = self._limiter.test(_PER_ADDRESS, "address", address)
        return by_address and self._limiter.test(_PER_ACCOUNT, "account", _key(account))

    def failed(self, address: str, account: str) -> None:
        """Count one failure."""
        self._limiter.hit(_PER_ADDRESS, "address", address)
        self._limiter.hit(_PER_ACCOUNT, "account", _key(account))


def _key(account: str) -> str:
    """Nobody fills memory with long made-up names."""
    return account.strip().lower()[:250]


class PageSessions(SecureCookieSessionInterface):
    """Sessions of pages; webhooks and Slack carry no cookie, and preparing to read one is a tenth of accepting a webhook."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if request.path.startswith(_WITHOUT_SESSION):
            return self.make_null_session(app)
        return super().open_session(app, request)


def install(app: Flask, settings: Settings, engine: Engine) -> None:
    """Set up sessions and Flask-Login on an app that has its secret key."""
    app.session_interface = PageSessions()
    app.config.update(
        SESSION_COOKIE_NAME="baton",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https://"),
        PERMANENT_SESSION_LIFETIME=_SESSION_LIFE,
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    # Not init_app: its context processor would ask the database for every template, and its hook after each request, also of
    # webhooks, is for cookies that outlive the session, which we do not give.
    app.login_manager = manager = LoginManager()  # type: ignore[attr-defined]
    manager.user_loader(lambda session_id: _loaded(engine, session_id))


def _loaded(engine: Engine, session_id: str) -> SignedIn | None:
    number, _, stamp = session_id.partition(".")
    user = accounts.user(engine, int(number)) if number.isdecimal() else None
    return SignedIn(user) if user and user.stamp == stamp else None


def start_session(user: User) -> None:
    """Begin a session of 12 hours for a person, dropping whatever the old one held."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(user))


def signed_in() -> User | None:
    """The person with a session, if any."""
    return current_user.user if current_user.is_authenticated else None


def bearer(settings: Settings, engine: Engine) -> Caller | None:
    """Who the request's bearer token stands for: API_TOKEN is an admin, others are looked up."""
    scheme, _, given = request.headers.get("Authorization", "").partition(" ")
    given = given.strip()
    if scheme.lower() != "bearer" or not given:
        return None
    if accounts.same(given, settings.api_token.get_secret_value()):
        return Caller("API_TOKEN", Role.ADMIN)
    token = accounts.find_token(engine, given)
    return Caller(token.name, token.role) if token else None


def require_csrf() -> None:
    """Refuse an unsafe request without the session's token, in the form or as X-CSRFToken (400)."""
    if request.method in SAFE_METHODS:
        return
    given = request.headers.get("X-CSRFToken") or request.form.get("csrf_token")
    try:
        # As long as the session: what somebody wrote for more than an hour must not be lost.
        validate_csrf(given, time_limit=int(_SESSION_LIFE.total_seconds()))
    except ValueError:  # wtforms' ValidationError
        abort(400, "This form is out of date. Reload the page and try again.")


def safe_next(target: str) -> str:
    """A path on this site to go on to after sign-in; "/" for anything that could lead elsewhere."""
    parts = urlsplit(target)
    own = target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.scheme and not parts.netloc
    return target if own and target.isprintable() and "\\" not in target else "/"
