"""Which helpdesk and chat accounts this installation speaks to.

Without ``connections.yaml`` the settings define up to three connections named after their helpdesk. With no real
credentials at all, every vendor is its sandbox; with some, the others are absent unless ``SANDBOX=1`` (contract.md, Sandbox).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

NOT_SET = SecretStr("")

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
