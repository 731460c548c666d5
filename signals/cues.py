"""What the words beside a sum say of it: wanted back, kept, given back, what should have been paid, what was taken, a price
per piece, a total.

English; in other languages nothing is said and the nearest sum counts. All patterns are re2 over a few words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import re2

from signals.amounts import Found
from signals.numbers import COUNT, MONTH, count_in, month_of
from signals.text import Sentences

_NEAR = 70  # characters beside a sum that are looked at


def cue(*patterns: str) -> Any:
    """One pattern out of several, for text in lower case."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile("|".join(patterns), options)


_WORDS = r"(?:[^\w.;:!?]*[\w'/-]+){0,%d}?[^\w.;:!?]*"
_BACK = r"(?:back|again|returned|refunded|reimbursed|repaid|reversed|restored|credited|undone|home)\b"
_WISH = (
    r"refund\w*|reimburs\w*|return\w*|send|give|giving|ow(?:e|es|ed|ing)|due|back|credit\w*|revers\w*|claim\w*|repay\w*|remit\w*|"
    r"want|like|expect\w*|need|get|see|compensat\w*|undo|recover|ask(?:ing)? for|short of|cough up|make good|overpa\w+|"
    r"overcharg\w+|remaining|difference|extra|too much|surplus|excess|receive|release|await\w*|wait(?:ing)?|missing|"
    r"please (?:\w+ )?(?:pay|transfer|wire)|waive|cancel"
)
_LINKS = (
    r"me|us|my|our|the|that|this|those|these|of|at|is|about|only|full|extra|other|remaining|back|for|a|an|to|all|sum|amount|by|rest|"
    r"comes|makes|sooner|rather|have|from|you|further|missing|whole|entire|just|another|account|with"
)
_GIVE_BACK = r"refund\w*|reimburs\w*|return|release|credit|repay|reverse|(?:give|pay|send|transfer) back|waive"
_ASKED_BEHIND = cue(
    rf"^{_WORDS % 9}{_BACK}",
    r"^\W*(?:too much|extra|(?:is|are|was)\s+(?:due|owed)|overpaid|in excess|(?:in|as)?\s*compensation)\b",
    rf"^\s*(?:for me|to us|please)\b|^{_WORDS % 3}(?:belongs?|in return|to be|unused|outstanding|missing|owing)\b",
    rf"^{_WORDS % 2}(?:would be|is|seems?|sounds?|feels)\s+(?:\w+\s+)?(?:fair|reasonable|appropriate|acceptable)\b",
    r"^\s*off\s+(?:my|our|the|for|please)\b",
)
_ASKED_BEFORE = cue(
    rf"\b(?:{_WISH})(?:\s+(?:{_LINKS}))*[\s:=(]*$",
    rf"\b(?:{_GIVE_BACK})(?:\s+[\w'-]+){{1,4}}(?:,|\s+(?:of|over|totall?ing|amounting to))\s*\(?$",
)
_LEADS_ON = cue(rf"^(?:\s+(?:{_LINKS}))*\s*$")
_GIVEN_BEHIND = cue(
    r"^\s*(?:i|we)(?:'ve| have)?\s+(?:got|received|had)\b",
    rf"^{_WORDS % 4}\b(?:(?:has|have)\s+)?(?:came|come|is|are|was)\s+(?:already\s+)?back\b",
    rf"^{_WORDS % 2}\b(?:(?:has|have)\s+)?(?:arrived|landed|"
    r"c[ao]me (?:through|in\s*(?:[.,!;)]|$|\b(?:on|yesterday|today|this|last|but|and))\b)|"
    r"showed up|(?:was|were) paid out|"
    r"reached (?:my|our|the) (?:bank\s+)?account)\b",
    rf"^{_WORDS % 4}\b(?:(?:was|were|has been|have been|got|(?:is|are) already)\s+(?:already\s+)?"
    r"(?:refunded|returned|reimbursed|credited|repaid|back|given back|paid back)\b|(?:already|so far)\s+back\b)",
)
# "The lamp (89.90) was returned by my son": a thing went back, no money.
_GOODS = cue(r"^\s+(?:by (?:me|us|my|our|post|courier)|to (?:you|your)|unopened|unused|undamaged)\b")
# "96 for the case, one arrived smashed": a thing arrived, too.
_SOME_CAME = cue(rf"^\s*[,:]?\s*(?:but\s+|and\s+|only\s+)?{COUNT}\s+(?:of\s+\w+\s+)?(?:arrived|came)\b")
_GIVEN_BEFORE = cue(
    r"\b(?:you|they|he|she|shop|host|seller|hotel|only|already|been)(?:'ve| have| has)?\s+(?:\w+\s+){0,2}?"
    r"(?:refunded|reimbursed|credited|repaid|returned|(?:sent|paid|gave|given)(?:\s+(?:me|us))?\s+back)"
    r"(?:\s+(?:me|us|only|just|about|the|my|our|back))*(?:\s+[\w'-]+){0,6}\s*\(?$",
    r"\b(?:refund|reimbursement)\s+(?:was|came to|is)\s+(?:only\s+|just\s+)?$",
    r"\b(?:check|cheque|payment|transfer|refund|credit)\s+(?:that\s+)?(?:i|we)\s+(?:got|received)(?:\s+\w+){0,3}?\s+"
    r"(?:is|was)\s+(?:only\s+|just\s+)?(?:for\s+)?$",
    r"\b(?:refund|reimbursement)\s+of\s+(?:only|just)\s+$|\b(?:only|just)\s+(?:got|received|had|seen)\s+$|"
    r"\b(?:got|received|had)\s+(?:only|just)\s+$",
)
_BACK_BEHIND = cue(r"^\s*back\b")
_GOT = cue(
    r"\b(?:i|we|and)(?:'ve| have)?\s+(?:only\s+|just\s+)?(?:got|received|had)\s+(?:the\s+|my\s+)?$",
    r"\ball (?:that )?(?:i|we)(?:'ve| have)? (?:got|received|had|saw|seen) (?:was|is|were)\s+$",
)
_NOT = cue(
    r"\b(?:not|never|(?:needs?|has|have|ought|is|are|got) to|should|must|supposed|promised|said|would|will|can|could|be|if)\b",
    r"n't\b",
)
_KEPT_BEHIND = cue(
    r"^[^\w.;!?]*(?:[\w'-]+\s+){0,5}?(?:(?:is|are|was|were|that's)\s+(?:(?:all|quite|perfectly|absolutely|totally|paid|billed|charged|"
    r"invoiced|also|still)\s+)?(?:fine|ok|okay|correct(?:ly)?|right|rightly|properly|normal|legit|real|genuine)\b|"
    r"(?:is|are) (?:yours|mine|ours|legit\w*)\b|you (?:may|can) keep\b|stays?\b|"
    r"(?:i'm|i am|we're|we are)\s+keeping\b|(?:i|we)\s+keep\b|isn't covered\b|well spent\b|"
    r"(?:that\s+)?(?:i|we)(?:'ve| have)?\s+(?:ever\s+)?spent\b|"
    r"(?:i|we)(?:'ve| have)?\s+(?:already\s+)?(?:paid|settled)\s+(?:already|in full|on time|anyway))"
)
_KEPT_BEFORE = cue(
    r"\b(?:keep|keeping|leave|leaving)\s+(?:the\s+|my\s+)?$",
    r"\b(?:voucher|gift card|store credit)s? (?:worth|of|for|over)\s+(?:the\s+|my\s+)?$",
    r"\b(?:i|we)(?:'m|'re|'ll| am| are| will)?\s+(?:kept|keep|keeping)\s+(?:the|my|our)\s+[\w-]+\s*\(?$",
    r"\b(?:balance|up to|at least|limit|minimum|maximum|threshold|more than|less than|deductible|quoted? limit)"
    r"(?:\s+(?:of|is|was|still|before|then|around|about|now))*\s*$|\b(?:free|orders?|purchases)(?:\s+\w+)?\s+(?:above|over|from)\s+$",
)
_A_STAY = cue(r"\b(?:the|our|my|your|whole|a)\s+stays?\b")
_DECLINED_BEFORE = cue(
    r"\b(?:not|n't|cannot|won't|never)\s+(?:accept|take|want|happy with|content with|satisfied with|need)\s+"
    r"(?:the|your|a|this|that|only|just|just the)?\s*$",
    r"\b(?:instead of|rather than|forget)\s+(?:the|your|a|this|that)\s+$",
)
_DECLINED_BEHIND = cue(
    rf"^{_WORDS % 4}(?:(?:does|do|would|will|is|are)\s*(?:not|n't)|doesn't|isn't|won't|wouldn't|aren't)\s+(?:\w+\s+)?"
    r"(?:help|enough|cover|cut it|do|acceptable|much|fair|good enough|work)\b",
    r"^(?:\s+[\w'/-]+){0,3}?\s+(?:is|are)\s+(?:a joke|an insult|a bit thin|too little|nothing|ridiculous)\b",
)
_NOT_KEPT = cue(r"\b(?:not|not to|nobody should|could|cannot|can't)\s+keep\b")
_OUGHT = cue(
    r"\b(?:should\s+(?:only\s+|just\s+)?(?:have\s+)?(?:only\s+)?(?:been?|be|cost|pay|paid)|"
    r"supposed to (?:be|cost|pay)|would(?:'ve| have) been|not)\W+"
    r"(?:(?:the|only|about|at)\W+){0,2}$|\b(?:instead of|rather than)\W+(?:[\w'-]+\W+){0,3}$",
    r"\b(?:agreed|quoted?|quotes?|advertised|listed|promised|meant to (?:give|pay|be|send)|contract|site|website|ad|"
    r"label|price tag|menu|price list|checkout (?:said|says|showed)|catalogue|"
    r"makes it|normal|usual|regular|normally|usually)\b(?:\s+[\w-]+){0,4}\W*$",
    r"\boffer(?:ed|s)?\b(?:\s+[\w/-]+){0,6}\W*$",
    r"\b(?:app|estimate|you|driver|quote|e-?mail|confirmation|salesman|agent|colleague)\s+said\s+(?:it (?:was|would be)\s+)?\W*$",
    r"\b(?:last|previous|prior)\s+(?:year|month|time|week|quarter|bill)\b(?:\s+[\w'-]+){0,3}\W*$",
    r"\b(?:plan|basic|starter|monthly price)\s+(?:is|was|at|costs?)\W*$",
)
_PROMISED_BACK = cue(
    r"\b(?:promised|agreed|offered|quoted)\b[^.!?]*\b(?:deposit|refund|back|return)\b|\b(?:was|were|been)\s+promised\s+$"
)
_TOOK = cue(
    r"\b(?:(?:fee|deposit|withdrawal|instal?ment|premium|rent|charge|price|sum|amounts?|bill|debit|payments?)'? (?:of|over|for)|"
    r"charged?|billed|took|taken|paid|debited|invoiced?|(?:mis-?)?typed|deducted|transferred|withdrew|withdrawn|cost|"
    r"you kept|gave|donated|tipped|bought|buy|sold me|sold|topped up|purchased?|spent|prepaid|payed|"
    r"(?:made (?:me|us)|had to) pay|bills?|fees?)\b"
    r"(?:\s+['\"]?[\w'-]+['\"]?){0,4}\W*$",
    r"\b(?:bought|ordered|booked|purchased|rented|hired)\b[^.;!?]*\bfor\s+$",
)
_TOOK_BEHIND = cue(
    r"^\s+(?:[\w-]+\s+){0,2}(?:fee|charge|fine|penalty|deposit|premium|tip|interest|surcharge)\b",
    r"^\s*(?:\w+\s+)?(?:was|were|got|has been)\s+(?:\w+\s+)?(?:taken|charged|debited|deducted|billed|collected)\b",
    r"^\s*(?:just\s+)?for (?:that|this|it|what|nothing)\b",
)
_EACH = cue(
    r"^[\s\"')]*(?:too much\s+|extra\s+|more\s+|net\s+|gross\s+)?(?:(?:per|a|an|every|/)\s?(month|mo|year|week|night|day|head|"
    r"person|seat|box|user|ticket|item|hour|lesson|unit|licen[cs]e|room|class|session|guest|bottle|carton|visit|trip|child|adult|"
    r"kid)\b|the\s(hour|piece|head|box)\b|per\s(\w+)|(?:for\s+)?each\b|for every\b|apiece\b|"
    r"a\s?piece\b|pp\b|p\.p\.|(monthly)\b|/\s?\w+)"
)
_AN = cue(r"^\s*an?\s([a-z]+)\b")  # a price only where such things are counted: "8.50 an issue"
_EVERY = cue(
    r"\b(monthly|weekly|nightly)\s+(?:\w+\s+)?(?:of|at|is|was|for)?\s*$|\beach\s+(?:one\s+)?(?:cost|costs|was|is|at)\s+$",
    r"\b(?:price|cost|rate|fee|cent|pay)\s+(?:per|a|for each|for a)\s+([a-z]+)"
    r"(?:\s+(?:and|per|a)\s+month)?\s+(?:is|was|of|:|at)?\s*$",
)
_PACK = cue(rf"\b(?:blocks?|packs?|sets?|cards?|bundles?|box|boxes|courses?|series|packages?|books?|pass)\s+of\s+{COUNT}\b")
_ELSEWHERE = cue(
    r"\b(?:retail|elsewhere|market price|(?:other|another|different|next|local)\s+(?:online\s+)?"
    r"(?:shop|store|site|place|supplier|dealer|company|provider))\b"
    r"(?:\s+[\w'-]+){0,5}\W*$",
    r"\b(?:my|our|the|an?)\s+(?:(?:competent|different|local|independent|proper) [a-z]+|tailor|plumber|mechanic|garage|jeweller|"
    r"cobbler|electrician|dentist|friend|neighbour|brother)\b[^.;!?]*$",
)
_TIMES = cue(rf"\b{COUNT}\s?(?:[a-z]+\s)?(?:[x\x{{d7}}*]|times)\s*$", rf"\b{COUNT}\s+(?:[\w-]+\s+){{0,6}}(?:at|@|\x{{e0}})\s*$")
_TIMES_BEHIND = cue(rf"^\s*(?:[x\x{{d7}}*]|times)\s*{COUNT}\b")
_TOTAL = cue(r"\b(?:total|basket|altogether|in all|order)\b(?:\s+\w+){0,2}\W*$")
_ALTOGETHER = cue(r"^\W*(?:in total|altogether|in all|total|all told)\b")
_RESULT = cue(
    r"\bthat(?:'s| is)\s+[\w-]+\s+[a-z]+,\s*$",
    r"(?:\b(?:which is|makes?|comes to|that is|that's|i\.e\.|or|so|hence|in sum)|=|(?:total|altogether|in all)\s*\()\s*$",
)
_DAY = (
    rf"(?:(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s*(?:of\s+)?)?{MONTH}\.?(?:\s+\d{{1,2}}(?:st|nd|rd|th)?)?|"
    rf"\d{{1,2}}[/.]\d{{1,2}}\.?|\d{{1,2}}(?:st|nd|rd|th))"
)
_NEXT_DAY = r"\s*(?:,|;|&|\+|,?\s*\band\b|,?\s*\bthen\b)\s*(?:then\s+|again\s+|also\s+)*(?:(?:in|on|for|of)\s+)?(?:the\s+)?"
_DAYS = cue(rf"\b{_DAY}(?:{_NEXT_DAY}{_DAY}\b)+")
_A_WHILE = cue(r"\b(?:ago|later|earlier)\b")
_A_DAY = cue(rf"\b{_DAY}\b")
_RANGE = cue(rf"\b({MONTH})\.?\s*(?:to|through|thru|until|till|up to|-|\x{{2013}})\s*(?:the end of\s+)?({MONTH})\b")
_BETWEEN = cue(r"\bbetween\s+(?:the\s+)?$")
_ROUGHLY = cue(r"\b(?:roughly|about|around|approx\w*|some|nearly|almost)\s+$")
_ABBREVIATED = cue(r"\b(?:i\.e|e\.g|incl|approx|ca)\.\s*$")
_PERIODS = {"monthly": "month", "mo": "month", "weekly": "week", "nightly": "night"}


