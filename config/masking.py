"""The part of ``escalation.yaml`` that says what must not leave: patterns to hide, and fields a destination is limited to."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from config.conditions import Strict, compile_pattern
from config.values import Name
from config.yamldoc import wrong
from config.yamlwords import choose
from escalation import masking
from escalation.masking import FIELDS, To

Destination = Literal["chat", "note", "tracker", "llm", "log", "bot"]
Limited = Literal["chat", "note", "tracker", "llm"]
_MOST = 100  # patterns: each is looked for in every text that leaves


class MaskModel(Strict):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    pattern: Annotated[str, Field(min_length=1, max_length=500)]
    to: Annotated[list[Destination], Field(min_length=1)] | None = None

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, text: str) -> str:
        try:
            pattern = compile_pattern(text)
        except ValueError as bad:
            raise wrong(f"this pattern cannot be used: {bad}", "Mend it; the syntax is RE2's.") from None
        if pattern.search("") is not None:
            raise wrong("this pattern matches nothing at all, everywhere", "Write what has to be there.")
        return text

    def built(self) -> masking.Mask:
        to = frozenset(To) if self.to is None else frozenset(To(word) for word in self.to)
        return masking.Mask(self.name, compile_pattern(self.pattern), to)


class MaskingModel(Strict):
    patterns: Annotated[list[MaskModel], Field(max_length=_MOST)] = Field(default_factory=list)
    shown: dict[Limited, list[Name]] = Field(default_factory=dict)

    @field_validator("shown")
    @classmethod
    def _known(cls, shown: dict[Limited, list[str]]) -> dict[Limited, list[str]]:
        for names in shown.values():
            for name in names:
                if name not in FIELDS:
                    raise wrong(f"a context package has no field {name!r}", choose(name, FIELDS))
        return shown

    def built(self) -> masking.Masking:
        """The same as the core's type."""
        shown = {To(to): frozenset(names) for to, names in self.shown.items()}
        return masking.Masking(tuple(one.built() for one in self.patterns), shown)
