"""What the core may ask for, as data. The pipeline plans each as a row with its key; a connector carries it out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from escalation.ticket import FieldValue, Priority, Status, Ticket


@dataclass(frozen=True, slots=True)
class Line:
    """One labelled line of a note or a card; ``source`` is the id of the message it came from ("" = not from a message)."""

    label: str
    text: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """An internal note in fixed order: the first six lines tell it, sections follow. Plain text; connectors escape and render.

    ``key`` is unique per note and is printed in its last line, so that it can be found again before it is repeated.
    """

    key: str
    title: str
    lines: tuple[Line, ...] = ()
    sections: tuple[tuple[str, tuple[Line, ...]], ...] = ()  # (heading, lines); the last one is shortened first
    link: str = ""  # the handoff's page in Baton


@dataclass(frozen=True, slots=True)
class Write:
    """Changes to one ticket in its helpdesk. Ids are the vendor's, as text; "" and None leave the value as it is.

    The note is always internal. ``Helpdesk.steps`` splits a Write into the single calls a vendor needs, each with its key.
    """

    key: str
    ticket_id: str
    agent_id: str = ""
    group_id: str = ""
    note: Note | None = None
    priority: Priority | None = None
    status: Status | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=dict)  # canonical custom field names


@dataclass(frozen=True, slots=True)
class NewTicket:
    """A ticket to be made in a helpdesk, for a conversation that was held elsewhere.

    ``text`` is what the customer said and was told before: whoever opens the ticket sees it, the customer too, so it holds
    nothing internal. Its last line is ``handover.reference(key)``, by which the ticket is found before it is made again.
    """

    key: str
    subject: str
    text: str
    email: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a write really did, read from the vendor's answer or by looking it up.

    ``found`` True: it had been done before, nothing was sent. ``mismatch`` lists in words what was asked and is not so.
    """

    found: bool = False
    note_id: str = ""
    ticket: Ticket | None = None  # the ticket as the answer shows it, where the vendor returns it
    actor_id: str = ""  # our own user id, where the answer tells it
    mismatch: tuple[str, ...] = ()
    calls: int = 1  # vendor calls spent


class Press(StrEnum):
    """What can be pressed on a card; the value is Slack's action_id."""

    ACCEPT = "baton_accept"
    DECLINE = "baton_decline"
    ASK = "baton_ask"
    RETURN = "baton_return"
    OPEN = "baton_open"  # a link, nothing to handle
    REASSIGN = "baton_reassign"
    SNOOZE = "baton_snooze"
    NEXT_LEVEL = "baton_next_level"
    VERDICT = "baton_verdict"  # one button per verdict; each action_id is this, a colon and the verdict


@dataclass(frozen=True, slots=True)
class Card:
    """A handoff as it is shown in chat (domain.md §4). Plain text throughout; the chat connector escapes and renders.

    ``presses`` are the buttons that are live now: none once the offer is settled, so nothing stale stays pressable.
    """

    handoff_id: str
    offer_id: str
    title: str
    state: str  # one line: "Waiting for you until 14:05", "Accepted by Ada at 14:02"
    facts: tuple[Line, ...] = ()  # customer, tier, issue type, urgency, waiting, SLA: short pairs
    lines: tuple[Line, ...] = ()  # why you, summary, tried, reasons: longer text
    presses: tuple[Press, ...] = ()
    ticket_url: str = ""
    page_url: str = ""
    live: bool = True  # False: settled, shown muted
    mention: str = ""  # chat id of the person or user group to ping in a channel post
    verdict: str = ""  # what the receiver thinks of it, where they said so (feedback.Verdict)


class DeclineReason(StrEnum):
    BUSY = "busy"
    WRONG_SKILL = "wrong_skill"
    OFF_SHIFT = "off_shift"
    CONFLICT = "conflict"  # conflict of interest with this customer
    MISSING_CONTEXT = "missing_context"


class ActionKind(StrEnum):
    """Kinds of planned actions; each row of the store is one of these and one outgoing effect."""

    WRITE = "write"  # one step of a Write to the helpdesk
    ALERT = "alert"  # post the card of an offer
    UPDATE_ALERT = "update_alert"  # edit the posted card to today's state
    PROVE = "prove"  # read back what was written to the helpdesk
    GATHER = "gather"  # read account facts and earlier tickets
    WORD = "word"  # have a model write summary, what was tried, the next action
    TELL = "tell"  # a plain message to a person or channel (lead told, reminder)
    ASK_VERDICT = "ask_verdict"  # post a card that asks for the receiver's verdict
    NOTIFY = "notify"  # a signed webhook to the bot that handed over
    BUG = "bug"  # report the handoff's bug, as a level of its path says
    FILE = "file"  # file a bug in its tracker
    LINK = "link"  # show one more ticket with a filed bug
    NOTE = "note"  # an internal note on a ticket about its bug, whatever became of the handoff
    SHIFT = "shift"  # post or edit what somebody sees of a shift's packet


DOES: Mapping[ActionKind, str] = {  # what an action does, for people
    ActionKind.WRITE: "Change in the helpdesk",
    ActionKind.ALERT: "Offer card",
    ActionKind.UPDATE_ALERT: "Update of the card",
    ActionKind.TELL: "Message",
    ActionKind.PROVE: "Reading back",
    ActionKind.ASK_VERDICT: "Question for a verdict",
    ActionKind.NOTIFY: "Event for a bot",
    ActionKind.GATHER: "Account facts and earlier tickets",
    ActionKind.BUG: "Report of the bug by its level",
    ActionKind.FILE: "Filing of the bug",
    ActionKind.LINK: "Ticket shown with its bug",
    ActionKind.NOTE: "Note about the bug",
    ActionKind.WORD: "Wording by a model",
    ActionKind.SHIFT: "Packet of a shift",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One planned effect. ``key`` is unique for ever; ``data`` holds the plain values the kind needs (see pipeline.perform)."""

    key: str
    kind: ActionKind
    handoff_id: str
    data: Mapping[str, str] = field(default_factory=dict)
    why: str = ""
    write: Write | None = None  # of a WRITE


class TimerKind(StrEnum):
    OFFER_EXPIRES = "offer_expires"
    ACK_REMINDER = "ack_reminder"  # an offer nears its end
    REPLY_REMINDER = "reply_reminder"  # accepted, no human reply to the customer yet
    REPLY_OVERDUE = "reply_overdue"  # acceptance is taken back
    SHIFT_REMINDER = "shift_reminder"  # an item of a shift's packet waits; offer_id is the packet
    SHIFT_CLIMB = "shift_climb"  # … and the next one is asked

    @property
    def is_shift(self) -> bool:
        return self in (TimerKind.SHIFT_REMINDER, TimerKind.SHIFT_CLIMB)


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to look at again at ``due_at`` (UTC). Firing late or twice is harmless: what is settled stays settled."""

    key: str
    kind: TimerKind
    handoff_id: str
    due_at: datetime
    offer_id: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the append-only timeline, in words for the reader, with the values behind it."""

    kind: str
    words: str
    actor: str = "baton"
    data: Mapping[str, object] = field(default_factory=dict)
