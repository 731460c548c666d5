"""The pages of handoffs, deliveries and signing in. They work without JavaScript; a script refreshes and shows local times."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask_login import logout_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy import Engine
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as BaseResponse

from config.settings import Settings
from escalation.actions import DeclineReason
from escalation.events import Accept, Decline, NextLevel, Reassign, Refresh, Return, Snooze
from escalation.hop import State
from escalation.ports import Helpdesk
from escalation.snooze import CHOICES
from escalation.thread import UNSEEN
from escalation.verdicts import WORDS, Judge, Verdict
from store import accounts, line, queries
from store.accounts import Role, User
from store.bugs import StoredBugs
from store.cursors import NoSuchRow
from web import auth, errors, pages_bugs, pages_rules, pages_rules_show, pages_shifts, pages_show
from web.asked import choice, page, person, words
from web.desk_events import Misread, named
from web.pages_bugs import BugPages
from web.pages_rules import RulePages
from web.pages_shifts import ShiftPages
from web.ports import Pipeline, Pressed

Answered = str | BaseResponse | tuple[str, int]
MOST_BYTES = 64 * 1024
LIVE = ("offered", "waiting", "accepted", "answered")
_MINUTES = tuple(str(int(span.total_seconds()) // 60) for span in CHOICES)
_WRITTEN = ("return", "reassign")  # forms in which somebody writes
_LACKS = {
    "decline": "Choose a reason for declining.",
    "return": "Write what is missing; the sender reads it.",
    "snooze": "Choose how much longer.",
}
_FREE = ("pages.sign_in", "pages.static")


def blueprint(
    settings: Settings,
    engine: Engine,
    pipeline: Pipeline,
    helpdesks: Callable[[], Mapping[str, Helpdesk]],
    rules: RulePages,
    bugs: BugPages,
    shifts: ShiftPages,
    sandbox: bool,
) -> Blueprint:
    """The pages with their static files under ``/assets``."""
    web = Blueprint("pages", __name__, template_folder="templates", static_folder="static", static_url_path="/assets")
    pages = Pages(settings, engine, pipeline, helpdesks, sandbox)
    web.record_once(lambda setup: setattr(setup.app.jinja_env, "finalize", _shown))
    web.before_request(_enter)
    web.context_processor(lambda: _shared(sandbox))
    for name, filter_ in (*pages_show.FILTERS.items(), *pages_rules_show.FILTERS.items()):
        web.add_app_template_filter(filter_, name)
    more = ((rules, pages_rules.ROUTES), (bugs, pages_bugs.ROUTES), (shifts, pages_shifts.ROUTES))
    for views, routes in ((pages, _ROUTES), *more):
        for path, name, methods in routes:
            web.add_url_rule(path, name, getattr(views, name), methods=methods)
    web.register_error_handler(NoSuchRow, _from_the_start)
    for kind, handler in errors.DATABASE_ERRORS.items():
        web.register_error_handler(kind, handler)
    return web


def _from_the_start(_: NoSuchRow) -> BaseResponse:
    """The list without the place that there is not."""
    kept = {name: value for name, value in request.args.items() if name != "after"}
    return redirect(f"{request.path}?{urlencode(kept)}" if kept else request.path)


def _shown(value: object) -> object:
    """What a page shows of a text: nothing that overrides the words beside it. What is escaped by hand (``|e``) stays as is."""
    return UNSEEN.sub("", value) if type(value) is str else value


_ROUTES = (
    ("/", "home", ["GET"]),
    ("/sign-in", "sign_in", ["GET", "POST"]),
    ("/sign-out", "sign_out", ["POST"]),
    ("/handoffs", "handoffs", ["GET"]),
    ("/handoffs/<handoff>", "handoff", ["GET"]),
    ("/handoffs/<handoff>/next-level", "next_level", ["POST"]),
    ("/handoffs/<handoff>/refresh", "refresh", ["POST"]),
    ("/handoffs/<handoff>/reassign", "reassign", ["POST"]),
    ("/handoffs/<handoff>/feedback", "judge", ["POST"]),
    ("/handoffs/<handoff>/<press>", "answer", ["POST"]),
    ("/actions/<int:action>/retry", "retry", ["POST"]),
    ("/deliveries", "deliveries", ["GET"]),
    ("/deliveries/<int:delivery>", "delivery", ["GET"]),
    ("/deliveries/<int:delivery>/replay", "replay", ["POST"]),
)


def _shared(sandbox: bool) -> dict[str, Any]:
    """What every template may use; ``person`` is looked up only where it is used, since an error page must not need it."""
    return {"person": LocalProxy(auth.signed_in), "sandbox": sandbox, "here": request.endpoint, "csrf_token": generate_csrf}


def _enter() -> BaseResponse | None:
    request.max_content_length = request.max_form_memory_size = pages_rules.MOST_BYTES.get(request.endpoint or "", MOST_BYTES)
    if request.endpoint == "pages.static":
        return None
    auth.require_csrf()
    if request.endpoint in _FREE or auth.signed_in():
        return None
    return redirect(url_for("pages.sign_in", next=request.full_path.rstrip("?") if request.method == "GET" else "/"))


class Pages:
    """The views of the pages."""

    def __init__(
        self,
        settings: Settings,
        engine: Engine,
        pipeline: Pipeline,
        helpdesks: Callable[[], Mapping[str, Helpdesk]],
        sandbox: bool,
    ) -> None:
        self._settings, self._engine, self._pipeline = settings, engine, pipeline
        self._helpdesks, self._sandbox, self._attempts = helpdesks, sandbox, auth.Attempts()

    def home(self) -> Answered:
        return redirect(url_for("pages.handoffs"))

    def sign_in(self) -> Answered:
        if request.method == "GET":
            return redirect(_next()) if auth.signed_in() else self._form(200)
        email, address = request.form.get("email", "").strip(), request.remote_addr or ""
        if not self._attempts.allowed(address, email):
            return self._form(429, "Too many attempts. Wait ten minutes, then try again.")
        user = accounts.authenticate(self._engine, email, request.form.get("password", ""), address)
        if user is None:
            self._attempts.failed(address, email)
            return self._form(401, "This e-mail address and password do not belong together.")
        auth.start_session(user)
        return redirect(_next(), 303)

    def _form(self, status: int, wrong: str = "") -> tuple[str, int]:
        return render_template("pages/sign_in.html", wrong=wrong, email=request.form.get("email", ""), next=_next()), status

    def sign_out(self) -> Answered:
        logout_user()
        session.clear()
        return redirect(url_for("pages.sign_in"), 303)

    def handoffs(self) -> Answered:
        state = choice("state", ("live", "all", *State), "live")
        wanted = LIVE if state == "live" else () if state == "all" else (state,)
        if state == State.WAITING:
            rows = line.handoffs(self._engine, self._pipeline.playbook(), page(numbers=True), datetime.now(UTC))
        else:
            rows = queries.handoffs(self._engine, page(), wanted)
        counts = queries.handoff_counts(self._engine, tuple(State))
        shown = [pages_show.handoff_line(item, self._pipeline.roster()) for item in rows.items]
        return render_template(
            "pages/handoffs.html", rows=shown, next=rows.next, state=state, tabs=pages_show.handoff_tabs(counts), **self._start()
        )

    def handoff(self, handoff: str) -> Answered:
        return self._handoff(handoff, {})

    def _handoff(self, handoff: str, entered: Mapping[str, str]) -> str:
        """The page; ``entered`` is what a form that was refused held: its ``form``, and what stood in its fields."""
        found = queries.handoff(self._engine, handoff) or abort(404, f"There is no handoff {handoff}.")
        escalation = queries.escalation(self._engine, found["escalation_id"]) or {}
        shown = pages_show.Shown(found, escalation, self._pipeline.roster(), datetime.now(UTC))
        choices = {"reasons": DeclineReason, "verdicts": WORDS, "minutes": _MINUTES}
        told = {"presses": shown.presses_of(auth.signed_in()), "may_judge": self._may_judge(shown), "entered": entered}
        bugs = StoredBugs(self._engine).of_ticket(found["connection"], found["ticket_id"])
        return render_template("pages/handoff.html", shown=shown, bugs=bugs, **choices, **told)

    def _may_judge(self, shown: pages_show.Shown) -> bool:
        user = auth.signed_in()
        return bool(user and user.role.covers(Role.AGENT) and shown.may_judge(user.email, lead=user.role.covers(Role.LEAD)))

    def answer(self, handoff: str, press: str) -> Answered:
        user = person(Role.AGENT)
        agent = self._pipeline.roster().by_chat("", user.email)
        if agent is None:
            abort(403, f"{user.email} is nobody in the roster, so there is nobody to assign to. Add the address to the roster.")
        event = _event(press, agent.id)
        return self._again(handoff, press, event, 422) if isinstance(event, str) else self._answered(handoff, event, press)

    def next_level(self, handoff: str) -> Answered:
        user, steps = person(Role.LEAD), request.form.get("steps", "")
        if not (steps.isdecimal() and steps.isascii() and len(steps) < 10):
            return self._again(handoff, "next-level", "The page had lost what it showed. Look at it again, then press.", 422)
        return self._answered(handoff, NextLevel(self._known(user), int(steps), lead=True))

    def reassign(self, handoff: str) -> Answered:
        user, why = person(Role.AGENT), words("reason")
        if not words("to"):
            return self._again(handoff, "reassign", "Choose who is to have it.", 422)
        if not why:
            return self._again(handoff, "reassign", "Say in a few words why; whoever is asked reads it.", 422)
        try:
            to, is_team = named(words("to"), self._pipeline.roster())
        except Misread as wrong:
            return self._again(handoff, "reassign", str(wrong), 422)
        lead = user.role.covers(Role.LEAD)
        return self._answered(handoff, Reassign(self._known(user), to, why, is_team, lead, "page"), "reassign")

    def judge(self, handoff: str) -> Answered:
        user, verdict = person(Role.AGENT), words("verdict")
        if verdict not in tuple(Verdict):
            return self._again(handoff, "feedback", "Choose one of the verdicts.", 422)
        return self._answered(handoff, Judge(self._known(user), Verdict(verdict), user.role.covers(Role.LEAD), "page"))

    def refresh(self, handoff: str) -> Answered:
        return self._answered(handoff, Refresh(self._known(person(Role.ADMIN))))

    def _known(self, user: User) -> str:
        """A person's agent id, or their name where they are on no roster."""
        agent = self._pipeline.roster().by_chat("", user.email)
        return agent.id if agent else user.name or user.email

    def _again(self, handoff: str, form: str, why: str, status: int) -> Answered:
        """The page once more with why it was refused, the form open, and what was written in it."""
        flash(why, "refused")
        return self._handoff(handoff, {"form": form, "reason": words("reason"), "to": words("to")}), status

    def _answered(self, handoff: str, event: Pressed, form: str = "") -> Answered:
        """Do what was pressed, and show what became of it; a ``form`` that is refused keeps what somebody wrote in it."""
        try:
            told = self._pipeline.answer(handoff, event, datetime.now(UTC))
        except LookupError:
            abort(404, f"There is no handoff {handoff}.")
        if form in _WRITTEN and not told.ok:
            return self._again(handoff, form, told.text, 409)
        flash(told.text, "done" if told.ok else "refused")
        return redirect(url_for("pages.handoff", handoff=handoff), 303)

    def retry(self, action: int) -> Answered:
        person(Role.LEAD)
        return _repeated(self._pipeline.retry, action, "The action is tried again.")

    def deliveries(self) -> Answered:
        status = choice("status", queries.DELIVERY_STATUSES, "")
        rows = queries.deliveries(self._engine, page(numbers=True), status)
        counts = queries.delivery_counts(self._engine)
        tabs = pages_show.delivery_tabs(counts)
        return render_template(
            "pages/deliveries.html", rows=rows.items, next=rows.next, status=status, tabs=tabs, **self._start()
        )

    def delivery(self, delivery: int) -> Answered:
        found = queries.delivery(self._engine, delivery) or abort(404, f"There is no delivery {delivery}.")
        return render_template("pages/delivery.html", shown=pages_show.delivery(found))

    def replay(self, delivery: int) -> Answered:
        person(Role.LEAD)
        return _repeated(self._pipeline.replay, delivery, "The delivery is handled again.")

    def _start(self) -> dict[str, Any]:
        """What an empty list says about beginning."""
        return {"address": self._settings.address, "connections": sorted(self._helpdesks())}


def _event(press: str, agent: str) -> Accept | Decline | Return | Snooze | str:
    """The event, or what the form lacks."""
    said = words("reason")
    if press == "accept":
        return Accept(agent, via="page")
    if press == "decline" and said in tuple(DeclineReason):
        return Decline(agent, DeclineReason(said), via="page")
    if press == "return" and said:
        return Return(agent, said, via="page")
    if press == "snooze" and said in _MINUTES:
        return Snooze(agent, timedelta(minutes=int(said)), via="page")
    return _LACKS.get(press) or abort(404, "There is no such button.")


def _repeated(order: Callable[[int, datetime], None], number: int, words: str) -> Answered:
    try:
        order(number, datetime.now(UTC))
    except LookupError:
        flash("There is nothing to repeat any more: somebody else may have done so.", "refused")
    else:
        flash(words, "done")
    return redirect(auth.safe_next(request.form.get("next", "/")), 303)


def _next() -> str:
    return auth.safe_next(request.values.get("next", "/"))
