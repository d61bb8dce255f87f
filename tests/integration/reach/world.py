"""A small company: two areas, three salespeople, four customers, each with a story in every service, some of them tied to one another.

Words of a customer are its own: its id, its name, its number and the ids and numbers of whatever is about it. An answer that holds one
of them speaks of this customer.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from tests.integration.reach.place import Place
from tests.integration.running import key

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
SALESPERSON, COLLEAGUE, FAR = "E-101", "E-102", "E-203"
SUPERIOR, FAR_SUPERIOR = "E-150", "E-250"
NORTH, TOWN, SOUTH = "north", "north-town", "south"
ARTICLES = ("A-17", "A-18")
BATCH = "B-2606"


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@dataclass
class Someone:
    """One customer. `ids` are the values of path parameters that name it or something of it; `words` are all that speak of it."""

    who: str
    area_id: str | None
    salesperson_id: str | None
    ids: dict[str, str] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)

    @property
    def id(self) -> str:
        return self.ids["customer_id"]

    @property
    def name(self) -> str:
        return f"{self.who.title()}wright Trading"

    @property
    def number(self) -> str:
        return f"K-{self.who}-7"

    @property
    def ref(self) -> dict[str, str]:
        return {"system": "erp", "value": self.number}

    def owns(self, name: str, value: str) -> str:
        """A path parameter of this customer; its value is one of its words."""
        self.ids[name] = value
        self.words.add(value)
        return value


@dataclass(frozen=True)
class World:
    """`own`: the salesperson's, in the supervisor's area; `colleague`: of another salesperson there; `far`: of another area;
    `nobody`: served by nobody. `company`: path parameters of what is about no customer."""

    place: Place
    own: Someone
    colleague: Someone
    far: Someone
    nobody: Someone
    company: dict[str, str]

    @property
    def everybody(self) -> tuple[Someone, ...]:
        return (self.own, self.colleague, self.far, self.nobody)

    def foreign_to(self, role: str) -> tuple[Someone, ...]:
        match role:
            case "salesperson":
                return (self.colleague, self.far, self.nobody)
            case "supervisor":
                return (self.far, self.nobody)
        return ()


async def founded(place: Place) -> World:
    """The company, with everything that it knows of its customers."""
    await _organisation(place)
    own = Someone("quillon", TOWN, SALESPERSON)
    colleague = Someone("larchen", TOWN, COLLEAGUE)
    far = Someone("embrixo", SOUTH, FAR)
    nobody = Someone("flintor", None, None)
    world = World(place, own, colleague, far, nobody, {})
    for one in world.everybody:
        await _card(place, one, None if one is own else own)
    await _standards(world)
    for one in world.everybody:
        await _field_work(place, one)
        await _trade(place, one)
    await _imported(world)
    await _ties(world)
    position = await _customers_known_everywhere(world)
    for one in world.everybody:
        await _complaints(place, one, position)
        await _classified(place, one, position)
    await _runs(world)
    await _warned(world)
    # From here on nothing happens but what is asked for, so answers to different callers can be compared.
    await place.works.aclose()
    return world


async def _organisation(place: Place) -> None:
    for area, parent in ((NORTH, None), (TOWN, NORTH), (SOUTH, None)):
        await place.send("cards", "PUT", f"/v1/areas/{area}", {"name": area.title(), "parent_id": parent})
    for area, person in ((NORTH, SUPERIOR), (SOUTH, FAR_SUPERIOR)):
        await place.send("cards", "PUT", f"/v1/areas/{area}/superior", {"superior_id": person, "valid_from": day(-900)})
        await place.send("cards", "PUT", f"/v1/areas/{area}/custodian", {"custodian_id": f"{person}-K", "valid_from": day(-900)})
    for area, person in ((TOWN, SALESPERSON), (TOWN, COLLEAGUE), (SOUTH, FAR)):
        await place.send("cards", "PUT", f"/v1/areas/{area}/salespeople/{person}", {"valid_from": day(-900)})


async def _card(place: Place, one: Someone, brought_by: Someone | None) -> None:
    card = {
        "kind": "COMPANY",
        "name": one.name,
        "place": "Suzhou",
        "country": "CN",
        # Of one house: a pair for the list of likely duplicates.
        "telephone": "+8651267890123",
        "founded_on": "1987-05-01",
        "trading_since": day(-800),
        "contacts": [{"role": "buyer", "name": f"{one.who.title()} Wang", "telephone": "+8613800138000"}],
        "postal": {"country": "CN", "region": "江苏省", "city": "苏州市", "district": "姑苏区", "street": "观前街5号", "postal_code": "215000"},
        "owner": {"name": f"{one.who.title()} Lei", "born_on": "1971-08-02"},
        "marks": {"nature": "ORDINARY_COMPANY", "shop_kind": "WHOLESALE", "industry": "HARDWARE", "ownership": "JOINT_STOCK"},
        "external_ids": [one.ref],
        "terms": {"payment_days": 30, "credit_limit": cny("20000.00"), "agreed_on": day(-700)},
        "provenance": {"source": "SALESPERSON", "observed_on": day(-100), "reference": f"V-{one.who}-1"},
        "characteristics": {"service_area": f"{one.who.title()} county", "potential": 4, "sales_power": 4},
        "trade_status": {"reputation": 4, "credit_status": "FAIR"},
        "decision_maker": {"role": "PURCHASING", "person": {"name": f"{one.who.title()} Min"}},
    }  # fmt: skip
    if brought_by is not None:
        card["introduced_by"] = brought_by.id
    if one.area_id is not None:
        card |= {"area_id": one.area_id, "salesperson_id": one.salesperson_id}
    answer = await place.send("cards", "POST", "/v1/customers", card)
    one.owns("customer_id", answer.json()["customer_id"])
    one.words |= {one.name, one.number, one.who, one.who.title()}


async def _standards(world: World) -> None:
    """What is about no customer."""
    place, company = world.place, world.company
    company |= {"area_id": TOWN, "salesperson_id": SALESPERSON, "source": "erp", "place": TOWN, "year": str(TODAY.year)}
    company |= {"commitment": "HINGE_GUARANTEE", "name": "silence", "rule_id": "overdue_debt"}
    for article in ARTICLES:
        body = {"article": article, "from_on": day(-700), "name": article, "unit": "PIECE", "unit_prices": [cny("250.00")]}
        await place.send("classification", "POST", "/v1/articles", body)
    promised = {
        "what": "GUARANTEE",
        "title": "Hinges hold",
        "words": "For two years.",
        "since": day(-300),
        "guarantee_days": 730,
        "promise_kind": "REPAIR",
    }
    await place.send("complaints", "PUT", "/v1/commitments/HINGE_GUARANTEE", promised)
    saved = {"name": "Everybody in Suzhou", "where": ["place=Suzhou"], "sort": "name", "shared": True}
    company["list_id"] = (await place.send("cards", "POST", "/v1/lists", saved)).json()["list_id"]
    measure = {"against": "batch", "value": BATCH, "action": "CHECK_EACH", "owner": "E-31", "due_on": day(30)}
    company["measure_id"] = (await place.send("complaints", "POST", "/v1/prevention", measure)).json()["id"]
    hook = {"name": "CRM", "url": "https://crm.example.com/hooks", "kinds": ["credit"], "levels": ["act", "stop"]}
    company["webhook_id"] = (await place.send("alerts", "POST", "/v1/webhooks", hook)).json()["id"]
    await place.send("alerts", "POST", "/v1/go-live", {"live_on": day(0)})
    company["company_rule_id"] = (await place.get("alerts", "/v1/company-rules")).json()["items"][0]["rule_id"]
    company["name"] = (await place.get("alerts", "/v1/populations")).json()["items"][0]["name"]
    # Nothing of these is there: whoever may ask is told so.
    company |= {"company_alert_id": str(uuid4()), "event_id": str(uuid4())}


async def _field_work(place: Place, one: Someone) -> None:
    """What the salesperson enters: needs, closures, intents, promises, investments."""
    path = f"/v1/customers/{one.id}"

    async def version() -> int:
        return await place.version("cards", path)

    said = {"provenance": {"source": "SALESPERSON", "observed_on": day(-10)}}
    need = {**said, "kind": "SERVICE", "text": f"Deliveries for {one.who}"}
    answer = await place.send("cards", "POST", f"{path}/needs", need, await version())
    one.owns("need_id", answer.json()["need_id"])
    closure = {"first_on": day(40), "last_on": day(50), "reason": "HOLIDAY"}
    answer = await place.send("cards", "POST", f"{path}/closures", closure, await version())
    one.owns("closure_id", answer.json()["closure_id"])
    await place.send("cards", "PUT", f"{path}/next-order", {"due_on": day(9)}, await version())
    form = {"provenance": {"source": "QUESTIONNAIRE", "observed_on": day(-5)}, "staff": 36, "potential": 1}
    await place.send("cards", "POST", f"{path}/characteristics", form, await version())
    intent = {"number": f"I-{one.who}", "intent_class": "SHOWROOM", "grade": "B", "opened_on": day(-60), "expected_on": day(20)}
    intent["expected"] = cny("80000.00")  # type: ignore[assignment]
    one.owns("intent_id", (await place.send("cards", "POST", f"{path}/intents", intent)).json()["id"])
    promise = {"made_by": "CUSTOMER", "kind": "PAY", "made_on": day(-20), "due_on": day(-2), "amount": cny("500.00")}
    one.owns("promise_id", (await place.send("cards", "POST", f"{path}/promises", promise)).json()["id"])
    ours = {"made_by": "COMPANY", "kind": "REPAIR", "made_on": day(-20), "due_on": day(5), "text": f"For {one.who}"}
    one.words.add((await place.send("cards", "POST", f"{path}/promises", ours)).json()["id"])
    if one.salesperson_id is not None:
        planned = {"planned_on": day(2), "salesperson_id": one.salesperson_id}
        one.owns("visit_id", (await place.send("cards", "POST", f"{path}/visits", planned)).json()["visit_id"])
    visit = {"kind": "VISIT", "spent_on": day(-15), "cost": cny("80.00"), "hours": "6", "note": f"At {one.who}"}
    await place.send("cards", "POST", f"{path}/investments", visit)


async def _trade(place: Place, one: Someone) -> None:
    """Regular purchases, none for half a year, and two invoices that are overdue."""
    fact = {"source": "erp", "customer": one.ref}
    rows: list[dict[str, Any]] = []
    for n, ago in enumerate(range(700, 200, -20)):
        line = {"article": ARTICLES[n % 2], "quantity": "5", "net": "1250.00", "unit_cost": "180.00"}
        number = f"S-{one.who}-{n}"
        rows.append(
            {"type": "sale", **fact, "source_event_id": number, "sold_on": day(-ago), "net": cny("1250.00"), "lines": [line]}
        )
    for n, ago in enumerate((200, 90)):
        number = f"INV-{one.who}-{n}"
        rows.append(
            {"type": "invoice", **fact, "source_event_id": number, "number": number, "issued_on": day(-ago), "due_on": day(30 - ago),
             "amount": cny("9000.00")}
        )  # fmt: skip
    rows.append({"type": "payment", **fact, "source_event_id": f"P-{one.who}", "received_on": day(-80), "amount": cny("700.00")})
    answer = await place.send("cards", "POST", "/v1/transactions/bulk", rows)
    assert {item["status"] for item in answer.json()["items"]} == {"recorded"}, answer.text
    one.words |= {f"INV-{one.who}-0", f"P-{one.who}"}


async def _imported(world: World) -> None:
    """A file with a line about each customer, and one that is malformed."""
    lines = [
        {"type": "sale", "source_event_id": f"F-{one.who}", "customer": one.ref, "sold_on": day(-221), "net": cny("10.00")}
        for one in world.everybody
    ]
    content = "\n".join([*map(json.dumps, lines), "{}"]).encode()
    headers = {**world.place.office, **key(), "Content-Type": "application/x-ndjson"}
    answer = await world.place.clients["cards"].post(
        "/v1/imports", params={"kind": "transactions", "source": "file"}, content=content, headers=headers
    )
    assert answer.status_code == 202, answer.text
    address = answer.headers["location"]
    await world.place.until("cards", address, lambda found: found["state"] not in ("receiving", "stored", "running"))
    world.company["job_id"] = address.rsplit("/", 1)[1]


async def _ties(world: World) -> None:
    """Foreign customers below the own one: a sub-distributor with reported sales. They are the own one's, and still not to be seen."""
    place = world.place
    for below in (world.far, world.colleague):
        version = await place.version("cards", f"/v1/customers/{below.id}")
        under = {"dealer_id": world.own.id, "valid_from": day(-400)}
        await place.send("cards", "PUT", f"/v1/customers/{below.id}/dealer", under, version)
        sold = {"source": "dealer", "customer": below.ref, "source_event_id": f"SUB-{below.who}", "dealer": world.own.ref,
                "sold_on": day(-30), "net": cny("310.00"), "lines": [{"article": ARTICLES[0], "quantity": "2", "net": "310.00"}]}  # fmt: skip
        await place.send("cards", "POST", "/v1/sub-sales", sold)


