"""How much of a long ticket the context package carries: measured on own tickets with an answer key written beforehand.

``python -m bench.context`` prints the table; ``python -m bench.context misses`` also what was missed on the tuning tickets.
The tickets stand in ``tests/data/context/``: ``say`` is the thread (c customer, a agent, b bot, n internal note, then the
name), ``key`` what a reader must learn from it. ``heldback/`` holds the tickets that are never looked at while tuning.

They were written in one go by whoever wrote the phrases, before the phrases: the held-back figures say that nothing was fitted
to them, not that the phrases know nothing of them. ``elsewhere`` is the check on tickets of others.

A key's words count as found when all of them stand in one statement of the right field, whatever their capitals: a tried step
only with the right actor and the right result. "More" counts statements of that field which no key asks for.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bench.signals import HELD_BACK
from bench.signals import ticket_of as labelled
from escalation.context import Attempt, ContextPackage, Specific, Statement, build
from escalation.decision import Decision
from escalation.ticket import Message, Person, Role, Ticket
from signals.reader import TextReader
from tests.support import ROOT, quickest

TICKETS = ROOT / "tests" / "data" / "context"
CATEGORIES = ("tried", "specifics", "amounts", "asks", "ruled out")
NOW = datetime(2025, 11, 24, 12, tzinfo=UTC)
_ROLES = {"c": Role.CUSTOMER, "a": Role.AGENT, "n": Role.AGENT, "b": Role.BOT, "s": Role.SYSTEM}
_RESULTS = {"worked": True, "failed": False, "unknown": None}
_NOBODY = Decision(False, ())


@dataclass(slots=True)
class Found:
    """One ticket: per category what was wanted and what of it was missed, and how many statements nobody asked for."""

    id: str
    language: str
    wanted: dict[str, int] = field(default_factory=dict)
    missed: dict[str, list[str]] = field(default_factory=dict)
    more: dict[str, int] = field(default_factory=dict)
    steps_alone: int = 0  # tried steps found by their words, whatever actor and result
    unsourced: int = 0
    unfounded: int = 0
    summary: int = 0

    def recall(self, names: Iterable[str] = CATEGORIES[:4]) -> float:
        wanted = sum(self.wanted[n] for n in names)
        return 1 - sum(len(self.missed[n]) for n in names) / wanted if wanted else 1.0


@lru_cache(maxsize=2)
def told(*, heldback: bool) -> tuple[Mapping[str, Any], ...]:
    """The tickets with their keys as they stand in the files."""
    folder = TICKETS / "heldback" if heldback else TICKETS
    files = sorted(Path(folder).glob("*.yaml"))
    return tuple(ticket for file in files for ticket in yaml.safe_load(file.read_text("utf-8")))


def ticket_of(case: Mapping[str, Any]) -> Ticket:
    """One of the tickets as the core sees it, whatever helpdesk it lives in; messages m1, m2, … 47 minutes apart."""
    messages = tuple(_message(n, said) for n, said in enumerate(case["say"], 1))
    known = frozenset({"subject", "messages"})
    return Ticket(case["helpdesk"], case["id"], subject=case["subject"], messages=messages, known=known)


def _message(nth: int, said: str) -> Message:
    head, _, text = said.partition(": ")
    kind, _, name = head.strip().partition(" ")
    at = NOW - timedelta(days=3) + timedelta(minutes=47 * nth)
    return Message(f"m{nth}", Person(name.strip(), name.strip(), role=_ROLES[kind]), text.strip(), kind != "n", at)


def package_of(ticket: Ticket) -> ContextPackage:
    return build(ticket, (), _NOBODY, None, NOW)


def score(case: Mapping[str, Any]) -> Found:
    """What the package of one ticket has of its key."""
    ticket = ticket_of(case)
    package = package_of(ticket)
    key, found = case["key"], Found(case["id"], case["id"].removeprefix("hb-")[:2])
    asked = {"customer": package.asks, "agent": package.promises}
    checks: dict[str, list[tuple[str, bool]]] = {
        "tried": [(f"{who} {result}: {words}", _tried(package, who, result, words)) for who, result, words in key["tried"]],
        "specifics": [(str(w), any(_flat(str(w)) in _flat(s.text) for s in package.specifics)) for w in key["specifics"]],
        "amounts": [(str(w), _amount(package, str(w))) for w in key["amounts"]],
        "asks": [(f"{who}: {words}", any(_has(s, words) for s in asked[who])) for who, words in key["asks"]],
        "ruled out": [(words, any(_has(s, words) for s in package.ruled_out)) for words in key["ruled_out"]],
    }
    for name, answers in checks.items():
        found.wanted[name], found.missed[name] = len(answers), [words for words, there in answers if not there]
    found.more = {
        "tried": sum(not any(_has(a.step, w) for _, _, w in key["tried"]) for a in package.tried),
        "asks": sum(not any(_has(s, w) for _, w in key["asks"]) for s in (*package.asks, *package.promises)),
    }
    found.steps_alone = sum(any(_has(a.step, words) for a in package.tried) for _, _, words in key["tried"])
    texts = {turn.id: _flat(turn.text) for turn in package.transcript}
    statements = list(_statements(package))
    found.unsourced = sum(s.source not in texts for s in statements)
    found.unfounded = sum(not is_founded(s, texts) for s in statements)
    found.summary = len(package.summary)
    return found


def is_founded(said: Statement | Specific, texts: Mapping[str, str]) -> bool:
    """True when the words stand in the message they are said to come from (its flat text in ``texts``)."""
    words = said.text.partition("“")[2].rpartition("”")[0] if said.text.endswith("”") else said.text
    pieces = [_flat(p) for p in words.replace("…", "\n").split("\n")]
    return all(piece.strip() in texts.get(said.source, "") for piece in pieces)


def _statements(package: object) -> Iterator[Statement | Specific]:
    """Every statement in a package, wherever it stands."""
    if isinstance(package, Statement | Specific):
        if package.text:
            yield package
    elif isinstance(package, tuple):
        for item in package:
            yield from _statements(item)
    elif is_dataclass(package):
        for part in fields(package):
            yield from _statements(getattr(package, part.name))


def _tried(package: ContextPackage, who: str, result: str, words: str) -> bool:
    return any(a.role == who and a.worked is _RESULTS[result] and _has(a.step, words) for a in package.tried)


def _has(said: Statement, words: str) -> bool:
    text = said.text.lower()
    return all(word in text for word in str(words).lower().split())


def _amount(package: ContextPackage, words: str) -> bool:
    sums = ("".join(s.text.split()).lower() for s in package.specifics if s.kind == "amount")
    return any("".join(words.split()).lower() in text for text in sums)


def _flat(text: str) -> str:
    return " ".join(text.split()).lower()


# ------------------------------------------------------------------ the table


def many(messages: int) -> Ticket:
    """A ticket of so many messages: the threads of the English ones, one after another."""
    said = [m for case in told(heldback=False) for m in case["say"] if case["id"].startswith("en")]
    thread = tuple(_message(n, f"{said[n % len(said)]} ({n})") for n in range(1, messages + 1))
    return Ticket("bench", "long", subject="A very long ticket", messages=thread, known=frozenset({"subject", "messages"}))


def recalls(cases: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Category → the share of all keys that was found."""
    every = [score(case) for case in cases]
    return {name: _recall(every, name) for name in CATEGORIES}


