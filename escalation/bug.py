"""A bug as it is filed for engineering: what it is known again by, what it says, and what evidence is lacking (domain.md §5).

"May be a bug" is not "is a bug": environment, steps to reproduce and impact have to be there, or it goes back with a checklist.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from escalation.actions import Line, Note
from escalation.package import ContextPackage, Specific
from escalation.thread import one_line

ALIKE = 0.5  # a bug at least so similar is shown before another one is filed
MOST_CANDIDATES = 5
MOST_LINKS = 50  # tickets listed in the text of a bug; all stand in Baton
_MOST_WORDS, _MOST_TITLE, _MOST_TEXT = 40, 120, 1500
_ERRORS = ("error", "error message")
_SURROUNDINGS = ("environment", "version")
_ERROR_LIKE = re.compile(r"(?:err|error|exc|fault)[-_]", re.IGNORECASE)  # a code whose meaning nobody says
_STATUS = re.compile(r"(?:http[ /]?)?[1-5]\d\d", re.IGNORECASE)  # shared by faults that have nothing to do with each other
_CHANGING = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8,}|\d+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{4,}")
_COMMON_WORDS = """
about after again also always another because been before being cannot could does doesn doing done each even every from getting
have help here into just like more most need never only other please same should since some still than thank thanks that their
them then there these they thing this those through today very want were what when where which while will with would your issue
problem ticket error customer user users hello team support urgent
"""
_COMMON = frozenset(_COMMON_WORDS.split())
_ACTS = r"(?:i|we|you|they|users?|clicking|opening|saving|uploading)"
_STEPS = re.compile(
    r"steps? to reproduce|to reproduce|reproduc|^\s*1[.)]\s"
    rf"|\b(?:when|whenever|every time|each time|as soon as|after|if)\s+{_ACTS}\b"
    r"|\b(?:click|tap|press|open|go to|upload|import|export|log ?in)\w*\b.{1,80}\bthen\b",
    re.IGNORECASE | re.MULTILINE,
)


class BugState(StrEnum):
    FILING = "filing"  # to be filed in the tracker, or it could not be until now
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Filed:
    """A bug in its tracker: the id calls need, the key people say, the page."""

    id: str
    key: str
    url: str


@dataclass(frozen=True, slots=True)
class Signs:
    """What a fault is known again by: exact errors, the product area, telling words. All lower-case and sorted."""

    codes: tuple[str, ...] = ()
    area: str = ""
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """What engineering needs of every bug; a person may say what the thread does not."""

    environment: str = ""
    steps: str = ""
    impact: str = ""


NO_EVIDENCE = Evidence()
NEEDED: Mapping[str, str] = {
    "environment": "Environment: browser or app, operating system, version",
    "steps": "Steps to reproduce: what was done, in order, what was expected and what happened instead",
    "impact": "Impact: how many are affected, what they cannot do, since when",
}


@dataclass(frozen=True, slots=True)
class Bug:
    """One fault, filed once, with every ticket it is behind. ``handoff_id`` is the handoff it was first reported with."""

    id: str
    tracker: str
    fingerprint: str
    state: BugState
    title: str
    signs: Signs
    added: Evidence
    handoff_id: str
    opened_at: datetime
    filed: Filed | None = None
    count: int = 0  # tickets linked
    error: str = ""  # why it could not be filed until now

    @property
    def name(self) -> str:
        """What people call it: its key in the tracker, or that it has none yet."""
        return f"{self.filed.key} in {self.tracker}" if self.filed else f"{self.id} (not filed in {self.tracker} yet)"


@dataclass(frozen=True, slots=True)
class BugLink:
    """One ticket of a bug. ``who``: organisation and tier alone, for a tracker may be public; ``told``: the tracker shows it."""

    connection: str
    ticket_id: str
    handoff_id: str
    subject: str = ""
    who: str = ""
    url: str = ""
    by: str = ""
    told: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bug that may be the same fault: from 0 to 1, and why in words."""

    bug: Bug
    similarity: float
    why: str


def errors_of(package: ContextPackage) -> tuple[Specific, ...]:
    """The errors of a ticket: named as such, or codes that look like one."""
    coded = (s for s in package.specifics if s.kind == "reference" and _ERROR_LIKE.match(s.text))
    return (*(s for s in package.specifics if s.kind in _ERRORS), *coded)


def signs_of(package: ContextPackage) -> Signs:
    """What the fault of a ticket is known again by."""
    errors = errors_of(package)
    exact = {s.text.casefold() for s in errors if s.kind != "error message"}
    codes = exact or {_CHANGING.sub("#", s.text.casefold())[:200] for s in errors}
    told = " ".join((package.subject, package.question.text, *(s.text for s in package.summary)))
    words = {w for w in _WORD.findall(told.casefold()) if w not in _COMMON}
    return Signs(tuple(sorted(codes)), package.product_area.casefold().strip(), tuple(sorted(words)[:_MOST_WORDS]))


def fingerprint(signs: Signs) -> str:
    """Equal for tickets on one fault: of the exact errors and the area; words count where no error is exact. "" for nothing."""
    exact = [code for code in signs.codes if not _STATUS.fullmatch(code)]
    telling = exact or [*signs.codes, *signs.words]
    if not telling:
        return ""
    return hashlib.sha256("\n".join((signs.area, *telling)).encode()).hexdigest()[:24]


