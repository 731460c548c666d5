"""Salesforce: the contact with this address and its account, through simple-salesforce (the extra ``accounts``).

Signs in with the client credentials of a connected app (OAuth 2.0), so no person's password is needed.
https://help.salesforce.com/s/articleView?id=sf.remoteaccess_oauth_client_credentials_flow.htm
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from simple_salesforce.api import Salesforce as Client
from simple_salesforce.exceptions import SalesforceError
from simple_salesforce.format import format_soql

from accounts.source import Who
from accounts.wire import Wire
from connectors.http import GuardedSession
from escalation.ports import GiveUp, TryLater
from mappings.accounts import SalesforceForm


class Salesforce:
    """The record is {"contact": fields, "account": fields}."""

    def __init__(self, form: SalesforceForm, client_id: str, client_secret: str) -> None:
        self._form, self._url = form, form.url.rstrip("/")
        seconds = form.timeout.total_seconds()
        self._wire = Wire(form.name, seconds, {})
        self._session = GuardedSession(form.name, timeout_s=(seconds, seconds))
        self._secrets = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}
        self._token, self._lock = "", threading.Lock()
        fields = (*form.contact, *(f"Account.{name}" for name in ("Name", *form.account)))
        self._query = f"SELECT Id, {', '.join(fields)} FROM Contact WHERE Email = {{}} LIMIT 1"  # noqa: S608 - names are checked

    def find(self, who: Who) -> Mapping[str, Any] | None:
        if not who.email:
            return None
        query, used = format_soql(self._query, who.email), self._token
        try:
            answer = self._asked(query)
        except GiveUp as refused:
            if not refused.refused or not used:
                raise
            self._token = ""  # it has run out
            answer = self._asked(query)
        records = answer.get("records") or [None]
        return {"contact": records[0], "account": records[0].get("Account") or {}} if records[0] else None

    def _asked(self, query: str) -> Mapping[str, Any]:
        client = Client(instance_url=self._url, session_id=self._signed_in(), session=self._session)
        client.base_url = client.base_url.replace(f"https://{client.sf_instance}", self._url, 1)  # it would drop scheme and path
        try:
            answer = client.query(query)
        except SalesforceError as wrong:
            raise GiveUp(f"refuses the query ({type(wrong).__name__})") from None
        except ValueError:  # a page of its maintenance, with 200
            raise TryLater("its answer is not JSON") from None
        if not isinstance(answer, dict):
            raise GiveUp("its answer has another form")
        return answer

    def _signed_in(self) -> str:
        with self._lock:
            if not self._token:
                answer = self._wire.post(f"{self._url}/services/oauth2/token", self._secrets)
                self._token = str(answer.get("access_token") or "") if isinstance(answer, dict) else ""
            if not self._token:
                raise GiveUp("signing in gives no token", refused=True)
            return self._token
