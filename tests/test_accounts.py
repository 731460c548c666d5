"""Account sources: each finds, does not know, refuses, is late; all together say which value counts and why one is missing."""

from __future__ import annotations

import re
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import mappings.accounts
from accounts.asking import Sources
from accounts.breaker import MOST_FAILURES, REST_S, Breaker
from accounts.source import Who, who_is
from config.conditions import Strict
from config.settings import SettingsProblem
from config.yamldoc import Problems
from escalation.account import FIELDS, NOT_MAPPED
from escalation.ticket import Account, Group, Money, Person
from mappings.accounts import Plan, load_accounts
from tests.accounts_play import Handle, Play, Reply, never, playing
from tests.support import ROOT

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MIA, NORTHWIND = Person("301", "Mia Customer", "Mia@Northwind.example"), Group("401", "Northwind")
SECRETS = {"${ACCOUNTS_KEY}": "sk_test_1", "${ACCOUNTS_ID}": "app"}


def reveal(text: str) -> str:
    for name, secret in SECRETS.items():
        text = text.replace(name, secret)
    if "${" in text:
        raise SettingsProblem(f"These environment variables are named but not set: {text.split('${')[1][:-1]}")
    return text


def sources(text: str, folder: Path, now: Callable[[], float] = time.monotonic) -> Sources:
    plan = load_accounts(text)
    return Sources(lambda: plan, folder, reveal, clock=lambda: NOW, now=now)


def told(account: Account) -> dict[str, object]:
    return {fact.field: fact.value for fact in account.facts}


# --- one contract for every kind ---

STRIPE = {
    "id": "cus_1", "object": "customer", "email": "mia@northwind.example", "delinquent": True,
    "subscriptions": {"object": "list", "data": [{
        "id": "sub_1", "object": "subscription", "status": "active",
        "items": {"object": "list", "data": [
            {"id": "si_1", "object": "subscription_item", "quantity": 2, "current_period_end": 1780000000,
             "price": {"id": "p", "object": "price", "nickname": "gold", "unit_amount": 20000, "currency": "eur",
                       "recurring": {"interval": "month", "interval_count": 1}}},
        ]},
    }]},
}  # fmt: skip
CHARGES = [
    {"id": "ch_1", "object": "charge", "amount": 4950, "currency": "eur", "created": 1772400000, "status": "succeeded",
     "disputed": True, "dispute": {"id": "dp_1", "object": "dispute", "status": "needs_response"}},
    {"id": "ch_2", "object": "charge", "amount": 500, "currency": "jpy", "created": 1772300000, "status": "failed",
     "disputed": False, "dispute": None},
]  # fmt: skip


