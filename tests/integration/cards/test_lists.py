"""Lists of customers over HTTP: by any field and mark, in any order, saved, and as CSV."""

from __future__ import annotations

import csv
import io
from importlib import import_module
from typing import Any

import asyncpg
import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards
from tests.integration.running import serving

LOTUS = {
    "kind": "COMPANY", "name": "Lotus", "place": "Suzhou", "country": "CN", "area_id": "EAST", "salesperson_id": "wang",
    "assets": {"amount": "2000000.00", "currency": "CNY"}, "marks": {"nature": "ORDINARY_COMPANY", "shop_kind": "WHOLESALE", "industry": "HARDWARE"},
    "terms": {"payment_days": 30, "credit_limit": {"amount": "200000.00", "currency": "CNY"}, "agreed_on": "2026-01-05"},
}  # fmt: skip
MAPLE = {
    "kind": "COMPANY", "name": "Maple", "place": "Wuxi", "country": "CN", "area_id": "EAST", "salesperson_id": "li",
    "assets": {"amount": "3000000.00", "currency": "CNY"}, "marks": {"shop_kind": "CHAIN"},
    "terms": {"payment_days": 60, "credit_limit": {"amount": "50000.00", "currency": "CNY"}, "agreed_on": "2026-02-05"},
}  # fmt: skip
CEDAR = {
    "kind": "COMPANY", "name": "Cedar", "place": "Osaka", "country": "JP", "area_id": "WEST",
    "terms": {"payment_days": 10, "credit_limit": {"amount": "900000", "currency": "JPY"}, "agreed_on": "2026-03-05"},
}  # fmt: skip
PERSON = {"kind": "PERSON", "person_name": "Li Na", "telephone": "+8613800138000", "salesperson_id": "wang"}


async def stocked(cards: Cards) -> None:
    answer = await cards.post("/v1/customers/bulk", [LOTUS, MAPLE, CEDAR, PERSON])
    assert answer.json()["summary"] == {"total": 4, "recorded": 4}, answer.text
    shown = await cards.get("/v1/customers", min_position=answer.headers["Regulars-Position"])
    assert len(shown.json()["items"]) == 4


async def names(cards: Cards, *where: str, **params: Any) -> list[str]:
    """Names in the order of the list, from pages of two."""
    found: list[str] = []
    params = {"where": list(where), "limit": 2, **params}
    while True:
        page = await cards.get("/v1/customers", **params)
        assert page.status_code == 200, page.text
        found += [item.get("name", item.get("person_name", "?")) for item in page.json()["items"]]
        if "next_cursor" not in page.json():
            return found
        params["cursor"] = page.json()["next_cursor"]


@pytest.mark.requirement("S0.3", "S4.5")
async def test_a_list_is_narrowed_by_any_field_and_mark(cards: Cards) -> None:
    await stocked(cards)
    for where, wanted in (
        ([], ["Li Na", "Cedar", "Lotus", "Maple"]),
        (["area_id=EAST"], ["Lotus", "Maple"]),
        (["area_id=EAST", "shop_kind=CHAIN"], ["Maple"]),
        (["name^=ｌｏ"], ["Lotus"]),
        (["name=CEDAR"], ["Cedar"]),
        (["name="], ["Li Na"]),
        (["name!="], ["Cedar", "Lotus", "Maple"]),
        (["kind=PERSON"], ["Li Na"]),
        (["salesperson_id="], ["Cedar"]),
        (["salesperson_id!="], ["Li Na", "Lotus", "Maple"]),
        (["salesperson_id!=wang"], ["Cedar", "Maple"]),
        (["place^=W"], ["Maple"]),
        (["payment_days>=30"], ["Lotus", "Maple"]),
        (["payment_days<=30"], ["Cedar", "Lotus"]),
        (["credit_limit>=100000 CNY"], ["Lotus"]),
        (["credit_limit<=900000 JPY"], ["Cedar"]),
        (["credit_limit!=50000.00 CNY", "kind=COMPANY"], ["Cedar", "Lotus"]),
        (["basics.assets>=3000000 CNY"], ["Maple"]),
        (["basics.assets<=3000000.00 CNY", "basics.assets!=3000000 CNY"], ["Lotus"]),
        (["basics.assets="], ["Li Na", "Cedar"]),
        (["agreed_on>=2026-02-01", "agreed_on<=2026-02-28"], ["Maple"]),
        (["stage=PROSPECT"], ["Li Na", "Cedar", "Lotus", "Maple"]),
        (["dealer_id="], ["Li Na", "Cedar", "Lotus", "Maple"]),
        (["channel=DIRECT", "shop_kind="], ["Li Na", "Cedar"]),
        (["channel=INDIRECT"], []),
        (["changed_at>=2020-01-01T00:00:00Z"], ["Li Na", "Cedar", "Lotus", "Maple"]),
        (["changed_at<=2020-01-01T00:00:00Z"], []),
        (["stub=true"], []),
    ):
        assert await names(cards, *where) == wanted, where


