"""Issue trackers: one module each, behind ``escalation.ports.Tracker``, over the guarded session of ``connectors.http``."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from config.trackers import TRACKERS, TrackerAccount
from escalation.ports import GiveUp, Tracker


def connect(account: TrackerAccount, *, timeout_s: float = 10.0) -> Tracker:
    """The client of one tracker; GiveUp for a name without a module. Nothing is called on the way."""
    if account.name not in TRACKERS:
        raise GiveUp(f"no tracker {account.name!r}; known: {', '.join(TRACKERS)}")
    return cast(Tracker, import_module(f"trackers.{account.name}").Client(account, timeout_s=timeout_s))
