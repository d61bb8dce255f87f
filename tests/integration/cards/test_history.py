"""The past of a customer over HTTP: what changed, whose customer it was, what was owed by what was known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards, PoolOf, fresh, sale
from tests.integration.running import PRINCIPAL, serving

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = datetime.now(SHANGHAI).date()
"""The day of the run; the tests take no care of a midnight in between."""


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


async def recorded_on(api: Cards, pool_of: PoolOf, stream: str, days: Sequence[date]) -> None:
    """Give the events of a stream the days of recording of an older store, in their order. Nobody but the database's owner can."""
    noons = [datetime.combine(day, time(12), SHANGHAI).astimezone(UTC) for day in days]
    rows = [(stream, version, moment) for version, moment in enumerate(noons, 1)]
    owner = await pool_of(api.database, "postgres")
    await owner.executemany("UPDATE cards.events SET recorded_at = $3 WHERE stream = $1 AND version = $2", rows)


@pytest.mark.requirement("S0.20", "S2.11")
async def test_every_change_is_told_with_what_stood_before_and_who_said_so(standing: Cards) -> None:
    customer = await standing.register(fresh(), telephone="+86 512 6789 0123", salesperson_id="wang")
    basics = {"kind": "COMPANY", "name": "Hua Xin Group", "telephone": "+86 512 6789 0123"}
    answers = [
        await standing.put(f"/v1/customers/{customer}/basics", basics, 1),
        await standing.put(f"/v1/customers/{customer}/marks", {"shop_kind": "CHAIN"}, 2),
        await standing.put(f"/v1/customers/{customer}/terms", {"payment_days": 45, "agreed_on": str(TODAY)}, 3),
        await standing.put(f"/v1/customers/{customer}/marks", {"shop_kind": "RETAIL"}, 4),
    ]
    assert [answer.status_code for answer in answers] == [200] * 4
    found = (await standing.get(f"/v1/customers/{customer}/changes")).json()["items"]
    later = [
        (one["field"], one.get("before"), one.get("after"))
        for one in found
        if one["field"] in ("basics.name", "marks.shop_kind", "terms.payment_days")
    ]
    assert later == [
        ("basics.name", None, "Hua Xin Trading"),
        ("basics.name", "Hua Xin Trading", "Hua Xin Group"),
        ("marks.shop_kind", None, "CHAIN"),
        ("terms.payment_days", None, 45),
        ("marks.shop_kind", "CHAIN", "RETAIL"),
    ]
    # Sealed anew, the same telephone is no news.
    assert [one["field"] for one in found].count("basics.telephone") == 1
    assert {one["decided_by"] for one in found} == {str(PRINCIPAL)}
    assert {one["holds_from"] for one in found} == {str(TODAY)}
    earlier = await standing.get(f"/v1/customers/{customer}/changes", **{"from": str(ago(30)), "to": str(ago(1))})
    assert earlier.json()["items"] == []
    backwards = await standing.get(f"/v1/customers/{customer}/changes", **{"from": str(TODAY), "to": str(ago(1))})
    assert (backwards.status_code, backwards.json()["errors"][0]["code"]) == (422, "PERIOD_BACKWARDS")
    assert (await standing.get(f"/v1/customers/{uuid4()}/changes")).status_code == 404


async def test_changes_of_persons_are_told_and_their_words_withheld(standing: Cards) -> None:
    customer = await standing.register(fresh(), contacts=[{"role": "buyer", "name": "Wang Min"}])
    path = f"/v1/customers/{customer}"
    await standing.put(f"{path}/basics", {"kind": "COMPANY", "name": "Hua Xin", "telephone": "+86 512 6789 0123"}, 1)
    need = {"kind": "SERVICE", "text": "Wants to be called first", "provenance": {"source": "SALESPERSON"}}
    assert (await standing.post(f"{path}/needs", need, {"If-Match": '"2"'})).status_code == 200
    shown = {one["field"]: one for one in (await standing.get(f"{path}/changes")).json()["items"]}
    assert shown["basics.contacts"]["before"] == [{"role": "buyer", "name": "Wang Min"}]
    async with serving(build_api(standing.settings), standing.folder, ["cards.customer.read"]) as stranger:
        answer = await stranger.get(f"{path}/changes")
    hidden = {one["field"]: one for one in answer.json()["items"]}
    assert hidden.keys() == shown.keys()
    assert hidden["basics.telephone"]["after"] == {"withheld": True}
    assert hidden["basics.contacts"]["before"] == [{"role": "buyer", "name": {"withheld": True}}]
    assert hidden["basics.name"]["after"] == "Hua Xin"
    [said] = [one["after"] for field, one in hidden.items() if field.startswith("needs.")]
    assert said == {"kind": "SERVICE", "text": {"withheld": True}, "met": False}
    assert "called first" not in answer.text
    assert "Wang" not in answer.text
    assert "6789" not in answer.text
    await standing.erase(path.rpartition("/")[2])
    assert (await standing.get(f"{path}/changes")).status_code == 410


def _money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