def similarity(one: Signs, other: Signs) -> tuple[float, str]:
    """How alike two faults are, from 0 to 1, and why in words. Errors weigh most, then words, then the area."""
    words = _shared(one.words, other.words)
    parts = [(0.35, words)] if one.words or other.words else []
    parts += [(0.5, _shared(one.codes, other.codes))] if one.codes or other.codes else []
    parts += [(0.15, float(one.area == other.area))] if one.area or other.area else []
    whole = sum(weight * share for weight, share in parts) / (sum(weight for weight, _ in parts) or 1)
    same = sorted(set(one.codes) & set(other.codes))
    why = [f"same error {', '.join(same[:3])}"] if same else []
    why += [f"same area {one.area}"] if one.area and one.area == other.area else []
    why += [f"{words:.0%} of the words"]
    return round(whole, 2), ", ".join(why)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    union = set(one) | set(other)
    return len(set(one) & set(other)) / len(union) if union else 0.0


def candidates(signs: Signs, known: Iterable[Bug]) -> tuple[Candidate, ...]:
    """The bugs that may be the same fault, the most similar first; the same fingerprint is certain."""
    own = fingerprint(signs)
    found = [_candidate(signs, own, bug) for bug in known]
    alike = sorted((c for c in found if c.similarity >= ALIKE), key=lambda c: (-c.similarity, c.bug.state == BugState.CLOSED))
    return tuple(alike[:MOST_CANDIDATES])


def _candidate(signs: Signs, own: str, bug: Bug) -> Candidate:
    alike, why = similarity(signs, bug.signs)
    return Candidate(bug, 1.0, "the same errors and area") if own and own == bug.fingerprint else Candidate(bug, alike, why)


def evidence_of(package: ContextPackage, added: Evidence = NO_EVIDENCE) -> Evidence:
    """What the thread says, and what a person added beside it."""
    around = ", ".join(s.text for s in package.specifics if s.kind in _SURROUNDINGS)
    steps = "\n".join(_steps(package))
    return Evidence(_both(around, added.environment), _both(steps, added.steps), _both(package.impact.text, added.impact))


def _both(found: str, added: str) -> str:
    return "\n".join(dict.fromkeys(text for text in (added.strip(), found) if text))[:_MOST_TEXT]


def _steps(package: ContextPackage) -> Iterator[str]:
    """What customers and colleagues say of how it comes about: whole messages that tell steps, at most three."""
    told = [turn for turn in package.transcript if turn.role in ("customer", "agent") and _STEPS.search(turn.text)]
    yield from (turn.text[:600] for turn in told[:3])


def lacking(evidence: Evidence) -> tuple[str, ...]:
    """What has to be asked for before it is a bug, as a checklist for the sender; empty when all is there."""
    return tuple(words for name, words in NEEDED.items() if not getattr(evidence, name))


def title_of(package: ContextPackage, signs: Signs) -> str:
    """What goes wrong, where, in one line: the exact error first, for a subject alone says "urgent!!"."""
    code = next((s.text for s in errors_of(package)), "")
    where = f" in {package.product_area}" if package.product_area else ""
    subject = package.subject or package.question.text or f"Ticket {package.ticket_id}"
    known = code and code.casefold() not in subject.casefold()
    return one_line(f"{code}{where}: {subject}" if known else subject, _MOST_TITLE)


def link_of(package: ContextPackage, handoff_id: str, url: str, by: str) -> BugLink:
    """A ticket as a bug names it. ``package`` as it may be shown to the tracker."""
    who = ", ".join(part for part in (package.customer.organization, package.customer.tier) if part)
    return BugLink(package.connection, package.ticket_id, handoff_id, package.subject, who, url, by)


def body(bug: Bug, package: ContextPackage, links: tuple[BugLink, ...], page_url: str) -> Note:
    """The bug as it is written to the tracker; ``package`` as it may be shown there. Plain text: trackers escape and render."""
    evidence = evidence_of(package, bug.added)
    gaps = lacking(evidence)
    lines = (
        Line("Environment", evidence.environment or "not told"),
        Line("Impact", evidence.impact or "not told"),
        Line("Tickets", f"{bug.count} until now: {_affected(links)}"),
        Line("Product area", package.product_area or "not told"),
        Line("Urgency", package.urgency()),
    )
    sections = (
        ("Steps to reproduce", (Line("", evidence.steps or "not told"),)),
        ("Errors", tuple(Line(s.kind, s.text, s.source) for s in errors_of(package))),
        ("What happened", tuple(Line("", s.text, s.source) for s in package.summary)),
        ("Tried", tuple(Line(a.who or a.role, f"{a.step.text} → {a.result.text or 'no answer yet'}") for a in package.tried)),
        ("Evidence that is missing", tuple(Line("", gap) for gap in gaps)),
        ("Linked tickets", tuple(link_line(link) for link in links[:MOST_LINKS])),
    )
    return Note(bug.id, bug.title, lines, tuple((heading, told) for heading, told in sections if told), page_url)


def link_line(link: BugLink) -> Line:
    """One ticket in one line."""
    named = f"{link.subject or 'ticket'} ({link.who})" if link.who else link.subject or "ticket"
    return Line(f"{link.connection} {link.ticket_id}", f"{named} {link.url}".strip())


def _affected(links: tuple[BugLink, ...]) -> str:
    told = list(dict.fromkeys(link.who for link in links if link.who))
    more = f" and {len(told) - 10} more" if len(told) > 10 else ""
    return "; ".join(told[:10]) + more if told else "customers without an organisation"
