"""Doubt over HTTP: figures that contradict wait, somebody else looks into them, nothing is overwritten."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.cards.domain.identity import stub_id
from services.cards.read_models.verifications import VERIFICATIONS
from services.cards.wiring import build_api
from shared.contracts.card_parts import FieldVerified, VerificationRequested
from shared.contracts.cards import Provenance
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import SCOPES, Cards, PoolOf, fresh, sale
from tests.integration.cards.full_cards import COMPANY, FORM, REPORT, VISIT, cny
from tests.integration.cards.saying import SOMEBODY_ELSE, card_of, days_ago, state, today, verify, version_of
from tests.integration.following_twice import assert_as_the_stores_say, follow_to_the_end
from tests.integration.running import PRINCIPAL, key, record, serving

ASKED = {"source": "QUESTIONNAIRE", "observed_on": days_ago(4), "reference": "Q-7"}


@pytest.fixture
async def colleague(standing: Cards) -> AsyncIterator[httpx.AsyncClient]:
    """The same service for another person."""
    async with serving(build_api(standing.settings), standing.folder, SCOPES, SOMEBODY_ELSE) as client:
        yield client


async def bought(cards: Cards, number: str, *sales: tuple[int, str]) -> None:
    """Sales so many days ago."""
    for days, net in sales:
        answer = await cards.post("/v1/sales", sale(fresh(), number, sold_on=days_ago(days), net=cny(net)))
        assert answer.status_code == 201, answer.text


async def asked(cards: Cards, customer: UUID | str, what: str = "business-status", **body: Any) -> dict[str, Any]:
    """What a questionnaire says; answers the card after it."""
    answer = await state(cards, customer, what, provenance=ASKED, **body)
    assert answer.status_code == 200, answer.text
    return await card_of(cards, customer)


@pytest.mark.requirement("S4.17", "S4.12")
async def test_a_figure_far_from_the_ledger_waits_and_overwrites_nothing(standing: Cards) -> None:
    number = fresh()
    customer = await standing.register(number)
    await bought(standing, number, (30, "500.00"), (300, "380.00"), (400, "9000.00"), (1, "9000.00"))
    returned = {
        "returned_on": days_ago(20),
        "net": cny("100.00"),
        **{k: v for k, v in sale(fresh(), number).items() if k not in ("sold_on", "net")},
    }
    assert (await standing.post("/v1/returns", returned)).status_code == 201
    await state(standing, customer, "business-status", annual_purchases=cny("800.00"))
    card = await asked(standing, customer, annual_purchases=cny("1500.00"), share_with_us=35)
    business = card["parts"]["business"]
    # Of the twelve months through the day of the questionnaire, less what came back.
    [task] = card["open_verifications"]
    assert task | {"stated": "1500.00", "known": "780.00", "known_from": "LEDGER", "currency": "CNY", **ASKED} == task
    assert (task["field"], task["entered_by"]) == ("business.annual_purchases", str(PRINCIPAL))
    assert (business["annual_purchases"]["value"], business["annual_purchases"]["source"]) == (cny("800.00"), "SALESPERSON")
    # What contradicts nothing is believed as far as questionnaires are.
    assert (business["share_with_us"]["value"], business["share_with_us"]["confidence"] < "0.51") == (35, True)


@pytest.mark.requirement("S4.17")
@pytest.mark.parametrize("stated, far", [("975.00", False), ("975.01", True), ("585.00", False), ("584.99", True)])
async def test_a_quarter_is_the_line(standing: Cards, stated: str, far: bool) -> None:
    number = fresh()
    customer = await standing.register(number)
    await bought(standing, number, (30, "780.00"))
    card = await asked(standing, customer, annual_purchases=cny(stated))
    assert (len(card["open_verifications"]), "business" in card["parts"]) == ((1, False) if far else (0, True))


@pytest.mark.requirement("S4.17")
async def test_a_customer_of_whom_the_ledger_knows_nothing_is_believed(standing: Cards) -> None:
    card = await asked(
        standing,
        await standing.register(fresh()),
        annual_purchases=cny("1500.00"),
        sales_results=[{"year": 2025, "sales": cny("1.00")}],
    )
    assert card["open_verifications"] == []
    assert card["parts"]["business"]["annual_purchases"]["value"] == cny("1500.00")


@pytest.mark.requirement("S4.17", "S4.18")
async def test_a_figure_far_from_an_agency_waits_field_by_field(standing: Cards) -> None:
    customer = await standing.register(fresh())
    report = {**REPORT, "observed_on": days_ago(200)}
    results = [{"year": 2024, "sales": cny("900.00")}, {"year": 2025, "sales": cny("1000.00")}]
    await state(standing, customer, "characteristics", provenance=report, staff=20, sales_power=2)
    await state(standing, customer, "business-status", provenance=report, sales_results=results)
    # The salesperson's word stands now, but the agency's is what a questionnaire is held against.
    await state(standing, customer, "characteristics", staff=24)
    card = await asked(standing, customer, "characteristics", staff=40, sales_power=3, service_area="Wuxi")
    told = [{"year": 2024, "sales": cny("950.00")}, {"year": 2025, "sales": cny("2000.00")}]
    card = await asked(standing, customer, sales_results=told)
    waiting = {task["field"]: (task["stated"], task["known"], task["known_from"]) for task in card["open_verifications"]}
    assert waiting == {
        "characteristics.staff": ("40", "20", "AGENCY"),
        "business.sales_results.2025": ("2000.00", "1000.00", "AGENCY"),
    }
    parts = card["parts"]
    assert {field: one["value"] for field, one in parts["characteristics"].items()} == {
        "service_area": "Wuxi",
        "sales_power": 3,
        "staff": 24,
    }
    assert parts["business"]["sales_results.2024"]["value"] == cny("950.00")
    assert parts["business"]["sales_results.2025"]["value"] == cny("1000.00")


@pytest.mark.requirement("S4.18")
async def test_a_report_older_than_two_years_is_held_against_nobody(standing: Cards) -> None:
    customer = await standing.register(fresh())
    for days, far in ((736, False), (735, True)):
        report = {**REPORT, "observed_on": days_ago(days)}
        await state(standing, customer, "trade-status", provenance=report, reputation=1)
        card = await asked(standing, customer, "trade-status", reputation=5)
        assert bool(card["open_verifications"]) is far


@pytest.mark.requirement("S4.17", "S4.18")
async def test_assets_of_revised_basics_wait_and_the_old_ones_stay(standing: Cards) -> None:
    customer = await standing.register(fresh(), provenance={**REPORT, "observed_on": days_ago(9)}, assets=cny("1000.00"))
    basics = {"kind": "COMPANY", "name": "Hua Xin Group", "assets": cny("9000.00"), "provenance": ASKED}
    assert (await standing.put(f"/v1/customers/{customer}/basics", basics, 1)).status_code == 200
    card = await card_of(standing, customer)
    assert (card["name"], card["assets"], card["parts"]["basics"]["assets"]["source"]) == (
        "Hua Xin Group",
        cny("1000.00"),
        "AGENCY",
    )
    assert [task["field"] for task in card["open_verifications"]] == ["basics.assets"]


@pytest.mark.requirement("S4.14", "S4.17")
async def test_days_late_are_held_against_what_the_ledger_settled(cards: Cards) -> None:
    customer = await cards.register("K-5")
    common = {"source": "erp", "customer": {"system": "erp", "value": "K-5"}, "amount": cny("100.00")}
    invoice = {**common, "source_event_id": "I-1", "number": "I-1", "issued_on": days_ago(100), "due_on": days_ago(70)}
    assert (await cards.post("/v1/invoices", invoice)).status_code == 201
    paid = await cards.post("/v1/payments", {**common, "source_event_id": "P-1", "received_on": days_ago(30)})
    await cards.get("/v1/receivables", min_position=paid.headers["Regulars-Position"])
    card = await asked(cards, customer, "trade-status", days_late=36)
    assert (card["open_verifications"], card["parts"]["trade"]["days_late"]["value"]) == ([], 36)
    card = await asked(cards, customer, "trade-status", days_late=5)
    [task] = card["open_verifications"]
    assert (task["field"], task["stated"], task["known"], task["known_from"]) == ("trade.days_late", "5", "40", "LEDGER")
    assert card["parts"]["trade"]["days_late"]["value"] == 36


@pytest.mark.requirement("S4.17")
async def test_somebody_else_confirms_a_waiting_figure_or_refutes_it(standing: Cards, colleague: httpx.AsyncClient) -> None:
    number = fresh()
    customer = await standing.register(number)
    await bought(standing, number, (30, "780.00"))
    [task] = (await asked(standing, customer, annual_purchases=cny("1500.00"), valid_from=days_ago(3)))["open_verifications"]
    mine = await verify(standing, standing.client, customer, task_id=task["task_id"])
    assert (mine.status_code, mine.json()["code"]) == (409, "VERIFIER_ENTERED_IT")
    theirs = await verify(standing, colleague, customer, task_id=task["task_id"], verified_on=days_ago(1))
    assert theirs.status_code == 200, theirs.text
    card = await card_of(standing, customer)
    field = card["parts"]["business"]["annual_purchases"]
    assert (field["value"], field["source"], field["valid_from"]) == (cny("1500.00"), "QUESTIONNAIRE", days_ago(3))
    assert field["verified"] == {"outcome": "CONFIRMED", "on": days_ago(1), "by": str(SOMEBODY_ELSE)}
    assert field["confidence"] > "0.90"
    assert (field["entered_by"], card["open_verifications"]) == (str(PRINCIPAL), [])
    again = await verify(standing, colleague, customer, task_id=task["task_id"])
    assert (again.status_code, again.json()["code"]) == (409, "TASK_SETTLED")
    # Another one is refuted: what stands stays as it was.
    [task] = (await asked(standing, customer, annual_purchases=cny("9999.00")))["open_verifications"]
    assert (await verify(standing, colleague, customer, task_id=task["task_id"], outcome="REFUTED")).status_code == 200
    assert (await card_of(standing, customer))["parts"]["business"]["annual_purchases"] == field


@pytest.mark.requirement("S4.16", "S4.17")
async def test_a_field_is_verified_by_another_than_who_entered_it(standing: Cards, colleague: httpx.AsyncClient) -> None:
    customer = await standing.register(fresh(), **COMPANY)
    mine = await verify(standing, standing.client, customer, field="trade.reputation")
    assert (mine.status_code, mine.json()["code"]) == (409, "VERIFIER_ENTERED_IT")
    assert (await verify(standing, colleague, customer, field="trade.reputation")).status_code == 200
    assert (await verify(standing, colleague, customer, field="basics.telephone", outcome="REFUTED")).status_code == 200
    parts = (await card_of(standing, customer))["parts"]
    assert parts["trade"]["reputation"]["confidence"] == "0.95"
    assert parts["trade"]["advantages"]["confidence"] < "0.80"
    assert (parts["basics"]["telephone"]["verified"]["outcome"], parts["basics"]["telephone"]["confidence"]) == (
        "REFUTED",
        "0.00",
    )
    # News about the field are not verified by what was looked into before.
    await state(standing, customer, "trade-status", reputation=2, provenance={**VISIT, "observed_on": days_ago(0)})
    assert "verified" not in (await card_of(standing, customer))["parts"]["trade"]["reputation"]


async def test_what_is_not_there_is_not_verified(standing: Cards, colleague: httpx.AsyncClient) -> None:
    customer = await standing.register(fresh())
    before = await standing.events(f"card-{customer}")
    empty = await verify(standing, colleague, customer, field="trade.reputation")
    assert (empty.status_code, empty.json()["code"]) == (409, "NOTHING_TO_VERIFY")
    unknown = await verify(standing, colleague, customer, task_id=str(uuid4()))
    assert (unknown.status_code, unknown.json()["code"]) == (404, "TASK_UNKNOWN")
    both = await verify(standing, colleague, customer, task_id=str(uuid4()), field="basics.name")
    assert (both.status_code, both.json()["errors"][0]["code"]) == (422, "VERIFIED_THING")
    later = await verify(standing, colleague, customer, field="basics.name", verified_on=days_ago(-1))
    assert (later.status_code, later.json()["errors"][0]["code"]) == (422, "DAY_IN_FUTURE")
    assert await standing.events(f"card-{customer}") == before


@pytest.mark.requirement("S4.17")
async def test_a_registration_that_fills_a_stub_is_held_against_its_ledger(cards: Cards) -> None:
    doubtful = {
        "kind": "COMPANY",
        "name": "Lotus",
        "provenance": FORM | {"observed_on": days_ago(2)},
        "business_status": {"annual_purchases": cny("1500.00"), "share_with_us": 20},
    }
    numbers = [fresh() for _ in range(3)]
    bodies = [{**doubtful, "external_ids": [{"system": "erp", "value": number}]} for number in numbers]
    for number in numbers:
        await bought(cards, number, (30, "780.00"))
    assert (await cards.post("/v1/customers", bodies[0])).json()["status"] == "stub_filled"
    assert (await cards.post("/v1/customers/bulk", [bodies[1]])).json()["summary"] == {"total": 1, "recorded": 1}
    headers = {"Content-Type": "application/x-ndjson", **key()}
    job = await cards.client.post(
        "/v1/imports", params={"kind": "customers", "source": "erp"}, content=json.dumps(bodies[2]).encode(), headers=headers
    )

    async def done() -> bool:
        return bool((await cards.get(job.headers["Location"])).json()["recorded"])

    await eventually(done)
    for number in numbers:
        card = await card_of(cards, stub_id("erp", number))
        assert set(card["parts"]["business"]) == {"share_with_us"}
        assert [(task["field"], task["known"]) for task in card["open_verifications"]] == [
            ("business.annual_purchases", "780.00")
        ]


@pytest.mark.requirement("S4.17")
async def test_open_tasks_are_listed_for_the_salesperson_until_somebody_has_looked(cards: Cards) -> None:
    found: dict[str, str] = {}
    for number, seller in (("K-1", "wang"), ("K-2", "wang"), ("K-3", "li")):
        customer = await cards.register(number, salesperson_id=seller)
        await bought(cards, number, (30, "780.00"))
        card = await asked(cards, customer, annual_purchases=cny("1500.00"))
        found[number] = card["open_verifications"][0]["task_id"]

    async def tasks(**params: Any) -> list[str]:
        answer = await cards.get("/v1/verifications", **params)
        assert answer.status_code == 200, answer.text
        return [one["task_id"] for one in answer.json()["items"]]

    async def all_there() -> bool:
        return len(await tasks()) == 3

    await eventually(all_there)
    assert await tasks() == [found["K-1"], found["K-2"], found["K-3"]]
    assert await tasks(salesperson_id="wang") == [found["K-1"], found["K-2"]]
    assert await tasks(field="trade.days_late") == []
    first = (await cards.get("/v1/verifications", limit=1)).json()
    assert first["items"][0]["stated"] == "1500.00"
    assert await tasks(limit=2, cursor=first["next_cursor"]) == [found["K-2"], found["K-3"]]
    [one] = (await cards.get("/v1/customers", external_id="erp:K-1")).json()["items"]
    async with serving(build_api(cards.settings), cards.folder, SCOPES, SOMEBODY_ELSE) as colleague:
        looked = await verify(cards, colleague, one["customer_id"], task_id=found["K-1"], outcome="REFUTED")
    position = looked.headers["Regulars-Position"]
    assert await tasks(min_position=position) == [found["K-2"], found["K-3"]]
    # The salesperson of today is asked, and of an erased customer nobody.
    [two] = (await cards.get("/v1/customers", external_id="erp:K-2")).json()["items"]
    version = int((await version_of(cards, two["customer_id"])).strip('"'))
    moved = await cards.put(f"/v1/customers/{two['customer_id']}/assignment", {"salesperson_id": "li"}, version)
    await cards.get("/v1/customers", min_position=moved.headers["Regulars-Position"])
    assert await tasks(salesperson_id="li") == [found["K-2"], found["K-3"]]
    erased = await cards.erase(two["customer_id"])
    await cards.get("/v1/customers", min_position=erased.headers["Regulars-Position"])
    assert await tasks() == [found["K-3"]]


async def test_open_tasks_are_the_same_doubled_and_split(api: Cards, pool_of: PoolOf) -> None:
    tasks = [(UUID(int=customer), uuid4()) for customer in range(1, 9) for _ in range(3)]
    events: list[tuple[str, UUID | None, VerificationRequested | FieldVerified]] = []
    for n, (customer, task) in enumerate(tasks):
        requested = VerificationRequested(
            customer_id=customer,
            task_id=task,
            field="trade.days_late",
            stated=Decimal(n),
            known=Decimal(n + 9),
            known_from="LEDGER",
            provenance=Provenance(source="QUESTIONNAIRE"),
        )
        events.append((f"card-{customer}", customer, requested))
    for customer, task in tasks[::3]:
        verified = FieldVerified(
            customer_id=customer, field="trade.days_late", outcome="REFUTED", verified_on=today(), task_id=task
        )
        events.append((f"card-{customer}", customer, verified))
    for one in events:
        await record(api.pool, "cards", [one])
    stores = {"cards": api.pool}
    await follow_to_the_end(api.pool, "cards", stores, [VERIFICATIONS], seed=11)
    assert await assert_as_the_stores_say(api.pool, "cards", stores, [VERIFICATIONS]) == 16
