"""The six lines that tell a handoff, each in several ways: the fullest that has room above the fold is shown (domain.md §5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from escalation.actions import Line
from escalation.fold import Part, above_the_fold, shortened
from escalation.history import escalates
from escalation.package import Attempt, ContextPackage, Statement, Worded, utc_words
from escalation.thread import one_line

MOST_REASONS, _MOST_STEPS = 3, 3
SHORT_SENTENCE = 160
_SHORT_STEP = 90  # characters of a remedy in the first lines; the section has it whole
_SIX = ("Summary", "Tried", "Next", "Clock", "Customer", "Why")  # in the order in which room that is left is given away

NOTHING_TRIED = "nothing that can be seen in the thread"
VERDICT = {True: "helped", False: "failed", None: "no answer yet"}


def parts(package: ContextPackage, at: datetime) -> tuple[Part, ...]:
    """The six lines in the order in which they are read, each in all its ways."""
    return (
        Part("Why", _why(package)),
        Part("Summary", _summary(package), rows=3),
        Part("Customer", _customer(package)),
        Part("Tried", _tried(package), rows=2),
        Part("Clock", _clock(package, at)),
        Part("Next", _next(package)),
    )


def folded(six: Iterable[Part]) -> tuple[Line, ...]:
    """The six lines above the fold."""
    told = {part.label: part for part in six}
    texts = dict(zip(_SIX, above_the_fold([told[label] for label in _SIX]), strict=True))
    return tuple(Line(label, texts[label]) for label in told)


def _why(package: ContextPackage) -> tuple[str, ...]:
    """With what was seen and the rules; without the rules; the rules' titles alone."""
    issue = f"Issue: {issue_of(package)}"
    shown = package.reasons[:MOST_REASONS]
    more = len(package.reasons) - len(shown)
    asked = [told] if (told := asked_for(package)) else []
    rest = [f"{more} more reasons below"] if more > 0 else []
    ways = (
        [f"{r.words}{f' [rule {r.rule}]' if r.rule else ''}" for r in shown],
        [r.words for r in shown],
        [one_line(r.title or r.words, _SHORT_STEP) for r in shown],
    )
    return tuple(f"{'; '.join([*asked, *words, *rest]) or by_hand(package)}. {issue}" for words in ways)


def by_hand(package: ContextPackage) -> str:
    return f"handed over by {package.sender}" if package.sender else "no reason was recorded"


def asked_for(package: ContextPackage) -> str:
    """Why somebody handed it over, in their own words: of an "#escalate" note that is the newest; "" where nobody did."""
    note = package.handover
    why = (escalates(note.text) or ("", ""))[1]
    return f"{note.who}: “{one_line(why, SHORT_SENTENCE)}”" if why else ""


def issue_of(package: ContextPackage) -> str:
    issue = package.issue_type.replace("_", " ") or "not known"
    return f"{issue} ({package.product_area})" if package.product_area else issue


def _summary(package: ContextPackage) -> tuple[str, ...]:
    """A model's words with what they cite, then without (they stand in full below), then the customer's own."""
    own = own_summary(package) or "The ticket has no text and no subject"
    worded = package.wording.summary
    return (worded_summary(package), f"{' '.join(w.text for w in worded)} ({written_by(package)})", own) if worded else (own,)


def own_summary(package: ContextPackage, most: int = 0, between: str = " ") -> str:
    return between.join(shortened(s.text, most) if most else s.text for s in package.summary)


# A model's words are never in quotation marks, and always say whose they are and what they are drawn from.


def worded_summary(package: ContextPackage) -> str:
    worded = package.wording.summary
    return f"{' '.join(map(with_cites, worded))} ({written_by(package)})" if worded else ""


def worded_next(package: ContextPackage) -> str:
    action = package.wording.next_action
    return f"{with_cites(action[0])} (suggestion {written_by(package)})" if action else ""


def with_cites(one: Worded) -> str:
    return f"{one.text} [{cites(one.cites)}]"


def cites(ids: Iterable[str]) -> str:
    return f"cites {', '.join(dict.fromkeys(ids))}"


def written_by(package: ContextPackage) -> str:
    return f"written by {package.wording.by}"


def tries_of(package: ContextPackage) -> tuple[Attempt, ...]:
    return package.wording.tried or package.tried


def as_said(attempt: Attempt, text: str) -> str:
    """Words of an attempt: a quotation, unless a model wrote them."""
    return text if attempt.cites else f"“{text}”"


