"""The client of the model over real HTTP: what it asks, in which time it answers, and what becomes of every kind of failure."""

from __future__ import annotations

import dataclasses
import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from pydantic import SecretStr

from config import logs
from config.llm import LlmAccount, account
from config.settings import SettingsProblem, load
from escalation.draft import Brief, BriefMessage, Claim, Draft
from escalation.ports import GiveUp, Outside, TryLater
from llm import answer, prompt
from llm.client import Client
from tests import databases
from tests.llm_play import PlayModel, playing
from tests.support import ROOT
from tests.system import until

BRIEF = Brief(
    "Charged twice",
    "",
    (
        BriefMessage("m1", "customer", "I was charged twice for invoice 4411. Please refund the second charge."),
        BriefMessage("m2", "agent", "Please clear your cache and try again."),
        BriefMessage("m3", "customer", "That did not help. It still shows two charges."),
    ),
    ("billing", "bug"),
)


@pytest.fixture(scope="module")
def _play(postgres: str) -> Iterator[PlayModel]:
    with databases.empty(postgres) as url, playing(url) as made:
        yield made


@pytest.fixture
def play(_play: PlayModel) -> Iterator[PlayModel]:
    _play.empty()
    yield _play
    _play.empty()


@pytest.mark.parametrize("answers", ["json_schema", "json_object", "text"])
def test_one_request_one_answer(play: PlayModel, answers: str) -> None:
    draft = play.client(answers=answers).write(BRIEF)
    first = "First the customer says: I was charged twice for invoice 4411."
    assert draft.summary[0] == Claim(first, ("m1",)) and draft.tokens > 100
    assert draft.tried[0].step.cites == ("m2",) and draft.tried[0].result is not None
    [call] = play.calls()
    assert (call["method"], call["path"], call["status"]) == ("POST", "/sandbox/llm/v1/chat/completions", 200)
    told = call["body"]
    assert told["model"] == "play" and "temperature" not in told and "tools" not in told
    assert told.get("response_format", {}).get("type", "text") == answers
    assert [m["role"] for m in told["messages"]] == ["system", "user"]
    assert "charged" not in told["messages"][0]["content"], "no word of a ticket stands beside an instruction"


def test_the_schema_that_is_sent_is_the_one_that_is_checked() -> None:
    names = set(answer.AnswerModel.model_fields)
    assert set(answer.schema()["required"]) == names == {f.name for f in dataclasses.fields(Draft)} - {"tokens"}
    system = prompt.messages(BRIEF)[0]["content"]
    assert all(f"- {name}: " in system for name in names)


@pytest.mark.parametrize(
    ("faults", "kind", "words"),
    [
        ({"rate_broken_json": 1}, GiveUp, "not as asked for: json_invalid"),
        ({"rate_talks": 1}, GiveUp, "not as asked for: json_invalid"),
        ({"rate_acts": 1}, GiveUp, "not as asked for: assignee: extra_forbidden"),
        ({"rate_429": 1, "retry_after_s": 7}, TryLater, "too many requests"),
        ({"rate_500": 1}, TryLater, "answered 500"),
    ],
)
def test_what_goes_wrong_is_told(play: PlayModel, faults: dict[str, float], kind: type[Outside], words: str) -> None:
    play.faults(**faults)
    with pytest.raises(kind, match=words) as told:
        play.client().write(BRIEF)
    assert len(play.calls()) == 1, "the client tries nothing again by itself"
    if isinstance(told.value, TryLater) and "retry_after_s" in faults:
        assert told.value.wait is not None and told.value.wait.total_seconds() == 7


@pytest.mark.parametrize("silence", ["rate_timeout", "rate_drips", "latency_ms"])
def test_the_deadline_holds_whatever_the_server_does(play: PlayModel, silence: str) -> None:
    play.faults(**{silence: 2900 if silence == "latency_ms" else 1, "timeout_s": 2.9})
    client = play.client(deadline_s=1.0)
    client.prepare()
    began = time.monotonic()
    with pytest.raises(TryLater, match=r"no answer in 1 s"):
        client.write(BRIEF)
    assert time.monotonic() - began < 2.8  # sooner than the server would have answered
    until(play.calls, what="the play model has done with it")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"key": SecretStr("sk-wrong-key-9d1")}, "answered 401; mend LLM_API_KEY"),
        ({"model": "gpt-none"}, "answered 404; mend LLM_MODEL"),
    ],
)
def test_what_people_must_mend(play: PlayModel, changed: dict[str, Any], words: str) -> None:
    with pytest.raises(GiveUp, match=words):
        play.client(**changed).write(BRIEF)
    assert play.client(**changed).check().startswith("the ")
    assert play.client().check() == ""


