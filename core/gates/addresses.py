"""The addresses that exist: those of our own routes, and those of Gradio that a visit needs. There are no others."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from starlette.routing import Mount, Route, compile_path

from .refusals import RefusalError

AddressKind = Literal["file", "work", "stream"]
"""A ``file`` is there already, ``work`` keeps the processor busy, a ``stream`` stays open and mostly idle."""

JSON_BYTES = 1 << 20
NONE: Mapping[str, Any] = MappingProxyType({})
GRADIO: tuple[tuple[str, str, AddressKind], ...] = (
    # The page, and what it loads. Spaces call the start-up events, and show the manifest and the icons.
    ("GET", "/", "work"),
    ("GET", "/config", "work"),
    ("GET", "/theme.css", "file"),
    ("GET", "/gradio_api/theme.css", "file"),
    ("GET", "/assets/{path:path}", "file"),
    ("GET", "/static/{path:path}", "file"),
    ("GET", "/svelte/{path:path}", "file"),
    ("GET", "/favicon.ico", "file"),
    ("GET", "/robots.txt", "file"),
    ("GET", "/manifest.json", "file"),
    ("GET", "/pwa_icon", "file"),
    ("GET", "/pwa_icon/{size}", "file"),
    ("GET", "/gradio_api/startup-events", "file"),
    ("GET", "/gradio_api/app_id", "file"),
    ("GET", "/gradio_api/heartbeat/{session}", "stream"),
    # The documentation of the endpoints. That in OpenAPI is our own.
    ("GET", "/gradio_api/info", "work"),
    # MCP: the landing page or a stream, a call, the end of a session; and the older transport.
    ("GET", "/gradio_api/mcp", "stream"),
    ("POST", "/gradio_api/mcp", "work"),
    ("DELETE", "/gradio_api/mcp", "file"),
    ("GET", "/gradio_api/mcp/schema", "work"),
    ("GET", "/gradio_api/mcp/sse", "stream"),
    ("POST", "/gradio_api/mcp/messages", "work"),
)


@dataclass(frozen=True)
class Address:
    """An address that exists: its name for figures and logs, its kind, and how many bytes a body may have."""

    name: str
    kind: AddressKind
    body_bytes: int = JSON_BYTES
    is_json: bool = True


class Addresses:
    """The table of addresses.

    ``routes`` are our own routes. ``kinds`` and ``bodies`` hold, by the path of a route, its kind
    (otherwise ``work``) and how many bytes its body may have if it is not JSON.
    """

    def __init__(
        self, routes: Iterable[Route | Mount], kinds: Mapping[str, AddressKind] = NONE, bodies: Mapping[str, int] = NONE
    ) -> None:
        own: list[tuple[str, str, AddressKind]] = []
        for route in routes:
            if isinstance(route, Mount):
                own.append(("GET", f"{route.path}/{{path:path}}", "file"))
            else:
                own += [(method, route.path, kinds.get(route.path, "work")) for method in sorted(route.methods or ())]
        self._table: dict[tuple[str, str], tuple[re.Pattern[str], Address]] = {}
        for method, spelling, kind in (*own, *GRADIO):
            path = _without_slash(spelling)
            address = Address(path, kind, bodies.get(path, JSON_BYTES), path not in bodies)
            self._table[method, path] = compile_path(path)[0], address

    def find(self, method: str, path: str) -> Address:
        """Return the address of a request. Raises `RefusalError`: 404 if there is none, 405 for a wrong method."""
        path = _without_slash(path)
        found = {known: address for (known, _), (pattern, address) in self._table.items() if pattern.match(path)}
        if not found:
            raise RefusalError(404, "There is nothing at this address. The endpoints are listed at /gradio_api/info.")
        method = "GET" if method == "HEAD" else method
        if method not in found:
            allowed = ", ".join(sorted(found))
            raise RefusalError(405, f"This address takes {allowed}, not {method}.", allow=allowed)
        return found[method]


def _without_slash(path: str) -> str:
    return path.rstrip("/") or "/"
