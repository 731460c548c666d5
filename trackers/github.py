"""GitHub Issues. API: https://docs.github.com/en/rest/issues (2022-11-28). Webhooks: events ``issues``, ``issue_comment``.

The token needs Issues: read and write on the repository. Searching is indexed late, so what was filed is looked for in the list.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from requests import Response

from config.trackers import TrackerAccount
from connectors.http import retry_after
from escalation.actions import Note
from escalation.bug import BugLink, Filed
from escalation.ports import Arrival, GiveUp, Inbound, News, NewsKind, Outside, TryLater
from escalation.ticket import Ignored
from trackers import kit

VERSION = "2022-11-28"
_PAGES, _ROWS = 10, 100  # how far back what may have been filed is looked for
_STATES = {"closed": NewsKind.CLOSED, "deleted": NewsKind.CLOSED, "transferred": NewsKind.CLOSED, "reopened": NewsKind.REOPENED}
_REASONS = {"completed": "done", "not_planned": "will not be done", "duplicate": "a duplicate"}


class _Session(kit.GuardedSession):
    """GitHub says 403 to too many calls: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api."""

    def _judge(self, verb: str, answer: Response) -> None:
        told = answer.headers
        if answer.status_code == 403 and ("Retry-After" in told or told.get("X-RateLimit-Remaining") == "0"):
            reset = kit.moment(int(told.get("X-RateLimit-Reset", "0") or 0) * 1000)
            until_reset = max(reset - datetime.now(UTC), timedelta(0)) if reset else None
            wait = retry_after(told.get("Retry-After")) or until_reset
            raise TryLater(f"{self.name}: too many calls", wait=wait)
        super()._judge(verb, answer)


class Client:
    """One repository as ``escalation.ports.Tracker``."""

    name = "github"

    def __init__(self, account: TrackerAccount, *, timeout_s: float = 10.0) -> None:
        self._account = account
        headers = {
            "Authorization": f"Bearer {account.token.get_secret_value()}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "baton",
        }
        self._session = _Session("github", headers=headers, timeout_s=(3.05, timeout_s))
        self._issues = f"{account.url}/repos/{account.project}/issues"

    def find(self, mark: str) -> Filed | None:
        newest = {"state": "all", "sort": "created", "direction": "desc"}
        found = self._pages(self._issues, newest)
        return next((_filed(issue) for issue in found if kit.is_marked(str(issue.get("body") or ""), mark)), None)

    def file(self, bug: Note) -> Filed:
        told = {"title": bug.title, "body": kit.markdown(bug), "labels": ["bug"]}
        return _filed(self._session.post(self._issues, json=told).json())

    def link(self, bug: Filed, link: BugLink, mark: str, *, look_first: bool) -> None:
        comments = f"{self._issues}/{bug.id}/comments"
        if look_first and any(kit.is_marked(str(c.get("body") or ""), mark) for c in self._pages(comments, {})):
            return
        self._session.post(comments, json={"body": kit.linked(link, mark)})

    def verify(self, inbound: Inbound, now: datetime) -> None:
        kit.verify_hex(self._account, inbound, "x-hub-signature-256", "sha256=")

    def arrival(self, inbound: Inbound) -> Arrival:
        told = kit.payload(inbound)
        about = "issue_comment" if "comment" in told else "issues" if "issue" in told else "other"
        event = f"{about}.{kit.text_at(told, 'action')}".rstrip(".")
        return Arrival(kit.key_of(inbound, "x-github-delivery"), kit.text_at(told, "issue", "number"), event)

    def change(self, inbound: Inbound) -> News | Ignored:
        told = kit.payload(inbound)
        action, comment = kit.text_at(told, "action"), kit.at(told, "comment", needed=False)
        repository = kit.text_at(told, "repository", "full_name")
        if repository and repository.casefold() != self._account.project.casefold():
            return Ignored(action, f"the repository {repository} is not the one bugs are filed in")
        if not isinstance(told.get("issue"), dict):
            return Ignored(action or "ping", "not about an issue")
        number = str(kit.at(told, "issue", "number"))
        if isinstance(comment, dict):
            return _comment(number, action, comment)
        if action not in _STATES:
            return Ignored(f"issues.{action}", "neither a comment nor a change between open and closed")
        return _state(number, action, told)

    def check(self) -> tuple[str, ...]:
        if gaps := kit.missing(self._account, "GITHUB_REPOSITORY", "GITHUB_URL", "GITHUB_WEBHOOK_SECRET"):
            return gaps
        try:
            self._session.get(self._issues, params={"per_page": "1"})
        except Outside as wrong:
            return (f"{wrong}. The token needs Issues: read and write on {self._account.project}.",)
        return ()

    def _pages(self, url: str, params: dict[str, str]) -> Iterator[dict[str, Any]]:
        for page in range(1, _PAGES + 1):
            rows = self._session.get(url, params={**params, "per_page": str(_ROWS), "page": str(page)}).json()
            yield from rows
            if len(rows) < _ROWS:
                return


def _filed(issue: Any) -> Filed:
    number = issue.get("number") if isinstance(issue, dict) else None
    if not isinstance(number, int):
        raise GiveUp("github: the answer to a new issue has no number")
    return Filed(str(number), f"#{number}", kit.https(issue.get("html_url")))


def _comment(number: str, action: str, comment: dict[str, Any]) -> News | Ignored:
    if action != "created":
        return Ignored(f"issue_comment.{action}", "a comment that was changed or deleted is not told again")
    text = kit.text_at(comment, "body")
    who, when = kit.text_at(comment, "user", "login"), kit.moment(comment.get("created_at"))
    return News(number, NewsKind.COMMENT, f"comment:{kit.at(comment, 'id')}", when, who, text, own=kit.is_own(text))


def _state(number: str, action: str, told: dict[str, Any]) -> News:
    when = kit.moment(kit.text_at(told, "issue", "updated_at"))
    reason = kit.text_at(told, "issue", "state_reason")
    text = _REASONS.get(reason, reason) if action == "closed" else "" if action == "reopened" else f"it was {action}"
    key = f"{action}:{kit.text_at(told, 'issue', 'updated_at')}"
    return News(number, _STATES[action], key, when, kit.text_at(told, "sender", "login"), text)
