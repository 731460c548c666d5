"""The forms that presses on a card open. Pure: nothing is sent from here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from connectors.slack_blocks import MODAL_TITLE, Block, choice_input, modal, plain, text_blocks, text_input
from escalation.actions import DeclineReason, Press

MOST_OPTIONS = 100  # of a menu; https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
REASONS = {
    DeclineReason.BUSY: "I am busy with something else",
    DeclineReason.WRONG_SKILL: "It needs a skill I don't have",
    DeclineReason.OFF_SHIFT: "My shift is over",
    DeclineReason.CONFLICT: "I have a conflict of interest with this customer",
    DeclineReason.MISSING_CONTEXT: "Context is missing",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What a form is about; travels in the form's ``private_metadata`` and comes back with its submission."""

    press: str
    handoff: str
    offer: str
    channel: str
    ts: str


_FORMS = {
    Press.DECLINE: ("Decline this handoff", "Decline", "Anything the next person should know?", "", True),
    Press.ASK: (
        "Ask the sender",
        "Send",
        "Your question",
        "The sender is asked to answer in an internal note.",
        False,
    ),
    Press.RETURN: ("Return this handoff", "Return", "What is missing?", "The sender gets this as a checklist.", False),
    Press.REASSIGN: ("Hand it to somebody", "Ask them", "Why them?", "They read it on their card.", False),
    Press.SNOOZE: ("Answer later", "Put off", "Or until when?", "A time such as 14:30, in your own zone.", True),
}
_CHOICES = {  # label and hint of the menu
    Press.DECLINE: ("Why not you?", ""),
    Press.REASSIGN: ("Who?", "They are asked first. It stays with its owner until they accept."),
    Press.SNOOZE: ("How much longer?", "Once, and by no more than the level's own time."),
}
_OPTIONAL_CHOICE = frozenset({Press.SNOOZE})


def has_form(press: Press) -> bool:
    """True when a press opens a form before it counts."""
    return press in _FORMS


def needs_words(press: Press) -> bool:
    """True when the form of a press does not count with its text left empty."""
    return not _FORMS[press][-1]


def form(press: Press, about: Form, choices: Sequence[tuple[str, str]] = ()) -> Block:
    """The modal that asks what a press needs: a reason, a question, what is missing, who, how long.

    ``choices`` are (value, words) of its menu; more of them than a menu holds, or none, and it is asked for in writing.
    """
    title, submit, label, hint, optional = _FORMS[press]
    if press is Press.DECLINE:
        choices = [(reason.value, words) for reason, words in REASONS.items()]
    parts = [*_choice(press, choices), text_input("note", label, hint, optional=optional, lines=press is not Press.SNOOZE)]
    about_json = json.dumps(asdict(about))
    return modal(title, parts, callback_id=press.value, private_metadata=about_json, submit=plain(submit, MODAL_TITLE))


def _choice(press: Press, choices: Sequence[tuple[str, str]]) -> list[Block]:
    if press not in _CHOICES:
        return []
    label, hint = _CHOICES[press]
    optional = press in _OPTIONAL_CHOICE
    if 1 <= len(choices) <= MOST_OPTIONS:
        return [choice_input("reason", label, hint, choices) | {"optional": optional}]
    if optional:
        return []
    return [text_input("reason", label, "The short name of a person or a team, as the roster has it.", lines=False)]


def notice(text: str) -> Block:
    """A modal that only says something."""
    return modal("Baton", text_blocks(text))
