"""Reading back what was written: each way in which a helpdesk may keep something else is found, mended or told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.notes import to_html
from connectors.zendesk.outbound import NOTE_LIMIT, NOTE_TAGS
from escalation.actions import Line, Note, Write
from escalation.proof import Fault, again, look_back, read_back
from escalation.ticket import Message, Person, Role, Ticket
from sandbox.freshdesk_world import text_of

NOTE = Note(
    "h1", "Handoff to Ada", (Line("Customer", "Kim <kim@x.example>"), Line("Goal", "A refund & an answer")), link="https://b"
)
WRITE = Write("h1:ada:2", "7", agent_id="11", group_id="3", note=NOTE)
TEXT = "Handoff to Ada\nCustomer: Kim <kim@x.example>\nGoal: A refund & an answer\nOpen the handoff in Baton\nBaton ref h1"
OURS = Message("m2", Person("1", "Baton", role=Role.BOT), TEXT, public=False)
ASKED = Message("m1", Person("9", "Kim", role=Role.CUSTOMER), "Refund me")
TICKET = Ticket("zendesk", "7", requester=Person("9"), assignee=Person("11", "Ada"), messages=(ASKED, OURS))


def changed(**note: object) -> Ticket:
    return replace(TICKET, messages=(ASKED, replace(OURS, **note)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("ticket", "faults"),
    [
        (TICKET, set()),
        (changed(text=TEXT.replace("\n", " ")), set()),  # rendered on one line
        (replace(TICKET, messages=(ASKED,)), {Fault.MISSING}),
        (changed(public=True), {Fault.PUBLIC}),
        (changed(text=TEXT[:60]), {Fault.CUT}),
        (changed(text=TEXT.replace("Baton ref h1", "")), {Fault.CUT}),
        (changed(text=TEXT.replace("& an answer", "")), {Fault.CUT}),
        (changed(text=TEXT.replace("ref h1", "ref h12")), {Fault.MISSING}),  # the note of another handoff
        (replace(TICKET, messages=(ASKED, replace(OURS, author=Person("9")))), {Fault.MISSING}),  # the customer copied it
        (replace(TICKET, assignee=Person()), {Fault.NOT_ASSIGNED}),
        (replace(changed(public=True, text=TEXT[:60]), assignee=Person("12")), {Fault.PUBLIC, Fault.CUT, Fault.NOT_ASSIGNED}),
    ],
)
def test_what_is_found(ticket: Ticket, faults: set[Fault]) -> None:
    found = read_back(WRITE, ticket, assigned=True)
    assert set(found.faults) == faults
    assert ("Not as asked" in found.words) == bool(faults)


def test_all_in_words() -> None:
    assert read_back(WRITE, TICKET, assigned=True).words == "Read back: note there, internal, complete, assigned to Ada"


class Shown:
    """A helpdesk that shows the newest messages or all of them, and counts how often it was asked for each."""

    def __init__(self, newest: Ticket, whole: Ticket = TICKET) -> None:
        self.newest, self.whole, self.asked = newest, whole, ""

    def reread(self, ticket_id: str, known: Callable[[], Ticket | None] = lambda: None) -> Ticket:
        self.asked += f" newest of {ticket_id}"
        return self.newest

    def fetch(self, ticket_id: str, known: Ticket | None = None) -> Ticket:
        self.asked += f" whole {ticket_id}"
        return self.whole


CUT_SHORT = replace(TICKET, messages=(ASKED,), missing={"messages": "only the newest 100 messages were read"})


@pytest.mark.parametrize(
    ("newest", "whole", "faults", "asked"),
    [
        (TICKET, TICKET, set(), " newest of 7"),
        (replace(TICKET, messages=(ASKED,)), TICKET, {Fault.MISSING}, " newest of 7"),  # these were all there are
        (CUT_SHORT, TICKET, set(), " newest of 7 whole 7"),
        (CUT_SHORT, replace(TICKET, messages=(ASKED,)), {Fault.MISSING}, " newest of 7 whole 7"),
        (replace(CUT_SHORT, messages=TICKET.messages, assignee=Person()), TICKET, {Fault.NOT_ASSIGNED}, " newest of 7"),
    ],
)
def test_a_note_is_missed_only_after_a_look_at_the_whole_thread(
    newest: Ticket, whole: Ticket, faults: set[Fault], asked: str
) -> None:
    shown = Shown(newest, whole)
    assert set(look_back(shown, WRITE, assigned=True).faults) == faults  # type: ignore[arg-type]
    assert shown.asked == asked


def test_who_has_it_by_now_is_not_judged() -> None:
    assert not read_back(WRITE, replace(TICKET, assignee=Person("12")), assigned=False).faults


def test_a_group_alone() -> None:
    to_group = replace(WRITE, agent_id="", note=None)
    assert set(read_back(to_group, TICKET, assigned=True).faults) == {Fault.NOT_ASSIGNED}
    assert not read_back(to_group, replace(TICKET, group=Person("3")), assigned=True).faults  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("faults", "note", "agent"),
    [
        ({Fault.MISSING}, NOTE, ""),
        ({Fault.NOT_ASSIGNED}, None, "11"),
        ({Fault.MISSING, Fault.NOT_ASSIGNED, Fault.CUT}, NOTE, "11"),
    ],
)
def test_what_is_written_again(faults: set[Fault], note: Note | None, agent: str) -> None:
    mend = again(WRITE, dict.fromkeys(faults, "why"))
    assert mend is not None and (mend.note, mend.agent_id) == (note, agent)
    assert mend.key != WRITE.key


def test_what_is_public_or_cut_is_not_written_twice() -> None:
    assert again(WRITE, {Fault.PUBLIC: "", Fault.CUT: ""}) is None


TEXTS = st.text(max_size=200)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=8), st.text(min_size=1, max_size=60))
def test_a_note_that_was_rendered_and_read_as_text_is_whole(lines: list[tuple[str, str]], title: str) -> None:
    note = Note("h-1", title, tuple(Line(label, text) for label, text in lines))
    text = text_of(to_html(note, tags=NOTE_TAGS, limit=NOTE_LIMIT))
    ticket = replace(TICKET, messages=(replace(OURS, text=text),))
    assert not read_back(replace(WRITE, note=note), ticket, assigned=True).faults
