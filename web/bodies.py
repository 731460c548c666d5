"""Request bodies, never longer than allowed: raw, and as the JSON that the API takes."""

from __future__ import annotations

import json
from typing import Any

from flask import request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge, UnprocessableEntity

from config.tickets import whole

MOST_BYTES = 2 * 1024 * 1024  # of the API; a webhook of 1 MiB fits into a preview
MOST_WORDS = 2000  # characters of what a person writes


def read_body(most: int) -> bytes:
    """The whole body; RequestEntityTooLarge (413) over ``most`` bytes, also when it comes in chunks that tell no length.

    Werkzeug refuses by Content-Length but cuts a chunked body at its limit without a word, so one byte more is allowed in.
    """
    too_large = RequestEntityTooLarge(f"A body may have {most:,} bytes at most. Send less, for example only the newest messages.")
    request.max_content_length = most + 1
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise too_large from None
    if len(body) > most:
        raise too_large
    return body


def json_of(empty: str = "") -> object:
    """The body as JSON; ``empty`` is what no body means."""
    try:
        return json.loads(read_body(MOST_BYTES) or empty)
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON.") from None


def object_of() -> dict[str, Any]:
    """The body as a JSON object, without halves of characters: nothing can store them or write them into an answer."""
    body = whole(json_of(empty="{}"))
    if not isinstance(body, dict):
        raise BadRequest('The body is a JSON object, for example {"agent": "ada@example.com"}.')
    return body


def text(body: dict[str, Any], name: str) -> str:
    """A text of a JSON body, "" when it is left out; UnprocessableEntity for anything else."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > MOST_WORDS or "\x00" in value:
        raise UnprocessableEntity(f"{name} is text of at most {MOST_WORDS} characters.")
    return value.strip()
