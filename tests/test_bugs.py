"""Bugs through the real store and pipeline: thirty tickets on one fault are one bug, its news reach all, nothing is lost."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import Engine

from escalation.actions import Note, Receipt, Write
from escalation.bug import BugLink, BugState, Evidence, Filed
from escalation.bugs import Asked, BugDesk
from escalation.events import Accept
from escalation.ports import Arrival, BadSignature, GiveUp, Inbound, News, NewsKind, Outside, Tracker, TryLater, Unreadable
from escalation.retry import wait_before
from escalation.roster import Team
from escalation.ticket import Ignored
from store import engine as engines
from tests.floor import CHANNEL, Floor, PlayHelpdesk, people

TEXT = (
    "The export fails with error ERR-5021 every time I click Export and then Download. Chrome 126 on Windows 11."
    " All our users are blocked, nobody can work since this morning."
)


_NEXT = """
SELECT id FROM actions WHERE state = 'planned' AND kind IN ('file', 'link', 'note', 'tell') ORDER BY id LIMIT 1
"""


class PlayTracker:
    """A tracker that keeps bugs in memory and can be told to refuse."""

    name = "github"

    def __init__(self) -> None:
        self.bugs: list[Note] = []
        self.links: list[tuple[str, str]] = []  # bug id, ticket
        self.trouble: Outside | None = None
        self.after: Outside | None = None  # raised once the call took effect
        self.lock = threading.Lock()

    def _refuse(self) -> None:
        if self.trouble:
            raise self.trouble

    def find(self, mark: str) -> Filed | None:
        return next((self._filed(n) for n, bug in enumerate(self.bugs) if bug.key == mark), None)

    def _filed(self, number: int) -> Filed:
        return Filed(str(number), f"#{number}", f"https://tracker.test/{number}")

    def file(self, bug: Note) -> Filed:
        self._refuse()
        with self.lock:
            self.bugs.append(bug)
            filed = self._filed(len(self.bugs) - 1)
        after, self.after = self.after, None
        if after:
            raise after
        return filed

    def link(self, bug: Filed, link: BugLink, mark: str, *, look_first: bool) -> None:
        self._refuse()
        if (bug.id, link.ticket_id) not in self.links or not look_first:
            self.links.append((bug.id, link.ticket_id))

    def verify(self, inbound: Inbound, now: datetime) -> None:
        if inbound.headers.get("proof") != "good":
            raise BadSignature("proof is wrong")

    def arrival(self, inbound: Inbound) -> Arrival:
        try:
            told = json.loads(inbound.body)
        except ValueError as wrong:
            raise Unreadable("not JSON") from wrong
        return Arrival(told["key"], told["bug"], told["kind"])

    def change(self, inbound: Inbound) -> News | Ignored:
        told = json.loads(inbound.body)
        if told["kind"] == "other":
            return Ignored("other", "no matter")
        at = datetime.fromisoformat(told["at"])
        kind, fact = NewsKind(told["kind"]), told.get("fact", told["key"])
        return News(told["bug"], kind, fact, at, "Edda", told.get("text", ""), own=told.get("own", False))

    def check(self) -> tuple[str, ...]:
        return ()


@dataclass
class NotingHelpdesk(PlayHelpdesk):
    notes: list[Write] = field(default_factory=list)

    def write(self, step: Write, *, look_first: bool) -> Receipt:
        if step.note:
            self.notes.append(step)
        return Receipt(note_id="n")


class Chat:
    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    def tell(self, to: str, text: str, key: str, *, look_first: bool) -> Any:
        from escalation.ports import Posted

        self.said.append((to, text))
        return Posted(to, str(len(self.said)))


class Office(Floor):
    """A floor with a tracker, and a worker that carries out what is planned for bugs."""

    def open(self, *, trackers: bool = True) -> Office:
        self.tracker, self.desk_notes, self.said = PlayTracker(), NotingHelpdesk(), Chat()
        known: dict[str, Tracker] = {"github": self.tracker} if trackers else {}
        self.pipeline = replace(
            self.pipeline,
            helpdesks=lambda: {"zendesk": self.desk_notes},
            chat=cast(Any, self.said),
            trackers=lambda: known,
            page_url="https://baton.test",
        )
        self.bugs = BugDesk(self.pipeline)
        return self

    def ticket(self, number: str, text: str = TEXT) -> str:
        """A ticket that was handed over; its handoff."""
        self.webhook(number, kind="created", status="open", priority="urgent", by="customer", text=text)
        return self.handoff_of(number)

    def report(self, handoff: str, **asked: Any) -> Any:
        return self.bugs.report(handoff, Asked("Ada", **asked), self.now)

    def work(self, most: int = 1000) -> None:
        """Everything planned about bugs and messages, each as the worker does; failures wait for their next try."""
        for _ in range(most):
            rows = self.rows(_NEXT)
            if not rows:
                return
            task = self.journal.begin(rows[0].id)
            assert task is not None
            try:
                self.pipeline.perform(task)
            except Outside as error:
                self.pipeline.failed(task, error, final=wait_before(task.attempts, error, 0.0) is None)
        raise AssertionError("the work never ends")

    def news(self, kind: str, key: str, bug: str = "0", *, at: timedelta = timedelta(0), **told: Any) -> bool:
        """The tracker tells of a bug; True when it was kept before."""
        body = json.dumps({"key": key, "bug": bug, "kind": kind, "at": (self.now + at).isoformat(), **told}).encode()
        _, duplicate = self.bugs.receive("github", Inbound({"proof": "good"}, body, {}), self.now)
        self.pipeline.handle("tracker:github", bug)
        return duplicate

    def noted(self, word: str) -> Counter[str]:
        """How often each ticket was told of something in a title."""
        return Counter(w.ticket_id for w in self.desk_notes.notes if w.note and word in w.note.title)

    def timeline(self, kind: str) -> list[Any]:
        return self.rows("SELECT ticket_id, words FROM timeline WHERE kind = :kind ORDER BY id", kind=kind)


@pytest.fixture
def wide(migrated_database: str) -> Iterator[Engine]:
    made = engines.connect(migrated_database, pool_size=32)
    yield made
    made.dispose()


@pytest.fixture
def office(db: Engine) -> Iterator[Office]:
    made = Office(db, CHANNEL, people(3)).open()
    yield made
    made.journal.close()


def test_thirty_tickets_at_once_are_one_bug_with_thirty_links_and_closing_reaches_all_once(wide: Engine) -> None:
    office = Office(wide, CHANNEL, people(3)).open()
    handoffs = [office.ticket(str(n), f"Hello from customer {n}. {TEXT}") for n in range(1, 31)]
    start = threading.Barrier(30)

    def report(handoff: str) -> Any:
        start.wait()
        return office.report(handoff)

    with ThreadPoolExecutor(30) as pool:
        told = list(pool.map(report, handoffs))
    assert [r.ok for r in told] == [True] * 30
    assert sum(r.new for r in told) == 1
    office.work()
    ((bug, count, state),) = office.rows("SELECT id, count, state FROM bugs")
    assert (count, state) == (30, "open")
    assert office.rows("SELECT count(*) AS n FROM bug_links")[0].n == 30
    assert len(office.tracker.bugs) == 1
    listed = dict(office.tracker.bugs[0].sections)["Linked tickets"]
    assert len(listed) == 30 and office.tracker.links == [], "the text of the bug names all that were linked before it was filed"
    everybody = {str(n): 1 for n in range(1, 31)}
    assert office.noted("Bug #0 in github") == everybody

    assert office.news("closed", "d1") is False
    assert office.news("closed", "d1") is True, "the same delivery"
    office.news("closed", "d2", at=timedelta(seconds=1))  # the same fact in another delivery
    office.work()
    assert office.noted("was closed") == everybody
    assert Counter(r.ticket_id for r in office.timeline("bug_news")) == everybody
    assert office.journal.bugs.get(bug).state is BugState.CLOSED  # type: ignore[union-attr]
    woken = [text for _, text in office.said.said if "was closed" in text]
    assert len(woken) == 1 and "and 25 more" in woken[0], "one message to the team that has all thirty"
    office.journal.close()


def test_later_tickets_are_linked_to_the_filed_bug(office: Office) -> None:
    first = office.report(office.ticket("1"))
    office.work()
    second = office.report(office.ticket("2", "Export again: ERR-5021!"))
    assert first.new and second.ok and not second.new and second.bug.id == first.bug.id
    assert second.bug.count == 2, "a known fault needs no evidence of the second ticket"
    office.work()
    assert office.tracker.links == [("0", "2")]
    assert office.report(office.handoff_of("2"), bug=first.bug.id).text.startswith("This ticket was linked")
    office.work()
    assert office.tracker.links == [("0", "2")] and office.noted("Bug #0") == {"1": 1, "2": 1}


def test_a_tracker_that_answers_401_stops_nothing_and_loses_nothing(office: Office) -> None:
    office.tracker.trouble = GiveUp("github: POST /repos/play/product/issues answered 401: Bad credentials")
    one, two = office.ticket("1"), office.ticket("2")
    assert office.report(one).ok and office.report(two).ok
    office.work()
    assert office.press(one, Accept("a00")).ok, "the handoff goes on"
    ((state, error),) = office.rows("SELECT state, error FROM bugs")
    assert state == "filing" and "401" in error
    assert "401" in office.timeline("set_aside")[0].words
    assert office.timeline("bug_waits")[0].ticket_id == "2" and "401" in office.timeline("bug_waits")[0].words
    assert any("could not be filed" in text and "401" in text for _, text in office.said.said)
    office.tracker.trouble = None
    (aside,) = office.rows("SELECT id FROM actions WHERE state = 'set_aside'")
    office.pipeline.retry(aside.id, office.now)
    office.work()
    assert len(office.tracker.bugs) == 1
    assert len(dict(office.tracker.bugs[0].sections)["Linked tickets"]) == 2
    assert office.noted("Bug #0") == {"1": 1, "2": 1}


def test_after_an_unclear_filing_it_is_looked_for_and_not_filed_twice(office: Office) -> None:
    office.tracker.after = TryLater("github: no answer", unclear=True)
    office.report(office.ticket("1"))
    office.work()
    assert len(office.tracker.bugs) == 1 and office.noted("Bug #0") == {"1": 1}


def test_may_be_a_bug_is_not_is_a_bug(office: Office) -> None:
    handoff = office.ticket("1", "Something is odd with the report.")
    refused = office.report(handoff)
    assert not refused.ok
    assert [line.split(":")[0] for line in refused.lacking] == ["Environment", "Steps to reproduce", "Impact"]
    told = Evidence("Firefox 130", "Open the report", "Two people cannot close the month")
    assert office.report(handoff, added=told).ok
    office.work()
    (bug,) = office.tracker.bugs
    assert {line.label: line.text for line in bug.lines}["Environment"] == "Firefox 130"
    assert "Evidence that is missing" not in dict(bug.sections)


def test_anyway_says_what_is_missing(office: Office) -> None:
    assert office.report(office.ticket("1", "Something is odd with the report."), anyway=True).ok
    office.work()
    assert len(dict(office.tracker.bugs[0].sections)["Evidence that is missing"]) == 3


def test_a_similar_bug_is_shown_before_another_is_filed(office: Office) -> None:
    first = office.report(office.ticket("1", f"{TEXT} The dashboard is fine."))
    office.work()
    handoff = office.ticket("2", f'{TEXT} We also see error ERR-6000 once, it says "disk full".')
    asked = office.report(handoff)
    assert not asked.ok and [c.bug.id for c in asked.candidates] == [first.bug.id]
    assert 0.5 <= asked.candidates[0].similarity < 1 and "err-5021" in asked.candidates[0].why.casefold()
    assert office.report(handoff, bug=first.bug.id).bug.count == 2
    another = office.report(office.ticket("3"), new=True)
    assert another.new and another.bug.id != first.bug.id, "a person may say it is another fault"


def test_one_that_a_person_told_apart_takes_no_tickets_by_itself(office: Office) -> None:
    first = office.report(office.ticket("1"), new=True)
    asked = office.report(office.ticket("2"))
    assert not asked.ok and [c.bug.id for c in asked.candidates] == [first.bug.id] and asked.candidates[0].similarity == 1


def test_another_area_or_error_is_another_bug(office: Office) -> None:
    one = office.report(office.ticket("1"))
    two = office.report(office.ticket("2", TEXT.replace("ERR-5021", "ERR-7777").replace("export", "import")), new=True)
    assert one.new and two.new and one.bug.fingerprint != two.bug.fingerprint


def test_a_fault_that_comes_back_is_filed_anew_and_reopening_the_old_one_is_possible(office: Office) -> None:
    first = office.report(office.ticket("1")).bug
    office.work()
    office.news("closed", "d1")
    again = office.report(office.ticket("2"))
    assert not again.ok and again.candidates[0].bug.state is BugState.CLOSED, "the closed one is shown first"
    second = office.report(office.handoff_of("2"), new=True)
    assert second.new
    office.work()
    office.news("reopened", "d2", at=timedelta(seconds=5))
    office.work()
    assert office.noted("was opened again") == {"1": 1}
    assert office.journal.bugs.get(first.id).state is BugState.OPEN  # type: ignore[union-attr]


def test_news_that_come_late_do_not_turn_back_what_is_known(office: Office) -> None:
    bug = office.report(office.ticket("1")).bug
    office.work()
    office.news("closed", "d1", at=timedelta(minutes=5))
    office.news("reopened", "d2", at=timedelta(minutes=1))
    assert office.journal.bugs.get(bug.id).state is BugState.CLOSED  # type: ignore[union-attr]


def test_comments_reach_every_ticket_and_the_owner(office: Office) -> None:
    handoffs = [office.ticket(n) for n in ("1", "2")]
    for handoff in handoffs:
        office.report(handoff)
    office.work()
    office.press(handoffs[0], Accept("a01"))
    office.news("comment", "c1", text="Workaround: use CSV. Card 4111 1111 1111 1111")
    office.news("comment", "c1b", fact="c1", text="Workaround: use CSV")  # told twice under two delivery ids
    office.work()
    assert office.noted("has a comment") == {"1": 1, "2": 1}
    notes = [w.note for w in office.desk_notes.notes if w.note and "comment" in w.note.title]
    assert all("Workaround" in str(note.lines) and "4111" not in str(note.lines) for note in notes)
    told = [to for to, text in office.said.said if "has a comment" in text]
    assert sorted(told) == ["#care", "Ua01"], "whoever has it, else the team"


def test_a_crash_half_way_through_the_news_loses_none_and_repeats_none(office: Office) -> None:
    for n in ("1", "2", "3"):
        office.report(office.ticket(n))
    office.work()
    from tests.floor import Crash

    office.journal.share = 0.5
    for attempt in range(50):
        try:
            if attempt == 0:
                office.news("closed", "d1")
            else:
                office.pipeline.handle("tracker:github", "0")
            if not office.journal.waiting("tracker:github", "0"):
                break
        except Crash:
            continue
    office.journal.share = 0.0
    office.work()
    assert office.journal.crashes > 0
    assert office.noted("was closed") == {"1": 1, "2": 1, "3": 1}


def test_what_is_not_proven_ours_or_known_changes_nothing(office: Office) -> None:
    office.report(office.ticket("1"))
    office.work()
    with pytest.raises(BadSignature):
        office.bugs.receive("github", Inbound({}, b"{}", {}), office.now)
    with pytest.raises(LookupError):
        office.bugs.receive("linear", Inbound({"proof": "good"}, b"{}", {}), office.now)
    with pytest.raises(Unreadable):
        office.bugs.receive("github", Inbound({"proof": "good"}, b"{", {}), office.now)
    office.news("comment", "k1", own=True, text="ours")
    office.news("closed", "k2", bug="999")
    office.news("other", "k3")
    office.work()
    assert not office.timeline("bug_news")
    rows = office.rows("SELECT status, why FROM deliveries WHERE connection = 'tracker:github' ORDER BY id")
    assert [r.status for r in rows] == ["unreadable", "ignored", "ignored", "ignored"]


def test_no_tracker_is_said_and_nothing_is_kept(db: Engine) -> None:
    office = Office(db, CHANNEL, people(3)).open(trackers=False)
    told = office.report(office.ticket("1"))
    assert not told.ok and "No tracker is set up" in told.text
    assert not office.rows("SELECT 1 FROM bugs")
    with pytest.raises(LookupError):
        office.report("h_nosuch")
    office.journal.close()


def test_a_note_on_a_deleted_ticket_is_not_written(office: Office) -> None:
    office.report(office.ticket("1"))
    office.webhook("1", kind="deleted", status="deleted")
    office.work()
    assert len(office.tracker.bugs) == 1 and not office.desk_notes.notes


def test_the_teams_tracker_is_taken(office: Office) -> None:
    roster = office.pipeline.roster()
    (care,) = roster.teams
    other = PlayTracker()
    other.name = "linear"
    known: dict[str, Tracker] = {"github": office.tracker, "linear": other}
    office.pipeline = replace(
        office.pipeline, trackers=lambda: known, roster=lambda: replace(roster, teams=(replace(care, tracker="linear"),))
    )
    office.bugs = BugDesk(office.pipeline)
    assert isinstance(care, Team)
    office.report(office.ticket("1"))
    office.work()
    assert (len(other.bugs), len(office.tracker.bugs)) == (1, 0)
