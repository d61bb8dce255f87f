"""Possible duplicates over HTTP: found by name, number, telephone, e-mail and address, in pages, without merged and erased ones."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from services.cards.read_models import duplicates
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, sale


async def pairs(cards: Cards, **params: Any) -> list[tuple[frozenset[str], list[str]]]:
    """All pairs, page by page."""
    found = []
    while True:
        page = await cards.get("/v1/duplicates", **params)
        assert page.status_code == 200, page.text
        for item in page.json()["items"]:
            found.append((frozenset(one["customer_id"] for one in item["customers"]), item["reasons"]))
        if "next_cursor" not in page.json():
            return found
        params["cursor"] = page.json()["next_cursor"]


async def registered(cards: Cards, **body: Any) -> str:
    answer = await cards.post("/v1/customers", body)
    assert answer.status_code == 201, answer.text
    position = answer.headers["Regulars-Position"]
    assert (await cards.get("/v1/customers", min_position=position)).status_code == 200
    return str(answer.json()["customer_id"])


@pytest.mark.requirement("S0.1")
async def test_two_cards_of_one_customer_are_found_with_the_reasons(cards: Cards) -> None:
    first = await registered(cards, kind="COMPANY", name="Lotus Trading Co., Ltd.", telephone="0512-6789 0123", country="CN")
    second = await registered(cards, kind="COMPANY", name="LOTUS TRADING", telephone="+86 512 6789 0123", country="CN")
    await registered(cards, kind="COMPANY", name="Lotus Trade", telephone="+86 512 6789 0124", country="CN")
    assert await pairs(cards) == [(frozenset({first, second}), ["name", "telephone"])]
    assert await pairs(cards, agreeing=2) == [(frozenset({first, second}), ["name", "telephone"])]
    assert await pairs(cards, agreeing=3) == []
    assert await pairs(cards, customer_id=second) == [(frozenset({first, second}), ["name", "telephone"])]


@pytest.mark.requirement("S0.1")
async def test_persons_are_found_by_what_is_sealed(cards: Cards) -> None:
    person = {"kind": "PERSON", "person_name": "Li Na", "address": "Lake Road 5", "country": "CN"}
    first = await registered(cards, **person, email="li.na@example.com")
    second = await registered(cards, **{**person, "person_name": "LI  NA", "address": "lake road, 5"})
    third = await registered(cards, kind="PERSON", person_name="Na Li", email="Li.Na@example.com")
    assert sorted(await pairs(cards), key=lambda pair: pair[1]) == [
        (frozenset({first, second}), ["address", "name"]),
        (frozenset({first, third}), ["email"]),
    ]
    # Only what somebody knows already is told: no name of a person stands in the answer.
    assert "Na" not in (await cards.get("/v1/duplicates")).text


@pytest.mark.requirement("S0.1")
async def test_numbers_are_found_in_any_spelling_and_long_ones_in_any_system(cards: Cards) -> None:
    def ids(*pairs: str) -> list[dict[str, str]]:
        return [dict(zip(("system", "value"), pair.split(":"), strict=True)) for pair in pairs]

    first = await registered(cards, kind="COMPANY", name="One", external_ids=ids("erp:K-1077", "tax:91320594MA1XYZ1234"))
    await registered(cards, kind="COMPANY", name="Two", external_ids=ids("shop:1077"))
    third = await registered(cards, kind="COMPANY", name="Three", external_ids=ids("register:91320594-MA1XYZ1234"))
    # A stub that a fact has opened may be a known customer under another spelling.
    stub = await cards.post("/v1/sales", sale("S-1", "k 1077"))
    wanted = {(frozenset({first, third}), "number"), (frozenset({first, str(stub.json()["customer_id"])}), "number")}

    async def found() -> bool:
        return {(both, reason) for both, reasons in await pairs(cards) for reason in reasons} == wanted

    await eventually(found, timeout=20)


@pytest.mark.requirement("S0.1")
async def test_merged_and_erased_cards_are_no_duplicates_any_more(cards: Cards) -> None:
    first = await registered(cards, kind="COMPANY", name="Lotus", telephone="+8651267890123")
    second = await registered(cards, kind="COMPANY", name="Lotus", telephone="+8651267890123")
    third = await registered(cards, kind="COMPANY", name="Lotus Ltd")
    assert len(await pairs(cards)) == 3
    merged = await cards.post(f"/v1/customers/{first}/merge", {"merged_id": second}, {"If-Match": '"1"'})
    position = merged.headers["Regulars-Position"]
    assert await pairs(cards, min_position=position) == [(frozenset({first, third}), ["name"])]
    gone = await cards.erase(third)
    assert await pairs(cards, min_position=gone.headers["Regulars-Position"]) == []


async def test_merged_cards_take_no_place_of_others(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: so many partners are told of one customer, and merging them makes room; breaks when merged ones count."""
    monkeypatch.setattr(duplicates, "MOST_OF_ONE", 2)
    same = {"kind": "COMPANY", "name": "Lotus", "telephone": "+8651267890123"}
    body = [{**same, "external_ids": [{"system": f"s{n}", "value": "91320594-MA1XYZ1234"}]} for n in range(5)]
    answer = await cards.post("/v1/customers/bulk", body)
    first, *others = sorted(item["id"] for item in answer.json()["items"])
    position = answer.headers["Regulars-Position"]
    told = [(frozenset({first, one}), ["name", "number", "telephone"]) for one in others]
    assert await pairs(cards, customer_id=first, min_position=position) == told[:2]
    for version, merged in enumerate(others[:2], 1):
        done = await cards.post(f"/v1/customers/{first}/merge", {"merged_id": merged}, {"If-Match": f'"{version}"'})
        position = f"{position},{done.headers['Regulars-Position']}"
    assert await pairs(cards, customer_id=first, min_position=position) == told[2:]
    assert (await pairs(cards))[:2] == told[2:]


async def test_pages_hold_every_pair_once(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: a page ends behind a pair or behind a customer that was looked through; breaks when either is skipped or told twice."""
    body = [{"kind": "COMPANY", "name": f"Company {n % 5}", "telephone": f"+86512678901{n % 3}0"} for n in range(30)]
    answer = await cards.post("/v1/customers/bulk", body)
    customers = [UUID(item["id"]) for item in answer.json()["items"]]
    position = answer.headers["Regulars-Position"]
    assert (await cards.get("/v1/customers", min_position=position)).status_code == 200
    expected = {
        frozenset({str(a), str(b)}): sorted((["name"] if n % 5 == m % 5 else []) + (["telephone"] if n % 3 == m % 3 else []))
        for n, a in enumerate(customers)
        for m, b in enumerate(customers)
        if n < m and (n % 5 == m % 5 or n % 3 == m % 3)
    }
    monkeypatch.setattr(duplicates, "LOOKED_AT", 7)
    for limit in (1, 4, 500):
        found = await pairs(cards, limit=limit)
        assert len(found) == len(expected)
        assert dict(found) == expected
