"""``who handles X?`` is answered by the routing that a handoff takes, with desks and shifts as they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time

import pytest

from config.playbook import load_playbook, load_roster
from escalation.playbook import Playbook
from escalation.rehearsal import no_loads, rehearse
from escalation.roster import Agent, Load, Roster, Shift, Team
from escalation.ticket import Person, Priority, Role, Ticket
from escalation.who import Handling, handling, in_words
from signals.reader import TextReader
from tests.support import ROOT

PLAYBOOK = load_playbook((ROOT / "config" / "escalation.yaml").read_text())
ROSTER = load_roster((ROOT / "config" / "roster.yaml").read_text())
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)  # a Monday


def asked(issue: str, roster: Roster = ROSTER, playbook: Playbook = PLAYBOOK, **loads: Load) -> Handling:
    def of(agents: Iterable[str]) -> Mapping[str, Load]:
        return {agent: loads[agent] for agent in agents if agent in loads}

    return handling(issue, playbook, roster, of, NOW)


@pytest.mark.parametrize(
    ("issue", "issue_type", "team", "first"),
    [
        ("billing", "billing", "Billing", "Ada Lindqvist"),
        ("Account Access", "account_access", "Technical support", "Dana Reyes"),
        ("account-access", "account_access", "Technical support", "Dana Reyes"),
        ("we were charged twice on the invoice", "billing", "Billing", "Ada Lindqvist"),
        ("security", "security", "Security", "Emil Novak"),
        ("other", "other", "Customer care", "Fatima Haddad"),
        ("qwertz", "other", "Customer care", "Fatima Haddad"),
    ],
)
def test_who_handles_it(issue: str, issue_type: str, team: str, first: str) -> None:
    found = asked(issue)
    assert found.team and (found.issue_type, found.team.name, found.route.available()[0].name) == (issue_type, team, first)
    said = in_words(found)
    assert found.recognised == (issue != "qwertz") == ("Nothing was recognised in" not in said)
    assert f"→ {team}" in said and f"1. {first}: skill" in said.replace("no skill", "skill")
    assert f"Channel: {found.team.channel}" in said and "Lead: " in said and "On watch: " in said


@pytest.mark.parametrize("issue_type", [name for team in ROSTER.teams for name in team.issue_types])
def test_it_is_the_order_in_which_a_handoff_would_ask(issue_type: str) -> None:
    ticket = Ticket("", "1", issue_type=issue_type, priority=Priority.URGENT, requester=Person("c", role=Role.CUSTOMER))
    route = rehearse(PLAYBOOK, ROSTER, TextReader.standard(), ticket, NOW).route
    found = asked(issue_type)
    assert route and (found.route.candidates, found.route.team) == (route.candidates, route.team)


def test_what_is_on_the_desk_now_counts() -> None:
    assert asked("billing").route.available()[0].agent == "ada"
    busy = asked("billing", ada=Load(open_handoffs=50))
    assert busy.route.available()[0].agent != "ada"
    assert "Not now: Ada Lindqvist, full: 50 of " in in_words(busy)


NIGHT = (Shift((0, 1, 2, 3, 4), time(22), time(6)),)
OFF = Roster(
    (Agent("ada", "Ada", ids={"zendesk": "1"}, teams=("billing",), shifts=NIGHT, time_zone="Europe/Berlin"),),
    (Team("billing", "Billing", ("billing",), lead="ada"),),
)


def test_nobody_on_shift_is_said_with_when_they_come() -> None:
    assert in_words(asked("billing", OFF)) == (
        "billing → Billing (path default, level One person)\n"
        "Nobody is available now.\n"
        "Not now: Ada, off shift until Mon 22:00 Europe/Berlin\n"
        "Lead: Ada (off shift until Mon 22:00 Europe/Berlin)"
    )


def test_no_team_and_no_agent_is_an_answer() -> None:
    found = asked("billing", Roster())
    assert found.team is None and not found.route.candidates and "the whole roster" in in_words(found)


def test_a_large_team_is_named_in_part() -> None:
    people = tuple(Agent(f"a{n:02}", f"Agent {n}", ids={"zendesk": str(n)}, teams=("t",)) for n in range(60))
    said = in_words(asked("billing", Roster(people, (Team("t", "T", ("billing",)),)))).splitlines()
    assert len(said) == 10 and said[-1] == "and 52 more"


def test_the_path_of_the_rule_about_the_issue_type() -> None:
    playbook = load_playbook(
        "default_team: billing\n"
        "paths:\n"
        "  default: {levels: [{name: One, offering: one}]}\n"
        "  urgent: {levels: [{name: Two, offering: one, min_tier: 2}]}\n"
        "rules:\n"
        "  - {id: r, title: R, issue_type: outage, path: urgent, when: {all: [{field: priority, op: is, value: urgent}]}}\n"
        "issue_words: {outage: [down], billing: [invoice]}\n"
    )
    assert [asked(issue, OFF, playbook).path for issue in ("it is down", "invoice")] == ["urgent", "default"]
    assert asked("outage", OFF, playbook).level.name == "Two"


def test_a_connection_narrows_it_to_people_with_an_account_there() -> None:
    found = handling("billing", PLAYBOOK, OFF, no_loads, NOW, connection="intercom")
    assert found.route.candidates[0].excluded.startswith("no account in intercom")