async def _customers_known_everywhere(world: World) -> dict[str, str]:
    """A position that complaints and alerts wait for: the last registered card."""
    last = await world.place.send(
        "cards", "POST", f"/v1/customers/{world.own.id}/external-ids", {"system": "webshop", "value": "c-quillon"}
    )
    return {"min_position": last.headers["Regulars-Position"]}


async def _complaints(place: Place, one: Someone, position: dict[str, str]) -> None:
    query = f"?min_position={position['min_position']}"
    invoice = [{"source": "erp", "number": f"INV-{one.who}-0"}]
    about: dict[str, Any] = {"customer": one.ref, "channel": "HOTLINE", "received_on": day(-12), "article": ARTICLES[0]}
    complaint = {**about, "kind": "QUALITY", "remedy_sought": "REPLACEMENT", "claimed": cny("480.00"), "invoices": invoice}
    complaint |= {"batch": BATCH, "description": f"Breaks at {one.who}"}
    answer = await place.send("complaints", "POST", f"/v1/complaints{query}", complaint)
    path = f"/v1/complaints/{one.owns('complaint_id', answer.json()['id'])}"
    await place.send("complaints", "POST", f"{path}/cause", {"cause": "MATERIAL", "found_on": day(-8)})
    await place.send("complaints", "POST", f"{path}/broken-commitments", {"commitment": "HINGE_GUARANTEE"})
    ended = {**about, "kind": "TRANSPORT", "description": "Late"}
    other = (await place.send("complaints", "POST", f"/v1/complaints{query}", ended)).json()["id"]
    one.words.add(other)
    version = await place.version("complaints", f"/v1/complaints/{other}")
    await place.send("complaints", "POST", f"/v1/complaints/{other}/withdrawal", {"withdrawn_on": day(-3)}, version)
    case = {"customer": one.ref, "kind": "HELP", "channel": "HOTLINE", "concern": "USE", "text": f"How, asks {one.who}"}
    one.owns("case_id", (await place.send("complaints", "POST", f"/v1/cases{query}", case)).json()["id"])
    noted = {"source": "erp", "customer": one.ref, "source_event_id": f"CN-{one.who}", "number": f"CN-{one.who}", "noted_on": day(-2),
             "amount": cny("250.00"), "complaint_id": one.ids["complaint_id"]}  # fmt: skip
    await place.send("cards", "POST", "/v1/credit-notes", noted)


