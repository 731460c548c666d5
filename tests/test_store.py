"""What the store promises: one commit for what belongs together, keys that are unique for ever, a timeline nobody rewrites."""

from __future__ import annotations

import pkgutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from escalation.actions import Action, ActionKind, Entry, Timer, TimerKind
from escalation.journal import DeliveryStatus, Outcome
from escalation.ports import Arrival, Inbound
from escalation.ticket import ChangeKind, LeftOut, Message, Person, Priority, Role, Ticket, TicketChange
from store import embedded, engine, migrate, not_read
from store.documents import StoredDocuments, files
from store.intake import Intake, Row
from store.journal import StoredJournal
from tests.support import ROOT

VALUE_OF, WORD_OF = (not_read.VALUE, "subject"), (not_read.WORD, "status")
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def journal(db: Engine) -> Iterator[StoredJournal]:
    made = StoredJournal(db)
    yield made
    made.close()


def count(db: Engine, query: str) -> int:
    with db.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def request(body: bytes = b"{}", **headers: str) -> Inbound:
    return Inbound(headers, body, {})


def test_two_processes_migrate_at_once(empty_database: str) -> None:
    engines = [engine.connect(empty_database) for _ in range(2)]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(migrate.upgrade, engines))
    assert migrate.is_current(engines[0])
    for one in engines:
        one.dispose()


def test_migrations_and_tables_say_the_same(db: Engine) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.migration import MigrationContext

    import store
    from store.tables import Table

    for module in pkgutil.iter_modules(store.__path__):  # wherever a table stands
        import_module(f"store.{module.name}")
    with db.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: "procrastinate" not in (name or "")}
        )
        found = [d for d in compare_metadata(context, Table.metadata) if "procrastinate" not in str(d)]
    assert found == []


def test_accept_keeps_bytes_and_queues_one_job(db: Engine, journal: StoredJournal) -> None:
    body = b'{\n "a": "\xf0\x9f\x8e\x9f" }\n'
    number, again = journal.accept(
        "zendesk", request(body, **{"content-type": "application/json", "authorization": "secret"}), Arrival("k1", "7", "e")
    )
    assert not again
    assert journal.accept("zendesk", request(body), Arrival("k1", "7", "e")) == (number, True)
    assert journal.accept("freshdesk", request(body), Arrival("k1", "7", "e"))[1] is False, "keys are per connection"
    with db.connect() as connection:
        row = connection.execute(text("SELECT body, headers FROM deliveries WHERE id = :n"), {"n": number}).one()
    assert bytes(row.body) == body
    assert row.headers == {"content-type": "application/json"}, "proofs are not kept"
    assert count(db, "SELECT count(*) FROM procrastinate_jobs WHERE lock = 'zendesk:7'") == 1


@pytest.mark.parametrize("derived", [False, True])
def test_equal_keys_are_one_event_only_where_the_vendor_gave_them(db: Engine, journal: StoredJournal, derived: bool) -> None:
    accepted = [journal.accept("zendesk", request(), Arrival("k", "7", "e", derived)) for _ in range(3)]
    numbers = {number for number, _ in accepted}
    assert [again for _, again in accepted] == [False, True, True]
    assert len(numbers) == (3 if derived else 1)
    assert numbers == {one.id for one in journal.waiting("zendesk", "7")}
    assert count(db, "SELECT count(*) FROM procrastinate_jobs") == len(numbers)


def test_many_equal_ones_at_once_are_each_answered_with_a_row_that_waits(journal: StoredJournal) -> None:
    """One that finds nothing was committed together with what it equals, or before: the handling of that is still to come."""
    start = threading.Barrier(16)

    def accept(n: int) -> tuple[int, bool]:
        start.wait()
        return journal.accept("freshdesk", request(), Arrival(f"k{n % 2}", "7", "e", derived=True))

    with ThreadPoolExecutor(16) as pool:
        accepted = list(pool.map(accept, range(16)))
    assert sum(not again for _, again in accepted) == 2
    assert {number for number, _ in accepted} == {one.id for one in journal.waiting("freshdesk", "7")}


