"""What a single word with digits is: an order, an error, a version, a place, a file, or nothing worth keeping."""

from __future__ import annotations

import re

# What people call their numbers → kind. The label decides: the same digits mean an order or an invoice.
_LABELS = {
    "order": "order orders bestellung bestellnummer bestellnr auftrag commande pedido ordine shipment delivery booking "
    "buchung réservation reserva prenotazione encomenda заказ",
    "invoice": "invoice invoices rechnung rechnungsnummer facture factura fattura fatura factuur quote",
    "contract": "contract policy membership agreement vertrag vertragskonto contrat contrato contratto matrícula póliza",
    "transaction": "transaction payment charge refund zahlung mandat paiement pago pagamento",
    "tracking": "tracking suivi seguimiento rastreio sendung sendungsnummer sendungsverfolgung",
    "subscription": "subscription abo abonnement suscripción assinatura licence license",
    "account": "account workspace customer konto kundennummer kunde client cliente compte cuenta conta tenant cluster employee "
    "company user comercio loja line community",
    "request": "request requests trace correlation petición requête requisição anfrage run import job",
    "reference": "ticket case claim reference ref serial vorgang zähler dossier caso référence referencia protocolo protocolo "
    "chamado serie série seriennummer application lot batch pic crn pir etiqueta número nummer number device hub artikel "
    "article artículo item model till section mandate",
}
_KIND = {word: kind for kind, words in _LABELS.items() for word in words.split()}
# Words that may stand between a label and its number; and labels of errors.
_FILLERS = "id ids number numbers no nr n nº nummer code key de do cliente pedido über lautet is was ist es é and und y et e of"
_OF_ERRORS = (
    "http error errors err code status código erreur erro fehler fehlercode rejeição rejet motivo errore codice fout reason"
)
_BETWEEN = frozenset(_FILLERS.split())
_ERROR_LABELS = frozenset((*_OF_ERRORS.split(), "エラー"))
_NAMES = re.compile(r"[a-z\w]+")  # as \w+, but quicker
_ERROR = re.compile(
    r"(?i)((?:^|(?<=\W))(?:http|error|errors|err|code|status|status code|error code|código|erreur|erro|fehler|"
    r"fehlercode|código de error|"
    r"rejeição|rejet|motivo|errore|codice|fout|reason|エラー))(?: (?:code|status|number|de|com|mit|with|en))?\W{0,3}$"
)
_LABEL_NEAR = 24  # characters before a word that hold the last word of its label, with "code" and the like behind it
_ERROR_CODE = re.compile(r"(?=[A-Za-z_.-]*\d)[\w.-]{2,40}")
_OF_ORDER = re.compile(r"(?i)\b(?:order|booking|product|article|item|zip|post|promo|discount) (?:status )?code\W*$")
_ERROR_NEAR = re.compile(
    r"(?i)\b(?:errors?|erreur|fehler\w*|erro|says?|shows?|code|ends with|fails?|failed|exception|invalid\w*|rejected|dice|"
    r"indique|journal|zeigt|mostra|get|stops?|returns?)\b"
)
_VERSION_NEAR = re.compile(
    r"(?i)\b(?:version|versión|versão|build|release|app|plugin|sdk|client|connector|firmware|update|updated|upgraded?|driver|"
    r"installed|latest|auf|to|la|na|da|from|in|the|mise à jour|actualización|atualização)\b[\w .-]{0,24}$|\bv$"
)
_CERTAIN_VERSION = re.compile(
    r"(?i)\b(?:version|versión|versão|build|release|app|plugin|sdk|client|connector|firmware|la|der|da|mise à jour|update)\W{1,2}"
    r"(?:version )?(?:to |für |von |de la )?$|\bfirmware\b[\w ]{0,20}$|\bpushed $"
)
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?")
_VERSION = re.compile(r"[vV]?\d{1,5}(?:\.\d{1,5}){2,4}(?:-\w{1,12})?")
_SHORT_VERSION = re.compile(r"[vV]?\d{1,4}\.\d{1,4}(?:\.x)?")
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_FILE = re.compile(
    r"(?i)[\w-]{1,80}(?:\.[\w-]{1,20}){0,3}\.(?:csv|pdf|jpe?g|png|gif|heic|xlsx?|docx?|zip|log|txt|json|xml|ya?ml|db|mov|mp4|har|ics)"
)
_HOST = re.compile(
    r"(?i)(?:[a-z0-9_-]{1,63}\.){1,5}(?:com|net|org|io|dev|app|example|eu|de|fr|es|pt|br|it|nl|uk|co|ai|cloud)(?:/\S*)?"
)
_PATH = re.compile(r"/[a-z][\w{}-]*(?:/[\w{}.-]+)+|/[a-z]{3,}[\w-]*")
_SPELT = re.compile(r"[a-z]{2,12}(?::[\w.-]{2,60}){1,4}")  # urn:acme:prod, include:spf.x.example
_SNAKE = re.compile(r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+(?:\._[a-z]+)?|[a-z0-9]+\._[a-z]+")
_SLUG = re.compile(r"[a-z]{2,15}(?:-[a-z0-9]{2,15}){1,3}|[a-z]{2,15}-\d\w{0,3}|[a-z]{2,6}-[a-z]+-\d+(?:-\w+)?")
_CAMEL = re.compile(r"[A-Z][a-z]+(?:[A-Z][a-z]+)+")
_DOTTED = re.compile(r"[a-z_]{3,30}(?:\.[a-z_]{3,30}){1,3}")
# Numbers with digits that are no codes: times, dates, ordinals, shares, measures, counts.
_PLAIN = re.compile(
    r"(?i)\d{1,4}|\d{1,2}[:h.]\d{2}(?::\d{2})?(?:am|pm|h|uhr)?|\d{1,2}h\d{0,2}|\d{1,4}[./-]\d{1,2}(?:[./-]\d{2,4})?|\d{1,2}/\d{4}|"
    r"\d{1,6}(?:st|nd|rd|th|er|ème|e|º|ª|x|k|am|pm|h|min|ms|s|d|m|km|cm|mm|kg|g|gb|mb|tb|kb|mbit|gbit|mbit/s|kwh|kw|w|v|mah|hz|"
    r"ghz|mhz|db|px|dpi|%|°|°c|p|seats|nd)|\d{1,3}(?:[.,]\d{3})+|\d+[.,]\d+|[a-z]\d|\d{1,2}-\d{1,3}|x\d+|h\d|q\d|kw\d+|"
    r"24/7|w2|utf-?\d+|ikev\d|covid-19|\dfa|mp3|a4|[\d.,]+(?:mbit|gb|mb|k|m)|<\d.*|>\d.*|~\d.*|\d{4}-\d{2}-\d{2}t?.*|\d+-?(?:jährig|year|"
    r"day|hour)\w*"
)
_LABELLED = 4  # letters and digits of what a label makes an order or an invoice, at least
_LABELLED_WORD = re.compile(r"[\w./-]{4,40}")
_NUMBER = re.compile(r"\d{5,14}|\d{2,6}(?:[-/.]\d{2,12}){1,3}|\d{4}/\d{3,8}|\d{3,5}[-/][A-Z]")
_CODE = re.compile(r"(?=[\w/.-]*\d)(?=[\d_/.-]*[A-Za-z])[A-Za-z0-9]+(?:[-_/.][A-Za-z0-9]+){0,5}")
_PREFIXES = {
    "INV": "invoice",
    "RE": "invoice",
    "R": "invoice",
    "ORD": "order",
    "SO": "order",
    "TXN": "transaction",
    "SUB": "subscription",
}
_PREFIXES |= {"CTR": "contract", "REQ": "request", "RUN": "request"}
_AFTER_CARRIER = re.compile(r"\b([A-Z]{2}) $")  # "IB 558201"

Kind = tuple[str, str]
_NOTHING: Kind = ("", "")


def kind_of(word: str, before: str, after: str) -> Kind:
    """(kind, the word as it is shown) of a word, by its shape and the words ``before`` it; ("", "") for nothing to keep."""
    word = word.lstrip("#*.:-=").rstrip(".:*-=/&|")
    if len(word) < 2 or "[hidden" in word:
        return _NOTHING
    if "@" in word:
        return ("e-mail", word) if _EMAIL.fullmatch(word) else _NOTHING
    marked = "." in word or "/" in word or ":" in word  # no place and no version is without one of them
    where = (_place(word) or _version(word, before)) if marked else None
    return _error(word, before) or where or _number(word, before, after) or _NOTHING


def _error(word: str, before: str) -> Kind | None:
    """ "code 05", "HTTP 502", "error BIL-402": a label, then a code; two digits without letters keep their label."""
    if not _ERROR_CODE.fullmatch(word) or _ERROR_LABELS.isdisjoint(_NAMES.findall(before[-_LABEL_NEAR:].lower())[-2:]):
        return None
    label = _ERROR.search(before)
    if label is None:
        return None
    if _OF_ORDER.search(before) or re.fullmatch(r"\d{6,}", word):
        return None
    name = label[1].strip()
    return "error", f"{name} {word}" if word.isdigit() and before.endswith(f"{name} ") else word


def _place(word: str) -> Kind | None:
    if _FILE.fullmatch(word):
        return "file", word
    if _IP.fullmatch(word):
        return "address", word
    if _PATH.fullmatch(word):
        return "url", word
    if _HOST.fullmatch(word) or (_SPELT.fullmatch(word) and not word[-1].isdigit()):
        return "address", word
    return None


def _version(word: str, before: str) -> Kind | None:
    if _VERSION.fullmatch(word):
        return "version", word.lstrip("vV")
    if _SHORT_VERSION.fullmatch(word) and (word[0] in "vV" or _CERTAIN_VERSION.search(before)):
        return "version", word.lstrip("vV")
    return None


def _number(word: str, before: str, after: str) -> Kind | None:
    """A code or number, by its label or else by its prefix."""
    if not any(map(str.isdigit, word)):
        return _name(word, before)
    if len(word) < _LABELLED and _PLAIN.fullmatch(word):
        return None
    kind = _KIND.get(_label(before), "")
    if kind and len(word) >= _LABELLED and _LABELLED_WORD.fullmatch(word) and not _is_year(word):
        return kind, word
    if _PLAIN.fullmatch(word):
        return None
    if _NUMBER.fullmatch(word):
        return _plain_number(word, before, after)
    if _SNAKE.fullmatch(word):
        return kind or "reference", word
    if _CODE.fullmatch(word) and len(word) <= 60:
        prefix = re.split(r"[-_/]", word)[0].upper()
        return (kind or _PREFIXES.get(prefix) or ("error" if _ERROR_NEAR.search(before[-24:]) else "reference")), word
    return None


def _plain_number(word: str, before: str, after: str) -> Kind | None:
    carrier = _AFTER_CARRIER.search(before)
    if carrier and word.isdigit():
        return "reference", f"{carrier[1]} {word}"
    if before[-1:] == "+" or before.endswith(("(0)", "(0) ")) or after[:2].strip().startswith(("%", "€")):
        return None
    return "reference", word


def _label(before: str) -> str:
    """The word that says what the number after it is: "order" in "Order no. ", "invoice" in "invoices"; "" for none."""
    names = _NAMES.findall(before.lower().rpartition("\n")[2])[-4:]
    name = next((word for word in reversed(names) if word not in _BETWEEN), "")
    return name if name in _KIND else name.removesuffix("s")


def _is_year(word: str) -> bool:
    return len(word) == 4 and word[:2] in ("19", "20")


def _name(word: str, before: str) -> Kind | None:
    """A name that a machine gave: SCREAMING_SNAKE and snake_case are errors near a word of error, else references."""
    near = _ERROR_NEAR.search(before)
    if _SNAKE.fullmatch(word):
        return ("error" if near or word.isupper() else "reference"), word
    if _CAMEL.fullmatch(word) and re.search(r"(?i)\b(?:in|reason|service|class|at|error)\W{1,3}$", before):
        return ("error" if near else "reference"), word
    if _SLUG.fullmatch(word) and _label(before) in (
        "group",
        "tenant",
        "cluster",
        "pool",
        "workspace",
        "host",
        "server",
        "branch",
    ):
        return "account", word
    if _DOTTED.fullmatch(word) and re.search(r"(?i)\b(?:for|event|webhooks?|field|topic|threshold|setting)\W{1,2}$", before):
        return "reference", word
    return None
