"""A receiver of webhooks as somebody else would write it: a socket, and the library `standardwebhooks`, nothing of ours."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

Fault = Callable[[int, bytes], str | None]
"""From the number of the call and its body to what goes wrong: a status and headers to answer with, "late", "reset", "lost", "endless", or nothing."""


@dataclass
class Receiver:
    """`taken`: ids and bodies of the calls that were verified and processed, in order; `refused`: calls that did not verify."""

    url: str = ""
    secret: str = ""
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    calls: int = 0
    fault: Fault = lambda call, body: None

    def ids(self) -> list[str]:
        return [call_id for call_id, _ in self.taken]


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    """A receiver on a loopback port."""
    receiver = Receiver()
    open_calls: set[asyncio.Task[Any]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        open_calls.add(task)
        try:
            await _serve(receiver, reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        finally:
            open_calls.discard(task)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/alerts"
    try:
        yield receiver
    finally:
        server.close()
        for task in list(open_calls):
            task.cancel()
        await asyncio.gather(*open_calls, return_exceptions=True)


async def _serve(receiver: Receiver, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        headers = {name.lower(): value for name, value in headers.items()}
        body = await reader.readexactly(int(headers["content-length"]))
        receiver.calls += 1
        receiver.paths.append(head[0].split(" ")[1])
        fault = receiver.fault(receiver.calls, body)
        if fault == "reset":
            writer.transport.abort()
            return
        if fault == "late":
            # No answer, ever: the caller hangs up, or the receiver ends.
            await asyncio.Event().wait()
        if fault is not None and fault not in ("lost", "endless"):
            writer.write(f"HTTP/1.1 {fault}\r\ncontent-length: 0\r\n\r\n".encode())
            await writer.drain()
            continue
        status = "204 No Content"
        try:
            verified = Webhook(receiver.secret).verify(body, headers)
            receiver.taken.append((headers["webhook-id"], verified))
            receiver.signatures.append(headers["webhook-signature"])
        except WebhookVerificationError as error:
            receiver.refused.append(str(error))
            status = "401 Unauthorized"
        if fault == "lost":
            writer.transport.abort()
            return
        if fault == "endless":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
        writer.write(f"HTTP/1.1 {status}\r\n\r\n".encode())
        await writer.drain()