def test_eight_at_once_with_the_same_key_are_one(db: Engine, journal: StoredJournal) -> None:
    start = threading.Barrier(8)

    def accept(_: int) -> tuple[int, bool]:
        start.wait()
        return journal.accept("zendesk", request(), Arrival("same", "7", "e"))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(accept, range(8)))
    assert len({number for number, _ in answers}) == 1
    assert sorted(again for _, again in answers) == [False] + [True] * 7


def test_many_at_once_lose_nothing(db: Engine, journal: StoredJournal) -> None:
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: journal.accept("zendesk", request(), Arrival(f"k{n}", str(n % 50), "e")), range(400)))
    assert len({number for number, _ in answers}) == 400 and not any(again for _, again in answers)
    assert count(db, "SELECT count(*) FROM deliveries") == 400
    assert count(db, "SELECT count(DISTINCT lock) FROM procrastinate_jobs") == 50


def test_no_turn_is_ever_lost(db: Engine) -> None:
    """However threads come and go, somebody writes, and afterwards no turn is left taken."""
    intake = Intake(db)
    with ThreadPoolExecutor(32) as pool:
        rows = (Row("zendesk", f"k{n % 2500}", str(n % 9), "e", {}, {}, b"{}") for n in range(3000))
        answers = list(pool.map(intake.accept, rows, timeout=60))
    assert len({number for number, _ in answers}) == 2500 and sum(again for _, again in answers) == 500
    assert not intake._writing and intake._gathered == []
    intake.close()


def test_a_row_the_database_refuses_harms_no_other(db: Engine) -> None:
    intake = Intake(db)
    start = threading.Barrier(4)

    def accept(n: int) -> str:
        start.wait()
        try:
            intake.accept(Row("zendesk", f"k{n}", "\x00" if n == 2 else "7", "e", {}, {}, b"{}"))
        except psycopg.DataError:
            return "refused"
        return "kept"

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(accept, range(4))) == ["kept", "kept", "refused", "kept"]
    intake.close()


def test_intake_finds_a_restarted_database_again(place: Path) -> None:
    folder = place / "restarted"
    made = engine.connect(embedded.start(folder))
    migrate.upgrade(made)
    journal = StoredJournal(made)
    journal.accept("zendesk", request(), Arrival("k1", "7", "e"))
    embedded.stop(folder)
    with pytest.raises((psycopg.OperationalError, DBAPIError)):
        journal.accept("zendesk", request(), Arrival("k2", "7", "e"))
    embedded.revive(folder)
    assert journal.accept("zendesk", request(), Arrival("k2", "7", "e"))[1] is False
    assert journal.accept("zendesk", request(), Arrival("k1", "7", "e"))[1] is True
    journal.close()
    made.dispose()
    embedded.stop(folder)


def test_what_was_planned_in_a_failed_case_never_was(db: Engine, journal: StoredJournal) -> None:
    with pytest.raises(ZeroDivisionError), journal.case("zendesk", "7", NOW) as case:
        case.save_ticket(Ticket("zendesk", "7"))
        case.plan(Action("a", ActionKind.TELL, "h"))
        case.write([Entry("x", "words")])
        raise ZeroDivisionError
    for table in ("tickets", "actions", "timeline", "procrastinate_jobs"):
        assert count(db, f"SELECT count(*) FROM {table}") == 0  # noqa: S608 - our own names


def test_a_ticket_comes_back_as_it_was_kept(journal: StoredJournal) -> None:
    messages = tuple(
        Message(str(n), Person("1", "Mia", "", Role.CUSTOMER), f"text {n} 🎟", at=NOW + timedelta(minutes=n)) for n in range(3)
    )
    ticket = Ticket(
        "zendesk", "7", subject="s", priority=Priority.URGENT, tags=("a",), messages=messages, known=frozenset({"subject"})
    )
    with journal.case("zendesk", "7", NOW) as case:
        case.save_ticket(ticket, read_at=NOW, actions_seen=["x"])
    with journal.case("zendesk", "7", NOW) as case:
        assert case.ticket == ticket and case.evaluated is None
    assert journal.known("zendesk", "7").actions_seen == {"x"}