def in_full(part: Part, package: ContextPackage) -> Line:
    """What a first line had no room for; the customer's sentences of the summary each on a line of its own."""
    if part.label == "Summary" and not package.wording.summary:
        return Line(part.label, own_summary(package, between="\n"))
    return Line(part.label, part.ways[0])


def name_of(package: ContextPackage) -> str:
    return package.customer.name or package.customer.email or "unknown customer"


def _customer(package: ContextPackage) -> tuple[str, ...]:
    """With the renewal; without it; name, tier and tone alone."""
    who, tone = package.customer, package.sentiment
    known = [word for word in (name_of(package), who.tier, who.organization) if word]
    ways = ([*known, *_of_account(package, "Renewal")], known, [word for word in (name_of(package), who.tier) if word])
    fullest, *others = (", ".join(words) for words in ways)
    return (f"{fullest}. Tone: {tone}", *(f"{words}. {capital(tone)}" for words in others)) if tone else (fullest, *others)


def _of_account(package: ContextPackage, label: str) -> list[str]:
    return [f"{label.lower()} {line.text}" for line in package.account if line.label == label]


def _tried(package: ContextPackage) -> tuple[str, ...]:
    """All steps that a note shows; without what a colleague noted; the newest two; the newest; without a model's words."""
    alone = replace(package, handover=Statement())
    quoted = replace(alone, wording=replace(package.wording, tried=()))
    ways = (steps_of(package), *(steps_of(one, most) for one in (alone, quoted) for most in (3, 2, 1)))
    return tuple(dict.fromkeys("; ".join(steps) or NOTHING_TRIED for steps in ways))


def steps_of(package: ContextPackage, most: int = 3) -> tuple[str, ...]:
    """The newest attempts with what came of each, and what a colleague noted for colleagues, unless that asks for the handoff."""
    attempts = tries_of(package)[-most:]
    shown = [_step(a) for a in attempts]
    shown += [f"({written_by(package)} where not in quotation marks)"] if any(a.cites for a in attempts) else []
    earlier = len(tries_of(package)) - len(attempts)
    noted = package.handover if escalates(package.handover.text) is None else Statement()
    return (
        *([f"{earlier} earlier"] if earlier else []),
        *shown,
        *([f"{noted.who} noted: “{one_line(noted.text, SHORT_SENTENCE)}”"] if noted else []),
    )


def _step(attempt: Attempt) -> str:
    origin = f" [{cites(attempt.cites)}]" if attempt.cites else ""
    return f"{attempt.who}: {as_said(attempt, one_line(attempt.step.text, _SHORT_STEP))} → {_came_to(attempt)}{origin}"


def _came_to(attempt: Attempt) -> str:
    if attempt.worked is None and attempt.result:
        return as_said(attempt, one_line(attempt.result.text, _SHORT_STEP))
    return VERDICT[attempt.worked]


def _clock(package: ContextPackage, at: datetime) -> tuple[str, ...]:
    """All clocks; the nearest with how long and how urgent; the nearest with how long; the nearest, which is the deadline."""
    urgency, nearest = f"Urgency: {package.urgency()}", capital(package.sla(at, most=1))
    waiting = f"waiting {package.waiting(at)}" if package.waiting_since else _waiting(package, at).lower()
    return (
        f"{_waiting(package, at)}. SLA: {package.sla(at)}. {urgency}",
        f"{nearest}; {waiting}. {urgency}",
        f"{nearest}; {waiting}",
        nearest,
    )


def _waiting(package: ContextPackage, at: datetime) -> str:
    if package.waiting_since is None:
        return "Nobody is waiting for a reply" if not package.unanswered else "Waiting, since when is not known"
    many = f", {package.unanswered} messages" if package.unanswered > 1 else ""
    return f"Waiting {package.waiting(at)} for a person (since {utc_words(package.waiting_since, at)}{many})"


def _next(package: ContextPackage) -> tuple[str, ...]:
    """Three steps, the right that is needed and what a model suggests; fewer steps; the first step alone.

    A model's suggestion comes last: what is to be done first by rule, such as securing an account, is never pushed away.
    """
    authority = [f"Needs the right {package.authority}"] if package.authority else []
    worded = [told] if (told := worded_next(package)) else []
    steps = package.next_steps[:_MOST_STEPS]
    ways = [[*steps, *authority, *worded], *([*steps[:most], *authority] for most in range(_MOST_STEPS, 0, -1))]
    return tuple(". ".join(words) or "Read the thread and reply in person" for words in [*ways, steps[:1]])


def capital(words: str) -> str:
    return words.upper() if words == "url" else words[:1].upper() + words[1:]
