"""Loyalty over HTTP, from sales and complaints that were recorded and surveys that were entered."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from msgspec import structs

from services.classification.domain.loyalty import attitude
from services.classification.domain.loyalty_standard import BUILT_IN
from services.classification.read_models.loyalty import buyers
from services.classification.read_models.served import Scope
from services.classification.read_models.surveys import answers_of
from shared.contracts.cards import Basics, CustomerRegistered, SalespersonAssigned
from shared.contracts.complaints import ComplaintAssessed, ComplaintReceived
from shared.contracts.event import Event
from shared.contracts.loyalty import SurveyAnswered
from shared.contracts.money import Money
from shared.contracts.transactions import SaleLine, SaleRecorded
from shared.testing.eventually import eventually
from tests.integration.classification.conftest import TODAY, Classification, PoolOf, days_ago
from tests.integration.running import PRINCIPAL, key, record

SHANGHAI, HARBIN, WUHAN = (UUID(int=n) for n in (1, 2, 3))


def bought(customer: UUID, days: int, *articles: str) -> Event:
    lines = tuple(SaleLine(article=article, quantity=Decimal(1), net=Decimal(10)) for article in articles)
    return SaleRecorded(
        customer_id=customer,
        source="erp",
        source_event_id=str(uuid4()),
        sold_on=days_ago(days),
        net=Money(Decimal(10 * len(lines)), "CNY"),
        lines=lines,
    )


async def survey(service: Classification, customer: UUID, **answers: Any) -> httpx.Response:
    body = {"source": "spring survey", "answered_on": days_ago(10).isoformat(), **answers}
    return await service.client.post(f"/v1/customers/{customer}/surveys", json=body, headers=key())


async def loyalty(service: Classification, customer: UUID, **asked: Any) -> dict[str, Any]:
    found = await service.client.get(f"/v1/customers/{customer}/loyalty", params=asked)
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


async def known(service: Classification, *facts: Any) -> None:
    """Record sales, and wait until each customer's are folded."""
    await service.trade(*facts)

    async def folded() -> bool:
        async with service.own.acquire() as c:
            net: Decimal | None = await c.fetchval("SELECT sum(net) FROM classification.sold_a")
        return net == sum(fact.net.amount for fact in facts)

    assert await eventually(folded, timeout=30)


@pytest.mark.requirement("S0.24", "S0.25")
async def test_the_loyal_and_those_whom_others_follow_come_first(classification: Classification) -> None:
    regular = [bought(SHANGHAI, 15 + 30 * n, "drill", "saw") for n in range(10)]
    seldom = [bought(HARBIN, days, "drill") for days in (20, 200, 330)]
    now_and_then = [bought(WUHAN, 15 + 60 * n, "saw") for n in range(6)]
    new = uuid4()
    assigned = SalespersonAssigned(customer_id=WUHAN, salesperson_id="S7", area_id="west")
    await record(classification.cards, "cards", [(f"card-{WUHAN}", WUHAN, assigned)])
    await known(classification, *regular, *seldom, *now_and_then, bought(new, 5, "saw"))

    async def listed(**asked: Any) -> list[tuple[str, str | None]]:
        found = (await classification.client.get("/v1/loyalty", params=asked)).json()
        return [(one["customer_id"], one["attitude"]) for one in found["items"]]

    all_of_them = [(str(SHANGHAI), "LOYAL"), (str(WUHAN), "SWITCHING"), (str(HARBIN), "SWITCHING"), (str(new), None)]
    assert await listed() == all_of_them
    first = (await classification.client.get("/v1/loyalty", params={"limit": 1})).json()
    rest = (await classification.client.get("/v1/loyalty", params={"limit": 9, "cursor": first["next_cursor"]})).json()
    assert [one["customer_id"] for one in (*first["items"], *rest["items"])] == [customer for customer, _ in all_of_them]
    assert first["items"][0]["why"] == {"regularity": "1.0000", "repeat": "1.0000"}
    assert {one["read_model"] for one in first["from_what"]} >= {"sold", "surveys"}
    # Harbin says that it buys a tenth of what it needs from us, and that others follow it.
    told = await survey(classification, HARBIN, share_of_wallet="0.10", leads=True)
    assert told.status_code == 201, told.text
    at_least = {"min_position": told.headers["regulars-position"]}
    assert await listed(**at_least) == [(str(HARBIN), "WITHOUT"), *all_of_them[:2], all_of_them[3]]
    assert await listed(leads=True) == [(str(HARBIN), "WITHOUT")]
    assert await listed(attitude="LOYAL") == [all_of_them[0]]
    assert await listed(salesperson_id="S7") == [all_of_them[1]]
    assert await listed(as_of=days_ago(100).isoformat()) == [(str(SHANGHAI), "LOYAL"), *all_of_them[1:3]]
    portfolio = (await classification.client.get("/v1/loyalty-portfolio")).json()
    assert portfolio["attitudes"] == {"LOYAL": 1, "SWITCHING": 1, "WITHOUT": 1, "TOO_NEW": 1}


