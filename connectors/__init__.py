"""Every outside company. A folder is a helpdesk and is found by its name; a plain file is shared kit or a single service."""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from typing import cast

from config.connections import Connection
from escalation.ports import GiveUp, Helpdesk, Inbound, Unreadable
from mappings.schema import Mapping, Preview, Problem


def kinds() -> tuple[str, ...]:
    """Names of the helpdesks there is a connector for: the folders beside this file."""
    here = Path(__file__).parent
    return tuple(sorted(path.parent.name for path in here.glob("*/__init__.py")))


def connect(connection: Connection, mapping: Mapping, *, timeout_s: float = 10.0) -> Helpdesk:
    """The connector for one account; GiveUp when no folder is called as its helpdesk. Nothing is called on the way."""
    if connection.helpdesk not in kinds():
        raise GiveUp(f"connection {connection.id}: no helpdesk {connection.helpdesk!r}; known: {', '.join(kinds())}")
    module = import_module(f"connectors.{connection.helpdesk}")
    return cast(Helpdesk, module.Connector(connection, mapping, timeout_s=timeout_s))


def preview(mapping: Mapping, payload: object) -> Preview:
    """What a webhook's JSON would become under a mapping, with all that was noticed; LookupError for no such helpdesk."""
    if mapping.helpdesk not in kinds():
        raise LookupError(f"no helpdesk {mapping.helpdesk!r}; known: {', '.join(kinds())}")
    inbound = import_module(f"connectors.{mapping.helpdesk}.inbound")
    try:
        body = inbound.payload_of(Inbound({}, json.dumps(payload).encode(), {}))
    except Unreadable as bad:
        return Preview("unreadable", None, [Problem(1, bad.path, str(bad), bad.remedy)])
    return mapping.preview(inbound.shape_of(body), body, mapping.helpdesk)
