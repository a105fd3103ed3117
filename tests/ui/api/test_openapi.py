"""The endpoints keep to their description in OpenAPI, whatever is sent. schemathesis makes the requests from it."""

from datetime import UTC, datetime
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from starlette.applications import Starlette

from core import Model
from core.gates.gates import Gates
from core.gates.load import Load
from core.gates.measures import Measures
from core.serving.model_source import ServedModel
from core.ui import build_page
from core.ui.api.openapi import ADDRESS
from core.ui.server import own_routes


@pytest.fixture(scope="module")
def described(model: Model) -> Any:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    load = Load(1, 1)
    measures = Measures(load, lambda: "")
    routes, addresses = own_routes(build_page(lambda: served), lambda: served, load, measures)
    app = Gates(Starlette(routes=routes), addresses, load, measures)
    return schemathesis.openapi.from_asgi(ADDRESS, app)


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


@pytest.mark.parametrize("mode", GenerationMode)
@settings(max_examples=75, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_answers_are_as_described(described: Any, mode: GenerationMode, data: st.DataObject) -> None:
    operations = [operation.ok() for operation in described.get_all_operations()]
    operation = data.draw(st.sampled_from(operations))
    case = data.draw(operation.as_strategy(generation_mode=mode))
    case.call_and_validate(checks=CHECKS)
