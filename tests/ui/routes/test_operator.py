"""What the operator asks for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from core import Model
from core.gates.load import Load
from core.gates.measures import Measures
from core.serving.model_source import ServedModel
from core.ui.routes.operator import operator_routes


class Operator:
    """The routes, and what they tell about."""

    def __init__(self, model: Model) -> None:
        hour_ago = datetime.now(UTC) - timedelta(hours=1)
        self.served = ServedModel(model, "alice/anisvd on the Hub", "abc", hour_ago)
        self.load = Load(places=1, seats=1)
        routes = operator_routes(lambda: self.served, self.load, Measures(self.load, lambda: "abc"))
        self.client = TestClient(Starlette(routes=routes))

    def figures(self) -> dict[str, float]:
        families = text_string_to_metric_families(self.client.get("/metrics").text)
        return {sample.name: sample.value for family in families for sample in family.samples}


@pytest.fixture
def operator(model: Model) -> Operator:
    return Operator(model)


def test_figures_tell_of_the_model_and_its_follower(operator: Operator) -> None:
    figures = operator.figures()
    assert 3600 <= figures["anisvd_model_age_seconds"] < 7200
    assert figures["anisvd_model_look_age_seconds"] != figures["anisvd_model_look_age_seconds"]  # NaN: it never looked
    assert figures["anisvd_degraded"] == 0
    operator.served = replace(operator.served, looked_at=datetime.now(UTC) - timedelta(minutes=5))
    assert 300 <= operator.figures()["anisvd_model_look_age_seconds"] < 3600


def test_degraded_has_its_reason_in_health_and_figures(operator: Operator) -> None:
    operator.served = replace(operator.served, trouble="The Hub is away.")
    answer = operator.client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["reason"] == "The Hub is away."
    assert operator.figures()["anisvd_degraded"] == 1
    text = operator.client.get("/metrics").text
    assert 'anisvd_model_info{reason="The Hub is away.",revision="abc",source="alice/anisvd on the Hub"} 1.0' in text


def test_ready_until_the_waiting_room_is_full(operator: Operator) -> None:
    assert operator.client.get("/readyz").json() == {"status": "ready"}
    operator.load._waiting.append(None)
    answer = operator.client.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "busy"})
