"""The play Zendesk's people: agents, groups, one customer with her organisation, and whoever is added with a ticket."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sandbox import Play
from sandbox.state import Body, State

VENDOR = "zendesk"
BORN = "2024-01-02T08:00:00Z"
GROUPS = {201: "Billing", 202: "Technical", 203: "Security", 204: "Customer care", 205: "Engineering"}
# id → name, e-mail, groups (the first is the default one), availability
AGENTS: dict[int, tuple[str, str, tuple[int, ...], str]] = {
    101: ("Ada Lindqvist", "ada@example.com", (201, 204), "online"),
    102: ("Bo Tanaka", "bo@example.com", (201, 204), "online"),
    103: ("Chidi Okafor", "chidi@example.com", (202, 205), "online"),
    104: ("Dana Reyes", "dana@example.com", (202, 205), "online"),
    105: ("Emil Novak", "emil@example.com", (203,), "online"),
    106: ("Fatima Haddad", "fatima@example.com", (204,), "away"),
}
ORGANIZATION: Body = {
    "id": 401,
    "name": "Northwind",
    "domain_names": ["northwind.example"],
    "created_at": BORN,
    "updated_at": BORN,
    "group_id": None,
    "tags": [],
    "organization_fields": {
        "tier": "enterprise",
        "contract_value": "48000.00",
        "health": "good",
    },
}


def user(state: State, play: Play, id: int) -> Body | None:
    """A user's record, None when there is none."""
    if str(id) == play.admin_id:
        return _record(id, "Baton", play.email, "admin", 204)
    if id in AGENTS:
        name, email, groups, _ = AGENTS[id]
        return _record(id, name, email, "agent", groups[0])
    if added := state.get(VENDOR, "users", str(id)):
        return added
    if id == 301:
        return _record(301, "Mia Customer", "mia@northwind.example", "end-user", None, organization_id=401)
    return None


def staff(state: State, play: Play) -> list[Body]:
    """The integration user and all agents."""
    ids = (int(play.admin_id), *AGENTS)
    return [found for id in ids if (found := user(state, play, id))]


def add_user(state: State, told: Body) -> Body:
    """Keep a user that came with a ticket; ``told`` has at least id, name and email."""
    id = int(told["id"])
    record = {**_record(id, "", "", "end-user", None), **told, "id": id}
    state.put(VENDOR, "users", str(id), record)
    return record


def requester_of(state: State, told: object) -> int:
    """The id of the requester a new ticket names by e-mail, made an end user when new; 0 when it names none."""
    if not isinstance(told, dict) or not told.get("email"):
        return 0
    email = str(told["email"]).lower()
    if email == "mia@northwind.example":
        return 301
    for known in state.all(VENDOR, "users"):
        if str(known.get("email")).lower() == email:
            return int(known["id"])
    return int(add_user(state, {"id": state.new_id(), "name": told.get("name") or email, "email": email})["id"])


def known_or_made(state: State, play: Play, id: int, role: str) -> Body:
    """A user's record; a plausible one for an id that only a webhook has named."""
    made = _record(id, f"{'Agent' if role == 'agent' else 'Customer'} {id}", f"user-{id}@example.com", role, None)
    return user(state, play, id) or made


def organization(state: State, id: int) -> Body:
    return state.get(VENDOR, "organizations", str(id)) or _organization(id)


def _organization(id: int) -> Body:
    """Northwind, with a renewal always some months ahead; a bare one for any other id."""
    if id != ORGANIZATION["id"]:
        return {**ORGANIZATION, "id": id, "name": f"Organisation {id}", "domain_names": [], "organization_fields": {}}
    renewal = {"renewal_on": f"{datetime.now(UTC).year + 1}-03-31T00:00:00Z"}
    return {**ORGANIZATION, "organization_fields": ORGANIZATION["organization_fields"] | renewal}


def group(id: int) -> Body:
    return {"id": id, "name": GROUPS.get(id, f"Group {id}"), "deleted": False, "created_at": BORN, "updated_at": BORN}


def memberships(play: Play) -> list[Body]:
    pairs = [(agent, group) for agent, (_, _, groups, _) in AGENTS.items() for group in groups]
    pairs += [(int(play.admin_id), 204)]
    return [
        {
            "id": agent * 1000 + group,
            "user_id": agent,
            "group_id": group,
            "default": False,
            "created_at": BORN,
            "updated_at": BORN,
        }
        for agent, group in pairs
    ]


def availabilities() -> list[Body]:
    """What GET /api/v2/agent_availabilities lists, as JSON:API."""
    names = {"online": "1", "away": "2", "offline": "4"}

    def attributes(id: int, groups: tuple[int, ...], status: str) -> Body:
        told = {"id": names[status], "name": status.capitalize(), "updated_at": BORN}
        return {"agent_id": id, "agent_status": told, "group_ids": list(groups), "skills": [], "version": 1}

    return [
        {"id": str(id), "type": "agent_availabilities", "attributes": attributes(id, groups, status)}
        for id, (_, _, groups, status) in AGENTS.items()
    ]


def _record(id: int, name: str, email: str, role: str, default_group: int | None, **more: Any) -> Body:
    plain = {
        "id": id,
        "name": name,
        "email": email,
        "role": role,
        "role_type": {"admin": 4, "agent": 0}.get(role),
        "default_group_id": default_group,
        "organization_id": None,
        "created_at": BORN,
        "updated_at": BORN,
        "time_zone": "London",
        "iana_time_zone": "Europe/London",
        "locale": "en-US",
        "locale_id": 1,
    }
    return {**plain, "active": True, "suspended": False, "ticket_restriction": None, "tags": [], "user_fields": {}, **more}
