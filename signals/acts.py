"""What somebody says they did, in one English sentence: "I changed the seal, cleaned the pump and put in a new tank" are three.

Structure more than words: clauses whose subject is the customer (or somebody who helped) and whose verb is an action, lists of
actions in the -ing form, lists after "tried". What happened by itself ("it crashed") and talking ("I called you") is no action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signals.wordlists import wordlist

_MOST = 5  # of one sentence; more is a story
_CUT = re.compile(
    r"(?P<list>[,;:()+]|\s[-\u2013\u2014]\s)|\b(?P<join>and|then|nor|or|neither|plus)\b|"
    r"\b(?P<other>but|so|which|who|that|while|until|because|since|when|though|although|if|where|with no|without)\b"
)
_HAPPENS = wordlist("no_action")
_IRREGULAR = wordlist("irregular_actions")
_NO_ACTION_ING = wordlist("no_doing")
_OWN = re.compile(
    r"\b(?:i|we|ive|weve|i've|we've|i'd|we'd|colleagues?|husband|wife|son|daughter|it guy)\s+"
    r"(?:(?:have|had|also|then|even|just|already|finally|first|next|again|now|only|once|twice|both|did|too|personally|"
    r"of course)\s+){0,3}([a-z-]+)\b(.*)"
)
_HELPER = re.compile(
    r"^\W*(?:(?:your|the|our|my|a|his|her)\s+)?(?:[a-z-]+\s+){0,2}?(?:technician|fitter|engineer|colleague|chat|person|agent|"
    r"bot|support|team|mechanic|electrician|plumber|husband|son|daughter|wife|provider)\s+(?:then\s+|also\s+|even\s+)?"
    r"(?:(had me|made me)|([a-z-]+))\b(.*)"
)
_LEADING = re.compile(
    r"^\W*(?:(?:also|then|even|finally|next|first|firstly|secondly|again|just|already|now|today|yesterday|afterwards|too|did|have|"
    r"had|as well as|lastly|and|as)\s+){0,3}"
)
_NEW = re.compile(
    r"^(?:in |on |with |from |over |through )?(?:an?\s+|the\s+|my\s+|your\s+)?"
    r"(?:another|other|different|new|fresh|second|larger|smaller|longer|private|spare)\s+[a-z]"
)
_BARE = re.compile(r"\W*(?:(?:it|them|that|out|in|up|down|off|on|again|back|once more|anew|too|both)\W*)*$")
_THING = re.compile(r"(?:in|on|with|from|via|over|at|the|an?|my|our|your|other|[a-z]+ing)\b")
_OUTCOME = re.compile(r"\b(?:is|was|are|were|no|not|same|still|error|nothing|it|zero|times)\b")
_NOTHING_TRIED = re.compile(
    r"\W*(?:$|to\s+(?:log|sign|pay|order|book|reach|call|contact)|:|everything|all|it|that|the following)"
)
_TRIED = re.compile(r"\btried\b|\bhave tried\b|\bso far\b|\battempted\b")


@dataclass(frozen=True, slots=True)
class Act:
    """First and last character of one action in the sentence."""

    start: int
    end: int


def acts(sentence: str) -> list[Act]:
    """The distinct actions that are told in a sentence."""
    found: list[Act] = []
    verb = ""
    before, told, listed = "", False, False
    text = sentence.lower() if len(sentence.lower()) == len(sentence) else sentence  # some letters are two in lower case
    for start, end, joint in _clauses(text):
        clause = text[start:end]
        action = _own_action(clause) or _helped(clause)
        if not action and (told or (not found and start == 0) or joint == "list"):
            action = _leading_action(clause)
        named = not action and _is_named(clause, joint, listed, bool(found))
        if action and found and told and (action[0] == verb or _is_bare(action[1]) or (joint == "join" and _is_bare(before))):
            found[-1] = Act(found[-1].start, end)  # "removed and re-added the profile" is one
        elif action or named:
            found.append(Act(start, end))
        if action:
            verb, before = action
        listed = (listed and joint != "other") or bool(_TRIED.search(clause))
        told = bool(action) or named
        if len(found) == _MOST:
            break
    return found


def _is_bare(rest: str) -> bool:
    """True behind a verb without an object of its own: "removed and …", "logged out", "added it back"."""
    return bool(_BARE.match(rest))


def _clauses(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, what it is joined by) of the pieces between commas and joining words; "pair" behind neither and nor."""
    start, joint = 0, ""
    for cut in _CUT.finditer(text):
        own = "pair" if cut.group() in ("neither", "nor") else str(cut.lastgroup)
        if text[start : cut.start()].strip(" ,.;:"):
            yield start, cut.start(), joint
            joint = own
        elif own == "pair" or joint in ("", "list"):  # ", and": the word tells more than the comma
            joint = own
        start = cut.end()
    if text[start:].strip(" ,.;:!?"):
        yield start, len(text), joint


def _own_action(clause: str) -> tuple[str, str] | None:
    """(verb, what follows) of an action of the customer's own."""
    seen = next((seen for seen in _OWN.finditer(clause) if _is_action(seen[1], seen[2])), None)
    return (seen[1], seen[2]) if seen else None


def _helped(clause: str) -> tuple[str, str] | None:
    seen = _HELPER.match(clause)
    if seen is None or not (seen[1] or seen[2] == "sent" or _is_action(seen[2], seen[3])):
        return None
    return seen[1] or seen[2], seen[3]


def _leading_action(clause: str) -> tuple[str, str] | None:
    own = _LEADING.sub("", clause)
    verb, _, rest = own.partition(" ")
    verb = verb.strip(".,!?\"'")
    return (verb, f" {rest}") if _is_action(verb, rest) or _is_doing(verb) else None


def _is_action(verb: str, rest: str) -> bool:
    if verb == "tried":
        return not _NOTHING_TRIED.match(rest)
    if verb == "did":
        return bool(re.match(r"\s*(?:that|the|a|this|so|what|it|all)\b", rest))
    if verb == "ran":
        return not re.match(r"\s*(?:out|into|through|for|on|dry)\b", rest)
    return verb in _IRREGULAR or (len(verb) > 4 and verb.endswith("ed") and verb not in _HAPPENS)


def _is_doing(word: str) -> bool:
    return len(word) > 5 and word.endswith("ing") and word not in _NO_ACTION_ING


def _is_named(clause: str, joint: str, listed: bool, after: bool) -> bool:
    """Something that was used, in a list of what was tried, or behind "neither" and "nor"."""
    own = _LEADING.sub("", clause)
    words = own.split()
    if joint == "pair":
        return len(words) <= 9
    if not (listed or after) or joint == "other" or _OUTCOME.search(own):
        return False
    return bool(_NEW.match(own)) or (listed and joint in ("list", "join") and 2 <= len(words) <= 5 and bool(_THING.match(own)))
