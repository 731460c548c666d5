"""Which model words handoffs, from the settings: none, a real one, or the sandbox's where everything is played."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from config.connections import PLAY_TOKEN, from_settings
from config.settings import Settings, SettingsProblem

OPENAI = "https://api.openai.com/v1"
PLAY = "play"  # the name under which the sandbox's model is asked for


@dataclass(frozen=True, slots=True)
class LlmAccount:
    """One model behind one OpenAI-compatible endpoint. ``answers``: json_schema | json_object | text."""

    url: str
    key: SecretStr
    model: str
    deadline_s: float = 8.0
    answers: str = "json_schema"
    sandbox: bool = False


def account(settings: Settings) -> LlmAccount | None:
    """The model to ask, None when no LLM_MODEL is set; SettingsProblem for a play model beside real accounts."""
    s = settings
    if not s.llm_model:
        return None
    if s.llm_model == PLAY and not s.llm_base_url:
        connections, chat = from_settings(settings)
        if not (chat.sandbox or any(c.sandbox for c in connections)):
            raise SettingsProblem("LLM_MODEL=play is the sandbox's model, and nothing is played here; name a real one, or none.")
        url = f"{s.local_address}/sandbox/llm/v1"
        return LlmAccount(url, SecretStr(PLAY_TOKEN), PLAY, s.llm_deadline_s, s.llm_answers, sandbox=True)
    return LlmAccount((s.llm_base_url or OPENAI).rstrip("/"), s.llm_api_key, s.llm_model, s.llm_deadline_s, s.llm_answers)