async def test_what_was_owed_by_what_was_known(api: Cards, pool_of: PoolOf) -> None:
    terms = {"payment_days": 30, "credit_limit": _money("1000.00"), "agreed_on": str(ago(40))}
    customer = await api.register(terms=terms)
    common = {"source": "erp", "customer": {"system": "erp", "value": "K-1077"}}
    facts = [
        (
            "/v1/invoices",
            {
                "number": "1",
                "issued_on": str(ago(40)),
                "due_on": str(ago(10)),
                "amount": _money("800.00"),
            },
        ),
        ("/v1/payments", {"received_on": str(ago(20)), "amount": _money("300.00")}),
        ("/v1/sales", {"sold_on": str(ago(40)), "net": _money("800.00")}),
        ("/v1/returns", {"returned_on": str(ago(5)), "net": _money("50.00")}),
    ]
    for n, (path, fact) in enumerate(facts):
        answer = await api.post(path, {**common, "source_event_id": f"F-{n}", **fact})
        assert answer.status_code == 201, answer.text
    # The payment was learned of five days after it came; the card and its terms were known from the first day.
    await recorded_on(api, pool_of, f"ledger-{customer}", [ago(40), ago(15), ago(39), ago(5)])
    await recorded_on(api, pool_of, f"card-{customer}", [ago(40), ago(40)])

    async def owed(as_of: date, known_at: date | None) -> tuple[str, str]:
        clocks = {"as_of": str(as_of)} | ({} if known_at is None else {"known_at": str(known_at)})
        found = (await api.get(f"/v1/customers/{customer}/standing", **clocks)).json()
        [turnover] = found["turnover"]
        return found["balances"][0]["outstanding"], turnover["total"]

    assert await owed(ago(20), None) == ("500.00", "800.00")
    assert await owed(ago(20), ago(16)) == ("800.00", "800.00")
    assert await owed(ago(20), ago(15)) == ("500.00", "800.00")
    assert await owed(ago(21), None) == ("800.00", "800.00")
    assert await owed(TODAY, None) == ("500.00", "750.00")
    now = (await api.get(f"/v1/customers/{customer}/standing")).json()
    assert (now["as_of"], now["payment_days"], now["balances"][0]["available"]) == (str(TODAY), 30, "500.00")
    assert now["balances"][0]["items"][0] == {
        "source": "erp",
        "number": "1",
        "issued_on": str(ago(40)),
        "due_on": str(ago(10)),
        "amount": "800.00",
        "open": "500.00",
        "days_overdue": 10,
    }
    before = (await api.get(f"/v1/customers/{customer}/standing", known_at=str(ago(41)))).json()
    assert (before["balances"], before["turnover"]) == ([], [])
    assert (await api.get(f"/v1/customers/{uuid4()}/standing")).status_code == 404


async def test_whose_customer_it_is_and_was(standing: Cards) -> None:
    customer: UUID = await standing.register(fresh(), area_id="EAST", salesperson_id="wang", valid_from=str(ago(60)))
    path = f"/v1/customers/{customer}"
    for version, (salesperson, since) in enumerate([("li", ago(20)), ("zhou", ago(40)), ("chen", ago(20)), (None, TODAY)], 1):
        body = {"area_id": "EAST" if salesperson else None, "salesperson_id": salesperson, "valid_from": str(since)}
        answer = await standing.put(f"{path}/assignment", body, version)
        assert (answer.status_code, answer.headers["ETag"]) == (200, f'"{version + 1}"'), answer.text
    found = (await standing.get(f"{path}/assignments")).json()["items"]
    assert [(one["salesperson_id"], one["since"], one["until"]) for one in found] == [
        ("wang", str(ago(60)), str(ago(41))),
        ("zhou", str(ago(40)), str(ago(21))),
        ("chen", str(ago(20)), str(ago(1))),
    ]
    assert {one["area_id"] for one in found} == {"EAST"}
    assert {one["decided_by"] for one in found} == {str(PRINCIPAL)}
    then = (await standing.get(f"{path}/assignments", as_of=str(ago(30)))).json()["items"]
    assert [one["salesperson_id"] for one in then] == ["wang", "zhou"]
    assert "until" not in then[-1]
    assert (await standing.get(path, as_of=str(ago(30)))).json()["salesperson_id"] == "zhou"
    assert "salesperson_id" not in (await standing.get(path)).json()
    tomorrow = {"salesperson_id": "li", "valid_from": str(TODAY + timedelta(days=1))}
    refused = await standing.put(f"{path}/assignment", tomorrow, 5)
    assert (refused.status_code, refused.json()["code"]) == (422, "VALID_FROM_IN_FUTURE")
    assert (await standing.get(f"/v1/customers/{uuid4()}/assignments")).status_code == 404


