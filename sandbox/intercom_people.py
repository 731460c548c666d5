"""The play workspace of Intercom: its teammates, teams, contacts and companies, in the API's shapes."""

from __future__ import annotations

from sandbox import Play
from sandbox.state import Body, State

VENDOR = "intercom"
WORKSPACE = "play0001"
BORN = 1735689600  # 2025-01-01, when the play workspace was made

_AGENTS = {
    "101": ("Ada Lindqvist", "ada@example.com", (201, 204)),
    "102": ("Bo Tanaka", "bo@example.com", (201, 204)),
    "103": ("Chidi Okafor", "chidi@example.com", (202, 205)),
    "104": ("Dana Reyes", "dana@example.com", (202, 205)),
    "105": ("Emil Novak", "emil@example.com", (203,)),
    "106": ("Fatima Haddad", "fatima@example.com", (204,)),
}
_TEAMS = {"201": "Billing", "202": "Technical", "203": "Security", "204": "Customer care", "205": "Engineering"}
_COMPANY: Body = {
    "type": "company",
    "id": "401",
    "company_id": "northwind",
    "app_id": WORKSPACE,
    "name": "Northwind",
    "created_at": BORN,
    "updated_at": BORN,
    "monthly_spend": 4000,
    "session_count": 0,
    "user_count": 1,
    "plan": {"type": "plan", "id": "1", "name": "Scale"},
    "tags": {"type": "tag.list", "tags": []},
    "segments": {"type": "segment.list", "segments": []},
    "custom_attributes": {"tier": "enterprise", "contract_value": "48000 USD"},
}
STATES = (
    ("701", "submitted", "Submitted"),
    ("702", "in_progress", "In progress"),
    ("703", "waiting_on_customer", "Waiting on you"),
    ("704", "resolved", "Resolved"),
)


def admins(state: State, play: Play) -> list[Body]:
    """All teammates; ``away`` is what PUT /admins/{id}/away set."""
    people = {play.admin_id: ("Baton", play.email, ()), **_AGENTS}
    return [_admin(state, id, *person) for id, person in people.items()]


def _admin(state: State, id: str, name: str, email: str, teams: tuple[int, ...]) -> Body:
    away = state.get(VENDOR, "away", id) or {}
    return {
        "type": "admin",
        "id": id,
        "name": name,
        "email": email,
        "job_title": "",
        "away_mode_enabled": away.get("away_mode_enabled", False),
        "away_mode_reassign": away.get("away_mode_reassign", False),
        "has_inbox_seat": True,
        "team_ids": list(teams),
    }


def admin(state: State, play: Play, id: object) -> Body | None:
    return next((one for one in admins(state, play) if one["id"] == str(id)), None)


def author(play: Play, id: object) -> Body | None:
    """A teammate as the author of something; asks no state, so it may be used while a ticket is locked."""
    name, email, _ = {play.admin_id: ("Baton", play.email, ()), **_AGENTS}.get(str(id), ("", "", ()))
    return {"type": "admin", "id": str(id), "name": name, "email": email} if name else None


def teams() -> list[Body]:
    return [
        {
            "type": "team",
            "id": id,
            "name": name,
            "admin_ids": [int(admin) for admin, (_, _, of) in _AGENTS.items() if int(id) in of],
            "distribution_method": "manual",
            "assignment_limit": None,
        }
        for id, name in _TEAMS.items()
    ]


def team(id: object) -> Body | None:
    return next((one for one in teams() if one["id"] == str(id)), None)


def contact(state: State, id: str) -> Body | None:
    """A contact the play workspace knows: Mia, and everybody who ever wrote."""
    if id == "301":
        return _contact(id, "Mia Customer", "mia@northwind.example", ("401",))
    return state.get(VENDOR, "contacts", id)


def contacts(state: State) -> list[Body]:
    """Every contact."""
    mia = contact(state, "301")
    return [one for one in (mia, *state.all(VENDOR, "contacts")) if one]


def remember_contact(state: State, author: Body, at: int) -> None:
    """Keep the writer of a message as a contact made at ``at`` (unix seconds), as Intercom does."""
    id = str(author.get("id") or "")
    if id and author.get("type") in ("user", "lead", "contact") and contact(state, id) is None:
        state.put(VENDOR, "contacts", id, _contact(id, author.get("name"), author.get("email") or "", (), at))


def _contact(id: str, name: str | None, email: str, companies: tuple[str, ...], at: int = BORN) -> Body:
    data = [{"type": "company", "id": one, "url": f"/companies/{one}"} for one in companies]
    return {
        "type": "contact",
        "id": id,
        "workspace_id": WORKSPACE,
        "external_id": f"customer-{id}",
        "role": "user",
        "email": email,
        "phone": None,
        "name": name,
        "created_at": at,
        "updated_at": at,
        "language_override": None,
        "browser_language": "en",
        "custom_attributes": {},
        "tags": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "companies": {
            "type": "list",
            "data": data,
            "url": f"/contacts/{id}/companies",
            "total_count": len(data),
            "has_more": False,
        },
    }


def company(id: str) -> Body | None:
    return dict(_COMPANY) if id == "401" else None


def tags(state: State) -> list[Body]:
    return state.all(VENDOR, "tags")


def make_tag(state: State, name: str) -> Body:
    """The tag of this name, made when it is new; names are compared case-blind as in Intercom."""
    known = next((tag for tag in tags(state) if tag["name"].casefold() == name.casefold()), None)
    if known:
        return known
    tag: Body = {"type": "tag", "id": str(state.new_id()), "name": name}
    state.put(VENDOR, "tags", tag["id"], tag)
    return tag


def ticket_state(id: object = None, category: str = "") -> Body | None:
    """A ticket state by its id or category."""
    for one, word, label in STATES:
        if one == str(id) or word == category:
            return {"type": "ticket_state", "id": one, "category": word, "internal_label": label, "external_label": label}
    return None
