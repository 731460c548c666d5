"""What ``signals.finetuning`` learns from: marked tickets and sentences as tokens, with what is known of every question."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from signals import corpus
from signals.beyond import OF_MESSAGE, Extent, Tokens
from signals.model import Model, Part, Passage, Question
from signals.training import ORDINARY, answers_ordinary

UNKNOWN = -1
YES, NO = 1, 0
Known = Mapping[str, str]  # question → label


@dataclass(frozen=True, slots=True)
class Example:
    """One message. Answers stand in the order of the questions of their part: the place of the label, or UNKNOWN."""

    ids: list[int]
    start: int  # place of the first token of the message itself
    extents: list[Extent]  # of its sentences, among all tokens; (0, 0) for what is cut off
    sentences: list[list[int]]
    whole: list[int]


def examples(model: Model, tokens: Tokens, sentences: corpus.Labelled, tickets: Sequence[corpus.Marked]) -> Iterator[Example]:
    """Every message of the tickets, then every sentence that stands alone."""
    for ticket in tickets:
        for number, message in enumerate(ticket.messages):
            told = [_of_marks(model.sentence, marks) for _, marks in message]
            passage = Passage(tuple(text for text, _ in message), ticket.subject, ticket.advice[number])
            yield _example(model, tokens, passage, told, _of_message(ticket, number, told))
    for text, known in _alone(sentences).items():
        yield _example(model, tokens, Passage((text,)), [known], known)


def _of_marks(part: Part, marks: frozenset[str]) -> Known:
    return {name: corpus.answer(name, _labels(asked), marks) for name, asked in part.questions.items()}


def _of_message(ticket: corpus.Marked, number: int, told: Sequence[Known]) -> Known:
    """A yes/no question's answer is yes where one of the sentences says so; the issue type is asked of the first message."""
    known = {name: "no" for one in told[:1] for name, label in one.items() if label in ("yes", "no")}
    known |= {name: "yes" for one in told for name, label in one.items() if label == "yes"}
    if number == 0:
        known["intents"] = ticket.intent
    return known | ({"sentiment": ticket.tones[number]} if number < len(ticket.tones) else {})


def _alone(sentences: corpus.Labelled) -> Mapping[str, Known]:
    """Text → what is known of it."""
    found: dict[str, dict[str, str]] = {}
    for question, labels in sentences.items():
        for label, texts in labels.items():
            for text in texts:
                found.setdefault(text, {})[question] = label
    for question, label in ORDINARY:
        for text in sentences[question][label]:
            found[text] = dict.fromkeys(filter(answers_ordinary, sentences), "no") | found[text]
    return found


def _example(model: Model, tokens: Tokens, passage: Passage, told: Sequence[Known], whole: Known) -> Example:
    before = tokens.before(passage)
    ids, extents = tokens.of(passage.sentences)
    start = len(before)
    within = [(start + a, start + min(b, OF_MESSAGE)) if a < min(b, OF_MESSAGE) else (0, 0) for a, b in extents]
    answers = [_places(model.sentence, known) for known in told]
    return Example(tokens.closed([*before, *ids[:OF_MESSAGE]]), start, within, answers, _places(model.message, whole))


def _places(part: Part, known: Known) -> list[int]:
    return [_place(asked, known.get(name)) for name, asked in part.questions.items()]


def _place(asked: Question, label: str | None) -> int:
    if label is None:
        return UNKNOWN
    return asked.labels.index(label) if len(asked.labels) > 1 else YES if label == "yes" else NO


def _labels(asked: Question) -> tuple[str, ...]:
    return asked.labels if len(asked.labels) > 1 else ("yes", "no")
