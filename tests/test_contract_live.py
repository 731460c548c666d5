"""What every helpdesk promises over HTTP, each against its own sandbox: reading, writing once, failing in our words.

Found by itself like test_contract.py; a vendor is named nowhere. Where a vendor makes a promise impossible, its ``cannot``
must say so, and what holds instead is asserted.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr

from connectors import kinds
from escalation.actions import Note, Receipt, Write
from escalation.ports import GiveUp, TryLater
from escalation.proof import look_back
from escalation.ticket import Money, Priority, Role, Status, TicketChange
from sandbox import samples
from tests.contract_steps import EIGHT, KEY, NOTE, READS, SAID, UNKNOWN, WRONG, done, fails, handoff, says, texts
from tests.contract_world import NOBODY_LISTENS, World, digits, stories, worlds


@pytest.fixture(scope="session")
def stage(postgres: str) -> Iterator[dict[str, World]]:
    with worlds(postgres) as found:
        yield found


@pytest.fixture(params=[(kind, story) for kind in kinds() for story in stories(kind)], ids="-".join)
def world(stage: dict[str, World], request: pytest.FixtureRequest) -> World:
    kind, story = request.param
    assert kind in stage, f"{kind} has a connector but no sandbox/{kind}.py"
    return stage[kind].clear(story)


# Reading


def test_a_whole_ticket_is_read(world: World) -> None:
    ticket = world.seed()
    read = world.connector().fetch(ticket)
    assert (read.connection, read.id, read.status.is_over) == (world.kind, ticket, False)
    assert {"subject", "status", "messages", "requester", "assignee", "group", "tags", "custom"} <= read.known
    assert read.subject and read.url and read.created_at and read.updated_at and read.tags and read.custom
    assert (read.requester.id, read.requester.email) == ("301", "mia@northwind.example")
    assert read.customer.organization.id == "401"
    assert (read.assignee.id, read.status is Status.UNKNOWN) == ("", False)
    assert not read.missing


def test_the_thread_is_in_order_with_who_spoke_and_whether_the_customer_sees_it(world: World) -> None:
    ticket = world.seed()
    thread, seen = world.connector().fetch(ticket).messages, world.seen(ticket)["entries"]
    times = [message.at for message in thread if message.at]
    assert len(times) == len(thread) and times == sorted(times)
    assert [message.public for message in thread] == [entry["public"] for entry in seen]
    assert {Role.CUSTOMER, Role.BOT, Role.AGENT} == {message.author.role for message in thread}
    assert thread[0].author.role is Role.CUSTOMER and not any(m.author.role is Role.CUSTOMER for m in thread if not m.public)
    assert all(message.id and message.text and "<p>" not in message.text for message in thread)
    assert len({message.id for message in thread}) == len(thread)


def test_a_comment_of_a_hundred_thousand_characters_with_html_and_emoji(world: World) -> None:
    ticket = world.seed()
    world.act(ticket, "reply", "customer", text=f"Hello 😀 <b>ü</b> &amp; {'very long words ' * 6250} the end 😀")
    message = world.connector().fetch(ticket).messages[-1]
    assert (message.author.role, message.public) == (Role.CUSTOMER, True)
    assert len(message.text) >= 100_000 and message.text.startswith("Hello 😀") and message.text.endswith("the end 😀")
    heard = [world.connector().change(request) for request in world.heard]
    assert any(isinstance(one, TicketChange) and one.ticket_id == ticket for one in heard)


@pytest.mark.parametrize("per_page", [2, 100])
def test_what_changed_is_listed_page_by_page_earliest_first(world: World, per_page: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"connectors.{world.kind}.listing.PER_PAGE", per_page)
    tickets = [world.seed(str(215_473_840_100 + number)) for number in range(5)]
    for ticket in reversed(tickets):
        world.act(ticket, "reply", "customer", text="Hello? Is anybody there?")
    helpdesk = world.connector()
    since = datetime.now(UTC) - timedelta(minutes=5)
    listed = list(helpdesk.changed(since))
    assert sorted({one.ticket_id for one in listed}) == sorted(tickets)
    assert listed == sorted(listed, key=lambda one: one.at)
    moments = {one.ticket_id: one.at for one in listed}
    assert {ticket: helpdesk.fetch(ticket).updated_at for ticket in tickets} == moments
    assert (
        list(helpdesk.changed(datetime.now(UTC) + timedelta(hours=1))) == [] or world.kind == "zendesk"
    )  # at most until a minute ago


def test_an_unknown_ticket_is_gone(world: World) -> None:
    helpdesk = world.connector()
    for id in UNKNOWN:
        assert fails(partial(helpdesk.fetch, id), GiveUp).gone, id
        for look_first in (False, True):
            assert fails(partial(done, helpdesk, handoff(id), look_first=look_first), GiveUp).gone, id
    assert not world.writes() or all(call["status"] == 404 for call in world.writes())


def test_earlier_tickets_of_the_same_customer(world: World) -> None:
    helpdesk, first, second = world.connector(), world.seed(), world.seed("4711")
    read = helpdesk.past_tickets(helpdesk.fetch(first))
    assert [past.id for past in read.customer.past] == [second] or says(helpdesk, "earlier tickets", "not listed")
    assert all(past.subject and past.url and past.created_at for past in read.customer.past)
    assert read.messages == helpdesk.fetch(first).messages


def test_agents_with_their_groups(world: World) -> None:
    agents = {agent.id: agent for agent in world.connector().agents()}
    assert (agents["101"].name, agents["101"].email) == ("Ada Lindqvist", "ada@example.com")
    assert set(agents["101"].group_ids) == {"201", "204"}
    assert {str(id) for id in range(101, 107)} <= set(agents)


@pytest.mark.parametrize("moves", [False, True], ids=["stays in its team", "moves to a team"])
def test_a_handoff_takes_six_calls_at_most(world: World, moves: bool) -> None:
    """All of them: the read, earlier tickets, the writes, the read-back; people and groups are known from the ticket before."""
    helpdesk, known = world.connector(), world.seed("4711")
    done(helpdesk, handoff(known, "h6", add_tags=()))
    helpdesk.past_tickets(helpdesk.fetch(known))
    ticket = world.seed()
    if not moves:
        done(helpdesk, Write("h5", ticket, group_id="201"))
    world.state.forget_calls(world.kind)
    seen = helpdesk.past_tickets(helpdesk.fetch(ticket))
    wanted = handoff(ticket, add_tags=())
    for step in helpdesk.steps(wanted, seen):
        helpdesk.write(step, look_first=False)
    assert not look_back(helpdesk, wanted, assigned=True).faults
    assert len(world.calls()) <= 6, [f"{call['method']} {call['path']}" for call in world.calls()]
    assert world.seen(ticket)["assignee"] and world.seen(ticket)["group"]


def test_reading_again_shows_what_was_just_written_and_who_asked(world: World) -> None:
    helpdesk, ticket = world.connector(), world.seed()
    done(helpdesk, handoff(ticket))
    again, whole = helpdesk.reread(ticket), helpdesk.fetch(ticket)
    assert (again.assignee.id, again.requester.id) == ("101", whole.requester.id)
    assert again.messages[-1].text == whole.messages[-1].text and KEY in again.messages[-1].text
    assert again.messages[-1].author.id == whole.messages[-1].author.id and not again.messages[-1].public


# Writing


def test_every_step_is_one_call_that_changes_the_ticket(world: World) -> None:
    helpdesk, ticket = world.connector(), world.seed()
    everything = handoff(ticket, status=Status.OPEN, priority=Priority.HIGH, remove_tags=("billing",), fields={"ai_attempts": 3})
    steps = helpdesk.steps(everything)
    assert len({step.key for step in steps}) == len(steps) and all(step.key.startswith("h7") for step in steps)
    for step in steps:
        writes = world.spent(partial(helpdesk.write, step, look_first=False))
        about = [call for call in writes if digits(ticket) in call["path"]]
        assert len(about) == 1, f"{step.key}: {writes}"
        assert len(writes) == 1 or says(helpdesk, "new_tags"), f"{step.key}: {writes}"
    assert helpdesk.steps(Write("h7", ticket)) == ()


def test_what_was_written_is_read_back(world: World) -> None:
    helpdesk, ticket = world.connector(), world.seed()
    fields = {"ai_attempts": 3, "refund_amount": Money(Decimal("650.50"), "USD")}
    write = handoff(ticket, status=Status.SOLVED, priority=Priority.HIGH, fields=fields)
    assert [receipt.mismatch for receipt in done(helpdesk, write)] == [()] * len(helpdesk.steps(write))
    read = helpdesk.fetch(ticket)
    assert (read.assignee.id, read.group.id, read.status) == ("101", "201", Status.SOLVED)
    refund = read.custom["refund_amount"]
    assert isinstance(refund, Money) and refund.amount == Decimal("650.50") and int(str(read.custom["ai_attempts"])) == 3


@pytest.mark.parametrize("word", [word for word in (*Priority, *Status) if word not in (Priority.UNKNOWN, Status.DELETED)])
def test_every_word_that_can_be_written_is_read_back(world: World, word: Priority | Status) -> None:
    helpdesk, ticket = world.connector(), world.seed()
    asked: dict[str, Any] = {type(word).__name__.lower(): word}
    try:
        done(helpdesk, Write("h7", ticket, **asked))
    except GiveUp as over:
        assert "back.status" in str(over)  # where an admin can give it a word
        return
    read = helpdesk.fetch(ticket)
    if isinstance(word, Priority):
        assert read.priority is word or says(helpdesk, "priority", "cannot write")
    else:
        assert read.status is word or (read.status.is_over is word.is_over and says(helpdesk, "only open and closed"))


def test_the_note_is_internal_and_says_once_which_it_is(world: World) -> None:
    ticket = world.seed()
    shown = world.public(ticket)
    [receipt] = done(world.connector(), Write("h7", ticket, note=NOTE))
    [note] = world.notes(ticket, KEY)
    assert note["public"] is False and note["html"].count(KEY) == 1
    assert (receipt.found, receipt.mismatch, receipt.calls) == (False, (), 1) and receipt.note_id
    assert receipt.actor_id in ("", "900")
    assert world.public(ticket) == shown
    read = world.connector().fetch(ticket).messages[-1]
    assert (read.public, read.author.role) == (False, Role.BOT), "a customer quoted in it would speak as an agent"
    assert read.text.rstrip().endswith(KEY)


def test_a_customers_words_arrive_as_words(world: World) -> None:
    helpdesk, ticket = world.connector(), world.seed()
    [write] = world.spent(lambda: done(helpdesk, Write("h7", ticket, note=NOTE)))
    sent = " ".join(texts(write["body"]))
    for tag in ("<script", "<img", "{{", "<!channel"):
        assert tag not in sent
    assert SAID in " ".join(helpdesk.fetch(ticket).messages[-1].text.split())
    assert "<script" not in world.notes(ticket, KEY)[0]["html"]


def test_the_customer_never_sees_anything(world: World) -> None:
    helpdesk, ticket = world.connector(), world.seed()
    shown = world.public(ticket)
    for write in (handoff(ticket, priority=Priority.LOW), handoff(ticket, "h8", status=Status.SOLVED)):
        done(helpdesk, write)
        done(helpdesk, write, look_first=True)
    assert world.public(ticket) == shown
    assert [len(world.notes(ticket, key)) for key in ("h7:note", "h8:note")] == [1, 1]


def test_a_person_and_a_group_end_assigned(world: World) -> None:
    ticket = world.seed()
    done(world.connector(), Write("h7", ticket, agent_id="103", group_id="202"))
    assert (world.seen(ticket)["assignee"], world.seen(ticket)["group"]) == ("Chidi Okafor", "Technical")
    done(world.connector(), Write("h8", ticket, agent_id="101", group_id="201"))
    assert (world.seen(ticket)["assignee"], world.seen(ticket)["group"]) == ("Ada Lindqvist", "Billing")


@pytest.mark.parametrize(("agent", "group"), [("103", "201"), ("105", "205")])
def test_an_agent_of_another_group_is_assigned_or_it_is_said_that_not(world: World, agent: str, group: str) -> None:
    ticket, helpdesk = world.seed(), world.connector()
    names = {"103": "Chidi Okafor", "105": "Emil Novak", "201": "Billing", "205": "Engineering"}
    try:
        words = [
            word for receipt in done(helpdesk, Write("h7", ticket, agent_id=agent, group_id=group)) for word in receipt.mismatch
        ]
    except GiveUp as over:
        words = [str(over)]
    seen = world.seen(ticket)
    assert (seen["assignee"], seen["group"]) == (names[agent], names[group]) or words


@pytest.mark.parametrize("what", [{"agent_id": "999"}, {"group_id": "999"}, {"agent_id": "ada"}])
def test_nobody_to_assign_to_is_given_up(world: World, what: dict[str, Any]) -> None:
    ticket = world.seed()
    fails(lambda: done(world.connector(), Write("h7", ticket, **what)), GiveUp)
    assert world.seen(ticket)["assignee"] == ""


def test_tags_are_merged_also_with_those_added_meanwhile(world: World) -> None:
    helpdesk, ticket = world.connector(), world.seed()
    before = set(world.seen(ticket)["tags"])
    helpdesk.fetch(ticket)
    world.act(ticket, "tag", 101, value="vip")
    done(helpdesk, Write("h7", ticket, add_tags=("escalated",)))
    assert set(world.seen(ticket)["tags"]) == before | {"vip", "escalated"}
    world.act(ticket, "tag", 101, value="gold")
    done(helpdesk, Write("h8", ticket, add_tags=("escalated", "second"), remove_tags=("vip", "never-there")))
    assert set(world.seen(ticket)["tags"]) == before | {"escalated", "gold", "second"}


# Once, whatever happens


def test_looking_first_finds_what_was_done_and_writes_nothing(world: World) -> None:
    ticket = world.seed()
    write = handoff(ticket, priority=Priority.HIGH, remove_tags=("billing",), fields={"ai_attempts": 3})
    done(world.connector(), write)
    seen, helpdesk = world.seen(ticket), world.connector()  # as after a restart: nothing remembered
    receipts: list[Receipt] = []
    assert world.spent(lambda: receipts.extend(done(helpdesk, write, look_first=True))) == []
    assert receipts and all(receipt.found for receipt in receipts)
    assert world.seen(ticket) == seen


def test_looking_first_does_what_was_not_done(world: World) -> None:
    ticket = world.seed()
    done(world.connector(), Write("h7", ticket, note=Note("h7:note2", "Another", ())))
    receipts = done(world.connector(), handoff(ticket), look_first=True)
    assert not any(receipt.found for receipt in receipts)
    assert len(world.notes(ticket, f"{KEY}<")) == 1 and world.seen(ticket)["assignee"] == "Ada Lindqvist"


def test_an_answer_lost_after_the_write_is_looked_up(world: World) -> None:
    ticket, helpdesk = world.seed(), world.connector()
    for step in helpdesk.steps(handoff(ticket, fields={"ai_attempts": 3})):
        with world.failing(rate_drop_after_write=1):
            lost = fails(partial(helpdesk.write, step, look_first=False), TryLater)
        assert lost.unclear
        assert world.connector().write(step, look_first=True).found or says(helpdesk, "new_tags"), step.key
    assert len(world.notes(ticket, KEY)) == world.seen(ticket)["tags"].count("escalated") == 1
    assert (world.seen(ticket)["assignee"], world.seen(ticket)["group"]) == ("Ada Lindqvist", "Billing")


def test_eight_threads_write_to_eight_tickets(world: World) -> None:
    helpdesk = world.connector()
    tickets = {world.seed(f"47{nth:02}"): pair for nth, pair in enumerate(EIGHT)}
    writes = [handoff(ticket, f"k{ticket}", agent_id=agent, group_id=group) for ticket, (agent, group) in tickets.items()]
    with ThreadPoolExecutor(8) as pool:
        receipts = list(pool.map(partial(done, helpdesk), writes))
    assert not any(receipt.found or receipt.mismatch for each in receipts for receipt in each)
    for ticket, pair in tickets.items():
        read = helpdesk.fetch(ticket)
        assert (read.assignee.id, read.group.id) == pair and "escalated" in read.tags
        assert [len(world.notes(ticket, f"k{other}:note")) for other in tickets] == [int(other == ticket) for other in tickets]


# Failing, in our words


def test_failing_reads_can_be_tried_later(world: World) -> None:
    ticket = world.seed()
    with world.failing(rate_429=1, retry_after_s=7):
        late = [fails(partial(read, world.connector(), ticket), TryLater) for read in READS]
        assert [(one.wait, one.unclear) for one in late] == [(timedelta(seconds=7), False)] * len(READS)
    for rates, changes in (({"rate_500": 1}, {}), ({"rate_timeout": 1, "timeout_s": 0.3}, {"timeout_s": 0.15})):
        with world.failing(**rates):
            for read in READS:
                assert not fails(partial(read, world.connector(**changes), ticket), TryLater).unclear
    for read in READS:
        assert not fails(partial(read, world.connector(url=NOBODY_LISTENS), ticket), TryLater).unclear


@pytest.mark.parametrize("what", [{"note": NOTE}, {"agent_id": "101", "group_id": "201"}, {"add_tags": ("x",)}])
def test_failing_writes_can_be_tried_later_and_are_unclear_when_they_may_have_worked(world: World, what: dict[str, Any]) -> None:
    ticket = world.seed()
    seen, write = world.seen(ticket), Write("h7", ticket, **what)
    with world.failing(rate_429=1, retry_after_s=7):
        late = fails(lambda: done(world.connector(), write), TryLater)
        assert (late.wait, late.unclear) == (timedelta(seconds=7), False)
    with world.failing(rate_500=1):
        world.state.forget_calls(world.kind)
        assert fails(lambda: done(world.connector(), write), TryLater).unclear == bool(world.writes())
    assert world.seen(ticket) == seen
    fails(lambda: done(world.connector(url=NOBODY_LISTENS), write), TryLater)


def test_a_write_without_an_answer_in_time_is_sent_once_and_unclear(world: World) -> None:
    ticket = world.seed()
    write = Write("h7", ticket, note=NOTE)
    world.state.forget_calls(world.kind)
    with world.failing(rate_timeout=1, timeout_s=0.3):
        assert fails(lambda: done(world.connector(0.15), write), TryLater).unclear
        world.wait(lambda: bool(world.writes()))
    assert len(world.writes()) == 1
    assert all(receipt.found for receipt in done(world.connector(), write, look_first=True))
    assert len(world.notes(ticket, KEY)) == 1


def test_wrong_credentials_are_given_up_and_explained(world: World) -> None:
    ticket, helpdesk = world.seed(), world.connector(token=SecretStr(WRONG))
    for call in (lambda: helpdesk.fetch(ticket), lambda: done(helpdesk, handoff(ticket)), helpdesk.agents):
        assert not fails(call, GiveUp).gone
    [problem] = helpdesk.check()
    assert WRONG not in problem and any(word in problem.lower() for word in ("token", "key"))
    assert any(word in problem.lower() for word in ("check", "correct"))


def test_check_finds_nothing_wrong_or_says_what(world: World) -> None:
    assert world.connector().check() == ()
    [away] = world.connector(url=NOBODY_LISTENS).check()
    assert "connect" in away or "reach" in away
    for changes in ({"secrets": ()}, {"secrets": (SecretStr(""),)}):
        [problem] = world.connector(**changes).check()
        assert "secret" in problem or "token" in problem
    assert world.connector(url="not an address").check()


# Our own echo is not news


def test_our_own_writes_are_known_when_they_come_back(world: World) -> None:
    ticket, helpdesk = world.seed(), world.connector()
    world.control("PUT", "_echo", {"on": True})
    for write in (Write("h7", ticket, note=NOTE), Write("h8", ticket, agent_id="101", group_id="201")):
        world.heard.clear()
        done(helpdesk, write)
        world.wait(lambda: bool(world.heard))
        for echo in world.changes():
            assert echo.ticket_id == ticket
            assert world.connector().is_own(echo) or (not echo.actor.id and says(helpdesk, "who acted")), echo


def test_what_a_person_does_is_not_taken_for_ours(world: World) -> None:
    # A ticket of its own: an echo of another test's write may still be on its way.
    ticket, helpdesk = world.seed(samples.a_ticket_id()), world.connector()
    done(helpdesk, Write("h7", ticket, note=NOTE))
    world.act(ticket, "reply", 102, text="We look into it.")
    world.act(ticket, "reply", "customer", text=f"What is Baton ref {KEY}?")
    world.act(ticket, "assign", 102, value=102)
    world.act(ticket, "note", 102, text="Billing must decide.")
    changes = [change for change in world.changes() if change.ticket_id == ticket]
    assert len(changes) >= 4
    assert not any(helpdesk.is_own(change) for change in changes)
