"""All sources asked at once, each within its time, and their answers put together: the first that knows a field counts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cachetools import TTLCache

from accounts.breaker import Breaker
from accounts.opening import Reveal, opened, usual
from accounts.reading import Value, read
from accounts.source import UNKNOWN, Source, Who, who_is, why
from escalation.account import FIELDS, NOT_MAPPED, conflict, same
from escalation.ports import GiveUp, Outside, TryLater
from escalation.ticket import Account, Fact, Group, Person
from mappings.accounts import Mapped, Plan, SourceForm, mapped

_MOST_KEPT = 2000  # customers of each source
_MOST_AT_ONCE = 32
_RESTS = "it has failed again and again and is left alone for a while"
_NOBODY = Who("nobody@baton.invalid", "baton.invalid", "nobody", "0", "nobody")  # for a check


@dataclass(frozen=True, slots=True)
class Answer:
    """What one source knows; ``problem`` says why it knows nothing, ``late`` that it may know more in a moment."""

    at: datetime
    told: Mapping[str, Value] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    late: bool = False


@dataclass
class Desk:
    """One source with all that belongs to it. ``source`` is None when it cannot be opened, for the reason in ``closed``."""

    form: SourceForm
    fields: Mapping[str, Mapped]
    source: Source | None
    closed: str
    breaker: Breaker
    kept: TTLCache[Who, Answer]
    lock: threading.Lock = field(default_factory=threading.Lock)
    refusal: str = ""  # why it told nothing the last time, where that is not going to pass by itself

    @property
    def timeout_s(self) -> float:
        return self.form.timeout.total_seconds()

    def remembered(self, who: Who) -> Answer | None:
        """What it answered lately."""
        with self.lock:
            return self.kept.get(who)

    def ask(self, who: Who, clock: Callable[[], datetime]) -> Answer:
        """Ask it; what it answers is kept for a while, also when nobody waits for it any more."""
        if self.source is None:
            return Answer(clock(), problem=self.closed)
        try:
            record = self.source.find(who)
        except Outside as wrong:
            return Answer(clock(), problem=why(wrong, self.form.name), late=isinstance(wrong, TryLater))
        answer = Answer(clock(), problem=UNKNOWN) if record is None else Answer(clock(), *read(record, self.fields))
        with self.lock:
            self.kept[who] = answer
        return answer


class Sources:
    """See ``escalation.ports.Accounts``. ``plan`` is asked anew each time: the document changes while we run."""

    def __init__(
        self, plan: Callable[[], Plan], folder: Path, reveal: Reveal, *, clock: Callable[[], datetime], now: Callable[[], float]
    ) -> None:
        self._plan, self._folder, self._reveal, self._clock, self._now = plan, folder, reveal, clock, now
        self._pool = ThreadPoolExecutor(_MOST_AT_ONCE, "account-source")
        self._made: tuple[Plan | None, tuple[Desk, ...]] = (None, ())

    def look(self, requester: Person, organization: Group) -> Account:
        """The facts of all sources with the reason for every field that nobody knows."""
        plan, desks = self._desks()
        who = who_is(requester, organization)
        if not who:
            mapped_ones = {name for desk in desks for name in desk.fields}
            told = "the ticket does not say who the customer is"
            return Account(gaps={name: told if name in mapped_ones else NOT_MAPPED for name in FIELDS})
        return merged(desks, self._ask_all(desks, who, plan.deadline.total_seconds()), plan.before)

    def check(self) -> Mapping[str, str]:
        """Source → what has to be mended, "" when it answers."""
        _, desks = self._desks()
        answers = self._ask_all(desks, _NOBODY, 15.0)
        return {
            desk.form.name: "" if answer.problem == UNKNOWN else answer.problem
            for desk, answer in zip(desks, answers, strict=True)
        }

    def _desks(self) -> tuple[Plan, tuple[Desk, ...]]:
        plan = self._plan()
        made, desks = self._made
        if made is not plan:
            desks = tuple(self._desk(form, plan) for form in plan.sources)
            self._made = (plan, desks)  # one assignment: threads see the old set or the new one
        return plan, desks

    def _desk(self, form: SourceForm, plan: Plan) -> Desk:
        source, closed = None, ""
        try:
            source = opened(form, self._folder, self._reveal)
        except GiveUp as cannot:
            closed = str(cannot)
        kept: TTLCache[Who, Answer] = TTLCache(_MOST_KEPT, plan.keep.total_seconds(), self._now)
        return Desk(form, mapped(form, usual(form)), source, closed, Breaker(self._now), kept)

    def _ask_all(self, desks: Iterable[Desk], who: Who, deadline_s: float) -> list[Answer]:
        started = self._now()
        asked = [(desk, self._begun(desk, who)) for desk in desks]
        return [begun if isinstance(begun, Answer) else self._ended(desk, begun, started, deadline_s) for desk, begun in asked]

    def _begun(self, desk: Desk, who: Who) -> Answer | Future[Answer]:
        if (kept := desk.remembered(who)) is not None:
            return kept
        if not desk.breaker.lets_pass():
            return Answer(self._clock(), problem=desk.refusal or _RESTS)
        return self._pool.submit(desk.ask, who, self._clock)

    def _ended(self, desk: Desk, asked: Future[Answer], started: float, deadline_s: float) -> Answer:
        within = min(desk.timeout_s, deadline_s)
        try:
            answer = asked.result(max(0.0, started + within - self._now()))
        except TooLate:
            answer = Answer(self._clock(), problem=f"timed out after {within:g} s", late=True)
        desk.refusal = "" if answer.late or answer.problem == UNKNOWN else answer.problem
        desk.breaker.tell(failed=answer.problem not in ("", UNKNOWN))
        return answer


def merged(desks: Iterable[Desk], answers: Iterable[Answer], before: frozenset[str]) -> Account:
    """Each field from the first source that knows it, with who says something else; the reasons where none does."""
    pairs = list(zip(desks, answers, strict=True))
    facts: list[Fact] = []
    gaps: dict[str, str] = {}
    conflicts: list[str] = []
    for name in FIELDS:
        told = [(desk.form.name, answer) for desk, answer in pairs if name in answer.told]
        if not told:
            gaps[name] = _why_not(name, pairs)
            continue
        source, first = told[0]
        facts.append(Fact(name, first.told[name], source, first.at, source in before))
        for other, answer in told[1:]:
            if not same(answer.told[name], first.told[name]):
                conflicts.append(conflict(name, (source, first.told[name]), (other, answer.told[name]), source))
    late = tuple(f"{desk.form.name}: {answer.problem}" for desk, answer in pairs if answer.late)
    silent = tuple(desk.form.name for desk, answer in pairs if desk.source and answer.problem not in ("", UNKNOWN))
    return Account(tuple(facts), gaps, tuple(conflicts), late, silent)


def _why_not(name: str, pairs: list[tuple[Desk, Answer]]) -> str:
    asked = [(desk, answer) for desk, answer in pairs if name in desk.fields]
    reasons = (f"{desk.form.name}: {answer.problem or answer.wrong.get(name) or 'is empty there'}" for desk, answer in asked)
    return "; ".join(reasons) or NOT_MAPPED
