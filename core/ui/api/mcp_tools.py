"""The endpoints as the tools of Gradio's MCP server.

Gradio's own way to call a tool refuses null, and lists and objects as text, before an endpoint sees them.
"""

import asyncio
import json
from collections.abc import Mapping

from mcp.server.lowlevel import Server
from mcp.types import CallToolResult, TextContent
from starlette.concurrency import run_in_threadpool
from starlette.types import Message

from ...errors import InputError
from ...gates.load import Load
from .calls import Call
from .endpoint import Endpoint


def answer_tools(server: Server, tools: Mapping[str, Endpoint], load: Load) -> None:
    """Let endpoints answer the calls of the tools that have these names.

    The calls of one stream come without a request of their own to be counted, so they get places in ``load``.
    """

    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call(name: str, arguments: dict[str, object]) -> CallToolResult:
        if name not in tools:
            raise InputError(f"There is no tool {name!r:.40}; there are {', '.join(tools)}.")
        async with load.place(_stays):
            success, answer = await run_in_threadpool(Call(lambda: tools[name](arguments), 0).outcome)
        text = json.dumps(answer, ensure_ascii=False) if success else answer["error"]
        return CallToolResult(content=[TextContent(type="text", text=text)], isError=not success)


async def _stays() -> Message:
    """Wait for ever: the end of a stream ends its calls by itself."""
    never: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
    return await never
