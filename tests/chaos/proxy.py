"""A TCP proxy that hurts: it stands before PostgreSQL, Kafka or a service and does to the bytes what a network may do."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 256 * 1024
# Closing with a reset instead of a farewell: on, and no time to linger.
_RESET = struct.pack("ii", 1, 0)


@dataclass
class Faults:
    """What happens to connections at this moment; all of it may be changed while they are open.

    `refuse`: who connects is reset at once. `stall`: bytes of both directions are taken and kept until it ends (half open,
    the sender sees no error). `drop`: bytes are taken and thrown away. `delay`: seconds that every piece waits.
    `rate`: bytes a second in each direction of a connection. `cut_after`: bytes of answers after which a connection is
    reset. `lose_answer`: the chance that a connection is reset when an answer begins, so that what was asked for has
    been done and nobody hears of it.
    """

    refuse: bool = False
    stall: bool = False
    drop: bool = False
    delay: float = 0.0
    rate: float | None = None
    cut_after: int | None = None
    lose_answer: float = 0.0


@dataclass
class Proxy:
    """Listens on `port` of loopback and passes on to `target`, a port of loopback that may come and go."""

    target: int
    dice: random.Random
    faults: Faults = field(default_factory=Faults)
    port: int = 0
    passed: int = 0
    cut: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    def heal(self) -> None:
        """From now on everything passes."""
        self.faults = Faults()

    def reset(self) -> int:
        """Reset every connection that is open. Returns how many."""
        found = list(self._open)
        for writer in found:
            _abort(writer)
        return len(found) // 2

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.faults.refuse:
            _abort(writer)
            return
        try:
            there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _abort(writer)
            return
        self.passed += 1
        ends = {writer, there_writer}
        self._open |= ends
        ways = [
            asyncio.create_task(self._pump(reader, there_writer, answers=False)),
            asyncio.create_task(self._pump(there_reader, writer, answers=True)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._open -= ends
            for end in ends:
                end.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        answered = 0
        while data := await reader.read(_CHUNK):
            if self.faults.delay:
                await asyncio.sleep(self.faults.delay)
            while self.faults.stall:  # noqa: ASYNC110  (the flag belongs to a plain record that scenarios replace)
                await asyncio.sleep(0.01)
            if self.faults.drop:
                continue
            if self.faults.rate:
                await asyncio.sleep(len(data) / self.faults.rate)
            if answers:
                answered += len(data)
                limit = self.faults.cut_after
                if (limit is not None and answered > limit) or self.dice.random() < self.faults.lose_answer:
                    self.cut += 1
                    _abort(writer)
                    return
            writer.write(data)
            await writer.drain()


@asynccontextmanager
async def proxy(target: int, dice: random.Random) -> AsyncIterator[Proxy]:
    """A proxy before a port of loopback, as long as the block lasts."""
    made = Proxy(target, dice)
    server = await asyncio.start_server(made._serve, "127.0.0.1", 0, limit=_CHUNK, backlog=1024)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        made.heal()
        made.reset()


def _abort(writer: asyncio.StreamWriter) -> None:
    found = writer.get_extra_info("socket")
    with suppress(OSError):
        if found is not None:
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
