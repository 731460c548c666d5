"""What tests of the web layer stand on: an app over a migrated database, a pipeline that only remembers, rows to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine

from config.playbook import load_playbook
from config.settings import Settings, load
from escalation.bug import NO_EVIDENCE, Bug, BugState, Candidate, Evidence, Filed, Signs
from escalation.bugs import Asked, Outlook, Reported
from escalation.hop import Handoff, State
from escalation.ports import Inbound
from escalation.promises import Promise
from escalation.roster import Agent, Roster, Team
from escalation.shift import Event, Item, Noted, Remark
from escalation.shift_store import Line, Packet
from escalation.shift_work import Handed
from escalation.ticket import Ticket
from signals.reader import TextReader
from store import accounts
from store.accounts import Role
from store.backtests import Backtests as StoredBacktests
from web import Parts, register
from web.ports import Backtests, Pressed, Shifts
from web.rehearsals import Rehearsals, Trials
from web.whom import Whom

RULES = """\
default_team: billing
paths: {default: {levels: [{name: One person, offering: one}]}}
segments:
  - id: enterprise
    when: {all: [{field: customer.tier, op: is, value: enterprise}]}
    rules: {refund: live}
rules:
  - id: urgent
    title: Priority is urgent
    severity: high
    owner: support-operations
    review_on: 2025-01-31
    when: {all: [{field: priority, op: becomes, value: urgent}]}
  - id: wants_person
    title: The customer wants a person
    description: Also when they ask for a call.
    cooldown: 24h
    team: billing
    owner: support-operations
    review_on: 2099-12-01
    when: {all: [{field: signals.explicit_human_request, op: is, value: true}]}
  - id: at_risk
    title: Account at risk
    mode: shadow
    when: {all: [{field: customer.health, op: is, value: at_risk}]}
  - id: refund
    title: Refund of 500 or more
    mode: 'off'
    issue_type: billing
    when: {all: [{field: signals.refund_request.amount, op: gte, value: 500}]}
issue_words: {billing: [invoice*]}
"""
NOW = datetime(2025, 6, 2, 14, 0, tzinfo=UTC)
TOKEN = "bootstrap-token-of-the-tests"
ROSTER = Roster(
    agents=(
        Agent("ada", "Ada Lovelace", "ada@example.com", ids={"zendesk": "11"}, teams=("billing",)),
        Agent("bob", "Bob Cole", "bob@example.com", ids={"zendesk": "12"}, teams=("billing",)),
        Agent("cleo", "Cleo Marin", "cleo@example.com", ids={"zendesk": "13"}, teams=("billing",)),
    ),
    teams=(Team("billing", "Billing", ("billing",), lead="cleo", channel="#billing"),),
)


@dataclass(frozen=True)
class Said:
    """Both of the pipeline's answers."""

    delivery: int = 7
    duplicate: bool = False
    ok: bool = True
    text: str = "Ada Lovelace accepted (API)"
    holder: str = "ada"


@dataclass
class FakePipeline:
    """Remembers what it was asked; raises ``trouble`` if there is any, else says ``says``."""

    says: Said = field(default_factory=Said)
    trouble: BaseException | None = None
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def playbook(self) -> Any:
        return load_playbook(RULES)

    def _told(self, *call: Any) -> Said:
        self.calls.append(call)
        if self.trouble:
            raise self.trouble
        return self.says

    @property
    def roster(self) -> Callable[[], Roster]:
        return lambda: ROSTER

    def receive(self, connection: str, inbound: Inbound, now: datetime) -> Said:
        return self._told("receive", connection, inbound, now)

    def answer(self, handoff_id: str, event: Pressed, now: datetime) -> Said:
        return self._told("answer", handoff_id, event)

    def replay(self, delivery_id: int, now: datetime) -> None:
        self._told("replay", delivery_id)

    def retry(self, action_id: int, now: datetime) -> None:
        self._told("retry", action_id)


