"""Erasure over HTTP: asked for by one, agreed to by another, kept back by a legal hold, told to whoever has to know."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from shared.privacy.sealing import Sealer
from tests.integration.cards.conftest import Cards, fresh
from tests.integration.cards.test_merging import merge
from tests.integration.running import PRINCIPAL, SECOND

PERSON = {"kind": "PERSON", "person_name": "Li Na", "telephone": "+86 10 6552 9988"}
ASKED = {"reason": "REQUESTED_BY_CUSTOMER"}


async def person(cards: Cards) -> UUID:
    return UUID((await cards.post("/v1/customers", PERSON)).json()["customer_id"])


@pytest.mark.requirement("S4.8")
async def test_one_asks_and_nothing_is_erased_before_another_agrees(standing: Cards) -> None:
    customer = await person(standing)
    path = f"/v1/customers/{customer}/erasure"
    asked = await standing.post(path, ASKED)
    assert (asked.status_code, asked.json()) == (200, {"customer_id": str(customer), "status": "REQUESTED"})
    alone = await standing.post(f"{path}/approval", {})
    assert (alone.status_code, alone.json()["code"]) == (409, "ERASURE_NEEDS_SECOND_PERSON")
    assert (await standing.get(f"/v1/customers/{customer}")).json()["person_name"] == "Li Na"
    waits = (await standing.get(path)).json()
    assert waits["status"] == "REQUESTED"
    assert waits["request"].items() >= {"reason": "REQUESTED_BY_CUSTOMER", "requested_by": str(PRINCIPAL)}.items()
    done = await standing.agree(customer)
    assert (done.status_code, done.json()) == (200, {"customer_id": str(customer), "status": "ERASED"})
    assert (await standing.get(f"/v1/customers/{customer}")).status_code == 410
    told = (await standing.get(path)).json()
    assert told["status"] == "ERASED"
    assert told["erasure"].items() >= {"requested_by": str(PRINCIPAL), "decided_by": str(SECOND)}.items()
    # A keyed hash, too, would tell whether a name was once here.
    assert await standing.pool.fetchval("SELECT count(*) FROM cards.customer_search WHERE customer_id = $1", customer) == 0


async def test_a_withdrawn_request_erases_nobody(standing: Cards) -> None:
    customer = await person(standing)
    path = f"/v1/customers/{customer}/erasure"
    assert (await standing.post(path, ASKED)).status_code == 200
    assert (await standing.post(f"{path}/withdrawal", {}, standing.second)).status_code == 200
    late = await standing.agree(customer)
    assert (late.status_code, late.json()["code"]) == (409, "ERASURE_NOT_REQUESTED")
    assert (await standing.get(path)).json()["status"] == "NONE"
    assert (await standing.get(f"/v1/customers/{customer}")).json()["person_name"] == "Li Na"


async def test_a_legal_hold_keeps_the_key_until_it_is_lifted(standing: Cards) -> None:
    customer = await person(standing)
    held = await standing.post(f"/v1/customers/{customer}/legal-holds", {"ground": "LITIGATION", "reference": "7-C-114"})
    hold = held.json()["hold_id"]
    assert (await standing.post(f"/v1/customers/{customer}/erasure", ASKED)).status_code == 200
    kept = await standing.agree(customer)
    assert (kept.status_code, kept.json()["code"], kept.json()["hold_id"]) == (409, "LEGAL_HOLD", hold)
    assert (await standing.get(f"/v1/customers/{customer}")).json()["person_name"] == "Li Na"
    [shown] = (await standing.get(f"/v1/customers/{customer}/erasure")).json()["legal_holds"]
    assert shown == {"hold_id": hold, "ground": "LITIGATION", "reference": "7-C-114", "placed_by": str(PRINCIPAL)}
    lifting = f"/v1/customers/{customer}/legal-holds/{hold}/lifting"
    assert (await standing.post(lifting, {})).status_code == 200
    again = await standing.post(lifting, {})
    assert (again.status_code, again.json()["code"]) == (404, "LEGAL_HOLD_UNKNOWN")
    assert (await standing.agree(customer)).status_code == 200
    assert await standing.events(f"card-{customer}") == [
        "customer-registered",
        "legal-hold-placed",
        "erasure-requested",
        "legal-hold-lifted",
        "customer-erased",
    ]


async def test_a_hold_on_a_card_that_was_merged_holds_the_whole_customer(standing: Cards) -> None:
    """INVARIANT: a customer is erased altogether or not at all; breaks when only the leading card is asked for its holds."""
    lead, other, third = [await standing.register(fresh()) for _ in range(3)]
    held = await standing.post(f"/v1/customers/{other}/legal-holds", {"ground": "AUTHORITY"})
    assert (await merge(standing, lead, third, 1)).status_code == 200
    assert (await merge(standing, lead, other, 2)).status_code == 200
    kept = await standing.erase(lead)
    assert (kept.status_code, kept.json()["code"], kept.json()["hold_id"]) == (409, "LEGAL_HOLD", held.json()["hold_id"])
    for customer in (lead, other, third):
        assert "customer-erased" not in await standing.events(f"card-{customer}")
    led = await standing.post(f"/v1/customers/{other}/erasure", ASKED)
    assert (led.status_code, led.json()["code"], led.json()["lead_id"]) == (409, "CUSTOMER_MERGED", str(lead))


async def test_a_hold_that_a_card_brought_along_is_listed_shown_and_lifted_where_it_stands(api: Cards) -> None:
    lead, other = [await api.register(f"K-{n}") for n in range(2)]
    held = await api.post(f"/v1/customers/{other}/legal-holds", {"ground": "AUTHORITY"})
    assert (await merge(api, lead, other, 1)).status_code == 200
    assert (await api.post(f"/v1/customers/{lead}/erasure", ASKED)).status_code == 200
    [waits] = (await api.get("/v1/erasures")).json()["items"]
    assert (waits["customer_id"], waits["held"]) == (str(lead), True)
    [shown] = (await api.get(f"/v1/customers/{lead}/erasure")).json()["legal_holds"]
    hold = held.json()["hold_id"]
    assert (shown["hold_id"], shown["customer_id"]) == (hold, str(other))
    assert (await api.agree(lead)).json()["code"] == "LEGAL_HOLD"
    assert (await api.post(f"/v1/customers/{other}/legal-holds/{hold}/lifting", {})).status_code == 200
    [waits] = (await api.get("/v1/erasures")).json()["items"]
    assert waits["held"] is False
    assert (await api.agree(lead)).status_code == 200
    for customer in (lead, other):
        assert (await api.events(f"card-{customer}"))[-1] == "customer-erased"


async def test_a_hold_that_comes_meanwhile_stops_all_of_an_erasure_or_none(api: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: all cards of a customer are erased in one append; breaks when one is erased while another may still be held."""
    lead, other, third = [await api.register(f"K-{n}") for n in range(3)]
    assert (await merge(api, lead, other, 1)).status_code == 200
    assert (await merge(api, lead, third, 2)).status_code == 200
    assert (await api.post(f"/v1/customers/{lead}/erasure", ASKED)).status_code == 200
    destroy, holds = Sealer.erase, []

    async def held_first(self: Sealer, customer_id: UUID) -> None:
        # As soon as anybody's key is to go.
        if not holds:
            holds.append(await api.post(f"/v1/customers/{lead}/legal-holds", {"ground": "LITIGATION"}))
        await destroy(self, customer_id)

    monkeypatch.setattr(Sealer, "erase", held_first)
    agreed = await api.agree(lead)
    gone = {("customer-erased" in await api.events(f"card-{one}")) for one in (lead, other, third)}
    assert gone == {agreed.status_code == 200}
    assert (agreed.status_code, holds[0].status_code) in ((200, 410), (409, 200))
    destroyed = await api.pool.fetchval("SELECT count(*) FROM keystore.erased_customers()")
    assert destroyed == (3 if agreed.status_code == 200 else 0)


