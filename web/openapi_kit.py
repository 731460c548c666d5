"""What the OpenAPI description is written with: JSON schemas in short."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

Json = dict[str, Any]


def of(*types: str, **more: Any) -> Json:
    return {"type": types[0] if len(types) == 1 else list(types), **more}


def object_of(properties: Json, optional: Iterable[str] = (), **more: Any) -> Json:
    required = [name for name in properties if name not in set(optional)]
    return {"type": "object", "properties": properties, "required": required, **more}


def list_of(items: Json, **more: Any) -> Json:
    return {"type": "array", "items": items, **more}


def page_of(name: str) -> Json:
    return object_of({"items": list_of(ref(name)), "next": of("string", "null", description="cursor of the following part")})


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def word(words: Iterable[str]) -> Json:
    return {"type": "string", "enum": [str(word) for word in words]}


TEXT, NUMBER, YES, ANY = of("string"), of("integer"), of("boolean"), of("object")
TEXT_OR_NONE = of("string", "null")
AT = of("string", format="date-time")
AT_OR_NONE = of("string", "null", format="date-time")
AGENT = {"agent": of("string", description="id or e-mail address in the roster; with a session, yourself if left out")}
