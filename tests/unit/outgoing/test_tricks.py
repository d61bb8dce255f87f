"""Whatever an address is made to look like, wherever its name is made to lead: nothing inside is reached."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared.outgoing.addresses import AddressRefused, check_url, networks
from shared.outgoing.calls import Answered, Resolve, caller, post
from tests.trust.counts import counted
from tests.unit.outgoing.name_server import naming
from tests.unit.outgoing.tricks import OUTSIDE, TRICKS

SECURITY = Path(__file__).resolve().parents[3] / "docs" / "security.md"
ALLOWED = networks([f"{OUTSIDE}/32"])
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


@dataclass
class Server:
    """Counts who connects, whatever is said then."""

    port: int
    hits: int = 0
    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.hits += 1
        self.open.add(writer)
        await reader.read(65536)
        writer.write(self.answer)
        writer.close()


@asynccontextmanager
async def listening(*hosts: str, port: int = 0) -> AsyncIterator[Server]:
    found = Server(port)
    async with AsyncExitStack() as stack:
        for host in hosts:
            server = await asyncio.start_server(found.serve, host, found.port)
            stack.callback(server.close)
            found.port = server.sockets[0].getsockname()[1]
        yield found
        for writer in found.open:
            writer.close()


@pytest.fixture
async def inside() -> AsyncIterator[Server]:
    """On every address of this machine but that which is taken for outside."""
    async with listening("127.0.0.1", "::1", "127.255.255.254") as server:
        yield server


@pytest.fixture
async def outside(inside: Server) -> AsyncIterator[Server]:
    """On the port of what is inside, so that an address leads to either."""
    async with listening(OUTSIDE, port=inside.port) as server:
        yield server


async def called(url: str, resolve: Resolve) -> Answered:
    async with caller(ALLOWED, resolve) as pool:
        return await post(pool, url, {}, b"{}", lambda: NOW, timedelta(seconds=2), ALLOWED)


@pytest.mark.parametrize("name", TRICKS)
async def test_nothing_inside_is_reached_by(name: str, inside: Server, outside: Server) -> None:
    trick = TRICKS[name]
    url = trick.url.replace("{port}", str(inside.port))
    if trick.seen_at_once:
        with pytest.raises(AddressRefused):
            check_url(url, ALLOWED)
    else:
        check_url(url, ALLOWED)
    async with naming(*trick.resolves or (("127.0.0.1",),)) as names:
        answer = await called(url, names.resolve)
    assert (answer, inside.hits, outside.hits) == (Answered(None, "ADDRESS_REFUSED"), 0, 0)
    counted(url_tricks=1, inside_hits=inside.hits)


def test_the_pages_name_every_trick() -> None:
    section = SECURITY.read_text().partition("## Outgoing calls")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| ([^|`]+?) \| `", section, re.MULTILINE)
    assert listed == list(TRICKS)
    assert len(listed) >= 40


async def test_a_name_that_leads_elsewhere_after_it_was_checked_is_looked_up_once(inside: Server, outside: Server) -> None:
    async with naming((OUTSIDE,), ("127.0.0.1",)) as names:
        await called(f"https://crm.example.com:{inside.port}/", names.resolve)
        assert (names.lookups, outside.hits, inside.hits) == (["crm.example.com"], 1, 0)
    counted(rebindings=1, inside_hits=inside.hits)


async def test_a_name_that_leads_elsewhere_between_two_calls_is_refused_then(inside: Server, outside: Server) -> None:
    async with naming((OUTSIDE,), ("127.0.0.1",), (OUTSIDE,), ("::1",)) as names, caller(ALLOWED, names.resolve) as pool:
        url = f"https://crm.example.com:{inside.port}/"
        found = [await post(pool, url, {}, b"{}", lambda: NOW, timedelta(seconds=2), ALLOWED) for _ in range(4)]
    assert [answer.failure == "ADDRESS_REFUSED" for answer in found] == [False, True, False, True]
    assert (outside.hits, inside.hits) == (2, 0)
    counted(rebindings=3, inside_hits=inside.hits)


async def test_a_name_that_is_told_anew_each_time_never_leads_inside(inside: Server, outside: Server) -> None:
    told = [(OUTSIDE,), ("127.0.0.1",), ("127.0.0.1", OUTSIDE), (OUTSIDE, "::1"), ("169.254.169.254",)] * 8
    async with naming(*told) as names:
        for _ in told:
            await called(f"https://crm.example.com:{inside.port}/", names.resolve)
    assert (len(names.lookups), outside.hits, inside.hits) == (40, 8, 0)
    counted(rebindings=40, inside_hits=inside.hits)


async def test_who_looks_a_name_up_twice_would_be_led_inside(inside: Server, outside: Server) -> None:
    # What the tests above would see, were the address that was checked not the one that is connected to.
    async with naming((OUTSIDE,), ("127.0.0.1",)) as names:
        checked = await names.resolve("crm.example.com", inside.port)
        [connected] = await names.resolve("crm.example.com", inside.port)
    assert checked == [OUTSIDE]
    reader, writer = await asyncio.open_connection(connected, inside.port)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await reader.read(8) == b"HTTP/1.1"
    writer.close()
    assert inside.hits == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_leads_inside(status: int, inside: Server, outside: Server) -> None:
    outside.answer = f"HTTP/1.1 {status} There\r\nlocation: http://127.0.0.1:{inside.port}/\r\ncontent-length: 0\r\n\r\n".encode()
    assert await _answered(outside) == Answered(status)
    assert (outside.hits, inside.hits) == (1, 0)
    counted(redirects=1, inside_hits=inside.hits)


@pytest.mark.parametrize(
    "header", ["refresh: 0; url=http://127.0.0.1:{port}/", 'alt-svc: h2="127.0.0.1:{port}"', "link: <//127.0.0.1:{port}/>"]
)
async def test_no_header_leads_inside(header: str, inside: Server, outside: Server) -> None:
    line = header.replace("{port}", str(inside.port))
    outside.answer = f"HTTP/1.1 200 OK\r\n{line}\r\ncontent-length: 0\r\n\r\n".encode()
    assert [await _answered(outside) for _ in range(2)] == [Answered(200)] * 2
    assert (outside.hits, inside.hits) == (2, 0)


async def test_no_proxy_is_taken_from_the_environment(inside: Server, outside: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{inside.port}")
    assert await _answered(outside) == Answered(204)
    assert (outside.hits, inside.hits) == (1, 0)


async def _answered(outside: Server) -> Answered:
    async with naming((OUTSIDE,)) as names:
        return await called(f"http://{OUTSIDE}:{outside.port}/", names.resolve)
