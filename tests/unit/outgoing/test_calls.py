"""Calling out: the address that was checked is the one that is connected to, whatever a name says a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from shared.outgoing.addresses import networks
from shared.outgoing.calls import Answered, Resolve, caller, post

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LOOPBACK = networks(["127.0.0.0/8"])


@dataclass
class Inside:
    """Something inside that must not be called."""

    port: int = 0
    hits: int = 0
    answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n"
    open: set[asyncio.StreamWriter] = field(default_factory=set)


@asynccontextmanager
async def inside(answer: bytes = b"HTTP/1.1 204 No Content\r\n\r\n") -> AsyncIterator[Inside]:
    found = Inside(answer=answer)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.hits += 1
        found.open.add(writer)
        await reader.read(65536)
        writer.write(found.answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for writer in found.open:
            writer.close()


def names(*answers: Sequence[str]) -> Resolve:
    """A name server that says one thing after the other."""
    left = list(answers)

    async def resolve(host: str, port: int) -> Sequence[str]:
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve


async def called(url: str, resolve: Resolve, allowed: str = "") -> Answered:
    permitted = networks([allowed]) if allowed else ()
    async with caller(permitted, resolve) as pool:
        return await post(pool, url, {}, b"{}", lambda: NOW, timedelta(seconds=1), permitted)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "10.0.0.1",
        "169.254.169.254",
        "fe80::1",
        "fd00:ec2::254",
        "0.0.0.0",
        "100.100.100.200",
    ],
)
async def test_a_name_that_resolves_inside_is_refused(address: str) -> None:
    async with inside() as target:
        answer = await called(f"https://crm.example.com:{target.port}/", names([address]))
        assert (answer.failure, target.hits) == ("ADDRESS_REFUSED", 0)


async def test_one_inside_address_among_public_ones_is_refused() -> None:
    async with inside() as target:
        answer = await called(f"https://crm.example.com:{target.port}/", names(["93.184.216.34", "127.0.0.1"]))
        assert (answer.failure, target.hits) == ("ADDRESS_REFUSED", 0)


async def test_a_name_is_resolved_once_for_a_connection() -> None:
    # The second answer leads inside; were the name looked up again after the check, it would be taken.
    asked = []

    async def resolve(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["192.0.2.1"] if len(asked) == 1 else ["127.0.0.1"]

    async with inside() as target:
        answer = await called(f"https://crm.example.com:{target.port}/", resolve, "192.0.2.0/24")
        assert (answer.status, target.hits, asked) == (None, 0, ["crm.example.com"])


async def test_forms_of_numbers_and_names_of_this_machine_lead_nowhere_inside() -> None:
    async with inside() as target:
        for host in ("2130706433", "0x7f000001", "127.1", "0177.0.0.1", "localhost", "a..b"):
            async with caller() as pool:
                answer = await post(pool, f"https://{host}:{target.port}/", {}, b"{}", lambda: NOW, timedelta(seconds=1))
            assert (answer.status, answer.failure) == (None, "ADDRESS_REFUSED")
        assert target.hits == 0


async def test_whatever_goes_wrong_on_the_way_is_an_answer() -> None:
    async def broken(host: str, port: int) -> Sequence[str]:
        raise RuntimeError("never seen before")

    async def unreadable(host: str, port: int) -> Sequence[str]:
        raise UnicodeError("label too long")

    assert (await called("https://crm.example.com/", broken)).failure == "CALL_FAILED"
    assert (await called("https://crm.example.com/", unreadable)).failure == "CONNECTION_REFUSED"


async def test_what_the_address_names_is_checked_before_anything_is_resolved() -> None:
    async with inside() as target:
        for url in (f"http://127.0.0.1:{target.port}/", f"https://127.0.0.1:{target.port}/", "https://user@crm.example.com/"):
            assert (await called(url, names(["127.0.0.1"]))).failure == "ADDRESS_REFUSED"
        assert target.hits == 0


async def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    async with inside() as target:
        target.answer = (
            f"HTTP/1.1 307 Elsewhere\r\nlocation: http://127.0.0.1:{target.port}/\r\ncontent-length: 0\r\n\r\n".encode()
        )
        answer = await called(f"http://127.0.0.1:{target.port}/", names(["127.0.0.1"]), "127.0.0.0/8")
        assert (answer, target.hits) == (Answered(307), 1)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 02 Mar 2026 08:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2026 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
    ],
)
async def test_how_long_a_receiver_asks_to_wait_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    async with inside(f"HTTP/1.1 503 Busy\r\nretry-after: {header}\r\ncontent-length: 0\r\n\r\n".encode()) as target:
        answer = await called(f"http://127.0.0.1:{target.port}/", names(["127.0.0.1"]), "127.0.0.0/8")
        assert answer == Answered(503, None, seconds)


@pytest.mark.parametrize(
    ("sent", "failure"),
    [
        (b"", "CONNECTION_LOST"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "CONNECTION_LOST"),
        (b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n", "CONNECTION_LOST"),
    ],
)
async def test_what_is_no_answer_is_a_failure_and_never_an_error(sent: bytes, failure: str) -> None:
    async with inside(sent) as target:
        answer = await called(f"http://127.0.0.1:{target.port}/", names(["127.0.0.1"]), "127.0.0.0/8")
        assert answer == Answered(None, failure)


async def test_a_name_that_does_not_resolve_and_a_port_that_is_closed_are_failures() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise OSError("no such name")

    assert (await called("https://nowhere.example.com/", unknown)).failure == "CONNECTION_REFUSED"
    async with inside() as target:
        port = target.port
    assert (await called(f"http://127.0.0.1:{port}/", names(["127.0.0.1"]), "127.0.0.0/8")).failure == "CONNECTION_REFUSED"
