"""HubSpot: the contact with this address and its company. Two calls; the kept client would be 30 MB for them.

https://developers.hubspot.com/docs/api-reference/crm-contacts-v3/guide
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from accounts.source import Who
from accounts.wire import Wire
from mappings.accounts import HubspotForm


class HubSpot:
    """The record is {"contact": properties, "company": properties}."""

    def __init__(self, form: HubspotForm, token: str) -> None:
        self._form, self._base = form, f"{form.url.rstrip('/')}/crm/v3/objects"
        self._wire = Wire(form.name, form.timeout.total_seconds(), {"Authorization": f"Bearer {token}"})

    def find(self, who: Who) -> Mapping[str, Any] | None:
        if not who.email:
            return None
        wanted = {"idProperty": "email", "associations": "companies", "properties": ",".join(("email", *self._form.contact))}
        contact = self._wire.get(f"{self._base}/contacts/{quote(who.email, safe='')}", wanted)
        if not isinstance(contact, dict):
            return None
        return {"contact": contact.get("properties") or {}, "company": self._company(contact)}

    def _company(self, contact: Mapping[str, Any]) -> Mapping[str, Any]:
        associations = contact.get("associations")
        linked = associations.get("companies") if isinstance(associations, dict) else None
        listed = linked.get("results") if isinstance(linked, dict) else None
        first = listed[0] if isinstance(listed, list) and listed else None
        if not isinstance(first, dict) or not first.get("id"):
            return {}
        wanted = {"properties": ",".join(("name", *self._form.company))}
        company = self._wire.get(f"{self._base}/companies/{quote(str(first['id']), safe='')}", wanted)
        properties = company.get("properties") if isinstance(company, dict) else None
        return properties if isinstance(properties, dict) else {}
