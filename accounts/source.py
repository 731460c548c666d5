"""What every account source is: it finds one customer's record, in the source's own words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from escalation.ports import GiveUp, Outside
from escalation.ticket import Group, Person

UNKNOWN = "does not know this customer"


@dataclass(frozen=True, slots=True)
class Who:
    """By what a customer can be found; "" where the helpdesk does not tell it."""

    email: str = ""
    domain: str = ""
    organization: str = ""
    organization_id: str = ""
    name: str = ""

    def places(self) -> Mapping[str, str]:
        """The same by name, for addresses and queries."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def __bool__(self) -> bool:
        return bool(self.email or self.organization or self.organization_id)


def who_is(requester: Person, organization: Group) -> Who:
    """The customer as sources are asked for them: addresses in small letters, nothing that could hide a second address."""
    email = requester.email.strip().lower()
    if not re.fullmatch(r"[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,190}", email):
        email = ""
    names = (one.strip()[:200] for one in (organization.name, organization.id, requester.name))
    return Who(email, email.rpartition("@")[2], *names)


class Source(Protocol):
    """One system that knows customers. Implementations are thread-safe."""

    def find(self, who: Who) -> Mapping[str, Any] | None:
        """The customer's record as plain JSON-like data, None when there is none; raises TryLater or GiveUp."""


def why(error: Outside, name: str) -> str:
    """The reason that is shown beside what is missing: short, and without what the vendor's answer holds."""
    if isinstance(error, GiveUp) and error.refused:
        return "no permission (its credentials are refused)"
    if found := re.search(r"answered (\d{3})", str(error)):
        return "not subscribed (answered 402)" if found[1] == "402" else f"answered {found[1]}"
    return str(error).removeprefix(f"{name}: ")[:200]
