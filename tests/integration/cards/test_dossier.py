"""The dossier, the credit card and the register over HTTP, with `work` folding the stores of all four services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from services.cards.wiring import build_api
from shared.contracts.alerts import AlertClosed, AlertOpened, Finding, Reason
from shared.contracts.classification import ValueClassChanged
from shared.contracts.complaints import ComplaintClosed, ComplaintReceived
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.transactions import InvoiceRef
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards, PoolOf
from tests.integration.running import record, serving

TODAY = datetime.now(ZoneInfo("Asia/Shanghai")).date()
TERMS = {"payment_days": 30, "credit_limit": {"amount": "2000.00", "currency": "CNY"}, "agreed_on": "2026-01-05"}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


def day(days: int) -> str:
    return (TODAY + timedelta(days=days)).isoformat()


class File:
    """One customer, and what happens to it. Everything is waited for before the next question."""

    def __init__(self, cards: Cards, pool_of: PoolOf, customer: UUID, number: str) -> None:
        self.cards, self.pool_of, self.customer, self.number = cards, pool_of, customer, number
        self.places: list[str] = []

    async def invoice(self, number: str, due: int, amount: str) -> None:
        fact = {"source": "erp", "source_event_id": number, "customer": {"system": "erp", "value": self.number}}
        body = {**fact, "number": number, "issued_on": day(due - 30), "due_on": day(due), "amount": cny(amount)}
        await self.does("/v1/invoices", body)

    async def does(self, path: str, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
        answer = await self.cards.post(path, body, headers)
        assert answer.status_code in (200, 201), answer.text
        self.places.append(answer.headers["Regulars-Position"])
        found: dict[str, Any] = answer.json()
        return found

    async def promised(self, due: int, **more: Any) -> str:
        body = {"made_by": "CUSTOMER", "kind": "PAY", "made_on": day(-90), "due_on": day(due), "amount": cny("500.00"), **more}
        return str((await self.does(f"/v1/customers/{self.customer}/promises", body))["id"])

    async def invested(self, **body: Any) -> None:
        await self.does(f"/v1/customers/{self.customer}/investments", body)

    async def told(self, service: str, stream: str, event: Event) -> None:
        pool = await self.pool_of(self.cards.database, service)
        self.places.append(await record(pool, service, [(stream, self.customer, event)]))

    async def complained(self, amount: str | None = None, *invoices: str) -> UUID:
        complaint = uuid4()
        event = ComplaintReceived(
            complaint_id=complaint,
            customer_id=self.customer,
            kind="QUALITY",
            channel="HOTLINE",
            received_on=TODAY,
            claimed=None if amount is None else Money(Decimal(amount), "CNY"),
            invoices=tuple(InvoiceRef("erp", one) for one in invoices),
        )
        await self.told("complaints", f"complaint-{complaint}", event)
        return complaint

    async def warned(self, kind: Any = "credit", closed: bool = False) -> UUID:
        alert = uuid4()
        reasons = (Reason(code="OVERDUE", sentence="500.00 CNY are overdue.", figures={"days": 40}),)
        finding = Finding(rule_id="overdue_debt", rule_version=1, level="act", true_on=TODAY, reasons=reasons)
        about: dict[str, Any] = {"alert_id": alert, "customer_id": self.customer, "kind": kind}
        await self.told("alerts", f"alert-{alert}", AlertOpened(channel="CNY", finding=finding, **about))
        if closed:
            await self.told("alerts", f"alert-{alert}", AlertClosed(outcome="TRUE", cause="SHORT", closed_by=uuid4(), **about))
        return alert

    async def classified(self, value_class: Any) -> None:
        event = ValueClassChanged(
            customer_id=self.customer,
            run_id=uuid4(),
            standard="value_class",
            standard_version=1,
            period_from=TODAY - timedelta(days=365),
            period_to=TODAY,
            value_class=value_class,
            net=Money(Decimal("9000.00"), "CNY"),
            share=Decimal("0.071"),
            rank=3,
        )
        await self.told("classification", f"classification-{self.customer}", event)

    async def page(self, what: str = "dossier") -> dict[str, Any]:
        path = f"/v1/customers/{self.customer}/{what}"

        async def reached(place: str) -> bool:
            return (await self.cards.get(path, min_position=place)).status_code == 200

        for place in self.places:
            await eventually(lambda place=place: reached(place), timeout=20)  # type: ignore[misc]
        self.places.clear()
        answer = await self.cards.get(path)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def file(cards: Cards, pool_of: PoolOf, number: str = "K-1077", **more: Any) -> File:
    customer = await cards.register(number, salesperson_id="wang", terms=TERMS, **more)
    return File(cards, pool_of, customer, number)


@pytest.mark.requirement("S2.6", "S2.7", "S2.8", "S3.39", "S3.41")
async def test_one_page_tells_whoever_comes_next_all_that_is_known(cards: Cards, pool_of: PoolOf) -> None:
    known = await file(cards, pool_of, marks={"shop_kind": "WHOLESALE"})
    await known.invoice("1", -40, "500.00")
    await known.invoice("2", 10, "300.00")
    complaint = await known.complained("120.00", "1")
    alert = await known.warned()
    await known.classified("B")
    promise = await known.promised(5)
    await known.invested(kind="PROMOTION", spent_on=day(-20), cost=cny("800.00"), hours="6")
    await known.invested(kind="VISIT", hours="1.5")
    await known.does("/v1/sales", _sale("K-1077"))
    dossier = await known.page()
    assert dossier["as_of"] == TODAY.isoformat()
    record = dossier["record"]
    assert (record["name"], record["marks"]["shop_kind"], record["terms"]) == ("Hua Xin Trading", "WHOLESALE", TERMS)
    statistics = dossier["statistics"]
    [cny_balance] = statistics["receivables"]
    assert (cny_balance["outstanding"], cny_balance["overdue"], cny_balance["disputed"]) == ("800.00", "500.00", "120.00")
    assert [item["number"] for item in cny_balance["items"]] == ["1", "2"]
    assert (statistics["trade"]["last_on"], statistics["trade"]["purchasing"]) == (day(-1), "NEW")
    assert statistics["trade"]["currencies"][0]["days"][0]["sold"] == "1.00"
    value = statistics["value_class"]
    assert (value["value_class"], value["rank"], value["net"], value["share"]) == ("B", 3, cny("9000.00"), "0.071")
    assert dossier["complaints"] == {
        "open": [
            {
                "complaint_id": str(complaint),
                "kind": "QUALITY",
                "channel": "HOTLINE",
                "state": "OPEN",
                "received_on": TODAY.isoformat(),
                "disputed": True,
                "claimed": cny("120.00"),
                "invoices": [{"source": "erp", "number": "1"}],
            }
        ],
        "received": 1,
        "withdrawn": 0,
    }
    [warning] = dossier["alerts"]["open"]
    assert (warning["alert_id"], warning["level"], warning["reasons"][0]["sentence"]) == (
        str(alert),
        "act",
        "500.00 CNY are overdue.",
    )
    assert [one["id"] for one in dossier["promises"]["pending"]] == [promise]
    invested = dossier["invested"]
    assert (invested["times"], invested["hours"], invested["costs"]) == (2, "7.5", [cny("800.00")])
    assert [(one["kind"], one["hours"], one["costs"]) for one in invested["kinds"]] == [
        ("PROMOTION", "6", [cny("800.00")]),
        ("VISIT", "1.5", []),
    ]
    await known.told(
        "complaints",
        f"complaint-{complaint}",
        ComplaintClosed(complaint_id=complaint, customer_id=known.customer, closed_on=TODAY),
    )
    await known.does(f"/v1/promises/{promise}/kept", {}, {"If-Match": '"1"'})
    await known.classified(None)
    after = await known.page()
    assert (after["complaints"]["open"], after["complaints"]["received"]) == ([], 1)
    assert after["promises"] == {"pending": [], "ended": {"CUSTOMER": {"KEPT": 1, "BROKEN": 0, "WAIVED": 0}}}
    assert after["statistics"]["value_class"]["value_class"] is None
    nobody = await cards.get(f"/v1/customers/{uuid4()}/dossier")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "CUSTOMER_UNKNOWN")


async def test_a_customer_of_whom_nothing_is_known_has_a_page(cards: Cards, pool_of: PoolOf) -> None:
    dossier = await (await file(cards, pool_of)).page()
    assert dossier["statistics"]["value_class"] is None
    assert (dossier["complaints"]["open"], dossier["alerts"]["open"], dossier["invested"]["times"]) == ([], [], 0)


@pytest.mark.requirement("S3.41", "S4.14")
async def test_the_credit_card_shows_what_credit_is_decided_on(cards: Cards, pool_of: PoolOf) -> None:
    known = await file(cards, pool_of)
    await known.invoice("1", -100, "500.00")
    await known.invoice("2", -3, "1900.00")
    await known.complained("120.00", "1")
    await known.complained()
    await known.warned("silence")
    past = await known.warned(closed=True)
    alert = await known.warned()
    broken = await known.promised(-20)
    await known.does(f"/v1/promises/{broken}/broken", {"on": day(-19)}, {"If-Match": '"1"'})
    pending = await known.promised(5)
    await known.promised(5, made_by="COMPANY", kind="CALL_BACK", amount=None)
    path = f"/v1/customers/{known.customer}/trade-status"
    version = (await cards.get(f"/v1/customers/{known.customer}")).headers["ETag"]
    agency = {"provenance": {"source": "AGENCY", "agency": "Sinotrust", "cost": cny("300.00")}, "credit_status": "FAIR"}
    await known.does(path, agency, {"If-Match": version})
    version = (await cards.get(f"/v1/customers/{known.customer}")).headers["ETag"]
    said = {"provenance": {"source": "SALESPERSON"}, "credit_status": "GOOD"}
    problems = [{"happened_on": "2025-03-01", "kind": "BOUNCED_CHEQUE", "amount": cny("90.00")}]
    await known.does(path, {**said, "credit_problems": problems}, {"If-Match": version})
    card = await known.page("credit-card")
    assert (card["name"], card["terms"], card["salesperson_id"]) == ("Hua Xin Trading", TERMS, "wang")
    [balance] = card["balances"]
    assert (balance["exposure"], balance["credit_limit"], balance["available"], balance["over_limit"]) == (
        "2400.00",
        "2000.00",
        "-400.00",
        True,
    )
    assert (balance["ageing"]["over_90"], balance["ageing"]["days_1_30"]) == ("500.00", "1900.00")
    assert [one["claimed"] for one in card["disputes"]] == [cny("120.00")]
    assert [one["alert_id"] for one in card["alerts"]] == [str(alert)]
    assert [one["id"] for one in card["promises"]] == [pending]
    problems_seen = card["past_problems"]
    assert [(one["alert_id"], one["outcome"], one["cause"]) for one in problems_seen["alerts"]] == [(str(past), "TRUE", "SHORT")]
    assert [one["id"] for one in problems_seen["promises_broken"]] == [broken]
    assert problems_seen["stated"]["credit_problems"]["value"] == problems
    assert problems_seen["stated"]["credit_status"]["value"] == "GOOD"
    report = card["agency_report"]["trade"]["credit_status"]
    assert (report["value"], report["agency"], report["cost"]) == ("FAIR", "Sinotrust", cny("300.00"))


@pytest.mark.requirement("S3.41")
async def test_the_register_has_one_line_a_customer(cards: Cards, pool_of: PoolOf) -> None:
    lotus = await file(cards, pool_of, "K-1", name="Lotus")
    anchor = await file(cards, pool_of, "K-2", name="Anchor")
    person = await cards.post("/v1/customers", {"kind": "PERSON", "person_name": "Li Na", "salesperson_id": "li"})
    await lotus.invoice("1", -4, "500.00")
    await lotus.invoice("2", 4, "70.00")
    await lotus.complained("30.00", "1")
    await lotus.warned()
    await lotus.classified("A")
    await lotus.promised(-1)
    await anchor.promised(3)
    await lotus.does("/v1/sales", _sale("K-1"))
    await cards.post("/v1/sales", _sale("K-unknown"))
    for one in (lotus, anchor):
        await one.page()
    position = person.headers["Regulars-Position"]
    lines = (await cards.get("/v1/register", min_position=position)).json()["items"]
    assert [line.get("name") or line["person_name"] for line in lines] == ["Li Na", "Anchor", "Lotus"]
    line = lines[2]
    assert {name: line[name] for name in ("value_class", "credit_level", "open_complaints", "open_alerts", "promises_late")} == {
        "value_class": "A",
        "credit_level": "act",
        "open_complaints": 1,
        "open_alerts": 1,
        "promises_late": 1,
    }
    assert line["receivables"] == [
        {"currency": "CNY", "outstanding": "570.00", "overdue": "500.00", "disputed": "30.00", "unallocated": "0.00"}
    ]
    assert (line["credit_limit"], line["payment_days"], line["last_bought_on"]) == (cny("2000.00"), 30, day(-1))
    assert (lines[1]["promises_pending"], lines[1]["promises_late"], lines[1]["receivables"]) == (1, 0, [])
    first = (await cards.get("/v1/register", limit=2)).json()
    second = (await cards.get("/v1/register", limit=2, cursor=first["next_cursor"])).json()
    assert [line["name"] for line in second["items"]] == ["Lotus"]
    hers = (await cards.get("/v1/register", salesperson_id="wang")).json()["items"]
    assert [line["name"] for line in hers] == ["Anchor", "Lotus"]
    async with serving(build_api(cards.settings), cards.folder, ["cards.dossier.read"]) as poor:
        assert "person_name" not in (await poor.get("/v1/register")).json()["items"][0]


def _sale(number: str) -> dict[str, Any]:
    customer = {"system": "erp", "value": number}
    return {"source": "erp", "source_event_id": number, "customer": customer, "sold_on": day(-1), "net": cny("1.00")}


async def test_an_erased_customer_keeps_its_debts_and_loses_its_record(cards: Cards, pool_of: PoolOf) -> None:
    known = await file(cards, pool_of, telephone="+8651267890123")
    await known.invoice("1", -4, "500.00")
    await known.complained()
    await known.page()
    assert (await cards.erase(known.customer)).status_code == 200
    dossier = await known.page()
    assert dossier["record"]["erased"] is True
    assert not {"name", "telephone", "parts"} & set(dossier["record"])
    assert (dossier["statistics"]["receivables"][0]["overdue"], len(dossier["complaints"]["open"])) == ("500.00", 1)
    assert (await known.page("credit-card"))["erased"] is True


async def test_personal_data_need_their_scope(cards: Cards, pool_of: PoolOf) -> None:
    known = await file(cards, pool_of, telephone="+8651267890123", contacts=[{"role": "buyer", "name": "Wang Min"}])
    await known.promised(3, text="said Wang Min")
    assert "+8651267890123" in str(await known.page())
    async with serving(build_api(cards.settings), cards.folder, ["cards.dossier.read"]) as poor:
        for what in ("dossier", "credit-card"):
            answer = await poor.get(f"/v1/customers/{known.customer}/{what}")
            assert answer.status_code == 200
            assert "Wang Min" not in answer.text and "5126789" not in answer.text
    async with serving(build_api(cards.settings), cards.folder, ["cards.customer.read"]) as poorer:
        assert (await poorer.get(f"/v1/customers/{known.customer}/dossier")).status_code == 403


@pytest.mark.requirement("S2.7", "S3.41")
async def test_a_leading_card_sums_the_cards_that_were_merged_into_it(cards: Cards, pool_of: PoolOf) -> None:
    lead = await file(cards, pool_of, "K-1", name="Lotus")
    other = await file(cards, pool_of, "K-2", name="Lotus Trading")
    await lead.invoice("1", -4, "500.00")
    await other.invoice("2", -40, "70.00")
    await other.warned()
    await other.classified("C")
    await lead.classified("A")
    await lead.invested(kind="GIFT", cost=cny("10.00"))
    await other.invested(kind="GIFT", cost=cny("5.00"), spent_on=day(-3))
    promise = await other.promised(3)
    await lead.page()
    await other.page()
    version = (await cards.get(f"/v1/customers/{lead.customer}")).headers["ETag"]
    await lead.does(f"/v1/customers/{lead.customer}/merge", {"merged_id": str(other.customer)}, {"If-Match": version})
    await other.complained()
    await other.page()
    dossier = await lead.page()
    assert dossier["merged"] == [str(other.customer)]
    [balance] = dossier["statistics"]["receivables"]
    assert (balance["outstanding"], balance["available"]) == ("570.00", "1430.00")
    assert [item["number"] for item in balance["items"]] == ["2", "1"]
    assert dossier["statistics"]["value_class"]["value_class"] == "A"
    assert (len(dossier["complaints"]["open"]), len(dossier["alerts"]["open"])) == (1, 1)
    assert [one["id"] for one in dossier["promises"]["pending"]] == [promise]
    assert dossier["invested"]["kinds"] == [
        {"kind": "GIFT", "times": 2, "hours": "0", "costs": [cny("15.00")], "last_on": TODAY.isoformat()}
    ]
    assert (await other.page())["merged_into"] == str(lead.customer)
    [line] = (await cards.get("/v1/register")).json()["items"]
    assert (line["name"], line["merged"], line["receivables"][0]["outstanding"]) == ("Lotus", [str(other.customer)], "570.00")
    [plan] = (await cards.get("/v1/collection-plan")).json()["items"]
    assert (plan["name"], plan["overdue"], plan["credit_level"]) == ("Lotus", cny("570.00"), "act")
    assert (plan["promised"], plan["to_collect"]) == (cny("500.00"), cny("70.00"))
    assert [one["number"] for one in plan["invoices"]] == ["2", "1"]


@pytest.mark.requirement("S2.7", "S3.41")
async def test_dashboards_see_dossier_register_and_promises(cards: Cards, pool_of: PoolOf) -> None:
    known = await file(cards, pool_of)
    await known.invoice("1", -40, "500.00")
    await known.complained("120.00", "1")
    await known.warned()
    await known.classified("B")
    await known.promised(-2)
    await known.invested(kind="VISIT", hours="1.5", cost=cny("20.00"))
    await known.page()
    [dossier] = await _seen(cards, "public_dossier")
    wanted = ("value_class", "open_complaints", "complaints_received", "open_alerts", "credit_level", "promises_late")
    assert [dossier[name] for name in wanted] == ["B", 1, 1, 1, "act", 1]
    assert (dossier["invested_times"], dossier["invested_hours"]) == (1, Decimal("1.5"))
    [line] = await _seen(cards, "public_register")
    assert (line["name"], line["value_class"], line["open_complaints"]) == ("Hua Xin Trading", "B", 1)
    assert '"overdue": "500.00"' in line["receivables"]
    [promise] = await _seen(cards, "public_promises")
    assert (promise["state"], promise["amount"], promise["salesperson_id"]) == ("PENDING", Decimal(500), "wang")


async def _seen(cards: Cards, view: str) -> Sequence[asyncpg.Record]:
    reader = await asyncpg.connect(cards.database.dsn("dashboards"))
    try:
        rows: Sequence[asyncpg.Record] = await reader.fetch(f"SELECT * FROM cards.{view}")
    finally:
        await reader.close()
    return rows
