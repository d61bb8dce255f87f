"""The past of a customer over HTTP: what changed, whose customer it was, what was owed by what was known."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards, fresh
from tests.integration.running import PRINCIPAL, serving

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(SHANGHAI).date()


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


async def recorded_on(cards: Cards, stream: str, days: Sequence[date]) -> None:
    """Give the events of a stream, in their order, the days of recording that a store with an older history would have."""
    rows = [(stream, version, datetime.combine(day, time(12), SHANGHAI).astimezone(UTC)) for version, day in enumerate(days, 1)]
    owner = await cards.owner_pool()
    await owner.executemany("UPDATE cards.events SET recorded_at = $3 WHERE stream = $1 AND version = $2", rows)
