"""One call to Slack's Web API and one request from Slack: what goes wrong in either direction, in the words of ``ports``.

Methods and their errors: https://docs.slack.dev/reference/methods. Slack answers 200 with ``ok: false`` to most mistakes.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import socket
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from http.client import HTTPException
from typing import Any, cast
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import SlackResponse

from config.connections import ChatAccount
from connectors.http import retry_after
from connectors.signatures import require_fresh, require_match
from escalation.ports import BadSignature, GiveUp, Outside, TryLater

# Refused before anything was done: safe to send again.
_NOT_DONE = {
    "ratelimited": "too many calls",
    "rate_limited": "too many messages in this channel",
    "request_timeout": "the request arrived cut off",
    "accesslimited": "access is limited for now",
    "team_added_to_org": "the workspace is being moved",
}
# Slack failed half-way: a message may have been posted.
_UNCLEAR = {"internal_error", "fatal_error", "service_unavailable"}
_GONE = {
    "channel_not_found": "there is no such channel, or Baton may not see it; invite Baton or mend the channel",
    "is_archived": "the channel is archived; choose another or unarchive it",
    "user_not_found": "there is no such person; mend the roster",
    "users_not_found": "nobody has this e-mail address; mend the roster or invite them",
    "user_disabled": "this person's account is deactivated; mend the roster",
    "user_not_visible": "this person is not visible to Baton; mend the roster",
    "no_such_subteam": "there is no such user group; mend its id in the roster",
    "message_not_found": "the message has been deleted",
    "cant_update_message": "the message cannot be edited by Baton",
    "edit_window_closed": "the message is too old to be edited in this workspace",
}
_REMEDIES = {
    "not_in_channel": "Baton is not in the channel; type /invite @Baton there",
    "invalid_auth": "the token is wrong; set SLACK_BOT_TOKEN to the app's bot token (xoxb-…)",
    "not_authed": "no token was sent; set SLACK_BOT_TOKEN",
    "account_inactive": "the token's account is deactivated; reinstall the app and set SLACK_BOT_TOKEN",
    "token_revoked": "the token was revoked; reinstall the app and set SLACK_BOT_TOKEN",
    "token_expired": "the token has expired; turn token rotation off for the app, or set a new SLACK_BOT_TOKEN",
    "not_allowed_token_type": "this is not a bot token; set SLACK_BOT_TOKEN to the one that begins with xoxb-",
    "cannot_dm_bot": "this person is a bot; mend the roster",
    "messages_tab_disabled": "direct messages of the app are off; turn on the Messages Tab under App Home",
    "not_enabled": "the Home tab is off; turn on the Home Tab under App Home",
    "restricted_action": "a workspace rule forbids posting there; ask a Slack admin to allow Baton",
    "permission_denied": "the workspace lets only some people change user groups; allow everyone under Workspace settings, "
    "Permissions, User Groups",
    "invalid_users": "somebody cannot be in a user group (deactivated, or of another workspace); mend the roster",
    "invalid_user": "guests and bots cannot be in a user group; mend the roster",
    "org_login_required": "the workspace is locked by its organisation; ask a Slack admin",
    "expired_trigger_id": "the form took more than three seconds to open; press the button again",
    "trigger_expired": "the form took more than three seconds to open; press the button again",
    "unknown_method": "this address does not know the method; check SLACK_API_URL",
}

quiet = logging.getLogger("baton.slack.sdk")  # the SDK's debug output would quote whole messages
quiet.setLevel(logging.WARNING)


class _Direct(WebClient):
    """Never goes through a proxy: the play workspace is on this machine, and the SDK ignores NO_PROXY."""

    def _perform_urllib_http_request_internal(self, url: str, req: Request) -> dict[str, Any]:
        with build_opener(ProxyHandler({})).open(req, timeout=self.timeout) as answer:
            return {"status": answer.status, "headers": answer.headers, "body": answer.read().decode()}


def web_client(account: ChatAccount, *, timeout_s: float = 10.0) -> WebClient:
    """A client that never repeats a call by itself (a repeated chat.postMessage is a second card); thread-safe."""
    kind = _Direct if account.sandbox else WebClient
    made = kind(account.token.get_secret_value(), account.url, retry_handlers=[], logger=quiet)
    made.timeout = cast(int, timeout_s)  # urllib takes fractions of a second
    return made


class Wire:
    """Calls of the Web API that raise only TryLater and GiveUp."""

    def __init__(self, account: ChatAccount, *, timeout_s: float) -> None:
        self._client = web_client(account, timeout_s=timeout_s)

    def read(self, method: str, **params: object) -> dict[str, Any]:
        """Form-encoded, as Slack's reading methods want it; empty values are left out."""
        return self._send(method, {"params": {name: value for name, value in params.items() if value != ""}}, posts=False)[0]

    def write(self, method: str, *, posts: bool = False, **body: object) -> dict[str, Any]:
        """JSON; ``posts``: sending it twice would show twice, so a failure may be unclear."""
        return self._send(method, {"json": body}, posts=posts)[0]

    def scopes(self) -> frozenset[str] | None:
        """The scopes of the token, None where Slack (or something in between) does not tell."""
        headers = self._send("auth.test", {"json": {}}, posts=False)[1]
        told = headers.get("x-oauth-scopes")
        return None if told is None else frozenset(scope.strip() for scope in told.split(","))

    def _send(self, method: str, what: dict[str, Any], *, posts: bool) -> tuple[dict[str, Any], Mapping[str, str]]:
        try:
            answer = self._client.api_call(method, **what)
        except SlackApiError as refusal:
            raise _judge(method, cast(SlackResponse, refusal.response), posts) from None
        except (OSError, HTTPException) as broken:
            words = f"Slack: {method}: no answer ({type(broken).__name__})"
            raise TryLater(words, unclear=posts and _was_sent(broken)) from broken
        except (SlackClientError, ValueError, AttributeError) as odd:  # JSON that is no object, text in no known encoding
            raise TryLater(f"Slack: {method}: the answer is not Slack's ({type(odd).__name__})", unclear=posts) from odd
        return cast(dict[str, Any], answer.data), {name.lower(): value for name, value in answer.headers.items()}


