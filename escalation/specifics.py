"""The exact words of a thread that must not be lost: error codes, order numbers, versions, amounts, addresses, attachments."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from escalation.package import Specific
from escalation.thread import Said

# In the order they are shown. "reference" is a code whose meaning the customer does not say.
KINDS = (
    "error",
    "error message",
    "order",
    "invoice",
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
    "e-mail",
    "attachment",
)

_MOST_READ = 6000  # characters of one message
_MOST_OF_A_KIND = 4
_CURRENCY = r"(?:USD|EUR|GBP|CHF|JPY|INR|AUD|CAD|SEK|NOK|DKK|PLN|BRL|MXN|CNY)"

# What customers call their numbers → kind. The label decides: the same digits mean an order or an invoice.
_LABELS = {
    "order": "order", "bestellung": "order", "commande": "order", "pedido": "order", "ordine": "order", "注文番号": "order",
    "注文": "order", "订单号": "order", "订单": "order", "заказ": "order", "shipment": "order", "delivery": "order",
    "invoice": "invoice", "rechnung": "invoice", "facture": "invoice", "factura": "invoice", "fattura": "invoice",
    "transaction": "transaction", "payment": "transaction", "charge": "transaction", "tracking": "tracking",
    "subscription": "subscription", "account": "account", "workspace": "account", "customer": "account", "konto": "account",
    "request": "request", "trace": "request", "correlation": "request",
    "ticket": "reference", "case": "reference", "reference": "reference", "ref": "reference", "serial": "reference",
}  # fmt: skip

_LABELLED = re.compile(
    rf"(?i:(?<!\w)({'|'.join(_LABELS)})s?[ -]?(?:id|ids|number|numbers|no\.|nr\.|nummer)?(?: is| was)?\s?[:#]?\s?#?)"
    r"((?=[A-Za-z-]{0,20}\d)[A-Za-z0-9][A-Za-z0-9-]{3,30})(?![\w-])"
)
_CODE = re.compile(r"(?<![\w-])([A-Z]{2,10}[-_]\d{2,10}(?:-\d{1,10}){0,2})(?![\w-])")
_PREFIXES = {"INV": "invoice", "RE": "invoice", "ORD": "order", "SO": "order", "TXN": "transaction", "SUB": "subscription"}
_ERROR_CODE = re.compile(
    r"(?i:\b(?:errors?|code|status|fehler|fehlercode|erreur|http|エラー)(?: (?:code|status|number))?\s?[:#]?\s?)"
    r"((?=[A-Za-z_-]{0,20}\d)[A-Za-z0-9][A-Za-z0-9_-]{2,30})(?![\w-])"
)
_ERROR_NAME = re.compile(r"\b((?:ERR|ERROR|E)_[A-Z0-9_]{3,40}|[A-Z][A-Za-z]{2,40}(?:Error|Exception|Fault))\b")
_ERROR_TEXT = re.compile(
    r"(?i:\b(?:error|message|says?|said|saying|reads?|shows?|shown|fehlermeldung|meldung|message)\b)[^\"“「\n]{0,30}[\"“「]([^\"”」\n]{4,160})[\"”」]"
)
_AMOUNT = re.compile(
    rf"([$€£¥] ?\d[\d,.]{{0,14}}|\b{_CURRENCY} ?\d[\d,.]{{0,14}}|"
    rf"\b\d[\d,.]{{0,14}} ?(?:[$€£¥円]|{_CURRENCY}\b|(?:dollars|euros|pounds)\b))"
)
_BARE = re.compile(r"(?m)^\W{0,3}#?(\d{6,14})\W{0,3}$")  # an answer to "may I have your order number?"
_VERSION = re.compile(r"(?i:\b(?:version|build|release|app|plugin|sdk)\s?|\bv)(\d{1,5}(?:\.\d{1,5}){1,4}(?:-\w{1,12})?)\b")
_ENVIRONMENT = re.compile(
    r"\b((?:Chrome|Firefox|Safari|Edge|iOS|Android|Windows|macOS|iPhone|iPad|Ubuntu|Node(?:\.js)?|Python|PHP)"
    r"(?: \d{1,4}(?:\.\d{1,5}){0,3}(?:\.x)?)?)(?![\w.]*\w)"
)
_URL = re.compile(r"(https?://[^\s<>\"'()\u3000-\u303f]{4,300})")
_EMAIL = re.compile(r"(?<![\w.+-])([\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4})")

Found = Iterator[tuple[str, str]]


def specifics(thread: Iterable[Said], own_email: str = "") -> tuple[Specific, ...]:
    """All kinds in the order of KINDS, each word once with the first message that has it, at most four of a kind."""
    found: dict[tuple[str, str], Specific] = {}
    taken: set[str] = set()
    for said in thread:
        for kind, word in _words(said):
            if word.lower() not in taken and word.lower() != own_email.lower():
                taken.add(word.lower())
                found[kind, word] = Specific(kind, word, said.id)
    messages = [s for s in found.values() if s.kind == "error message"]
    alone = [s for s in found.values() if s.kind != "error" or not any(s.text in m.text for m in messages)]
    ordered = sorted(alone, key=lambda s: KINDS.index(s.kind))
    counts: Counter[str] = Counter()
    kept = []
    for specific in ordered:
        counts[specific.kind] += 1
        if counts[specific.kind] <= _MOST_OF_A_KIND:
            kept.append(specific)
    return tuple(kept)


def _words(said: Said) -> Found:
    text = said.text[:_MOST_READ]
    if any(sign in text for sign in ("http", "@")):
        yield from (("url", _without_secret(word)) for word in _URL.findall(text))
        text = _URL.sub(" ", text)
        yield from (("e-mail", word.rstrip(".")) for word in _EMAIL.findall(text))
        text = _EMAIL.sub(" ", text)
    for find in _FINDERS:
        yield from find(text)
    yield from (("attachment", name) for name in said.attachments)


def _without_secret(url: str) -> str:
    return url.partition("[hidden]")[0].rpartition("?")[0] if "[hidden" in url else url.rstrip(".,;:!?")


def _labelled(text: str) -> Found:
    return ((_LABELS[label.lower()], word.rstrip("-")) for label, word in _LABELLED.findall(text))


def _coded(text: str) -> Found:
    return ((_PREFIXES.get(word.replace("_", "-").partition("-")[0], "reference"), word) for word in _CODE.findall(text))


def _simple(kind: str, pattern: re.Pattern[str]) -> Callable[[str], Found]:
    return lambda text: ((kind, word.rstrip(".,;: ")) for word in pattern.findall(text))


_FINDERS: tuple[Callable[[str], Found], ...] = (
    _simple("error", _ERROR_CODE),
    _simple("error", _ERROR_NAME),
    _simple("error message", _ERROR_TEXT),
    _labelled,
    _coded,
    _simple("reference", _BARE),
    _simple("amount", _AMOUNT),
    _simple("version", _VERSION),
    _simple("environment", _ENVIRONMENT),
)
