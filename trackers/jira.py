"""Jira Cloud. API: https://developer.atlassian.com/cloud/jira/platform/rest/v3. Webhooks: a webhook of an admin with a secret,
events ``jira:issue_updated``, ``jira:issue_deleted``, ``comment_created``, signed in ``X-Hub-Signature`` (WebSub).

Every bug carries its mark as a label, by which it is found again. A ticket becomes a remote link, whose global id makes it one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from config.trackers import TrackerAccount
from connectors.notes import mark
from escalation.actions import Line, Note
from escalation.bug import BugLink, Filed
from escalation.ports import Arrival, GiveUp, Inbound, News, NewsKind, Outside
from escalation.ticket import Ignored
from trackers import kit

_MOST_SUMMARY = 255
_MOST_TEXT = 30_000  # characters of a description; Jira takes 32,767
Adf = dict[str, Any]


class Client:
    """One project as ``escalation.ports.Tracker``."""

    name = "jira"

    def __init__(self, account: TrackerAccount, *, timeout_s: float = 10.0) -> None:
        self._account = account
        auth = (account.user, account.token.get_secret_value())
        headers = {"Accept": "application/json"}
        self._session = kit.GuardedSession("jira", auth=auth, headers=headers, timeout_s=(3.05, timeout_s))
        self._api = f"{account.url}/rest/api/3"

    def find(self, mark: str) -> Filed | None:
        asked = {"jql": f'project = "{self._account.project}" AND labels = "{_label(mark)}"', "maxResults": 1, "fields": ["id"]}
        issues = self._session.post(f"{self._api}/search/jql", json=asked).json().get("issues", [])
        return self._filed(issues[0]) if issues else None

    def file(self, bug: Note) -> Filed:
        fields = {
            "project": {"key": self._account.project},
            "issuetype": {"name": self._account.issue_type},
            "summary": bug.title[:_MOST_SUMMARY],
            "description": document(bug),
            "labels": ["baton", _label(bug.key)],
        }
        return self._filed(self._session.post(f"{self._api}/issue", json={"fields": fields}).json())

    def link(self, bug: Filed, link: BugLink, mark: str, *, look_first: bool) -> None:
        title = f"{link.connection} {link.ticket_id}: {link.subject or 'ticket'}"[:_MOST_SUMMARY]
        there = {"url": link.url, "title": title, "summary": link.who}
        told = {"globalId": mark[:255], "relationship": "reported in", "object": there}
        self._session.post(f"{self._api}/issue/{bug.id}/remotelink", json=told)

    def verify(self, inbound: Inbound, now: datetime) -> None:
        kit.verify_hex(self._account, inbound, "x-hub-signature", "sha256=")

    def arrival(self, inbound: Inbound) -> Arrival:
        told = kit.payload(inbound)
        event = kit.text_at(told, "webhookEvent")
        return Arrival(kit.key_of(inbound, "x-atlassian-webhook-identifier"), kit.text_at(told, "issue", "id"), event)

    def change(self, inbound: Inbound) -> News | Ignored:
        told = kit.payload(inbound)
        event = kit.text_at(told, "webhookEvent")
        if event == "comment_created":
            return _comment(told)
        if event == "jira:issue_deleted":
            when = kit.moment(told.get("timestamp"))
            return News(str(kit.at(told, "issue", "id")), NewsKind.CLOSED, "deleted", when, _who(told), "it was deleted")
        if event != "jira:issue_updated" or not _changes_state(told):
            return Ignored(event, "neither a comment nor a change between open and closed")
        return _state(told)

    def check(self) -> tuple[str, ...]:
        if gaps := kit.missing(self._account, "JIRA_PROJECT", "JIRA_URL", "JIRA_WEBHOOK_SECRET"):
            return gaps
        try:
            self._session.get(f"{self._api}/project/{self._account.project}")
        except Outside as wrong:
            return (f"{wrong}. Check JIRA_EMAIL, JIRA_API_TOKEN and that they may create issues in {self._account.project}.",)
        return ()

    def _filed(self, issue: Any) -> Filed:
        key = kit.text_at(issue, "key")
        if not key or not kit.text_at(issue, "id"):
            raise GiveUp("jira: the answer to a new issue has no id and key")
        return Filed(kit.text_at(issue, "id"), key, kit.https(f"{self._account.url}/browse/{key}"))


def _label(key: str) -> str:
    return f"baton-{key}"


def _who(told: dict[str, Any]) -> str:
    return kit.text_at(told, "user", "displayName")


def _comment(told: dict[str, Any]) -> News:
    comment = kit.at(told, "comment")
    text, when = plain(kit.at(comment, "body", needed=False)), kit.moment(kit.text_at(comment, "created"))
    who = kit.text_at(comment, "author", "displayName")
    key = f"comment:{kit.at(comment, 'id')}"
    return News(str(kit.at(told, "issue", "id")), NewsKind.COMMENT, key, when, who, text, own=kit.is_own(text))


def _changes_state(told: dict[str, Any]) -> bool:
    items = kit.at(told, "changelog", "items", needed=False)
    return isinstance(items, list) and any(kit.text_at(item, "field") in ("status", "resolution") for item in items)


def _state(told: dict[str, Any]) -> News:
    category = kit.text_at(told, "issue", "fields", "status", "statusCategory", "key")
    kind = NewsKind.CLOSED if category == "done" else NewsKind.REOPENED
    words = kit.text_at(told, "issue", "fields", "resolution", "name") or kit.text_at(told, "issue", "fields", "status", "name")
    changed = kit.text_at(told, "changelog", "id") or kit.text_at(told, "timestamp")
    return News(str(kit.at(told, "issue", "id")), kind, f"state:{changed}", kit.moment(told.get("timestamp")), _who(told), words)


# --- the Atlassian Document Format: text nodes are never read as anything else ---------------------------------------------


def document(note: Note) -> Adf:
    """A bug as https://developer.atlassian.com/cloud/jira/platform/apis/document/structure; what is too long is cut."""
    room, blocks = _MOST_TEXT, []
    for block in _blocks(note):
        room -= sum(len(node.get("text", "")) for node in block["content"]) + 20
        if room < 0:
            blocks.append(_paragraph("… the rest stands in Baton."))
            break
        blocks.append(block)
    foot = [_paragraph(text) for text in (note.link, mark(note.key)) if text]
    return {"type": "doc", "version": 1, "content": [*blocks, *foot]}


def _blocks(note: Note) -> Iterator[Adf]:
    yield from (block for line in note.lines for block in _line(line))
    for heading, lines in note.sections:
        yield {"type": "heading", "attrs": {"level": 3}, "content": [{"type": "text", "text": heading}]}
        yield from (block for line in lines for block in _line(line))


def _line(line: Line) -> Iterator[Adf]:
    if line.label:
        strong = [{"type": "strong"}]
        yield {"type": "paragraph", "content": [{"type": "text", "text": line.label, "marks": strong}]}
    if line.text:
        yield {"type": "codeBlock", "attrs": {}, "content": [{"type": "text", "text": line.text}]}


def _paragraph(text: str) -> Adf:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def plain(body: object) -> str:
    """A comment's text: a string in webhooks (wiki markup), a document elsewhere."""
    if isinstance(body, str):
        return body
    return "\n".join(_texts(body, 0)).strip()


def _texts(node: object, depth: int) -> Iterator[str]:
    inner = kit.at(node, "content", needed=False)
    if not isinstance(inner, list) or depth > 50:
        return
    if line := "".join(kit.text_at(child, "text") for child in inner):
        yield line
    for child in inner:
        yield from _texts(child, depth + 1)