def _recall(every: Iterable[Found], *names: str) -> float:
    every = list(every)
    wanted = sum(f.wanted[n] for f in every for n in names)
    return 1 - sum(len(f.missed[n]) for f in every for n in names) / wanted if wanted else 1.0


def _milliseconds(messages: int) -> float:
    """Of processor time, with nothing read before."""
    ticket = many(messages)

    def work() -> ContextPackage:
        forget()
        return package_of(ticket)

    return quickest(work, 5)[1] * 1000


def forget() -> None:
    """Empty what the core remembers of texts, so that a second look costs as much as the first."""
    for name, module in list(sys.modules.items()):
        if name.startswith("escalation."):
            for thing in vars(module).values():
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()


def elsewhere() -> str:
    """On tickets labelled by others for the signals (``bench/heldback``): does the package know of a remedy that failed?

    Their labels count only what the customer reports as failed, so that a package that says more is not always wrong.
    """
    reader = TextReader.standard()
    seen = {True: [0, 0], False: [0, 0]}
    for case in (t for f in sorted(HELD_BACK.glob("*.yaml")) for t in yaml.safe_load(f.read_text("utf-8"))["tickets"]):
        ticket = labelled(case)
        signals = reader.read(ticket.messages, NOW, subject=ticket.subject)
        package = build(ticket, signals, _NOBODY, None, NOW)
        counts = seen[case["expect"]["failed"] > 0]
        counts[0] += any(a.worked is False for a in package.tried)
        counts[1] += 1
    (hit, some), (more, none) = seen[True], seen[False]
    return f"Tickets of others: a failed remedy is in {hit} of {some} packages that should have one, in {more} of {none} more."


