"""Raw request bodies, never longer than allowed."""

from __future__ import annotations

from typing import Any

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge, UnprocessableEntity

MOST_WORDS = 2000  # characters of what a person writes


def read_body(most: int) -> bytes:
    """The whole body; RequestEntityTooLarge (413) over ``most`` bytes, also when it comes in chunks that tell no length.

    Werkzeug refuses by Content-Length but cuts a chunked body at its limit without a word, so one byte more is allowed in.
    """
    request.max_content_length = most + 1
    body = request.get_data(cache=False)
    if len(body) > most:
        raise RequestEntityTooLarge()
    return body


def text(body: dict[str, Any], name: str) -> str:
    """A text of a JSON body, "" when it is left out; UnprocessableEntity for anything else."""
    value = body.get(name, "")
    if not isinstance(value, str) or len(value) > MOST_WORDS or "\x00" in value:
        raise UnprocessableEntity(f"{name} is text of at most {MOST_WORDS} characters.")
    return value.strip()
