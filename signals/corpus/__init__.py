"""Labelled texts, written for Baton: what the model is trained on.

``<question>.yaml`` has ``labels: {label: [text]}``; ``tickets/*.yaml`` whole tickets whose sentences are marked where they
carry a signal: ``[[human: Could somebody ring me?]]``. What is not marked carries none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from signals.features import around, setting, words_of
from signals.languages import everyday
from signals.text import sentences

FOLDER = Path(__file__).parent
Labelled = dict[str, Mapping[str, tuple[str, ...]]]  # question → label → texts

AROUND = "\x1f"  # between a sentence and the marks of where it stands
BETWEEN = "\x1e"  # between the sentences of a message

_MARK = re.compile(r"\[\[([a-z_+ ]+):\s*(.*?)\]\]", re.DOTALL)
_QUESTIONS = {
    "human": "explicit_human_request",
    "churn": "churn_risk",
    "legal": "legal_threat",
    "security": "security_incident",
    "privacy": "privacy_request",
    "refund": "refund_request",
    "failed": "failed_attempt",
    "again": "asked_before",
}
# Marks that are one label of a question with several.
_LABELS = {
    **dict.fromkeys(("outage", "data_loss", "safety", "all_blocked"), "impact"),
    **dict.fromkeys(("high", "low"), "urgency"),
    **dict.fromkeys(("api_error", "database", "code_level"), "technical"),
}


@dataclass(frozen=True, slots=True)
class Marked:
    """One ticket: its subject, intent, and the customer's messages as (sentence, marks) with the tone of each message.

    ``advice`` is what the team or a bot wrote before each of them, "" for nothing.
    """

    subject: str
    intent: str
    messages: tuple[tuple[tuple[str, frozenset[str]], ...], ...]
    tones: tuple[str, ...]
    advice: tuple[str, ...]

    def answers(self, question: str, labels: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """(text, label) of every text that answers a question."""
        if question == "intents":
            yield f"{self.subject}{BETWEEN}{_joined(self.messages[0])}", self.intent
        elif question == "sentiment":
            yield from zip(map(_joined, self.messages), self.tones, strict=False)
        else:
            for message, advice in zip(self.messages, self.advice, strict=True):
                here, before = setting(self.subject, advice, everyday("en")), list[str]()
                for number, (text, marks) in enumerate(message):
                    words = words_of(text)
                    place = (*here.subject, *around(words, number, before, here))
                    yield AROUND.join((text, *place)), answer(question, labels, marks)
                    before = words

    def wholes(self, question: str) -> Iterator[tuple[str, str]]:
        """(text, label) of every message for a yes/no question of its sentences: yes where one of them is."""
        for message in self.messages:
            labels = {answer(question, ("yes", "no"), marks) for _, marks in message}
            yield _joined(message), "yes" if "yes" in labels else "no"


def _joined(message: tuple[tuple[str, frozenset[str]], ...]) -> str:
    return BETWEEN.join(text for text, _ in message)


def answer(question: str, labels: tuple[str, ...], marks: frozenset[str]) -> str:
    """What these marks of a sentence answer."""
    if labels == ("yes", "no"):
        return "yes" if question in {_QUESTIONS.get(mark) for mark in marks} else "no"
    return next((mark for mark in sorted(marks) if _LABELS.get(mark) == question), "none")


def load() -> Labelled:
    """Question → its labelled texts, each text once; the first label a text stands under wins."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.yaml"))}


def _read(path: Path) -> Mapping[str, tuple[str, ...]]:
    seen: set[str] = set()
    labels: dict[str, tuple[str, ...]] = {}
    for label, texts in yaml.safe_load(path.read_text("utf-8"))["labels"].items():
        own = [" ".join(text.split()) for text in texts]
        labels[label] = tuple(dict.fromkeys(text for text in own if text not in seen))
        seen.update(own)
    return labels


def tickets(*names: str) -> tuple[Marked, ...]:
    """The marked tickets of these files, without names of all."""
    files = [FOLDER / "tickets" / f"{name}.yaml" for name in names] or sorted((FOLDER / "tickets").glob("*.yaml"))
    told = [ticket for file in files for ticket in yaml.safe_load(file.read_text("utf-8"))["tickets"]]
    return tuple(_marked(ticket) for ticket in told)


def _marked(told: Mapping[str, object]) -> Marked:
    own: list[str] = []
    advice: list[str] = []
    before = ""
    for message in told["messages"]:  # type: ignore[attr-defined]
        if message["role"] == "customer":
            own.append(message["text"])
            advice.append(before)
        before = "" if message["role"] == "customer" else message["text"]
    tones = told.get("tone") or ()
    return Marked(
        str(told.get("subject", "")),
        str(told["intent"]),
        tuple(tuple(_sentences(text)) for text in own),
        tuple(tones) if isinstance(tones, list) else (str(tones),) * len(own),
        tuple(advice),
    )


def _sentences(text: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The sentences of a message with the marks of each."""
    at = 0
    for mark in _MARK.finditer(text):
        yield from ((one, frozenset()) for one in _split(text[at : mark.start()]))
        names = frozenset("high" if name == "urgent" else name for name in mark[1].replace(" ", "").split("+"))
        yield from ((one, names) for one in _split(mark[2]))
        at = mark.end()
    yield from ((one, frozenset()) for one in _split(text[at:]))


def _split(text: str) -> Iterator[str]:
    start = 0
    for end in (*sentences(text).ends, len(text)):
        if any(letter.isalpha() for letter in text[start:end]):
            yield " ".join(text[start:end].split())
        start = end
