"""Conditions over the facts of a ticket, as data: what rules, segments, policies and trees ask (domain.md §2)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number of the grid by its name ("$refund" in YAML): each segment of customers may have its own."""

    name: str


@dataclass(frozen=True, slots=True)
class Condition:
    """``field`` is a dotted fact name (rules.facts), ``op`` an operator of rules.OPERATORS, ``value`` its operand."""

    field: str
    op: str
    value: object = None


@dataclass(frozen=True, slots=True)
class Conditions:
    """Holds when every one of ``all``, at least one of ``any`` (if there are some), and none of ``none`` hold; nests."""

    all: tuple[Node, ...] = ()
    any: tuple[Node, ...] = ()
    none: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighted:
    """One part of a score: what it adds when it holds."""

    weight: float
    when: Condition | Conditions


@dataclass(frozen=True, slots=True)
class Scored:
    """Holds when the weights of the parts that hold add up to ``at_least`` (domain.md §2: a score from several layers)."""

    at_least: float
    parts: tuple[Weighted, ...]


Node = Condition | Conditions | Scored


def fields_of(when: Node) -> tuple[str, ...]:
    """Every field named anywhere in a condition tree."""
    if isinstance(when, Condition):
        return (when.field,)
    if isinstance(when, Scored):
        return tuple(name for part in when.parts for name in fields_of(part.when))
    return tuple(name for node in (*when.all, *when.any, *when.none) for name in fields_of(node))
