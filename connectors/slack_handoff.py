"""The form behind ``/handoff``: what a human sender has to fill in. Pure: nothing is sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connectors.slack_blocks import MODAL_TITLE, Block, choice_input, modal, plain, text_input
from connectors.slack_forms import MOST_OPTIONS
from escalation.playbook import Severity

FORM = "baton_handoff"  # callback_id
FIELDS = ("connection", "ticket", "team", "why", "urgency")
URGENCY = {
    Severity.NORMAL: "Normal: within the usual times",
    Severity.HIGH: "High: a customer is held up",
    Severity.CRITICAL: "Critical: an outage, money or data at risk",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from: connections, teams as (id, name), and how urgent it is at least."""

    connections: Sequence[str]
    teams: Sequence[tuple[str, str]]
    least: Severity = Severity.NORMAL  # by the rules: a choice below it would have no effect, so it is not offered


def form(choices: Choices, ticket: str, about: str) -> Block:
    """The form; ``ticket`` is what was typed behind the command, ``about`` comes back with the answer."""
    urgencies = [(level.value, words) for level, words in URGENCY.items() if level.rank >= choices.least.rank]
    hint = "Rules may make it more urgent."
    if choices.least.rank > Severity.NORMAL.rank:
        hint = f"By your rules a handoff by hand is at least {choices.least}. Others may make it more urgent."
    parts = [
        _choice("connection", "Helpdesk", "", [(id, id) for id in choices.connections]),
        text_input("ticket", "Ticket number", lines=False, given=ticket),
        _choice("team", "Which team should take it?", "", choices.teams),
        text_input("why", "Why?", "What they have to know first; it stands on the card and in the note."),
        _choice("urgency", "How urgent is it?", hint, urgencies),
    ]
    submit = plain("Hand over", MODAL_TITLE)
    return modal("Hand over a ticket", parts, callback_id=FORM, private_metadata=about, submit=submit)


def _choice(name: str, label: str, hint: str, options: Sequence[tuple[str, str]]) -> Block:
    """A menu; more than a menu holds, or nothing, is asked for in writing."""
    if 1 <= len(options) <= MOST_OPTIONS:
        return choice_input(name, label, hint, options)
    return text_input(name, label, hint or "Its short name.", lines=False)
