"""The client of an OpenAI-compatible endpoint: one request, one answer, within a deadline that holds whatever the server does."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from datetime import timedelta
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar

import structlog

from config.llm import LlmAccount
from escalation.draft import Brief, Draft
from escalation.ports import GiveUp, Outside, TryLater
from llm import answer, prompt

log = structlog.get_logger("llm")
_MOST_TOKENS = 2_000  # of an answer: a model that goes on and on is cut off, and its answer is no JSON then
_REMEDY = {
    400: "LLM_ANSWERS says in which form it is asked for JSON",
    401: "mend LLM_API_KEY",
    403: "LLM_API_KEY may not use this model",
    404: "mend LLM_MODEL or LLM_BASE_URL",
}
T = TypeVar("T")


class Client:
    """One model as ``escalation.ports.Writer``; thread-safe, it keeps nothing between calls."""

    def __init__(self, account: LlmAccount) -> None:
        self._account = account

    @property
    def model(self) -> str:
        return self._account.model

    def prepare(self) -> None:
        """Import what takes a second, before somebody waits for anything."""
        try:
            _openai()
        except GiveUp as missing:
            log.warning("handoffs are not worded", error=str(missing))

    def write(self, brief: Brief) -> Draft:
        openai = _openai()
        told = self._within_deadline(openai, self._ask(openai, brief))
        choice = told.choices[0] if told.choices else None
        text = choice.message.content if choice and choice.message else None
        tokens = told.usage.total_tokens if told.usage else 0
        log.info("asked the model", model=self.model, messages=len(brief.messages), tokens=tokens)
        if choice and choice.finish_reason == "length":
            raise GiveUp(f"the model's answer was cut off after {_MOST_TOKENS:,} tokens")
        if not isinstance(text, str) or not text.strip():
            raise GiveUp("the model answered without text")
        return answer.draft(text, tokens if isinstance(tokens, int) else 0)

    def check(self) -> str:
        """What has to be mended, "" when the endpoint answers and knows the model; costs nothing."""
        try:
            openai = _openai()
            known = self._within_deadline(openai, self._models(openai))
        except Outside as wrong:
            return str(wrong)
        names = {model.id for model in known.data or ()}
        return f"the endpoint does not know {self.model}; mend LLM_MODEL" if names and self.model not in names else ""

    async def _ask(self, openai: ModuleType, brief: Brief) -> Any:
        # No temperature: models that reason refuse any but their own.
        async with self._connection(openai) as client:
            return await client.chat.completions.create(
                model=self.model,
                messages=prompt.messages(brief),
                max_completion_tokens=_MOST_TOKENS,
                **self._form(),
            )

    def _form(self) -> dict[str, Any]:
        if self._account.answers == "json_schema":
            wanted = {"name": "handover", "strict": True, "schema": answer.schema()}
            return {"response_format": {"type": "json_schema", "json_schema": wanted}}
        return {"response_format": {"type": "json_object"}} if self._account.answers == "json_object" else {}

    async def _models(self, openai: ModuleType) -> Any:
        async with self._connection(openai) as client:
            return await client.models.list()

    def _connection(self, openai: ModuleType) -> Any:
        key = self._account.key.get_secret_value() or "none"  # servers of one's own often want none, the client always does
        # Retries are left to nobody: the answer to a second try would come too late.
        return openai.AsyncOpenAI(api_key=key, base_url=self._account.url, timeout=self._account.deadline_s, max_retries=0)

    def _within_deadline(self, openai: ModuleType, call: Coroutine[Any, Any, T]) -> T:
        """The call's answer; the client's own time-out counts each read anew, and a server may drip."""

        async def timed() -> T:
            async with asyncio.timeout(self._account.deadline_s):
                return await call

        try:
            return asyncio.run(timed())
        except (TimeoutError, openai.APITimeoutError):
            raise TryLater(f"the model gave no answer in {self._account.deadline_s:g} s") from None
        except openai.APIConnectionError:
            raise TryLater("the model's endpoint cannot be reached (LLM_BASE_URL)") from None
        except openai.APIStatusError as wrong:
            raise _refused(wrong.status_code, wrong.response.headers.get("retry-after", "")) from None
        except (openai.OpenAIError, ValueError) as wrong:
            raise GiveUp(f"the endpoint's answer is not of the kind it should be ({type(wrong).__name__})") from None


def _refused(status: int, retry_after: str) -> Outside:
    """The endpoint's status in words; its text is left out, for it may repeat the request or the key."""
    if status == 429 or status >= 500:
        wait = timedelta(seconds=int(retry_after)) if retry_after.isascii() and retry_after.isdigit() else None
        words = "too many requests to the model" if status == 429 else f"the model's endpoint answered {status}"
        return TryLater(words, wait=wait)
    remedy = f"; {_REMEDY[status]}" if status in _REMEDY else ""
    return GiveUp(f"the model's endpoint answered {status}{remedy}", refused=status in (401, 403))


def _openai() -> ModuleType:
    """The client's package, imported when it is first needed: it takes a second."""
    try:
        return import_module("openai")
    except ModuleNotFoundError:
        raise GiveUp("the client of language models is not installed: make llm") from None
