"""Who handles an issue, and who would get it at a given moment: for the API, for Slack and for the commands."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from config.tickets import Wrong
from config.values import DAYS
from escalation.away import all_in_words
from escalation.decision import Decision
from escalation.desks import Matter
from escalation.playbook import Path, Playbook
from escalation.rehearsal import aim, judge
from escalation.roster import Roster
from escalation.simulate import Rung, Simulated, simulate
from escalation.ticket import Ticket
from escalation.who import Handling, handling, in_words, path_of, type_of
from store.codec import plain
from web.rehearsals import Rehearsals, decided

MOST_WORDS = 2000  # characters of an issue
MOST_YEARS = 10
_WEEKLY = re.compile(rf"({'|'.join(DAYS)})[a-z]*\s+([01]?\d|2[0-3]):([0-5]\d)(?:\s+(\S+))?", re.IGNORECASE | re.ASCII)
_HOW = 'Write an ISO time like 2026-11-29T03:00+01:00, or "Sun 03:00", with a zone: "Sun 03:00 Europe/Berlin".'
_NAMES = ("connection", "language", "tier", "zone", "at")


@dataclass(frozen=True)
class Whom:
    """Answers from the active documents and what people have on their desks now. Nothing is kept and nobody is asked."""

    rehearsals: Rehearsals
    connections: Callable[[], Collection[str]]

    def who(self, issue: str, connection: str = "", language: str = "") -> dict[str, Any]:
        """Team, path, people best first, lead, person on watch and channel as JSON, with the same in ``words``; raises Wrong."""
        if unknown := self._unknown(connection):
            raise Wrong([unknown])
        found = self._handling(issue, connection, language)
        return {
            "issue": issue,
            "issue_type": found.issue_type,
            "recognised": found.recognised,
            "team": found.team.id if found.team else "",
            "team_name": found.team.name if found.team else "",
            "channel": found.team.channel if found.team else "",
            "path": found.path,
            "level": found.level.name,
            "lead": plain(found.lead),
            "watch": plain(found.watch),
            "people": [plain(one) for one in found.route.candidates],
            "others": found.route.others,
            "words": in_words(found),
        }

    def in_words(self, issue: str) -> str:
        """The same for a person who asks in Slack or at a shell."""
        return in_words(self._handling(issue))

    def _handling(self, issue: str, connection: str = "", language: str = "") -> Handling:
        asked, now = self.rehearsals, datetime.now(UTC)
        roster = asked.roster()
        away = all_in_words(asked.gone(now), roster, now, connection=connection)
        about = (issue, asked.playbook(), roster, asked.loads, now)
        return handling(*about, connection=connection, language=language, away=away)

    def simulate(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The ladder level by level as JSON; raises Wrong, or LookupError for an unknown ticket."""
        asked, now = self.rehearsals, datetime.now(UTC)
        at = _checked(body, now, self._unknown)
        playbook, roster = asked.playbook(), asked.roster()
        about = (body, playbook, roster, at)
        if body.get("ticket"):
            matter, path, decision = self._judged(*about)
            recognised = True
        else:
            (matter, path, recognised), decision = _meant(*about[:3]), None
        found = simulate(matter, path, playbook, roster, asked.loads, at, decision=decision, gone=asked.gone(now))
        return _told(found, playbook, roster) | {"recognised": recognised}

    def _unknown(self, connection: object) -> tuple[str, str, str] | None:
        """What is wrong with a name that no connection has."""
        known = sorted(self.connections()) if connection else ()
        if not connection or connection in known:
            return None
        return "connection", "there is none of this name", f"Leave it out, or name one of: {', '.join(known)}."

    def _judged(self, body: Mapping[str, Any], playbook: Playbook, roster: Roster, at: datetime) -> tuple[Matter, Path, Decision]:
        """What the rules make of a ticket at that time; one that they leave alone goes the usual path."""
        ticket, background, _ = self.rehearsals.ticket(body, at - playbook.contact_window)
        ticket = _with(ticket, body)
        decision = judge(playbook, self.rehearsals.reader, ticket, at, background)
        team, path = aim(decision, playbook, roster)
        return Matter(ticket, decision.issue_type, team.id if team else ""), path, decision


def _meant(body: Mapping[str, Any], playbook: Playbook, roster: Roster) -> tuple[Matter, Path, bool]:
    """What a handoff about an issue would be, without asking the rules, and whether the issue was recognised."""
    issue_type, recognised = type_of(body["issue"], playbook, roster)
    team = roster.team_for(issue_type, playbook.default_team)
    ticket = _with(Ticket("", "simulation", subject=body["issue"]), body)
    return Matter(ticket, issue_type, team.id if team else ""), path_of(issue_type, playbook), recognised


