"""An agent's "#escalate <team> <why>" in an internal note (domain.md §2)."""

from __future__ import annotations

import pytest

from escalation.history import escalate_note
from escalation.ticket import Message, Person, Role, Ticket

AGENT = Person("a", "Ada", role=Role.AGENT)
NOTES: list[tuple[str, str | None, str]] = [  # note, team, why
    ("#escalate billing charged twice, see 12", "billing", "charged twice, see 12"),
    (" #Escalate: @Billing: charged\ntwice", "billing", "charged\ntwice"),
    ("#escalate billing", "billing", ""),
    ("#escalate", "", ""),
    ("#escalated billing yesterday", None, ""),
    ("please #escalate billing", None, ""),
    ("", None, ""),
]


@pytest.mark.parametrize(("note", "team", "why"), NOTES)
def test_what_a_note_says(note: str, team: str | None, why: str) -> None:
    told = escalate_note(Ticket("zendesk", "1", messages=(Message("m", AGENT, note, public=False),)))
    assert told == ({} if team is None else {"escalate_note.team": team, "escalate_note.why": why})
