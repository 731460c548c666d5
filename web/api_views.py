"""What each route of ``/api/v1`` does; the routes themselves stand in ``api_routes``."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Response, g, request
from sqlalchemy import Engine
from werkzeug.exceptions import BadRequest, Conflict, Forbidden, HTTPException, NotFound, UnprocessableEntity

from config.tickets import Wrong
from config.yamldoc import Problems
from escalation.away import Away, NotUnderstood, checked, in_words, moment, reason_of
from escalation.events import Accept, Refresh
from escalation.hop import State
from escalation.ports import Unreadable
from escalation.roster import Agent
from store import away, handovers, line, queries
from store.accounts import Role
from store.queries import Item, Page, Rows
from web import api_answers
from web.api_bugs import BugViews
from web.auth import Caller
from web.bodies import MOST_WORDS, json_of, object_of, text
from web.handovers import Handovers
from web.ports import Backtests, BugDesk, Document, Documents, Pipeline, Pressed, Whom
from web.problems import answer, problem

MOST_ROWS = 200
WRONG_CURSOR = "cursor is the value of next in the answer before, unchanged."
MOST_DAYS = 365
_CURSOR, _NUMBER = re.compile(r"[\w.:-]{1,200}"), re.compile(r"[0-9]{1,18}")
# Kept headers and query parameters that are secrets themselves; signatures are not.
_SECRET_NAME = re.compile(r"authorization|cookie|token|secret|password|api[-_]?key", re.IGNORECASE)

Preview = Callable[[str, object, str | None], dict[str, Any]]
DryRun = Callable[[Mapping[str, Any]], dict[str, Any]]


class Views:
    """The views; every one answers JSON or raises an HTTPException that becomes problem details."""

    def __init__(
        self,
        engine: Engine,
        pipeline: Pipeline,
        documents: Documents,
        preview: Preview,
        dry_run: DryRun,
        backtests: Backtests,
        whom: Whom,
        bugs: BugDesk,
        handed: Handovers,
    ) -> None:
        self._engine, self._pipeline, self._documents = engine, pipeline, documents
        self._preview, self._dry_run, self._backtests, self._whom = preview, dry_run, backtests, whom
        self.hand_over, self.schema = handed.take, handed.schema
        views = BugViews(engine, bugs)
        self.bug, self.report_bug, self.bugs = views.bug, views.report_bug, views.bugs

    def deliveries(self) -> Response:
        return _list(queries.deliveries(self._engine, _page(_NUMBER), _word("status", queries.DELIVERY_STATUSES)))

    def delivery(self, delivery: int) -> Response:
        return answer(200, readable(_found(queries.delivery(self._engine, delivery), f"delivery {delivery}")))

    def replay(self, delivery: int) -> Response:
        return _queued(self._pipeline.replay, delivery, "delivery")

    def ticket(self, connection: str, ticket: str) -> Response:
        return answer(200, _found(queries.ticket(self._engine, connection, ticket), f"ticket {ticket} of {connection}"))

    def evaluations(self, connection: str, ticket: str) -> Response:
        return _list(queries.evaluations(self._engine, _page(_NUMBER), connection, ticket))

    def escalations(self) -> Response:
        return _list(queries.escalations(self._engine, _page(), _word("state", queries.ESCALATION_STATES)))

    def escalation(self, escalation: str) -> Response:
        return answer(200, _found(queries.escalation(self._engine, escalation), f"escalation {escalation}"))

    def handoffs(self) -> Response:
        state = _word("state", tuple(State))
        if state == State.WAITING:
            return _list(line.handoffs(self._engine, self._pipeline.playbook(), _page(_NUMBER), datetime.now(UTC)))
        return _list(queries.handoffs(self._engine, _page(), (state,) if state else ()))

    def handoff(self, handoff: str) -> Response:
        found = queries.handoff(self._engine, handoff)
        if found is None and (asked := handovers.told(self._engine, handoff)):
            # A bot's handover of a ticket that was being handed over already became part of that handoff.
            found = queries.handoff(self._engine, asked["handoff_id"]) or asked
        return answer(200, _found(found, f"handoff {handoff}"))

    def accept(self, handoff: str) -> Response:
        return self._answer(handoff, Accept(self._agent(object_of()), via="API"))

    def decline(self, handoff: str) -> Response:
        body = object_of()
        return self._answer(handoff, api_answers.decline(self._agent(body), body))

    def give_back(self, handoff: str) -> Response:
        body = object_of()
        return self._answer(handoff, api_answers.give_back(self._agent(body), body))

    def next_level(self, handoff: str) -> Response:
        body = object_of()
        return self._answer(handoff, api_answers.next_level(self._by(body), body, lead=self._is_lead()))

    def reassign(self, handoff: str) -> Response:
        body = object_of()
        roster = self._pipeline.roster()
        return self._answer(handoff, api_answers.reassign(self._by(body), body, roster, lead=self._is_lead()))

    def snooze(self, handoff: str) -> Response:
        body = object_of()
        return self._answer(handoff, api_answers.snooze(self._agent(body), body))

    def judge(self, handoff: str) -> Response:
        body = object_of()
        return self._answer(handoff, api_answers.judge(self._by(body), body, lead=self._is_lead()))

    def refresh(self, handoff: str) -> Response:
        return self._answer(handoff, Refresh(self._caller(), via="API"))

    def actions(self) -> Response:
        return _list(queries.actions(self._engine, _page(_NUMBER), _word("state", queries.ACTION_STATES)))

    def retry(self, action: int) -> Response:
        return _queued(self._pipeline.retry, action, "action")

    def preview(self, name: str) -> Response:
        payload = json_of()
        draft = None
        if isinstance(payload, dict) and payload.keys() == {"payload", "draft"} and isinstance(payload["draft"], str):
            payload, draft = payload["payload"], payload["draft"]
        try:
            return answer(200, self._preview(name, payload, draft))
        except LookupError:
            raise NotFound(f"There is no mapping called {name}.") from None
        except Problems as wrong:
            return problem(422, f"The mapping has {len(wrong.problems)} problem(s).", problems=_told(wrong))
        except Unreadable as wrong:
            told = {"path": wrong.path, "problem": str(wrong), "remedy": wrong.remedy}
            return problem(422, str(wrong), problems=[told])

    def dry_run(self) -> Response:
        try:
            return answer(200, self._dry_run(object_of()))
        except LookupError as missing:
            raise NotFound(str(missing)) from None
        except Wrong as wrong:
            return _wrong(wrong, "ticket")
        except Problems as wrong_draft:
            return problem(422, f"The draft has {len(wrong_draft.problems)} problem(s).", problems=_told(wrong_draft))

    def who(self) -> Response:
        told = {name: request.args.get(name, "").strip() for name in ("issue", "connection", "language")}
        if not told["issue"]:
            raise BadRequest("issue is what it is about: an issue type, or a few words as a customer would write them.")
        if any(len(value) > MOST_WORDS for value in told.values()):
            raise BadRequest(f"Parameters have at most {MOST_WORDS} characters.")
        try:
            return answer(200, self._whom.who(**told))
        except Wrong as wrong:
            return _wrong(wrong, "question", 400)

    def simulate(self) -> Response:
        try:
            return answer(200, self._whom.simulate(object_of()))
        except LookupError as missing:
            raise NotFound(str(missing)) from None
        except Wrong as wrong:
            return _wrong(wrong, "question")

    def backtest(self) -> Response:
        body = object_of()
        days, caller = body.get("days", 30), g.caller
        if isinstance(days, bool) or not isinstance(days, int) or not 1 <= days <= MOST_DAYS:
            raise UnprocessableEntity(f"days is a whole number from 1 to {MOST_DAYS}.")
        if not isinstance(body.get("draft"), str):
            raise UnprocessableEntity("draft is the YAML of the rules to try.")
        try:
            number = self._backtests.start(body["draft"], caller.name, days)
        except Problems as wrong:
            return problem(422, f"The draft has {len(wrong.problems)} problem(s).", problems=_told(wrong))
        return answer(202, {"backtest": number, "queued": True})

    def backtest_result(self, backtest: int) -> Response:
        return answer(200, _found(self._backtests.told(backtest), f"back-test {backtest}"))

    def go_away(self, agent: str) -> Response:
        body, now = object_of(), datetime.now(UTC)
        person = self._person(agent)
        try:
            until, reason = moment(text(body, "until"), person), reason_of(text(body, "reason"))
            said = Away(person.id, checked(until, now), reason, g.caller.email or g.caller.name)
        except NotUnderstood as wrong:
            raise UnprocessableEntity(str(wrong)) from None
        away.begin(self._engine, person, said, now)
        told = {"until": said.until, "reason": reason, "words": in_words(said, person, now)}
        return answer(200, {"agent": person.id, "away": True, **told})

    def come_back(self, agent: str) -> Response:
        person = self._person(agent)
        away.end(self._engine, person, g.caller.email or g.caller.name, datetime.now(UTC))
        return answer(200, {"agent": person.id, "away": False, "until": None, "reason": "", "words": ""})

    def documents(self) -> Response:
        refused = self._documents.refused()
        items = [_document(self._documents.active(name), refused, text=False) for name in self._documents.names()]
        return answer(200, {"items": items, "next": None})

    def document(self, name: str) -> Response:
        try:
            document = self._documents.active(name)
        except LookupError:
            raise NotFound(f"There is no document called {name}.") from None
        response = answer(200, _document(document, self._documents.refused(), text=True))
        response.set_etag(str(document.version))
        response.make_conditional(request)
        return response

    def _agent(self, body: Item) -> str:
        """The id of the agent a request is about: whoever it names, else the caller."""
        return self._person(text(body, "agent") or g.caller.email).id

    def _by(self, body: Item) -> str:
        """Whom a press counts for: whoever is named, else the caller, who need not be on the roster as a lead."""
        return self._agent(body) if text(body, "agent") or not self._is_lead() else self._caller()

    @staticmethod
    def _is_lead() -> bool:
        caller: Caller = g.caller
        return caller.role.covers(Role.LEAD)

    def _person(self, named: str) -> Agent:
        """The agent with this id or e-mail address; people below lead answer for nobody but themselves."""
        caller: Caller = g.caller
        roster = self._pipeline.roster()
        if not named:
            raise UnprocessableEntity("agent is missing; give an id or e-mail address from the roster.")
        agent: Agent | None = roster.agent(named) or roster.by_chat("", named)
        if agent is None:
            raise UnprocessableEntity(f"agent: {named} is not in the roster; give an id or e-mail address from it.")
        if caller.email and not caller.role.covers(Role.LEAD) and agent.email.lower() != caller.email.lower():
            raise Forbidden("You can answer for yourself only; a lead can answer for others.")
        return agent

    def _caller(self) -> str:
        """The caller's agent id, or their name where they are on no roster."""
        caller: Caller = g.caller
        agent = self._pipeline.roster().by_chat("", caller.email)
        return agent.id if agent else caller.name

    def _answer(self, handoff: str, event: Pressed) -> Response:
        try:
            told = self._pipeline.answer(handoff, event, datetime.now(UTC))
        except LookupError:
            raise NotFound(f"There is no handoff {handoff}.") from None
        who = {"holder": told.holder, "holder_name": self._pipeline.roster().name(told.holder)}
        if not told.ok:
            return problem(Conflict.code, told.text, handoff=handoff, **who)
        return answer(200, {"handoff": handoff, "text": told.text, **who})


