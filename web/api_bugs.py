"""What the API and the pages tell and take about bugs (docs/trackers.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response, g, request
from sqlalchemy import Engine
from werkzeug.exceptions import BadRequest, NotFound, UnprocessableEntity

from escalation.bug import NEEDED, Bug, BugState, Candidate, Evidence
from escalation.bugs import Asked, Reported
from store import bug_queries
from web.bodies import object_of, text
from web.ports import BugDesk
from web.problems import answer, problem

_FLAGS = ("new", "anyway")


class BugViews:
    """The views of ``/handoffs/<id>/bug`` and ``/bugs``."""

    def __init__(self, engine: Engine, bugs: BugDesk) -> None:
        self._engine, self._bugs = engine, bugs

    def bug(self, handoff: str) -> Response:
        try:
            found = self._bugs.look(handoff)
        except LookupError:
            raise NotFound(f"There is no handoff {handoff}.") from None
        evidence = {name: getattr(found.evidence, name) for name in NEEDED}
        told: dict[str, Any] = {"tracker": found.tracker, "title": found.title, "evidence": evidence}
        told |= {"lacking": list(found.lacking), "candidates": [candidate(c) for c in found.candidates]}
        return answer(200, {**told, "linked": [shown(bug) for bug in found.linked]})

    def report_bug(self, handoff: str) -> Response:
        body = object_of()
        for flag in _FLAGS:
            if not isinstance(body.get(flag, False), bool):
                raise UnprocessableEntity(f"{flag} is true or false.")
        added = Evidence(**{name: text(body, name) for name in NEEDED})
        flags = {flag: body.get(flag, False) for flag in _FLAGS}
        try:
            told = self._bugs.report(handoff, Asked(g.caller.name, text(body, "bug"), added=added, **flags), datetime.now(UTC))
        except LookupError:
            raise NotFound(f"There is no handoff {handoff}.") from None
        if told.bug is None:
            return _refused(told)
        return answer(200, {"text": told.text, "new": told.new, "bug": shown(told.bug)})

    def bugs(self) -> Response:
        state, limit, cursor = (request.args.get(name, "") for name in ("state", "limit", "cursor"))
        if state and state not in tuple(BugState):
            raise BadRequest(f"state is one of: {', '.join(BugState)}.")
        if limit and not (limit.isdecimal() and limit.isascii() and 1 <= int(limit) <= 200):
            raise BadRequest("limit is a number from 1 to 200.")
        rows = bug_queries.bugs(self._engine, int(limit or 50), cursor, state)
        return answer(200, {"items": [shown(bug) for bug in rows.items], "next": rows.next})


def _refused(told: Reported) -> Response:
    """409 with what there is to choose, 422 with what is lacking; 409 alone where there is nothing to choose."""
    if told.lacking:
        return problem(422, told.text, lacking=list(told.lacking))
    return problem(409, told.text, candidates=[candidate(c) for c in told.candidates])


def shown(bug: Bug) -> dict[str, Any]:
    """A bug as JSON."""
    names = ("id", "tracker", "state", "title", "count", "error", "opened_at", "handoff_id")
    filed = {"key": bug.filed.key if bug.filed else "", "url": bug.filed.url if bug.filed else ""}
    return {name: getattr(bug, name) for name in names} | filed


def candidate(one: Candidate) -> dict[str, Any]:
    """A bug that may be the same, with how alike it is and why."""
    return {"bug": shown(one.bug), "similarity": one.similarity, "why": one.why}
