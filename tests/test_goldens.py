"""Payloads that others recorded or documented (../shared/fixtures) beside what each means, read from the payload by eye.

Our own recorded deliveries have their goldens as files and are compared in test_contract.py; these are not ours to copy, so
the table holds only what is to come of them. A file that is not in the table fails, and so does a row without a file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from escalation.ports import Inbound
from escalation.ticket import Customer, Group, Ignored, Person, TicketChange
from tests.contract_world import asked, connector
from tests.support import SHARED, inbound, shared

FOLDERS = ("zendesk/event_webhooks", "freshdesk/zulip", "intercom/zulip", "intercom/hull")
_UNCOMPARED = ("created_at", "updated_at")  # beside ``at``

# What is told of one ticket by several files.
LOGIN = {
    "ticket": "5158", "subject": "Cannot login to mobile app", "status": "open", "priority": "high", "type": "problem",
    "tags": "mobile login priority-support", "channel": "api", "assignee": "8447388090494", "group": "8447320466430",
    "requester": "8447388090494", "organization": "8447346622462",
}  # fmt: skip
ELEVEN = {
    "ticket": "11", "url": "http://test1234zzz.freshdesk.com/helpdesk/tickets/11", "subject": "Test ticket subject",
    "type": "incident",
}  # fmt: skip
HELKLO = {
    "ticket": "215472621202693", "subject": "helklo", "status": "open", "tags": "", "channel": "chat", "sla": "",
    "page": "http://localhost:5500/test.html", "assignee": "9608799", "group": "", "actor": "9608799 agent",
}  # fmt: skip
UNCLEAR = {
    "ticket": "ticket-215472629311235", "subject": "Unclear user message 'erf' with pending email response", "status": "new",
    "type": "question", "channel": "chat", "group": "", "actor": "9608799 agent",
}  # fmt: skip
BOB = {
    "ticket": "137324500000000", "url": "https://app.intercom.com/a/apps/lkqcyt9t/conversations/137324500000000",
    "subject": "hi Bob", "status": "open", "tags": "", "assignee": "3330619", "requester": "person6@example.com",
    "actor": "3330619 agent",
}  # fmt: skip

# What each file's change tells, and nothing else: people by e-mail or id ("" = nobody), "said" as role, visibility, text.
CHANGES: dict[str, dict[str, Any]] = {
    "zendesk/event_webhooks/messaging_ticket_message_added": {
        "kind": "message_added", "ticket": "141", "at": "2025-02-11T14:32:05", "actor": "zd:answerBot bot",
        "said": "bot public: Hi there. How can I help you today?",
    },
    "zendesk/event_webhooks/ticket_agent_assignment_changed": {
        "kind": "assigned", "ticket": "5158", "at": "2025-01-08T12:15:45", "subject": "Cannot login to mobile app",
        "status": "open", "priority": "urgent", "assignee": "8447388090496", "before": {"assignee": "8447388090494"},
    },
    "zendesk/event_webhooks/ticket_attachment_linked_to_comment": {
        "kind": "updated", "ticket": "19395", "at": "2025-01-14T19:31:42", "actor": "8658726154110 customer",
        "subject": "inline_appended_53cdde7bf2fbb479fa28176c1cd3e37c_1736883096", "status": "new", "tags": "",
        "channel": "email", "assignee": "", "group": "25522672", "requester": "8658726154110",
    },
    "zendesk/event_webhooks/ticket_comment_added_public_agent": LOGIN | {
        "kind": "message_added", "at": "2025-01-08T14:25:30", "actor": "8447388090495 agent",
        "said": "agent public: We are investigating this issue and will update you shortly.",
    },
    "zendesk/event_webhooks/ticket_created": LOGIN | {
        "kind": "created", "at": "2025-01-08T10:12:07", "actor": "8447388090494 customer", "subject": "ticketinfo_2294a6e9ece2",
        "priority": "low", "type": "task", "tags": "ticket-info-test-tag",
    },
    "zendesk/event_webhooks/ticket_created_prismatic_with_headers": {
        "kind": "created", "ticket": "35436", "at": "2024-04-17T17:18:10", "status": "open", "channel": "web",
    },
    "zendesk/event_webhooks/ticket_status_changed": LOGIN | {
        "kind": "status_changed", "at": "2025-01-08T16:45:20", "actor": "8447388090494 customer", "status": "solved",
        "before": {"status": "open"},
    },
    "freshdesk/zulip/priority_changed": ELEVEN | {
        "kind": "priority_changed", "status": "solved", "priority": "low", "before": {"priority": "high"},
    },
    "freshdesk/zulip/public_note": ELEVEN | {"kind": "message_added", "status": "open", "priority": "normal"},
    "freshdesk/zulip/ticket_created": ELEVEN | {
        "kind": "created", "subject": "Test ticket subject ☃", "status": "pending", "priority": "high",
        "requester": "requester-bob@example.com", "said": "customer public: Test ticket description ☃.",
    },
    "intercom/zulip/conversation_admin_assigned_2019": {
        "kind": "assigned", "ticket": "21322009097", "at": "2019-03-22T21:45:11", "actor": "1957471 agent", "tags": "",
        "url": "https://app.intercom.io/a/apps/i6wc9ipe/conversations/21322009097", "subject": "Hello", "status": "open",
        "page": "http://localhost:9991/api/", "assignee": "admin@example.com", "requester": "lead@example.com",
        "action": "2824382500", "said": "agent public: Hey! How can I help?",
    },
    "intercom/zulip/conversation_admin_open_assigned": HELKLO | {
        "kind": "assigned", "at": "2026-01-10T08:00:00", "priority": "normal", "action": "37358198341",
        "said": "agent public: aMSIJJO",
    },
    "intercom/zulip/conversation_deleted": {"kind": "deleted", "ticket": "215472621305755", "at": "2026-01-11T06:14:57"},
    "intercom/zulip/conversation_priority_updated": HELKLO | {
        "kind": "priority_changed", "at": "2026-01-10T08:08:54", "priority": "urgent", "action": "37358429305",
    },
    "intercom/zulip/ticket_admin_assigned": UNCLEAR | {
        "kind": "assigned", "at": "2026-01-11T06:53:09", "assignee": "9608799", "action": "37403424009",
    },
    "intercom/zulip/ticket_created": UNCLEAR | {
        "kind": "created", "at": "2026-01-11T06:50:50", "assignee": "", "action": "37403374462",
        "said": "agent public: User sent an unclear message 'erf' and was informed that replies will be sent here and to"
        " admin@example.com; awaiting further clarification or response.",
    },
    "intercom/zulip/ticket_note_created": {
        "kind": "message_added", "ticket": "ticket-215472629353977", "at": "2026-01-11T07:41:58", "actor": "9608799 agent",
        "status": "new", "type": "question", "channel": "chat", "assignee": "9608799", "group": "", "action": "37404518759",
        "said": "agent internal: agd",
    },
    "intercom/hull/conversation-admin-assigned-to-unknown": BOB | {
        "kind": "assigned", "at": "2020-08-05T13:43:28", "assignee": "", "action": "6073773149",
    },
    "intercom/hull/conversation-admin-assigned": BOB | {
        "kind": "assigned", "at": "2020-08-05T13:43:28", "assignee": "person7@example.com", "action": "6073773149",
    },
    "intercom/hull/conversation-admin-closed": BOB | {
        "kind": "status_changed", "at": "2020-08-05T13:49:28", "status": "solved", "assignee": "person7@example.com",
        "action": "6073838784",
    },
    "intercom/hull/conversation-admin-opened-no-admin": BOB | {
        "kind": "status_changed", "at": "2020-08-05T13:42:17", "assignee": "", "action": "6073760644",
    },
    "intercom/hull/conversation-admin-opened": BOB | {
        "kind": "status_changed", "at": "2020-08-05T13:42:17", "assignee": "person7@example.com", "action": "6073760644",
    },
    "intercom/hull/conversation-admin-replied": BOB | {
        "kind": "message_added", "at": "2020-08-05T13:44:09", "subject": "Hi Bob,hola", "assignee": "person7@example.com",
        "action": "6073780765", "said": "agent public: hi Bob",
    },
    "intercom/hull/conversation-admin-single-created-lead": {
        "kind": "created", "ticket": "15494800000000", "at": "2020-08-11T00:42:02", "actor": "3197195 agent", "tags": "",
        "url": "https://app.intercom.com/a/apps/iynax7cx/conversations/15494800000000", "subject": "test", "status": "solved",
        "assignee": "person7@example.com", "requester": "person9@example.com", "action": "612553981",
        "said": "agent public: Hi there,",
    },
    "intercom/hull/conversation-admin-unsnoozed": BOB | {
        "kind": "status_changed", "at": "2020-08-05T13:45:26", "subject": "Hi Bob", "status": "pending",
        "assignee": "person7@example.com", "action": "6073794381",
    },
}  # fmt: skip
IGNORED = {
    "zendesk/event_webhooks/user_active_changed": "about a user, not a ticket",
    "zendesk/event_webhooks/user_deleted_recorded_delivery": "about a user, not a ticket",
    "intercom/zulip/admin_away_mode_updated": "about a teammate, not a ticket",
    "intercom/zulip/ping": "Intercom's test of the address",
    "intercom/hull/lead-created": "about a contact, not a ticket",
    "intercom/hull/user-created": "about a contact, not a ticket",
    "intercom/hull/user-tag-created": "about a contact, not a ticket",
}


def delivered(name: str) -> Inbound:
    """A file as the request it was: bare, or wrapped with its headers and a word on where it comes from."""
    raw = shared(f"fixtures/{name}.json").read_bytes()
    told = json.loads(raw)
    return inbound(told) if "_origin" in told else asked({}, raw)


def meaning(name: str) -> TicketChange | Ignored:
    """What the helpdesk's connector makes of it, for a real account: only the sandbox's tickets have pages of their own."""
    return connector(name.split("/")[0], url="https://acme.example", sandbox=False).change(delivered(name))


def facts(change: TicketChange) -> dict[str, Any]:
    """All that a change tells, short enough for the table; what is empty and no field is left out."""
    said = change.message
    told = {
        "kind": change.kind.value,
        "ticket": change.ticket_id,
        "at": f"{change.at:%Y-%m-%dT%H:%M:%S}" if change.at else "",
        "actor": f"{change.actor.id} {change.actor.role}" if change.actor.id else "",
        "action": change.action_id,
        "before": fields(change.previous),
        "said": f"{said.author.role} {'public' if said.public else 'internal'}: {said.text}" if said else "",
    }
    return {name: value for name, value in told.items() if value} | fields(change.fields)


def fields(told: Any) -> dict[str, str]:
    return {_SHORT.get(name, name): short(value) for name, value in told.items() if name not in _UNCOMPARED}


_SHORT = {"customer": "organization"}


def short(value: object) -> str:
    """People as e-mail or id, groups and companies as id, lists as their words."""
    match value:
        case Person():
            return value.email or value.id
        case Group():
            return value.id
        case Customer():
            return value.organization.id
        case tuple():
            return " ".join(map(str, value))
    return str(value)


@pytest.mark.parametrize("name", CHANGES)
def test_a_payload_of_others_becomes_the_change_it_tells(name: str) -> None:
    change = meaning(name)
    assert isinstance(change, TicketChange)
    expected = CHANGES[name]
    told = facts(change)
    if "url" not in expected:
        told.pop("url", None)  # made of the account's address, see the vendors' own tests
    assert told == expected
    assert not change.unknown_words


@pytest.mark.parametrize("name", IGNORED)
def test_a_payload_about_no_ticket_is_ignored_with_the_reason(name: str) -> None:
    change = meaning(name)
    assert isinstance(change, Ignored)
    assert change.reason == IGNORED[name]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_payload_is_in_one_of_the_tables(folder: str) -> None:
    found = {name_of(path) for path in shared(f"fixtures/{folder}").glob("*.json")}
    assert found == {name for name in (*CHANGES, *IGNORED) if name.startswith(f"{folder}/")}


def name_of(path: Path) -> str:
    return str(path.relative_to(SHARED / "fixtures").with_suffix(""))
