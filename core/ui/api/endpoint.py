"""What makes a function an endpoint: its parameters checked and documented, one JSON form, and errors
as sentences, the same for ``gradio_client``, plain HTTP and MCP.
"""

import json
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from inspect import Parameter, Signature, signature
from typing import Any, Protocol, cast

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api
from gradio.events import api
from gradio.state_holder import SessionState
from gradio.utils import get_function_description
from gradio_client.utils import json_schema_to_python_type, python_type_to_json_schema
from pydantic import BaseModel, ConfigDict, ValidationError, create_model
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ...errors import AniSVDError, InputError

MCP_PATH = "/gradio_api/mcp"
WORDS = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
}
"""pydantic's types of errors, as what was expected."""

Json = list[dict[str, Any]]


class Answer(Protocol):
    """One line of an answer."""

    def as_dict(self) -> dict[str, Any]:
        """Plain dicts, lists and numbers, ready for JSON."""


class CallError(gr.Error):
    """What is wrong with a call, as a sentence. No traceback is logged: it would quote the visitor."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, print_exception=False)

    def __str__(self) -> str:
        """The bare sentence, which MCP passes on; Gradio's own would be in quotes."""
        return str(self.message)


@dataclass(frozen=True)
class Endpoint:
    """A function for programs.

    Attributes
    ----------
    function
        Gives the answer, from typed arguments; its docstring describes those under ``Args:``.
    parts
        Arguments that are made from parameters of their own, by name: callers give those parameters,
        described in the maker's docstring, in place of the argument.
    """

    function: Callable[..., Sequence[Answer]]
    parts: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """As in ``/name``."""
        return self.function.__name__

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """All that a caller may give, in order."""
        found: list[Parameter] = []
        for one in signature(self.function).parameters.values():
            found += signature(self.parts[one.name]).parameters.values() if one.name in self.parts else [one]
        return {one.name: one.replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for one in found}

    @cached_property
    def description(self) -> str:
        """What it does."""
        return get_function_description(self.function)[0]

    @cached_property
    def descriptions(self) -> dict[str, str]:
        """What each parameter means."""
        makers = [self.function, *self.parts.values()]
        told = [get_function_description(maker)[1] for maker in makers]
        return {name: next(texts[name] for texts in told if texts.get(name)) for name in self.parameters}

    @cached_property
    def _checker(self) -> type[BaseModel]:
        fields: dict[str, Any] = {
            one.name: (one.annotation, ... if one.default is Parameter.empty else one.default)
            for one in self.parameters.values()
        }
        return create_model(self.name, __config__=ConfigDict(strict=True, extra="forbid"), **fields)

    def __call__(self, given: Mapping[str, Any]) -> Json:
        """The answer to arguments by name. Raises `InputError` for any that is missing, unknown, or
        of another type than its parameter, and what the function raises.
        """
        try:
            values = dict(self._checker.model_validate(given))
        except ValidationError as error:
            raise InputError(self._sentence(error)) from None
        for name, make in self.parts.items():
            values[name] = make(**{one: values.pop(one) for one in signature(make).parameters})
        return [item.as_dict() for item in self.function(**values)]

    def _sentence(self, error: ValidationError) -> str:
        first = error.errors(include_url=False)[0]
        # Of a choice of types, pydantic tells which one it tried.
        place = ": ".join(str(step) for step in first["loc"] if step not in ("int", "str"))
        if first["type"] == "missing":
            return f"/{self.name} needs {place}: {self.descriptions[place]}"
        if first["type"] == "extra_forbidden":
            return f"/{self.name} has no parameter {reprlib.repr(place)}; it has {', '.join(self.parameters)}."
        expected = WORDS.get(first["type"], first["msg"].removeprefix("Input should be "))
        meaning = self.descriptions[str(first["loc"][0])]
        return f"{reprlib.repr(place)[1:-1]} is {reprlib.repr(first['input'])}; expected {expected}. {meaning}"

    # -- for gradio_client and MCP -------------------------------------------------------------

    def publish(self) -> None:
        """Add it to the Blocks that are being built."""

        def call(request: gr.Request, *values: Any) -> Json | str:
            try:
                answer = self(dict(zip(self.parameters, values, strict=False)))
            except AniSVDError as error:
                raise CallError(str(error)) from error
            # To MCP Gradio hands str(answer), which of a list would be Python, not JSON.
            return json.dumps(answer, ensure_ascii=False) if MCP_PATH in request.url.path else answer

        described = "\n".join(f"{name}: {text}" for name, text in self.descriptions.items())
        request = Parameter("request", Parameter.POSITIONAL_OR_KEYWORD, annotation=gr.Request)
        arguments = [request, *self.parameters.values()]
        call.__name__, call.__doc__ = self.name, f"{self.description}\nArgs:\n{described}"
        call.__annotations__ = {one.name: one.annotation for one in arguments}
        call.__signature__ = Signature(arguments, return_annotation=list)  # type: ignore[attr-defined]
        api(call, api_name=self.name, queue=False)

    def document(self, info: dict[str, Any]) -> None:
        """Enter what each parameter means, and the fields of the answer, in Gradio's description."""
        for parameter in info["parameters"]:
            parameter["python_type"]["description"] = self.descriptions[parameter["parameter_name"]]
        schema = python_type_to_json_schema(signature(self.function).return_annotation)
        for returned in info["returns"]:
            returned["type"] = schema
            returned["python_type"]["type"] = json_schema_to_python_type(schema)

    # -- for plain HTTP ------------------------------------------------------------------------

    def route(self) -> Route:
        """``POST /gradio_api/run/name``, in place of Gradio's own, which takes nothing by name, no
        defaults, and answers 500 to what the caller did wrong.

        The body is an object of arguments by name, or ``{"data": [arguments by position]}``. The
        answer is ``{"data": [answer]}``, or ``{"error": "a sentence"}`` with the status 400 (503
        for what the model cannot reach).
        """

        async def respond(request: Request) -> JSONResponse:
            try:
                given = self._by_name(await _body(request))
                return JSONResponse({"data": [await run_in_threadpool(self, given)]})
            except AniSVDError as error:
                status = 400 if isinstance(error, InputError) else 503
                return JSONResponse({"error": str(error)}, status_code=status)

        return Route(f"/gradio_api/run/{self.name}", respond, methods=["POST"])

    def _by_name(self, body: Any) -> dict[str, Any]:
        if not isinstance(body, dict):
            raise InputError(f"The body is {reprlib.repr(body)}; expected an object of arguments by name.")
        values = body.get("data")
        if not isinstance(values, list):
            return body
        if len(values) > len(self.parameters):
            raise InputError(f"data has {len(values)} values; /{self.name} takes {', '.join(self.parameters)}.")
        return dict(zip(self.parameters, values, strict=False))


