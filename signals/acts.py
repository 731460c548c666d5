"""What somebody says they did, in one English sentence: "I changed the seal, cleaned the pump and put in a new tank" are three.

Structure more than words: clauses whose subject is the customer (or somebody who helped) and whose verb is an action, lists of
actions in the -ing form, lists after "tried". What happened by itself ("it crashed") and talking ("I called you") is no action.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signals.text import lower
from signals.wordlists import wordlist

_SHORT = 4  # words of a thing's name
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
    r"^\W*(?:(?:on|last|this|then|in)\s+[a-z]+\s+)?(?:(?:your|the|our|my|a|his|her)\s+)?(?:[a-z-]+\s+){0,2}?"
    r"(?:technician|fitter|engineer|colleague|chat|person|agent|bot|support|team|mechanic|electrician|plumber|husband|son|daughter|wife|provider|"
    r"caretaker|janitor|installer|dealer|locksmith|admin|boss|neighbour|neighbor|"
    r"brother|sister|father|mother|dad|mum|friend|(?:brother|sister|father|mother|son)-in-law)\s+(?:then\s+|also\s+|even\s+)?"
    r"(?:(had me|made me)|([a-z-]+))\b(.*)"
)
_MADE = re.compile(
    r"\b(?:(?:had|made)\s+(?:me|us)|(?:asked|told|advised|got)\s+(?:me|us)\s+to|(?:was|were)\s+(?:told|asked|advised)\s+to|"
    r"(?:suggested|recommended|advised|proposed)(?=\s+[a-z-]+ing\b))\s+([a-z-]+)\b(.*)"
)
_CHECKED = frozenset({"checked", "rechecked", "double-checked", "verified"})
_NO_OBJECT = re.compile(r"\s*(?:$|[.,;!?]|twice\b|again\b|that\b|whether\b|if\b|three times\b|several times\b)")
_NO_REMEDY = {  # what a verb means that is no remedy
    "tried": re.compile(r"\s*(?:it|them|these|those|the [a-z]+|both)\s+on\b"),
    "put": re.compile(r"\s*(?:me|us)\b"),
    "cut": re.compile(r"\s*(?:out|off)\b"),
    "used": re.compile(r"\s*(?:at|in|by|for|to|up|daily|regularly)\b"),
}
_PEOPLE = re.compile(r"\W*(?:i|we|he|she|they|you|(?:my|our)\s+[a-z-]+)\s*(?:did|have|has|had|was|were|know|knows|do|does|$)")
_LEADING = re.compile(
    r"^\W*(?:(?:also|then|even|finally|next|first|firstly|secondly|again|just|already|now|today|yesterday|afterwards|too|did|have|"
    r"had|as well as|lastly|and|as)\s+){0,3}"
)
_NEW = re.compile(
    r"^(?:in |on |with |from |over |through )?(?:an?\s+|the\s+|my\s+|your\s+|two\s+|three\s+|several\s+)?"
    r"(?:another|other|different|new|fresh|second|larger|smaller|longer|private|spare|replacement|older|newer)\s+[a-z]"
)
_SUGGESTED = re.compile(r"^(?:you|they|your\s+[a-z]+)\s+(?:also\s+)?(?:suggested|recommended|advised|proposed|said)\s+")
# "Battery reseated", and the things before "later": "two resets and a new cable later, ...".
_DONE_TO = re.compile(
    r"\W*(?!(?:it|this|that|they|problem|issue|error|all|nothing)\b)(?:[a-z-]+\s+){1,3}([a-z-]+ed)(?:\s+(?:again|twice|now|too))?\W*$"
)
_LATER = re.compile(r"^([^.!?:;]{5,120}?)\s+later\b")
_NEW_ONE = re.compile(r"^(?:(?:an?|the|my|your)\s+)?\w+\s+(?:ones?|[a-z]+\s+(?:is|was|has|had)|is|was|has|had)\b")
_INSTEAD = re.compile(r"^(?:[a-z0-9'-]+\s+){1,2}(?:instead of|in place of|rather than)\b")
_BARE = re.compile(r"\W*(?:(?:it|them|that|out|in|up|down|off|on|again|back|once more|anew|too|both)\W*)*$")
_ITSELF = re.compile(r"\b(?:it|them)\b")
_BACK_AGAIN = ("re", "put", "add", "left", "let", "turn", "switch", "plug", "wait", "start", "log", "sign")
_THING = re.compile(r"(?:in|on|with|from|via|over|at|the|an?|my|our|your|other|[a-z]+ing)\b")
_OUTCOME = re.compile(r"\b(?:is|was|are|were|no|not|same|still|error|nothing|it|zero|times)\b")
_NOTHING_TRIED = re.compile(
    r"\W*(?:$|to\s+(?:log|sign|pay|order|book|reach|call|contact)|:|everything|all|it|that|the following)"
)
_TRIED = re.compile(r"\btried\b|\bhave tried\b|\bso far\b|\battempted\b")


@dataclass(frozen=True, slots=True)
class Act:
    """First and last character of one action in the sentence, and its verb, "" for a thing alone.

    ``done_to``: told as what was done to a thing, "battery reseated"; "session expired" looks alike.
    """

    start: int
    end: int
    verb: str = ""
    done_to: bool = False


def acts(sentence: str) -> list[Act]:
    """The distinct actions that are told in a sentence."""
    text = lower(sentence)
    later = _LATER.match(text)
    if later and _NEW.match(later[1]):
        return [Act(start, end) for start, end, _ in _clauses(later[1])][:_MOST]
    found: list[Act] = []
    verb = ""
    before, told, listed = "", False, False
    clauses = list(_clauses(text))
    for n, (start, end, joint) in enumerate(clauses):
        clause = text[start:end]
        action = _own_action(clause) or _helped(clause)
        if not action and (told or (not found and start == 0) or joint == "list"):
            action = _leading_action(clause)
        done_to = not action and (told or not found) and _done_to(clause)
        action = action or done_to or None
        named = not action and (_is_named(clause, joint, listed, bool(found)) or (start == 0 and _is_new_thing(clause)))
        if (
            action
            and found
            and told
            and _goes_on(action, verb, joint, before)
            and not _is_begun(action[1], clauses[n + 1 : n + 2])
        ):
            found[-1] = Act(found[-1].start, end, found[-1].verb)  # "removed and re-added the profile" is one
        elif action or named:
            found.append(Act(start, end, action[0] if action else "", bool(done_to)))
        if action:
            verb, before = action
        listed = (listed and joint != "other") or bool(_TRIED.search(clause))
        told = bool(action) or named
        if len(found) == _MOST:
            break
    return found


def _goes_on(action: tuple[str, str], verb: str, joint: str, before: str) -> bool:
    """Whether an action belongs to the one before it; "tried the code, tried the chat" are two."""
    same = action[0] == verb and (verb != "tried" or joint != "list")
    if same or _is_bare(action[1]):
        return True
    # "Descaled it and changed the filter" are two; "removed it and re-added the profile" is one.
    return joint == "join" and _is_bare(before) and not (_ITSELF.search(before) and not action[0].startswith(_BACK_AGAIN))


def _is_begun(rest: str, after: list[tuple[int, int, str]]) -> bool:
    """True for a verb whose object follows behind the next: "changed the time, removed AND re-added the profile"."""
    return not rest.strip(" .,") and bool(after) and after[0][2] == "join"


def _is_new_thing(clause: str) -> bool:
    """Whether a sentence begins with a short name of something put in another's place: "Other cable, other socket, ..."."""
    own = _LEADING.sub("", clause)
    return bool(_NEW.match(own)) and not _NEW_ONE.match(own) and len(own.split()) <= _SHORT