async def _classified(place: Place, one: Someone, position: dict[str, str]) -> None:
    path = f"/v1/customers/{one.id}"
    survey = {"source": "spring survey", "answered_on": day(-30), "concern": 4, "needs_named": 5, "needs_met": 4, "identification": 5,
              "share_of_wallet": "0.70", "leads": True}  # fmt: skip
    await place.send("classification", "POST", f"{path}/surveys", survey)
    await place.send("classification", "PUT", f"{path}/relation-type", {"relation": "PROACTIVE", "stated_on": day(-9)})
    expectation = {"currency": "CNY", "from_on": day(-300), "monthly": cny("5000.00"), "share": "0.02"}
    await place.send("classification", "PUT", f"{path}/expectation", expectation, 0)
    target = {"from_on": day(-20), "to_on": day(100), "breadth": 4, "depth": "2.5"}
    await place.send("classification", "PUT", f"{path}/distribution-target", target, 0)
    counts = {"counted_on": day(-7), "counts": [{"article": ARTICLES[0], "quantity": "40", "unit": "PIECE"}]}
    await place.send("classification", "POST", f"{path}/stock-counts", counts)
    answers = {"money": "YES", "need": "LARGE", "answered_by": SALESPERSON, "answered_on": day(-40)}
    intent = f"/v1/intents/{one.ids['intent_id']}"
    await place.until("classification", f"{intent}/man", lambda _: True)
    await place.send("classification", "PUT", f"{intent}/man", answers, 0)


