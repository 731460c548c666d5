"""Raw request bodies, never longer than allowed."""

from __future__ import annotations

from flask import request
from werkzeug.exceptions import RequestEntityTooLarge


def read_body(most: int) -> bytes:
    """The whole body; RequestEntityTooLarge (413) over ``most`` bytes, also when it comes in chunks that tell no length.

    Werkzeug refuses by Content-Length but cuts a chunked body at its limit without a word, so one byte more is allowed in.
    """
    request.max_content_length = most + 1
    body = request.get_data(cache=False)
    if len(body) > most:
        raise RequestEntityTooLarge()
    return body