async def test_parameters_and_conditions_hold_together(cards: Cards) -> None:
    await stocked(cards)
    assert await names(cards, "place=Wuxi", area_id="EAST") == ["Maple"]
    assert await names(cards, "place=Wuxi", area_id="WEST") == []


async def test_a_list_comes_in_any_order_page_by_page(cards: Cards) -> None:
    await stocked(cards)
    for sort, wanted in (
        ("-name", ["Maple", "Lotus", "Cedar", "Li Na"]),
        ("payment_days", ["Cedar", "Lotus", "Maple", "Li Na"]),
        ("-payment_days", ["Maple", "Lotus", "Cedar", "Li Na"]),
        ("-agreed_on", ["Cedar", "Maple", "Lotus", "Li Na"]),
        ("place", ["Cedar", "Lotus", "Maple", "Li Na"]),
    ):
        assert await names(cards, sort=sort) == wanted, sort
        assert await names(cards, sort=sort, limit=1) == wanted, sort
    assert sorted(await names(cards, sort="-changed_at", limit=1)) == ["Cedar", "Li Na", "Lotus", "Maple"]


async def test_what_cannot_be_asked_is_named_flaw_by_flaw(cards: Cards) -> None:
    where = [
        "person_name=Li Na",
        "area_id>=EAST",
        "payment_days=thirty",
        "payment_days=99999999999",
        "credit_limit>=NaN CNY",
        "credit_limit>=100000",
        "agreed_on=2026-02-30",
        "changed_at>=2026-02-03T00:00:00",
        "changed_at>=0001-01-01T00:00:00+14:00",
        "changed_at<=9999-12-31T23:59:59-14:00",
        "dealer_id=somebody",
        "stub=perhaps",
        "name^=",
        "stub=",
        "no condition",
        "name=1' OR '1'='1",
    ]
    answer = await cards.get("/v1/customers", where=where, sort="credit_limit")
    assert (answer.status_code, answer.json()["code"]) == (422, "VALIDATION_FAILED")
    flaws = [(error["pointer"], error["code"]) for error in answer.json()["errors"]]
    assert flaws == [
        ("#/query/where/0", "FIELD_UNKNOWN"),
        ("#/query/where/1", "OPERATOR_UNFIT"),
        *((f"#/query/where/{n}", "VALUE_FORM") for n in range(2, 12)),
        *((f"#/query/where/{n}", "CONDITION_FORM") for n in range(12, 15)),
        ("#/query/sort", "SORT_UNKNOWN"),
    ]
    assert await names(cards, "name=1' OR '1'='1") == []


async def test_a_cursor_belongs_to_its_list(cards: Cards) -> None:
    await stocked(cards)
    cursor = (await cards.get("/v1/customers", limit=1, where="area_id=EAST")).json()["next_cursor"]
    for other in ({"where": "area_id=WEST"}, {"sort": "-name", "where": "area_id=EAST"}, {}):
        answer = await cards.get("/v1/customers", limit=1, cursor=cursor, **other)
        assert (answer.status_code, answer.json()["code"]) == (400, "CURSOR_INVALID")


@pytest.mark.requirement("S0.3")
async def test_a_list_is_exported_whole_and_safe_against_formulas(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("services.cards.api.customer_export"), "AT_ONCE", 2)
    await stocked(cards)
    odd = await cards.post("/v1/customers", {"kind": "COMPANY", "name": '=HYPERLINK("http://x")', "place": "@home"})
    last = await cards.post("/v1/customers", {"kind": "COMPANY", "name": 'Oak, "the best"', "telephone": "+8651267890123"})
    position = ",".join(answer.headers["Regulars-Position"] for answer in (odd, last))
    answer = await cards.get("/v1/customers.csv", min_position=position)
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="customers.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["name"] for row in rows] == ["Li Na", '\'=HYPERLINK("http://x")', "Cedar", "Lotus", "Maple", 'Oak, "the best"']
    assert rows[1]["place"] == "'@home"
    assert rows[5]["telephone"] == "'+8651267890123"
    assert (rows[3]["credit_limit"], rows[3]["credit_currency"], rows[3]["agreed_on"]) == ("200000.00", "CNY", "2026-01-05")
    some = await cards.get("/v1/customers.csv", where=["area_id=EAST"], sort="-name", mark=True)
    assert some.content.startswith("\ufeffcustomer_id,name".encode())
    assert [row["name"] for row in csv.DictReader(io.StringIO(some.text, newline=""))] == ["Maple", "Lotus"]
    wrong = await cards.get("/v1/customers.csv", where=["telephone=1"])
    assert (wrong.status_code, wrong.json()["code"]) == (422, "VALIDATION_FAILED")