@pytest.mark.requirement("S2.35", "S2.36", "S2.37", "S2.38", "S2.39", "S2.40", "S2.41")
async def test_measures_computed_and_entered_each_with_its_source(classification: Classification) -> None:
    await known(
        classification, *(bought(SHANGHAI, 15 + 30 * n, "drill") for n in range(8)), bought(SHANGHAI, 800, "saw", "drill")
    )
    await survey(classification, SHANGHAI, concern=2, price_sensitivity=4, answered_on=days_ago(300).isoformat())
    answers = {"needs_named": 5, "needs_met": 4, "competing_products": 1, "identification": 5, "days_to_decide": 6}
    told = await survey(classification, SHANGHAI, concern=5, **answers)
    body = await loyalty(classification, SHANGHAI, min_position=told.headers["regulars-position"])
    measures = {one["measure"]: one for one in body["measures"]}
    assert {name: (one["number"], one["value"], one["score"]) for name, one in measures.items()} == {
        "REPEAT_PURCHASE": (1, "1", "1.0000"),
        "CONCERN": (2, "5", "1.0000"),
        "NEEDS_SATISFIED": (3, "0.8000", "0.8000"),
        "PRICE_SENSITIVITY": (4, "4", "0.2500"),
        "COMPETING_PRODUCTS": (5, "1", "1.0000"),
        "IDENTIFICATION": (6, "5", "1.0000"),
        "LENGTH": (7, "800", "0.4384"),
        "TOLERANCE": (8, None, None),
    }
    assert measures["REPEAT_PURCHASE"]["basis"] == "1 of 1 articles were bought on two days or more"
    concern = measures["CONCERN"]
    assert (concern["from"], concern["source"], concern["recorded_by"]) == ("SURVEY", "spring survey", str(PRINCIPAL))
    assert measures["PRICE_SENSITIVITY"]["answered_on"] == days_ago(300).isoformat()
    assert (measures["LENGTH"]["relation_days"], measures["LENGTH"]["days_to_decide"]) == (800, 6)
    assert body["depth"]["deepest"] == "AFFECTIVE"
    assert [body["depth"]["layers"][layer]["reached"] for layer in ("COGNITIVE", "AFFECTIVE", "BEHAVIOURAL")] == [
        True,
        True,
        False,
    ]
    # Before the second survey the first one's answer stood.
    earlier = await loyalty(classification, SHANGHAI, as_of=days_ago(11).isoformat())
    assert earlier["measures"][1]["value"] == "2"
    # A standard that scores how fast it decides, and judges a layer by less.
    headers = {**key(), "If-Match": '"0"'}
    standard = {"length": "DECISION", "layer_from": "0.50"}
    published = await classification.client.put("/v1/standards/loyalty", json=standard, headers=headers)
    assert (published.status_code, published.json()["version"]) == (200, 1), published.text
    body = await loyalty(classification, SHANGHAI)
    assert (body["standard_version"], body["measures"][6]["score"], body["measures"][6]["relation_days"]) == (1, "0.9000", 800)
    assert body["depth"]["deepest"] == "BEHAVIOURAL"
    wrong = await classification.client.put("/v1/standards/loyalty", json={"spans": 1}, headers={**key(), "If-Match": '"1"'})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "LOYALTY_OUT_OF_RANGE")
    history = (await classification.client.get(f"/v1/customers/{SHANGHAI}/surveys")).json()
    assert [one["concern"] for one in history["surveys"]] == [5, 2]