def test_an_endpoint_that_is_not_there_or_no_endpoint(play: PlayModel) -> None:
    away = LlmAccount("http://127.0.0.1:9/v1", SecretStr(""), "x", deadline_s=3)
    with pytest.raises(TryLater, match="cannot be reached"):
        Client(away).write(BRIEF)
    page = LlmAccount(f"{play.base}/sandbox", SecretStr(""), "x", deadline_s=3)
    with pytest.raises(GiveUp, match="answered 404"):
        Client(page).write(BRIEF)


def test_the_key_is_in_no_log_and_no_error(play: PlayModel, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure("json")
    written = StringIO()
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    monkeypatch.setattr(handler, "stream", written)
    monkeypatch.setattr(logging.getLogger(), "level", logging.DEBUG)
    key = SecretStr("kept-from-logs-4f1c")
    with pytest.raises(GiveUp) as refused:
        play.client(key=key).write(BRIEF)
    play.client().write(BRIEF)
    assert "asked the model" in written.getvalue()
    assert key.get_secret_value() not in written.getvalue() + repr(refused.value) + repr(play.client(key=key)._account)
    assert "invoice 4411" not in written.getvalue(), "nor what was asked"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"summary": []}',
        "[" * 30_000,
        '{"summary": "x", "tried": [], "ruled_out": [], "next_action": [], "intent": ""}',
    ],
)
def test_what_is_no_answer(text: str) -> None:
    with pytest.raises(GiveUp):
        answer.draft(text)


def test_a_fence_around_an_answer_is_taken_off() -> None:
    text = '{"summary": [], "tried": [], "ruled_out": [], "next_action": [], "intent": "bug"}'
    assert answer.draft(f"```json\n{text}\n```") == answer.draft(text) == Draft(intent="bug")


# --- settings ---


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("LLM_MODEL", "LLM_BASE_URL", "LLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_no_model_unless_it_is_named(bare: pytest.MonkeyPatch) -> None:
    assert account(load()) is None, "not even in the sandbox"
    play = account(load(llm_model="play", port=8123))
    assert play is not None and play.sandbox and play.url == "http://127.0.0.1:8123/sandbox/llm/v1"
    real = account(load(llm_model="gpt-x", llm_api_key="k"))
    assert real is not None and real.url == "https://api.openai.com/v1" and not real.sandbox
    own = account(load(llm_model="llama", llm_base_url="http://llm.local:11434/v1/"))
    assert own is not None and own.url == "http://llm.local:11434/v1"


@pytest.mark.slow
def test_without_a_model_its_client_is_not_even_imported(bare: pytest.MonkeyPatch) -> None:
    made = "app.assemble(app.load(llm_model='play')).pipeline.writer.model"
    code = f"import sys, app; assert app.assemble(app.load()).pipeline.writer is None; print({made}, *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert {"play", "llm.client"} <= set(done.stdout.split()) and "openai" not in done.stdout.split()


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"llm_api_key": "k"}, "need LLM_MODEL"),
        ({"llm_model": "gpt-x"}, "needs LLM_API_KEY"),
        ({"llm_model": "x", "llm_base_url": "llm.acme.example"}, "such as https://"),
        ({"llm_model": "x", "llm_base_url": "https://me:secret@llm.example"}, "without a user"),
    ],
)
def test_half_a_setting_is_told(bare: pytest.MonkeyPatch, told: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsProblem, match=words):
        load(**told)


def test_the_play_model_is_not_for_real_tickets(bare: pytest.MonkeyPatch) -> None:
    real = {"zendesk_url": "https://acme.zendesk.com", "zendesk_api_token": "t", "slack_bot_token": "x"}
    with pytest.raises(SettingsProblem, match="nothing is played here"):
        account(load(llm_model="play", **real))
