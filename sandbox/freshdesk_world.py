"""The play Freshdesk account: its people, fields and rules, and how its tickets look in API answers.

Shapes and error bodies as documented at https://developers.freshdesk.com/api/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

from sandbox.state import Body, State

VENDOR = "freshdesk"
FIRST = "2024-01-08T07:53:41Z"

STATUSES = {2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed", 6: "Waiting on Customer", 7: "Waiting on Third Party"}
PRIORITIES = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCES = {1: "Email", 2: "Portal", 3: "Phone", 7: "Chat", 9: "Feedback Widget", 10: "Outbound Email"}
TYPES = ("Question", "Incident", "Problem", "Feature Request", "Refund", "Service Task")
CUSTOM_FIELDS: dict[str, tuple[type, ...]] = {
    "cf_refund_amount": (int, float),
    "cf_ai_confidence": (int, float),
    "cf_ai_attempts": (int,),
    "cf_page": (str,),
    "cf_product_area": (str,),
}
GROUPS = {201: "Billing", 202: "Technical", 203: "Security", 204: "Customer care", 205: "Engineering"}
_PEOPLE = {
    101: ("Ada Lindqvist", "ada@example.com", (201, 204)),
    102: ("Bo Tanaka", "bo@example.com", (201, 204)),
    103: ("Chidi Okafor", "chidi@example.com", (202, 205)),
    104: ("Dana Reyes", "dana@example.com", (202, 205)),
    105: ("Emil Novak", "emil@example.com", (203,)),
    106: ("Fatima Haddad", "fatima@example.com", (204,)),
    107: ("Acme Assist", "assist@example.com", ()),  # the account's own bot, which Freshdesk counts among the agents
}
CUSTOMER, COMPANY = 301, 401
_TAG = re.compile(r"<[^<>]*>")
_STATS = ("agent_responded_at", "first_responded_at", "requester_responded_at", "resolved_at", "closed_at", "reopened_at")
_OF_REQUESTER = ("id", "name", "email", "mobile", "phone")


def now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def later(start: str, hours: int) -> str:
    return (datetime.fromisoformat(start) + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def agents(state: State, admin_id: int, email: str) -> dict[int, Body]:
    """All agents by id, the integration's own among them; ``available`` as it was last switched."""
    everybody = {**_PEOPLE, admin_id: ("Baton", email, ())}
    return {id: _agent(state, id, *facts) for id, facts in everybody.items()}


def _agent(state: State, id: int, name: str, email: str, groups: tuple[int, ...]) -> Body:
    contact = {
        "active": True, "email": email, "job_title": None, "language": "en", "mobile": None, "name": name, "phone": None,
        "time_zone": "Stockholm", "last_login_at": FIRST, "created_at": FIRST, "updated_at": FIRST,
    }  # fmt: skip
    agent: Body = {
        "available": True, "occasional": False, "id": id, "ticket_scope": 1, "type": "support_agent", "signature": None,
        "group_ids": list(groups), "available_since": FIRST, "created_at": FIRST, "updated_at": FIRST, "contact": contact,
    }  # fmt: skip
    return agent | (state.get(VENDOR, "agent", str(id)) or {})


def group(id: int) -> Body:
    members = [agent for agent, (_, _, groups) in _PEOPLE.items() if id in groups]
    return {
        "id": id, "name": GROUPS[id], "description": None, "escalate_to": None, "unassigned_for": None, "agent_ids": members,
        "auto_ticket_assign": 0, "group_type": "support_agent_group", "created_at": FIRST, "updated_at": FIRST,
    }  # fmt: skip


def contact(id: int, name: str = "Mia Customer", email: str = "mia@northwind.example") -> Body:
    return {
        "id": id, "name": name, "email": email, "active": True, "phone": None, "mobile": None, "company_id": COMPANY,
        "language": "en", "time_zone": "London", "tags": [], "custom_fields": {}, "created_at": FIRST, "updated_at": FIRST,
    }  # fmt: skip


def company() -> Body:
    return {
        "id": COMPANY, "name": "Northwind Trading", "description": None, "note": None, "domains": ["northwind.example"],
        "custom_fields": {"contract_value": "48000 EUR"}, "health_score": "Happy", "account_tier": "enterprise",
        "renewal_date": f"{datetime.now(UTC).year + 1}-03-31T00:00:00Z",  # always some months ahead
        "industry": "Retail", "created_at": FIRST, "updated_at": FIRST,
    }  # fmt: skip


def requester(state: State, ticket: Body) -> Body:
    """Who asked: a known contact, Mia, or somebody a webhook named."""
    id = int(ticket.get("requester_id") or CUSTOMER)
    return state.get(VENDOR, "contact", str(id)) or contact(id)


