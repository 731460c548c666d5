"""A context package as an internal note and as a chat card: fixed order, read in ten seconds (domain.md §4, §5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from escalation.actions import Card, Line, Note, Press
from escalation.first_lines import (
    MOST_REASONS,
    NOTHING_TRIED,
    SHORT_SENTENCE,
    VERDICT,
    as_said,
    asked_for,
    by_hand,
    capital,
    cites,
    folded,
    in_full,
    issue_of,
    name_of,
    own_summary,
    parts,
    steps_of,
    tries_of,
    with_cites,
    worded_next,
    worded_summary,
    written_by,
)
from escalation.package import ASKED, Attempt, ContextPackage, Specific, Statement, Turn, utc_words
from escalation.specifics import KINDS
from escalation.thread import one_line

_MOST_NAMED = 4
_MOST_SO_FAR = 12  # lines of the chain on the card of whoever is to decide, the newest: the page has them all
_WHOLE_BELOW = frozenset({"Why", "Tried"})  # have a section that tells them in full anyhow
_MOST_TURN, _MOST_TRANSCRIPT = 2_000, 30_000  # characters of one message, and of all of them; helpdesks refuse longer notes


def note(package: ContextPackage, *, key: str, title: str, link: str, now: datetime | None = None, fold: bool = True) -> Note:
    """The package as an internal note: six lines that tell it above the fold, then the sections; clocks as at ``now``.

    ``fold`` False where there is room: the six lines are whole.
    """
    at = now or package.built_at
    six = parts(package, at)
    lines = folded(six) if fold else tuple(Line(part.label, part.ways[0]) for part in six)
    cut = tuple(part for part, line in zip(six, lines, strict=True) if line.text != part.ways[0])
    sections = (
        ("In full", tuple(in_full(part, package) for part in cut if part.label not in _WHOLE_BELOW)),
        ("What the customer said", _said(package, at)),
        ("Asked and promised", _owed(package, at)),
        ("Tried in detail", _attempts(package, at)),
        ("Account", package.account),
        ("Earlier tickets", package.earlier),
        ("Missing", _missing(package)),
        ("Chain so far", _chain(package, at, reasons=any(part.label == "Why" for part in cut))),
    )
    transcript = ("Transcript", _transcript(package.transcript, at))
    return Note(key, title, lines, (*(s for s in sections if s[1]), transcript), link)


def card(
    package: ContextPackage,
    handoff_id: str,
    offer_id: str,
    *,
    state: str,
    why_you: str,
    presses: Iterable[Press],
    ticket_url: str,
    page_url: str,
    live: bool,
    mention: str = "",
    title: str,
    now: datetime | None = None,
    so_far: Iterable[str] = (),
) -> Card:
    """The package as an offer in chat; ``why_you`` "" for a whole channel's, ``so_far`` the chain for whoever is to decide."""
    at = now or package.built_at
    facts = (
        Line("Customer", ", ".join(w for w in (name_of(package), package.customer.organization) if w)),
        Line("Tier", package.customer.tier or "not told"),
        Line("Issue", issue_of(package)),
        Line("Urgency", package.urgency()),
        Line("Waiting", package.waiting(at)),
        Line("SLA", package.sla(at, most=1)),
    )
    lines = _told(package, why_you, so_far)
    return Card(handoff_id, offer_id, title, state, facts, lines, tuple(presses), ticket_url, page_url, live, mention)


# ------------------------------------------------------------------ the card


def _told(package: ContextPackage, why_you: str, so_far: Iterable[str]) -> tuple[Line, ...]:
    lines = (
        Line("Why you", why_you),
        Line("So far", _listed(tuple(one_line(told, SHORT_SENTENCE) for told in so_far)[-_MOST_SO_FAR:])),
        Line("Summary", worded_summary(package) or own_summary(package, SHORT_SENTENCE, "\n") or package.subject),
        Line("Tried", _listed(steps_of(package)) or NOTHING_TRIED),
        Line("Next", worded_next(package)),
        Line("Missing", _most_missing(package)),
        Line("Reasons", " · ".join(_reasons(package)) or by_hand(package)),
    )
    return tuple(line for line in lines if line.text)


def _reasons(package: ContextPackage) -> Iterator[str]:
    """Whoever handed it over in their own words, then the rules."""
    if asked := asked_for(package):
        yield asked
    yield from (one_line(r.title or r.words, 120) for r in package.reasons)


def _listed(items: Iterable[str]) -> str:
    """One item as it is, several each on a line of its own: chat shows no lists."""
    every = tuple(items)
    return "\n".join(f"• {item}" for item in every) if len(every) > 1 else "".join(every)


# ------------------------------------------------------------------ the sections


def _said(package: ContextPackage, at: datetime) -> tuple[Line, ...]:
    question = (Line("Question", f"“{package.question.text}”", package.question.source),) if package.question else ()
    own = " ".join(s.text for s in package.summary) if package.wording.summary else ""
    in_own_words = (Line("In the thread's own words", own, package.summary[0].source),) if own else ()
    said: dict[str, list[Statement]] = {}
    for statement in package.said:
        said.setdefault(statement.source, []).append(statement)
    spoken = (Line(_who(s[0], at), " ".join(f"“{x.text}”" for x in s), source) for source, s in said.items())
    return (*in_own_words, *question, *spoken, *_specifics(package.specifics))


def _specifics(specifics: tuple[Specific, ...]) -> tuple[Line, ...]:
    """One line per kind: "Error: BIL-402, 502"."""
    kinds = sorted({s.kind for s in specifics}, key=lambda k: KINDS.index(k) if k in KINDS else -1)
    grouped = [(kind, [s for s in specifics if s.kind == kind]) for kind in kinds]
    return tuple(Line(capital(kind), ", ".join(s.text for s in words), words[0].source) for kind, words in grouped)


