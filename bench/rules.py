"""A thousand rules against one ticket, and that rules which cannot match cost nothing. ``python -m bench.rules`` prints it."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median

from bench.kit import machine, percentile
from config.playbook import load_playbook
from escalation.decide import decide
from escalation.playbook import Playbook
from escalation.signals import Signal
from escalation.ticket import Customer, Message, Person, Priority, Role, Ticket

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
SIZES = (10, 100, 1_000, 2_000)
RULES = """
guard: false
paths: {default: {levels: [{name: One, offering: one}]}}
rules:
"""
# Ten rules that can match, then many that ask for tags, products and customers the ticket does not have.
_CAN = "{{field: priority, op: is, value: urgent}}, {{field: messages.count, op: gte, value: {n}}}"
_CANNOT = (
    "{{field: tags, op: has, value: tag-{n}}}, {{field: age, op: older_than, value: 2h}}",
    "{{field: customer.organization.name, op: is, value: Company {n}}}",
    "{{field: custom.product, op: in, value: [p{n}, q{n}]}}",
)


def playbook(size: int) -> Playbook:
    """``size`` rules of which ten can match."""
    conditions = [_CAN.format(n=n) for n in range(10)] + [_CANNOT[n % 3].format(n=n) for n in range(size - 10)]
    rules = [f"  - {{id: r_{n}, title: T, when: {{all: [{one}]}}}}\n" for n, one in enumerate(conditions)]
    return load_playbook(RULES + "".join(rules))


def ticket() -> Ticket:
    customer = Person("c", "Kim", role=Role.CUSTOMER)
    messages = tuple(Message(f"m{n}", customer, "It still does not work.", at=NOW) for n in range(10))
    return Ticket(
        "zendesk", "1", subject="Help", priority=Priority.URGENT, tags=("vip", "beta"), customer=Customer(tier="pro"),
        requester=customer, messages=messages, created_at=NOW, known=frozenset({"messages", "tags", "priority"}),
    )  # fmt: skip


def main() -> str:
    """Run it; the report as Markdown."""
    one, signals = ticket(), (Signal("sentiment", {"label": "frustrated"}, 0.7),)
    rows = []
    for size in SIZES:
        book = playbook(size)
        took = timed(lambda book=book: decide(book, one, None, (), signals, NOW, every=False))  # type: ignore[misc]
        rows.append(f"| {size:,} | {median(took):.2f} | {percentile(took, 0.99):.2f} |")
    head = ["## Rules: one ticket", "", f"{machine()}; ten rules that can match, all others cannot.", ""]
    return "\n".join([*head, "| rules | ms, median | ms, p99 (wanted at 1,000: at most 5) |", "|---|---|---|", *rows])


def timed(work: Callable[[], object], rounds: int = 500) -> list[float]:
    """Milliseconds of every round, the first ones left out."""
    took = []
    for _ in range(rounds + 20):
        begun = time.perf_counter()
        work()
        took.append((time.perf_counter() - begun) * 1000)
    return took[20:]


if __name__ == "__main__":
    print(main())