async def test_what_waits_for_a_second_person_is_listed_in_pages(api: Cards) -> None:
    customers = sorted([await api.register(f"K-{n}") for n in range(4)], key=str)
    for customer in customers:
        await api.post(f"/v1/customers/{customer}/erasure", ASKED)
    await api.post(f"/v1/customers/{customers[0]}/erasure/withdrawal", {})
    await api.post(f"/v1/customers/{customers[2]}/legal-holds", {"ground": "OPEN_CLAIM"})
    await api.agree(customers[3])
    first = (await api.get("/v1/erasures", limit=1)).json()
    assert [one["customer_id"] for one in first["items"]] == [str(customers[1])]
    rest = (await api.get("/v1/erasures", limit=1, cursor=first["next_cursor"])).json()
    assert [(one["customer_id"], one["held"]) for one in rest["items"]] == [(str(customers[2]), True)]
    assert "next_cursor" not in rest


async def test_each_step_needs_its_scope_and_a_known_customer(standing: Cards) -> None:
    path = f"/v1/customers/{uuid4()}"
    for step, body in (
        ("erasure", ASKED),
        ("erasure/approval", {}),
        ("erasure/withdrawal", {}),
        ("legal-holds", {"ground": "AUTHORITY"}),
        (f"legal-holds/{uuid4()}/lifting", {}),
    ):
        unknown = await standing.post(f"{path}/{step}", body)
        assert (unknown.status_code, unknown.json()["code"]) == (404, "CUSTOMER_UNKNOWN")
    assert (await standing.get(f"{path}/erasure")).status_code == 404
    odd = await standing.post(f"{path}/legal-holds", {"ground": "WHIM"})
    assert odd.status_code == 422
