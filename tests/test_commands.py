"""The commands as somebody types them: what they say, and what they change."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from pydantic import SecretStr

from app import create_app
from config.settings import load
from store.documents import StoredDocuments
from tests.support import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout's documents, to be edited."""
    for name in ("config", "mappings"):
        (tmp_path / name).mkdir()
        for path in (ROOT / name).glob("*.yaml"):
            shutil.copy(path, tmp_path / name)
    return tmp_path


@contextmanager
def over(database: str, folder: Path) -> Iterator[Flask]:
    where = {"config_dir": folder / "config", "mappings_dir": folder / "mappings", "data_dir": folder / "var"}
    made = create_app(load(database_url=database, admin_password=SecretStr("a-long-password"), **where))
    yield made
    made.extensions["baton"].journal.close()
    made.extensions["baton"].engine.dispose()


@pytest.fixture
def app(folder: Path, migrated_database: str) -> Iterator[Flask]:
    with over(migrated_database, folder) as made:
        yield made


def run(app: Flask, *words: str, typed: str = "") -> Result:
    with app.app_context():  # as the flask command does
        return app.test_cli_runner().invoke(args=list(words), input=typed)


def edited(folder: Path, old: str, new: str) -> None:
    path = folder / "config" / "escalation.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_upgrade_of_an_empty_database_twice_is_harmless(folder: Path, empty_database: str) -> None:
    with over(empty_database, folder) as app:
        for _ in range(2):
            said = run(app, "db", "upgrade")
            assert said.exit_code == 0 and "up to date" in said.output


def test_every_start_says_who_signs_in_and_what_to_do_without_the_password(folder: Path, empty_database: str) -> None:
    with over(empty_database, folder) as app:
        run(app, "db", "upgrade")
        said = run(app, "db", "upgrade").output
        assert "Sign in as admin@localhost. The password is lost?" in said and "users add you@example.com --role admin" in said


def test_a_start_with_people_but_no_admin_says_how_to_add_one(app: Flask) -> None:
    object.__setattr__(app.extensions["baton"].settings, "admin_password", SecretStr(""))
    assert run(app, "users", "add", "vic@example.com", typed="a-long-password\n").exit_code == 0
    assert "Nobody can sign in as admin: .venv/bin/flask --app app users add" in run(app, "db", "upgrade").output


def test_a_command_that_only_looks_makes_an_empty_database_ready(folder: Path, empty_database: str) -> None:
    with over(empty_database, folder) as app:
        assert run(app, "rules", "hygiene").exit_code == 0


def test_check_has_a_line_for_every_account_source(app: Flask, folder: Path) -> None:
    said = run(app, "check").output
    assert "account source customers: accounts.csv cannot be read (No such file or directory)" in said
    shutil.copy(ROOT / "config" / "accounts.csv", folder / "config")
    assert "account source customers: answers" in run(app, "check").output


def test_check_says_first_and_once_that_nothing_runs_where_the_play_vendors_are(app: Flask, folder: Path) -> None:
    shutil.copy(ROOT / "config" / "accounts.csv", folder / "config")
    with socket.socket() as taken:  # a port that nobody listens at
        taken.bind(("127.0.0.1", 0))
        object.__setattr__(app.extensions["baton"].settings, "port", taken.getsockname()[1])
        said = run(app, "check")
    first, *rest = said.output.splitlines()
    assert first.startswith("Baton does not run at http://127.0.0.1:") and "PORT=… flask --app app check" in first
    assert not [line for line in rest if "connection failed" in line or "no answer" in line or "cannot be reached" in line]
    assert rest[-1] == "Error: Nothing else to mend; the play-vendors were not looked at" and said.exit_code == 1


def test_validate_names_file_line_and_remedy(app: Flask, folder: Path) -> None:
    assert run(app, "documents", "validate").exit_code == 0
    edited(folder, "op: becomes, value: urgent", "op: becoms, value: urgent")
    said = run(app, "documents", "validate")
    assert said.exit_code == 1
    assert "becoms" in said.output and "becomes" in said.output and "escalation:" in said.output


def test_a_broken_document_stops_the_start_with_its_text(app: Flask, folder: Path) -> None:
    (folder / "config" / "roster.yaml").write_text("agents: 7\n")
    said = run(app, "db", "upgrade")
    assert said.exit_code == 1 and "roster:1" in said.output and "Traceback" not in said.output