@dataclass(frozen=True, slots=True)
class Told:
    """A sum with what its neighbours say; ``count`` is 3 in "3 x 24.99", ``weight`` what speaks for it without the request."""

    found: Found
    left: str
    right: str
    inside: bool  # of a sentence that asks
    asked: bool
    kept: bool  # also a limit, a balance, what is settled
    given: bool  # back already
    got: bool  # "I have received 130": back already where the rest is asked
    ought: bool
    took: bool
    each: bool
    unit: str  # of what it is the price: "month" in "9.99 a month"
    count: int
    total: bool
    result: bool
    weight: float

    @property
    def amount(self) -> float:
        """The amount alone."""
        return self.found.money.amount


def _sentence(text: str, at: int, ends: Sentences) -> tuple[int, int]:
    """The sentence around a place; "i.e." ends none."""
    first, last = ends.around(at, at)
    return (ends.around(first - 1, first - 1)[0] if _ABBREVIATED.search(text[max(0, first - 10) : first + 1]) else first), last


def told(text: str, found: Sequence[Found], n: int, ends: Sentences, asking: Sequence[tuple[int, int]]) -> Told:
    """The ``n``-th sum with what stands between it, its neighbours and the ends of its sentence."""
    one = found[n]
    first, last = _sentence(text, one.start, ends)
    inside = any(start < last and first < end for start, end in asking)
    first = max(first, found[n - 1].end) if n else first
    last = min(last, found[n + 1].start) if n + 1 < len(found) else last
    left, right = text[max(first, one.start - _NEAR) : one.start].lower(), text[one.end : min(last, one.end + _NEAR)].lower()
    each, every, times = _EACH.search(right), _EVERY.search(left), _multiple(left, right)
    given = _is_given(left, right)
    next_follows = n + 1 < len(found) and last == found[n + 1].start
    behind = _is_of(_ASKED_BEHIND.search(right), right, next_follows)
    total, result = _is_of(_ALTOGETHER.search(right), right, next_follows), bool(_RESULT.search(left))
    basket = bool(_TOTAL.search(left))
    return Told(
        one,
        left,
        right,
        inside=inside,
        asked=not given and bool(behind or _ASKED_BEFORE.search(left)),
        kept=_is_kept(left, right),
        given=given,
        got=bool(_GOT.search(left)),
        ought=bool(_OUGHT.search(left)) and not _PROMISED_BACK.search(left),
        took=bool(_TOOK.search(left) or _TOOK_BEHIND.search(right)),
        each=bool(each or times),
        unit=_unit(each) or _unit(every) or _unit(_AN.search(right)),
        count=count_in(times) if times else occasions(left) or occasions(right),
        total=total or basket,
        result=result,
        weight=0.5 * total + result - 0.7 * basket - 0.5 * (not one.told) - _doubt(left),
    )


