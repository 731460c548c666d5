"""Linear. API: https://linear.app/developers/graphql. Webhooks: https://linear.app/developers/webhooks (Issues, Comments).

The issue's id is ours to choose, so what may have been filed is asked for by id and cannot be there twice. A ticket becomes an
attachment: the same address on the same issue is one attachment, however often it is made.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from config.trackers import TrackerAccount
from connectors.signatures import require_fresh
from escalation.actions import Note
from escalation.bug import BugLink, Filed
from escalation.ports import Arrival, BadSignature, GiveUp, Inbound, News, NewsKind, Outside, TryLater, Unreadable
from escalation.ticket import Ignored
from trackers import kit

_FRESH = timedelta(minutes=1)  # as Linear advises
_OVER = {"completed": "done", "canceled": "will not be done", "duplicate": "a duplicate"}
_ISSUE = "id identifier url"
_CREATE = f"mutation Create($input: IssueCreateInput!) {{ issueCreate(input: $input) {{ success issue {{ {_ISSUE} }} }} }}"
_FIND = f"query Find($id: ID!) {{ issues(filter: {{ id: {{ eq: $id }} }}, includeArchived: true) {{ nodes {{ {_ISSUE} }} }} }}"
_LINK = "mutation Link($input: AttachmentCreateInput!) { attachmentCreate(input: $input) { success attachment { id } } }"
_TEAM = "query Team($key: String!) { teams(filter: { key: { eq: $key } }) { nodes { id } } }"


class Client:
    """One team as ``escalation.ports.Tracker``."""

    name = "linear"

    def __init__(self, account: TrackerAccount, *, timeout_s: float = 10.0) -> None:
        self._account = account
        headers = {"Authorization": account.token.get_secret_value()}
        self._session = _Session("linear", headers=headers, timeout_s=(3.05, timeout_s))

    def find(self, mark: str) -> Filed | None:
        nodes = self._ask(_FIND, id=_uuid(mark)).get("issues", {}).get("nodes", [])
        return _filed(nodes[0]) if nodes else None

    def file(self, bug: Note) -> Filed:
        told = {"id": _uuid(bug.key), "teamId": self._team, "title": bug.title, "description": kit.markdown(bug)}
        try:
            return _filed((self._ask(_CREATE, input=told).get("issueCreate") or {}).get("issue"))
        except GiveUp:
            if found := self.find(bug.key):  # an id that is taken is one of our own
                return found
            raise

    def link(self, bug: Filed, link: BugLink, mark: str, *, look_first: bool) -> None:
        title = f"{link.connection} {link.ticket_id}: {link.subject or 'ticket'}"[:200]
        self._ask(_LINK, input={"issueId": bug.id, "url": link.url, "title": title, "subtitle": link.who[:200]})

    def verify(self, inbound: Inbound, now: datetime) -> None:
        kit.verify_hex(self._account, inbound, "linear-signature")
        try:
            at = kit.moment(kit.payload(inbound).get("webhookTimestamp"))
        except Unreadable:
            at = None
        if at is None:
            raise BadSignature("webhookTimestamp is missing or unusable")
        require_fresh(at, now, "webhookTimestamp", _FRESH)

    def arrival(self, inbound: Inbound) -> Arrival:
        told = kit.payload(inbound)
        kind = kit.text_at(told, "type")
        about = kit.text_at(told, "data", "id") if kind == "Issue" else _issue_of(told)
        event = f"{kind}.{kit.text_at(told, 'action')}".strip(".")
        return Arrival(kit.key_of(inbound, "linear-delivery"), about, event)

    def change(self, inbound: Inbound) -> News | Ignored:
        told = kit.payload(inbound)
        kind, action = kit.text_at(told, "type"), kit.text_at(told, "action")
        if kind == "Comment":
            return _comment(told, action)
        if kind != "Issue" or action not in ("update", "remove"):
            return Ignored(f"{kind}.{action}", "neither a comment nor a change between open and closed")
        return _state(told, action)

    def check(self) -> tuple[str, ...]:
        if gaps := kit.missing(self._account, "LINEAR_TEAM", "LINEAR_URL", "LINEAR_WEBHOOK_SECRET"):
            return gaps
        try:
            self._find_team()
        except Outside as wrong:
            return (f"{wrong}. Set LINEAR_API_KEY to a key that may create issues in the team {self._account.project}.",)
        return ()

    @cached_property
    def _team(self) -> str:
        return self._find_team()

    def _find_team(self) -> str:
        nodes = self._ask(_TEAM, key=self._account.project).get("teams", {}).get("nodes", [])
        if not nodes:
            raise GiveUp(f"linear: there is no team with the key {self._account.project}; set LINEAR_TEAM")
        return str(nodes[0]["id"])

    def _ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """One operation's data; errors of GraphQL come with status 200 or 400 and become words of ``ports``."""
        answer = self._session.post(self._account.url, json={"query": query, "variables": variables}).json()
        told = answer if isinstance(answer, dict) else {}
        if errors := told.get("errors"):
            raise _refusal(errors[0] if isinstance(errors, list) and errors else {})
        data = told.get("data")
        return data if isinstance(data, dict) else {}


