"""The past of a customer over HTTP: what changed, whose customer it was, what was owed by what was known."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from services.cards.wiring import build_api
from tests.integration.cards.conftest import Cards, PoolOf, fresh
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
    shown = {one["field"]: one for one in (await standing.get(f"{path}/changes")).json()["items"]}
    assert shown["basics.contacts"]["before"] == [{"role": "buyer", "name": "Wang Min"}]
    async with serving(build_api(standing.settings), standing.folder, ["cards.customer.read"]) as stranger:
        answer = await stranger.get(f"{path}/changes")
    hidden = {one["field"]: one for one in answer.json()["items"]}
    assert hidden.keys() == shown.keys()
    assert hidden["basics.telephone"]["after"] == {"withheld": True}
    assert hidden["basics.contacts"]["before"] == [{"role": "buyer", "name": {"withheld": True}}]
    assert hidden["basics.name"]["after"] == "Hua Xin"
    assert "Wang" not in answer.text
    assert "6789" not in answer.text
    await standing.post(f"{path}/erasure", {"reason": "REQUESTED"})
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
    customer: UUID = await standing.register(fresh(), area_id="EAST", salesperson_id="wang")
    answer = await standing.put(f"/v1/customers/{customer}/assignment", {"area_id": "EAST", "salesperson_id": "li"}, 1)
    assert answer.status_code == 200
    [now] = (await standing.get(f"/v1/customers/{customer}/assignments")).json()["items"]
    # Of two on one day the later stands.
    assert (now["salesperson_id"], now["area_id"], now["since"], now["decided_by"]) == ("li", "EAST", str(TODAY), str(PRINCIPAL))
    assert "until" not in now
    assert (await standing.get(f"/v1/customers/{customer}/assignments", as_of=str(ago(1)))).json()["items"] == []
    assert (await standing.get(f"/v1/customers/{uuid4()}/assignments")).status_code == 404
