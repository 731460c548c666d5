"""Agents, groups and companies of an account: ticket answers hold only their ids. Kept for a while, because reads are counted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from connectors.freshdesk.api import Api, Body
from escalation.ports import HelpdeskAgent, Outside

_AVAILABILITY_S = 60.0  # how old the answer to "who is available" may be
_NAMES_S = 3600.0  # names hardly ever change
_COMPANY_S = 300.0  # tier and health decide about escalations
_MOST_COMPANIES = 2_000

T = TypeVar("T")


class Kept(Generic[T]):
    """One answer with its age; a failed reading is not tried again for a minute by those who can do without."""

    def __init__(self, read: Callable[[], T], clock: Callable[[], float]) -> None:
        self._read, self._clock = read, clock
        self._lock = threading.Lock()
        self._value: T | None = None
        self._read_at = self._failed_at = float("-inf")

    def get(self, max_age_s: float) -> T:
        """The value, read again when it is older; raises what the reading raises."""
        with self._lock:
            if self._value is None or self._clock() - self._read_at > max_age_s:
                try:
                    self._value = self._read()
                except Outside:
                    self._failed_at = self._clock()
                    raise
                self._read_at = self._clock()
            return self._value

    def get_if_possible(self, max_age_s: float, otherwise: T) -> T:
        """The value, an old one if it cannot be read now, or ``otherwise``."""
        try:
            if self._clock() - self._failed_at > _AVAILABILITY_S:
                return self.get(max_age_s)
        except Outside:
            pass  # the reason is told by check(); a ticket without names is better than none
        return self._value if self._value is not None else otherwise


class Directory:
    """Who is who in one account. Thread-safe."""

    def __init__(self, api: Api, clock: Callable[[], float] = time.monotonic) -> None:
        self._api, self._clock = api, clock
        self._agents: Kept[list[Body]] = Kept(lambda: api.all("agents"), clock)
        self._groups: Kept[list[Body]] = Kept(lambda: api.all("groups"), clock)
        self._companies: dict[str, Kept[Body]] = {}
        self._lock = threading.Lock()

    def agents(self) -> tuple[HelpdeskAgent, ...]:
        """All agents with the groups either side names, and the round-robin switch ``available``; at most a minute old."""
        groups = self._groups.get(_AVAILABILITY_S)
        return tuple(_agent(body, groups) for body in self._agents.get(_AVAILABILITY_S))

    def person(self, id: object) -> Body | None:
        """Name and e-mail of an agent as the mapping reads them; None for nobody and for people who are no agents."""
        if not id:
            return None
        known = self._agents.get_if_possible(_NAMES_S, [])
        found = next((body for body in known if body.get("id") == id), None)
        contact = found.get("contact") if found else None
        return {"name": contact.get("name"), "email": contact.get("email")} if isinstance(contact, dict) else None

    def group_name(self, id: object) -> str | None:
        if not id:
            return None
        known = self._groups.get_if_possible(_NAMES_S, [])
        return next((body.get("name") for body in known if body.get("id") == id), None)

    def is_member(self, agent: int, group: int) -> bool | None:
        """Whether an agent belongs to a group, told by either side's list, else None. A "no" is at most a minute old."""
        told = self._is_member(agent, group, _NAMES_S)
        return told if told is not False else self._is_member(agent, group, _AVAILABILITY_S)

    def _is_member(self, agent: int, group: int, max_age_s: float) -> bool | None:
        for kept, id, members, other in ((self._agents, agent, "group_ids", group), (self._groups, group, "agent_ids", agent)):
            found = next((body for body in kept.get_if_possible(max_age_s, []) if body.get("id") == id), {})
            if isinstance(found.get(members), list):
                return other in found[members]
        return None

    def company(self, id: object) -> Body:
        """The company's own record: tier, health and renewal are not in what a ticket includes."""
        with self._lock:
            if len(self._companies) >= _MOST_COMPANIES:
                self._companies.clear()
            kept = self._companies.setdefault(str(id), Kept(lambda: self._api.one(f"companies/{id}"), self._clock))
        return kept.get(_COMPANY_S)


def _agent(body: Body, groups: list[Body]) -> HelpdeskAgent:
    contact = body.get("contact")
    contact = contact if isinstance(contact, dict) else {}
    id = body.get("id")
    member_of = [*(body.get("group_ids") or []), *(g.get("id") for g in groups if id in (g.get("agent_ids") or []))]
    available = body.get("available")
    return HelpdeskAgent(
        id=str(id),
        name=str(contact.get("name") or ""),
        email=str(contact.get("email") or ""),
        group_ids=tuple(dict.fromkeys(str(group) for group in member_of)),
        available=available if isinstance(available, bool) else None,
    )
