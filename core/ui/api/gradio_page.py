"""The endpoints for MCP and for Gradio's documentation. `core.ui.api.http_routes` serves its other clients.

`gr.api`, Gradio's public way to declare a function for programs, does the work. Beyond it only
``Blocks.get_api_info`` is used, to complete the documentation.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from inspect import Parameter, Signature, signature
from typing import Any

import gradio as gr
from gradio_client.utils import json_schema_to_python_type, python_type_to_json_schema

from ...errors import AniSVDError, InputError
from .endpoint import Endpoint


class CallError(gr.Error):
    """The problem of a call, as a sentence. Gradio logs no traceback of it, which would quote the visitor."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, print_exception=False)

    def __str__(self) -> str:
        """Return the bare sentence for MCP; Gradio would put it in quotes."""
        return str(self.message)


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

    def get_api_info(self, *arguments: Any, **options: Any) -> Any:
        """Return Gradio's documentation, completed by what parameters mean and which fields an answer has.

        Declared to `gr.api`, the fields would stand in the page four times.
        """
        info: Any = super().get_api_info(*arguments, **options)
        for endpoint in self.endpoints:
            documented = info["named_endpoints"][f"/{endpoint.name}"]
            for parameter in documented["parameters"]:
                field = endpoint.parameters[parameter["parameter_name"]]
                parameter["python_type"]["description"] = field.description
            schema = python_type_to_json_schema(signature(endpoint.question.answer).return_annotation)
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
    """Add an endpoint to the Blocks that are being built, for MCP and for Gradio's documentation.

    Gradio reads names, types and defaults from the signature, and descriptions for MCP from the docstring.
    """

    def respond(*values: Any) -> str:
        try:
            answer = endpoint(endpoint.by_position(values))
        except AniSVDError as error:
            raise CallError(str(error)) from error
        return json.dumps(answer, ensure_ascii=False)  # of a list Gradio would make str(answer), which is no JSON

    kind, fields = Parameter.POSITIONAL_OR_KEYWORD, signature(endpoint.question).parameters
    parameters = [fields[name].replace(kind=kind) for name in endpoint.parameters]
    meanings = [f"{name}: {field.description}" for name, field in endpoint.parameters.items()]
    respond.__name__ = endpoint.name
    respond.__doc__ = "\n".join([str(endpoint.question.__doc__), "Args:", *meanings])
    respond.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    respond.__signature__ = Signature(parameters, return_annotation=list)  # type: ignore[attr-defined]
    gr.api(respond, api_name=endpoint.name, queue=False)  # type: ignore[attr-defined]
