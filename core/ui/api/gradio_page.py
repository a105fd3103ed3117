"""The endpoints for Gradio, which documents them and lists them as MCP tools.

They are declared with `gr.api`, Gradio's public way. Beyond it only ``Blocks.get_api_info`` is used, to complete the
documentation. `core.ui.api.http_routes` and `core.ui.api.mcp_tools` serve the calls.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from inspect import Parameter, Signature, signature
from typing import Any

import gradio as gr
from gradio_client.utils import json_schema_to_python_type, python_type_to_json_schema

from ...errors import InputError
from ...gates.load import Load
from .endpoint import Endpoint
from .mcp_tools import answer_tools
from .openapi import answer_schema


class Page(gr.Blocks):
    """Blocks with endpoints."""

    def __init__(self, endpoints: Iterable[Endpoint], **options: Any) -> None:
        self.endpoints = list(endpoints)
        super().__init__(**options)
        with self:
            for endpoint in self.endpoints:
                _declare(endpoint)

    @cached_property
    def functions(self) -> dict[int, Callable[[Sequence[Any]], list[Any]]]:
        """The functions by the number under which Gradio's clients call them. Each takes its arguments by position,
        and returns its outputs.
        """
        by_name = {endpoint.name: endpoint for endpoint in self.endpoints}  # declared first, so events have other names
        return {
            number: _by_position(by_name[function.api_name]) if function.api_name in by_name else _as_list(function.fn)
            for number, function in self.fns.items()
            if function.fn
        }

    def run_startup_events(self) -> None:
        """Start nothing. Gradio's queue would look for work a thousand times a second, and gets none here."""

    def answer_tools(self, load: Load) -> None:
        """Answer the tools of the MCP server, once it is launched. See `core.ui.api.mcp_tools.answer_tools`."""
        server, by_path = self.mcp_server_obj, {f"/{endpoint.name}": endpoint for endpoint in self.endpoints}
        if server:  # on a Space the name of a tool begins with that of the Space
            tools = {name: by_path[path] for name, path in server.tool_to_endpoint.items()}
            answer_tools(server.mcp_server, tools, load)

    def get_api_info(self, *arguments: Any, **options: Any) -> Any:
        """Return Gradio's documentation, completed by what parameters take and mean, and the fields of an answer.

        Declared to `gr.api`, the types and fields would stand in the page four times.
        """
        info: Any = super().get_api_info(*arguments, **options)
        for endpoint in self.endpoints:
            documented = info["named_endpoints"][f"/{endpoint.name}"]
            for parameter in documented["parameters"]:
                name = parameter["parameter_name"]
                field = endpoint.parameters[name]
                python_type = json_schema_to_python_type(python_type_to_json_schema(field.annotation))
                parameter["type"] = endpoint.schemas[name]
                parameter["python_type"] = {"type": python_type, "description": field.description}
            schema = answer_schema(endpoint)
            for answer in documented["returns"]:
                answer["type"] = schema
                answer["python_type"]["type"] = json_schema_to_python_type(schema)
        return info


def _by_position(endpoint: Endpoint) -> Callable[[Sequence[Any]], list[Any]]:
    return lambda values: [endpoint(endpoint.by_position(values))]


def _as_list(handler: Callable[..., Any]) -> Callable[[Sequence[Any]], list[Any]]:
    """Return an event's handler with its outputs as a list. Each event of the page has one input."""

    def function(values: Sequence[Any]) -> list[Any]:
        if len(values) != 1:
            raise InputError(f"data has {len(values)} values; expected 1.")
        outputs = handler(*values)
        return list(outputs) if isinstance(outputs, tuple) else [outputs]

    return function


def _declare(endpoint: Endpoint) -> None:
    """Add an endpoint to the Blocks that are being built.

    Gradio reads names and defaults from the signature, and descriptions for MCP from the docstring. `Page` adds types.
    """

    def respond(*values: Any) -> list[Any]:
        return endpoint(endpoint.by_position(values))

    kind, fields = Parameter.POSITIONAL_OR_KEYWORD, signature(endpoint.question).parameters
    parameters = [fields[name].replace(kind=kind, annotation=Any) for name in endpoint.parameters]
    meanings = [f"{name}: {field.description}" for name, field in endpoint.parameters.items()]
    respond.__name__ = endpoint.name
    respond.__doc__ = "\n".join([str(endpoint.question.__doc__), "Args:", *meanings])
    respond.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    respond.__signature__ = Signature(parameters, return_annotation=list)  # type: ignore[attr-defined]
    gr.api(respond, api_name=endpoint.name, queue=False)  # type: ignore[attr-defined]