class _Session(kit.GuardedSession):
    """Linear says 400 with the code RATELIMITED to too many calls: https://linear.app/developers/rate-limiting."""

    def _judge(self, verb: str, answer: Any) -> None:
        if answer.status_code == 400 and "RATELIMITED" in answer.text[:2000]:
            raise TryLater("linear: too many calls", wait=timedelta(minutes=1))
        super()._judge(verb, answer)


def _refusal(error: Any) -> Outside:
    extensions = error.get("extensions") if isinstance(error, Mapping) else None
    code = str((extensions or {}).get("code", "")) if isinstance(extensions, Mapping) else ""
    words = f"linear: {kit.text_at(error, 'message')[:300]} ({code or 'no code'})"
    if code == "RATELIMITED":
        return TryLater(words, wait=timedelta(minutes=1))
    if code in ("INTERNAL_SERVER_ERROR", "LOCK_TIMEOUT"):
        return TryLater(words, unclear=True)
    return GiveUp(words)


def _uuid(mark: str) -> str:
    """The id of what carries a mark: a UUID v4 by its form, the same each time."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"baton:{mark}".encode()).digest()[:16], version=4))


def _filed(issue: Any) -> Filed:
    if not kit.text_at(issue, "id"):
        raise GiveUp("linear: the answer to a new issue has no id")
    return Filed(kit.text_at(issue, "id"), kit.text_at(issue, "identifier"), kit.https(issue.get("url")))


def _issue_of(told: dict[str, Any]) -> str:
    return kit.text_at(told, "data", "issueId") or kit.text_at(told, "data", "issue", "id")


def _who(told: dict[str, Any]) -> str:
    return kit.text_at(told, "actor", "name") or kit.text_at(told, "data", "user", "name")


def _comment(told: dict[str, Any], action: str) -> News | Ignored:
    if action != "create":
        return Ignored(f"Comment.{action}", "a comment that was changed or deleted is not told again")
    if not _issue_of(told):
        return Ignored("Comment.create", "a comment on something that is no issue")
    text, when = kit.text_at(told, "data", "body"), kit.moment(kit.text_at(told, "data", "createdAt"))
    key = f"comment:{kit.at(told, 'data', 'id')}"
    return News(_issue_of(told), NewsKind.COMMENT, key, when, _who(told), text, own=kit.is_own(text))


def _state(told: dict[str, Any], action: str) -> News | Ignored:
    bug_id, changed = str(kit.at(told, "data", "id")), kit.text_at(told, "data", "updatedAt")
    when = kit.moment(changed or kit.text_at(told, "createdAt"))
    if action == "remove":
        return News(bug_id, NewsKind.CLOSED, f"removed:{changed}", when, _who(told), "it was deleted")
    before = kit.at(told, "updatedFrom", needed=False)
    if not isinstance(before, dict) or "stateId" not in before:
        return Ignored("Issue.update", "not a change between open and closed")
    kind = kit.text_at(told, "data", "state", "type")
    over = kind in _OVER
    words = kit.text_at(told, "data", "state", "name") or _OVER.get(kind, "")
    return News(bug_id, NewsKind.CLOSED if over else NewsKind.REOPENED, f"state:{changed}", when, _who(told), words)
