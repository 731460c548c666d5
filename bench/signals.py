"""How well signals are read: on tickets held back from whoever wrote patterns and corpus, and on public sets.

``python -m bench.signals [a|b]`` prints the table; ``bench/heldback/*.yaml`` holds the tickets, labelled by domain.md §2.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from bench import signals_public
from bench.scoring import NEGATIVE, NOW, Score, is_negative, is_there, part, read, wants_refund
from config.playbook import load_playbook
from escalation.decide import decide
from escalation.signals import Signal
from escalation.ticket import Message, Person, Role, Ticket
from signals.reader import TextReader
from signals.semantic import standard
from tests.support import ROOT

ROUNDS = 5  # a shared machine takes a second look now and then; the reading itself does not
HELD_BACK = Path(__file__).parent / "heldback"
PLAIN = {
    "human": "explicit_human_request",
    "churn": "churn_risk",
    "legal": "legal_threat",
    "security": "security_incident",
    "privacy": "privacy_request",
    "bot_loop": "bot_loop",
}
WANTED = {"escalate": 0.85, "human": 0.90, "churn": 0.80, "legal or security": 0.85, "failed >= 2": 0.70, "negative": 0.75}


def ticket_of(told: Mapping[str, Any]) -> Ticket:
    """A held-back ticket as the core sees it."""
    messages = tuple(
        Message(f"m{n}", Person(m["role"], role=Role(m["role"])), m["text"], at=NOW) for n, m in enumerate(told["messages"])
    )
    requester = Person("customer", role=Role.CUSTOMER)
    return Ticket(
        "bench", told["id"], subject=told["subject"], requester=requester, messages=messages, known=frozenset({"messages"})
    )


def judged(signals: Mapping[str, Signal], expect: Mapping[str, Any], escalates: bool) -> Iterable[tuple[str, bool, bool]]:
    """(question, what was told, what was wanted) for one ticket."""
    yield "escalate", escalates, expect["escalate"]
    for short, name in PLAIN.items():
        yield short, is_there(signals, name), expect[short]
    told = any(is_there(signals, PLAIN[n]) for n in ("legal", "security", "privacy"))
    yield "legal or security", told, expect["legal"] or expect["security"] or expect["privacy"]
    yield "failed >= 2", part(signals, "failed_attempts", "count", 0) >= 2, expect["failed"] >= 2
    yield "repeated", is_there(signals, "repeated_question"), expect["repeated"]
    yield "negative", is_negative(signals), expect["sentiment"] in NEGATIVE
    yield "angry", part(signals, "sentiment", "label") == "angry", expect["sentiment"] == "angry"
    yield "critical", bool(part(signals, "impact", "critical")), expect["critical"]
    wants = wants_refund(signals)
    yield "refund wanted", wants, expect["refund"] is not None
    amount = part(signals, "refund_request", "amount") if wants else None
    right = (expect["refund"] or {}).get("amount")
    if amount is None or right is None:
        yield "refund amount", amount is not None, right is not None
    else:
        same = float(amount) == float(right)
        yield "refund amount", same, True
        if not same:
            yield "refund amount", True, False  # a sum that nobody wants back was told, too


def main() -> str:
    """Run it; the report as Markdown."""
    wanted = [name for name in sys.argv[1:] if not name.startswith("-")]
    files = [HELD_BACK / f"{name}.yaml" for name in wanted] or sorted(HELD_BACK.glob("*.yaml"))
    tickets = [t for f in files for t in yaml.safe_load(f.read_text("utf-8"))["tickets"]]
    reader = TextReader.standard()
    playbook = load_playbook((ROOT / "config" / "escalation.yaml").read_text("utf-8"))
    scores: dict[str, Score] = {}
    intents: dict[tuple[str, str], int] = {}
    sure: list[tuple[float, bool]] = []
    traps = Score()
    wrong: dict[str, list[str]] = {}
    for told in tickets:
        ticket = ticket_of(told)
        signals = read(reader, ticket)
        decision = decide(playbook, ticket, None, (), tuple(signals.values()), NOW)
        rows = list(judged(signals, told["expect"], decision.escalate))
        for name, said, right in rows:
            scores.setdefault(name, Score()).add(said, right)
            if said != right:
                wrong.setdefault(name, []).append(("+" if said else "-") + told["id"])
        if told.get("trap"):
            traps.add(decision.escalate == told["expect"]["escalate"], True)
        if "intent" in signals:
            sure.append((part(signals, "intent", "confidence"), part(signals, "intent", "label") == told["expect"]["intent"]))
        pair = (told["expect"]["intent"], decision.issue_type)
        intents[pair] = intents.get(pair, 0) + 1
    lines = [
        f"## Signals: {len(tickets)} held-back tickets",
        "",
        "| signal | precision | recall | F1 | wanted | n |",
        "|---|---|---|---|---|---|",
    ]
    for name, score in scores.items():
        told = f"{score.precision:.2f} | {score.recall:.2f} | **{score.f1:.2f}** | {WANTED.get(name, '')}"
        lines.append(f"| {name} | {told} | {score.hit + score.missed} |")
    lines += [
        "",
        f"Traps decided rightly: {traps.hit} of {traps.hit + traps.missed}.",
        f"Intent macro-F1 **{_macro(intents):.2f}** (wanted 0.72).",
        signals_public.trust(sure),
        f"Read with {standard().version}.",
        "",
        *([] if wanted else signals_public.report(reader)),
    ]
    if "-v" in sys.argv:
        lines += ["", *(f"{name}: {' '.join(ids)}" for name, ids in wrong.items())]
    return "\n".join([*lines, "", _speed(reader, [ticket_of(t) for t in tickets])])


def _macro(intents: Mapping[tuple[str, str], int]) -> float:
    labels = sorted({wanted for wanted, _ in intents})
    scores = []
    for label in labels:
        one = Score(
            intents.get((label, label), 0),
            sum(n for (w, t), n in intents.items() if t == label and w != label),
            sum(n for (w, t), n in intents.items() if w == label and t != label),
        )
        scores.append(one.f1)
    return sum(scores) / len(scores)


def _speed(reader: TextReader, tickets: list[Ticket]) -> str:
    """Reading time of tickets of ten messages, made by joining threads: of each the quickest of ROUNDS readings of new texts."""
    joined = [t.messages for t in tickets]
    took = [1e9] * len(joined)
    for turn in range(ROUNDS if standard().beyond is None else 1):  # the extra takes its time
        for n in range(len(joined)):
            several = [m for k in range(10) for m in joined[(n + k) % len(joined)]][:10]
            # Numbered, so that each is met for the first time: what was read is kept for a while.
            messages = tuple(Message(f"m{i}", m.author, f"{m.text} ({turn}.{n}.{i})", at=m.at) for i, m in enumerate(several))
            begun = time.perf_counter()
            reader.read(messages, NOW)
            took[n] = min(took[n], (time.perf_counter() - begun) * 1000)
    took.sort()
    return f"Ten unread messages: p50 {took[len(took) // 2]:.2f} ms, p95 {took[int(len(took) * 0.95)]:.2f} ms (wanted at most 3)."


if __name__ == "__main__":
    print(main())
