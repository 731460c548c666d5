"""Which accounts an installation speaks to: settings, ``connections.yaml``, and the play-vendors (contract.md, Sandbox)."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from config.connections import from_settings
from config.settings import Settings, SettingsProblem, load
from config.yamldoc import Problems

TWO = """
connections:
  - {id: zendesk, helpdesk: zendesk, url: "https://acme.example", user: b@a.example, token: "${BATON_T}", secrets: ["${BATON_S}"]}
  - {id: zendesk-eu, helpdesk: zendesk, url: "https://eu.example", user: b@a.example, token: t2, secrets: [new, other]}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return load(config_dir=tmp_path)


def shown(secret: SecretStr) -> str:
    return secret.get_secret_value()


def test_without_any_credentials_every_vendor_is_played(settings: Settings) -> None:
    accounts, chat = from_settings(settings)
    assert [(a.id, a.sandbox) for a in accounts] == [("zendesk", True), ("freshdesk", True), ("intercom", True)]
    assert chat.sandbox


@pytest.mark.parametrize(
    ("given", "ids", "chat_is_played"),
    [
        ({"freshdesk_api_key": "k"}, {"freshdesk": False}, False),
        ({"slack_bot_token": "xoxb"}, {}, False),
        ({"freshdesk_api_key": "k", "sandbox": True}, {"freshdesk": False, "zendesk": True, "intercom": True}, True),
        ({"slack_bot_token": "xoxb", "sandbox": True}, {"zendesk": True, "freshdesk": True, "intercom": True}, False),
    ],
)
def test_beside_real_credentials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, object], ids: dict[str, bool], chat_is_played: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    accounts, chat = from_settings(load(config_dir=tmp_path, **given))
    assert {a.id: a.sandbox for a in accounts} == ids and chat.sandbox is chat_is_played


def test_several_accounts_with_names_from_env_file_and_environment(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "connections.yaml").write_text(TWO)
    (tmp_path / ".env").write_text("BATON_T=from-file\nBATON_S=from-file\n")
    monkeypatch.setenv("BATON_S", "from-environment")
    first, second = from_settings(settings)[0]
    assert (shown(first.token), [shown(s) for s in first.secrets]) == ("from-file", ["from-environment"])
    assert (second.id, [shown(s) for s in second.secrets]) == ("zendesk-eu", ["new", "other"])


def test_names_that_are_not_set_are_all_told(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "connections.yaml").write_text(TWO)
    with pytest.raises(SettingsProblem, match="BATON_S, BATON_T"):
        from_settings(settings)


def test_an_id_used_twice_is_refused(tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BATON_S", "s")
    monkeypatch.setenv("BATON_T", "t")
    (tmp_path / "connections.yaml").write_text(TWO.replace("id: zendesk-eu", "id: zendesk"))
    with pytest.raises(Problems, match="used twice"):
        from_settings(settings)
