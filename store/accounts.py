"""People who sign in, and API tokens. Passwords are kept as argon2id, tokens as SHA-256; every change is on the timeline."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, Row, Select, exists, func, insert, literal, select, update
from sqlalchemy.dialects import postgresql

from config.settings import Settings
from store.engine import each_alone
from store.tables import TimelineRow, TokenRow, UserRow

# OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, 2 passes, 1 lane. More would let a few parallel sign-ins fill memory.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
LEAST_PASSWORD, MOST_PASSWORD = 10, 1000
_EMAIL = re.compile(r"[^@\s\x00]{1,100}@[^@\s\x00]{1,150}")


class Role(StrEnum):
    VIEWER = "viewer"  # looks at everything but documents
    AGENT = "agent"  # answers handoffs
    LEAD = "lead"  # replays, retries, answers for others, sees documents
    ADMIN = "admin"  # everything

    def covers(self, needed: Role) -> bool:
        """True when this role may do what ``needed`` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Refused(ValueError):
    """An account cannot be made or changed as asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class User:
    """``stamp`` changes with the password, so that a new password ends older sessions."""

    id: int
    email: str
    name: str
    role: Role
    disabled: bool
    created_at: datetime
    stamp: str


@dataclass(frozen=True, slots=True)
class Token:
    id: int
    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


def add_user(engine: Engine, email: str, password: str, role: Role, name: str = "", *, by: str = "command") -> User:
    """Add a person; Refused for an address that is none or taken, or a password that is too short."""
    email = _email(email)
    values = {"email": email, "name": name, "role": role.value, "password_hash": _hashed(password)}
    with engine.begin() as db:
        added = db.execute(postgresql.insert(UserRow).values(values).on_conflict_do_nothing().returning(UserRow.id)).scalar()
        if added is None:
            raise Refused(f"There is an account for {email} already.")
        _note(db, "user_added", f"{email} was added as {role}", by)
        return _user(db.execute(_users().where(UserRow.id == added)).one())


def list_users(engine: Engine) -> tuple[User, ...]:
    """Everybody, also disabled accounts, by e-mail address."""
    with each_alone(engine) as db:
        return tuple(_user(row) for row in db.execute(_users().order_by(UserRow.email)))


def user(engine: Engine, user_id: int) -> User | None:
    """The account with this id unless it is disabled."""
    with each_alone(engine) as db:
        row = db.execute(_users().where(UserRow.id == user_id, UserRow.disabled.is_(False))).one_or_none()
    return _user(row) if row else None


def is_lead(engine: Engine, email: str) -> bool:
    """Whether somebody with this address has an account as a lead or an admin."""
    query = _users().where(UserRow.email == email.lower(), UserRow.disabled.is_(False))
    if not email:
        return False
    with each_alone(engine) as db:
        row = db.execute(query).one_or_none()
    return row is not None and _user(row).role.covers(Role.LEAD)


def disable_user(engine: Engine, email: str, *, by: str = "command") -> None:
    """End an account and its sessions; LookupError when there is none, Refused for the last admin."""
    with engine.begin() as db:
        admins = set(
            db.scalars(select(UserRow.email).where(UserRow.role == "admin", UserRow.disabled.is_(False)).with_for_update())
        )
        if admins == {email.lower()}:
            raise Refused(f"{email} is the last admin; add another one first.")
        done = db.execute(
            update(UserRow).where(UserRow.email == email.lower()).values(disabled=True).returning(UserRow.id)
        ).scalar()
        if done is None:
            raise LookupError(f"there is no account for {email}")
        _note(db, "user_disabled", f"{email.lower()} was disabled", by)


def set_password(engine: Engine, email: str, password: str, *, by: str = "command") -> None:
    """Give an account a new password and end its sessions; LookupError when there is none."""
    email = _email(email)
    changed = update(UserRow).where(UserRow.email == email).values(password_hash=_hashed(password)).returning(UserRow.id)
    with engine.begin() as db:
        if db.execute(changed).scalar() is None:
            raise LookupError(f"there is no account for {email}")
        _note(db, "password_changed", f"The password of {email} was changed", by)


def authenticate(engine: Engine, email: str, password: str, address: str = "") -> User | None:
    """The person with this address and password, written to the timeline; None otherwise, after the same amount of work."""
    email = email.strip().lower().replace("\x00", "")
    with each_alone(engine) as db:
        row = db.execute(_users().where(UserRow.email == email)).one_or_none()
    right = _verified(row.password_hash if row else _nobodys_hash(), password)
    if row is None or not right or row.disabled:
        return None
    with engine.begin() as db:
        _note(db, "signed_in", f"{row.email} signed in", row.email, {"address": address})
    return _user(row)


def create_token(engine: Engine, name: str, role: Role, *, by: str = "command") -> str:
    """A new API token, shown this once; Refused when an unrevoked token has this name."""
    plain = f"baton_{secrets.token_urlsafe(32)}"
    with engine.begin() as db:
        if db.scalar(select(exists().where(TokenRow.name == name, TokenRow.revoked_at.is_(None)))):
            raise Refused(f"There is a token called {name} already; revoke it or choose another name.")
        db.execute(insert(TokenRow).values(name=name, role=role.value, hash=_digest(plain)))
        _note(db, "token_created", f"API token {name} was created as {role}", by)
    return plain


def revoke_token(engine: Engine, name: str, *, by: str = "command") -> None:
    """End the token of this name at once; LookupError when there is none."""
    live = TokenRow.revoked_at.is_(None)
    ended = update(TokenRow).where(TokenRow.name == name, live).values(revoked_at=func.now()).returning(TokenRow.id)
    with engine.begin() as db:
        if not db.scalars(ended).all():
            raise LookupError(f"there is no token called {name}")
        _note(db, "token_revoked", f"API token {name} was revoked", by)


def list_tokens(engine: Engine) -> tuple[Token, ...]:
    """All tokens, also revoked ones, oldest first."""
    with each_alone(engine) as db:
        return tuple(_token(row) for row in db.execute(_tokens().order_by(TokenRow.id)))


def find_token(engine: Engine, plain: str) -> Token | None:
    """The unrevoked token with this text."""
    with each_alone(engine) as db:
        row = db.execute(_tokens().where(TokenRow.hash == _digest(plain), TokenRow.revoked_at.is_(None))).one_or_none()
    return _token(row) if row else None


def bootstrap(engine: Engine, settings: Settings) -> str | None:
    """Make the first admin; the generated password, to be printed once, or None when nothing was generated.

    Where ADMIN_PASSWORD is set, an account for ADMIN_EMAIL is also made beside others, but never changed. Of two processes
    doing this at once one wins.
    """
    given = settings.admin_password.get_secret_value()
    password = given or secrets.token_urlsafe(12)
    email = _email(settings.admin_email or "admin@localhost")
    needed = literal(bool(given)) | ~exists(select(UserRow.id))
    row = select(literal(email), literal(Role.ADMIN.value), literal(_HASHER.hash(password))).where(needed)
    adding = postgresql.insert(UserRow).from_select(["email", "role", "password_hash"], row)
    with engine.begin() as db:
        added = db.execute(adding.on_conflict_do_nothing().returning(UserRow.id)).scalar()
        if added is not None:
            _note(db, "user_added", f"{email} was added as admin at start", "baton")
    return password if added is not None and not given else None


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text.strip()):
        raise Refused(f"{text!r} is not an e-mail address.")
    return text.strip().lower()


def _hashed(password: str) -> str:
    if not LEAST_PASSWORD <= len(password) <= MOST_PASSWORD:
        raise Refused(f"A password has {LEAST_PASSWORD} to {MOST_PASSWORD} characters.")
    return _HASHER.hash(password)


def _verified(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys_hash() -> str:
    """Verified for unknown addresses, so that time does not tell whether an account exists."""
    return _HASHER.hash(secrets.token_urlsafe(16))


def _digest(plain: str) -> str:
    return hashlib.sha256(plain.encode()).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compare two secrets in constant time; an empty one equals nothing."""
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _note(db: Connection, kind: str, words: str, actor: str, data: dict[str, Any] | None = None) -> None:
    db.execute(insert(TimelineRow).values(at=datetime.now(UTC), kind=kind, words=words, actor=actor, data=data or {}))


def _users() -> Select[Any]:
    return select(UserRow.__table__)


def _tokens() -> Select[Any]:
    return select(TokenRow.__table__)


def _user(row: Row[Any]) -> User:
    stamp = _digest(row.password_hash)[:16]
    return User(row.id, row.email, row.name, Role(row.role), row.disabled, row.created_at, stamp)


def _token(row: Row[Any]) -> Token:
    return Token(row.id, row.name, Role(row.role), row.created_at, row.revoked_at)
