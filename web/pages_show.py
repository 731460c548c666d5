"""What the pages show, prepared from stored rows: words, names and order. Templates only lay it out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

import pydantic

from escalation import context
from escalation.actions import DOES, ActionKind, Line, Note
from escalation.hop import OfferState, State
from escalation.hours import duration
from escalation.package import ContextPackage
from escalation.playbook import Severity
from escalation.roster import Roster
from store import codec
from store.accounts import Role, User
from store.queries import DELIVERY_STATUSES, MOST_COUNTED, Item
from web.api_views import readable
from web.desk_events import TEAM

MOST_SHOWN = 200_000  # characters of one raw body
MOST_VALUE = 160  # characters of a value that a condition saw
Tab = tuple[str, str, str]  # value in the address, label, count

STATE_WORDS = {
    State.OFFERED: "Being asked",
    State.WAITING: "Waiting for anyone",
    State.ACCEPTED: "Accepted",
    State.ANSWERED: "Answered",
    State.CLOSED: "Closed",
    State.CANCELLED: "Cancelled",
}


# --- words ------------------------------------------------------------------------------------------------------------


def moment(value: datetime | str | None) -> datetime | None:
    """A stored time, which is a datetime in rows and ISO 8601 text inside JSON."""
    return datetime.fromisoformat(value) if isinstance(value, str) else value


def iso(value: datetime | str | None) -> str:
    """For the datetime attribute of <time>."""
    at = moment(value)
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def utc(value: datetime | str | None) -> str:
    """ "2 Jun 2025, 14:05 UTC": what <time> shows until the script puts it in the reader's zone."""
    at = moment(value)
    return f"{at.day} {at:%b %Y, %H:%M} UTC" if (at := at.astimezone(UTC) if at else None) else ""


def ago(value: datetime | str | None) -> str:
    """The time since then: "2 h 10 min"."""
    at = moment(value)
    return duration(datetime.now(UTC) - at) if at else ""


def words(value: object) -> str:
    """A word of ours as people read it: "set_aside" → "set aside"."""
    return str(value or "").replace("_", " ")


def effect(kind: str) -> str:
    """What an action does, for people."""
    return DOES[ActionKind(kind)]


def pretty(value: object) -> str:
    """Any plain data as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def unwrapped(seen: list[Item]) -> list[Item]:
    """Conditions without groups of one, which tell nothing by themselves, but for those of which none may hold."""
    return [inner for one in seen for inner in (unwrapped(one["parts"]) if _is_wrapper(one) else [one])]


def _is_wrapper(one: Item) -> bool:
    return len(one["parts"]) == 1 and one["op"] in ("all", "any")


def short(value: object) -> str:
    """Any plain data as one line of JSON, cut where a reader would stop."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= MOST_VALUE else f"{text[:MOST_VALUE]}…"


FILTERS: Mapping[str, Callable[..., Any]] = {
    "iso": iso,
    "utc": utc,
    "ago": ago,
    "words": words,
    "pretty": pretty,
    "short": short,
    "effect": effect,
    "unwrapped": unwrapped,
}


# --- lists ------------------------------------------------------------------------------------------------------------


def handoff_tabs(counts: Mapping[str, int]) -> list[Tab]:
    """The tabs over the list of handoffs."""
    live = sum(counts[state] for state in State if state.is_live)
    shown = [(str(state), label, _count(counts[state])) for state, label in STATE_WORDS.items()]
    return [("live", "In progress", _count(live)), *shown]


def delivery_tabs(counts: Mapping[str, int]) -> list[Tab]:
    """The tabs over the list of deliveries."""
    return [("", "All", _count(sum(counts.values()))), *((s, s.capitalize(), _count(counts[s])) for s in DELIVERY_STATUSES)]


def _count(number: int) -> str:
    return str(number) if number < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def handoff_line(item: Item, roster: Roster) -> Item:
    """A row of the list with names instead of ids and the clock that runs out first."""
    return {
        **item,
        "state_words": STATE_WORDS.get(item["state"], item["state"]),
        "team_name": _team(roster, item["team"]),
        "who": _who(item, roster),
        "clock": nearest_clock(item["sla"]) if State(item["state"]).is_live else None,
    }


def _who(item: Item, roster: Roster) -> str:
    if item["accepted_by"]:
        return roster.name(item["accepted_by"])
    asked = [roster.name(offer["agent"]) if offer["agent"] else _everybody(offer) for offer in item["offered_to"]]
    return f"asking {', '.join(asked)}" if asked else "nobody yet"


def _everybody(offer: Mapping[str, Any]) -> str:
    if offer.get("sender"):
        return "the sender, for what is missing"
    return f"the tracker {offer['tracker']}" if offer.get("tracker") else f"anyone in {offer['channel']}"


def nearest_clock(clocks: Iterable[Mapping[str, Any]] | None) -> Mapping[str, Any] | None:
    """The running SLA clock that is due first; breached once its time is over, whatever the helpdesk last told."""
    running = [clock for clock in clocks or () if clock["state"] not in ("met", "paused") and clock["due_at"]]
    if not running:
        return None
    first = min(running, key=lambda clock: _due(clock))
    return {**first, "state": "breached"} if _due(first) < datetime.now(UTC) else first


def _due(clock: Mapping[str, Any]) -> datetime:
    return datetime.fromisoformat(clock["due_at"])


def _team(roster: Roster, team_id: str) -> str:
    team = roster.team(team_id)
    return team.name if team else team_id