@pytest.mark.requirement("S2.42")
async def test_who_buys_on_after_an_incident_tolerates_it(classification: Classification, pool_of: PoolOf) -> None:
    complaints = await pool_of(classification.database, "complaints")

    def complaint(customer: UUID, days: int, *, founded: bool, kind: Any = "QUALITY") -> list[tuple[str, UUID | None, Event]]:
        complaint_id = uuid4()
        received = ComplaintReceived(
            complaint_id=complaint_id, customer_id=customer, kind=kind, channel="HOTLINE", received_on=days_ago(days)
        )
        assessed = ComplaintAssessed(
            complaint_id=complaint_id, customer_id=customer, founded=founded, assessed_on=days_ago(days - 2)
        )
        return [(f"complaint-{complaint_id}", customer, event) for event in (received, assessed)]

    entries = [
        *complaint(SHANGHAI, 300, founded=True),
        *complaint(SHANGHAI, 200, founded=True),
        *complaint(SHANGHAI, 20, founded=True),
        *complaint(SHANGHAI, 290, founded=False),
        *complaint(SHANGHAI, 290, founded=True, kind="SERVICE"),
    ]
    where = await record(complaints, "complaints", entries)
    # Ninety days after the first: tolerated; ninety-one after the second: not.
    await known(classification, bought(SHANGHAI, 400, "drill"), bought(SHANGHAI, 210, "drill"), bought(SHANGHAI, 109, "drill"))
    body = await loyalty(classification, SHANGHAI, min_position=where)
    tolerance = body["measures"][7]
    assert (tolerance["measure"], tolerance["value"], tolerance["score"]) == ("TOLERANCE", "0.5000", "0.5000")
    assert tolerance["basis"] == "bought on after 1 of 2 founded complaints about quality; 1 are too young"


@pytest.mark.requirement("S2.4")
async def test_the_type_of_a_relation_is_stated_due_and_its_quality_scored(classification: Classification) -> None:
    await known(classification, bought(SHANGHAI, 100, "drill"), bought(HARBIN, 100, "drill"))

    async def stated(customer: UUID, relation: str, days: int) -> httpx.Response:
        body = {"relation": relation, "stated_on": days_ago(days).isoformat()}
        return await classification.client.put(f"/v1/customers/{customer}/relation-type", json=body, headers=key())

    await stated(SHANGHAI, "BASIC", 500)
    last = await stated(SHANGHAI, "PARTNERSHIP", 364)
    assert last.status_code == 200, last.text
    body = await loyalty(classification, SHANGHAI, min_position=last.headers["regulars-position"])
    assert body["relation"] == {"type": "PARTNERSHIP", "stated_on": days_ago(364).isoformat(), "due": False}
    assert (await loyalty(classification, SHANGHAI, as_of=days_ago(365).isoformat()))["relation"]["type"] == "BASIC"
    # One article of one day: no repeat, and a short relation; nothing was asked.
    assert body["quality"] == {"score": "0.0274", "known": "0.2500"}

    async def listed(**asked: Any) -> list[str]:
        items = (await classification.client.get("/v1/loyalty", params=asked)).json()["items"]
        return [one["customer_id"] for one in items]

    assert await listed(relation="PARTNERSHIP") == [str(SHANGHAI)]
    assert await listed(relation_due=True) == [str(HARBIN)]
    assert await listed(relation_due=False) == [str(SHANGHAI)]
    future = await stated(HARBIN, "BASIC", -2)
    assert (future.status_code, future.json()["code"]) == (422, "NOT_YET")