def _owed(package: ContextPackage, at: datetime) -> tuple[Line, ...]:
    """What the customer asks besides the question above, and what our side said it would do."""
    asked = (s for s in package.asks if s.text != package.question.text)
    return (
        *(Line(f"Asked by {_who(s, at)}", f"“{s.text}”", s.source) for s in asked),
        *(Line(f"Promised by {_who(s, at)}", f"“{s.text}”", s.source) for s in package.promises),
    )


def _attempts(package: ContextPackage, at: datetime) -> tuple[Line, ...]:
    tries = enumerate(tries_of(package), 1)
    lines = [Line(f"{n}. {_who(a.step, at)} ({a.role})", _attempt(package, a), a.step.source) for n, a in tries]
    lines += [Line(f"Ruled out, {written_by(package)}", with_cites(one), one.cites[0]) for one in package.wording.ruled_out]
    if not package.wording.ruled_out:
        lines += [Line(f"Ruled out by {_who(s, at)}", f"“{s.text}”", s.source) for s in package.ruled_out]
    last = package.last_reply
    if last and all(last.source != a.step.source for a in package.tried):
        lines.append(Line(f"Last reply by {_who(last, at)}", f"“{last.text}”", last.source))
    return tuple(lines)


def _attempt(package: ContextPackage, attempt: Attempt) -> str:
    said = as_said(attempt, attempt.result.text) if attempt.result else ""
    verdict = f"({VERDICT[attempt.worked]})" if said and attempt.worked is not None else ""
    origin = f"[{cites(attempt.cites)}; {written_by(package)}]" if attempt.cites else ""
    came_to = " ".join(w for w in (said, verdict) if w) or VERDICT[attempt.worked]
    return f"{as_said(attempt, attempt.step.text)} → {came_to} {origin}".rstrip()


def _most_missing(package: ContextPackage) -> str:
    """What is missing in few words, "" for nothing: "error, SLA (85 of 100)"."""
    names = [_inside(gap.field) for gap in package.missing if gap.cause != "size"]
    more = ", …" if len(names) > _MOST_NAMED else ""
    if package.completeness == 100 or not names:
        return ""
    return f"{', '.join(names[:_MOST_NAMED])}{more} ({package.completeness} of 100)"


def _inside(words: str) -> str:
    """Words as they stand inside a list: a label without its capital, "SLA" as it is."""
    return words if words[:2].isupper() else words[:1].lower() + words[1:]


def _missing(package: ContextPackage) -> tuple[Line, ...]:
    lacking = f"; below the minimum: no {', no '.join(package.lacking)}" if package.lacking else ""
    wanted = f"; {package.minimum} are wanted for {issue_of(package)}" if package.completeness < package.minimum else ""
    score = Line("Completeness", f"{package.completeness} of 100{lacking}{wanted}")
    return (score, *(Line(capital(gap.field), gap.why) for gap in package.missing))


def _chain(package: ContextPackage, at: datetime, *, reasons: bool) -> tuple[Line, ...]:
    """How it came here; ``reasons``: with all of them, for the first line has them cut."""
    below = package.reasons[0 if reasons else MOST_REASONS :]
    why = (Line("Reason", f"{r.words} [rule {r.rule}]" if r.rule else r.words) for r in below)
    note, intent = package.handover, package.wording.intent
    rest = (
        Line("Handed over by", package.sender),
        Line(f"Internal note of {_who(note, at)}" if note else "", f"“{note.text}”" if note else "", note.source),
        Line("Route", package.routed),
        Line("Size", package.complexity),
        Line("Confidence", package.confidence),
        Line("Issue type suggested", f"{intent.replace('_', ' ')} ({written_by(package)})" if intent else ""),
        Line("Page", package.page),
    )
    return (*_so_far(package.chain), *why, *(line for line in rest if line.text))


def _so_far(chain: Iterable[str]) -> Iterator[Line]:
    """Who was asked, numbered: a hop has several offers, so that their number is no number of hops (domain.md §1)."""
    asked = 0
    for told in chain:
        who, was_asked, came_to = told.partition(ASKED)
        asked += bool(was_asked)
        yield Line(f"Asked {asked}", f"{who}: {came_to}") if was_asked else Line("", told)


def _transcript(turns: tuple[Turn, ...], at: datetime) -> tuple[Line, ...]:
    """The newest messages that fit, oldest first; the ticket has them all."""
    kept: list[Line] = []
    room = _MOST_TRANSCRIPT
    for turn in reversed(turns):
        line = _turn(turn, at)
        room -= len(line.text) + len(line.label)
        if room < 0 and kept:
            break
        kept.append(line)
    left_out = len(turns) - len(kept)
    notice = [Line("", f"… {left_out} earlier messages left out; the ticket has them all")] if left_out else []
    return (*notice, *reversed(kept)) if kept else (Line("", "The ticket has no messages"),)


def _turn(turn: Turn, at: datetime) -> Line:
    when = f", {utc_words(turn.at, at)}" if turn.at else ""
    internal = "" if turn.public else ", internal note"
    text = turn.text if len(turn.text) <= _MOST_TURN else f"{turn.text[:_MOST_TURN]}… (cut, {len(turn.text) - _MOST_TURN} more)"
    attached = f" [attached: {', '.join(turn.attachments)}]" if turn.attachments else ""
    role = "" if turn.who == turn.role else f" ({turn.role})"
    return Line(f"{turn.who}{role}{when}{internal}", f"{text}{attached}".strip() or "(no words of its own)", turn.id)


def _who(statement: Statement, at: datetime) -> str:
    when = f", {utc_words(statement.at, at)}" if statement.at else ""
    return f"{statement.who}{when}"
