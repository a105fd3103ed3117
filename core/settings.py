"""Settings and stored facts as frozen pydantic dataclasses whose wrong values raise `InputError`."""

import reprlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar, dataclass_transform

from pydantic import ConfigDict, ValidationError
from pydantic.dataclasses import dataclass

from .errors import InputError

EXPECTED = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "an object",
}
"""What was expected, in plain words, by pydantic's type of error."""

Class = TypeVar("Class", bound=type[Any])


@dataclass_transform(frozen_default=True)
def settings(cls: Class) -> Class:
    """Return the class as a frozen dataclass that checks the types and ranges of its fields.

    A wrong value raises `InputError`. Types are strict: no text for a number, no ``True`` for 1. An int
    is a number where a float is expected.
    """
    checked = dataclass(cls, frozen=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
    init: Callable[..., None] = checked.__init__

    @wraps(init)
    def checked_init(self: Any, *args: Any, **values: Any) -> None:
        try:
            init(self, *args, **values)
        except ValidationError as error:
            raise InputError(f"{explain(error)}.") from None

    checked.__init__ = checked_init  # type: ignore[method-assign]
    return checked  # type: ignore[return-value]


def explain(error: ValidationError) -> str:
    """Return the first problem as a sentence without its full stop: which value, what was found and expected."""
    problem = error.errors(include_url=False)[0]
    first, *rest = (str(step) for step in problem["loc"])
    name = first + "".join(f"[{step!r}]" for step in rest)
    if problem["type"] in ("missing", "missing_argument"):
        return f"there is no entry {name!r}"
    if problem["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        return f"there is no setting {name!r}"
    if "error" in problem.get("ctx", {}):  # raised by a check of ours, which says everything
        return str(problem["ctx"]["error"]).rstrip(".")
    return f"{name} is {reprlib.repr(problem['input'])}; expected {expectation(problem)}"


def expectation(problem: Mapping[str, Any]) -> str:
    """Return what a problem of pydantic expected, in plain words."""
    return EXPECTED.get(problem["type"], str(problem["msg"]).removeprefix("Input should be "))
