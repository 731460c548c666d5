"""What a model may word of a package: the brief it is given, masked, and its answer judged sentence by sentence.

Whatever is not borne out is refused with the reason, and the thread's own words stay. Nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from escalation.actions import Action, ActionKind
from escalation.draft import Brief, BriefMessage, Claim, Draft, DraftAttempt
from escalation.grounding import ADVICE, SUMMARY, Source, why_not
from escalation.masking import Masking, To
from escalation.package import Attempt, ContextPackage, Statement, Turn, Worded, Wording

PATIENCE = timedelta(seconds=60)  # whose turn has not come by then is not asked for any more: a slow model makes no queue
MOST = {"summary": 3, "tried": 12, "ruled_out": 6, "next_action": 1}
_MOST_CITED = 6
_MOST_MESSAGE, _MOST_IN_ALL, _FIRST = 2_000, 24_000, 2  # characters of a message, of all; messages always told from the start
_TRIES = ("customer", "agent", "bot")


def word_action(handoff_id: str, now: datetime) -> Action:
    """The one request for a handoff that begins at ``now``."""
    data = {"until": (now + PATIENCE).isoformat()}
    return Action(f"word:{handoff_id}", ActionKind.WORD, handoff_id, data, "better words for summary, tried, next action")


def brief(package: ContextPackage, masking: Masking, intents: Iterable[str]) -> tuple[Brief, tuple[Turn, ...]]:
    """What a model is told, masked, with the turn behind each message; no messages where it may be shown none."""
    shown = masking.package(package, To.LLM)
    turns, left_out = _fitting(tuple(t for t in shown.transcript if t.text))
    told = tuple(
        BriefMessage(f"m{nth}", turn.role, masking.text(turn.text, To.LLM)[:_MOST_MESSAGE], turn.public)
        for nth, turn in enumerate(turns, 1)
    )
    subject, area = masking.text(shown.subject, To.LLM), masking.text(shown.product_area, To.LLM)
    return Brief(subject, area, told, tuple(sorted(intents)), left_out), turns


def _fitting(turns: tuple[Turn, ...]) -> tuple[tuple[Turn, ...], int]:
    """The first messages and the newest that fit, in order, and how many are left out."""
    first, rest = turns[:_FIRST], turns[_FIRST:]
    room, kept = _MOST_IN_ALL, 0
    for turn in reversed(rest):
        room -= min(len(turn.text), _MOST_MESSAGE)
        if room < 0:
            break
        kept += 1
    return (*first, *rest[len(rest) - kept :]), len(rest) - kept


def judged(
    draft: Draft, package: ContextPackage, told: Brief, turns: tuple[Turn, ...], masking: Masking, by: str
) -> tuple[Wording, tuple[str, ...]]:
    """What of the answer holds, and why the rest does not. ``told`` and ``turns`` are what ``brief`` made of the package."""
    judge = _Judge(told, turns, masking)
    summary = judge.all_of("summary", draft.summary)  # half a summary may mislead: all of it or nothing
    attempts = [a for nth, one in enumerate(draft.tried[: MOST["tried"]], 1) if (a := judge.attempt(nth, one, package))]
    ruled_out = judge.each("ruled out", draft.ruled_out[: MOST["ruled_out"]])
    action = judge.each("next action", draft.next_action[:1], ADVICE)
    intent = draft.intent if draft.intent in told.intents else ""
    if draft.intent and not intent:
        judge.refused.append("intent: not one of the playbook's issue types")
    tried = judge.merged(package, attempts)
    kept_out = _not_said(package.ruled_out, ruled_out)
    return Wording(by, summary, tried, (*ruled_out, *kept_out) if ruled_out else (), action, intent), tuple(judge.refused)


def kept(before: ContextPackage | None, after: ContextPackage) -> Wording:
    """The wording of an earlier package, as long as the thread it was drawn from is what the ticket holds."""
    if before is None or not before.wording:
        return Wording()
    return before.wording if is_same_thread(before, after) else Wording()


def is_same_thread(before: ContextPackage, after: ContextPackage) -> bool:
    """True while nobody has said anything since."""
    return _thread(before) == _thread(after)


def _thread(package: ContextPackage) -> object:
    return [(turn.id, turn.role, turn.public, turn.text) for turn in package.transcript]


def _not_said(own: Iterable[Statement], worded: Iterable[Worded]) -> tuple[Worded, ...]:
    """What the thread itself says was ruled out and the model did not word: nothing is lost."""
    cited = {source for one in worded for source in one.cites}
    return tuple(Worded(f"“{s.text}”", (s.source,)) for s in own if s.source not in cited)


@dataclass
class _Judge:
    """Holds sentences against what they cite, and keeps why some were refused."""

    told: Brief
    turns: tuple[Turn, ...]
    masking: Masking
    refused: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        pairs = zip(self.told.messages, self.turns, strict=True)
        self._cited = {message.id: (message, turn) for message, turn in pairs}

    def all_of(self, part: str, claims: tuple[Claim, ...]) -> tuple[Worded, ...]:
        if len(claims) > MOST[part]:
            self.refused.append(f"{part}: more than {MOST[part]} sentences")
            return ()
        worded = self.each(part, claims)
        return worded if len(worded) == len(claims) else ()

    def each(self, part: str, claims: Iterable[Claim], share: float = SUMMARY) -> tuple[Worded, ...]:
        found = (self._sentence(f"{part} {nth}", claim, share) for nth, claim in enumerate(claims, 1))
        return tuple(one for one in found if one)

    def _sentence(self, where: str, claim: Claim, share: float = SUMMARY) -> Worded | None:
        text = claim.text.strip()
        if why := self._why_not(text, claim.cites, share):
            self.refused.append(f"{where}: {why}")
            return None
        return Worded(text, tuple(self._cited[id][1].id for id in dict.fromkeys(claim.cites)))

    def _why_not(self, text: str, cites: tuple[str, ...], share: float) -> str:
        if not cites:
            return "it cites no message"
        if unknown := [id for id in cites if id not in self._cited]:
            return f"it cites “{unknown[0][:20]}”, which is no message"
        if len(set(cites)) > _MOST_CITED:
            return f"it cites more than {_MOST_CITED} messages"
        if self.masking.text(text, To.LLM) != text:
            return "it shows what is to be hidden"
        sources = (Source(message.role, message.text) for message, _ in (self._cited[id] for id in cites))
        return why_not(text, sources, f"{self.told.subject}\n{self.told.product_area}", share=share)

    def attempt(self, nth: int, told: DraftAttempt, package: ContextPackage) -> Attempt | None:
        """A remedy in the model's words; who made it and whether it helped come from the thread alone."""
        step = self._sentence(f"tried {nth}", told.step)
        result = self._sentence(f"result {nth}", told.result) if told.result and told.result.text.strip() else None
        if step is None or (result is None and told.result and told.result.text.strip()):
            return None
        turn, after = self._turn(step), result.cites if result else ()
        if turn.role not in _TRIES:
            self.refused.append(f"tried {nth}: it is drawn from a message of nobody who tries anything")
            return None
        order = [one.id for one in self.turns]
        if any(order.index(id) < order.index(turn.id) for id in after):
            self.refused.append(f"tried {nth}: its result was said before it")
            return None
        answers = {a.worked for a in package.tried if a.result.source in after}
        worked = answers.pop() if len(answers) == 1 else None
        said = self._statement(result) if result else Statement()
        return Attempt(turn.who, turn.role, self._statement(step), said, worked, (*step.cites, *after))

    def _turn(self, worded: Worded) -> Turn:
        return next(turn for turn in self.turns if turn.id == worded.cites[0])

    def _statement(self, worded: Worded) -> Statement:
        turn = self._turn(worded)
        return Statement(worded.text, turn.id, turn.who, turn.at)

    def merged(self, package: ContextPackage, attempts: list[Attempt]) -> tuple[Attempt, ...]:
        """The model's attempts with those it did not word: of a message all attempts or none are replaced; none is lost."""
        if not attempts:
            return ()
        count: Callable[[Iterable[Attempt], str], int] = lambda some, source: sum(a.step.source == source for a in some)  # noqa: E731
        own = {a.step.source for a in package.tried if a.step.source}
        fewer = {source for source in own if 0 < count(attempts, source) < count(package.tried, source)}
        for _ in fewer:
            self.refused.append("tried: it leaves out a remedy that is in a message it cites")
        mine = [a for a in attempts if a.step.source not in fewer]
        taken = {a.step.source for a in mine}
        rest = [a for a in package.tried if a.step.source not in taken]
        place = {turn.id: nth for nth, turn in enumerate(package.transcript)}
        return tuple(sorted((*rest, *mine), key=lambda a: place.get(a.step.source, -1))) if mine else ()


def without(package: ContextPackage) -> ContextPackage:
    """The package in the thread's own words alone."""
    return replace(package, wording=Wording())