@dataclass(frozen=True)
class FakeShifts:
    """Knows one packet, sh_1, with one item of Ada's; what is pressed is answered as the pipeline would."""

    pipeline: FakePipeline

    def packet(self, packet: str) -> Packet | None:
        if packet != "sh_1":
            return None
        path = load_playbook(RULES).paths["default"]
        handoff = Handoff("hf_1", "e", "zendesk", "4711", 1, State.ACCEPTED, path, "billing", "billing", accepted_by="ada")
        handoff = replace(handoff, accepted_at=NOW)
        promise, note = Promise("I will call you tomorrow.", "m1", "Ada", NOW), Remark("ada", "Kim is kind.", NOW)
        item = Item("sh_1", "hf_1", "zendesk", "4711", "ada", "billing", "ada", promises=(promise,), notes=(note,), asked_at=NOW)
        line = Line(item, handoff, Ticket("zendesk", "4711", subject="Charged twice"), "high")
        return Packet("sh_1", "ada", NOW, "the shift of Ada has ended", "baton", "All calm.", (line,))

    def by_hand(self, agent: Agent, made_by: str, now: datetime) -> Handed:
        return Handed("sh_1", 1, "1 open handoff of Ada Lovelace handed over")

    def answer(self, packet: str, handoff_id: str, event: Event, now: datetime) -> Said:
        return self.pipeline._told("shift", packet, handoff_id, event)

    def note(self, packet: str, event: Noted, now: datetime) -> Said:
        return self.pipeline._told("shift_note", packet, event)


@dataclass(frozen=True)
class FakeDocument:
    name: str
    version: int
    text: str
    author: str = "ada@example.com"
    reason: str = "a new rule"
    at: datetime = NOW


_DOCUMENTS = {
    "escalation": FakeDocument("escalation", 3, RULES),
    "mappings/zendesk": FakeDocument("mappings/zendesk", 1, "a: b\n"),
}


class FakeDocuments:
    def active(self, name: str) -> FakeDocument:
        return _DOCUMENTS[name]

    def names(self) -> tuple[str, ...]:
        return tuple(_DOCUMENTS)

    def refused(self) -> Mapping[tuple[str, int], str]:
        return {("escalation", 2): "an older one", ("mappings/zendesk", 1): "it fails its tests"}

    def history(self, name: str) -> tuple[FakeDocument, ...]:
        return (_DOCUMENTS[name],)


def preview(helpdesk: str, payload: object, draft: str | None) -> dict[str, Any]:
    """A mapping preview that shows what it was given."""
    if helpdesk != "zendesk":
        raise LookupError(helpdesk)
    return {"helpdesk": helpdesk, "payload": payload, "draft": draft}


def dry_run(body: Mapping[str, Any]) -> dict[str, Any]:
    """A dry run that shows what it was given."""
    if body.get("ticket") == "none":
        raise LookupError("There is no ticket none of zendesk.")
    decision = {
        "escalate": False,
        "rules": [],
        "reasons": [],
        "severity": None,
        "issue_type": "other",
        "target": None,
        "tree": None,
    }
    told: dict[str, Any] = {"signals": [], "rules": [], "decision": decision, "route": None}
    return {**told, "ignored": [], "cut": [], "degraded": [], "playbook_version": 1}


class FakeBacktests:
    """Knows one back-test, number 1."""

    def start(self, draft: str, author: str, days: int) -> int:
        load_playbook(draft)
        return 1

    def told(self, number: int) -> dict[str, Any] | None:
        told = {"id": 1, "at": NOW, "author": "boss", "since": NOW, "state": "done", "total": 3}
        return {**told, "result": {"tickets": 3}, "error": "", "done_at": NOW} if number == 1 else None


FILED = Filed("7", "#7", "https://x.test/7")
BUG = Bug("b_1", "github", "print", BugState.OPEN, "ERR-5021 in export", Signs(), Evidence(), "hf_1", NOW, FILED, 2)


