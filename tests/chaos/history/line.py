"""A client's line to a service, plain and quick, which is cut at random as lines are."""

from __future__ import annotations

import asyncio
from enum import Enum
from random import Random
from typing import NamedTuple

PATIENCE_SECONDS = 15.0


class Cut(Enum):
    """Where a line breaks: in the middle of the request, behind it, or in the middle of the answer."""

    IN_REQUEST = "in the request"
    BEHIND_REQUEST = "behind the request"
    IN_ANSWER = "in the answer"


class LineCut(Exception):
    """No answer came, or only a piece of one: what became of the request is unknown."""


class Heard(NamedTuple):
    """An answer. `etag` and `position` are empty where the service sent none."""

    status: int
    etag: str
    position: str
    body: bytes


class Line:
    """A connection that is opened anew when it was cut. One request at a time."""

    def __init__(self, host: str, port: int, key: str, chance: Random) -> None:
        self._host, self._port, self._chance = host, port, chance
        self._common = f"Host: {host}\r\nAuthorization: Bearer {key}\r\n"
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, headers: str = "", body: bytes = b"", cut: Cut | None = None) -> Heard:
        """Send a request and read its answer. `headers` are lines with their ends. Raises LineCut."""
        length = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        request = f"{method} {path} HTTP/1.1\r\n{self._common}{headers}{length}\r\n".encode() + body
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if self._open is None:
                    self._open = await asyncio.open_connection(self._host, self._port)
                reader, writer = self._open
                if cut is Cut.IN_REQUEST:
                    writer.write(request[: self._chance.randrange(1, len(request))])
                    await writer.drain()
                    self.close()
                    raise LineCut
                writer.write(request)
                if cut is Cut.BEHIND_REQUEST:
                    # Sooner or later than the service is done with it.
                    await asyncio.sleep(self._chance.choice((0, 0.001, 0.003, 0.01)))
                    self.close()
                    raise LineCut
                if cut is Cut.IN_ANSWER:
                    await reader.readexactly(self._chance.randrange(1, 100))
                    self.close()
                    raise LineCut
                return await _heard(reader)
        except ConnectionRefusedError as error:
            # The process is away: its next one needs the machine more than the next try does.
            await asyncio.sleep(0.2)
            raise LineCut from error
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            self.close()
            raise LineCut from error

    def close(self) -> None:
        """Break the connection without a word."""
        if self._open is not None:
            self._open[1].transport.abort()
            self._open = None


async def _heard(reader: asyncio.StreamReader) -> Heard:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    found = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await reader.readexactly(int(found.get("content-length", "0")))
    return Heard(int(first.split(" ", 2)[1]), found.get("etag", ""), found.get("regulars-position", ""), body)