def _multiple(left: str, right: str) -> Any:
    """How many of them a price is for, beside it: "3 x 24.99"; "a block of ten lessons at 350" is one price."""
    found = None if _PACK.search(left) else _TIMES.search(left) or _TIMES_BEHIND.search(right)
    return None if found and (_A_DAY.search(found.group()) or _A_WHILE.search(found.group())) else found  # "on 2 March at 22.40"


def _doubt(left: str) -> float:
    """What speaks against a sum before it is known what is asked: it is told roughly, or is a price elsewhere."""
    return 0.7 * bool(_ROUGHLY.search(left)) + bool(_ELSEWHERE.search(left))


def _is_kept(left: str, right: str) -> bool:
    """Whether nobody asks for the sum: it is right, stays where it is, or was offered and turned down."""
    stays = _KEPT_BEHIND.search(right) and not _A_STAY.search(right)
    return bool(stays or _declined(left, right) or (_KEPT_BEFORE.search(left) and not _NOT_KEPT.search(left)))


def occasions(words: str) -> int:
    """How often it was taken, told by the days: 3 for "in May, June and July"; 0 where they do not tell it."""
    days = _DAYS.search(words)
    return len(_A_DAY.findall(days.group())) if days and not _BETWEEN.search(words[: days.start()]) else 0