async def test_without_the_scope_an_export_holds_nothing_personal(cards: Cards) -> None:
    await stocked(cards)
    scopes = ("cards.customer.read",)
    async with serving(build_api(cards.settings), cards.folder, scopes) as client:
        text = (await client.get("/v1/customers.csv")).text
        assert "Lotus" in text
        assert "Li Na" not in text
        assert "13800138000" not in text
        refused = await client.get("/v1/mailing-list")
        assert (refused.status_code, refused.json()["code"]) == (403, "SCOPE_MISSING")


@pytest.mark.requirement("S0.4", "S3.16")
async def test_a_mailing_list_has_the_lines_that_each_country_writes(cards: Cards) -> None:
    suzhou = {
        "country": "CN",
        "region": "江苏省",
        "city": "苏州市",
        "district": "虎丘区",
        "street": "湖路5号",
        "postal_code": "215000",
    }
    osaka = {"country": "JP", "region": "大阪府", "city": "大阪市", "street": "北区梅田1-2", "postal_code": "530-0001"}
    berlin = {"country": "DE", "city": "Berlin", "street": "Hauptstr. 5", "postal_code": "10115", "recipient": "Frau Krause"}
    people = [
        {"kind": "COMPANY", "name": "华信贸易有限公司", "postal": suzhou, "area_id": "EAST"},
        {"kind": "COMPANY", "name": "株式会社田中商店", "postal": osaka, "area_id": "EAST"},
        {"kind": "COMPANY", "name": "Blue Gate GmbH", "postal": berlin, "area_id": "WEST"},
        {
            "kind": "PERSON",
            "person_name": "Anne Roux",
            "country": "FR",
            "place": "Lyon",
            "address": "5 rue du Lac",
            "area_id": "WEST",
        },
        {"kind": "COMPANY", "name": "Nowhere Ltd", "country": "CN"},
    ]
    answer = await cards.post("/v1/customers/bulk", people)
    assert answer.json()["summary"] == {"total": 5, "recorded": 5}, answer.text
    merged = [item["id"] for item in answer.json()["items"]][4]
    twin = await cards.register("K-1", name="Nowhere", postal=berlin)
    position = (await cards.post(f"/v1/customers/{merged}/merge", {"merged_id": str(twin)}, {"If-Match": '"1"'})).headers
    shown = await cards.get("/v1/mailing-list", min_position=position["Regulars-Position"], posted_in="CN")
    lines = {item["lines"][0] if item["lines"] else "": item for item in shown.json()["items"]}
    assert [item["lines"] for item in lines.values()] == [
        ["Anne Roux", "5 rue du Lac", "LYON", "FRANCE"],
        ["Frau Krause", "Blue Gate GmbH", "Hauptstr. 5", "10115 BERLIN", "GERMANY"],
        [],
        ["215000", "江苏省苏州市虎丘区", "湖路5号", "华信贸易有限公司"],
        ["〒530-0001", "大阪府", "大阪市北区梅田1-2", "株式会社田中商店", "JAPAN"],
    ]
    assert lines[""]["missing"] == ["street", "city", "postal_code", "region"]
    file = await cards.get("/v1/mailing-list.csv", where=["area_id=WEST"])
    rows = list(csv.DictReader(io.StringIO(file.text, newline="")))
    assert [(row["line_1"], row["country"], row["missing"]) for row in rows] == [
        ("Anne Roux", "FR", "postal_code"),
        ("Frau Krause", "DE", ""),
    ]


async def test_dashboards_read_the_same_by_sql(cards: Cards) -> None:
    await stocked(cards)
    reader = await asyncpg.connect(cards.database.dsn("dashboards"))
    try:
        rows = await reader.fetch(
            "SELECT name, place, shop_kind, stage, merged_into FROM cards.public_customers ORDER BY name NULLS LAST"
        )
        assert [tuple(row) for row in rows] == [
            ("Cedar", "Osaka", None, "PROSPECT", None),
            ("Lotus", "Suzhou", "WHOLESALE", "PROSPECT", None),
            ("Maple", "Wuxi", "CHAIN", "PROSPECT", None),
            (None, None, None, "PROSPECT", None),
        ]
    finally:
        await reader.close()