async def _runs(world: World) -> None:
    """Value classes and both grades, and a sample of cards of each salesperson."""
    place = world.place
    for path, body, name in (
        ("/v1/value-class-runs", {"period_to": day(-1), "currency": "CNY"}, "run_id"),
        ("/v1/credit-grade-runs", {"graded_on": day(-1)}, "credit_run_id"),
        ("/v1/customer-grade-runs", {"graded_on": day(-1)}, "customer_run_id"),
    ):
        address = (await place.send("classification", "POST", path, body)).headers["location"]
        await place.until("classification", address, lambda found: found["state"] == "DONE")
        world.company[name] = address.rsplit("/", 1)[1]
    for one, superior in ((world.own, SUPERIOR), (world.colleague, SUPERIOR), (world.far, FAR_SUPERIOR)):
        sample = {"salesperson_id": one.salesperson_id, "supervisor_id": superior}
        drawn = await place.send("classification", "POST", "/v1/card-samples", sample)
        one.ids["sample_id"] = drawn.json()["sample_id"]


async def _warned(world: World) -> None:
    place = world.place
    past = {"rule_id": "overdue_debt", "from": day(-300), "until": day(-1)}
    address = (await place.send("alerts", "POST", "/v1/backtests", past)).headers["location"]
    world.company["backtest_id"] = address.rsplit("/", 1)[1]
    for one in world.everybody:
        sign = {"customer": {"id": one.id}, "sign": f"Sells off at {one.who}"}
        alert = (await place.send("alerts", "POST", "/v1/abnormalities", sign)).json()["id"]
        one.owns("alert_id", alert)
        taken = await place.send("alerts", "POST", f"/v1/alerts/{alert}/measure", {"measure": "HOLD", "due_on": day(5)})
        one.owns("measure_id", str(taken.json().get("measure_id") or taken.json()["id"]))
        mute = {"customer_ids": [one.id], "reason": f"Known of {one.who}", "until": day(3)}
        one.owns("mute_id", (await place.send("alerts", "POST", "/v1/mutes", mute)).json()["id"])
        warned = await place.until("alerts", "/v1/alerts", lambda found: len(found["items"]) >= 2, customer_id=one.id)
        for each in warned["items"]:
            one.words.add(each["id"])