def _with(ticket: Ticket, body: Mapping[str, Any]) -> Ticket:
    """The ticket with what the question says of it."""
    customer = replace(ticket.customer, tier=body.get("tier") or ticket.customer.tier)
    language, connection = body.get("language") or ticket.language, body.get("connection") or ticket.connection
    return replace(ticket, customer=customer, language=language, connection=connection)


def _checked(body: Mapping[str, Any], now: datetime, unknown: Callable[[object], tuple[str, str, str] | None]) -> datetime:
    """The moment that a body asks about; raises Wrong with everything that is wrong with it."""
    wrong = [(n, "this is not text", "Write text.") for n in _NAMES if not isinstance(body.get(n, ""), str)]
    issue = body.get("issue")
    if issue and (found := unknown(body.get("connection"))):  # of a stored ticket it says which one is meant
        wrong.append(found)
    if bool(issue) == bool(body.get("ticket")):
        wrong.append(("issue", "one of issue and ticket is needed", 'Write "issue": "billing", or a ticket as in rules/dry-run.'))
    if issue and (not isinstance(issue, str) or len(issue) > MOST_WORDS):
        wrong.append(("issue", f"this is not text of at most {MOST_WORDS} characters", "Write an issue type, or a few words."))
    try:
        at = moment(str(body.get("at", "")), str(body.get("zone", "")), now)
    except ValueError as bad:
        wrong.append(("at", str(bad), _HOW))
    if wrong:
        raise Wrong(wrong)
    return at


def moment(text: str, zone: str, now: datetime) -> datetime:
    """ "2026-11-29T03:00", "Sun 03:00" (the next one), or "" for now, in UTC; ``zone`` is of times without one, UTC if "".

    Raises ValueError.
    """
    weekly = _WEEKLY.fullmatch(text.strip())
    if weekly:
        return _next(weekly, _zone(weekly[4] or zone), now)
    place = _zone(zone)
    try:
        at = datetime.fromisoformat(text.strip()) if text.strip() else now
    except ValueError:
        raise ValueError(f"{text[:60]!r} is not a time") from None
    if abs(at.year - now.year) > MOST_YEARS:
        raise ValueError(f"{text[:60]!r} is more than {MOST_YEARS} years away")
    return (at if at.tzinfo else at.replace(tzinfo=place)).astimezone(UTC)


def _next(weekly: re.Match[str], zone: ZoneInfo, now: datetime) -> datetime:
    today, clock = now.astimezone(zone).date(), time(int(weekly[2]), int(weekly[3]))
    ahead = (DAYS.index(weekly[1].lower()) - today.weekday()) % 7
    days = (today + timedelta(days=ahead + more) for more in (0, 7))
    return next(at for day in days if (at := datetime.combine(day, clock, zone).astimezone(UTC)) >= now)


def _zone(name: str) -> ZoneInfo:
    # OSError: zoneinfo opens "America" as if it were a file (https://github.com/python/cpython/issues/85702).
    try:
        return ZoneInfo(name or "UTC")
    except (KeyError, ValueError, OSError):
        raise ValueError(f"there is no time zone {name[:60]!r}") from None


def _told(found: Simulated, playbook: Playbook, roster: Roster) -> dict[str, Any]:
    names = {agent.id: agent.name for agent in roster.agents}
    team = roster.team(found.matter.team)
    return {
        "at": found.at.isoformat(),
        "issue_type": found.matter.issue_type,
        "team": found.matter.team,
        "team_name": team.name if team else "",
        "path": found.path.id,
        "decision": decided(found.decision, found.matter.team) if found.decision else None,
        "levels": [_rung(rung, names) for rung in found.rungs],
        "told": [plain(one) | {"name": names.get(one.agent, "")} for one in found.told],
        "timeline": [plain(line) for line in found.lines],
        "ends": {"state": found.ends.value, "at": found.ends_at.isoformat(), "whole": found.whole},
        "playbook_version": playbook.version,
        "roster_version": roster.version,
    }


def _rung(rung: Rung, names: Mapping[str, str]) -> dict[str, Any]:
    offers = [
        {
            "agent": offer.agent,
            "name": names.get(offer.agent, offer.agent),
            "channel": offer.channel,
            "at": offer.at.isoformat(),
            "until": offer.until.isoformat(),
            "why": offer.why,
        }
        for offer in rung.offers
    ]
    people = [plain(one) for one in rung.route.candidates] if rung.route else []
    words = rung.route.words if rung.route else ""
    return {"name": rung.level.name, "offering": rung.level.offering.value, "offers": offers, "words": words, "people": people}