@dataclass
class FakeBugs:
    """Knows one bug; ``says`` is what became of a report."""

    says: Reported = field(default_factory=lambda: Reported(True, "Linked to #7", BUG))
    lacking: tuple[str, ...] = ("Impact: who",)
    asked: list[tuple[str, Asked]] = field(default_factory=list)
    heard: list[tuple[str, Inbound]] = field(default_factory=list)
    trouble: BaseException | None = None

    def trackers(self) -> tuple[str, ...]:
        return ("github",)

    def look(self, handoff_id: str, added: Evidence = NO_EVIDENCE) -> Outlook:
        if handoff_id not in ("hf_1", "hf_2"):
            raise LookupError(handoff_id)
        candidates = (Candidate(BUG, 0.75, "same error err-5021"),)
        return Outlook("github", "ERR-5021", Evidence("Chrome <126>"), self.lacking, candidates, (BUG,))

    def report(self, handoff_id: str, asked: Asked, now: datetime) -> Reported:
        if handoff_id != "hf_1":
            raise LookupError(handoff_id)
        self.asked.append((handoff_id, asked))
        return self.says

    def receive(self, tracker: str, inbound: Inbound, now: datetime) -> tuple[int, bool]:
        if tracker != "github":
            raise LookupError(tracker)
        if self.trouble:
            raise self.trouble
        self.heard.append((tracker, inbound))
        return 7, False


def trials(engine: Engine) -> Trials:
    """Real back-tests over ``engine``."""
    return Trials(StoredBacktests(engine), lambda: load_playbook(RULES), lambda: ROSTER)


PASSWORD = "correct horse battery"


@dataclass
class Web:
    app: Flask
    engine: Engine
    pipeline: FakePipeline
    settings: Settings
    bugs: FakeBugs

    def client(self, token: str = TOKEN) -> FlaskClient:
        """A client that sends a bearer token with everything; "" for none."""
        client = self.app.test_client()
        if token:
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client


def web(
    engine: Engine,
    folder: Path,
    *,
    sandbox: bool = False,
    rules: str = RULES,
    backtests: Backtests | None = None,
    shifts: Shifts | None = None,
    **settings: object,
) -> Web:
    """The whole web layer over ``engine`` with a pipeline that only remembers."""
    told = load(_env_file=None, data_dir=folder, api_token=TOKEN, secret_key="s" * 40, **settings)
    pipeline = FakePipeline()
    app = Flask("baton-test")
    app.secret_key = told.secret_key.get_secret_value()
    playbook = load_playbook(rules)
    parts = Parts(
        settings=told,
        engine=engine,
        pipeline=pipeline,
        documents=FakeDocuments(),
        helpdesks=lambda: {"zendesk": None},  # type: ignore[dict-item]
        playbook=lambda: playbook,
        mapping_preview=preview,
        dry_run=dry_run,
        backtests=backtests or FakeBacktests(),
        whom=Whom(
            Rehearsals(TextReader.standard(), lambda: playbook, lambda: ROSTER, lambda *_: None, lambda _: {}),
            connections=lambda: ("zendesk", "intercom"),
        ),
        bugs=(bugs := FakeBugs()),
        shifts=shifts or FakeShifts(pipeline),
        sandbox=sandbox,
    )
    register(app, parts)
    return Web(app, engine, pipeline, told, bugs)


def people(engine: Engine) -> None:
    """One account per role; the agent and the lead are on the roster."""
    for email, role in (("boss", Role.ADMIN), ("cleo", Role.LEAD), ("ada", Role.AGENT), ("vic", Role.VIEWER)):
        accounts.add_user(engine, f"{email}@example.com", PASSWORD, role, email.capitalize())


def csrf(page: str) -> str:
    """The token of the first form of a page."""
    return page.split('name="csrf_token" value="')[1].split('"')[0]


def sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> Any:
    """Sign in as a person would; the response."""
    token = csrf(client.get("/sign-in").text)
    return client.post("/sign-in", data={"csrf_token": token, "email": email, "password": password, **more})


def as_(here: Web, who: str) -> FlaskClient:
    """A browser in which this person is signed in."""
    client = here.client("")
    assert sign_in(client, f"{who}@example.com").status_code == 303
    return client
