"""Endpoints: parameters that are checked and documented, and answers as JSON.

Gradio and HTTP are not known here: see `core.ui.api.gradio_page` and `core.ui.api.http_routes`.
"""

import inspect
import json
import reprlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from types import UnionType
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic.fields import FieldInfo

from ...data.catalogue import Title
from ...errors import InputError
from ...model.model import Model
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Recommendation
from ...serving.model_source import ServedModel
from ...settings import expectation

JsonList = list[dict[str, Any]]
ADDED = ("extras", "complete", "unseen", "more_ratings", "names")
"""Parameters that came later: they stand last, so that calls by position go on meaning the same."""


class Question(BaseModel):
    """A question to the model: the checked arguments of one call.

    A subclass defines an endpoint: its docstring describes the endpoint, its fields are the parameters.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _in_json_of_any_program(cls, sent: dict[str, Any]) -> dict[str, Any]:
        """Return the arguments that were meant. JSON knows one kind of number, and language models often write null
        for a default, and a list or an object as text.
        """
        meant = {}
        for name, value in sent.items():
            field = cls.model_fields.get(name)
            if field and value is None and not field.is_required():
                continue
            if field and isinstance(value, str) and not takes_text(field):
                with suppress(ValueError, RecursionError):
                    content = json.loads(value)
                    value = content if isinstance(content, list | dict) else value
            meant[name] = _whole(value)
        return meant

    def answer(self, model: Model) -> Sequence[Title | Recommendation | JointRecommendation]:
        """Return the answer of a model, best first."""
        raise NotImplementedError


@dataclass(frozen=True)
class Endpoint:
    """A function for programs: arguments in, a JSON list out. ``current`` returns the model in service."""

    name: str
    question: type[Question]
    current: Callable[[], ServedModel]

    @cached_property
    def parameters(self) -> dict[str, FieldInfo]:
        """The parameters by name, in the order of calls by position: own fields, inherited ones, and `ADDED`."""
        own = inspect.get_annotations(self.question)
        return dict(
            sorted(self.question.model_fields.items(), key=lambda field: (field[0] in ADDED, field[0] not in own))
        )

    @cached_property
    def schemas(self) -> dict[str, dict[str, Any]]:
        """The JSON schema of each parameter. Of alternatives it has the first one: null stands for a default anyway,
        and some assistants refuse all tools if one of them has a choice of schemas.
        """
        documented = self.question.model_json_schema()["properties"]
        alternatives = {name: documented[name].get("anyOf", [documented[name]]) for name in self.parameters}
        described = ("title", "description", "default")
        return {
            name: {key: value for key, value in schemas[0].items() if key not in described}
            for name, schemas in alternatives.items()
        }

    def by_position(self, values: Sequence[Any]) -> dict[str, Any]:
        """Return arguments by name. Raises `InputError` for more than there are."""
        names = list(self.parameters)
        if len(values) > len(names):
            raise InputError(f"data has {len(values)} values; /{self.name} takes {', '.join(names)}.")
        return dict(zip(names, values, strict=False))

    def __call__(self, arguments: Mapping[str, Any]) -> JsonList:
        """Return the answer to arguments by name.

        Raises `InputError` for an argument that is missing, unknown or of the wrong type, and the
        errors of the model.
        """
        try:
            question = self.question.model_validate(arguments)
        except ValidationError as error:
            raise InputError(self._sentence(error)) from None
        return [item.as_dict() for item in question.answer(self.current().model)]

    def _sentence(self, error: ValidationError) -> str:
        """Return the first problem as a sentence that says what is expected."""
        problem = error.errors(include_url=False)[0]
        # For `int | str`, pydantic adds the alternative that it tried.
        location = [str(step) for step in problem["loc"] if step not in ("int", "str")]
        path = ": ".join(location)
        if problem["type"] == "extra_forbidden":
            return f"/{self.name} has no parameter {reprlib.repr(path)}; it has {', '.join(self.parameters)}."
        meaning = self.parameters[location[0]].description
        if problem["type"] == "missing":
            return f"/{self.name} needs {path}: {meaning}"
        value = reprlib.repr(problem["input"])
        return f"{reprlib.repr(path)[1:-1]} is {value}; expected {expectation(problem)}. {meaning}"


def takes_text(field: FieldInfo) -> bool:
    """Return whether a text is a value of a field."""
    is_union = isinstance(field.annotation, UnionType)
    return str in (get_args(field.annotation) if is_union else (field.annotation,))


def _whole(value: Any) -> Any:
    """Return a JSON value with 2.0 as 2."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return {name: _whole(item) for name, item in value.items()} if isinstance(value, dict) else value