def new_ticket(state: State, given: Body) -> Body:
    """A whole ticket from what was given; ``comments`` (or ``conversations``) become its thread."""
    at = given.get("created_at") or now()
    empty: Body = {
        "cc_emails": [], "fwd_emails": [], "reply_cc_emails": [], "ticket_cc_emails": [], "fr_escalated": False,
        "nr_escalated": False, "is_escalated": False, "spam": False, "deleted": False, "email_config_id": None,
        "group_id": None, "priority": 1, "requester_id": CUSTOMER, "responder_id": None, "source": 2, "company_id": COMPANY,
        "status": 2, "subject": "", "product_id": None, "to_emails": None, "type": None, "description": "", "tags": [],
        "attachments": [], "created_at": at, "updated_at": at, "due_by": later(at, 72), "fr_due_by": later(at, 4),
    }  # fmt: skip
    entries: list[Body] = given.get("comments") or given.get("conversations") or []
    told = {name: value for name, value in given.items() if name not in ("comments", "conversations", "custom_fields", "email")}
    ticket = empty | told
    ticket["id"] = int(given.get("id") or state.new_id())
    ticket["custom_fields"] = dict.fromkeys(CUSTOM_FIELDS) | (given.get("custom_fields") or {})
    ticket["stats"] = dict.fromkeys(("agent_responded_at", "first_responded_at", "resolved_at", "closed_at")) | given.get(
        "stats", {}
    )
    ticket["conversations"] = [entry(state, ticket["id"], one) for one in entries]
    return ticket


def entry(state: State, ticket_id: int, given: Body) -> Body:
    """One conversation of a thread."""
    at = given.get("created_at") or now()
    body = str(given.get("body", ""))
    return {
        "body": body, "body_text": text_of(body), "id": state.new_id(), "incoming": False, "private": False,
        "user_id": CUSTOMER, "support_email": None, "source": 2 if given.get("private") else 0, "category": 1,
        "ticket_id": ticket_id, "to_emails": [], "from_email": None, "cc_emails": [], "bcc_emails": None, "attachments": [],
        "created_at": at, "updated_at": at,
    } | given  # fmt: skip


def text_of(html: str) -> str:
    """Roughly what Freshdesk puts in ``…_text``: one line, tags gone, entities read."""
    return " ".join(unescape(_TAG.sub(" ", html)).split())


def shown(state: State, ticket: Body, include: tuple[str, ...] = (), *, full: bool = True) -> Body:
    """A ticket as the API shows it; lists and answers to a PUT leave things out, as Freshdesk does."""
    body = {name: value for name, value in ticket.items() if name not in ("conversations", "stats")}
    body["description_text"] = text_of(body["description"])
    if not body["deleted"]:
        del body["deleted"]
    if not full and "description" not in include:
        del body["description"], body["description_text"]
    more: dict[str, Any] = {
        "conversations": lambda: ticket["conversations"][:10],
        "requester": lambda: {
            k: v for k, v in requester(state, ticket).items() if k in ("id", "name", "email", "mobile", "phone")
        },
        "company": lambda: {"id": COMPANY, "name": company()["name"]} if ticket.get("company_id") else {},
        "stats": lambda: ticket["stats"],
    }
    return body | {name: more[name]() for name in include if name in more}


def learned(state: State, id: int, payloads: list[Body]) -> Body | None:
    """A ticket that a real Freshdesk would know, because its webhooks told of it; the newest body that says more wins."""
    told: Body = {}
    for payload in payloads:
        inner = payload.get("freshdesk_webhook", payload)
        told |= {k: v for k, v in inner.items() if v not in (None, "")} if isinstance(inner, dict) else {}
    return new_ticket(state, {"id": id} | _from_webhook(state, told)) if payloads else None


def _from_webhook(state: State, told: Body) -> Body:
    ticket: Body = {
        "subject": str(told.get("ticket_subject", f"Ticket {told.get('ticket_id')}")),
        "description": str(told.get("ticket_description", "")),
        "status": _number(STATUSES, told.get("ticket_status"), 2),
        "priority": _number(PRIORITIES, told.get("ticket_priority"), 1),
        "source": _number(SOURCES, told.get("ticket_source"), 2),
        "type": told.get("ticket_ticket_type") or told.get("ticket_type"),
        "tags": [tag.strip() for tag in str(told.get("ticket_tags", "")).split(",") if tag.strip()],
        "custom_fields": {k.removeprefix("ticket_"): v for k, v in told.items() if k.removeprefix("ticket_") in CUSTOM_FIELDS},
    }
    email = told.get("ticket_contact_email") or told.get("ticket_requester_email") or told.get("requester_email")
    if email and email != contact(CUSTOMER)["email"]:
        name = told.get("ticket_contact_name") or told.get("ticket_requester_name") or told.get("requester_name") or email
        ticket |= {"requester_id": new_contact(state, str(name), str(email)), "company_id": None}
    return ticket


def new_contact(state: State, name: str, email: str) -> int:
    """The contact with this address, made if there is none."""
    for known in (contact(CUSTOMER), *state.all(VENDOR, "contact")):
        if known["email"] == email:
            return int(known["id"])
    id = state.new_id()
    state.put(VENDOR, "contact", str(id), contact(id, name, email) | {"company_id": None})
    return id


def _number(labels: dict[int, str], told: Any, otherwise: int) -> int:
    return next((number for number, label in labels.items() if str(told).lower() in (str(number), label.lower())), otherwise)
