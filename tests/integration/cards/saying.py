"""Saying something about a customer over HTTP, and reading the card back."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx

from tests.integration.cards.conftest import Cards
from tests.integration.cards.full_cards import VISIT
from tests.integration.running import key

SOMEBODY_ELSE = UUID(int=77)


def today() -> date:
    """The business day of the company, as the settings of the tests have it."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def days_ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


def age(born_on: str) -> int:
    born, now = date.fromisoformat(born_on), today()
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))


async def card_of(cards: Cards, customer: UUID | str, **params: str) -> dict[str, Any]:
    answer = await cards.get(f"/v1/customers/{customer}", **params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def version_of(cards: Cards, customer: UUID | str) -> str:
    return str((await cards.get(f"/v1/customers/{customer}")).headers["ETag"])


async def state(cards: Cards, customer: UUID | str, what: str, **body: Any) -> httpx.Response:
    """Post a statement to a part, against the newest version of the card."""
    version = await version_of(cards, customer)
    return await cards.post(f"/v1/customers/{customer}/{what}", {"provenance": VISIT, **body}, {"If-Match": version})


async def verify(cards: Cards, client: httpx.AsyncClient, customer: UUID | str, **body: Any) -> httpx.Response:
    headers = {**key(), "If-Match": await version_of(cards, customer)}
    body = {"outcome": "CONFIRMED", "verified_on": days_ago(0), **body}
    return await client.post(f"/v1/customers/{customer}/verifications", json=body, headers=headers)
