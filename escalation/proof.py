"""Read back after writing: is the note there, internal and whole, is the assignee as asked (domain.md §5, read back)?

An answer to a write says what was asked. What stays can differ: a trigger of the helpdesk answers back, a filter cuts, a field is
ignored. So the ticket is read once more, and what is wrong is written again or told to people.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from escalation.actions import Note, Write
from escalation.ports import Helpdesk
from escalation.thread import OWN_NOTE
from escalation.ticket import Message, Person, Ticket

_FIRST = 6  # the lines that tell it; later ones may have been left out for a helpdesk's limit
_BEGINS = 60  # letters and digits by which a note without its mark is known
_NO_WORD = re.compile(r"[\W_]+")


class Fault(StrEnum):
    MISSING = "missing"
    PUBLIC = "public"
    CUT = "cut"
    NOT_ASSIGNED = "not_assigned"


MENDED = frozenset({Fault.MISSING, Fault.NOT_ASSIGNED})  # by writing again; a public or cut note would stand there twice


@dataclass(frozen=True, slots=True)
class Proof:
    """What was read back; ``faults`` in words, empty when all is as asked."""

    faults: Mapping[Fault, str] = field(default_factory=dict)
    seen: tuple[str, ...] = ()  # what is as asked, in words
    other: Person = field(default_factory=Person)  # who has the ticket, where somebody else was to have it

    @property
    def words(self) -> str:
        good = f"Read back: {', '.join(self.seen)}" if self.seen else "Read back"
        return f"{good}. Not as asked: {'; '.join(self.faults.values())}" if self.faults else good


def given_on(proof: Proof, name: str) -> Proof:
    """The same, where a colleague has given the ticket to somebody else since: no fault of the write, and not to be undone."""
    faults: dict[Fault, str] = {fault: words for fault, words in proof.faults.items() if fault != Fault.NOT_ASSIGNED}
    return Proof(faults, (*proof.seen, f"in the helpdesk {name} has the ticket by now"), proof.other)


def look_back(helpdesk: Helpdesk, write: Write, *, assigned: bool, known: Callable[[], Ticket | None] = lambda: None) -> Proof:
    """What the helpdesk keeps of a write; a note that is not among the newest messages is looked for in the whole thread.

    ``known`` gives the ticket as stored, which says how long its thread is.
    """
    seen = helpdesk.reread(write.ticket_id, known)
    found = read_back(write, seen, assigned=assigned)
    if Fault.MISSING in found.faults and "messages" in seen.missing:
        return read_back(write, helpdesk.fetch(write.ticket_id), assigned=assigned)
    return found


def read_back(write: Write, ticket: Ticket, *, assigned: bool) -> Proof:
    """What a ticket as read shows of a write; ``assigned`` False: somebody else has it by now, so its assignee tells nothing."""
    faults: dict[Fault, str] = {}
    seen: list[str] = []
    if write.note is not None:
        _judge(write.note, ticket, faults, seen)
    other = Person()
    wanted, shown = (write.agent_id, ticket.assignee) if write.agent_id else (write.group_id, ticket.group)
    if assigned and wanted:
        if shown.id == wanted:
            seen.append(f"assigned to {shown.name or wanted}")
        else:
            faults[Fault.NOT_ASSIGNED] = f"it was to be assigned to {wanted}, the helpdesk shows {shown.id or 'nobody'}"
            other = ticket.assignee
    return Proof(faults, tuple(seen), other)


def again(write: Write, faults: Mapping[Fault, str]) -> Write | None:
    """The write that mends what can be mended by writing again; None when nothing can."""
    note = write.note if Fault.MISSING in faults else None
    assign = Fault.NOT_ASSIGNED in faults
    if note is None and not assign:
        return None
    agent, group = (write.agent_id, write.group_id) if assign else ("", "")
    return Write(f"{write.key}:again", write.ticket_id, agent_id=agent, group_id=group, note=note)


def _judge(note: Note, ticket: Ticket, faults: dict[Fault, str], seen: list[str]) -> None:
    found = _find(note, ticket)
    if found is None:
        faults[Fault.MISSING] = "the note is not there"
        return
    seen.append("note there")
    if found.public:
        faults[Fault.PUBLIC] = "the note can be seen by the customer: make it internal or delete it at once"
    else:
        seen.append("internal")
    lost = _lost(note, found)
    if lost:
        faults[Fault.CUT] = f"the note was cut: {lost} is missing; the whole stands in Baton"
    else:
        seen.append("complete")


def _find(note: Note, ticket: Ticket) -> Message | None:
    """The note by its mark, or, since a cut note has lost it, by how it begins; neither customers nor other notes count."""
    mark = _mark(note)
    ours = [m for m in reversed(ticket.messages) if m.author.id != ticket.requester.id or not m.author.id]
    by_mark = next((m for m in ours if mark.search(m.text)), None)
    title, whole = _squeezed(note.title), _squeezed(" ".join((note.title, *(f"{x.label} {x.text}" for x in note.lines))))
    whole = whole[:_BEGINS]
    begun = ((m, _squeezed(m.text)[: len(whole)]) for m in ours if OWN_NOTE not in m.text)
    return by_mark or next(
        (m for m, text in begun if title and text.startswith(title[:_BEGINS]) and whole.startswith(text)), None
    )


def _mark(note: Note) -> re.Pattern[str]:
    return re.compile(re.escape(f"{OWN_NOTE}{note.key}") + r"(?![\w:./-])")


def _lost(note: Note, found: Message) -> str:
    """The first thing of the note that did not survive: of title, first lines and mark; "" when all did."""
    text = _squeezed(found.text)
    for line in note.lines[:_FIRST]:
        if _squeezed(line.text) not in text:
            return f"“{line.label or line.text[:40]}”"
    return "" if _mark(note).search(found.text) else "its end"


def _squeezed(text: str) -> str:
    """Letters and digits alone: what a helpdesk's rendering leaves as they are."""
    return _NO_WORD.sub("", text).casefold()
