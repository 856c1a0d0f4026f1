"""The interface as a page to read, made from its OpenAPI description; without scripts and without anything from other servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.web.home import environment

Description = Mapping[str, Any]
"""OpenAPI 3.1, as FastAPI makes it."""


def render_api(description: Description, prefix: str = "") -> str:
    """The page; `prefix` is the path under which the gateway is reached."""
    operations = [
        _operation(path, method, operation, description)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    ]
    template = environment().get_template("api.html")
    return template.render(title=description["info"]["title"], operations=operations, prefix=prefix)


def _operation(path: str, method: str, operation: Description, description: Description) -> dict[str, Any]:
    body = operation.get("requestBody")
    return {
        "method": method.upper(),
        "path": path,
        "description": operation.get("description", ""),
        "token": bool(operation.get("security")),
        "takes": [
            *({"name": f"{found['name']} ({found['in']})", **_field(found["schema"], description)} | _told(found)
              for found in operation.get("parameters", ())),
            *(_fields(next(iter(body["content"].values()))["schema"], description) if body else ()),
        ],
        "gives": [_response(status, found, description) for status, found in operation["responses"].items()],
    }  # fmt: skip


def _told(parameter: Description) -> dict[str, str]:
    return {"description": parameter["description"]} if "description" in parameter else {}


def _response(status: str, response: Description, description: Description) -> dict[str, Any]:
    schema = response.get("content", {}).get("application/json", {}).get("schema", {})
    return {"status": status, "description": response["description"], "fields": _fields(schema, description)}


def _fields(schema: Description, description: Description) -> list[dict[str, Any]]:
    model = _resolved(schema, description)
    return [{"name": name, **_field(field, description)} for name, field in model.get("properties", {}).items()]


def _field(schema: Description, description: Description) -> dict[str, Any]:
    return {"type": _type(schema), "description": schema.get("description", "")}


def _resolved(schema: Description, description: Description) -> Description:
    if "$ref" not in schema:
        return schema
    found: Description = description["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return found


def _type(schema: Description) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[1])
    for several in ("anyOf", "allOf", "oneOf"):
        if several in schema:
            return " or ".join(_type(one) for one in schema[several])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema['items'])}"
    return str(schema.get("format") or schema.get("type", ""))
