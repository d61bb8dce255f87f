"""One call of a webhook: its body, its signatures, and when it is made again. By Standard Webhooks 1.0.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32
SCHEDULE: tuple[float, ...] = (5, 30, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
"""Seconds between one attempt and the next: 3.2 days in all. Exponential up to a day."""
JITTER = 0.2
"""Waits are longer by up to this share, so that what failed together does not come back together."""
LONGEST_RETRY_AFTER = 86400.0
_encoder = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical")


def body_of(type_name: str, timestamp: datetime, data: Mapping[str, Any]) -> str:
    """The body, made once: every attempt sends the same bytes. `timestamp` says when it happened."""
    return _encoder.encode({"type": type_name, "timestamp": timestamp, "data": data}).decode()


def new_secret(random: bytes) -> str:
    """A secret as it is shown. Raises ValueError for fewer than 32 bytes."""
    if len(random) < SECRET_BYTES:
        raise ValueError("a secret has 32 bytes")
    return SECRET_PREFIX + base64.b64encode(random).decode()


def headers_of(call_id: UUID, body: str, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The three headers; one signature for every secret that is accepted, the newest first."""
    moment = str(int(now.timestamp()))
    signed = f"{call_id}.{moment}.{body}".encode()
    signatures = (hmac.digest(base64.b64decode(one.removeprefix(SECRET_PREFIX)), signed, "sha256") for one in secrets)
    return {
        "webhook-id": str(call_id),
        "webhook-timestamp": moment,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(signature).decode()}" for signature in signatures),
    }


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: a status, or the kind of failure in one word. `retry_after` in seconds."""

    status: int | None
    failure: str | None = None
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What becomes of the call. `wait` is set where it is made again; GONE: the receiver wants no more calls at all."""

    state: Literal["DELIVERED", "WAITING", "DEAD", "GONE"]
    wait: timedelta | None = None


def next_of(reply: Reply, attempts: int, tried_for: timedelta, schedule: Sequence[float], seed: str) -> Next:
    """After so many attempts, this reply among them, over so long a time. A call is given up when attempts and time are those of
    the whole schedule. The jitter is drawn from `seed` and the attempt, so that it can be told again.
    """
    if reply.status is not None and 200 <= reply.status < 300:
        return Next("DELIVERED")
    if attempts > len(schedule) and tried_for.total_seconds() >= sum(schedule) and reply.status != 410:
        return Next("DEAD")
    wait = schedule[min(attempts, len(schedule)) - 1] * (1 + JITTER * _share(f"{seed}\n{attempts}"))
    if reply.status == 410:
        return Next("GONE", timedelta(seconds=wait))
    if reply.status in (429, 503) and reply.retry_after is not None:
        wait = max(wait, min(reply.retry_after, LONGEST_RETRY_AFTER))
    return Next("WAITING", timedelta(seconds=wait))


def _share(seed: str) -> float:
    return int.from_bytes(hashlib.blake2b(seed.encode(), digest_size=4).digest()) / 2**32
