"""What every tracker's client shares: reading a webhook's JSON by paths, proofs, keys, and the words of a bug as Markdown."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from config.trackers import TrackerAccount
from connectors.http import GuardedSession
from connectors.notes import is_marked, mark
from connectors.signatures import hex_sha256, require_match, reveal
from escalation.actions import Line, Note
from escalation.bug import BugLink
from escalation.ports import GiveUp, Inbound, Unreadable
from escalation.thread import OWN_NOTE

__all__ = ["GuardedSession", "is_marked", "mark"]

MOST_BODY = 60_000  # characters; GitHub takes 65,536, the others more
_LONGEST_CODE = re.compile(r"`+")
Body = dict[str, Any]


def verify_hex(account: TrackerAccount, inbound: Inbound, header: str, prefix: str = "") -> None:
    """A header that is ``prefix`` and the hex HMAC-SHA256 of the raw body under one of the secrets; else BadSignature."""
    expected = [prefix + hex_sha256(secret, inbound.body) for secret in reveal(account.secrets)]
    require_match(inbound.headers.get(header, ""), expected, header)


def payload(inbound: Inbound) -> Body:
    """The JSON object of a webhook; Unreadable for anything else."""
    try:
        told = json.loads(inbound.body)
    except (ValueError, RecursionError) as wrong:
        raise Unreadable("the body is not JSON", remedy="The webhook's content type has to be application/json.") from wrong
    if not isinstance(told, dict):
        raise Unreadable("the body is not a JSON object")
    return told


def at(body: object, *path: str, needed: bool = True) -> Any:
    """The value at a path of keys; Unreadable with the path where it is needed and not there, else None."""
    for step in path:
        body = body.get(step) if isinstance(body, Mapping) else None
    if needed and body in (None, ""):
        raise Unreadable(
            "nothing is there", path=".".join(path), remedy="Send this kind of event whole, as the tracker makes it."
        )
    return body


def text_at(body: object, *path: str) -> str:
    """The text or number at a path, "" when there is none."""
    found = at(body, *path, needed=False)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def moment(value: object) -> datetime | None:
    """An ISO 8601 time with its zone as Jira (+0000), GitHub and Linear (Z) write it, or milliseconds; None if unusable."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(value / 1000, UTC)
        made = datetime.fromisoformat(str(value))
    except (ValueError, OverflowError, OSError):
        return None
    return made if made.tzinfo else None


def key_of(inbound: Inbound, header: str) -> str:
    """The tracker's own id of a delivery, else the hash of its bytes."""
    return inbound.headers.get(header, "")[:200] or f"body:{hashlib.sha256(inbound.body).hexdigest()}"


def is_own(text: str) -> bool:
    """Whether Baton wrote a comment: its last line is our mark. One that quotes it in between is somebody's answer."""
    return text.rstrip().rpartition("\n")[2].startswith(OWN_NOTE)


def https(url: object) -> str:
    """An address from a tracker's answer that may be shown as a link; GiveUp for anything that is none."""
    if isinstance(url, str) and urlsplit(url).scheme in ("https", "http"):
        return url
    raise GiveUp("the tracker's answer has no address of the bug")


def missing(account: TrackerAccount, *settings: str) -> tuple[str, ...]:
    """What is not set of an account, in words."""
    needed = {"project": account.project, "url": account.url, "webhook secret": account.secrets}
    return tuple(
        f"{account.name}: no {name}; set {setting}" for name, setting in zip(needed, settings, strict=True) if not needed[name]
    )


# --- Markdown: what a customer wrote stands in code, where nobody is mentioned and no picture is loaded -----------------


def markdown(note: Note) -> str:
    """A bug as Markdown of at most MOST_BODY characters; the last section is cut first, the mark always stays."""
    foot = f"\n\n[Handoff in Baton]({note.link})" if note.link else ""
    foot += f"\n\n{mark(note.key)}"
    parts = [_lines(note.lines)]
    parts += [f"### {heading}\n\n{_lines(lines)}" for heading, lines in note.sections]
    room, kept = MOST_BODY - len(foot), []
    for part in parts:
        if len(part) + 2 > room:
            kept.append("… the rest stands in Baton.")
            break
        kept.append(part)
        room -= len(part) + 2
    return "\n\n".join(kept) + foot


def linked(link: BugLink, key: str) -> str:
    """One more ticket of a bug, as Markdown."""
    where = f"[{link.connection} {link.ticket_id}]({link.url})" if link.url else f"{link.connection} {link.ticket_id}"
    return f"One more ticket: {where}\n\n{code(', '.join(filter(None, (link.subject, link.who))) or 'no subject')}\n\n{mark(key)}"


def _lines(lines: Iterable[Line]) -> str:
    return "\n\n".join(f"**{line.label}**\n\n{code(line.text)}" if line.label else code(line.text) for line in lines)


def code(text: str) -> str:
    """Text as a block of code, with a fence longer than any in it."""
    fence = "`" * max(3, 1 + max((len(run) for run in _LONGEST_CODE.findall(text)), default=0))
    return f"{fence}text\n{text}\n{fence}"
