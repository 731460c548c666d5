"""The pages about bugs: reporting one of a handoff, with what may be the same and what is lacking; all that were reported."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import abort, flash, redirect, render_template, request, url_for
from sqlalchemy import Engine
from werkzeug.wrappers import Response as BaseResponse

from escalation.bug import NEEDED, BugState, Evidence
from escalation.bugs import Asked
from escalation.roster import Roster
from store import bug_queries, queries
from store.accounts import Role
from web import asked, auth, pages_show
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

    def __init__(self, engine: Engine, roster: Callable[[], Roster], bugs: BugDesk) -> None:
        self._engine, self._roster, self._bugs = engine, roster, bugs

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
            return self._form(handoff, added, 409, chosen, anyway=anyway)
        return redirect(url_for("pages.handoff", handoff=handoff), 303)

    def _form(self, handoff: str, added: Evidence, status: int, chosen: str = "", *, anyway: bool = False) -> Answered:
        try:
            found = self._bugs.look(handoff, added)
        except LookupError:
            abort(404, f"There is no handoff {handoff}.")
        ids = [*(one.bug.id for one in found.candidates), NEW]
        about = {"handoff": handoff, "found": found, "added": added, "needed": NEEDED, "new": NEW, "anyway": anyway}
        about["chosen"] = chosen if chosen in ids else ids[0]
        return render_template("pages/bug.html", **about, **self._may(handoff)), status

    def _may(self, handoff: str) -> dict[str, bool]:
        """What the signed-in person can do here: whoever holds the handoff returns it, and nobody else."""
        user, found = auth.signed_in(), queries.handoff(self._engine, handoff)
        shown = pages_show.Shown(found, {}, self._roster(), datetime.now(UTC)) if found else None
        returns = shown is not None and "return" in shown.presses_of(user)
        return {"may": user is not None and user.role.covers(Role.AGENT), "may_return": returns}


def _text(name: str) -> str:
    return request.form.get(name, "").replace("\x00", "").strip()[:MOST_WORDS]
