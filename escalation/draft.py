"""What a model is told of a handoff, and what it answers: plain data, the answer checked for its shape and nothing else."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BriefMessage:
    """One message as the model sees it. ``id`` is m1, m2, …: short, so that small models copy it without a slip."""

    id: str
    role: str  # customer | agent | bot | system | unknown
    text: str
    public: bool = True


@dataclass(frozen=True, slots=True)
class Brief:
    """All that leaves, masked. ``intents`` are the issue types to choose from."""

    subject: str = ""
    product_area: str = ""
    messages: tuple[BriefMessage, ...] = ()
    intents: tuple[str, ...] = ()
    left_out: int = 0  # messages between the first and the newest that were too much


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, and the ids of the messages it is drawn from."""

    text: str
    cites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftAttempt:
    """A remedy and what came of it."""

    step: Claim
    result: Claim | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """The model's answer: well formed, not yet believed. ``tokens``: what it cost, 0 where that is not told."""

    summary: tuple[Claim, ...] = ()
    tried: tuple[DraftAttempt, ...] = ()
    ruled_out: tuple[Claim, ...] = ()
    next_action: tuple[Claim, ...] = ()
    intent: str = ""
    tokens: int = 0
