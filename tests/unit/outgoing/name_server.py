"""A name server over UDP (RFC 1035) that says what it is told to, one list a lookup, and asks to be asked again each time."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import cast
from uuid import uuid4

A, CNAME, AAAA = 1, 5, 28


@dataclass
class NameServer(asyncio.DatagramProtocol):
    """`says`: the addresses of any name, lookup by lookup. A lookup asks for both versions under one id."""

    says: list[tuple[str, ...]]
    port: int = 0
    lookups: list[str] = field(default_factory=list)
    _told: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        number = struct.unpack("!H", data[:2])[0]
        name, end = _name(data, 12)
        wanted = struct.unpack("!H", data[end : end + 2])[0]
        if number not in self._told:
            self.lookups.append(name)
            self._told[number] = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        records = [_record(said) for said in self._told[number]]
        found = [record for kind, record in records if kind in (wanted, CNAME)]
        head = struct.pack("!HHHHHH", number, 0x8180, 1, len(found), 0, 0)
        assert self._transport is not None
        self._transport.sendto(head + data[12 : end + 4] + b"".join(found), addr)

    async def resolve(self, host: str, port: int) -> Sequence[str]:
        """What a resolver makes of it: all addresses, of both versions, aliases followed."""
        number = uuid4().int & 0xFFFF
        return [address for kind in (A, AAAA) for address in await _ask(self.port, number, host, kind)]


@asynccontextmanager
async def naming(*says: tuple[str, ...]) -> AsyncIterator[NameServer]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(lambda: NameServer(list(says)), ("127.0.0.1", 0))
    server.port = transport.get_extra_info("sockname")[1]
    try:
        yield server
    finally:
        transport.close()


@dataclass
class _Asked(asyncio.DatagramProtocol):
    answer: asyncio.Future[bytes]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if not self.answer.done():
            self.answer.set_result(data)


async def _ask(server: int, number: int, host: str, kind: int) -> list[str]:
    loop = asyncio.get_running_loop()
    answer = loop.create_future()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Asked(answer), remote_addr=("127.0.0.1", server))
    try:
        transport.sendto(struct.pack("!HHHHHH", number, 0x0100, 1, 0, 0, 0) + _labels(host) + struct.pack("!HH", kind, 1))
        data = await asyncio.wait_for(answer, 5)
    finally:
        transport.close()
    _, at = _name(data, 12)
    at += 4
    found = []
    for _ in range(struct.unpack("!H", data[6:8])[0]):
        _, at = _name(data, at)
        record, _, _, length = struct.unpack("!HHIH", data[at : at + 10])
        if record in (A, AAAA):
            found.append(str(ip_address(data[at + 10 : at + 10 + length])))
        at += 10 + length
    return found


def _record(said: str) -> tuple[int, bytes]:
    """A record of this name: it is never to be kept (a time to live of 0)."""
    try:
        kind, content = (A, CNAME, AAAA)[{4: 0, 6: 2}[ip_address(said).version]], ip_address(said).packed
    except ValueError:
        kind, content = CNAME, _labels(said)
    return kind, b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 0, len(content)) + content


def _labels(name: str) -> bytes:
    return b"".join(bytes([len(part)]) + part.encode() for part in name.strip(".").split(".")) + b"\0"


def _name(data: bytes, at: int) -> tuple[str, int]:
    parts = []
    while data[at] and data[at] < 0xC0:
        parts.append(data[at + 1 : at + 1 + data[at]].decode())
        at += 1 + data[at]
    return ".".join(parts), at + (2 if data[at] else 1)
