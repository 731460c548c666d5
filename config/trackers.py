"""Which issue trackers this installation files bugs in, from the settings; played where nothing real is set up."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import SecretStr

from config.connections import NOT_SET, PLAY_EMAIL, PLAY_SECRET, PLAY_TOKEN, from_settings
from config.settings import Settings

TRACKERS = ("github", "linear", "jira")  # in the order in which one is taken where a team names none
_PLAYED = {"github": "play/product", "linear": "PLAY", "jira": "PLAY"}  # the play-trackers' projects


@dataclass(frozen=True, slots=True)
class TrackerAccount:
    """One project of one tracker. ``project``: repository, team key or project key; ``secrets`` verify webhooks, newest first."""

    name: str
    url: str
    token: SecretStr
    project: str
    secrets: tuple[SecretStr, ...]
    user: str = ""  # e-mail (Jira)
    issue_type: str = ""  # Jira
    sandbox: bool = False


def trackers(settings: Settings) -> tuple[TrackerAccount, ...]:
    """The trackers whose token is set; the others are play-trackers where everything is played."""
    told = {account.name: account for account in _told(settings)}
    real = {name for name, account in told.items() if account.token.get_secret_value()}
    connections, chat = from_settings(settings)
    plays = settings.sandbox or (not real and (chat.sandbox and all(c.sandbox for c in connections)))
    return tuple(told[n] if n in real else _played(settings, told[n]) for n in TRACKERS if n in real or plays)


def _told(s: Settings) -> tuple[TrackerAccount, ...]:
    github = _set(s.github_webhook_secret, s.github_webhook_secret_old)
    linear = _set(s.linear_webhook_secret, s.linear_webhook_secret_old)
    jira = _set(s.jira_webhook_secret, s.jira_webhook_secret_old)
    return (
        TrackerAccount("github", s.github_url.rstrip("/"), s.github_token, s.github_repository, github),
        TrackerAccount("linear", s.linear_url, s.linear_api_key, s.linear_team, linear),
        TrackerAccount("jira", s.jira_url.rstrip("/"), s.jira_api_token, s.jira_project, jira, s.jira_email, s.jira_issue_type),
    )


def _set(*secrets: SecretStr) -> tuple[SecretStr, ...]:
    return tuple(secret for secret in secrets if secret is not NOT_SET and secret.get_secret_value())


def _played(settings: Settings, account: TrackerAccount) -> TrackerAccount:
    paths = {"linear": "/graphql"}
    url = f"{settings.local_address}/sandbox/{account.name}{paths.get(account.name, '')}"
    token, secrets = SecretStr(PLAY_TOKEN), (SecretStr(PLAY_SECRET),)
    project, user = _PLAYED[account.name], PLAY_EMAIL
    return replace(account, url=url, token=token, secrets=secrets, project=project, user=user, sandbox=True)
