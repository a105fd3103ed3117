"""Endpoints: parameters that are checked and documented, and answers as JSON.

Gradio and HTTP are not known here: see `core.ui.api.gradio_page` and `core.ui.api.http_routes`.
"""

import inspect
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from ...data.catalogue import Title
from ...errors import InputError
from ...model.model import Model
from ...recommend.together import JointRecommendation
from ...recommend.top_k import Recommendation
from ...serving.model_source import ServedModel
from ...settings import expectation

JsonList = list[dict[str, Any]]


class Question(BaseModel):
    """A question to the model: the checked arguments of one call.

    A subclass defines an endpoint: its docstring describes the endpoint, its fields are the parameters.
    """

    model_config = ConfigDict(strict=True, extra="forbid")

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
        """The parameters by name, in the order of calls by position: own fields before inherited ones."""
        own = inspect.get_annotations(self.question)
        return dict(sorted(self.question.model_fields.items(), key=lambda field: field[0] not in own))

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
