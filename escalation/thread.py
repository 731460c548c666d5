"""A thread made readable: each message without quoted tails, signatures, secrets and control characters, cut to a length.

Linear time throughout, for customers may send anything: texts are cut before they are looked at, patterns never nest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from escalation.mail import own_lines
from escalation.secrets import mask
from escalation.ticket import Message, Person, Role, Ticket

MOST_TEXT = 20_000  # characters of one message that are read; the ticket keeps the rest
OWN_NOTE = "Baton ref "  # the last line of our own notes; they are not quoted again inside the next one

_ROLE_WORDS = {Role.CUSTOMER: "customer", Role.AGENT: "agent", Role.BOT: "bot", Role.SYSTEM: "system", Role.UNKNOWN: "somebody"}

# Invisible or overriding: control codes, bidirectional overrides (they can show "gpj.exe" as "exe.jpg"), marks without a width
# (they can hide a word from whoever looks for it), tags (they can carry a whole text that nobody sees), lone surrogates. The
# joiners U+200C and U+200D stay: Persian and emoji are written with them.
UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_MOST_LOOKED = 1_000_000  # characters in which pictures pasted as text are left out
_PICTURE = re.compile(r"data:[\w.+-]{1,40}/[\w.+-]{1,60};base64,[A-Za-z0-9+/=]*")
_MANY_BLANKS = re.compile(r"\n{3,}")

_CJK_ENDS = "\u3002\uff01\uff1f"  # full stop, exclamation and question mark in full width
_BREAK = re.compile(r"([.!?…\u061f\u0964][\"')\]”»]{0,3}(?=\s)|[" + _CJK_ENDS + r"][\u300d\u300f]?)\s*")
_ABBREVIATION = re.compile(r"(?i:e\.g|i\.e|mr|mrs|ms|dr|nr|vs|approx|inc|ltd|st|z\.b|bzw|ca|p\.ej|sr|sra)\.")
_ORDINAL = re.compile(r"\b\d{1,2}\.$")
_MONTH = re.compile(r"(?i:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])")
_BULLET = re.compile(r"^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+", re.MULTILINE)
_MOST_SENTENCES, _LONGEST_SENTENCE = 200, 600


@dataclass(frozen=True, slots=True)
class Said:
    """One message made readable. ``who`` is a name, or the role where there is none; ``sentences`` are of ``text``."""

    id: str
    role: Role
    who: str
    text: str
    at: datetime | None = None
    public: bool = True
    attachments: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        return sentences(self.text)


def read(ticket: Ticket) -> tuple[Said, ...]:
    """The whole thread, oldest first; our own earlier notes are left out, for the next note would repeat them."""
    return tuple(_said(m, ticket.requester) for m in ticket.messages if not is_own_note(m))


def clean(text: str) -> str:
    """The words of this message alone: no quoted tail, no signature, no secrets, no control characters; may be empty."""
    if "base64," in text[:_MOST_LOOKED]:
        text = _PICTURE.sub("[picture]", text[:_MOST_LOOKED])  # first, or nothing else would be read
    text = UNSEEN.sub("", text[:MOST_TEXT].replace("\r\n", "\n").replace("\r", "\n").replace("\u2019", "'"))
    if "\n" in text:
        text = "\n".join(own_lines(text.split("\n")))
        text = _MANY_BLANKS.sub("\n\n", text)
    elif text.startswith(">"):
        text = ""
    return mask(text.strip())


@lru_cache(maxsize=1024)  # several questions are asked of the same text in a row
def sentences(text: str) -> tuple[str, ...]:
    """The first 200 sentences in order, white space evened; lines that a mail program wrapped are joined again."""
    found: list[str] = []
    lines = _BULLET.sub("", _unwrapped(text))
    for piece in _BREAK.sub(lambda end: f"{end[1]}\n", lines).split("\n"):
        piece = " ".join(piece[:_LONGEST_SENTENCE].split())
        if found and piece and _goes_on(found[-1], piece):
            found[-1] += " " + piece
        elif piece:
            found.append(piece)
        if len(found) >= _MOST_SENTENCES:
            break
    return tuple(found)


def _goes_on(before: str, piece: str) -> bool:
    """True after "e.g." and inside "7. November", whose full stops end no sentence."""
    if not before.endswith("."):
        return False
    last = before[before.rfind(" ") + 1 :].rpartition("(")[2]
    return bool(_ABBREVIATION.fullmatch(last) or (_ORDINAL.search(before[-4:]) and _MONTH.match(piece)))


def one_line(text: str, most: int) -> str:
    """``text`` on one line of at most ``most`` characters, cut between words with an ellipsis."""
    flat = " ".join(text[: most * 4].split())
    if len(flat) <= most:
        return flat
    cut = flat[: most - 1]
    between_words = cut.rfind(" ")
    return (cut[:between_words] if between_words > most * 0.6 else cut).rstrip(" ,;:-") + "…"


@lru_cache(maxsize=1024)  # the same few names stand on every message
def tidy(text: str, most: int) -> str:
    """A short field that people fill in (a name, a subject) as one safe line."""
    return one_line(mask(UNSEEN.sub("", text[: most * 4])), most)


def is_customer(person: Person, requester: Person) -> bool:
    """True for customers, and for somebody without a role who is the requester."""
    if person.role is not Role.UNKNOWN:
        return person.role is Role.CUSTOMER
    same_email = bool(person.email) and person.email.lower() == requester.email.lower()
    return same_email or (bool(person.id) and person.id == requester.id)


def _said(message: Message, requester: Person) -> Said:
    author = message.author
    role = Role.CUSTOMER if is_customer(author, requester) else author.role
    name = author.name or (requester.name if author.id and author.id == requester.id else "")
    who = tidy(name, 60) or tidy(author.email, 80) or _ROLE_WORDS[role]
    files = tuple(tidy(file, 120) for file in message.attachments)
    return Said(message.id, role, who, clean(message.text), message.at, message.public, files)


def is_own_note(message: Message) -> bool:
    """Whether a message is a note that Baton wrote."""
    return not message.public and OWN_NOTE in message.text[-300:]


def _unwrapped(text: str) -> str:
    """Line breaks inside a sentence become spaces: before a small letter, or after a long line without an end."""
    joined: list[str] = []
    for line in text.split("\n"):
        before = joined[-1].rstrip() if joined else ""
        open_end = bool(before) and before[-1] not in ".!?…:;" + _CJK_ENDS and not _BULLET.match(line)
        if open_end and (line[:1].islower() or (len(before) >= 60 and line[:1].isalnum())):
            joined[-1] = f"{before} {line}"
        else:
            joined.append(line)
    return "\n".join(joined)
