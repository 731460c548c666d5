"""The app manifest and the manual agree with the code."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from flask import Flask

from connectors.slack import SCOPES
from sandbox.slack_page import COMMANDS
from sandbox.slack_world import SCOPES as PLAY_SCOPES
from tests.slack_play import Desk, account
from tests.support import ROOT
from web import slack


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dict(yaml.safe_load((ROOT / "slack-manifest.yaml").read_text()))


def test_every_scope_is_asked_for_and_explained(manifest: dict[str, Any]) -> None:
    asked, manual = set(manifest["oauth_config"]["scopes"]["bot"]), (ROOT / "docs" / "slack.md").read_text()
    assert set(SCOPES) <= asked <= set(PLAY_SCOPES.split(","))
    assert [scope for scope in asked if f"`{scope}`" not in manual] == []


def test_every_address_is_a_route(manifest: dict[str, Any]) -> None:
    app = Flask("routes")
    app.register_blueprint(slack.blueprint(account("http://127.0.0.1:1"), Desk()))
    told = [
        *(command["url"] for command in manifest["features"]["slash_commands"]),
        manifest["settings"]["interactivity"]["request_url"],
        manifest["settings"]["event_subscriptions"]["request_url"],
    ]
    routes = {rule.rule for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())}
    assert {url.removeprefix("https://baton.example.com") for url in told} == routes


def test_the_home_tab_and_every_command_are_asked_for_and_explained(manifest: dict[str, Any]) -> None:
    assert manifest["features"]["app_home"]["home_tab_enabled"] is True
    assert "app_home_opened" in manifest["settings"]["event_subscriptions"]["bot_events"]
    asked = {command["command"] for command in manifest["features"]["slash_commands"]}
    manual = (ROOT / "docs" / "slack.md").read_text()
    assert {typed.split()[0] for typed in COMMANDS} <= asked == {"/baton", "/who", "/away", "/handoff"}
    assert [command for command in asked if f"`{command}" not in manual] == []