def stripe_api(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
    if headers.get("Authorization") != "Bearer sk_test_1":
        return 401, {"error": {"type": "invalid_request_error", "message": "Invalid API Key"}}
    if path == "/v1/customers":
        found = [STRIPE] if told["email"] == STRIPE["email"] else []
        return 200, {"object": "list", "url": path, "has_more": False, "data": found}
    assert path == "/v1/charges" and told["customer"] == "cus_1"
    return 200, {"object": "list", "url": path, "has_more": False, "data": CHARGES}


def hubspot_api(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
    if headers.get("Authorization") != "Bearer sk_test_1":
        return 401, {"status": "error", "category": "INVALID_AUTHENTICATION"}
    if path == "/crm/v3/objects/contacts/mia@northwind.example":
        assert told["idProperty"] == "email" and "prefers" in told["properties"]
        linked = {"companies": {"results": [{"id": "77", "type": "contact_to_company"}]}}
        return 200, {"id": "5", "properties": {"prefers": "phone"}, "associations": linked}
    if path == "/crm/v3/objects/companies/77":
        assert "plan" in told["properties"]
        return 200, {"id": "77", "properties": {"plan": "gold", "annualrevenue": "4800"}}
    return 404, {"status": "error", "category": "OBJECT_NOT_FOUND"}


def salesforce_api(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
    if path == "/services/oauth2/token":
        good = (told["client_id"], told["client_secret"], told["grant_type"]) == ("app", "sk_test_1", "client_credentials")
        return (200, {"access_token": "t1", "token_type": "Bearer"}) if good else (401, {"error": "invalid_client"})
    assert headers.get("Authorization") == "Bearer t1" and path.startswith("/services/data/v")
    known = "WHERE Email = 'mia@northwind.example' LIMIT 1" in told["q"]
    assert told["q"].startswith("SELECT Id, Account.Name, Account.Plan__c, Account.Worth__c FROM Contact")
    row = {"attributes": {}, "Id": "3", "Account": {"Name": "Northwind", "Plan__c": "gold", "Worth__c": 4800}}
    return 200, {"totalSize": int(known), "done": True, "records": [row] if known else []}


def http_api(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
    if headers.get("Authorization") != "Bearer sk_test_1":
        return 401, {"error": "who are you?"}
    known = {"customer": {"plan": "gold", "worth": 4800}}
    return (200, known) if path == "/customers/mia@northwind.example" else (404, {"error": "no such customer"})


REMOTE: Mapping[str, tuple[str, Handle, str]] = {  # kind → its document without the name, its server, the package it needs
    "http": (
        "url: '{url}/customers/{{email}}', headers: {{Authorization: 'Bearer {key}'}}, record: customer,"
        " fields: {{tier: plan, contract_value: {{from: worth, currency: EUR}}}}",
        http_api,
        "requests",
    ),
    "hubspot": (
        "url: '{url}', token: '{key}', contact: [prefers], company: [plan, annualrevenue],"
        " fields: {{tier: company.plan, contract_value: {{from: company.annualrevenue, currency: EUR}}}}",
        hubspot_api,
        "requests",
    ),
    "salesforce": (
        "url: '{url}', client_id: '${{ACCOUNTS_ID}}', client_secret: '{key}', account: [Plan__c, Worth__c],"
        " fields: {{tier: account.Plan__c, contract_value: {{from: account.Worth__c, currency: EUR}}}}",
        salesforce_api,
        "simple_salesforce",
    ),
    "stripe": ("url: '{url}', key: '{key}'", stripe_api, "stripe"),
}


def remote(kind: str, play: Play, folder: Path, key: str = "${ACCOUNTS_KEY}", timeout: str = "2s") -> Sources:
    pytest.importorskip(REMOTE[kind][2])
    body = REMOTE[kind][0].format(url=play.url, key=key)
    return sources(f"sources: [{{name: crm, kind: {kind}, timeout: {timeout}, {body}}}]", folder)


@pytest.mark.parametrize("kind", REMOTE)
def test_a_remote_source_knows_its_customer(kind: str, tmp_path: Path) -> None:
    with playing(REMOTE[kind][1]) as play:
        found = remote(kind, play, tmp_path).look(MIA, NORTHWIND)
    assert told(found)["tier"] == "gold"
    assert told(found)["contract_value"] == Money(Decimal("4800"), "EUR")
    assert all(fact.source == "crm" and fact.read_at == NOW and fact.over for fact in found.facts)
    assert found.late == ()


@pytest.mark.parametrize("kind", REMOTE)
def test_a_remote_source_does_not_know_somebody(kind: str, tmp_path: Path) -> None:
    with playing(REMOTE[kind][1]) as play:
        known = remote(kind, play, tmp_path)
        found = known.look(Person("9", "O'Neil", "o'neil@nowhere.example"), Group())
        assert found.facts == () and found.gaps["tier"] == "crm: does not know this customer"
        assert known.check() == {"crm": ""}, "an unknown customer is an answer"


@pytest.mark.parametrize("kind", REMOTE)
def test_a_remote_source_refuses_us(kind: str, tmp_path: Path) -> None:
    SECRETS["${ACCOUNTS_WRONG}"] = "sk_test_2"
    with playing(REMOTE[kind][1]) as play:
        known = remote(kind, play, tmp_path, key="${ACCOUNTS_WRONG}")
        found = known.look(MIA, NORTHWIND)
    assert "no permission" in found.gaps["tier"] and "sk_test" not in found.gaps["tier"]
    assert found.late == ()


@pytest.mark.parametrize("kind", REMOTE)
@pytest.mark.parametrize("status", [429, 503])
def test_a_remote_source_is_not_up(kind: str, status: int, tmp_path: Path) -> None:
    with playing(lambda *_: (status, {"error": {"message": "later"}})) as play:
        found = remote(kind, play, tmp_path).look(MIA, NORTHWIND)
    assert found.facts == () and len(found.late) == 1 and found.late[0].startswith("crm: ")


@pytest.mark.parametrize("kind", REMOTE)
def test_a_remote_source_that_answers_with_a_page_tells_nothing(kind: str, tmp_path: Path) -> None:
    """A page of its maintenance, with 200: a gap, and no error that anybody else has to catch."""
    with playing(lambda *_: (200, b"<!doctype html><p>Back soon")) as play:
        found = remote(kind, play, tmp_path).look(MIA, NORTHWIND)
    assert found.facts == () and found.gaps["tier"].startswith("crm: ") and found.silent == ("crm",)


def test_salesforce_may_show_a_page_once_signed_in(tmp_path: Path) -> None:
    def handle(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        return (200, {"access_token": "t1"}) if path == "/services/oauth2/token" else (200, b"<!doctype html><p>Back soon")

    with playing(handle) as play:
        found = remote("salesforce", play, tmp_path).look(MIA, NORTHWIND)
    assert "its answer is not JSON" in found.gaps["tier"] and found.late and found.silent == ("crm",)


def test_a_source_that_refuses_is_left_alone_too_and_still_says_why(tmp_path: Path) -> None:
    with playing(lambda *_: (403, {})) as play:
        known = sources(HTTP.format(url=play.url), tmp_path)
        for n in range(9):
            found = known.look(Person(email=f"{n}@x.example"), Group())
        assert len(play.calls) == MOST_FAILURES and found.gaps["tier"].startswith("crm: no permission")


@pytest.mark.slow
@pytest.mark.parametrize("kind", REMOTE)
def test_a_remote_source_that_never_answers_is_not_waited_for(kind: str, tmp_path: Path) -> None:
    with playing(never) as play:
        found = remote(kind, play, tmp_path, timeout="1s").look(MIA, NORTHWIND)
    assert found.gaps["tier"].startswith("crm: ") and found.late and play.calls


@pytest.mark.parametrize("kind", REMOTE)
def test_a_remote_source_without_credentials(kind: str, tmp_path: Path) -> None:
    with playing(REMOTE[kind][1]) as play:
        known = remote(kind, play, tmp_path, key="${ACCOUNTS_NONE}")
        assert known.look(MIA, NORTHWIND).gaps["tier"] == "crm: not connected (ACCOUNTS_NONE is not set)"
        assert known.check()["crm"] and play.calls == []


def test_stripe_tells_charges_and_disputes(tmp_path: Path) -> None:
    with playing(stripe_api) as play:
        found = told(remote("stripe", play, tmp_path).look(MIA, NORTHWIND))
    assert found["disputes"] == 1 and found["health"] == "payment overdue" and found["renewal_on"] == "2026-05-28"
    assert found["recent_charges"] == ("2026-03-01 49.5 EUR succeeded, disputed", "2026-02-28 500 JPY failed")


def test_a_token_of_salesforce_that_has_run_out_is_renewed(tmp_path: Path) -> None:
    tokens = iter(("old", "t1"))

    def handle(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        if path == "/services/oauth2/token":
            return 200, {"access_token": next(tokens)}
        if headers["Authorization"] == "Bearer old" and len(play.calls) > 2:
            return 401, [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}]
        return 200, {"records": [{"Id": "3", "Account": {"Plan__c": "gold"}}] if "mia@" in told["q"] else []}

    with playing(handle) as play:
        known = remote("salesforce", play, tmp_path)
        known.look(Person(email="else@x.example"), Group())
        assert told(known.look(MIA, NORTHWIND))["tier"] == "gold"
    assert play.calls.count("/services/oauth2/token") == 2


# --- HTTP: what a server can do to us ---

HTTP = "sources: [{{name: crm, kind: http, url: '{url}/{{email}}', timeout: 1s, fields: {{tier: plan, disputes: open}}}}]"


@pytest.mark.parametrize(
    ("reply", "why", "late"),
    [
        ((302, {}), "redirects to elsewhere.example", False),
        ((200, b"x" * 3_000_000), "answers more than 1024 KiB", False),
        ((200, b"<html>"), "does not answer in JSON", False),
        ((200, b"[" * 100_000), "does not answer in JSON", False),
        ((200, "gold"), "its answer is no object", False),
        ((402, {"error": "pay"}), "not subscribed (answered 402)", False),
        ((403, {}), "no permission", False),
        ((400, b"secret " * 1000), "answered 400", False),
        ((500, {}), "answered 500", True),
        ((200, {"plan": ["gold"]}), "expected text, found a list", False),
        ((200, {"plan": True}), "expected text, found true or false", False),
        ((200, {"plan": {"a": 1}}), "expected text, found an object", False),
        ((200, {"plan": None}), "is empty there", False),
        ((200, []), "does not know this customer", False),
    ],
)
def test_what_an_endpoint_may_answer(reply: Reply, why: str, late: bool, tmp_path: Path) -> None:
    with playing(lambda *_: reply) as play:
        found = sources(HTTP.format(url=play.url), tmp_path).look(MIA, NORTHWIND)
    assert found.facts == () and found.gaps["tier"].startswith(f"crm: {why}") and "secret" not in found.gaps["tier"]
    assert bool(found.late) is late
    assert len(play.calls) == 1


def test_an_address_of_a_customer_cannot_leave_its_place(tmp_path: Path) -> None:
    with playing(lambda *_: (404, {})) as play:
        sources(HTTP.format(url=play.url), tmp_path).look(Person(email="a/../b?x=1#@x.example"), NORTHWIND)
    assert play.calls == ["/a/../b?x=1#@x.example"], "one segment of the path, whatever is in it"
    assert who_is(Person(email="a@b.example, c@d.example"), Group()).email == ""


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    found = sources(HTTP.format(url="http://127.0.0.1:9"), tmp_path).look(MIA, NORTHWIND)
    assert "connection failed" in found.gaps["tier"] and found.late


# --- SQL and files ---


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "crm.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE customers (mail TEXT, plan TEXT, worth NUMERIC, ends DATE)")
        db.execute("INSERT INTO customers VALUES ('mia@northwind.example', 'gold', 4800.5, '2026-03-20')")
    db.close()
    SECRETS["${ACCOUNTS_DB}"] = f"sqlite:///{path}"
    yield path


SQL = (
    "sources: [{name: crm, kind: sql, database: '${ACCOUNTS_DB}', fields: {tier: plan, contract_value:"
    ' {from: worth, currency: EUR, scale: 2}, renewal_on: ends, disputes: rows}, query: "%s"}]'
)


def test_a_query(database: Path, tmp_path: Path) -> None:
    known = sources(SQL % "SELECT plan, worth, ends FROM customers WHERE mail = :email", tmp_path)
    found = told(known.look(MIA, NORTHWIND))
    expected = {"tier": "gold", "contract_value": Money(Decimal("9601.0"), "EUR"), "renewal_on": "2026-03-20", "disputes": 1}
    assert found == expected
    assert known.look(Person(email="x'; DROP TABLE customers"), Group("1")).facts == ()
    assert known.check() == {"crm": ""}


def test_a_query_that_writes_or_fails(database: Path, tmp_path: Path) -> None:
    writing = "WITH x AS (SELECT 1) DELETE FROM customers WHERE mail = :email RETURNING plan"
    found = sources(SQL % writing, tmp_path).look(MIA, NORTHWIND)
    assert "the database says" in found.gaps["tier"]
    with sqlite3.connect(database) as db:
        assert db.execute("SELECT count(*) FROM customers").fetchone() == (1,)
    db.close()
    found = sources(SQL % "SELECT nothing FROM nowhere WHERE a = :email", tmp_path).look(MIA, NORTHWIND)
    assert "the database says OperationalError" in found.gaps["tier"]


def test_a_query_on_postgresql_only_reads(postgres: str, tmp_path: Path) -> None:
    SECRETS["${ACCOUNTS_DB}"] = postgres
    known = sources(SQL % "SELECT 'gold' AS plan, :email AS mail, 10.5 AS worth, current_date AS ends", tmp_path)
    assert told(known.look(MIA, NORTHWIND))["contract_value"] == Money(Decimal("21.0"), "EUR")
    writing = "WITH x AS (SELECT set_config('a.b', :email, true)) SELECT nextval('pg_toast.nothing') FROM x"
    assert "the database says" in sources(SQL % writing, tmp_path).look(MIA, NORTHWIND).gaps["tier"]
    slow_one = "SELECT 'gold' AS plan, pg_sleep(10), CAST(:email AS text) AS mail"
    begun = time.monotonic()
    assert sources(SQL % slow_one, tmp_path).look(MIA, NORTHWIND).late
    assert time.monotonic() - begun < 5


FILE = "sources: [{name: sheet, kind: file, path: customers.%s, fields: {tier: plan, renewal_on: ends, disputes: open}}]"


def test_a_file_is_read_again_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "customers.csv"
    path.write_text(
        "email,domain,organization,plan,ends,open\n,northwind.example,,silver,2026-03-20,2\nMIA@northwind.example,,,gold,,\n"
    )
    clock = [0.0]
    known = sources(FILE % "csv", tmp_path, lambda: clock[0])
    assert told(known.look(MIA, NORTHWIND)) == {"tier": "gold"}, "the address is more exact than its domain"
    nils = Person(email="nils@northwind.example")
    assert told(known.look(nils, Group())) == {"tier": "silver", "renewal_on": "2026-03-20", "disputes": 2}
    path.write_text("email,domain,organization,plan\n,northwind.example,,platinum\n")
    assert told(known.look(nils, Group()))["tier"] == "silver", "kept for a while"
    clock[0] += 301
    assert told(known.look(nils, Group()))["tier"] == "platinum"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("csv", None, "cannot be read (No such file or directory)"),
        ("csv", 'email,plan\n"a,b\n', "cannot be understood"),
        ("yaml", "a: [", "cannot be understood"),
        ("yaml", "customers: 5", "is not a list of customers"),
        ("csv", "email,plan,ends\nmia@northwind.example,gold,next year\n", "expected a time, found a text that is none"),
    ],
)
def test_a_file_that_cannot_be_used(name: str, text: str | None, why: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / f"customers.{name}").write_text(text)
    assert why in sources(FILE % name, tmp_path).look(MIA, Group()).gaps["renewal_on"]


def test_a_file_in_yaml(tmp_path: Path) -> None:
    (tmp_path / "customers.yaml").write_text("customers:\n- {organization: Northwind, plan: gold, ends: 2026-03-20, open: 0}\n")
    found = told(sources(FILE % "yaml", tmp_path).look(Person(), NORTHWIND))
    assert found == {"tier": "gold", "renewal_on": "2026-03-20", "disputes": 0}


# --- several together ---

TWO = """
sources:
  - {name: first, kind: http, url: '%s/first/{email}', timeout: 1s, fields: {tier: plan, usage: seats}}
  - {kind: helpdesk}
  - {name: second, kind: http, url: '%s/second/{email}', timeout: 5s, fields: {tier: plan, health: mood, usage: seats}}
"""


def test_the_first_that_knows_a_field_counts(tmp_path: Path) -> None:
    records = {"first": {"plan": "Gold"}, "second": {"plan": "silver", "mood": "good", "seats": 7}}
    with playing(lambda path, *_: (200, records[path.split("/")[1]])) as play:
        found = sources(TWO % (play.url, play.url), tmp_path).look(MIA, NORTHWIND)
    assert [(f.field, f.value, f.source, f.over) for f in found.facts] == [
        ("tier", "Gold", "first", True),
        ("health", "good", "second", False),
        ("usage", "7", "second", False),
    ]
    assert found.conflicts == ("Tier: first says Gold, second says silver; first counts",)
    assert found.gaps["disputes"] == NOT_MAPPED and set(found.gaps) | set(told(found)) == set(FIELDS)


def test_all_are_asked_at_once(tmp_path: Path) -> None:
    both = threading.Barrier(2)

    def handle(path: str, told: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
        both.wait(10)  # one after the other, the first would wait for ever
        return 200, {"plan": path.split("/")[1]}

    with playing(handle) as play:
        found = sources(TWO.replace("1s", "5s") % (play.url, play.url), tmp_path).look(MIA, NORTHWIND)
    assert told(found) == {"tier": "first"} and not found.late


def test_one_that_never_answers_costs_the_others_nothing(tmp_path: Path) -> None:
    with playing(lambda path, *_: None if path.startswith("/first") else (200, {"plan": "silver"})) as play:
        found = sources(TWO % (play.url, play.url), tmp_path).look(MIA, NORTHWIND)
    assert told(found) == {"tier": "silver"}
    assert len(found.late) == 1 and found.late[0].startswith("first: ")


def test_answers_are_kept_and_failures_are_not(tmp_path: Path) -> None:
    status, clock = [503], [0.0]
    with playing(lambda *_: (status[0], {"plan": "gold"})) as play:
        known = sources(HTTP.format(url=play.url), tmp_path, lambda: clock[0])
        assert known.look(MIA, NORTHWIND).late
        status[0] = 200
        for _ in range(3):
            assert told(known.look(MIA, NORTHWIND)) == {"tier": "gold"}
        assert len(play.calls) == 2
        clock[0] += timedelta(minutes=6).total_seconds()
        known.look(MIA, NORTHWIND)
        assert len(play.calls) == 3


def test_a_dead_source_is_left_alone(tmp_path: Path) -> None:
    clock = [0.0]
    with playing(lambda *_: (500, {})) as play:
        known = sources(HTTP.format(url=play.url), tmp_path, lambda: clock[0])
        for n in range(20):
            found = known.look(Person(email=f"{n}@x.example"), Group())
        assert len(play.calls) == MOST_FAILURES
        assert "left alone" in found.gaps["tier"] and not found.late, "nobody waits for it"
        clock[0] += REST_S
        known.look(MIA, NORTHWIND)
        known.look(MIA, NORTHWIND)
        assert len(play.calls) == MOST_FAILURES + 1, "one may try"


def test_the_breaker_closes_again() -> None:
    clock = [0.0]
    breaker = Breaker(lambda: clock[0])
    for _ in range(MOST_FAILURES):
        assert breaker.lets_pass()
        breaker.tell(failed=True)
    assert not breaker.lets_pass()
    clock[0] = REST_S
    assert breaker.lets_pass() and not breaker.lets_pass()
    breaker.tell(failed=False)
    assert breaker.lets_pass() and breaker.lets_pass()


def test_nobody_is_asked_when_the_ticket_does_not_say_who_it_is(tmp_path: Path) -> None:
    with playing(lambda *_: (200, {"plan": "gold"})) as play:
        found = sources(HTTP.format(url=play.url), tmp_path).look(Person("1", "Somebody"), Group())
    assert found.facts == () and "does not say who" in found.gaps["tier"] and play.calls == []


def test_without_a_document_nobody_is_asked(tmp_path: Path) -> None:
    known = Sources(lambda: Plan(), tmp_path, reveal, clock=lambda: NOW, now=time.monotonic)
    assert known.look(MIA, NORTHWIND) == Account(gaps=dict.fromkeys(FIELDS, NOT_MAPPED)) and known.check() == {}


def test_the_starter_knows_the_play_customers() -> None:
    known = sources((ROOT / "config" / "accounts.yaml").read_text(), ROOT / "config")
    found = known.look(MIA, Group())
    assert told(found)["tier"] == "enterprise" and told(found)["usage"] == "38 of 50 seats in use"
    assert not any(fact.over for fact in found.facts), "the helpdesk's own fields count first"
    assert told(known.look(Person(email="x@contoso.example"), Group()))["disputes"] == 1


# --- the document ---

BAD: list[tuple[str, str, str]] = [
    ("{kind: ftp, name: a}", "sources[0]", "unknown word 'ftp'"),
    ("{kind: file, name: a, path: ../x.csv, fields: {tier: t}}", "sources[0].path", ""),
    ("{kind: file, name: a, path: x.csv}", "", "the source a tells nothing"),
    ("{kind: file, name: a, path: x.csv, fields: {teir: t}}", "sources[0].fields", "an account has no field 'teir'"),
    ("{kind: file, name: a, path: x.csv, fields: {tier: 'a['}}", "sources[0].fields.tier", "this is not JMESPath"),
    ("{kind: file, name: a, path: x.csv, fields: {tier: {from: t, currency: EUR}}}", "sources[0].fields", "is no sum of money"),
    ("{kind: file, name: a, path: x.csv, timeout: 1h, fields: {tier: t}}", "sources[0].timeout", "nobody waits so long"),
    ("{kind: http, name: a, url: 'https://u:p@x/{email}', fields: {tier: t}}", "sources[0].url", "is no address"),
    ("{kind: http, name: a, url: 'https://{email}/x', fields: {tier: t}}", "sources[0].url", "cannot stand in the host"),
    ("{kind: http, name: a, url: 'https://x/all', fields: {tier: t}}", "sources[0].url", "does not name the customer"),
    ("{kind: http, name: a, url: 'https://x/{mail}', fields: {tier: t}}", "sources[0].url", "nothing is known as {mail}"),
    ("{kind: http, name: a, url: 'https://x/{email}', headers: {X-Api-Key: abc}, fields: {tier: t}}", ".headers", "a secret"),
    ("{kind: http, name: a, url: 'https://x/{email}', headers: {A: '${SECRET_KEY}'}, fields: {tier: t}}", ".headers", "not for"),
    ("{kind: sql, name: a, database: 'postgresql://u:p@h/d', query: 'SELECT :email', fields: {tier: t}}", ".database", "secrets"),
    ("{kind: sql, name: a, database: '${ACCOUNTS_D}', query: 'DELETE FROM x WHERE a = :email', fields: {tier: t}}", ".query", ""),
    ("{kind: sql, name: a, database: '${ACCOUNTS_D}', query: 'SELECT 1; SELECT :email', fields: {tier: t}}", ".query", ""),
    ("{kind: stripe, name: a, key: sk_live_1}", "sources[0].key", "secrets do not stand in documents"),
    ("{kind: helpdesk}, {kind: helpdesk}", "sources[1].kind", "already used"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path", "problem"), BAD)
def test_what_is_refused(text: str, path: str, problem: str) -> None:
    with pytest.raises(Problems) as found:
        load_accounts(f"sources: [{text}]")
    told = found.value.problems
    assert any(path in one.path and problem in one.problem and one.remedy and one.line == 1 for one in told), told


def test_the_same_customer_is_asked_for_in_the_same_way() -> None:
    assert who_is(MIA, NORTHWIND) == Who("mia@northwind.example", "northwind.example", "Northwind", "401", "Mia Customer")
    assert not who_is(Person("1", "x", "no address"), Group())


def test_a_changed_document_is_taken_at_once(tmp_path: Path) -> None:
    plans: list[Any] = [load_accounts("{}")]
    known = Sources(lambda: plans[-1], tmp_path, reveal, clock=lambda: NOW, now=time.monotonic)
    assert known.look(MIA, NORTHWIND).facts == ()
    (tmp_path / "customers.csv").write_text("email,plan\nmia@northwind.example,gold\n")
    plans.append(load_accounts(FILE % "csv"))
    assert told(known.look(MIA, NORTHWIND)) == {"tier": "gold"}


# --- the page about it ---

PAGE = (ROOT / "docs" / "accounts.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_can_be_used() -> None:
    plan = load_accounts(re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[0])
    assert [one.name for one in plan.sources] == ["billing", "crm", "product", "sheet"] and plan.before == {"billing"}


def test_the_page_explains_every_key() -> None:
    forms = [m for m in vars(mappings.accounts).values() if isinstance(m, type) and issubclass(m, Strict) and m is not Strict]
    keys = {info.alias or name for form in forms for name, info in form.model_fields.items()}
    assert {key for key in keys | set(FIELDS) if f"`{key}`" not in PAGE} == set()
