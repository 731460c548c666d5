"""Whether somebody of the team only asked how things are, in English, so that the answer reports no remedy."""

from __future__ import annotations

import re

_SENTENCE = re.compile(r"[^.!?\n]*[a-z][^.!?\n]*[.!?]*")
_COURTESY = re.compile(
    r"\W*(?:(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day))\b.{0,40}|(?:many )?thank(?:s| you)\b.{0,80}|"
    r"(?:(?:oh|ah),?\s+)?(?:i'?m |i am |we'?re |we are )?(?:so |very )?sorry\b.{0,80}|"
    r"(?:ok|okay|i see|understood|noted|sure|got it)\b.{0,20})",
    re.DOTALL,
)
_YOU_DO = r"you (?:use|have|get|see|receive|order|pay|mean|need|want|live|own|know)"
# "Have you tried ...?", "Could you ...?" and "does it beep if you press ...?" are advice, too.
_MERELY_ASKS = re.compile(
    r"\W*(?:(?:and|so|just to check|first|may i ask|can i ask)[,:]?\s+)*"
    r"(?:which|what|when|where|who|whose|how (?:many|long|often|much|old|far|big)|since when|in which|on which|"
    rf"(?:do|does|did) (?:{_YOU_DO}|it|they|this|that)|(?:is|are|was|were) (?:it|this|that|they|the|you|there|your)|"
    r"have you (?:got|received|seen|ordered|paid)|has (?:it|the|this|that))\b"
    r"(?!.*\b(?:if|when) you (?:try|press|turn|change|use|remove|hold|unplug|reset|restart|update|plug|switch)).*\?\W*",
    re.DOTALL,
)
_MOST = 400  # characters; who writes more has told something


def only_asked(advice: str) -> bool:
    """Whether nothing is advised but courtesies and questions: "Hi Ann! Do you use the new or the old widget?"."""
    told = _SENTENCE.findall(advice.lower()) if len(advice) <= _MOST else []
    others = [sentence for sentence in told if not _COURTESY.fullmatch(sentence)]
    return bool(others) and all(_MERELY_ASKS.fullmatch(sentence) for sentence in others)
