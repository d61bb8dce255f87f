"""The four parts of a card over HTTP: what is said with its source and day, what is verified, what waits, what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import SCOPES, Cards, fresh
from tests.integration.cards.full_cards import (
    BUSINESS,
    CHARACTERISTICS,
    COMPANY,
    OWNER,
    PERSON,
    REPORT,
    TRADE,
    VISIT,
)
from tests.integration.running import PRINCIPAL, key, serving

SOMEBODY_ELSE = UUID(int=77)


def today() -> date:
    """The business day of the company, as the settings of the tests have it."""
    return datetime.now(ZoneInfo("Asia/Shanghai")).date()


def days_ago(days: int) -> str:
    return (today() - timedelta(days=days)).isoformat()


@pytest.fixture(scope="module")
async def colleague(standing: Cards) -> AsyncIterator[httpx.AsyncClient]:
    """The same service for another person."""
    async with serving(build_api(standing.settings), standing.folder, SCOPES, SOMEBODY_ELSE) as client:
        yield client


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


@pytest.mark.requirement(
    "S3.17",
    "S3.40",
    "S4.5",
    "S4.7",
    "S4.8",
    "S4.9",
    "S4.10",
    "S4.11",
    "S4.12",
    "S4.13",
    "S4.14",
    "S4.23",
    "S4.24",
    "S3.31",
    "S2.9",
)
async def test_a_company_is_registered_with_everything_that_a_card_can_hold(standing: Cards) -> None:
    customer = await standing.register(fresh(), **COMPANY)
    card = await card_of(standing, customer)
    assert card["owner"] == {**OWNER, "age": age(OWNER["born_on"])}
    assert [card[role]["name"] for role in ("manager", "legal_representative")] == ["Li Qiang", "Wang Lei"]
    for field in ("name", "address", "telephone", "founded_on", "trading_since", "legal_form", "assets", "marks", "postal"):
        assert card[field] == COMPANY[field], field
    parts = card["parts"]
    assert {field: one["value"] for field, one in parts["characteristics"].items()} == CHARACTERISTICS
    results = {f"sales_results.{one['year']}": one["sales"] for one in BUSINESS["sales_results"]}
    business = {field: value for field, value in BUSINESS.items() if field != "sales_results"}
    assert {field: one["value"] for field, one in parts["business"].items()} == {**business, **results}
    assert {field: one["value"] for field, one in parts["trade"].items()} == TRADE
    assert {field: one["value"] for field, one in parts["marks"].items()} == COMPANY["marks"]
    assert card["decision_maker"]["value"] == {**COMPANY["decision_maker"], "person": COMPANY["decision_maker"]["person"]}
    assert [(need["kind"], need["text"], need["met"]) for need in card["needs"]] == [
        ("SERVICE", "Deliveries before nine in the morning", False)
    ]


def age(born_on: str) -> int:
    born, now = date.fromisoformat(born_on), today()
    return now.year - born.year - ((now.month, now.day) < (born.month, born.day))


@pytest.mark.requirement("S3.17", "S3.40", "S4.8")
async def test_a_person_has_a_card_of_the_same_parts_with_traits_of_its_own(standing: Cards) -> None:
    answer = await standing.post("/v1/customers", PERSON)
    card = await card_of(standing, answer.json()["customer_id"])
    assert (card["kind"], card["person_name"], card["traits"]["hobbies"]) == ("PERSON", "Li Na", OWNER["hobbies"])
    assert card["postal"]["region"] == "東京都"
    assert card["parts"]["characteristics"]["potential"]["value"] == 2


@pytest.mark.requirement("S4.16", "S4.18")
async def test_each_field_says_who_said_it_when_and_how_far_it_is_to_be_believed(standing: Cards) -> None:
    customer = await standing.register(fresh(), **COMPANY, valid_from="2026-03-02")
    report = {**REPORT, "observed_on": days_ago(3)}
    answer = await state(standing, customer, "trade-status", provenance=report, credit_status="POOR", valid_from=days_ago(2))
    assert answer.status_code == 200, answer.text
    trade = (await card_of(standing, customer))["parts"]["trade"]
    assert trade["credit_status"] | {**report, "value": "POOR", "valid_from": days_ago(2)} == trade["credit_status"]
    assert trade["credit_status"]["entered_by"] == str(PRINCIPAL)
    assert trade["credit_status"]["confidence"] == "0.89"
    # What the report says nothing about stands as the salesperson left it.
    assert trade["reputation"] | {**VISIT, "value": 4, "valid_from": "2026-03-02"} == trade["reputation"]
    assert trade["reputation"]["confidence"] < "0.60"