def readable(found: Item) -> Item:
    """A delivery as JSON: its body as text where it is UTF-8, else base64, and secrets among its headers hidden."""
    body: bytes = found["body"]
    try:
        told = {"encoding": "text", "body": body.decode()}
    except UnicodeDecodeError:
        told = {"encoding": "base64", "body": base64.b64encode(body).decode()}
    return {**found, **told, "headers": _hidden(found["headers"]), "query": _hidden(found["query"])}


def _hidden(pairs: Item) -> Item:
    return {name: "(hidden)" if _SECRET_NAME.search(name) else value for name, value in pairs.items()}


def _list(rows: Rows) -> Response:
    return answer(200, {"items": rows.items, "next": rows.next})


def _found(item: Item | None, what: str) -> Item:
    if item is None:
        raise NotFound(f"There is no {what}.")
    return item


def _queued(order: Callable[[int, datetime], None], number: int, what: str) -> Response:
    try:
        order(number, datetime.now(UTC))
    except LookupError:
        raise NotFound(f"There is no {what} {number} that can be repeated.") from None
    return answer(202, {what: number, "queued": True})


def _page(form: re.Pattern[str] = _CURSOR) -> Page:
    limit, cursor = request.args.get("limit", "50"), request.args.get("cursor", "")
    if not _NUMBER.fullmatch(limit) or not 1 <= int(limit) <= MOST_ROWS:
        raise BadRequest(f"limit is a number from 1 to {MOST_ROWS}.")
    if cursor and not form.fullmatch(cursor):
        raise BadRequest(WRONG_CURSOR)
    return Page(int(limit), cursor)


def _word(name: str, words: Iterable[str]) -> str:
    value = request.args.get(name, "")
    if value and value not in words:
        raise BadRequest(f"{name} is one of: {', '.join(words)}.")
    return value


def _wrong(wrong: Wrong, what: str, status: int = 422) -> Response:
    told = [{"path": path, "problem": problem, "remedy": remedy} for path, problem, remedy in wrong.problems]
    return problem(status, f"The {what} has {len(told)} problem(s).", problems=told)


def _told(wrong: Problems) -> list[Item]:
    return [{"line": p.line, "path": p.path, "problem": p.problem, "remedy": p.remedy} for p in wrong.problems]


def _document(document: Document, refused: Mapping[tuple[str, int], str], *, text: bool) -> Item:
    names = ("name", *(("text",) if text else ()), "version", "author", "reason", "at")
    told = {name: getattr(document, name) for name in names}
    return {**told, "refused": refused.get((document.name, document.version), "")}


def as_problem(error: HTTPException) -> Response:
    """Any HTTP error as problem details, keeping what its headers tell (Allow, Retry-After)."""
    response = problem(error.code or 500, error.description or "")
    response.headers.extend((name, value) for name, value in error.get_headers() if name.lower() != "content-type")
    return response
