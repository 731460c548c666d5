"""How complete a context package is for its kind of handoff, and why each absent part is absent (domain.md §5, Completeness)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from escalation.account import gaps_in_words
from escalation.package import ContextPackage, Gap
from escalation.ticket import Ticket

# What every handoff should have → points. The first four are the minimum of every handoff.
BASE: Mapping[str, int] = {
    "transcript": 25,
    "summary": 20,
    "account": 20,
    "reason": 20,
    "contact": 5,
    "issue type": 5,
    "SLA": 5,
}
_MINIMUM = ("transcript", "summary", "account", "reason")
# Part → the ticket's field that would have brought it, "" where no helpdesk brings it.
_BROUGHT_BY = {"transcript": "messages", "account": "customer", "contact": "requester", "SLA": "sla"}

# What a kind of handoff needs besides: part → kinds of specifics of which one will do; no kinds: a field of the package.
DETAILS: Mapping[str, frozenset[str]] = {
    "error": frozenset({"error", "error message", "attachment", "file"}),
    "environment": frozenset({"version", "environment"}),
    "number": frozenset({"invoice", "order", "transaction", "contract", "subscription", "reference", "tracking"}),
    "amount": frozenset({"amount"}),
    "request": frozenset({"request", "url", "reference"}),
    "tried": frozenset(),
    "impact": frozenset(),
    "question": frozenset(),
}


@dataclass(frozen=True, slots=True)
class Needs:
    """What one issue type needs: part (of BASE or DETAILS) → points; under ``minimum`` of 100 the gaps are to be filled first.

    ``ask_for``: how long a human sender is asked before it goes out all the same.
    """

    points: Mapping[str, int] = field(default_factory=dict)
    minimum: int = 0
    ask_for: timedelta = timedelta(minutes=10)


# Issue type (domain.md §2) → what it needs besides BASE, unless the playbook says otherwise.
USUAL: Mapping[str, Needs] = {
    "bug": Needs({"error": 10, "environment": 10}),
    "billing": Needs({"number": 5, "amount": 5}),
    "shipping_order": Needs({"number": 10}),
    "integration_api": Needs({"error": 10, "request": 5}),
}


def judged(package: ContextPackage, ticket: Ticket, needs: Mapping[str, Needs], cut: Iterable[Gap] = ()) -> ContextPackage:
    """The package with its score from 0 to 100, its gaps with their causes, and the parts of the minimum that are not there.

    ``cut``: what was left out for its size; it costs no points.
    """
    need = needs.get(package.issue_type) or USUAL.get(package.issue_type) or Needs()
    points = {**BASE, **need.points}
    there = {name: _IS_THERE[name](package) for name in points}
    whole = sum(points.values())
    return replace(
        package,
        missing=(*_gaps(ticket, there), *cut),
        lacking=tuple(name for name in _MINIMUM if not there[name]),
        completeness=round(100 * sum(n for name, n in points.items() if there[name]) / whole) if whole else 100,
        minimum=need.minimum,
    )


def _has_account(package: ContextPackage) -> bool:
    customer = package.customer
    return bool(customer.tier or customer.organization or any(x.label == "Contract value" for x in package.account))


def _has_kind(kinds: frozenset[str]) -> Callable[[ContextPackage], bool]:
    return lambda package: any(s.kind in kinds for s in package.specifics)


_IS_THERE: Mapping[str, Callable[[ContextPackage], bool]] = {
    **{name: _has_kind(kinds) for name, kinds in DETAILS.items() if kinds},
    "transcript": lambda p: bool(p.transcript),
    "summary": lambda p: bool(p.summary),
    "account": _has_account,
    "reason": lambda p: bool(p.reasons or p.sender),
    "contact": lambda p: bool(p.customer.name or p.customer.email),
    "issue type": lambda p: bool(p.issue_type),
    "SLA": lambda p: bool(p.clocks),
    "tried": lambda p: bool(p.tried),
    "impact": lambda p: bool(p.impact),
    "question": lambda p: bool(p.question),
}
PARTS = tuple(_IS_THERE)


def _gaps(ticket: Ticket, there: Mapping[str, bool]) -> tuple[Gap, ...]:
    """What a source could not give, in its own words, then the absent parts with the likeliest cause."""
    told = [Gap(name.replace("_", " "), why, "connector") for name, why in sorted(ticket.missing.items())]
    told += [Gap(names, why, "connector") for names, why in gaps_in_words(ticket.account)]
    absent = [name for name, is_there in there.items() if not is_there and _BROUGHT_BY.get(name, name) not in ticket.missing]
    return (*told, *(_gap(name, ticket) for name in absent))


def _gap(part: str, ticket: Ticket) -> Gap:
    if part in DETAILS:
        return Gap(part, "nobody has said it in the thread (for a person to ask)", "person")
    brought_by = _BROUGHT_BY.get(part)
    if brought_by is None:
        why, cause = {
            "summary": ("the ticket has neither words nor a subject (person)", "person"),
            "reason": ("no rule fired and nobody said why (rule)", "rule"),
            "issue type": ("neither a rule nor the text names it (rule)", "rule"),
        }[part]
        return Gap(part, why, cause)
    if any(name == brought_by or name.startswith(f"{brought_by}.") for name in ticket.known):
        return Gap(part, f"empty in {ticket.connection} (for a person to fill in)", "person")
    return Gap(part, f"{ticket.connection} has not told it (mapping or permission)", "mapping")
