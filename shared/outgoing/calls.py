"""Calling an address that somebody outside has named: every resolved address is checked as the connection is made.

httpcore is what httpx stands on. Its network is a documented seam, so that the address that was checked is the one that is
connected to, and a name that resolves otherwise a moment later gains nothing. It follows no redirects and reads no proxy
from the environment.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpcore

from shared.outgoing.addresses import AddressRefused, Network, check_address, check_url

RESPONSE_BYTES = 16 * 1024
"""More of a response than this is not read."""
CONNECTIONS = 100

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Answered:
    """`status` of the response, or the kind of failure in one word. `retry_after` in seconds, as the response asks for."""

    status: int | None
    failure: str | None = None
    retry_after: float | None = None


class CheckedNetwork(httpcore.AsyncNetworkBackend):
    """Resolves once, checks every address, connects to one that was checked."""

    def __init__(self, resolve: Resolve, allowed: Sequence[Network] = ()) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._resolve = resolve
        self._allowed = allowed

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            found = await self._resolve(host.strip("[]"), port)
        except (OSError, UnicodeError):
            raise httpcore.ConnectError("the name does not resolve") from None
        for address in found:
            # One inside address among public ones is refused as a whole: it is how names are made to lead inside.
            check_address(address, self._allowed)
        failed: Exception = httpcore.ConnectError("the name has no address")
        for address in found:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("an address is a network address")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


async def resolved(host: str, port: int) -> Sequence[str]:
    """The addresses of a name, as the system resolves it. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def caller(allowed: Sequence[Network] = (), resolve: Resolve = resolved) -> httpcore.AsyncConnectionPool:
    """Connections for `post`; close it at the end."""
    network = CheckedNetwork(resolve, allowed)
    return httpcore.AsyncConnectionPool(
        network_backend=network, max_connections=CONNECTIONS, max_keepalive_connections=20, keepalive_expiry=20.0
    )


async def post(
    pool: httpcore.AsyncConnectionPool,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    now: Callable[[], datetime],
    patience: timedelta,
    allowed: Sequence[Network] = (),
) -> Answered:
    """Post JSON, within `patience` as a whole. Whatever happens is an answer; of the response its status is kept and nothing else."""
    sent = [*headers.items(), ("Content-Type", "application/json"), ("User-Agent", "regulars-webhooks/1")]
    try:
        check_url(url, allowed)
        async with asyncio.timeout(patience.total_seconds()):
            async with pool.stream("POST", url, headers=sent, content=body) as response:
                after = next((value for name, value in response.headers if name.lower() == b"retry-after"), None)
                size = 0
                async for chunk in response.aiter_stream():
                    size += len(chunk)
                    if size > RESPONSE_BYTES:
                        break
                return Answered(response.status, None, _seconds(after, now))
    except AddressRefused:
        return Answered(None, "ADDRESS_REFUSED")
    except (TimeoutError, httpcore.TimeoutException):
        return Answered(None, "TIMEOUT")
    except httpcore.ConnectError:
        return Answered(None, "CONNECTION_REFUSED")
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError):
        return Answered(None, "CONNECTION_LOST")
    except Exception:
        # What somebody else has named, or answers, must never end the process.
        return Answered(None, "CALL_FAILED")


def _seconds(header: bytes | None, now: Callable[[], datetime]) -> float | None:
    if header is None:
        return None
    text = header.decode("latin-1").strip()
    if text.isascii() and text.isdigit() and len(text) < 10:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return max((until.astimezone(UTC) - now()).total_seconds(), 0.0)
