"""What was said and is no more: messages that a helpdesk removed or redacted leave the store, and every quotation of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from escalation.actions import Action, ActionKind, Entry
from escalation.hop import Handoff
from escalation.journal import Case
from escalation.quotes import Lost, lost
from escalation.thread import is_own_note
from escalation.ticket import Message, Ticket

_OURS = ("baton:", "handover:")  # told by people and bots in Baton itself, so no helpdesk has them
_WORDS = "A message was removed or redacted in the helpdesk; what quoted it was taken out of what is kept of this handoff"
_NOTED = ". The note of this handoff may still have it: redact it in the helpdesk, too"
InThread = Callable[[str], bool]  # see Helpdesk.in_thread


def removed(known: Iterable[Message], read: Ticket, in_thread: InThread) -> tuple[Message, ...]:
    """Of the messages that are known those that a read of the whole thread no longer has, () for a read of less.

    A message that is newer than what was read is not missed: the read began before it was written.
    """
    if "messages" not in read.known or "messages" in read.missing:
        return ()
    there = {message.id for message in read.messages}
    missed = (m for m in known if m.id not in there and in_thread(m.id))
    return tuple(m for m in missed if not m.id.startswith(_OURS) and not _is_newer(m, read))


def _is_newer(message: Message, read: Ticket) -> bool:
    return bool(message.at and read.updated_at and message.at > read.updated_at)  # both by the helpdesk's own clock


def left(known: Ticket, read: Ticket, in_thread: InThread) -> tuple[Message, ...]:
    """The messages that a ticket keeps beside those of a read."""
    gone = {message.id for message in (*removed(known.messages, read, in_thread), *read.messages)}
    return tuple(message for message in known.messages if message.id not in gone)


def forget(case: Case, read: Ticket | None, in_thread: InThread) -> None:
    """Take out of the store, and out of what is looked at, what a read shows to be removed or redacted; None: nothing was read.

    Rare, and whole: open and closed escalations, timeline, evaluations and planned effects, and every card once more.
    """
    if case.ticket is None or read is None:
        return
    before = case.ticket
    gone = removed(before.messages, read, in_thread)
    if gone:
        case.forget(gone)
    if unsaid := _unsaid(before, read, gone):
        for handoff in case.unsay(unsaid.taken_out):
            _show_again(case, handoff)


def _unsaid(before: Ticket, read: Ticket, gone: tuple[Message, ...]) -> Lost | None:
    """The words that went with messages, or with their redaction. Our own notes quote them, and keep nothing alive."""
    now = {message.id: message for message in read.messages}
    changed = [m for m in before.messages if m.id in now and now[m.id].text != m.text]
    said = [m for m in (*gone, *changed) if not is_own_note(m)]
    if not said:
        return None
    went = {message.id for message in gone}
    stay = [*read.messages, *(m for m in before.messages if m.id not in now and m.id not in went)]
    texts = [read.subject, *(m.text for m in stay if not is_own_note(m))]
    return lost((m.id for m in said), (m.text for m in said), texts)


def _show_again(case: Case, handoff: Handoff) -> None:
    """Edit every card of a handoff, however its offer ended: what is settled is still to be read."""
    for offer in handoff.offers:
        key = f"edit:{offer.id}:unsaid:{int(case.now.timestamp() * 1000)}"
        case.plan(Action(key, ActionKind.UPDATE_ALERT, handoff.id, {"offer": offer.id}, "a message is no more"))
    case.write([Entry("unsaid", _WORDS + (_NOTED if handoff.noted else ""))], handoff.id)
