"""How well cards are kept, over HTTP, with `work` folding the feed of the stores."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.cards.read_models.card_health import CARD_HEALTH
from services.cards.wiring import build_api
from shared.projections.rebuild import rebuild
from shared.testing.following import last_cursors
from tests.integration.cards.conftest import SCOPES, Cards, PoolOf
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import key, serving

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
VISIT = {"source": "SALESPERSON"}
BEFORE_TRADE = [
    "basics.name",
    "basics.telephone",
    "basics.address",
    "salesperson_id",
    "basics.legal_representative",
    "basics.legal_form",
    "marks.nature",
    "marks.shop_kind",
    "decision_maker",
    "characteristics.service_area",
    "trade.credit_status",
    "terms",
]


def ago(days: int) -> str:
    return (TODAY - timedelta(days=days)).isoformat()


def whole(number: str, **more: Any) -> dict[str, Any]:
    """A card with everything that trade rests on."""
    return {
        "kind": "COMPANY",
        "name": f"Lotus {number}",
        "external_ids": [{"system": "erp", "value": number}],
        "telephone": "+86 512 6789 0123",
        "address": "1 Garden Road, Suzhou",
        "legal_representative": {"name": "Chen Hua"},
        "legal_form": "LIMITED",
        "marks": {"nature": "ORDINARY_COMPANY", "shop_kind": "CHAIN"},
        "salesperson_id": "li",
        "terms": {"payment_days": 30, "agreed_on": "2026-01-05"},
        "provenance": VISIT,
        "characteristics": {"service_area": "Suzhou"},
        "trade_status": {"credit_status": "GOOD"},
        "decision_maker": {"role": "buyer", "person": {"name": "Wang Min"}},
        **more,
    }


async def register(cards: Cards, body: dict[str, Any]) -> tuple[UUID, str]:
    answer = await cards.post("/v1/customers", body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["customer_id"]), answer.headers["Regulars-Position"]


async def invoice(cards: Cards, number: str, issued_on: str) -> str:
    body = {
        "source": "erp",
        "source_event_id": f"I-{uuid4()}",
        "customer": {"system": "erp", "value": number},
        "number": str(uuid4()),
        "issued_on": issued_on,
        "due_on": TODAY.isoformat(),
        "amount": {"amount": "10.00", "currency": "CNY"},
    }
    answer = await cards.post("/v1/invoices", body)
    assert answer.status_code == 201, answer.text
    return answer.headers["Regulars-Position"]


async def say(cards: Cards, customer: UUID, version: int, path: str, **body: Any) -> str:
    answer = await cards.post(f"/v1/customers/{customer}/{path}", body, {"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text
    return answer.headers["Regulars-Position"]


async def all_of(cards: Cards) -> str:
    """The position after everything that is in the store, whichever parts it is in."""
    return ",".join(f"{at.topic}/{at.part}/{cursor}" for at, cursor in (await last_cursors(cards.pool, CARD_HEALTH)).items())


async def health(cards: Cards, customer: UUID, position: str) -> dict[str, Any]:
    answer = await cards.get(f"/v1/customers/{customer}/health", min_position=position)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.requirement("S3.43", "S4.3")
async def test_what_a_card_lacks_depends_on_its_stage(cards: Cards) -> None:
    prospect, at_prospect = await register(
        cards, {"kind": "COMPANY", "name": "Blue Gate", "telephone": "+86 512 6789 0123", "salesperson_id": "li"}
    )
    found = await health(cards, prospect, at_prospect)
    assert (found["stage"], found["required"], found["missing"]) == ("PROSPECT", 4, ["basics.address"])
    assert found["to_fill"] == BEFORE_TRADE[4:]
    trading, at_trading = await register(
        cards, {"kind": "COMPANY", "name": "Red Gate", "telephone": "+86 512 6789 0123", "trading_since": "2020-01-01"}
    )
    found = await health(cards, trading, at_trading)
    assert (found["stage"], found["complete"], found["filled"]) == ("TRADING", False, 2)
    assert found["missing"] == BEFORE_TRADE[2:]
    assert "business.annual_purchases" in found["to_fill"]
    person, at_person = await register(cards, {"kind": "PERSON", "person_name": "Li Na", "trading_since": "2020-01-01"})
    found = await health(cards, person, at_person)
    assert "basics.legal_form" not in found["missing"]
    assert (found["required"], "basics.person_name" in found["missing"]) == (7, False)
    full, at_full = await register(cards, whole("K-1", trading_since="2020-01-01"))
    found = await health(cards, full, at_full)
    assert (found["complete"], found["missing"], found["filled"], found["required"]) == (True, [], 12, 12)


@pytest.mark.requirement("S4.3")
async def test_past_customers_lack_nothing_and_keep_what_they_have(cards: Cards) -> None:
    customer, _ = await register(cards, whole("K-1", trading_since="2020-01-01", legal_form=None))
    ended = await cards.post(
        f"/v1/customers/{customer}/trade-end", {"valid_from": ago(1), "reason": "CLOSED_DOWN"}, {"If-Match": '"5"'}
    )
    assert ended.status_code == 200, ended.text
    found = await health(cards, customer, ended.headers["Regulars-Position"])
    assert (found["stage"], found["complete"], found["required"], found["missing"]) == ("PAST", True, 0, [])
    assert "basics.legal_representative" in [one["field"] for one in found["fields"]]


@pytest.mark.requirement("S4.3", "S3.43")
async def test_an_incomplete_card_at_the_first_sale_is_found_and_stays_found(cards: Cards) -> None:
    bare, _ = await register(cards, whole("K-1", legal_form=None, terms=None))
    await register(cards, whole("K-2"))
    await invoice(cards, "K-1", ago(3))
    await invoice(cards, "K-2", ago(3))
    await cards.put(f"/v1/customers/{bare}/terms", {"payment_days": 30, "agreed_on": ago(3)}, 4)
    await invoice(cards, "K-1", ago(9))
    later = await cards.put(f"/v1/customers/{bare}/marks", {"nature": "GOVERNMENT", "shop_kind": "CHAIN"}, 5)
    assert later.status_code == 200
    at = await all_of(cards)
    found = await health(cards, bare, at)
    assert found["first_sale"]["missing"] == ["basics.legal_form", "terms"]
    assert found["first_sale"]["on"] == ago(9)
    [nature] = [one for one in found["fields"] if one["field"] == "marks.nature"]
    assert found["first_sale"]["recorded_at"] < nature["entered_at"]
    listed = (await cards.get("/v1/card-health", incomplete_at_first_sale=True, min_position=at)).json()["items"]
    assert [(one["name"], one["first_sale"]["missing"]) for one in listed] == [("Lotus K-1", ["basics.legal_form", "terms"])]
    # A fact that came before its card found it empty.
    await invoice(cards, "K-9", ago(2))
    filled, _ = await register(cards, whole("K-9"))
    found = await health(cards, filled, await all_of(cards))
    assert (found["missing"], found["first_sale"]["missing"]) == ([], BEFORE_TRADE)


@pytest.mark.requirement("S4.2")
async def test_future_new_and_old_customers(cards: Cards) -> None:
    future, at_future = await register(cards, whole("K-1"))
    new, at_new = await register(cards, whole("K-2", trading_since=ago(40)))
    old, at_old = await register(cards, whole("K-3", trading_since=ago(800)))
    found = [
        (await health(cards, customer, at))["time_series"] for customer, at in ((future, at_future), (new, at_new), (old, at_old))
    ]
    assert found == ["FUTURE", "NEW", "OLD"]
    # Open items of this year, brought in with the card, make no new customer of an old one.
    assert (await health(cards, old, await invoice(cards, "K-3", ago(9))))["time_series"] == "OLD"
    ended = await cards.post(f"/v1/customers/{new}/trade-end", {"reason": "CLOSED_DOWN"}, {"If-Match": '"5"'})
    assert (await health(cards, new, ended.headers["Regulars-Position"]))["time_series"] == "OLD"


@pytest.mark.requirement("S3.42", "S3.44")
async def test_how_old_fields_are_and_how_long_after_the_visit_they_were_entered(cards: Cards) -> None:
    customer, _ = await register(cards, whole("K-1", valid_from=ago(500), provenance={**VISIT, "observed_on": ago(500)}))
    position = await say(
        cards, customer, 5, "trade-status", reputation=4, credit_status="FAIR", provenance={**VISIT, "observed_on": ago(3)}
    )
    found = await health(cards, customer, position)
    fields = {one["field"]: one for one in found["fields"]}
    status, name = fields["trade.credit_status"], fields["basics.name"]
    assert (status["observed_on"], status["delay_days"], status["age_days"], status["stale"]) == (ago(3), 3, 3, False)
    assert (name["age_days"], name["stale"], name["holds_from"]) == (500, True, ago(500))
    assert found["delay"] == {"statements": 5, "mean_days": "400.6", "median_days": 500}
    async with serving(build_api(cards.settings), cards.folder, SCOPES, principal=uuid4()) as another:
        looked = await another.post(
            f"/v1/customers/{customer}/verifications",
            json={"field": "basics.name", "outcome": "CONFIRMED", "verified_on": ago(1)},
            headers={"If-Match": '"6"', **key()},
        )
    assert looked.status_code == 200, looked.text
    found = await health(cards, customer, looked.headers["Regulars-Position"])
    [name] = [one for one in found["fields"] if one["field"] == "basics.name"]
    assert (name["verified"], name["verified_on"], name["stale"]) == (True, ago(1), False)


@pytest.mark.requirement("S0.17", "S3.42", "S3.43", "S3.44")
async def test_how_well_each_salesperson_keeps_cards(cards: Cards) -> None:
    first, _ = await register(cards, whole("K-1", salesperson_id="wang", trading_since="2020-01-01"))
    await register(cards, whole("K-2", salesperson_id="wang", trading_since="2020-01-01", legal_form=None))
    await register(cards, whole("K-3", salesperson_id="li", trading_since="2020-01-01"))
    await invoice(cards, "K-2", ago(1))
    for version, days in ((5, 0), (6, 0), (7, 8)):
        visit = {**VISIT, "observed_on": ago(days)}
        await say(cards, first, version, "trade-status", credit_status="FAIR", reputation=1 + days % 5, provenance=visit)
    handed = await cards.put(f"/v1/customers/{first}/assignment", {"salesperson_id": "li"}, 8)
    await say(cards, first, 9, "characteristics", service_area="Wuxi", provenance={**VISIT, "observed_on": ago(1)})
    assert handed.status_code == 200
    answer = await cards.get("/v1/card-health/salespeople", min_position=await all_of(cards))
    found = {one["salesperson_id"]: one for one in answer.json()["items"]}
    wang, li = found["wang"], found["li"]
    assert (wang["cards"], wang["complete"], wang["complete_share"], wang["filled_share"]) == (1, 0, "0.000", "0.917")
    assert (li["cards"], li["complete"], li["complete_share"], li["required"], li["filled"]) == (2, 2, "1.000", 24, 24)
    assert (wang["incomplete_at_first_sale"], li["incomplete_at_first_sale"]) == (1, 0)
    # A hand-over moves the card and not the delays of whose customer it was.
    assert wang["delay"] == {"statements": 3, "mean_days": "2.7", "median_days": 0}
    assert li["delay"] == {"statements": 1, "mean_days": "1.0", "median_days": 1}
    assert li["stale_share"] == "0.000"
    [only] = (await cards.get("/v1/card-health/salespeople", salesperson_id="wang")).json()["items"]
    assert only == wang


async def test_the_list_begins_with_the_emptiest_and_goes_on_page_by_page(cards: Cards) -> None:
    for n in range(5):
        await register(cards, whole(f"K-{n}", trading_since="2020-01-01", **dict.fromkeys(["address", "legal_form"][: n % 3])))
    await register(cards, {"kind": "COMPANY", "name": "Empty", "trading_since": "2020-01-01"})
    first = (await cards.get("/v1/card-health", limit=4, min_position=await all_of(cards))).json()
    rest = (await cards.get("/v1/card-health", limit=4, cursor=first["next_cursor"])).json()
    counts = [len(one["missing"]) for one in first["items"] + rest["items"]]
    assert counts == sorted(counts, reverse=True)
    assert (counts[0], len(counts), "next_cursor" in rest) == (11, 6, False)
    lacking = (await cards.get("/v1/card-health", missing="basics.legal_form", salesperson_id="li")).json()["items"]
    assert [one["name"] for one in lacking] == ["Lotus K-2"]
    unknown = await cards.get("/v1/card-health", missing="basics.shoe_size")
    assert (unknown.status_code, unknown.json()["errors"][0]["code"]) == (422, "FIELD_UNKNOWN")
    assert len((await cards.get("/v1/card-health", stage="PROSPECT")).json()["items"]) == 0


async def test_erased_cards_have_no_health(cards: Cards) -> None:
    customer, position = await register(cards, whole("K-1"))
    assert (await health(cards, customer, position))["name"] == "Lotus K-1"
    erased = await cards.erase(customer)
    gone = await cards.get(f"/v1/customers/{customer}/health", min_position=erased.headers["Regulars-Position"])
    assert gone.status_code == 404
    assert (await cards.get("/v1/card-health")).json()["items"] == []
    assert await cards.pool.fetchval("SELECT count(*) FROM cards.card_health_a WHERE name IS NOT NULL") == 0


async def test_dashboards_see_what_cards_lack(cards: Cards, pool_of: PoolOf) -> None:
    customer, position = await register(cards, whole("K-1", legal_form=None, trading_since="2020-01-01"))
    await health(cards, customer, position)
    dashboards = await pool_of(cards.database, "dashboards")
    row = await dashboards.fetchrow("SELECT stage, missing, missing_count FROM cards.public_card_health")
    assert tuple(row) == ("TRADING", ["basics.legal_form"], 1)


@pytest.mark.parametrize("seed", [1, 2])
async def test_doubled_and_split_deliveries_change_nothing(api: Cards, pool_of: PoolOf, seed: int) -> None:
    """INVARIANT: rows and figures are what the stores say; breaks when a fold depends on how its events were delivered."""
    chance = Random(seed)
    customers = [(await register(api, whole(f"K-{n}", salesperson_id=chance.choice(["wang", "li"])))) for n in range(8)]
    for customer, _ in customers:
        version = 5
        for _ in range(chance.randrange(1, 5)):
            visit = {**VISIT, "observed_on": ago(chance.randrange(30))}
            stated = {"reputation": chance.randrange(1, 6), "credit_status": "FAIR"}
            await say(api, customer, version, "trade-status", provenance=visit, valid_from=ago(chance.randrange(30)), **stated)
            version += 1
        handed = await api.put(
            f"/v1/customers/{customer}/assignment", {"salesperson_id": "zhou", "valid_from": ago(chance.randrange(9))}, version
        )
        assert handed.status_code == 200
    for _ in range(30):
        await invoice(api, f"K-{chance.randrange(10)}", ago(chance.randrange(30)))
    await api.erase(customers[0][0])
    stores = {"cards": api.pool}
    await follow_to_the_end(api.pool, "cards", stores, [CARD_HEALTH], seed)
    assert await assert_as_the_stores_say(api.pool, "cards", stores, [CARD_HEALTH]) == 10
    rebuilder = await pool_of(api.database, "cards_rebuild")
    done = await rebuild(pool=rebuilder, schema="cards", model=CARD_HEALTH, stores={"cards": rebuilder})
    assert done.slot == "b"
