"""What calls from the command line need beside the client: whether anything answers, keys, groups of bodies."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid5

import httpx

_KEYS = UUID("9c3f8f0e-6b1d-5f0a-9a54-5d0f1d6e7a21")


async def answers(address: str) -> bool:
    """Whether an address answers 200 at this moment."""
    async with httpx.AsyncClient(timeout=2) as client:
        try:
            return (await client.get(address)).status_code == 200
        except httpx.TransportError:
            return False


def key_of(*parts: str | bytes) -> str:
    """An idempotency key that is the same for the same content."""
    return str(uuid5(_KEYS, "\x1f".join(part if isinstance(part, str) else part.hex() for part in parts)))


def chunks(bodies: Iterable[bytes], most: int = 1000, largest: int = 1_900_000) -> Iterable[list[bytes]]:
    """Encoded bodies in groups that fit into one bulk request."""
    group: list[bytes] = []
    size = 0
    for body in bodies:
        if group and (len(group) == most or size + len(body) > largest):
            yield group
            group, size = [], 0
        group.append(body)
        size += len(body) + 1
    if group:
        yield group