@pytest.mark.requirement("S0.20", "S2.11")
async def test_the_whole_card_of_a_day_by_what_was_known_on_a_day(api: Cards, pool_of: PoolOf) -> None:
    customer = await api.register(valid_from=str(ago(50)), place="Suzhou")
    path = f"/v1/customers/{customer}"
    terms = {"payment_days": 90, "agreed_on": str(ago(30)), "valid_from": str(ago(30))}
    assert (await api.put(f"{path}/terms", terms, 1)).status_code == 200
    visit = {"source": "SALESPERSON", "observed_on": str(ago(40))}
    stated = {"credit_status": "POOR", "provenance": visit, "valid_from": str(ago(40))}
    said = await api.post(f"{path}/trade-status", stated, {"If-Match": '"2"'})
    assert said.status_code == 200, said.text
    # The terms were granted before anybody told of the visit.
    await recorded_on(api, pool_of, f"card-{customer}", [ago(50), ago(30), ago(10)])

    async def credit(as_of: date, known_at: date | None = None) -> tuple[str | None, int | None]:
        known = {} if known_at is None else {"known_at": str(known_at)}
        body = (await api.get(path, as_of=str(as_of), **known)).json()
        status = body["parts"].get("trade", {}).get("credit_status", {}).get("value")
        return status, body.get("terms", {}).get("payment_days")

    assert await credit(ago(30)) == ("POOR", 90)
    assert await credit(ago(30), ago(30)) == (None, 90)
    assert await credit(ago(31)) == ("POOR", None)
    assert await credit(ago(45)) == (None, None)
    changes = (await api.get(f"{path}/changes", **{"from": str(ago(49)), "known_at": str(ago(11))})).json()["items"]
    assert {one["field"] for one in changes} == {"terms.payment_days", "terms.agreed_on"}
    changes = (await api.get(f"{path}/changes", **{"from": str(ago(49)), "to": str(ago(31))})).json()["items"]
    assert [(one["field"], one["after"], one["source"], one["observed_on"]) for one in changes] == [
        ("trade.credit_status", "POOR", "SALESPERSON", str(ago(40)))
    ]
    for clocks in ({"as_of": str(ago(51))}, {"known_at": str(ago(51))}):
        assert (await api.get(path, **clocks)).status_code == 404
    await api.erase(path.rpartition("/")[2])
    assert (await api.get(path, as_of=str(ago(30)))).status_code == 410


async def test_a_statement_for_an_earlier_day_is_news_to_that_day(standing: Cards) -> None:
    customer = await standing.register(fresh(), valid_from=str(ago(50)), marks={"shop_kind": "RETAIL"})
    path = f"/v1/customers/{customer}"
    await standing.put(f"{path}/marks", {"shop_kind": "CHAIN", "valid_from": str(ago(10))}, 1)
    back_dated = await standing.put(f"{path}/marks", {"shop_kind": "CHAIN", "valid_from": str(ago(30))}, 2)
    assert back_dated.headers["ETag"] == '"3"'
    assert (await standing.get(path, as_of=str(ago(20)))).json()["marks"] == {"shop_kind": "CHAIN"}
    again = await standing.put(f"{path}/marks", {"shop_kind": "CHAIN", "valid_from": str(ago(25))}, 3)
    assert again.headers["ETag"] == '"3"'


async def test_the_standing_of_a_leading_card_shows_the_merged_ones_beside_it(standing: Cards) -> None:
    numbers = [fresh(), fresh()]
    lead, other = [await standing.register(number) for number in numbers]
    for number in numbers:
        answer = await standing.post("/v1/sales", sale(fresh(), number, sold_on=str(ago(3))))
        assert answer.status_code == 201, answer.text
    merged = await standing.post(f"/v1/customers/{lead}/merge", {"merged_id": str(other)}, {"If-Match": '"1"'})
    assert merged.status_code == 200, merged.text
    found = (await standing.get(f"/v1/customers/{lead}/standing")).json()
    assert [one["total"] for one in found["turnover"]] == ["1250.00"]
    assert [(one["customer_id"], one["turnover"][0]["total"]) for one in found["merged"]] == [(str(other), "1250.00")]
    assert (await standing.get(f"/v1/customers/{other}/standing")).json()["merged_into"] == str(lead)
    assert "merged" not in (await standing.get(f"/v1/customers/{lead}/standing", as_of=str(ago(1)))).json()


async def test_changes_come_in_pages(standing: Cards) -> None:
    customer = await standing.register(fresh(), telephone="+86 512 6789 0123", salesperson_id="wang")
    for version, power in enumerate((2, 3, 4), 1):
        body = {"provenance": {"source": "OFFICE"}, "sales_power": power, "valid_from": str(ago(version))}
        stated = await standing.post(f"/v1/customers/{customer}/characteristics", body, {"If-Match": f'"{version}"'})
        assert stated.status_code == 200, stated.text
    path = f"/v1/customers/{customer}/changes"
    whole = (await standing.get(path)).json()
    assert "next_cursor" not in whole
    assert len(whole["items"]) > 6
    found, cursor = [], None
    while True:
        page = (await standing.get(path, limit=2, **({} if cursor is None else {"cursor": cursor}))).json()
        found += page["items"]
        cursor = page.get("next_cursor")
        if cursor is None:
            break
        assert len(page["items"]) == 2
    assert found == whole["items"]
    other = await standing.get(path, limit=2, cursor="x")
    assert (other.status_code, other.json()["code"]) == (400, "CURSOR_INVALID")
