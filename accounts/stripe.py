"""Stripe: customer, subscription, charges and disputes, through Stripe's own client (the extra ``accounts``). Two calls.

https://docs.stripe.com/api/customers/list, https://docs.stripe.com/api/charges/list
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import requests
import stripe

from accounts.source import Who
from escalation.ports import GiveUp, TryLater
from mappings.accounts import StripeForm

_RECENT = 5
_OPEN = ("needs_response", "under_review", "warning_needs_response", "warning_under_review")
_PER_YEAR = {"day": 365, "week": 52, "month": 12, "year": 1}
# Amounts of these have no cents: https://docs.stripe.com/currencies#zero-decimal
_WHOLE = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"]
)


class Stripe:
    """The record is {"customer", "subscription", "yearly", "open_disputes", "charges"}; ``charges`` in words."""

    def __init__(self, form: StripeForm, key: str) -> None:
        session = requests.Session()
        session.trust_env, session.max_redirects = False, 0
        wire = stripe.RequestsClient(timeout=form.timeout.total_seconds(), session=session)
        self._client = stripe.StripeClient(
            key, http_client=wire, base_addresses={"api": form.url.rstrip("/")}, max_network_retries=0
        )

    def find(self, who: Who) -> Mapping[str, Any] | None:
        if not who.email:
            return None
        try:
            return self._found(who.email)
        except (stripe.AuthenticationError, stripe.PermissionError):
            raise GiveUp("the key is refused", refused=True) from None
        except (stripe.RateLimitError, stripe.APIConnectionError) as late:
            raise TryLater(f"cannot be reached ({type(late).__name__})") from None
        except stripe.StripeError as wrong:
            away = (wrong.http_status or 0) >= 500
            raise (TryLater if away else GiveUp)(f"answered {wrong.http_status or type(wrong).__name__}") from None

    def _found(self, email: str) -> Mapping[str, Any] | None:
        listed = self._client.v1.customers.list({"email": email, "limit": 1, "expand": ["data.subscriptions"]})
        if not listed.data:
            return None
        customer = _plain(listed.data[0])
        charges = self._client.v1.charges.list({"customer": str(customer["id"]), "limit": 100, "expand": ["data.dispute"]})
        made = [_plain(charge) for charge in charges.data]
        subscriptions = (customer.get("subscriptions") or {}).get("data") or []
        living = [one for one in subscriptions if one.get("status") not in ("canceled", "incomplete_expired")]
        return {
            "customer": customer,
            "subscription": living[0] if living else None,
            "yearly": _yearly(living),
            "open_disputes": sum((charge.get("dispute") or {}).get("status") in _OPEN for charge in made if _has(charge)),
            "charges": [_charge(charge) for charge in made[:_RECENT]],
        }


def _plain(thing: stripe.StripeObject) -> dict[str, Any]:
    return dict(thing.to_dict())


def _has(charge: Mapping[str, Any]) -> bool:
    return isinstance(charge.get("dispute"), Mapping)


def _sum(amount: int | Decimal, currency: str) -> str:
    whole = Decimal(amount) if currency in _WHOLE else Decimal(amount) / 100
    return f"{whole.normalize():f} {currency.upper()}"


def _yearly(subscriptions: list[Mapping[str, Any]]) -> str | None:
    """What all subscriptions come to in a year; None when they are in several currencies or have no fixed price."""
    total, currencies = Decimal(0), set()
    for subscription in subscriptions:
        for item in (subscription.get("items") or {}).get("data") or []:
            price = item.get("price") or {}
            every = price.get("recurring") or {}
            if price.get("unit_amount") is None or every.get("interval") not in _PER_YEAR:
                return None
            times = Decimal(_PER_YEAR[every["interval"]]) / int(every.get("interval_count") or 1)
            total += price["unit_amount"] * int(item.get("quantity") or 1) * times
            currencies.add(str(price.get("currency")))
    return _sum(total, currencies.pop()) if len(currencies) == 1 else None


def _charge(charge: Mapping[str, Any]) -> str:
    """ "2026-03-01 49 EUR failed, disputed"."""
    day = datetime.fromtimestamp(int(charge.get("created") or 0), UTC).date()
    state = "refunded" if charge.get("refunded") else str(charge.get("status") or "")
    disputed = ", disputed" if charge.get("disputed") else ""
    return f"{day} {_sum(int(charge.get('amount') or 0), str(charge.get('currency') or ''))} {state}{disputed}"
