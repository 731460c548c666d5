"""The form of a model's answer, checked whole: what is not exactly so is no answer."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from escalation.draft import Claim, Draft, DraftAttempt
from escalation.ports import GiveUp

MOST = 20_000  # characters of an answer that are read
_FENCED = re.compile(r"\A\s*```(?:json)?\s*\n(.*?)\n?```\s*\Z", re.DOTALL)
_Few = Field(max_length=20)


class _Strict(BaseModel):
    """Nothing beside what is asked for: who obeys an order hidden in a ticket and adds an assignee has not answered."""

    model_config = ConfigDict(extra="forbid", strict=True)


class SentenceModel(_Strict):
    text: Annotated[str, Field(max_length=2_000)]
    cites: Annotated[list[Annotated[str, Field(max_length=40)]], _Few]


class AttemptModel(_Strict):
    step: SentenceModel
    result: SentenceModel | None


class AnswerModel(_Strict):
    summary: Annotated[list[SentenceModel], _Few]
    tried: Annotated[list[AttemptModel], _Few]
    ruled_out: Annotated[list[SentenceModel], _Few]
    next_action: Annotated[list[SentenceModel], _Few]
    intent: Annotated[str, Field(max_length=80)]


def schema() -> dict[str, Any]:
    """The form as a JSON schema of the kind that endpoints hold answers to: lengths are ours to judge, many refuse them."""
    found: dict[str, Any] = _without_limits(AnswerModel.model_json_schema())
    return found


def _without_limits(part: Any) -> Any:
    if isinstance(part, dict):
        left_out = ("maxLength", "maxItems", "title", "description")
        return {name: _without_limits(value) for name, value in part.items() if name not in left_out}
    return [_without_limits(value) for value in part] if isinstance(part, list) else part


def draft(text: str, tokens: int = 0) -> Draft:
    """An answer's text as a draft; GiveUp for anything else, saying where it is wrong and never quoting it."""
    if len(text) > MOST:
        raise GiveUp(f"the model's answer is longer than {MOST:,} characters")
    fenced = _FENCED.match(text)
    try:
        told = AnswerModel.model_validate_json(fenced[1] if fenced else text)
    except ValidationError as wrong:
        first = wrong.errors(include_input=False, include_context=False, include_url=False)[0]
        where = ".".join(str(step)[:40] for step in first["loc"])
        raise GiveUp(f"the model's answer is not as asked for: {where + ': ' if where else ''}{first['type']}") from None
    return Draft(
        _claims(told.summary),
        tuple(DraftAttempt(_claim(a.step), _claim(a.result) if a.result else None) for a in told.tried),
        _claims(told.ruled_out),
        _claims(told.next_action),
        told.intent.strip(),
        tokens,
    )


def _claims(told: list[SentenceModel]) -> tuple[Claim, ...]:
    return tuple(_claim(one) for one in told)


def _claim(told: SentenceModel) -> Claim:
    return Claim(told.text, tuple(told.cites))
