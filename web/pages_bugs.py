"""The pages about bugs: reporting one of a handoff, with what may be the same and what is lacking; all that were reported."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Engine
from werkzeug.wrappers import Response as BaseResponse

from escalation.bug import NEEDED, BugState, Evidence
from escalation.bugs import Asked
from store import bug_queries
from store.accounts import Role
from web import asked
from web.bodies import MOST_WORDS
from web.ports import BugDesk

Answered = str | BaseResponse | tuple[str, int]
ROUTES = (
    ("/bugs", "bugs", ["GET"]),
    ("/handoffs/<handoff>/bug", "bug", ["GET"]),
    ("/handoffs/<handoff>/bug", "report_bug", ["POST"]),
)
NEW = "new"  # the choice that is no bug's id


class BugPages:
    """The views; everybody sees, agents report."""

    def __init__(self, engine: Engine, bugs: BugDesk) -> None:
        self._engine, self._bugs = engine, bugs

    def bugs(self) -> Answered:
        state = asked.choice("state", tuple(BugState), "")
        rows = bug_queries.bugs(self._engine, 50, request.args.get("after", ""), state)
        return render_template("pages/bugs.html", rows=rows.items, next=rows.next, state=state, states=tuple(BugState))

    def bug(self, handoff: str) -> Answered:
        return self._form(handoff, Evidence(), 200)

    def report_bug(self, handoff: str) -> Answered:
        user = asked.person(Role.AGENT)
        told = {name: _text(name) for name in (*NEEDED, "choice")}
        chosen = told.pop("choice")
        added, anyway = Evidence(**told), "anyway" in request.form
        bug = "" if chosen == NEW else chosen
        wanted = Asked(user.name or user.email, bug, new=chosen == NEW, anyway=anyway, added=added)
        try:
            answer = self._bugs.report(handoff, wanted, datetime.now(UTC))
        except LookupError:
            abort(404, f"There is no handoff {handoff}.")
        flash(answer.text, "done" if answer.ok else "refused")
        if not answer.ok:
            return self._form(handoff, added, 409)
        return redirect(url_for("pages.handoff", handoff=handoff), 303)

    def _form(self, handoff: str, added: Evidence, status: int) -> Answered:
        try:
            found = self._bugs.look(handoff, added)
        except LookupError:
            abort(404, f"There is no handoff {handoff}.")
        return render_template("pages/bug.html", handoff=handoff, found=found, added=added, needed=NEEDED, new=NEW), status


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "").strip()[:MOST_WORDS]