# --- one handoff --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """One handoff with its escalation, as the page shows it."""

    handoff: Item
    escalation: Item
    roster: Roster
    now: datetime

    @property
    def state(self) -> State:
        return State(self.handoff["state"])

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.state]

    def name(self, agent_id: str) -> str:
        """An agent's name, or the id of somebody who left the roster."""
        return self.roster.name(agent_id)

    def team(self, team_id: str) -> str:
        """A team's name."""
        return _team(self.roster, team_id)

    @property
    def reply_due(self) -> datetime | None:
        """When the first human reply to the customer is due; None while its clock stands still."""
        if self.handoff["reply"]:
            return moment(self.handoff["reply"]["due"])
        accepted, span = moment(self.handoff["accepted_at"]), self.handoff["first_reply_in"]
        return accepted + pydantic.TypeAdapter(timedelta).validate_python(span) if accepted and span else None

    @cached_property
    def package(self) -> ContextPackage | None:
        """The context package, its clocks stopped once the handoff is over; None where an older version wrote another form."""
        try:
            package: ContextPackage = codec.build(ContextPackage, self.escalation.get("package"))
        except pydantic.ValidationError:
            return None
        return package if self.state.is_live else package.ended()

    @cached_property
    def note(self) -> Note | None:
        """The package in the order the note in the helpdesk has."""
        return context.note(self.package, key="", title="", link="", now=self.now, fold=False) if self.package else None

    @property
    def sections(self) -> tuple[tuple[str, tuple[Line, ...]], ...]:
        """The note's sections but the transcript, which the page shows by itself."""
        return tuple(s for s in self.note.sections if s[0] != "Transcript") if self.note else ()

    @property
    def verdicts(self) -> Mapping[str, list[Item]]:
        """The rules that were looked at: fired, in shadow, and the others."""
        all_of_them = (self.escalation.get("decision") or {}).get("verdicts", [])
        fired = [v for v in all_of_them if v["fired"] and v["mode"] == "live"]
        shadow = [v for v in all_of_them if v["fired"] and v["mode"] == "shadow"]
        return {"fired": fired, "shadow": shadow, "others": [v for v in all_of_them if v not in fired and v not in shadow]}

    @property
    def candidates(self) -> list[Item]:
        """Everybody who was looked at, best first, excluded last."""
        return list((self.handoff.get("route") or {}).get("candidates", []))

    def presses(self, email: str) -> tuple[str, ...]:
        """What the person with this e-mail address can press now."""
        agent = self.roster.by_chat("", email)
        if agent is None or not self.state.is_live:
            return ()
        if self.state.is_taken:
            mine = self.handoff["accepted_by"] == agent.id
            return ((*(("return",) if self.state is State.ACCEPTED else ()), "reassign")) if mine else ()
        asked = any(offer["agent"] == agent.id for offer in self.handoff["offered_to"])
        return ("accept", "decline", "reassign", *self._snooze(agent.id)) if asked else ("accept",)

    def _snooze(self, agent: str) -> tuple[str, ...]:
        own = (o for o in self.handoff["offers"] if o["agent"] == agent and o["state"] == OfferState.OPEN)
        once = any(o.get("snoozed") for o in own)
        return () if once or self.handoff["severity"] == Severity.CRITICAL else ("snooze",)

    def presses_of(self, user: User | None) -> tuple[str, ...]:
        """What the signed-in person can press now, which is nothing for who may only look."""
        return self.presses(user.email) if user and user.role.covers(Role.AGENT) else ()

    def may_judge(self, email: str, *, lead: bool) -> bool:
        """Whether this person may say what they think of it: whoever had it, or a lead."""
        agent = self.roster.by_chat("", email)
        mine = agent is not None and self.handoff["accepted_by"] == agent.id
        return self.state.is_taken and (lead or mine)

    @property
    def targets(self) -> list[tuple[str, str]]:
        """Whom it can be handed to by name, as (value, words); what rules them out is told when they are named."""
        able = [a for a in self.roster.agents if self.handoff["connection"] in a.ids and a.id != self.handoff["accepted_by"]]
        people = [(agent.id, agent.name) for agent in sorted(able, key=lambda a: a.name.lower())]
        teams = [(f"{TEAM}{t.id}", f"Team: {t.name or t.id}") for t in self.roster.teams if t.id != self.handoff["team"]]
        return people + teams


# --- one delivery ---------------------------------------------------------------------------------------------------------


def delivery(found: Item) -> Item:
    """A delivery with its body indented where it is JSON, and what it told in lines."""
    told = readable(found)
    became = told["became"] or {}
    return {**told, "body_shown": _indented(told["body"])[:MOST_SHOWN], "told": _fields(became)}


def _indented(body: str) -> str:
    try:
        return pretty(json.loads(body))
    except (ValueError, RecursionError):
        return body


def _fields(became: Item) -> list[tuple[str, str]]:
    fields = became.get("fields") or {}
    return [(words(name), in_words(value) or "empty") for name, value in fields.items()]


def in_words(value: object) -> str:
    """Plain data as a reader wants it: only what is told, "name Ada, email ada@example.com"; "" for nothing."""
    if isinstance(value, Mapping):
        told = ((words(name), in_words(inner)) for name, inner in value.items())
        return ", ".join(f"{name} {inner}" for name, inner in told if inner not in ("", "unknown"))
    if isinstance(value, list):
        return "; ".join(filter(None, map(in_words, value)))
    return "" if value is None else str(value)
