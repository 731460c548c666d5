"""Settings from the environment or ``.env``, read once, checked whole (contract.md, Settings).

``load()`` raises SettingsProblem with every problem in one message. Nothing else in the program reads the environment.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from config import bots


class SettingsProblem(Exception):
    """One or more settings are wrong; the text lists all of them, each with its remedy."""


class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_file=".env", extra="ignore", frozen=True)

    port: int = Field(8000, ge=1, le=65535, description="where the web process listens")
    host: str = Field("127.0.0.1", description="address to listen on; 0.0.0.0 in a container")
    database_url: str = Field("", description="PostgreSQL address; empty: the embedded server under DATA_DIR")
    secret_key: SecretStr = Field(SecretStr(""), description="signs sessions; generated into DATA_DIR when empty")
    public_url: str = Field("", description="address people and vendors reach us at; default http://localhost:PORT")
    api_token: SecretStr = Field(SecretStr(""), description="bootstrap bearer token with the admin role")
    admin_email: str = Field("", description="bootstrap sign-in")
    admin_password: SecretStr = Field(SecretStr(""), description="bootstrap sign-in; generated and printed once when empty")
    data_dir: Path = Field(Path("var"), description="embedded database, generated secrets")
    config_dir: Path = Field(Path("config"), description="first versions of escalation, roster, connections, schedules")
    mappings_dir: Path = Field(Path("mappings"), description="first versions of the mappings")
    log_format: Literal["console", "json"] = "console"
    sandbox: bool = Field(False, description="play vendors even beside real ones")
    worker_processes: int = Field(2, ge=1, le=64, description="workers that `up` starts")
    worker_concurrency: int = Field(16, ge=1, le=200, description="jobs in hand at once, of each worker")
    stalled_after_s: float = Field(
        12.0, ge=1, le=600, description="a worker silent for so long is dead, its jobs run again; longer than VENDOR_TIMEOUT_S"
    )
    reconcile_every_s: float = Field(
        300.0, ge=0, le=86400, description="how often helpdesks are asked what changed without a webhook; 0 is never"
    )
    web_workers: int = Field(2, ge=1, le=64, description="gunicorn processes")
    web_threads: int = Field(8, ge=1, le=256, description="threads of each web process")
    vendor_timeout_s: float = Field(10.0, gt=0, le=120, description="longest wait for an answer of a helpdesk or Slack")
    read_settle_ms: int = Field(20, ge=0, le=5000, description="a burst of webhooks is over after this quiet time")

    zendesk_url: str = ""
    zendesk_email: str = ""
    zendesk_api_token: SecretStr = SecretStr("")
    zendesk_webhook_secret: SecretStr = SecretStr("")
    zendesk_webhook_secret_old: SecretStr = SecretStr("")
    freshdesk_url: str = ""
    freshdesk_api_key: SecretStr = SecretStr("")
    freshdesk_webhook_token: SecretStr = SecretStr("")
    freshdesk_webhook_token_old: SecretStr = SecretStr("")
    intercom_url: str = "https://api.intercom.io"
    intercom_access_token: SecretStr = SecretStr("")
    intercom_client_secret: SecretStr = SecretStr("")
    intercom_client_secret_old: SecretStr = SecretStr("")
    intercom_admin_id: str = ""
    slack_api_url: str = "https://slack.com/api/"
    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_signing_secret_old: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_channel: str = "#support-handoffs"
    github_url: str = "https://api.github.com"
    github_token: SecretStr = SecretStr("")
    github_repository: str = ""
    github_webhook_secret: SecretStr = SecretStr("")
    github_webhook_secret_old: SecretStr = SecretStr("")
    linear_url: str = "https://api.linear.app/graphql"
    linear_api_key: SecretStr = SecretStr("")
    linear_team: str = ""
    linear_webhook_secret: SecretStr = SecretStr("")
    linear_webhook_secret_old: SecretStr = SecretStr("")
    jira_url: str = ""
    jira_email: str = ""
    jira_api_token: SecretStr = SecretStr("")
    jira_project: str = ""
    jira_issue_type: str = "Bug"
    jira_webhook_secret: SecretStr = SecretStr("")
    jira_webhook_secret_old: SecretStr = SecretStr("")

    llm_model: str = Field("", description="the model that words handoffs; empty: none; play: the sandbox's")
    llm_base_url: str = Field("", description="an OpenAI-compatible endpoint, up to and with /v1")
    llm_api_key: SecretStr = SecretStr("")
    llm_requests_per_hour: int = Field(200, ge=1, le=100_000, description="requests in an hour, of all workers together")
    llm_deadline_s: float = Field(8.0, gt=0, le=60, description="an answer that takes longer is not used, seconds")
    llm_answers: Literal["json_schema", "json_object", "text"] = Field(
        "json_schema", description="how the endpoint is asked for JSON: the strictest form that it knows"
    )

    bot_webhook_urls: str = Field("", description="where bots are told what became of what they handed over; several with commas")
    bot_webhook_secret: SecretStr = Field(SecretStr(""), description="whsec_…; signs what bots are told")
    bot_webhook_secret_old: SecretStr = Field(SecretStr(""), description="signs beside the new one during a rotation")
    bot_webhook_private: bool = Field(False, description="these addresses may be in a private network, and http")

    @field_validator("bot_webhook_secret", "bot_webhook_secret_old")
    @classmethod
    def _is_a_secret(cls, told: SecretStr) -> SecretStr:
        if told.get_secret_value():
            bots.secret(told.get_secret_value())
        return told

    @model_validator(mode="after")
    def _a_model_can_be_asked(self) -> Self:
        reach = self.llm_base_url or self.llm_api_key.get_secret_value()
        if reach and not self.llm_model:
            raise ValueError("LLM_BASE_URL and LLM_API_KEY need LLM_MODEL: which model is to word handoffs")
        if self.llm_model and self.llm_model != "play" and not reach:
            raise ValueError("LLM_MODEL needs LLM_API_KEY (OpenAI's own endpoint), LLM_BASE_URL (another one), or both")
        if self.llm_base_url and not re.fullmatch(r"https?://[^\s/@]+(/\S*)?", self.llm_base_url):
            raise ValueError("LLM_BASE_URL: an address such as https://llm.acme.example/v1, without a user and password in it")
        return self

    @model_validator(mode="after")
    def _bots_can_be_told(self) -> Self:
        wanted = bots.addresses(self.bot_webhook_urls)
        for address in wanted:
            bots.checked(address, private=self.bot_webhook_private)
        if wanted and not self.bot_webhook_secret.get_secret_value():
            raise ValueError("BOT_WEBHOOK_URLS needs BOT_WEBHOOK_SECRET: bots must be able to tell that it was us")
        return self

    @property
    def bots(self) -> bots.BotAccount:
        """Where bots are told, and how it is signed."""
        told = (self.bot_webhook_secret.get_secret_value(), self.bot_webhook_secret_old.get_secret_value())
        secrets = tuple(bots.secret(one) for one in told if one)
        return bots.BotAccount(bots.addresses(self.bot_webhook_urls), secrets, self.bot_webhook_private)

    @property
    def address(self) -> str:
        """The base URL for links, without a trailing slash."""
        return (self.public_url or f"http://localhost:{self.port}").rstrip("/")

    @property
    def local_address(self) -> str:
        """The base URL by which processes of this machine reach the web process."""
        return f"http://127.0.0.1:{self.port}"


def load(**overrides: object) -> Settings:
    """Settings of this process; ``overrides`` win over the environment (tests). Raises SettingsProblem."""
    try:
        return Settings(**overrides)  # type: ignore[arg-type]
    except ValidationError as wrong:
        lines = [f"  {'.'.join(map(str, e['loc'])).upper() or 'Together'}: {e['msg']}" for e in wrong.errors(include_input=False)]
        raise SettingsProblem("These settings cannot be used:\n" + "\n".join(lines)) from None


class _EnvFile(BaseSettings):
    """Every name in ``.env``, whatever it is for."""

    model_config = SettingsConfigDict(env_file=".env", extra="allow", case_sensitive=True)


def substitute(text: str) -> str:
    """``text`` with every ``${NAME}`` replaced from the environment or ``.env``; SettingsProblem naming all that are not set."""
    told = {**(_EnvFile().model_extra or {}), **os.environ}
    names = set(re.findall(r"\$\{([A-Z0-9_]+)\}", text))
    unset = sorted(name for name in names if told.get(name) is None)
    if unset:
        raise SettingsProblem(f"These environment variables are named but not set: {', '.join(unset)}")
    return re.sub(r"\$\{([A-Z0-9_]+)\}", lambda match: str(told[match[1]]), text)


def environment() -> dict[str, str]:
    """The environment of this process, to be handed to its children."""
    return dict(os.environ)
