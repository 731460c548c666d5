"""What was said and is no more: messages that a helpdesk removed or redacted (domain.md §1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from escalation.journal import Case
from escalation.ticket import Message, Ticket

_OURS = ("baton:", "handover:")  # told by people and bots in Baton itself, so no helpdesk has them


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
    """Take out of the store what a read shows to be removed; None: nothing was read."""
    if case.ticket is None or read is None:
        return
    if gone := removed(case.ticket.messages, read, in_thread):
        case.forget(gone)
