"""Calls of the app as programs make them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.request import Request, urlopen

from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Tool

FIELDS = {
    "rank", "anime_id", "name", "english", "genres", "type", "episodes",
    "mean_rating", "members", "predicted_rating", "score", "because", "estimated",
    "new_chance", "why",
}  # fmt: skip


def post(app: str, path: str, body: dict[str, Any]) -> Any:
    content = json.dumps(body).encode()
    return json.load(urlopen(Request(f"{app}/gradio_api/{path}", content, {"Content-Type": "application/json"})))


def list_tools(address: str) -> list[Tool]:
    return _in_session(address, lambda session: session.list_tools()).tools


def call_tools_at_once(address: str, calls: list[tuple[str, dict[str, Any]]]) -> list[CallToolResult]:
    return _in_session(address, lambda session: asyncio.gather(*(session.call_tool(*call) for call in calls)))


def call_tool(address: str, name: str, arguments: dict[str, Any]) -> CallToolResult:
    return _in_session(address, lambda session: session.call_tool(name, arguments))


def _in_session(address: str, request: Callable[[ClientSession], Awaitable[Any]]) -> Any:
    async def answer() -> Any:
        connect = sse_client if address.endswith("/sse") else streamable_http_client
        async with connect(address) as (read, write, *_), ClientSession(read, write) as session:
            await session.initialize()
            return await request(session)

    with ThreadPoolExecutor(1) as thread:  # an event loop, that of Playwright, may already run in this thread
        return thread.submit(lambda: asyncio.run(answer())).result()
