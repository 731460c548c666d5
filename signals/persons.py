"""A person or a call that the team offers and the customer takes up: a request for one, whoever thought of it first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import re2

from escalation.ticket import Message, Role
from signals.asked import SURE, Seen
from signals.offers import MOST_ADVICE, advice
from signals.text import sentence_of
from signals.turns import Turn

_MOST_BEFORE = 8  # messages in which an offer stays open
_PERSON = (
    r"(?:(?:phone |video )?calls?(?: ?back)?|talk|conversation|(?:phone|ring|call) you|humans?|person|colleagues?|"
    r"managers?|supervisors?|(?:live |human |support )?agents?|specialists?|engineers?|technicians?|consultants?|team leads?|"
    r"experts?|advis[eo]rs?|directors?|somebody|escalation)"
)
_CONNECT = (
    r"(?:have|get|give|ask|find|arrange|connect|transfer|forward|pass|hand|escalate|put|call|ring|phone|speak|talk|discuss|"
    r"involve|bring|loop|set up|go through|help|assist|take over|offer)"
)
_OFFER: Any = re2.compile(
    r"(?i)\b(?:(?:would you (?:like|prefer|rather|want)|shall (?:i|we)|should (?:i|we)|do you (?:want|wish|need)|want me to|"
    r"(?:i|we) (?:can|could) (?:also |still |of course |gladly )?|happy to|glad to|if you (?:like|wish|prefer|want)|"
    r"just say(?: so)?|say the word)\b(?:[^.!?]|\.\d){0,60}?\b" + _CONNECT + r"\b(?:[^.!?]|\.\d){0,60}?\b" + _PERSON + r"\b|"
    r"(?:would|will) an?\b(?:[^.!?]){0,30}?\b" + _PERSON + r"\b[^.!?]{0,40}\bhelp\b|"
    r"\b(?:would you (?:like|prefer|want)|do you want|want|shall|should|happy for)\s+"
    r"(?:me|us|i|we|somebody|someone|a colleague|one of us)\s+(?:to\s+)?(?:call|phone|ring)\s+you\b)"
)
_TAKES: Any = re2.compile(
    r"(?i)\b(?:yes|then|ok|okay|please|gladly|happy to|(?:would|will) (?:gladly )?(?:take|accept|have)|accept|"
    r"take you up|go ahead|now)\b"
    r"[^.!?]{0,30}\b(?:the|that|your|an?|to be)\s+(?:[a-z]+\s+)?" + _PERSON + r"\b"
    r"|\b(?:yes|then|please|do|okay|ok)\b[^.!?]{0,20}\b(?:call|phone|ring) me\b|\bin that case do (?:call|phone|ring)\b"
    r"|\ban?\s+(?:quick |short |phone |video )?(?:call(?: ?back)?|chat with (?:a|some)\w*)\s+(?:would|will|might)\s+"
    r"(?:be|suit|help|work|do)\b"
    r"|\b(?:second option|take you up on (?:it|that|the|your)|put me through|connect me|yes,? (?:please )?arrange it)\b"
)
_YES = re.compile(
    r"(?i)\W*+(?:(?:oh |well |ok |okay )?(?:yes|yep|yeah|yup|ya)|please(?: do)?|sure|ok(?:ay)?|go ahead|do (?:that|so|it)|"
    r"by all means|gladly|absolutely|definitely|that(?: would|'d) be|i(?:'d| would) (?:like|love|appreciate) that)\b"
)
_NOT_NOW: Any = re2.compile(
    r"(?i)\b(?:no|not|nope|don't|isn't|needn't|without|later|instead|first|you try|rather|cancel|skip|unless|otherwise|but)\b"
)


def taken_up(own: Sequence[Turn], messages: Sequence[Message]) -> Iterator[Seen]:
    """Answers that turn the offer of a person or a call into a request for one: "yes please", "now I'd take that call"."""
    for turn in own:
        yes, named = _YES.match(turn.text), _TAKES.search(turn.text)
        if not (yes or named):
            continue
        before = advice(messages, turn.place)
        offers = list(_OFFER.finditer(before)) if before else []
        if not (offers and _is_last_question(before, offers[-1].end())):
            yes = None
        if not (offers or _was_offered(messages[max(0, turn.place - _MOST_BEFORE) : turn.place])):
            named = None
        for found in (yes, named):
            if found and not _NOT_NOW.search(sentence_of(turn.text, found.start(), found.start() + 1)):
                yield turn, turn.evidence(found.start(), found.end(), "en:person.taken_up"), SURE
                break


def _was_offered(earlier: Sequence[Message]) -> bool:
    team = (m.text[:MOST_ADVICE] for m in earlier if m.public and m.author.role in (Role.AGENT, Role.BOT))
    return any(_OFFER.search(text) is not None for text in team)


def _is_last_question(text: str, at: int) -> bool:
    """Whether nothing is asked after this place but the rest of its own sentence."""
    return "?" not in text[at:].partition("?")[2]
