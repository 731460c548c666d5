"""``flask send``: a recorded webhook, made fresh, signed as its vendor would, and posted to a running Baton."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import requests

import connectors
from config.connections import Connection
from connectors.signatures import reveal
from escalation.ports import Inbound, Unreadable
from mappings import load_folder
from sandbox import samples

if TYPE_CHECKING:
    from app import Baton

FIXTURES = Path(__file__).parent / "tests" / "fixtures"


def send(baton: Baton, name: str, *, again: bool, ticket: str, to: str) -> str:
    """Post one fixture and say what the server answered; LookupError for an unknown fixture or connection."""
    helpdesk = name.partition("/")[0]
    connection = _connection(baton, helpdesk)
    delivery = samples.load(FIXTURES, name)
    if not again:
        old = _ticket_id(baton, helpdesk, delivery)
        delivery = samples.fresh(delivery, old, datetime.now(UTC), new_ticket=ticket or samples.a_ticket_id())
    try:
        if connection.sandbox and "ticket" in delivery:
            requests.post(f"{to}/sandbox/{helpdesk}/_tickets", json=delivery["ticket"], timeout=10).raise_for_status()
        answer = _post(connection, delivery, to)
    except requests.RequestException as away:
        how = "Start it with `make run`, or say where it runs: --to, or its PORT."
        raise LookupError(f"No Baton answers at {to} ({type(away).__name__}). {how}") from None
    return _said(answer, to, _ticket_id(baton, helpdesk, delivery), helpdesk if connection.sandbox else "")


def _said(answer: requests.Response, to: str, ticket: str, played: str) -> str:
    """The answer, and where to look next: a ticket may become a card, or nothing, and the delivery's page says why."""
    said = f"{answer.status_code} {answer.text.strip()} (ticket {ticket or 'none'})"
    if not answer.ok:
        return said
    said += f"\n  What became of it   {to}/deliveries/{answer.json()['delivery']}"
    if played:
        said += f"\n  Cards in play Slack {to}/sandbox/slack"
    if played and ticket:
        said += f"\n  The ticket          {to}/sandbox/{played}/tickets-page/{ticket}"
    return said


def demo(baton: Baton, to: str) -> Iterator[str]:
    """A day in a support team: every fixture of every connected helpdesk once, each with what the server answered."""
    connected = {connection.helpdesk for connection in baton.accounts[0]}
    for name in samples.names(FIXTURES):
        if name.partition("/")[0] in connected:
            answer = send(baton, name, again=False, ticket="", to=to).splitlines()[0]
            yield f"{name}: {answer}"


def _connection(baton: Baton, helpdesk: str) -> Connection:
    for connection in baton.accounts[0]:
        if connection.helpdesk == helpdesk:
            return connection
    raise LookupError(f"no connection to {helpdesk} is set up; fixtures are named like zendesk/ticket_created_urgent")


def _ticket_id(baton: Baton, helpdesk: str, delivery: samples.Delivery) -> str:
    headers = {name.lower(): value for name, value in samples.headers_of(delivery).items()}
    inbound = Inbound(headers, samples.body_of(delivery), delivery.get("query", {}))
    connector = connectors.connect(_connection(baton, helpdesk), load_folder(baton.settings.mappings_dir)[helpdesk])
    try:
        return connector.arrival(inbound).ticket_id
    except Unreadable:
        return ""


def _post(connection: Connection, delivery: samples.Delivery, to: str) -> requests.Response:
    inbound = import_module(f"connectors.{connection.helpdesk}.inbound")
    body = samples.body_of(delivery)
    signed = inbound.sign(body, reveal(connection.secrets)[0], datetime.now(UTC))
    query = f"?{urlencode(delivery['query'])}" if delivery.get("query") else ""
    headers = {"Content-Type": "application/json", **signed, **samples.headers_of(delivery)}
    return requests.post(f"{to}/webhooks/{connection.id}{query}", data=body, headers=headers, timeout=10)
