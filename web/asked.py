"""What a page was asked for, and by whom."""

from __future__ import annotations

from flask import abort, request

from store.accounts import Role, User
from store.queries import Page
from web import auth
from web.bodies import MOST_WORDS


def person(needed: Role) -> User:
    """The signed-in person, who must have a role."""
    user = auth.signed_in()
    if user is None or not user.role.covers(needed):
        abort(403, f"This needs the role {needed}. Ask an admin to change yours.")
    return user


def choice(name: str, words: tuple[str, ...], default: str) -> str:
    """A parameter that is one of these words; anything else is the default."""
    given = request.args.get(name, default)
    return given if given in words else default


def number(name: str) -> str:
    """A parameter that is a whole number a row can have, "" for anything else."""
    given = request.args.get(name, "")
    return given if given.isdecimal() and given.isascii() and len(given) < 19 else ""


def words(name: str) -> str:
    """What was entered in a field of a form, on to a sensible length."""
    return request.form.get(name, "").replace("\x00", "").strip()[:MOST_WORDS]


def page(limit: int = 50, *, numbers: bool = False) -> Page:
    """The part of a list that ``after`` asks for."""
    return Page(limit, number("after") if numbers else request.args.get("after", ""))