def _was_sent(broken: Exception) -> bool:
    """False when the connection failed before the request could go out."""
    cause = broken.reason if isinstance(broken, URLError) else broken
    return not isinstance(cause, ConnectionRefusedError | socket.gaierror) and not (
        isinstance(broken, URLError) and isinstance(cause, TimeoutError)  # urllib wraps only what fails before the answer
    )


def _judge(method: str, answer: SlackResponse, posts: bool) -> Outside:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    data = answer.data if isinstance(answer.data, dict) else {}
    code, wait = str(data.get("error", "")), retry_after(headers.get("retry-after"))
    if answer.status_code == 429 or code in _NOT_DONE:
        return TryLater(f"Slack: {method}: {_NOT_DONE.get(code, 'too many calls')}", wait=wait)
    if answer.status_code >= 500 or code in _UNCLEAR:
        return TryLater(f"Slack: {method}: Slack failed ({answer.status_code} {code[:40]})", wait=wait, unclear=posts)
    if not re.fullmatch(r"[a-z0-9_:]+", code):
        return _not_slack(method, answer.status_code, posts)
    return GiveUp(f"Slack: {method}: {_words(code, data)} ({code})", gone=code in _GONE)


def _not_slack(method: str, status: int, posts: bool) -> Outside:
    if status >= 400:
        return GiveUp(f"Slack: {method}: {status} from something that is not Slack; check SLACK_API_URL")
    return TryLater(f"Slack: {method}: the answer is not Slack's", unclear=posts)


def _words(code: str, data: Mapping[str, Any]) -> str:
    if code == "missing_scope":
        return f"the app lacks the scope {data.get('needed', '')}; add it and reinstall the app"
    details = (data.get("response_metadata") or {}).get("messages") or []
    told = _GONE.get(code) or _REMEDIES.get(code) or "Slack refused it"
    return f"{told}: {'; '.join(map(str, details))[:300]}" if details else told


def sign(body: bytes, secret: str, now: datetime) -> dict[str, str]:
    """The headers that make ``body`` a request of Slack: https://docs.slack.dev/authentication/verifying-requests-from-slack"""
    stamp = str(int(now.timestamp()))
    return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": _signature(secret, stamp, body)}


def verify(headers: Mapping[str, str], body: bytes, secrets: Iterable[str], now: datetime) -> None:
    """Return if the request is Slack's and at most five minutes old, else raise BadSignature. Header names lower-cased."""
    stamp = headers.get("x-slack-request-timestamp", "")
    if not re.fullmatch(r"[0-9]{1,11}", stamp):
        raise BadSignature("Slack's time stamp is missing or no number")
    require_fresh(datetime.fromtimestamp(int(stamp), UTC), now, "Slack's time stamp")
    expected = [_signature(secret, stamp, body) for secret in secrets]
    require_match(headers.get("x-slack-signature", ""), expected, "Slack's signature")


def _signature(secret: str, stamp: str, body: bytes) -> str:
    return "v0=" + hmac.digest(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hex()
