"""The people of one Zendesk account: our own integration user, and the agents a handoff can go to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from urllib.parse import urlsplit

from config.connections import Connection
from connectors.zendesk.api import Api, Body, inner, objects
from escalation.ports import GiveUp, HelpdeskAgent, Outside

_FRESH_S = 60.0
_MOST_AGENTS = 10_000
_CANNOT_BE_ASSIGNED = frozenset({1, 3})  # role_type of light agents and contributors


class People:
    """Lazily read, briefly kept; thread-safe. ``clock`` gives seconds."""

    def __init__(self, api: Api, connection: Connection, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._connection, self._clock = api, connection, clock
        self._lock = threading.Lock()
        self._our_id = ""
        self._ask_again_at = 0.0
        self._agents: tuple[HelpdeskAgent, ...] = ()
        self._agents_until = -1.0

    def learn(self, our_id: str) -> None:
        """Keep the integration user's id where an answer has shown it, which saves the call."""
        if our_id:
            self._our_id = our_id

    def our_id(self) -> str:
        """The integration user's id; "" while it cannot be had: an outage must not stop events from being evaluated,
        and an echo evaluated once too often is harmless."""
        with self._lock:
            if not self._our_id and self._clock() >= self._ask_again_at:
                self._ask_again_at = self._clock() + _FRESH_S
                try:
                    self.learn(_text(self._api.me().get("id")))
                except Outside:
                    return ""
            return self._our_id

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        """Agents and admins who can be assigned tickets, with groups and availability; at most a minute old."""
        with self._lock:
            if self._clock() >= self._agents_until:
                self._agents = self._read_agents()
                self._agents_until = self._clock() + _FRESH_S
            return self._agents

    def _read_agents(self) -> tuple[HelpdeskAgent, ...]:
        groups: dict[str, list[str]] = {}
        for user_id, group_id in self._api.memberships():
            groups.setdefault(user_id, []).append(group_id)
        online = self._availability()
        return tuple(
            HelpdeskAgent(id, _text(user.get("name")), _text(user.get("email")), tuple(groups.get(id, ())), online.get(id))
            for user in self._api.staff()
            if (id := _text(user.get("id"))) and _can_be_assigned(user)
        )

    def _availability(self) -> dict[str, bool]:
        """Agent id → online; empty where the account has no omnichannel routing (403, 404) or does not answer."""
        found: dict[str, bool] = {}
        try:
            for page in self._api.pages("agent_availabilities", _MOST_AGENTS):
                found |= dict(filter(None, map(_online, objects(page.get("data")))))
        except Outside:
            return found
        return found

    def problems(self) -> tuple[str, ...]:
        """What is wrong with address, credentials and rights, each with the remedy; one call."""
        missing = _missing_settings(self._connection)
        if missing:
            return missing
        try:
            me = self._api.me()
        except GiveUp as refused:
            return (f"{refused}. Check the Zendesk URL, e-mail and API token, and that API token access is on.",)
        except Outside as away:
            return (f"{away}. Zendesk cannot be reached now; try again.",)
        self.learn(_text(me.get("id")))
        return _rights(self._connection.id, me)


def _missing_settings(connection: Connection) -> tuple[str, ...]:
    url = urlsplit(connection.url)
    wrong = [
        (url.scheme not in ("http", "https") or not url.netloc, "its URL is not like https://acme.zendesk.com"),
        (not connection.user, "the integration user's e-mail is not set"),
        (not connection.token.get_secret_value(), "the API token is not set"),
        (not any(s.get_secret_value() for s in connection.secrets), "no webhook signing secret is set"),
    ]
    return tuple(f"{connection.id}: {problem}. Set it in the settings." for is_so, problem in wrong if is_so)


def _rights(name: str, me: Body) -> tuple[str, ...]:
    role = _text(me.get("role"))
    if me.get("id") is None or role not in ("agent", "admin"):  # a wrong token makes us the "Anonymous user", with 200
        return (f"{name}: Zendesk does not accept the e-mail and API token as an agent's. Correct them.",)
    wrong = [
        (bool(me.get("suspended")), "the integration user is suspended", "Unsuspend it"),
        (bool(me.get("ticket_restriction")), "the integration user does not see all tickets", "Give it access to all tickets"),
        (me.get("role_type") in _CANNOT_BE_ASSIGNED, "a light agent cannot update tickets", "Give it a full agent's seat"),
    ]
    return tuple(f"{name}: {problem}. {remedy}." for is_so, problem, remedy in wrong if is_so)


def _can_be_assigned(user: Body) -> bool:
    gone = user.get("suspended") or user.get("active") is False
    return not gone and user.get("role_type") not in _CANNOT_BE_ASSIGNED


def _online(item: Body) -> tuple[str, bool] | None:
    """Agent id and whether online; None without a unified status."""
    attributes = inner(item.get("attributes"))
    status = inner(attributes.get("agent_status"))
    return (_text(attributes.get("agent_id")), _text(status.get("name")).lower() == "online") if status else None


def _text(value: object) -> str:
    return "" if value is None else str(value)
