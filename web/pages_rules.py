"""The pages about rules: each with what it did, every look at a ticket, drafts tried on stored tickets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import abort, redirect, render_template, request, url_for
from sqlalchemy import Engine
from werkzeug.wrappers import Response as BaseResponse

from config import yamldoc
from config.yamldoc import Problems
from escalation.hygiene import Finding, findings
from escalation.playbook import Playbook
from escalation.roster import Roster
from store import queries, rule_queries
from store.accounts import Role
from web import asked, auth, pages_show
from web import pages_rules_show as show
from web.api_views import MOST_DAYS
from web.ports import Backtests, Documents

Answered = str | BaseResponse | tuple[str, int]
DAYS = 30  # what rules did is shown for so long, and a back-test goes back so far unless told otherwise
HYGIENE_DAYS = 90
LOOKS, BACKTESTS = 20, 20  # on one page
ROUTES = (
    ("/rules", "rules", ["GET"]),
    ("/rules/backtests", "backtests", ["GET"]),
    ("/rules/backtests", "start_backtest", ["POST"]),
    ("/rules/backtests/<int:number>", "backtest", ["GET"]),
    ("/rules/<rule>", "rule", ["GET"]),
    ("/tickets/<connection>/<path:ticket>", "ticket", ["GET"]),
)
# The largest document there may be, with the line ends that browsers make of it.
MOST_BYTES = {"pages.start_backtest": yamldoc.MOST_BYTES * 5 // 4}


class RulePages:
    """The views of the pages about rules; all of them are GET and for everybody, but starting a back-test is for leads."""

    def __init__(
        self,
        engine: Engine,
        playbook: Callable[[], Playbook],
        roster: Callable[[], Roster],
        documents: Documents,
        backtests: Backtests,
    ) -> None:
        self._engine, self._playbook, self._roster = engine, playbook, roster
        self._documents, self._backtests = documents, backtests

    def rules(self) -> Answered:
        now, playbook = datetime.now(UTC), self._playbook()
        times = rule_queries.times(self._engine, now - timedelta(days=DAYS))
        lines = show.lines(playbook, times, self._findings(playbook, now), now.date())
        chosen = asked.choice("show", show.CHOICES, "")
        shown = [line for line in lines if show.is_chosen(line, chosen)]
        return render_template("pages/rules.html", rows=shown, chosen=chosen, tabs=show.tabs(lines), days=DAYS)

    def rule(self, rule: str) -> Answered:
        now, playbook = datetime.now(UTC), self._playbook()
        found = next((one for one in playbook.rules if one.id == rule), None)
        if found is None:
            abort(404, f"The active rules have none called {rule}. It may have been renamed or taken out; see the list of rules.")
        since = now - timedelta(days=DAYS)
        line = show.line(found, playbook, self._findings(playbook, now), now.date())
        did = {
            "escalated": rule_queries.escalated(self._engine, rule, since),
            "noted": rule_queries.noted(self._engine, rule, since),
        }
        return render_template("pages/rule.html", line=line, it=found, team=self._team(found.team), days=DAYS, **did)

    def _findings(self, playbook: Playbook, now: datetime) -> tuple[Finding, ...]:
        return findings(playbook, rule_queries.fired(self._engine, playbook, now, HYGIENE_DAYS), now.date())

    def _team(self, team_id: str) -> str:
        team = self._roster().team(team_id)
        return team.name if team else team_id

    def ticket(self, connection: str, ticket: str) -> Answered:
        found = rule_queries.ticket(self._engine, connection, ticket)
        if found is None:
            abort(404, f"No ticket {ticket} of {connection} is stored. One is from its first handled webhook on, see Deliveries.")
        looks = queries.evaluations(self._engine, asked.page(LOOKS, numbers=True), connection, ticket)
        handoffs = [pages_show.handoff_line(item, self._roster()) for item in found["handoffs"]]
        shown = [show.look(item) for item in looks.items]
        after = asked.number("after")
        return render_template("pages/ticket.html", it=found, handoffs=handoffs, looks=shown, next=looks.next, after=after)

    # --- back-tests ---

    def backtests(self) -> Answered:
        start = asked.number("from")
        draft = rule_queries.draft(self._engine, int(start)) if start else None
        return self._form(200, draft if draft is not None else self._documents.active("escalation").text, str(DAYS))

    def start_backtest(self) -> Answered:
        user = asked.person(Role.LEAD)
        draft, days = request.form.get("draft", "").replace("\r\n", "\n"), request.form.get("days", "").strip()
        if not (days.isdecimal() and days.isascii() and len(days) < 4 and 1 <= int(days) <= MOST_DAYS):
            return self._form(422, draft, days, [f"The days are a whole number from 1 to {MOST_DAYS}."])
        try:
            number = self._backtests.start(draft, user.email, int(days))
        except Problems as wrong:
            return self._form(422, draft, days, show.problems(wrong))
        return redirect(url_for("pages.backtest", number=number), 303)

    def _form(self, status: int, draft: str, days: str, wrong: list[str] | None = None) -> tuple[str, int]:
        rows = rule_queries.backtests(self._engine, asked.page(BACKTESTS, numbers=True))
        form = {"draft": draft, "days": days, "wrong": wrong or [], "most_days": MOST_DAYS}
        user = auth.signed_in()
        may = user is not None and user.role.covers(Role.LEAD)
        return render_template("pages/backtests.html", rows=rows.items, next=rows.next, may=may, **form), status

    def backtest(self, number: int) -> Answered:
        told = self._backtests.told(number) or abort(404, f"There is no back-test {number}.")
        shown = show.Result(told, self._playbook(), self._roster())
        asked_for = shown.behind(*(request.args.get(name, "") for name in ("side", "team", "hour")))
        names = [*shown.named, *(show.key(name) for name in (asked_for.count.tickets if asked_for else ()))]
        subjects = rule_queries.subjects(self._engine, names)
        return render_template("pages/backtest.html", shown=shown, it=told, subjects=subjects, behind_it=asked_for)
