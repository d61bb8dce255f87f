"""The load over HTTP: ready requests over kept connections, sent and counted by a process of its own that does little else.

    seen = await drive("http://127.0.0.1:8001", requests, connections=16)

The process reads the requests from a file, sends the next one on each connection as soon as the last one is answered, and
writes what it saw as one line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import msgspec
import uvloop


@dataclass(frozen=True, slots=True)
class Load:
    """What was seen: requests per second over the whole, times of answers in milliseconds (all of them, sorted), answers by status."""

    per_second: float
    milliseconds: tuple[float, ...]
    statuses: Mapping[int, int]


def request(method: str, path: str, key: str, body: bytes = b"", **headers: str) -> bytes:
    """One request as it goes over the wire."""
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {key}", "Accept: */*"]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def drive(url: str, requests: Sequence[bytes], connections: int) -> Load:
    """Send all requests. Raises RuntimeError when the other side closes a connection or the process fails."""
    port = urlsplit(url).port
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        file.write(msgspec.msgpack.encode(requests))
        file.flush()
        command = (sys.executable, "-m", "tests.performance.bench.load", str(port), str(connections), file.name)
        process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"the load ended with {process.returncode}")
    seen = json.loads(said)
    statuses = {int(status): count for status, count in seen["statuses"].items()}
    return Load(len(requests) / seen["seconds"], tuple(sorted(seen["milliseconds"])), statuses)


class _Connection(asyncio.Protocol):
    """Sends the next request when the answer to the last one is complete."""

    def __init__(self, requests: Iterator[bytes], seen: list[float], statuses: Counter[int], done: asyncio.Future[None]) -> None:
        self._requests, self._seen, self._statuses, self._done = requests, seen, statuses, done
        self._buffer = b""
        self._sent = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send_next(self) -> None:
        assert self._transport is not None
        wanted = next(self._requests, None)
        if wanted is None:
            self._done.set_result(None)
            return
        self._sent = time.perf_counter()
        self._transport.write(wanted)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end >= 0:
            at = buffer.find(b"ontent-length: ", 0, end)
            if at < 0:
                at = buffer.find(b"ontent-Length: ", 0, end)
            if len(buffer) - end - 4 >= int(buffer[at + 15 : buffer.index(b"\r", at)]):
                self._seen.append((time.perf_counter() - self._sent) * 1000)
                self._statuses[int(buffer[9:12])] += 1
                self._buffer = b""
                self.send_next()
                return
        self._buffer = buffer

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(ConnectionResetError("the server closed a connection"))


async def _drive(port: int, connections: int, requests: Sequence[bytes]) -> str:
    loop = asyncio.get_running_loop()
    left, statuses = iter(requests), Counter[int]()
    seen: list[float] = []
    ends: list[asyncio.Future[None]] = [loop.create_future() for _ in range(connections)]
    made = []
    for end in ends:
        made.append(await loop.create_connection(partial(_Connection, left, seen, statuses, end), "127.0.0.1", port))
    began = time.perf_counter()
    for _, connection in made:
        connection.send_next()
    await asyncio.gather(*ends)
    seconds = time.perf_counter() - began
    for transport, _ in made:
        transport.close()
    return json.dumps({"seconds": seconds, "milliseconds": seen, "statuses": statuses})


if __name__ == "__main__":
    print(uvloop.run(_drive(int(sys.argv[1]), int(sys.argv[2]), msgspec.msgpack.decode(Path(sys.argv[3]).read_bytes()))))