def test_actions_are_unique_for_ever_and_begin_once_each(db: Engine, journal: StoredJournal) -> None:
    action = Action("a", ActionKind.TELL, "h", {"text": "t"})
    for _ in range(2):
        with journal.case("zendesk", "7", NOW) as case:
            case.plan(action)
    assert count(db, "SELECT count(*) FROM procrastinate_jobs") == 1
    number = count(db, "SELECT id FROM actions")
    first = journal.begin(number)
    assert first is not None and first.action == action and not first.look_first
    second = journal.begin(number)
    assert second is not None and second.look_first, "a try that never ended may have taken effect"
    journal.finish(second, NOW)
    assert journal.begin(number) is None


def test_a_clear_failure_needs_no_look_up_and_an_unclear_one_does(db: Engine, journal: StoredJournal) -> None:
    with journal.case("zendesk", "7", NOW) as case:
        case.plan(Action("a", ActionKind.TELL, "h"))
    number = count(db, "SELECT id FROM actions")
    for unclear, look_first in ((False, False), (True, True), (False, True)):
        task = journal.begin(number)
        assert task is not None
        journal.failed(task, "no", unclear=unclear, final=False)
        again = journal.begin(number)
        assert again is not None and again.look_first is look_first
        journal.failed(again, "no", unclear=False, final=False)


def test_what_a_crash_cut_off_stays_unclear_when_the_look_itself_fails(db: Engine, journal: StoredJournal) -> None:
    with journal.case("zendesk", "7", NOW) as case:
        case.plan(Action("a", ActionKind.WRITE, "h"))
    number = count(db, "SELECT id FROM actions")
    assert journal.begin(number) is not None  # written, and the worker killed
    looking = journal.begin(number)
    assert looking is not None and looking.look_first
    journal.failed(looking, "429", unclear=False, final=False)  # the vendor would not let it look
    again = journal.begin(number)
    assert again is not None and again.look_first


def test_set_aside_actions_wait_for_a_person(db: Engine, journal: StoredJournal) -> None:
    with journal.case("zendesk", "7", NOW) as case:
        case.plan(Action("a", ActionKind.WRITE, "h"))
    number = count(db, "SELECT id FROM actions")
    task = journal.begin(number)
    assert task is not None
    journal.failed(task, "refused", unclear=False, final=True)
    assert journal.begin(number) is None
    journal.retry(number)
    again = journal.begin(number)
    assert again is not None and again.look_first and again.attempts == 1
    with pytest.raises(LookupError):
        journal.retry(number + 1)


def test_a_timer_is_claimed_once(journal: StoredJournal) -> None:
    with journal.case("zendesk", "7", NOW) as case:
        case.set_timers(
            [
                Timer("t", TimerKind.OFFER_EXPIRES, "h", NOW, "o"),
                Timer("later", TimerKind.OFFER_EXPIRES, "h", NOW + timedelta(hours=1)),
            ]
        )
    assert [t.key for t in journal.due_timers(NOW, 10)] == ["t"]
    claims = []
    for _ in range(2):
        with journal.case("zendesk", "7", NOW) as case:
            claims.append(case.claim_timer("t"))
    assert claims == [True, False] and journal.due_timers(NOW, 10) == ()


def test_the_timeline_cannot_be_rewritten(db: Engine, journal: StoredJournal) -> None:
    journal.note("signed_in", "somebody signed in", "x@example.com", NOW)
    for statement in ("UPDATE timeline SET words = 'other'", "DELETE FROM timeline"):
        with pytest.raises(DBAPIError, match="append-only"), db.begin() as connection:
            connection.execute(text(statement))
    assert count(db, "SELECT count(*) FROM timeline") == 1