class Page(gr.Blocks):
    """Blocks with endpoints. These take fewer values by position than they have parameters, and the
    others get their defaults: programs keep working when an endpoint learns something new.
    """

    def __init__(self, endpoints: Iterable[Endpoint], **options: Any) -> None:
        self.endpoints = list(endpoints)
        super().__init__(**options)
        with self:
            for endpoint in self.endpoints:
                endpoint.publish()

    def get_api_info(self, all_endpoints: bool = False, page: str | None = None) -> Any:
        """As in Gradio, with descriptions. Not in the components: the page would carry them four times."""
        info = super().get_api_info(all_endpoints, page)
        for endpoint in self.endpoints:
            if found := info["named_endpoints"].get(f"/{endpoint.name}"):
                endpoint.document(cast(dict[str, Any], found))
        return info

    async def preprocess_data(
        self, block_fn: BlockFunction, inputs: list[Any], state: SessionState | None, explicit_call: bool = False
    ) -> list[Any]:
        """As in Gradio, after filling up."""
        left_out = block_fn.inputs[len(inputs) :]
        defaults = [one.value for one in left_out if isinstance(one, Api)]
        values: list[Any] = await super().preprocess_data(block_fn, [*inputs, *defaults], state, explicit_call)
        return values


async def _body(request: Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError) as error:
        raise InputError(f"The body is no JSON: {error}") from None