def _rows(name: str, every: list[Found]) -> Iterator[str]:
    shares = " | ".join(f"{_recall(every, c):.2f} ({sum(f.wanted[c] for f in every)})" for c in CATEGORIES)
    yield f"| {name} | {len(every)} | {shares} |"


def table(every: list[Found]) -> Iterator[str]:
    """Recall per category, for all and per language."""
    yield f"| tickets | n | {' | '.join(CATEGORIES)} |"
    yield "|---|" + "---|" * (len(CATEGORIES) + 1)
    yield from _rows("all", every)
    languages: dict[str, list[Found]] = defaultdict(list)
    for found in every:
        languages[found.language].append(found)
    for language, some in sorted(languages.items()):
        yield from _rows(language, some)


def main() -> str:
    report = ["## The context package against hand-written answer keys", "", "Recall (number of keys in brackets)."]
    for name, heldback in (("Tuning tickets", False), ("Held-back tickets", True)):
        every = [score(case) for case in told(heldback=heldback)]
        steps = sum(f.steps_alone for f in every) / sum(f.wanted["tried"] for f in every)
        worst = sorted(every, key=Found.recall)[:4]
        report += ["", f"{name}:", "", *table(every), ""]
        report.append(f"- tried steps by their words alone, whatever actor and result: {steps:.2f}")
        report.append(f"- lowest: {', '.join(f'{f.id} {f.recall():.2f}' for f in worst)}")
        more = ", ".join(f"{name} {sum(f.more[name] for f in every) / len(every):.1f}" for name in ("tried", "asks"))
        report.append(f"- statements no key asks for, a ticket: {more}")
        report.append(f"- statements without a source message: {sum(f.unsourced for f in every)}; "
                      f"whose words are not in it: {sum(f.unfounded for f in every)}; "
                      f"longest summary: {max(f.summary for f in every)} sentences")  # fmt: skip
    took = f"{_milliseconds(200):.0f} ms, 2,000 messages: {_milliseconds(2000):.0f} ms"
    report += ["", elsewhere(), "", f"Processor time to build the package of 200 messages: {took}."]
    return "\n".join(report)


def misses() -> Iterator[str]:
    """What was missed on the tuning tickets; the held-back ones are not shown."""
    for found in map(score, told(heldback=False)):
        for name, words in found.missed.items():
            yield from (f"{found.id} {name}: {word}" for word in words)


def attempts(case: Mapping[str, Any]) -> tuple[Attempt, ...]:
    return package_of(ticket_of(case)).tried


if __name__ == "__main__":
    print(main())
    if "misses" in sys.argv:
        print("\n".join(misses()))
