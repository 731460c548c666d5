"""A play model behind the wire format of OpenAI's chat completions: it words a handover by quoting the ticket's sentences.

https://platform.openai.com/docs/api-reference/chat/create. Controls: those of ``sandbox.faults``, with the lies of
``sandbox.llm_lies`` and ``rate_drips`` (an answer that comes byte by byte). ``GET /_calls`` is all that ever reached it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, g, jsonify, render_template, request, stream_with_context

from sandbox import Play, faults
from sandbox.llm_lies import TOLD
from sandbox.state import Body, State

VENDOR, MODEL = "llm", "play"
_OWN: Body = {"rate_drips": 0.0} | dict.fromkeys(TOLD, 0.0)
_DRIP_S = 0.2
_ENDS = re.compile(r"(?<=[.!?])\s+|\n+")
_ROLES = ("system", "developer", "user", "assistant", "tool")


class Refused(Exception):
    """An error in OpenAI's form."""

    def __init__(self, message: str, status: int = 400, code: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code = status, code


def blueprint(state: State, play: Play) -> Blueprint:
    """All of the play model, to be mounted at /sandbox/llm."""
    made = Blueprint("sandbox_llm", __name__, template_folder="templates")
    faults.attach(made, state, VENDOR, _OWN)

    @made.before_request
    def known() -> Response | None:
        open_to_all = "/_" in request.path or (request.endpoint or "").endswith(".page")
        if open_to_all or request.headers.get("Authorization") == f"Bearer {play.token}":
            return None
        return _error(Refused("Incorrect API key provided", 401, "invalid_api_key"))

    made.add_url_rule("", "page", lambda: _page(state), strict_slashes=False)
    made.add_url_rule("/v1/models", "models", _models)
    made.add_url_rule("/v1/chat/completions", "completions", _completions, methods=["POST"])
    return made


def _page(state: State) -> str:
    calls = [_shown(call) for call in reversed(state.calls(VENDOR)[-50:])]
    return render_template("sandbox/llm.html", calls=calls)


def _shown(call: Body) -> Body:
    told = (call["body"] or {}).get("messages") or [{}]
    return {"path": call["path"], "status": call["status"], "text": str(told[-1].get("content", ""))}


def _models() -> Response:
    return jsonify({"object": "list", "data": [{"id": MODEL, "object": "model", "created": 1, "owned_by": "sandbox"}]})


def _completions() -> Response:
    told: Any = request.get_json(silent=True)
    try:
        ask = _checked(told)
    except Refused as refused:
        return _error(refused)
    answer = honest(ask)
    lie = next((lie for name, lie in TOLD.items() if faults.share(g.faults, name)), None)
    body = _completion(lie(ask, answer) if lie else json.dumps(answer), len(json.dumps(told)) // 4)
    if faults.share(g.faults, "rate_drips"):
        drops = _dripped(json.dumps(body), float(g.faults["timeout_s"]))
        return Response(stream_with_context(drops), mimetype="application/json")
    return jsonify(body)


def _completion(text: str, asked: int) -> Body:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": f"chatcmpl-{time.time_ns()}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": asked, "completion_tokens": len(text) // 4, "total_tokens": asked + len(text) // 4},
    }


def _checked(told: Any) -> Body:
    """The ticket of a request, refused as the real endpoint refuses."""
    if not isinstance(told, dict) or not isinstance(told.get("model"), str):
        raise Refused("you must provide a model parameter")
    if told["model"] != MODEL:
        raise Refused(f"The model `{told['model']}` does not exist or you do not have access to it.", 404, "model_not_found")
    messages = told.get("messages")
    if not isinstance(messages, list) or not messages or any(m.get("role") not in _ROLES for m in messages):
        raise Refused("Invalid value for 'messages'")
    form = told.get("response_format") or {"type": "text"}
    if form["type"] == "json_schema" and not _is_strict(form["json_schema"].get("schema")):
        raise Refused("Invalid schema for response_format: every object needs 'additionalProperties': false and all 'required'")
    if form["type"] == "json_object" and "json" not in json.dumps(messages).lower():
        raise Refused("'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.")
    ask: Body = json.loads(messages[-1]["content"])
    return ask


def _is_strict(part: Any) -> bool:
    if isinstance(part, list):
        return all(map(_is_strict, part))
    if not isinstance(part, dict):
        return True
    if part.get("type") == "object" and "properties" in part:
        closed = part.get("additionalProperties") is False and set(part.get("required", ())) == set(part["properties"])
        return closed and all(map(_is_strict, part["properties"].values()))
    return all(map(_is_strict, part.values()))


def honest(ask: Body) -> Body:
    """A handover in the ticket's own sentences: what a good model would say, without one."""
    customers = [m for m in ask["messages"] if m["role"] == "customer" and m["public"]]
    summary = [_sentence(m, f"{where} the customer says: ") for where, m in _ends(customers)]
    tried = []
    for nth, message in enumerate(ask["messages"]):
        if message["role"] in ("agent", "bot"):
            answered = next((m for m in ask["messages"][nth + 1 :] if m["role"] == "customer"), None)
            tried.append({"step": _sentence(message), "result": _sentence(answered) if answered else None})
    action = [_sentence(customers[-1], "Reply to: ")] if customers else []
    intent = next((i for i in ask["intents"] if i.split("_")[0] in json.dumps(ask["messages"]).lower()), "")
    return {"summary": summary, "tried": tried, "ruled_out": [], "next_action": action, "intent": intent}


def _ends(some: list[Body]) -> list[tuple[str, Body]]:
    return [(word, m) for word, m in (("First", some[0]), ("Now", some[-1]))][: len(some)] if some else []


def _sentence(message: Body, before: str = "") -> Body:
    spoken = [s.strip() for s in _ENDS.split(message["text"]) if len(s.strip()) > 12] or [message["text"].strip()]
    return {"text": f"{before}{spoken[0]}"[:300], "cites": [message["id"]]}


def _dripped(text: str, seconds: float) -> Iterator[str]:
    """White space, which JSON may begin with, for so long; then the answer."""
    for _ in range(int(seconds / _DRIP_S)):
        yield " "
        time.sleep(_DRIP_S)
    yield text


def _error(refused: Refused) -> Response:
    error = {"message": str(refused), "type": "invalid_request_error", "param": None, "code": refused.code}
    response = jsonify({"error": error})
    response.status_code = refused.status
    return response
