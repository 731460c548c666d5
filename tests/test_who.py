"""``who handles X?`` answers from the starter documents."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from config.playbook import load_playbook, load_roster
from escalation import who
from tests.support import ROOT

PLAYBOOK = load_playbook((ROOT / "config" / "escalation.yaml").read_text())
ROSTER = load_roster((ROOT / "config" / "roster.yaml").read_text())
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("issue", "team", "first"),
    [
        ("billing", "Billing", "Ada Lindqvist"),
        ("account access", "Technical support", "Dana Reyes"),
        ("we were charged twice on the invoice", "Billing", "Ada Lindqvist"),
        ("security", "Security", "Emil Novak"),
        ("qwertz", "Customer care", "Fatima Haddad"),
    ],
)
def test_who_handles_it(issue: str, team: str, first: str) -> None:
    said = who.handles(issue, PLAYBOOK, ROSTER, NOW)
    assert f"→ {team}: {first}" in said
    assert "Lead:" in said and "Channel: #" in said
