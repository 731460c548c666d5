"""The rules of one team as data: when to escalate, along which path (domain.md §2, §4). From ``config/escalation.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum

from escalation.completeness import Needs
from escalation.conditions import Condition as Condition
from escalation.conditions import Conditions as Conditions
from escalation.conditions import Node as Node
from escalation.conditions import Scored as Scored
from escalation.conditions import Threshold as Threshold
from escalation.conditions import Weighted as Weighted
from escalation.conditions import fields_of as fields_of
from escalation.hours import Calendar
from escalation.masking import Masking
from escalation.sla import Policy
from escalation.ticket import Status

_PROACTIVE = frozenset({"age", "waiting", "unanswered_for", "in_queue", "business", "sla", "customer", "created_at", "segment"})


class Mode(StrEnum):
    OFF = "off"
    SHADOW = "shadow"  # records what it would have done
    LIVE = "live"


class Severity(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return ("low", "normal", "high", "critical").index(self.value)


class AssignWhen(StrEnum):
    ON_ACCEPT = "on_accept"
    ON_OFFER = "on_offer"  # cold and fast: assigned and noted with the offer


@dataclass(frozen=True, slots=True)
class Segment:
    """Customers of one kind: who they are, and what is different for them. The first one that fits counts."""

    id: str
    when: Conditions
    thresholds: Mapping[str, object] = field(default_factory=dict)  # with those it inherits
    modes: Mapping[str, Mode] = field(default_factory=dict)  # rule id → mode, with those it inherits
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a branch of a tree leads; what is left empty stays as the rule and the issue type say."""

    issue_type: str = ""
    team: str = ""
    path: str = ""
    skills: tuple[str, ...] = ()  # whoever is asked has all of them


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a tree; ``yes`` and ``no`` name the next one or say where it goes."""

    id: str
    ask: str  # in words
    when: Conditions
    yes: str | Aim
    no: str | Aim


@dataclass(frozen=True, slots=True)
class Tree:
    """Where tickets of one issue type go once a rule says that they need somebody; it begins with its first question."""

    issue_type: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    title: str  # in words, shown as the reason on cards and notes
    when: Conditions
    mode: Mode = Mode.LIVE
    severity: Severity = Severity.NORMAL
    path: str = "default"
    team: str = ""  # "" = the team that owns the ticket's issue type
    issue_type: str = ""  # what the rule knows the issue to be, e.g. security; "" leaves it
    owner: str = ""
    review_on: str = ""
    cooldown: timedelta = timedelta(0)
    alone: bool = False  # the rule says so: its one kind of evidence (tone, or a word) is enough
    description: str = ""

    @property
    def proactive(self) -> bool:
        """True when the rule looks at time, clocks or the account, not at something that somebody did."""
        return all(name.split(".")[0] in _PROACTIVE for name in fields_of(self.when))


class Offering(StrEnum):
    ONE = "one"  # one person at a time
    SEVERAL = "several"  # ``at_once`` people at a time, whoever presses first
    ALL = "all"  # everybody who is available, whoever presses first
    CHANNEL = "channel"  # a card in the team's channel, whoever presses first
    USER_GROUP = "user_group"  # the same card, calling a user group of the chat: the one ``to`` names, or the team's
    TRACKER = "tracker"  # nobody: the bug is filed or linked in the issue tracker that ``to`` names, or the team's
    LEAD = "lead"  # the team's lead
    WATCH = "watch"  # the team's person on watch
    PERSON = "person"  # the agent that ``to`` names


ROOMS = frozenset({Offering.CHANNEL, Offering.USER_GROUP})  # a card for whoever is there


class Afterwards(StrEnum):
    """What a level that asks a tracker does once the bug is filed or linked; where it is not, the next level begins at once."""

    GO_ON = "go_on"  # the next level begins
    WAIT = "wait"  # until the bug is closed, or for ``offer_for``; whoever accepts meanwhile has it


class QuietHours(StrEnum):
    RESPECT = "respect"  # nobody is disturbed in their quiet hours
    OVERRIDE = "override"


class ClockKind(StrEnum):
    """Whose time a deadline counts in."""

    ALWAYS = "always"  # every hour
    TEAM = "team"  # the calendar of the team
    PERSON = "person"  # the shifts of whoever is asked or has accepted


class AtEnd(StrEnum):
    """What becomes of a handoff that went through every level; it always stays acceptable, and the lead always knows."""

    WAIT = "wait"  # it waits; the lead is told unless a level has told them
    START_AGAIN = "start_again"  # from the first level, MOST_LAPS times; then it waits
    TELL_LEAD = "tell_lead"  # it waits; the lead is told, again if a level has told them


MOST_AT_ONCE = 50  # offers of one level that stand at the same time
MOST_LAPS = 3  # a path that nobody answers ends all the same


@dataclass(frozen=True, slots=True)
class Level:
    """One rung of a path: whom to offer to, how many at once, for how long, and what writing back waits for."""

    name: str
    offering: Offering = Offering.ONE
    team: str = ""  # "" = the team the rule chose
    min_tier: int = 1
    offer_for: timedelta = timedelta(minutes=15)
    remind_before: timedelta = timedelta(minutes=5)
    most_offers: int = 3  # people asked on the level before the next one
    tell_lead: bool = False  # when the level begins
    assign: AssignWhen = AssignWhen.ON_ACCEPT
    at_once: int = 1  # of ``several``
    to: str = ""  # of ``person``: the agent's id; of ``user_group`` and ``tracker``: another one than the team's
    then: Afterwards = Afterwards.GO_ON  # of ``tracker``
    repeat: int = 0  # how often it is gone through again before the next level
    quiet: QuietHours = QuietHours.RESPECT
    clock: ClockKind = ClockKind.ALWAYS  # of ``offer_for`` and ``remind_before``
    skills: tuple[str, ...] = ()  # of a pool: besides the issue type's

    @property
    def width(self) -> int:
        """How many people may be asked at the same time."""
        return {Offering.SEVERAL: self.at_once, Offering.ALL: MOST_AT_ONCE}.get(self.offering, 1)

    @property
    def most(self) -> int | None:
        """How many people are asked in one pass, None for everybody."""
        return {Offering.ALL: None, Offering.ONE: self.most_offers, Offering.SEVERAL: self.most_offers}.get(self.offering, 1)

    @property
    def is_cold(self) -> bool:
        """True when the ticket is assigned with the offer: only where one person at a time is asked."""
        return self.assign is AssignWhen.ON_OFFER and self.width == 1 and self.asks_people

    @property
    def asks_people(self) -> bool:
        """False for a level whose card or bug is for nobody in particular."""
        return self.offering not in ROOMS and self.offering is not Offering.TRACKER


@dataclass(frozen=True, slots=True)
class Path:
    id: str
    levels: tuple[Level, ...]
    first_reply_in: timedelta = timedelta(hours=1)
    remind_reply_before: timedelta = timedelta(minutes=15)
    at_end: AtEnd = AtEnd.TELL_LEAD
    reply_clock: ClockKind = ClockKind.ALWAYS  # of ``first_reply_in`` and ``remind_reply_before``
    pauses: tuple[Status, ...] = (Status.PENDING,)  # in which nobody owes the customer a reply: they have asked for one
    override: Severity | None = None  # from which on every hour counts, nothing pauses and quiet hours do not hold

    def needing(self, skills: tuple[str, ...]) -> Path:
        """The path with these skills asked for on every level, besides its own."""
        if not skills:
            return self
        asked = (replace(level, skills=tuple(dict.fromkeys((*level.skills, *skills)))) for level in self.levels)
        return replace(self, levels=tuple(asked))


@dataclass(frozen=True, slots=True)
class SlaPolicy:
    """Our own targets for tickets for which ``when`` holds; the first policy that fits counts."""

    when: Conditions
    policy: Policy


@dataclass(frozen=True, slots=True)
class Weights:
    """Points each reason to ask somebody is worth at most; with the defaults a perfect match has 100.

    Skill comes first: a wrong answer costs more than a wait. Then room on the desk, so that nobody drowns while a
    colleague is idle. Knowing the customer spares them the retelling and is worth about as much as two skill levels.
    Fairness decides between equals. Tier counts for valuable customers only: seniors are kept free for them.
    """

    skill: float = 40.0
    free: float = 25.0
    known: float = 15.0
    fair: float = 12.0
    tier: float = 8.0
    valuable: tuple[str, ...] = ("enterprise", "vip", "premium", "platinum", "strategic")  # words in the customer's tier
    version: int = 0  # of the playbook they stand in


@dataclass(frozen=True, slots=True)
class Respect:
    """Whose word counts, besides the roster's and people's own, that somebody is not available."""

    helpdesks: bool = True  # "away", "offline", switched off for assignment: where the helpdesk tells it
    chat: bool = False  # do not disturb


@dataclass(frozen=True, slots=True)
class Queueing:
    """How waiting handoffs are ordered, in points each reason is worth at most, and when people are asked from the queue.

    Severity comes first: it is what the rules found. Then time to a breach, which rises by itself; then whose ticket it is.
    """

    severity: float = 40.0
    breach: float = 25.0  # breached; less the further away, nothing from ``breach_within`` on
    tier: float = 20.0  # a tier that ``routing.valuable`` names
    contract: float = 15.0  # a contract of ``contract_full`` or more, in whatever currency; less for less
    breach_within: timedelta = timedelta(hours=4)
    contract_full: float = 100_000.0
    ask_again_after: timedelta = timedelta(hours=1)  # between two offers of one handoff to one person who was silent or busy
    ask_again_most: int = 3  # offers of one handoff from the queue to one person
    stuck_after: timedelta = timedelta(minutes=30)  # how long the owner of an unanswered one is gone before others are asked


@dataclass(frozen=True, slots=True)
class ShiftHandover:
    """What happens at a shift's end (``escalation.shift``); ``enabled`` False: nothing by itself, by command all the same."""

    enabled: bool = True
    remind_after: timedelta = timedelta(minutes=15)
    climb_after: timedelta = timedelta(minutes=30)
    within: timedelta = timedelta(hours=1)  # whoever begins no later than this counts as the next on shift
    breaks: timedelta = timedelta(hours=2)  # shorter gaps between somebody's shifts end none


