"""Which helpdesk and chat accounts this installation speaks to.

Without ``connections.yaml`` the settings define up to three connections named after their helpdesk. With no real
credentials at all, every vendor is its sandbox; with some, the others are absent unless ``SANDBOX=1`` (contract.md, Sandbox).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, SecretStr
from pydantic import Field as PydanticField

from config import yamldoc
from config.settings import Settings, substitute

NOT_SET = SecretStr("")
HELPDESKS = ("zendesk", "freshdesk", "intercom")

# What the play-vendors expect; worthless anywhere else, and refused as a real credential by nobody but the sandbox.
PLAY_SECRET = "sandbox-only-secret"  # noqa: S105 - opens nothing real
PLAY_TOKEN = "sandbox-only-token"  # noqa: S105 - opens nothing real
PLAY_EMAIL = "baton@sandbox.test"
PLAY_INTERCOM_ADMIN = "900"


@dataclass(frozen=True, slots=True)
class Connection:
    """One account of one helpdesk. ``secrets`` verify webhooks (newest first, two during rotation)."""

    id: str
    helpdesk: str  # folder under connectors/
    url: str
    user: str = ""  # e-mail (Zendesk), admin id (Intercom)
    token: SecretStr = NOT_SET
    secrets: tuple[SecretStr, ...] = ()
    sandbox: bool = False
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatAccount:
    url: str
    token: SecretStr
    signing_secrets: tuple[SecretStr, ...]
    app_token: SecretStr = NOT_SET
    channel: str = ""
    sandbox: bool = False


def from_settings(settings: Settings) -> tuple[tuple[Connection, ...], ChatAccount]:
    """The connections and the chat account this process uses (module docstring)."""
    real = _from_file(settings) or _from_variables(settings)
    has_chat = bool(settings.slack_bot_token.get_secret_value())
    play = settings.sandbox or not (real or has_chat or has_tracker(settings))
    missing = [h for h in HELPDESKS if h not in {c.helpdesk for c in real}]
    played = tuple(_played(settings, helpdesk) for helpdesk in missing) if play else ()
    chat = _played_chat(settings) if play and not has_chat else _chat(settings)
    return (*real, *played), chat


def _from_variables(settings: Settings) -> tuple[Connection, ...]:
    s = settings
    zendesk = Connection(
        "zendesk", "zendesk", s.zendesk_url, s.zendesk_email, s.zendesk_api_token,
        _set(s.zendesk_webhook_secret, s.zendesk_webhook_secret_old),
    )  # fmt: skip
    freshdesk = Connection(
        "freshdesk", "freshdesk", s.freshdesk_url, "", s.freshdesk_api_key,
        _set(s.freshdesk_webhook_token, s.freshdesk_webhook_token_old),
    )  # fmt: skip
    intercom = Connection(
        "intercom", "intercom", s.intercom_url, s.intercom_admin_id, s.intercom_access_token,
        _set(s.intercom_client_secret, s.intercom_client_secret_old),
    )  # fmt: skip
    return tuple(c for c in (zendesk, freshdesk, intercom) if c.token.get_secret_value())


def _set(*secrets: SecretStr) -> tuple[SecretStr, ...]:
    return tuple(s for s in secrets if s.get_secret_value())


def _chat(settings: Settings) -> ChatAccount:
    signing = _set(settings.slack_signing_secret, settings.slack_signing_secret_old)
    token, app_token = settings.slack_bot_token, settings.slack_app_token
    return ChatAccount(settings.slack_api_url, token, signing, app_token, settings.slack_channel)


def _played(settings: Settings, helpdesk: str) -> Connection:
    user = PLAY_INTERCOM_ADMIN if helpdesk == "intercom" else PLAY_EMAIL
    url = f"{settings.local_address}/sandbox/{helpdesk}"
    return Connection(helpdesk, helpdesk, url, user, SecretStr(PLAY_TOKEN), (SecretStr(PLAY_SECRET),), sandbox=True)


def _played_chat(settings: Settings) -> ChatAccount:
    url, secret = f"{settings.local_address}/sandbox/slack/api/", SecretStr(PLAY_SECRET)
    return ChatAccount(url, SecretStr(PLAY_TOKEN), (secret,), channel=settings.slack_channel, sandbox=True)


def has_tracker(settings: Settings) -> bool:
    """Whether a real issue tracker is set up: then nothing is played but with SANDBOX=1."""
    tokens = (settings.github_token, settings.linear_api_key, settings.jira_api_token)
    return any(token.get_secret_value() for token in tokens)


class _Row(BaseModel):
    """One entry of connections.yaml. ``${NAME}`` in a value is replaced by that environment variable."""

    model_config = ConfigDict(extra="forbid")
    id: str = PydanticField(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    helpdesk: str
    url: str
    user: str = ""
    token: SecretStr
    secrets: list[SecretStr] = PydanticField(min_length=1)


class _Rows(BaseModel):
    model_config = ConfigDict(extra="forbid")
    connections: list[_Row]


def _from_file(settings: Settings) -> tuple[Connection, ...]:
    path = settings.config_dir / "connections.yaml"
    if not path.exists():
        return ()
    rows, parsed = yamldoc.validate(substitute(path.read_text(encoding="utf-8")), "connections", _Rows)
    twice = {row.id for row in rows.connections if sum(other.id == row.id for other in rows.connections) > 1}
    if twice:
        remedy = "Give each account an id of its own."
        line = parsed.line(("connections",))
        problem = yamldoc.Problem(line, "connections", f"ids used twice: {sorted(twice)}", remedy)
        raise yamldoc.Problems("connections", (problem,))
    return tuple(Connection(r.id, r.helpdesk, r.url, r.user, r.token, tuple(r.secrets)) for r in rows.connections)
