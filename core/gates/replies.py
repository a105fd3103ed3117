"""The way of an answer to its visitor: with the safe headers, and errors in their one form."""

import json
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import Message, Scope, Send

from .headers import add_safe_headers
from .measures import Visit


class ReplyWriter:
    """The answer to one request. ``send`` takes the messages of the app; ``has_begun`` tells if there was one."""

    def __init__(self, scope: Scope, send: Send, visit: Visit) -> None:
        self._request, self._send, self._visit = Headers(scope=scope), send, visit
        self._error: Message | None = None  # the begin of an error, held back until its text is known
        self._text = b""
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Send a message of the app."""
        if message["type"] == "http.response.start":
            self._visit.outcome = message["status"]
            add_safe_headers(MutableHeaders(scope=message), self._request)
            if message["status"] >= HTTPStatus.BAD_REQUEST:
                self._error, self._text = message, b""
            else:
                await self._pass_on(message)
        elif self._error is None:
            await self._pass_on(message)
        else:
            self._text += message.get("body", b"")
            if not message.get("more_body"):
                await self._send_error(self._error)

    async def _send_error(self, begin: Message) -> None:
        headers = MutableHeaders(scope=begin)
        kind = headers.get("content-type", "").partition(";")[0]
        text = self._text
        if kind != "text/html":
            text = self._in_one_form(begin["status"], kind == "text/plain")
            headers["content-type"], headers["content-length"] = "application/json", str(len(text))
            del headers["content-encoding"]
        await self._pass_on(begin)
        await self._pass_on({"type": "http.response.body", "body": text})

    async def _pass_on(self, message: Message) -> None:
        self.has_begun = True
        self._visit.sent += len(message.get("body", b""))
        await self._send(message)

    def _in_one_form(self, status: int, is_plain: bool) -> bytes:
        """Return an error as ``{"error": a sentence, …}``, from whatever form the app gave it."""
        content: Any = None
        with suppress(ValueError):
            content = {"detail": self._text.decode()} if is_plain else json.loads(self._text)
        if isinstance(content, dict) and isinstance(content.get("error"), str):
            return self._text
        sentence = content.get("detail") if isinstance(content, dict) else None
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            sentence = f"The server failed. Its log names this request {self._visit.id}."
        elif not isinstance(sentence, str):
            sentence = f"{HTTPStatus(status).phrase}."
        return json.dumps({"error": sentence}).encode()
