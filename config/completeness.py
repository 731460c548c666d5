"""The part of ``escalation.yaml`` that says what the context package of an issue type needs to be complete."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from pydantic import Field, field_validator

from config.conditions import Strict
from config.values import Positive
from config.yamldoc import wrong
from config.yamlwords import choose
from escalation import completeness
from escalation.completeness import PARTS

Share = Annotated[int, Field(ge=0, le=100)]


class NeedsModel(Strict):
    points: dict[str, Share] = Field(default_factory=dict)
    minimum: Share = 0
    ask_for: Positive = timedelta(minutes=10)

    @field_validator("points")
    @classmethod
    def _known(cls, points: dict[str, int]) -> dict[str, int]:
        for name in points:
            if name not in PARTS:
                raise wrong(f"a context package has no part {name!r}", choose(name, PARTS))
        return points

    def built(self) -> completeness.Needs:
        """The same as the core's type."""
        return completeness.Needs(self.points, self.minimum, self.ask_for)
