"""How many remedies failed, where the customer says it in so many words (English)."""

from __future__ import annotations

from collections.abc import Sequence

from signals.cues import cue
from signals.numbers import COUNT, count_in
from signals.turns import Turn

_WAYS = r"(?:things|fixes|attempts|tries|remedies|suggestions|tips|steps|workarounds|ways|methods|solutions|ideas)"
_HOW_MANY = cue(
    rf"\b{COUNT}\s+(?:different\s+|of\s+(?:your|the|these|those)\s+)?{_WAYS}\s+(?:that\s+|which\s+)?(?:(?:have|all|both|already)\s+)*"
    r"(?:did(?:\s+not|n't)\s+(?:work|help|fix|do|change)|failed|made no difference|were (?:no (?:use|help|good)|useless))\b",
    rf"\b(?:tried|done|did)\s+{COUNT}\s+(?:different\s+)?{_WAYS}\b"
    r"[^.!?]{0,60}\b(?:none|nothing|neither|no luck|to no avail|not one)\b",
)


def how_many(own: Sequence[Turn], over: tuple[int, int]) -> int:
    """The number in the newest message that says one behind ``over``: "that is two things that did not work"; 0 for none."""
    for turn in reversed(own):
        for said in _HOW_MANY.finditer(turn.text.lower()):
            if (turn.place, said.start()) > over:
                return count_in(said)
    return 0
