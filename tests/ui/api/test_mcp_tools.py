"""The endpoints as MCP tools, without a server."""

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import Any

import pytest
from mcp.server.lowlevel import Server
from mcp.shared.memory import create_connected_server_and_client_session
from mcp.types import CallToolResult, Tool

from core import Model
from core.gates.load import Load
from core.serving.model_source import ServedModel
from core.ui.api.endpoint import Endpoint
from core.ui.api.endpoints import endpoints
from core.ui.api.mcp_tools import answer_tools

Tools = dict[str, Endpoint]


@pytest.fixture(scope="module")
def tools(model: Model) -> Tools:
    served = ServedModel(model, "a test", "", datetime.now(UTC), "")
    return {endpoint.name: endpoint for endpoint in endpoints(lambda: served)}


async def _no_tools() -> list[Tool]:
    return []


def call(tools: Tools, name: str, arguments: dict[str, Any], load: Load | None = None) -> CallToolResult:
    async def answer() -> CallToolResult:
        server: Server = Server("a test")
        server.list_tools()(_no_tools)  # the client asks for them
        answer_tools(server, tools, load or Load(1, 1))
        async with create_connected_server_and_client_session(server) as session:
            return await session.call_tool(name, arguments)

    return asyncio.run(answer())


@pytest.mark.parametrize(
    "arguments",
    [
        {"ratings": {"103": 9}, "k": 2},
        {"ratings": {"103": 9.0}, "k": 2.0},
        {"ratings": '{"103": 9}', "k": 2, "genres": None, "exclude_ids": "[]", "adult": None},
    ],
)
def test_arguments_are_taken_as_language_models_write_them(tools: Tools, arguments: dict[str, Any]) -> None:
    result = call(tools, "recommend", arguments)
    assert not result.isError
    (content,) = result.content
    assert json.loads(content.text) == json.loads(json.dumps(tools["recommend"]({"ratings": {"103": 9}, "k": 2})))


@pytest.mark.parametrize(
    ("name", "arguments", "sentence"),
    [
        ("search", {"query": 3}, "query is 3; expected text. English or Japanese name"),
        ("search", {}, "/search needs query"),
        ("search", {"query": "show", "nonsense": 1}, "/search has no parameter 'nonsense'; it has query, limit."),
        ("recommend", {"ratings": {"103": 9}, "k": 0}, "k is 0; expected a whole number from 1 to 1000."),
        ("similar", {"anime_id": 0}, "no title with the id 0"),
        ("nothing", {}, "There is no tool 'nothing'; there are search, recommend"),
    ],
)
def test_wrong_call_gets_a_sentence(tools: Tools, name: str, arguments: dict[str, Any], sentence: str) -> None:
    result = call(tools, name, arguments)
    assert result.isError
    assert sentence in result.content[0].text


def test_failure_quotes_nobody(tools: Tools, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    def fail(self: Endpoint, arguments: dict[str, Any]) -> None:
        raise ValueError(arguments["query"])

    monkeypatch.setattr(Endpoint, "__call__", fail)
    with caplog.at_level(logging.INFO):
        result = call(tools, "search", {"query": "a secret"})
    assert (result.isError, result.content[0].text) == (True, "The server failed.")
    assert "ValueError in fail" in caplog.text
    assert "secret" not in caplog.text


def test_calls_of_a_stream_are_bounded(tools: Tools) -> None:
    load = Load(1, 0)
    load.at_work = 1
    result = call(tools, "search", {"query": "show"}, load)
    assert (result.isError, result.content[0].text) == (True, "The server is busy. Try again in a moment.")