@pytest.mark.requirement("S2.43", "S2.36")
async def test_growth_acquisition_and_churn_belong_to_a_portfolio(classification: Classification) -> None:
    stays, lost, back, acquired, prospect, elsewhere = (uuid4() for _ in range(6))
    registered = CustomerRegistered(customer_id=prospect, basics=Basics(kind="COMPANY", name="Hua Xin"), area_id="west")
    cards: list[tuple[str, UUID | None, Event]] = [(f"card-{prospect}", prospect, registered)]
    for customer in (stays, lost, back, acquired):
        assigned = SalespersonAssigned(customer_id=customer, salesperson_id="S7", area_id="west")
        named = CustomerRegistered(customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin"))
        cards += [(f"card-{customer}", customer, named), (f"card-{customer}", customer, assigned)]
    await record(classification.cards, "cards", cards)
    await known(
        classification,
        *(bought(stays, days, "drill") for days in (5, 20, 40)),
        bought(lost, 35, "drill"),
        *(bought(back, days, "drill") for days in (8, 100)),
        bought(acquired, 30, "drill"),
        bought(elsewhere, 3, "drill"),
    )
    asked = {"from": days_ago(30).isoformat(), "to": TODAY.isoformat(), "area_id": "west"}

    async def west() -> dict[str, Any] | None:
        found: dict[str, Any] = (await classification.client.get("/v1/loyalty-portfolio", params=asked)).json()
        return found if (found["buyers"], found["prospects"]) == (3, 1) else None

    found = await eventually(west, timeout=20)
    assert found is not None
    counts = ("before", "buyers", "acquired", "lost", "won_back", "again", "prospects")
    assert [found[name] for name in counts] == [2, 3, 1, 1, 1, 1, 1]
    rates = ("growth_rate", "acquisition_rate", "churn_rate", "repeat_purchase_rate")
    assert [found[name] for name in rates] == ["0.5000", "0.5000", "0.5000", "0.3333"]
    company = (await classification.client.get("/v1/loyalty-portfolio", params={**asked, "area_id": "none"})).json()
    assert (company["buyers"], company["growth_rate"]) == (0, None)


async def test_surveys_that_say_nothing_or_contradict_themselves_are_refused(classification: Classification) -> None:
    unknown = await survey(classification, uuid4(), concern=3)
    assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    await known(classification, bought(SHANGHAI, 100, "drill"))
    for answers, code in (
        ({}, "SURVEY_EMPTY"),
        ({"needs_named": 2, "needs_met": 3}, "ANSWERS_CONTRADICT"),
        ({"share_of_wallet": "1.5"}, "ANSWERS_CONTRADICT"),
        ({"concern": 3, "answered_on": (TODAY + timedelta(days=1)).isoformat()}, "NOT_YET"),
    ):
        refused = await survey(classification, SHANGHAI, **answers)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert (await survey(classification, SHANGHAI, concern=6)).status_code == 422
    headers, body = key(), {"source": "s", "answered_on": days_ago(1).isoformat(), "concern": 3}
    twice = [await classification.client.post(f"/v1/customers/{SHANGHAI}/surveys", json=body, headers=headers) for _ in range(2)]
    assert twice[0].json() == twice[1].json()
    assert len((await classification.client.get(f"/v1/customers/{SHANGHAI}/surveys")).json()["surveys"]) == 1


async def test_lists_and_explanations_follow_one_rule(classification: Classification) -> None:
    random = Random(7)
    facts: list[Any] = []
    surveys: list[tuple[str, UUID | None, Event]] = []
    for n in range(60):
        customer = UUID(int=1000 + n)
        for _ in range(random.choice((1, 2, 5, 9, 20))):
            facts.append(
                bought(
                    customer, random.randrange(0, random.choice((60, 150, 500))), *random.sample("abcdef", random.randint(1, 4))
                )
            )
        if random.random() < 0.5:
            wallet = Decimal(random.randrange(0, 21)) / 20
            surveyed = SurveyAnswered(
                survey_id=uuid4(),
                customer_id=customer,
                source="s",
                answered_on=days_ago(random.randrange(60)),
                share_of_wallet=wallet,
            )
            surveys.append((f"loyalty-{customer}", customer, surveyed))
    await record(classification.own, "classification", surveys)
    await known(classification, *facts)

    async def surveyed_all() -> bool:
        async with classification.own.acquire() as c:
            return await c.fetchval("SELECT count(*) FROM classification.surveys_a") == len(surveys)

    assert await eventually(surveyed_all, timeout=20)
    async with classification.own.acquire() as c:
        found = await buyers(c, "classification", Scope(), TODAY, BUILT_IN, limit=100)
        answers = await answers_of(c, "classification", [one.customer_id for one in found], TODAY, BUILT_IN.survey_days)
    assert len(found) > 40
    for one in found:
        said = answers.get(one.customer_id, {})
        wallet = said["share_of_wallet"].value if "share_of_wallet" in said else None
        assert attitude(one.buying, wallet, TODAY, BUILT_IN).attitude == one.attitude
    assert {one.attitude for one in found} == {"LOYAL", "SWITCHING", "WITHOUT", None}


async def test_freight_is_no_article_and_stands_for_what_was_bought_where_nothing_is_named(
    classification: Classification,
) -> None:
    def with_freight(customer: UUID, days: int, *articles: str) -> Event:
        sale = bought(customer, days, *articles)
        return structs.replace(sale, net=Money(Decimal(10 * len(articles) + 5), "CNY"))

    await known(
        classification,
        *(with_freight(SHANGHAI, days, article) for days, article in ((200, "drill"), (150, "saw"), (100, "axe"))),
        *(with_freight(HARBIN, days) for days in (200, 150)),
    )

    async def basis(customer: UUID) -> str:
        (repeat,) = [one for one in (await loyalty(classification, customer))["measures"] if one["measure"] == "REPEAT_PURCHASE"]
        return str(repeat["basis"])

    assert await basis(SHANGHAI) == "0 of 3 articles were bought on two days or more"
    assert await basis(HARBIN) == "1 of 1 articles were bought on two days or more"
