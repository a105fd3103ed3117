"""The endpoints in OpenAPI 3.1. Gradio's own description has routes that this server refuses, and no errors."""

from collections.abc import Iterable
from inspect import signature
from typing import Any

from gradio_client.utils import python_type_to_json_schema
from pydantic.fields import FieldInfo

from .endpoint import Endpoint

ADDRESS = "/gradio_api/openapi.json"
ERROR = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
EVENT_ID = {"type": "object", "properties": {"event_id": {"type": "string"}}, "required": ["event_id"]}
EVENT = {
    "type": "object",
    "properties": {
        "event": {"type": "string", "enum": ["complete", "error"]},
        "data": {"type": "string", "description": "The answer, alone in a list, or the error, as JSON."},
    },
}


def openapi(endpoints: Iterable[Endpoint], prefix: str = "") -> dict[str, Any]:
    """Return the description of the routes ``run`` and ``call`` of each endpoint, below a proxy's ``prefix``."""
    paths: dict[str, Any] = {}
    for endpoint in endpoints:
        name = endpoint.name
        data = {"type": "array", "items": answer_schema(endpoint), "minItems": 1, "maxItems": 1}
        ran = {"type": "object", "properties": {"data": data}, "required": ["data"]}
        paths[f"/gradio_api/run/{name}"] = {"post": _operation(endpoint, name, ran)}
        paths[f"/gradio_api/call/{name}"] = {"post": _operation(endpoint, f"call_{name}", EVENT_ID)}
        paths[f"/gradio_api/call/{name}/{{event_id}}"] = {
            "get": {
                "operationId": f"collect_{name}",
                "summary": "The answer to a call, once, within a minute.",
                "parameters": [{"name": "event_id", "in": "path", "required": True, "schema": {"type": "string"}}],
                "responses": _responses(EVENT, "text/event-stream"),
            }
        }
    about = {"title": "AniSVD", "version": "1", "description": "Anime recommendations."}
    return {"openapi": "3.1.0", "info": about, "servers": [{"url": prefix or "/"}], "paths": paths}


def answer_schema(endpoint: Endpoint) -> dict[str, Any]:
    """Return the JSON schema of an endpoint's answer."""
    schema: dict[str, Any] = python_type_to_json_schema(signature(endpoint.question.answer).return_annotation)
    return schema


def _operation(endpoint: Endpoint, operation_id: str, answer: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a route that takes the arguments of an endpoint by name."""
    fields = endpoint.parameters
    properties = {name: schema | _meaning(fields[name]) for name, schema in endpoint.schemas.items()}
    required = [name for name, field in fields.items() if field.is_required()]
    arguments = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return {
        "operationId": operation_id,
        "summary": endpoint.question.__doc__,
        "requestBody": {"required": True, "content": {"application/json": {"schema": arguments}}},
        "responses": _responses(answer, "application/json"),
    }


def _meaning(field: FieldInfo) -> dict[str, Any]:
    has_default = not field.is_required() and field.default is not None
    return {"description": field.description} | ({"default": field.default} if has_default else {})


def _responses(answer: dict[str, Any], kind: str) -> dict[str, Any]:
    error = {"description": "Why not, in a sentence.", "content": {"application/json": {"schema": ERROR}}}
    return {"200": {"description": "The answer.", "content": {kind: {"schema": answer}}}, "4XX": error, "503": error}
