"""The public keys of the identity provider (RFC 7517), by `kid`: fetched when they are needed, kept, fetched again.

Only the address in the settings is ever asked, whatever a token says. A key that the provider no longer shows is gone after
FRESH_SECONDS; while the provider is away its keys serve on for KEPT_SECONDS.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Literal, get_args

import httpcore
from jwt import PyJWK, PyJWTError

from shared.outgoing.addresses import check_url, networks
from shared.web.problem import Problem
from shared.web.strict_json import parse

Algorithm = Literal["RS256", "PS256", "ES256", "EdDSA"]
ALGORITHMS: tuple[Algorithm, ...] = get_args(Algorithm)

FRESH_SECONDS = 300.0
KEPT_SECONDS = 3600.0
AGAIN_SECONDS = 10.0
"""An unknown `kid` is worth a look at most this often, however many callers make some up."""
_LONGEST_PAUSE_SECONDS = 60.0
_PATIENCE_SECONDS = 3.0
_BYTES = 256 * 1024
_LEAST_RSA_BITS = 2048
_KINDS = {"RS256": ("RSA", None), "PS256": ("RSA", None), "ES256": ("EC", "P-256"), "EdDSA": ("OKP", "Ed25519")}

log = logging.getLogger(__name__)


class ProviderAway(Exception):
    """The identity provider does not show its keys, and those that are known are too old or do not hold the one asked for."""


class ProviderKeys:
    """The keys of one provider for one algorithm."""

    def __init__(
        self, fetch: Callable[[], Awaitable[bytes]], algorithm: Algorithm, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._algorithm = algorithm
        self._monotonic = monotonic
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched = float("-inf")
        self._not_before = float("-inf")
        self._failures = 0
        self._turn = asyncio.Lock()
        self._looking: asyncio.Task[None] | None = None

    async def find(self, kid: str) -> PyJWK | None:
        """The key of this id; None when the provider has none. Raises ProviderAway."""
        age = self._monotonic() - self._fetched
        known = self._keys.get(kid) if age < KEPT_SECONDS else None
        if known is not None and age < FRESH_SECONDS:
            return known
        if known is not None and self._failures:
            # It was away a moment ago: nobody waits for it again while there is something to go on with.
            if self._looking is None or self._looking.done():
                self._looking = asyncio.create_task(self._look())
            return known
        await self._look()
        if self._failures and (kid not in self._keys or self._monotonic() - self._fetched >= KEPT_SECONDS):
            raise ProviderAway
        return self._keys.get(kid)

    async def _look(self) -> None:
        async with self._turn:
            if self._monotonic() < self._not_before:
                return
            try:
                self._keys = usable(await self._fetch(), self._algorithm)
            except (
                OSError,
                TimeoutError,
                httpcore.NetworkError,
                httpcore.ProtocolError,
                httpcore.TimeoutException,
                Problem,
            ) as error:
                self._failures += 1
                pause = min(2.0 ** (self._failures - 1), _LONGEST_PAUSE_SECONDS)
                self._not_before = self._monotonic() + pause
                log.error("the identity provider shows no keys: %s", type(error).__name__)
            else:
                self._failures = 0
                self._fetched = self._monotonic()
                self._not_before = self._fetched + AGAIN_SECONDS


def usable(body: bytes, algorithm: Algorithm) -> dict[str, PyJWK]:
    """The keys of a set that can check this algorithm; others are passed over. Raises Problem when this is no set of keys."""
    found = parse(body)
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise Problem("JSON_INVALID")
    keys: dict[str, PyJWK] = {}
    twice: set[str] = set()
    for one in listed:
        key = _usable(one, algorithm) if isinstance(one, dict) else None
        if key is None:
            continue
        # Which of two keys of one id is meant cannot be known: neither is taken.
        if one["kid"] in keys:
            twice.add(one["kid"])
        keys[one["kid"]] = key
    return {kid: key for kid, key in keys.items() if kid not in twice}


def _usable(one: dict[str, Any], algorithm: Algorithm) -> PyJWK | None:
    kind, curve = _KINDS[algorithm]
    kid = one.get("kid")
    fits = (
        isinstance(kid, str)
        and kid != ""
        and one.get("kty") == kind
        and one.get("crv") == curve
        and one.get("alg", algorithm) == algorithm
        and one.get("use", "sig") == "sig"
        and one.get("key_ops", ["verify"]) == ["verify"]
        # A provider that shows a private key has lost it.
        and "d" not in one
    )
    if not fits:
        return None
    try:
        key = PyJWK(one, algorithm)
    except (PyJWTError, ValueError, TypeError, KeyError):
        return None
    return key if kind != "RSA" or key.key.key_size >= _LEAST_RSA_BITS else None


def fetcher(url: str) -> Callable[[], Awaitable[bytes]]:
    """Asks this address, which the operator has named: https, or plain http on this machine. Follows no redirect.

    Raises AddressRefused for another kind of address. The function raises OSError, TimeoutError or what httpcore raises.
    """
    check_url(url, networks(["0.0.0.0/0", "::/0"]))
    trusted = ssl.create_default_context()

    async def fetch() -> bytes:
        async with asyncio.timeout(_PATIENCE_SECONDS), httpcore.AsyncConnectionPool(ssl_context=trusted) as pool:
            async with pool.stream("GET", url, headers={"Accept": "application/json", "User-Agent": "regulars/1"}) as response:
                body = b""
                async for chunk in response.aiter_stream():
                    body += chunk
                    if len(body) > _BYTES:
                        raise OSError("more than a set of keys")
                if response.status != 200:
                    raise OSError(f"status {response.status}")
                return body

    return fetch