def months_between(words: str) -> int:
    """How many months a range spans, both of its ends among them: 4 for "September through December"; 0 for none."""
    months = _RANGE.search(words)
    if not months:
        return 0
    first, last = map(month_of, months.groups())
    return (last - first) % 12 + 1


def _declined(left: str, right: str) -> bool:
    """Whether an offered sum is turned down: "I do not accept the 30", "15 euros does not help me"."""
    return bool(_DECLINED_BEFORE.search(left) or _DECLINED_BEHIND.search(right))


def _is_of(found: Any, right: str, next_follows: bool) -> bool:
    """Whether words behind a sum are said of it, and not of the next: "the fee is 40, please pay back the 4"."""
    return bool(found) and not (next_follows and _LEADS_ON.search(right[found.end() :]))


def _is_given(left: str, right: str) -> bool:
    """Whether the sum went back already: "you refunded 43", not "you have not refunded 43"."""
    if _GOT.search(left) and _BACK_BEHIND.search(right):
        return True
    behind = _GIVEN_BEHIND.search(right)
    if behind and (_GOODS.search(right[behind.end() :]) or _SOME_CAME.search(right)):
        behind = None
    found = _GIVEN_BEFORE.search(left) or behind
    return bool(found and not _NOT.search(found.group()))


def _unit(found: Any) -> str:
    """The thing that a price is for: "month" of "9.99 monthly"; "" for none."""
    word = next(filter(None, found.groups()), "") if found else ""
    return _PERIODS.get(word, word)