@dataclass(frozen=True)
class Playbook:
    rules: tuple[Rule, ...] = ()
    paths: Mapping[str, Path] = field(default_factory=dict)
    default_team: str = ""
    issue_words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # issue type → words, first version of intent
    hop_limit: int = 5
    write_priority: bool = False
    version: int = 0
    thresholds: Mapping[str, object] = field(default_factory=dict)  # name → value for customers of no segment
    segments: tuple[Segment, ...] = ()
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    calendar: str = ""  # the one for tickets of no segment with its own; "" = round the clock
    product_areas: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # product area → words
    policies: tuple[SlaPolicy, ...] = ()
    contact_window: timedelta = timedelta(days=14)  # how far back a contact about the same problem counts
    routing: Weights = field(default_factory=Weights)
    respect: Respect = field(default_factory=Respect)
    masking: Masking = field(default_factory=Masking)
    queue: Queueing = field(default_factory=Queueing)
    completeness: Mapping[str, Needs] = field(default_factory=dict)  # issue type → what its context package needs
    shift_handover: ShiftHandover = field(default_factory=ShiftHandover)
    trees: Mapping[str, Tree] = field(default_factory=dict)  # by issue type

    def needs(self) -> frozenset[str]:
        """Top names of the facts that trees and the rules which are not off look at, e.g. {"priority", "signals", "custom"}."""
        asked = [rule.when for rule in self.rules if rule.mode is not Mode.OFF]
        asked += [question.when for tree in self.trees.values() for question in tree.questions]
        return frozenset(name.split(".")[0] for when in asked for name in fields_of(when))
