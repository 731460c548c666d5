"""Slack as the chat of ``escalation.ports.Chat``, and the proof that a request comes from Slack.

Slack has no idempotency key for messages: every message carries its key as metadata, and after an unclear failure the
channel's recent history is looked through before anything is posted again. Nothing is repeated in here; that is the queue's
business. Methods and errors: https://docs.slack.dev/reference/methods
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from config.connections import ChatAccount
from connectors.signatures import reveal
from connectors.slack_blocks import Block, blocks, fallback_text, literal, text_blocks
from connectors.slack_shift import packet_blocks, packet_text
from connectors.slack_wire import Wire
from escalation.actions import Card
from escalation.ports import GiveUp, Outside, Posted
from escalation.shift_card import ShiftCard

EVENT = "baton_card"  # metadata event type of everything we post
SCOPES = {
    "chat:write": "post and edit cards",
    "im:write": "open direct messages",
    "im:history": "find a card again before posting it twice",
    "channels:history": "find a card again before posting it twice",
    "channels:read": "find channels by name",
    "users:read": "know who pressed a button",
    "users:read.email": "match people to the roster by e-mail",
}
GROUP_SCOPES = {
    "usergroups:read": "see who is in a user group that follows the roster",
    "usergroups:write": "change who is in a user group that follows the roster",
}
_LOOK_BACK_S = 24 * 3600  # an unclear post is tried again within minutes; a day covers a long outage
_PAGES = 10
_MOST_ASKED = 50  # people in one call
_KNOWN_FOR_S, _UNKNOWN_FOR_S = 600.0, 60.0
_IS_PERSON = re.compile(r"[UW][A-Z0-9]+").fullmatch
_IS_CHANNEL = re.compile(r"[CGD][A-Z0-9]+").fullmatch


class SlackChat:
    """One workspace; thread-safe. Raises TryLater and GiveUp; ``unclear`` only where a message may have been posted."""

    def __init__(self, account: ChatAccount, *, timeout_s: float = 10.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._account, self._clock = account, clock
        self._wire = Wire(account, timeout_s=timeout_s)
        self._lock = threading.Lock()
        self._directs: dict[str, str] = {}  # person id → direct message channel
        self._names: dict[str, str] = {}  # "#name" → channel id
        self._people: dict[str, tuple[float, str]] = {}  # e-mail → (known until, person id or "")
        self._groups: dict[str, tuple[float, frozenset[str]]] = {}  # user group → (known until, its members)
        self._profiles: dict[str, tuple[float, tuple[str, str]]] = {}  # person id → (known until, (name, e-mail))

    def post(self, to: str, card: Card | ShiftCard, key: str, *, look_first: bool, under: Posted | None = None) -> Posted:
        """Post a card to a person id, channel id or "#name" ("" = the account's channel); found again by ``key``.

        ``under``: in the thread of this message.
        """
        if isinstance(card, ShiftCard):
            return self._say(to, packet_text(card), packet_blocks(card), {"key": key, "packet": card.packet}, look_first)
        about = {"key": key, "handoff": card.handoff_id, "offer": card.offer_id}
        return self._say(to, fallback_text(card), blocks(card), about, look_first, under)

    def tell(self, to: str, text: str, key: str, *, look_first: bool) -> Posted:
        """Post plain text, shown exactly as it is."""
        return self._say(to, literal(text, 2000), text_blocks(text), {"key": key}, look_first)

    def find(self, to: str, key: str, *, under: Posted | None = None) -> Posted | None:
        """The message with ``key`` of the last day in a channel, a thread or with a person; a look-up, nothing is sent."""
        return self._find(self._channel(to or self._account.channel, needs_id=True), key, under)

    def update(self, where: Posted, card: Card | ShiftCard) -> None:
        """Edit a posted card; its metadata stays. GiveUp(gone) when the message is deleted or no longer editable."""
        if isinstance(card, ShiftCard):
            text, parts = packet_text(card), packet_blocks(card)
        else:
            text, parts = fallback_text(card), blocks(card)
        self._wire.write("chat.update", channel=where.channel, ts=where.ts, text=text, blocks=parts)

    def whisper(self, channel: str, user: str, text: str) -> None:
        """Tell one person something in a channel that only they see."""
        self._wire.write("chat.postEphemeral", channel=channel, user=user, text=literal(text, 2000), blocks=text_blocks(text))

    def open_form(self, trigger_id: str, view: Block) -> None:
        """Open a modal for whoever caused ``trigger_id``, which lives for three seconds."""
        self._wire.write("views.open", trigger_id=trigger_id, view=view)

    def show_home(self, person: str, view: Block) -> None:
        """Show a person their Home tab; safe to repeat."""
        self._wire.write("views.publish", user_id=person, view=view)

    def undisturbed(self, people: Iterable[str]) -> Mapping[str, datetime]:
        """Who of these has "do not disturb" on now, and until when; 50 people a call, needs the scope dnd:read.

        https://docs.slack.dev/reference/methods/dnd.teamInfo
        """
        found: dict[str, datetime] = {}
        now = time.time()
        asked = sorted(people)
        for first in range(0, len(asked), _MOST_ASKED):
            some = ",".join(asked[first : first + _MOST_ASKED])
            told = self._wire.read("dnd.teamInfo", users=some)["users"]
            for person, dnd in told.items():
                if dnd.get("dnd_enabled") and dnd["next_dnd_start_ts"] <= now < dnd["next_dnd_end_ts"]:
                    found[person] = datetime.fromtimestamp(dnd["next_dnd_end_ts"], UTC)
        return found

    def fill_group(self, group: str, people: Iterable[str]) -> bool:
        """Make these people the members of a user group, if they are not; looked up before, remembered for ten minutes.

        https://docs.slack.dev/reference/methods/usergroups.users.update (20 calls a minute, whole lists only, never empty)
        """
        meant = frozenset(people)
        with self._lock:
            until, known = self._groups.get(group, (0.0, frozenset()))
        if until > self._clock() and known == meant:
            return False
        there = frozenset(self._wire.read("usergroups.users.list", usergroup=group, include_disabled=True)["users"])
        if there != meant:
            self._wire.write("usergroups.users.update", usergroup=group, users=sorted(meant))
        self._remember(self._groups, group, meant, _KNOWN_FOR_S)
        return there != meant

    def person(self, email: str) -> str:
        """The person id for an e-mail address, remembered for ten minutes (one when there is none: GiveUp(gone))."""
        email = email.strip().lower()
        with self._lock:
            until, known = self._people.get(email, (0.0, ""))
        if until <= self._clock():
            known = self._look_up(email)
            self._remember(self._people, email, known, _KNOWN_FOR_S if known else _UNKNOWN_FOR_S)
        if not known:
            raise GiveUp(f"Slack: nobody has the e-mail address {email}; mend the roster or invite them", gone=True)
        return known

    def profile(self, person: str) -> tuple[str, str]:
        """Name and e-mail address ("" where Slack does not tell) of a person id, remembered for ten minutes."""
        with self._lock:
            until, known = self._profiles.get(person, (0.0, ("", "")))
        if until <= self._clock():
            user = self._wire.read("users.info", user=person)["user"]
            profile = user.get("profile") or {}
            known = (profile.get("real_name") or user.get("real_name") or user.get("name", ""), profile.get("email") or "")
            self._remember(self._profiles, person, known, _KNOWN_FOR_S)
        return known

    def check(self, groups: Iterable[str] = ()) -> tuple[str, ...]:
        """Problems of token, scopes, default channel and signing secret in words with the remedy; empty when all is well.

        ``groups``: user groups that follow the roster, which need scopes of their own.
        """
        problems = []
        if not reveal(self._account.signing_secrets) and not self._account.app_token.get_secret_value():
            problems.append("Slack: SLACK_SIGNING_SECRET is not set, so button presses cannot be verified")
        try:
            problems += self._missing_scopes(SCOPES)
            problems += self._group_problems(sorted(groups))
            problems += self._channel_problems()
        except Outside as wrong:
            problems.append(str(wrong))
        return tuple(problems)

    def _say(
        self, to: str, text: str, parts: list[Block], about: dict[str, str], look_first: bool, under: Posted | None = None
    ) -> Posted:
        channel = self._channel(to or self._account.channel, needs_id=look_first)
        if look_first and (found := self._find(channel, about["key"], under)):
            return found
        metadata = {"event_type": EVENT, "event_payload": about}
        # No parsing of the fallback text: it holds a customer's words.
        thread = {"thread_ts": under.ts} if under else {}
        bare = {"parse": "none", "link_names": False, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
        answer = self._wire.write(
            "chat.postMessage", posts=True, channel=channel, text=text, blocks=parts, metadata=metadata, **bare, **thread
        )
        if channel.startswith("#"):
            with self._lock:
                self._names[channel] = answer["channel"]
        return Posted(answer["channel"], answer["ts"])

    def _find(self, channel: str, key: str, under: Posted | None = None) -> Posted | None:
        """The history of a channel has no answers of threads: those are asked for by the message they stand under."""
        oldest, cursor = f"{time.time() - _LOOK_BACK_S:.6f}", ""
        method, thread = ("conversations.replies", {"ts": under.ts}) if under else ("conversations.history", {})
        for _ in range(_PAGES):
            page = self._wire.read(
                method, channel=channel, oldest=oldest, limit=200, cursor=cursor, include_all_metadata=True, **thread
            )
            for message in page.get("messages", ()):
                if _key(message) == key:
                    return Posted(channel, message["ts"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                break
        return None

    def _channel(self, to: str, *, needs_id: bool) -> str:
        if _IS_PERSON(to):
            return self._direct(to)
        if _IS_CHANNEL(to):
            return to
        name = "#" + to.removeprefix("#")
        with self._lock:
            known = self._names.get(name)
        return known or (str(self._named(name)["id"]) if needs_id else name)

    def _direct(self, person: str) -> str:
        with self._lock:
            known = self._directs.get(person)
        if known is None:
            known = str(self._wire.write("conversations.open", users=person)["channel"]["id"])
            with self._lock:
                self._directs[person] = known
        return known

    def _named(self, name: str) -> dict[str, Any]:
        """The channel object called ``name`` ("#name"), through as many pages as there are."""
        cursor = ""
        while True:
            kinds = "public_channel,private_channel"
            page = self._wire.read("conversations.list", limit=200, cursor=cursor, types=kinds, exclude_archived=False)
            for channel in page["channels"]:
                if channel["name"] == name.removeprefix("#"):
                    with self._lock:
                        self._names[name] = channel["id"]
                    return dict(channel)
            cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                raise GiveUp(
                    f"Slack: no channel {name} that Baton can see; create it, or invite Baton if it is private", gone=True
                )

    def _look_up(self, email: str) -> str:
        try:
            user = self._wire.read("users.lookupByEmail", email=email)["user"]
        except GiveUp as nobody:
            if nobody.gone:
                return ""
            raise
        return "" if user.get("deleted") else str(user["id"])

    def _remember(self, where: dict[str, tuple[float, Any]], key: str, value: object, seconds: float) -> None:
        with self._lock:
            if len(where) >= 10_000:
                where.clear()
            where[key] = (self._clock() + seconds, value)

    def _missing_scopes(self, scopes: Mapping[str, str]) -> list[str]:
        given = self._wire.scopes()
        lacking = [scope for scope in scopes if given is not None and scope not in given]
        return [f"Slack: the app lacks the scope {s} (to {scopes[s]}); add it and reinstall the app" for s in lacking]

    def _group_problems(self, groups: list[str]) -> list[str]:
        if not groups or (lacking := self._missing_scopes(GROUP_SCOPES)):
            return lacking if groups else []
        there = {group["id"] for group in self._wire.read("usergroups.list", include_disabled=True)["usergroups"]}
        return [f"Slack: there is no user group {group}; mend its id in the roster" for group in groups if group not in there]

    def _channel_problems(self) -> list[str]:
        to = self._account.channel
        if not to:
            return ["Slack: SLACK_CHANNEL is not set, so there is no place for cards that nobody takes"]
        by_id = bool(_IS_CHANNEL(to))
        channel = (
            self._wire.read("conversations.info", channel=to)["channel"] if by_id else self._named("#" + to.removeprefix("#"))
        )
        if channel.get("is_archived"):
            return [f"Slack: the channel {to} is archived; choose another in SLACK_CHANNEL"]
        if not channel.get("is_member"):
            return [f"Slack: Baton is not in {to}; type /invite @Baton there"]
        return []


def _key(message: dict[str, Any]) -> str:
    payload = (message.get("metadata") or {}).get("event_payload") or {}
    return str(payload.get("key", ""))
