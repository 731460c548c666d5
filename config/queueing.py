"""The ``queue`` of the playbook: in which order handoffs wait, and when people are asked from there."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.conditions import Strict
from config.values import Points, Positive
from escalation.playbook import Queueing

_USUAL = Queueing()


class QueueModel(Strict):
    severity: Points = _USUAL.severity
    breach: Points = _USUAL.breach
    tier: Points = _USUAL.tier
    contract: Points = _USUAL.contract
    breach_within: Positive = _USUAL.breach_within
    contract_full: Annotated[float, Field(gt=0, le=1e12, allow_inf_nan=False)] = _USUAL.contract_full
    ask_again_after: Positive = _USUAL.ask_again_after
    ask_again_most: Annotated[int, Field(ge=0, le=50)] = _USUAL.ask_again_most
    stuck_after: Positive = _USUAL.stuck_after

    def built(self) -> Queueing:
        """The same as the core's type."""
        return Queueing(**self.model_dump())
