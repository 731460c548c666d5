"""The exact words of a thread that must not be lost: error codes, order numbers, versions, amounts, addresses, attachments.

A text is cut into words once; a word with a digit (or an underscore, a slash) is looked at, with the few words before it for
its meaning: the same digits are an order, an invoice or an error. What has no label but looks like a code is a reference.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from escalation import money
from escalation.codes import kind_of
from escalation.package import Specific
from escalation.thread import Said

# In the order they are shown. "reference" is a code whose meaning the customer does not say.
KINDS = (
    "error",
    "error message",
    "order",
    "invoice",
    "contract",
    "transaction",
    "tracking",
    "subscription",
    "account",
    "request",
    "reference",
    "amount",
    "version",
    "environment",
    "url",
    "address",
    "e-mail",
    "file",
    "attachment",
)

_MOST_READ = 6000  # characters of one message
_MOST_OF_A_KIND = 8
_WORD = re.compile(r"(?:[^\s,;()<>\[\]{}\"'“”„«»!?…]++|,(?=\d))++")
# What only words worth a look have: \d _ / @, or one of a-a aA AAAA a:a .aa. It begins with what is no small letter, so that
# those are passed over quickly.
_TELLING = re.compile(r"[^a-z ](?:(?<=[\d_/@])|(?<=[a-z]-)[a-z]|(?<=[A-Z])(?:(?<=[a-z].)|[A-Z]{3})|(?<=\w:)\w|(?<=\.)[a-z]{2})")
_BEFORE = 44  # characters before a word that may say what it is

_ERROR_NAME = re.compile(r"\b((?:ERR|ERROR|E)_[A-Z0-9_]{3,40}|[A-Z][A-Za-z]{2,40}(?:Error|Exception|Fault))\b")
_SAYS = (
    r"error|errors?|message|says?|said|saying|reads?|shows?|shown|returns?|fails with|log(?: line)?|screen|reason|with|"
    r"fehlermeldung|meldung|fehler|erreur|affiche|indique|message|error|mensaje|dice|muestra|con|erro|mostra|aparece|mensagem|"
    r"rejeição|errore|mostra|melding|foutmelding"
)
_QUOTED = re.compile(rf"(?i:\b(?:{_SAYS})\b)[^\"“„«\n]{{0,30}}(?:[\"“„]([^\"”“\n]{{4,160}})[\"”“]|« ?([^»\n]{{4,160}}?) ?»)")
_MAIL_ERROR = re.compile(r"(?<![\w.])([45]\d\d[ -][45]\.\d{1,3}\.\d{1,3})(?![\w.]\d)")  # 550 5.7.1
_SHOUTED = re.compile(r"\b((?:[A-Z]{2,}[\d-]* ){2,5}[A-Z][A-Z\d-]{2,}(?: [A-Z]-?\d{1,5})?)\b")  # HEAD COLD E-07
_CAPITALS = re.compile(r"[A-Z][A-Z][A-Z\d-]* [A-Z]")  # shouting has that, and few texts do
# What a text must have for a pattern to find something: a word is looked for far quicker than a pattern that begins with many.
_ERROR_HINT = re.compile("ERR|E_|Error|Exception|Fault")
_NAMES = (
    "Chrome|Firefox|Safari|Edge|iOS|iPadOS|Android|Windows|macOS|iPhone|iPad|Ubuntu|Debian|Node|Python|PHP|Java|"
    "Pixel|Galaxy|Outlook|Excel"
)
_SYSTEM = re.compile(_NAMES)
_ENVIRONMENT = re.compile(
    rf"\b((?:{_NAMES})(?:\.js)?"
    r"(?: (?:\d{1,4}|[A-Z]\d{1,3})(?:\.\d{1,5}){0,3}(?:\.x)?)?)(?![\w.]*\w)"
)
_MODEL = re.compile(r"(?i:\b(?:model|modell|modèle|modelo|modello)\b:? )(\"?[A-Z][\w-]{1,20}(?: \d{2,5}\w?)?)")
_URL = re.compile(r"(https?://[^\s<>\"'()\u3000-\u303f]{4,300})")

Found = Iterator[tuple[str, str]]


def specifics(thread: Iterable[Said], own_email: str = "") -> tuple[Specific, ...]:
    """All kinds in the order of KINDS, each word once with the first message that has it, at most eight of a kind."""
    found: dict[tuple[str, str], Specific] = {}
    taken: set[str] = {own_email.lower()}
    for said in thread:
        for kind, word in _words(said):
            key = word.lower().removeprefix("http ").removeprefix("v")
            if key not in taken:
                taken.add(key)
                found[kind, word] = Specific(kind, word, said.id)
    messages = [s for s in found.values() if s.kind == "error message"]
    alone = [s for s in found.values() if s.kind != "error" or not any(s.text in m.text for m in messages)]
    counts: Counter[str] = Counter()
    kept = []
    for specific in sorted(alone, key=lambda s: KINDS.index(s.kind)):
        counts[specific.kind] += 1
        if counts[specific.kind] <= _MOST_OF_A_KIND:
            kept.append(specific)
    return tuple(kept)


def _words(said: Said) -> Found:
    text = said.text[:_MOST_READ]
    if "http" in text:
        yield from (("url", _without_secret(word)) for word in _URL.findall(text))
        text = _URL.sub(" ", text)
    if _ERROR_HINT.search(text):
        yield from (("error", word) for word in _ERROR_NAME.findall(text))
    if "4." in text or "5." in text:
        yield from (("error", word) for word in _MAIL_ERROR.findall(text))
    if '"' in text or "“" in text or "„" in text or "«" in text:
        yield from (("error message", (one or other).strip()) for one, other in _QUOTED.findall(text))
    if _CAPITALS.search(text):
        yield from (("error message", word) for word in _SHOUTED.findall(text))
    if _SYSTEM.search(text):
        yield from (("environment", word) for word in _ENVIRONMENT.findall(text))
    lower = text.lower()
    if "model" in lower or "modèle" in lower:
        yield from (("environment", word) for word in _MODEL.findall(text))
    sums = money.sums(text)
    yield from (("amount", text[start:end]) for start, end in sums)
    yield from _codes(text, sums)
    yield from (("attachment", name) for name in said.attachments)


def _codes(text: str, sums: list[tuple[int, int]]) -> Found:
    """Words that look like a code, a version or a place, but for those that stand in an amount."""
    paid = iter([*sums, (len(text) + 1, len(text) + 1)])
    start, end = next(paid)
    for word in _telling_words(text):
        while word.start() >= end and start <= len(text):
            start, end = next(paid)
        if word.end() > start:
            continue
        kind, words = kind_of(word[0], text[max(0, word.start() - _BEFORE) : word.start()], text[word.end() : word.end() + 12])
        if kind:
            yield kind, words


def _telling_words(text: str) -> Iterator[re.Match[str]]:
    """The words of a text in order that have what only words worth a look have; most words are passed over at once."""
    at = 0
    while hit := _TELLING.search(text, at):
        begin = max(at, text.rfind(" ", at, hit.start()) + 1)  # no word goes on behind a blank
        word = next(word for word in _WORD.finditer(text, begin) if word.end() > hit.start())
        yield word
        at = word.end()


def _without_secret(url: str) -> str:
    return url.partition("[hidden]")[0].rpartition("?")[0] if "[hidden" in url else url.rstrip(".,;:!?")
