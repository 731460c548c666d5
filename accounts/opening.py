"""From a source of the document to the one that answers, with its secrets filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import cast

from accounts.endpoint import Endpoint
from accounts.file import FileSource
from accounts.hubspot import HubSpot
from accounts.source import Source
from accounts.sql import SqlSource
from config.settings import SettingsProblem
from escalation.ports import GiveUp
from mappings.accounts import (
    FieldForm,
    FileForm,
    HttpForm,
    HubspotForm,
    SalesforceForm,
    SourceForm,
    SqlForm,
    StripeForm,
)

Reveal = Callable[[str], str]  # "${ACCOUNTS_X}" → its value; SettingsProblem when it is not set

# Where Stripe's objects hold what we want, for those who name no fields of their own.
USUAL_STRIPE: Mapping[str, FieldForm] = {
    name: FieldForm.model_validate({"from": path})
    for name, path in {
        "tier": "subscription.items.data[0].price.nickname || subscription.items.data[0].price.lookup_key",
        "contract_value": "yearly",
        "renewal_on": "subscription.items.data[0].current_period_end || subscription.current_period_end",
        "health": "customer.delinquent && 'payment overdue' || subscription.status",
        "disputes": "open_disputes",
        "recent_charges": "charges",
    }.items()
}


def usual(form: SourceForm) -> Mapping[str, FieldForm] | None:
    """The fields a kind has when the document names none."""
    return USUAL_STRIPE if isinstance(form, StripeForm) else None


def opened(form: SourceForm, folder: Path, reveal: Reveal) -> Source:
    """The source of a form; nothing is called on the way. GiveUp when a secret or a package is not there."""
    try:
        return _opened(form, folder, reveal)
    except SettingsProblem as unset:
        raise GiveUp(f"not connected ({str(unset).rpartition(': ')[2]} is not set)") from None


def _opened(form: SourceForm, folder: Path, reveal: Reveal) -> Source:
    match form:
        case FileForm():
            return FileSource(form, folder)
        case HttpForm():
            return Endpoint(form, {name: reveal(value) for name, value in form.headers.items()})
        case SqlForm():
            return SqlSource(form, reveal(form.database))
        case HubspotForm():
            return HubSpot(form, reveal(form.token))
        case StripeForm():
            return _extra("stripe", "Stripe", form, reveal(form.key))
        case SalesforceForm():
            return _extra("salesforce", "Salesforce", form, reveal(form.client_id), reveal(form.client_secret))
    raise GiveUp(f"nothing is known of this kind of source ({type(form).__name__})")


def _extra(module: str, name: str, *given: object) -> Source:
    """A source whose client is not part of the base installation."""
    try:
        found = import_module(f"accounts.{module}")
    except ImportError as missing:
        raise GiveUp(f"the package {missing.name} is not installed: make accounts") from None
    return cast(Source, getattr(found, name)(*given))
