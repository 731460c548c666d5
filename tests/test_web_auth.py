"""Signing in, sessions, accounts and tokens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import session
from sqlalchemy import Engine, select

from config.settings import load
from store import accounts
from store.accounts import Refused, Role
from store.tables import TimelineRow, TokenRow, UserRow
from tests import databases
from tests.web_data import PASSWORD, Web, csrf, people, sign_in, web
from web.auth import safe_next


@pytest.fixture(scope="module")
def engine(postgres: str) -> Iterator[Engine]:
    with databases.migrated(postgres) as made:
        people(made)
        yield made


@pytest.fixture
def blank(db: Engine) -> Engine:
    return db


@pytest.fixture
def here(engine: Engine, tmp_path: Path) -> Web:
    return web(engine, tmp_path)


def entries(engine: Engine, kind: str) -> list[tuple[str, str, dict[str, Any]]]:
    with engine.connect() as db:
        columns = (TimelineRow.words, TimelineRow.actor, TimelineRow.data)
        return [tuple(row) for row in db.execute(select(*columns).where(TimelineRow.kind == kind).order_by(TimelineRow.id))]  # type: ignore[misc]


# --- signing in -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["/", "/handoffs", "/handoffs/hf_1?a=b", "/deliveries"])
def test_pages_ask_to_sign_in_and_lead_back(here: Web, page: str) -> None:
    client = here.client("")
    asked = client.get(page)
    assert asked.status_code == 302 and asked.headers["Location"].startswith("/sign-in?next=")
    token = csrf(client.get(asked.headers["Location"]).text)
    back = client.post(asked.headers["Location"], data={"csrf_token": token, "email": "ada@example.com", "password": PASSWORD})
    assert (back.status_code, back.headers["Location"]) == (303, page)


def test_an_address_may_be_written_in_any_case(here: Web) -> None:
    assert sign_in(here.client(""), " ADA@Example.com ").status_code == 303


def test_signing_in_is_on_the_timeline(here: Web) -> None:
    sign_in(here.client(""), "vic@example.com")
    assert entries(here.engine, "signed_in")[-1] == ("vic@example.com signed in", "vic@example.com", {"address": "127.0.0.1"})


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("ada@example.com", "wrong"),
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("ada@example.com\x00", PASSWORD + "x"),
        ("ada", "x" * 5000),
    ],
)
def test_what_does_not_belong_together(here: Web, email: str, password: str) -> None:
    client = here.client("")
    response = sign_in(client, email, password)
    assert response.status_code == 401 and "do not belong together" in response.text
    assert client.get("/handoffs").status_code == 302


def test_unknown_addresses_cost_the_same_work(here: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    real = accounts._verified

    def watched(hashed: str, password: str) -> bool:
        checked.append(hashed)
        return real(hashed, password)

    monkeypatch.setattr(accounts, "_verified", watched)
    for email in ("nobody@example.com", "ada@example.com"):
        sign_in(here.client(""), email, "wrong")
    parameters = [hashed.split("$")[1:4] for hashed in checked]
    assert len(parameters) == 2 and parameters[0] == parameters[1]


def test_too_many_failures_of_an_account_are_stopped(here: Web) -> None:
    statuses = [sign_in(here.client(""), "ada@example.com", "wrong").status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    assert sign_in(here.client(""), "ada@example.com").status_code == 429
    assert sign_in(here.client(""), "vic@example.com").status_code == 303  # others are not locked out


def test_too_many_failures_from_an_address_are_stopped(here: Web) -> None:
    for number in range(30):
        assert sign_in(here.client(""), f"guess{number}@example.com", "wrong").status_code == 401
    assert sign_in(here.client(""), "vic@example.com").status_code == 429
    other = here.client("")
    other.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    assert sign_in(other, "vic@example.com").status_code == 303


def test_signing_in_needs_the_csrf_token(here: Web) -> None:
    assert here.client("").post("/sign-in", data={"email": "ada@example.com", "password": PASSWORD}).status_code == 400


def test_signing_in_drops_what_the_session_held(here: Web) -> None:
    with here.app.test_client() as client:
        with client.session_transaction() as before:
            before["planted"] = "by somebody else"
        sign_in(client, "ada@example.com")
        assert "planted" not in session and session.permanent


def test_signing_out_ends_the_session(here: Web) -> None:
    client = here.client("")
    sign_in(client, "ada@example.com")
    token = csrf(client.get("/handoffs").text)
    assert client.post("/sign-out", data={"csrf_token": token}).status_code == 303
    assert client.get("/handoffs").status_code == 302


@pytest.mark.parametrize(
    ("public_url", "secure"), [("https://baton.example.com", True), ("http://baton.local", False), ("", False)]
)
def test_the_session_cookie(engine: Engine, tmp_path: Path, public_url: str, secure: bool) -> None:
    here = web(engine, tmp_path, public_url=public_url)
    client = here.app.test_client()
    response = client.get("/sign-in", base_url="https://baton.example.com")
    cookie = response.headers["Set-Cookie"]
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie and ("Secure" in cookie) is secure
    assert ("Strict-Transport-Security" in response.headers) is secure


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/handoffs?state=all", "/handoffs?state=all"),
        ("/", "/"),
        ("", "/"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/a\\..\\\\evil.example", "/"),
        ("\t//evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("handoffs", "/"),
        ("/\n/evil", "/"),
    ],
)
def test_next_never_leads_elsewhere(target: str, path: str) -> None:
    assert safe_next(target) == path


# --- accounts ---------------------------------------------------------------------------------------------------------------


def test_a_disabled_account_is_out_at_once(blank: Engine, tmp_path: Path) -> None:
    people(blank)
    client = web(blank, tmp_path).client("")
    sign_in(client, "ada@example.com")
    accounts.disable_user(blank, "Ada@example.com")
    assert client.get("/handoffs").status_code == 302
    assert sign_in(client, "ada@example.com").status_code == 401
    assert [u.email for u in accounts.list_users(blank) if u.disabled] == ["ada@example.com"]


def test_a_new_password_ends_older_sessions(blank: Engine, tmp_path: Path) -> None:
    people(blank)
    client = web(blank, tmp_path).client("")
    sign_in(client, "ada@example.com")
    accounts.set_password(blank, "ada@example.com", "another long one")
    assert client.get("/handoffs").status_code == 302
    assert accounts.authenticate(blank, "ada@example.com", PASSWORD) is None
    assert accounts.authenticate(blank, "ada@example.com", "another long one")


def test_the_last_admin_cannot_be_disabled(blank: Engine) -> None:
    people(blank)
    with pytest.raises(Refused, match="last admin"):
        accounts.disable_user(blank, "boss@example.com")
    accounts.add_user(blank, "second@example.com", PASSWORD, Role.ADMIN)
    accounts.disable_user(blank, "boss@example.com")
    with pytest.raises(Refused):
        accounts.disable_user(blank, "second@example.com")


@pytest.mark.parametrize(
    ("email", "password", "why"),
    [("nonsense", PASSWORD, "not an e-mail"), ("new@example.com", "short", "10 to"), ("ADA@example.com", PASSWORD, "already")],
)
def test_accounts_that_cannot_be_made(engine: Engine, email: str, password: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        accounts.add_user(engine, email, password, Role.VIEWER)


def test_nobody_to_change(engine: Engine) -> None:
    with pytest.raises(LookupError):
        accounts.disable_user(engine, "no@example.com")
    with pytest.raises(LookupError):
        accounts.set_password(engine, "no@example.com", PASSWORD)
    with pytest.raises(LookupError):
        accounts.revoke_token(engine, "no")


def test_no_secret_is_kept_in_the_clear(blank: Engine) -> None:
    accounts.add_user(blank, "ada@example.com", PASSWORD, Role.AGENT)
    token = accounts.create_token(blank, "bot", Role.AGENT)
    with blank.connect() as db:
        kept = f"{db.execute(select(UserRow.__table__)).all()}{db.execute(select(TokenRow.__table__)).all()}"
        kept += f"{db.execute(select(TimelineRow.__table__)).all()}"
    assert PASSWORD not in kept and token not in kept and "$argon2id$" in kept
    assert len(token) > 40 and (found := accounts.find_token(blank, token)) and found.role is Role.AGENT
    assert accounts.find_token(blank, token + "x") is None
    with pytest.raises(Refused):
        accounts.create_token(blank, "bot", Role.AGENT)


def test_accounts_and_tokens_are_on_the_timeline(blank: Engine) -> None:
    accounts.add_user(blank, "ada@example.com", PASSWORD, Role.AGENT, by="boss@example.com")
    accounts.create_token(blank, "bot", Role.LEAD)
    accounts.revoke_token(blank, "bot")
    assert entries(blank, "user_added") == [("ada@example.com was added as agent", "boss@example.com", {})]
    assert [e[0] for e in entries(blank, "token_created")] == ["API token bot was created as lead"]
    assert [e[0] for e in entries(blank, "token_revoked")] == ["API token bot was revoked"]
    assert [t.revoked_at is not None for t in accounts.list_tokens(blank)] == [True]


def test_roles_cover_those_below() -> None:
    assert [[role.covers(needed) for needed in Role] for role in (Role.VIEWER, Role.LEAD, Role.ADMIN)] == [
        [True, False, False, False],
        [True, True, True, False],
        [True, True, True, True],
    ]


# --- the first account --------------------------------------------------------------------------------------------------------


def test_the_first_admin_gets_a_password_told_once(blank: Engine) -> None:
    settings = load(_env_file=None)
    password = accounts.bootstrap(blank, settings)
    assert password and (first := accounts.authenticate(blank, "admin@localhost", password)) and first.role is Role.ADMIN
    assert accounts.bootstrap(blank, settings) is None
    assert len(accounts.list_users(blank)) == 1


def test_a_given_password_is_used_and_not_told(blank: Engine) -> None:
    settings = load(_env_file=None, admin_email="Root@example.com", admin_password="short")
    assert accounts.bootstrap(blank, settings) is None
    assert accounts.authenticate(blank, "root@example.com", "short")


def test_a_given_account_is_added_beside_others_but_never_changed(blank: Engine) -> None:
    people(blank)
    assert accounts.bootstrap(blank, load(_env_file=None)) is None
    assert len(accounts.list_users(blank)) == 4
    accounts.bootstrap(blank, load(_env_file=None, admin_email="ada@example.com", admin_password="let me in please"))
    assert accounts.authenticate(blank, "ada@example.com", "let me in please") is None
    accounts.bootstrap(blank, load(_env_file=None, admin_email="new@example.com", admin_password="let me in please"))
    assert accounts.authenticate(blank, "new@example.com", "let me in please")
