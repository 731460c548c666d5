"""Any HTTP endpoint that answers in JSON about one customer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from accounts.source import Who
from accounts.wire import Wire
from escalation.ports import GiveUp
from mappings.accounts import HttpForm
from mappings.paths import WrongType, compiled

_PLACE = re.compile(r"\{(\w+)\}")


class Endpoint:
    """``headers`` with their secrets filled in."""

    def __init__(self, form: HttpForm, headers: Mapping[str, str]) -> None:
        self._url, self._record = form.url, compiled(form.record)
        self._wire = Wire(form.name, form.timeout.total_seconds(), headers)

    def find(self, who: Who) -> Mapping[str, Any] | None:
        places = who.places()
        if not all(places[name] for name in _PLACE.findall(self._url)):
            return None  # the helpdesk does not tell what it asks for
        answer = self._wire.get(_PLACE.sub(lambda found: quote(places[found[1]], safe=""), self._url))
        try:
            record = self._record(answer)
        except WrongType as unfit:
            raise GiveUp(f"its answer has another form: {unfit}") from None
        if isinstance(record, list):
            record = record[0] if record else None
        if record is not None and not isinstance(record, dict):
            raise GiveUp("its answer is no object")
        return record
