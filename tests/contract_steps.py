"""For the contract suite: what the live promises write, and how they call a connector."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import pytest

from config.connections import PLAY_SECRET, PLAY_TOKEN
from escalation.actions import Line, Note, Receipt, Write
from escalation.ports import Helpdesk, Outside

Raised = TypeVar("Raised", bound=Outside)
KEY = "h7:note"
WRONG = "a-wrong-token-of-nobody"
SAID = (
    "<script>alert(1)</script><img src=x onerror=alert(2)> & \"quoted\" 'too' **bold** [link](https://evil.example) `code`"
    " @everyone #1 {{ticket.id}} <!channel> 😀"
)
NOTE = Note(
    KEY, "Handoff to Billing", (Line("Customer", SAID),), (("Transcript", (Line("Mia", "hello"),)),), "https://baton.example/7"
)
UNKNOWN = ("999999999", "0", "", "abc", "../me", "1?x=1", "7" * 40, "é")
EIGHT = (
    ("101", "201"), ("102", "204"), ("103", "202"), ("104", "205"), ("105", "203"), ("106", "204"), ("101", "204"),
    ("102", "201"),
)  # fmt: skip
READS: tuple[Callable[[Helpdesk, str], object], ...] = (
    lambda helpdesk, ticket: helpdesk.fetch(ticket),
    lambda helpdesk, _: helpdesk.agents(),
)


def handoff(ticket: str, key: str = "h7", **changes: Any) -> Write:
    """All that a handoff writes."""
    note = Note(f"{key}:note", NOTE.title, NOTE.lines, NOTE.sections, NOTE.link)
    told: dict[str, Any] = {"agent_id": "101", "group_id": "201", "note": note, "add_tags": ("escalated",)}
    return Write(key, ticket, **(told | changes))


def done(helpdesk: Helpdesk, write: Write, *, look_first: bool = False) -> list[Receipt]:
    """Every step of a write, carried out."""
    return [helpdesk.write(step, look_first=look_first) for step in helpdesk.steps(write)]


def fails(call: Callable[[], object], kind: type[Raised]) -> Raised:
    """The error of ours that ``call`` raises; it never quotes a secret."""
    with pytest.raises(kind) as caught:
        call()
    for secret in (PLAY_TOKEN, PLAY_SECRET, WRONG):
        assert secret not in str(caught.value)
    assert str(caught.value)
    return caught.value


def says(helpdesk: Helpdesk, *words: str) -> bool:
    """Whether ``cannot`` has a sentence with all of these words."""
    return any(all(word in f"{ability} {why}".lower() for word in words) for ability, why in helpdesk.cannot.items())


def texts(value: Any) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from texts(inner)