@pytest.mark.parametrize("command", ["rules dry-run -", "rules hygiene", "who billing", "check"])
def test_commands_that_only_look_take_no_edited_file(app: Flask, folder: Path, command: str) -> None:
    run(app, "db", "upgrade")
    edited(folder, "title: Priority is urgent", "title: Urgent")
    run(app, *command.split(), typed='{"subject": "x"}')
    stored = StoredDocuments(app.extensions["baton"].engine)
    assert stored.versions()["escalation"] == 1
    run(app, "db", "upgrade")
    assert stored.versions()["escalation"] == 2


def test_a_team_the_roster_lacks_is_told_with_its_line(app: Flask, folder: Path) -> None:
    edited(folder, "default_team: care", "default_team: cares")
    for command in ("documents validate", "db upgrade", "documents push", "rules test"):
        said = run(app, *command.split())
        assert said.exit_code == 1 and "there is no team 'cares'. Did you mean 'care'" in said.output, (command, said.output)


def test_rules_that_fail_a_test_are_not_in_force_and_that_is_told(app: Flask, folder: Path) -> None:
    run(app, "db", "upgrade")
    edited(folder, "  - id: urgent\n", "  - id: very_urgent\n")
    assert "nothing was pushed" in run(app, "documents", "push").output
    assert "escalation version 2 is not in force" in run(app, "db", "upgrade").output
    assert app.extensions["baton"].live.playbook().version == 1


@pytest.mark.parametrize("command", ["documents validate", "db upgrade"])
def test_a_file_that_is_no_utf_8_is_told(app: Flask, folder: Path, command: str) -> None:
    (folder / "config" / "escalation.yaml").write_bytes(b"rules: []\n# caf\xe9\n")
    said = run(app, *command.split())
    assert said.exit_code == 1 and "byte 16 is not UTF-8. Save the file as UTF-8." in said.output


def test_a_ticket_that_is_no_json_is_told(app: Flask) -> None:
    said = run(app, "rules", "dry-run", "-", typed="{bad")
    assert said.exit_code == 1 and "the ticket is not JSON" in said.output and "Traceback" not in said.output


def test_diff_push_and_pull_keep_checkout_and_store_in_step(app: Flask, folder: Path) -> None:
    run(app, "db", "upgrade")
    path = folder / "config" / "roster.yaml"
    stored = StoredDocuments(app.extensions["baton"].engine)
    assert run(app, "documents", "diff").output == ""
    path.write_text(path.read_text().replace("Ada Lindqvist", "Ada Lovelace"))
    assert "+    name: Ada Lovelace" in run(app, "documents", "diff").output
    assert "roster is at version 2" in run(app, "documents", "push", "--reason", "a marriage").output
    assert stored.active("roster").reason == "a marriage"
    edited = stored.active("roster").text.replace("Ada Lovelace", "Ada Byron")
    stored.add("roster", edited, "lead@example.com", "again", expect=2)
    assert "version 3 by lead@example.com" in run(app, "documents", "pull").output
    assert path.read_text() == edited and run(app, "documents", "diff").output == ""


def test_users_and_tokens(app: Flask) -> None:
    run(app, "db", "upgrade")
    assert run(app, "users", "add", "Bo@Example.com", "--role", "lead", typed="another-long-one\n").exit_code == 0
    assert "bo@example.com\tlead\tactive" in run(app, "users", "list").output
    assert "no longer" in run(app, "users", "disable", "bo@example.com").output
    assert "bo@example.com\tlead\tdisabled" in run(app, "users", "list").output
    again = run(app, "users", "disable", "nobody@example.com")
    assert again.exit_code == 1 and "Traceback" not in again.output
    token = run(app, "tokens", "create", "ci", "--role", "viewer").output.strip()
    header = {"Authorization": f"Bearer {token}"}
    assert app.test_client().get("/api/v1/handoffs", headers=header).status_code == 200
    assert run(app, "tokens", "revoke", "ci").exit_code == 0
    assert app.test_client().get("/api/v1/handoffs", headers=header).status_code == 401


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("replay", "99"), "no delivery 99"),
        (("send", "zendesk/nothing"), "there are:"),
        (("send", "nobody/nothing"), "no connection to nobody"),
        (("socket-mode",), "SLACK_APP_TOKEN is not set"),
    ],
)
def test_what_cannot_be_done_is_said_in_words(app: Flask, words: tuple[str, ...], text: str) -> None:
    run(app, "db", "upgrade")
    said = run(app, *words)
    assert said.exit_code == 1 and text in said.output and "Traceback" not in said.output