def test_what_was_not_read_is_counted_by_connection_and_field(db: Engine, journal: StoredJournal) -> None:
    def handle(connection: str, ticket_id: str) -> None:
        lost = (LeftOut("subject", "a", "expected text", "Mend it."), LeftOut("", "", "and 7 more values", ""))
        became = TicketChange(
            connection, ticket_id, ChangeKind.UPDATED, "e", unknown_words={"status": f"odd {ticket_id}"}, left_out=lost
        )
        number, _ = journal.accept(connection, request(), Arrival(f"k{ticket_id}", ticket_id, "e"))
        with journal.case(connection, ticket_id, NOW) as case:
            case.conclude([Outcome(number, DeliveryStatus.HANDLED, became)])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(handle, ["zendesk", "freshdesk"] * 10, map(str, range(20))))
    assert not_read.totals(db) == {(c, *what): 10 for c in ("freshdesk", "zendesk") for what in (VALUE_OF, WORD_OF)}


def test_replay_queues_again_and_counts(db: Engine, journal: StoredJournal) -> None:
    number, _ = journal.accept("zendesk", request(), Arrival("k", "7", "e"))
    with journal.case("zendesk", "7", NOW) as case:
        case.conclude([Outcome(number, DeliveryStatus.UNREADABLE, None, "why")])
    assert journal.waiting("zendesk", "7") == ()
    journal.replay(number)
    assert [w.id for w in journal.waiting("zendesk", "7")] == [number]
    assert count(db, "SELECT replays FROM deliveries") == 1
    with pytest.raises(LookupError):
        journal.replay(number + 1)


def test_documents_follow_files_until_somebody_edits_them(db: Engine) -> None:
    documents = StoredDocuments(db)
    assert documents.sync({"roster": "one"}) == ()
    assert documents.sync({"roster": "one"}) == () and documents.active("roster").version == 1
    assert documents.sync({"roster": "two"}) == () and documents.active("roster").text == "two"
    documents.add("roster", "edited", "ada", "a new colleague", expect=2)
    assert documents.sync({"roster": "two"}) == () and documents.active("roster").text == "edited", "the file did not change"
    assert documents.sync({"roster": "three"}) == ("roster",) and documents.active("roster").text == "edited"
    assert documents.sync({"roster": "edited"}) == () and documents.active("roster").version == 3
    assert documents.sync({"roster": "four"}) == ("roster",) or documents.active("roster").text == "four"
    with pytest.raises(ValueError, match="by now"):
        documents.add("roster", "x", "bo", "y", expect=1)
    with pytest.raises(LookupError):
        documents.active("nothing")
    assert [d.version for d in documents.history("roster")][-1] == 1


def test_starter_documents_are_found() -> None:
    assert set(files(ROOT / "config", ROOT / "mappings")) >= {"escalation", "roster", "mappings/zendesk"}


def test_whatever_goes_wrong_in_a_batch_nobody_is_told_that_it_is_kept(db: Engine) -> None:
    """A pool without a free connection is neither psycopg's error nor the database's."""
    from sqlalchemy.exc import TimeoutError as NoConnection

    class Exhausted(Intake):
        def _new_connection(self) -> object:
            raise NoConnection("QueuePool limit reached")

    intake = Exhausted(db)

    def accept(n: int) -> str:
        try:
            return str(intake.accept(Row("zendesk", f"k{n}", "7", "e", {}, {}, b"{}")))
        except (NoConnection, psycopg.OperationalError):
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(accept, range(12))) == {"refused"}
    assert count(db, "SELECT count(*) FROM deliveries") == 0


def test_errors_of_the_database_never_quote_what_was_stored(db: Engine) -> None:
    with pytest.raises(DBAPIError) as refused, db.begin() as connection:
        connection.execute(text("SELECT CAST(:secret AS int)"), {"secret": "4111 1111 1111 1111"})
    assert "parameters hidden" in str(refused.value)


def test_a_timer_can_be_postponed(journal: StoredJournal) -> None:
    with journal.case("zendesk", "7", NOW) as case:
        case.set_timers([Timer("t", TimerKind.OFFER_EXPIRES, "h", NOW, "o")])
    journal.postpone("t", NOW + timedelta(minutes=1))
    assert journal.due_timers(NOW, 10) == ()
    assert [t.key for t in journal.due_timers(NOW + timedelta(minutes=2), 10)] == ["t"]
