"""The offline reader: patterns of seven languages and a small trained model for English (domain.md §2; docs/signals.md).

Deterministic, never raises, needs no network; bounded in time whatever a text holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from escalation.signals import Evidence, Signal
from escalation.ticket import Message, Role
from signals import asked, attempts, persons, refunds, thread, tone, topic
from signals.languages import Language, detect
from signals.model import Model
from signals.packs import LANGUAGES, pack
from signals.semantic import standard
from signals.turns import Turn, turns

VERSION = "2"
_MOST_FOR_LANGUAGE = 2000


@dataclass(frozen=True, slots=True)
class TextReader:
    """Reads signals; implements ``escalation.ports.Reader``. Thread-safe."""

    load: Callable[[], Model]

    @classmethod
    def standard(cls) -> TextReader:
        """The reader with the model and the phrases that come with Baton; each is loaded when it is first needed.

        Most processes never read a text, and loading takes a second.
        """
        return cls(standard)

    def prepare(self) -> None:
        """Load what English needs, so that the first ticket of a process is read as fast as the next."""
        self.load()
        pack("en")

    def read(self, messages: tuple[Message, ...], now: datetime, *, subject: str = "", language: str = "") -> tuple[Signal, ...]:
        """All signals of the customer's public messages, oldest first. ``language``: the ticket's own, for texts that are short.

        ``now`` is not used: the same text reads the same at any time.
        """
        del now
        told = [m.text for m in messages if m.author.role is Role.CUSTOMER and m.public]
        if not told:
            return ()
        found = detect("\n".join([subject, *told])[:_MOST_FOR_LANGUAGE], language)
        lexicon = pack(found.code).lexicon if found.code in LANGUAGES else None
        model = self.load() if found.code == "en" else None
        own = turns(messages, lexicon, model, subject)
        if not own:
            return ()
        return tuple(_stamped(_signals(own, messages, subject, found, model), found.code))


def _signals(
    own: tuple[Turn, ...], messages: tuple[Message, ...], subject: str, language: Language, model: Model | None
) -> Iterator[Signal | None]:
    yield _language(language)
    yield thread.unanswered(own, messages)
    yield thread.bot_loop(messages)
    if language.code not in LANGUAGES:
        return
    beside = {"explicit_human_request": persons.taken_up(own, messages), "security_incident": asked.papers(own)}
    plain = {name: asked.plain(name, own, model, beside.get(name, ())) for name in asked.PLAIN}
    yield from plain.values()
    yield asked.paperwork(own, plain["security_incident"])
    money_back = refunds.refund(own, messages, model)
    yield money_back
    yield attempts.failed_attempts(own, messages, model)
    yield thread.repeated_question(own, messages, _said_again(own, model))
    yield asked.complaint(own, model)
    yield tone.sentiment(own, model)
    yield topic.impact(own, model)
    yield topic.urgency(own, model)
    if model is None:
        yield from topic.intent_of((*plain.values(), money_back))
    else:
        yield from (topic.technical(own, model), *topic.intent(own, subject, model))


def _language(found: Language) -> Signal:
    value = {"code": found.code or "unknown", "read": found.code in LANGUAGES, "why": found.words}
    return Signal("language", value, min(0.99, 0.5 + found.share / 2), source="everyday words")


def _said_again(own: Sequence[Turn], model: Model | None) -> tuple[Evidence, ...]:
    return asked.seen(own[1:], "asked_before", model) if model else ()


def _stamped(signals: Iterator[Signal | None], language: str) -> Iterator[Signal]:
    for signal in signals:
        if signal is not None:
            yield Signal(
                signal.name, signal.value, round(signal.confidence, 3), signal.evidence, signal.source, language,
                signal.suppressed, VERSION,
            )  # fmt: skip