def names_new(sentence: str) -> bool:
    """Whether a sentence begins with a thing that was put in another's place: "New cable: ...", "Mobile data instead of wifi"."""
    own = _SUGGESTED.sub("", _LEADING.sub("", sentence.lower()))
    return bool(_INSTEAD.match(own) or (_NEW.match(own) and not _NEW_ONE.match(own)))


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
    made = _MADE.search(clause)
    if made:
        return made[1], made[2]
    seen = _HELPER.match(clause)
    if seen is None:
        return None
    if seen[1] or seen[2] == "sent" or _is_action(seen[2], seen[3]):
        return seen[1] or seen[2], seen[3]
    verb, _, rest = seen[3].strip().partition(" ")  # "your colleague Ana sent ..."
    return (verb, f" {rest}") if verb == "sent" or _is_action(verb, rest) else None


def _done_to(clause: str) -> tuple[str, str] | None:
    """(verb, the thing) of a thing that something was done to: "battery reseated"."""
    seen = _DONE_TO.match(clause)
    return (seen[1], f" {clause.strip()}") if seen and _is_action(seen[1], " it") else None


def _leading_action(clause: str) -> tuple[str, str] | None:
    own = _LEADING.sub("", clause)
    verb, _, rest = own.partition(" ")
    verb = verb.strip(".,!?\"'")
    return (verb, f" {rest}") if _is_action(verb, rest) or _is_doing(verb) else None


def _is_action(verb: str, rest: str) -> bool:
    if (verb in _CHECKED and _NO_OBJECT.match(rest)) or (verb in _NO_REMEDY and _NO_REMEDY[verb].match(rest)):
        return False
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
        return len(words) <= 9 and not _PEOPLE.match(own)
    if not (listed or after) or joint == "other" or _OUTCOME.search(own):
        return False
    return bool(_NEW.match(own)) or (listed and joint in ("list", "join") and 2 <= len(words) <= 5 and bool(_THING.match(own)))
