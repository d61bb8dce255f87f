"""Reads of cards: on record before the answer leaves, or there is no answer; and persons' data only for a purpose."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest

from services.cards.wiring import build_api
from shared.web.routes import StrictRoute
from tests.integration.cards.conftest import SCOPES, Cards, fresh, sale, somebody
from tests.integration.running import PRINCIPAL, serving
from tests.trust.counts import counted

ANOTHER = UUID("0a6b5f4e-3d2c-4b1a-9f8e-7d6c5b4a3f2e")
_NAMES_ANOTHER = {"dealer_id", "merged_into", "merged", "introduced_by"}
"""Under these names an answer names another card than the one that it shows."""


def traced() -> tuple[str, dict[str, str]]:
    trace = uuid4().hex
    return trace, {"traceparent": f"00-{trace}-00f067aa0ba902b7-00"}


async def rows_of(cards: Cards, trace: str) -> list[asyncpg.Record]:
    return await cards.pool.fetch("SELECT * FROM cards.reads WHERE trace_id = $1 ORDER BY gen, xid, pos", trace)


async def asked(cards: Cards, path: str, headers: dict[str, str] | None = None) -> tuple[httpx.Response, list[asyncpg.Record]]:
    """The answer, and what is on record of it."""
    trace, traceparent = traced()
    answer = await cards.client.get(path, headers={**traceparent, **(headers or {})})
    return answer, await rows_of(cards, trace)


async def a_person(cards: Cards) -> UUID:
    body = {
        "kind": "PERSON",
        "person_name": "Chen Mei",
        "telephone": "+86 21 5555 0101",
        "external_ids": [{"system": "erp", "value": fresh()}],
    }
    answer = await cards.post("/v1/customers", body)
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["customer_id"])


@pytest.mark.requirement("S0.23", "S2.14", "S3.45", "S3.46")
async def test_who_opened_a_card_when_and_why_is_on_record(standing: Cards) -> None:
    customer = await standing.register(fresh())
    answer, [row] = await asked(standing, f"/v1/customers/{customer}", {"Regulars-Purpose": "VISIT"})
    assert answer.status_code == 200
    assert (row["principal"], row["operation"], row["kind"]) == (PRINCIPAL, "customers_get_customer", "OPENED")
    assert (row["purpose"], row["personal"], row["customers"]) == ("VISIT", True, [customer])
    found = (await standing.get(f"/v1/customers/{customer}/reads")).json()["items"]
    assert [(one["operation"], one["purpose"], one["customers"]) for one in found] == [("customers_get_customer", "VISIT", 1)]
    assert UUID(found[0]["principal"]) == PRINCIPAL
    again = (await standing.get(f"/v1/customers/{customer}/reads", limit=1)).json()
    # Having looked at the log is in the log.
    assert again["items"][0]["operation"] == "reads_list_reads"
    following = await standing.client.get(again["next"])
    assert [one["operation"] for one in following.json()["items"]] == ["customers_get_customer"]


async def test_what_was_not_shown_is_not_on_record(standing: Cards) -> None:
    for path in (f"/v1/customers/{uuid4()}", "/v1/customers/nobody", "/v1/areas", "/v1/admission-standard"):
        _, rows = await asked(standing, path)
        assert rows == [], path
    changed = await standing.post("/v1/customers", {"kind": "COMPANY", "name": "Blue Gate"})
    assert changed.status_code == 201
    trace, traceparent = traced()
    refused = await standing.client.get(
        f"/v1/customers/{await standing.register(fresh())}", headers={**traceparent, "Authorization": "Bearer x"}
    )
    assert (refused.status_code, await rows_of(standing, trace)) == (401, [])


async def test_what_has_not_changed_since_was_read_as_well(standing: Cards) -> None:
    customer = await standing.register(fresh())
    body = {"intent_class": "SHOWROOM", "grade": "A"}
    opened = await standing.post(f"/v1/customers/{customer}/intents", body)
    assert opened.status_code == 201, opened.text
    path = opened.headers["Location"]
    first, _ = await asked(standing, path)
    again, rows = await asked(standing, path, {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, len(rows)) == (304, 1)


async def test_a_list_is_recorded_with_all_that_it_shows(cards: Cards) -> None:
    for number in range(3):
        last = await cards.post("/v1/customers", {"kind": "COMPANY", "name": f"Company {number}"})
    position = last.headers["Regulars-Position"]
    answer, [row] = await asked(cards, f"/v1/customers?limit=2&min_position={position}")
    shown = [UUID(item["customer_id"]) for item in answer.json()["items"]]
    assert (len(shown), row["kind"], row["customers"]) == (2, "LISTED", shown)


async def test_an_export_is_recorded_piece_by_piece_and_refused_before_it_begins(cards: Cards) -> None:
    customers = set()
    for number in range(3):
        last = await cards.post("/v1/customers", {"kind": "COMPANY", "name": f"Company {number}"})
        customers.add(UUID(last.json()["customer_id"]))
    path = f"/v1/customers.csv?min_position={last.headers['Regulars-Position']}"
    answer, rows = await asked(cards, path, {"Regulars-Purpose": "ANALYSIS"})
    assert answer.status_code == 200 and answer.text.count("\n") == 4
    assert {row["kind"] for row in rows} == {"EXPORTED"} and {row["purpose"] for row in rows} == {"ANALYSIS"}
    assert {customer for row in rows for customer in row["customers"]} == customers
    async with cannot_record(cards):
        refused, _ = await asked(cards, path)
        assert refused.status_code == 503 and not any(str(customer) in refused.text for customer in customers)


class cannot_record:
    """While nobody may write to the log."""

    def __init__(self, cards: Cards) -> None:
        self.cards = cards

    async def _owner(self, statement: str) -> None:
        c = await asyncpg.connect(self.cards.database.dsn("regulars_owner"))
        try:
            await c.execute(statement)
        finally:
            await c.close()

    async def __aenter__(self) -> None:
        await self._owner("ALTER TABLE cards.reads ADD CONSTRAINT full_up CHECK (false) NOT VALID")

    async def __aexit__(self, *_: object) -> None:
        await self._owner("ALTER TABLE cards.reads DROP CONSTRAINT full_up")


async def test_what_cannot_be_recorded_is_not_answered(api: Cards) -> None:
    """INVARIANT: nothing of a card leaves without its read on record. It would break if reads were recorded behind the answer."""
    customer = await a_person(api)
    async with cannot_record(api):
        for path in ("", "/changes", "/assignments", "/responsible"):
            refused = await api.get(f"/v1/customers/{customer}{path}")
            assert refused.status_code == 503 and refused.json()["code"] == "UNAVAILABLE", path
            assert "Chen" not in refused.text
        # What shows no customer goes on.
        assert (await api.get("/v1/areas")).status_code == 200
    assert (await api.get(f"/v1/customers/{customer}")).json()["person_name"] == "Chen Mei"


async def test_a_log_that_hangs_holds_nobody_up_for_long(api: Cards) -> None:
    customer = await api.register(fresh())
    c = await asyncpg.connect(api.database.dsn("regulars_owner"))
    try:
        async with c.transaction():
            await c.execute("LOCK TABLE cards.reads IN SHARE MODE")
            refused = await api.get(f"/v1/customers/{customer}")
            assert refused.status_code == 503
    finally:
        await c.close()
    assert (await api.get(f"/v1/customers/{customer}")).status_code == 200


@pytest.mark.requirement("S0.23", "S4.8")
async def test_persons_are_shown_for_a_purpose_only(standing: Cards) -> None:
    customer = await a_person(standing)
    path = f"/v1/customers/{customer}"
    shown, [row] = await asked(standing, path, {"Regulars-Purpose": "CONTACT"})
    assert shown.json()["person_name"] == "Chen Mei" and row["purpose"] == "CONTACT"
    del standing.client.headers["Regulars-Purpose"]
    try:
        without, [row] = await asked(standing, path)
        assert "Chen" not in without.text and "5555" not in without.text and without.json()["personal_data"] == "withheld"
        assert (row["purpose"], row["personal"]) == (None, False)
        for asking in (
            standing.get("/v1/mailing-list"),
            standing.get("/v1/mailing-list.csv"),
            standing.client.post("/v1/customers/search", json={"name": "Chen Mei"}),
        ):
            refused = await asking
            assert (refused.status_code, refused.json()["code"]) == (400, "PURPOSE_MISSING")
    finally:
        standing.client.headers["Regulars-Purpose"] = "CARD_KEEPING"
    for word in ("visit", "CURIOSITY", ""):
        refused, rows = await asked(standing, path, {"Regulars-Purpose": word})
        assert (refused.status_code, refused.json()["code"], rows) == (400, "PURPOSE_INVALID", [])


async def test_a_purpose_opens_nothing_without_the_scope(api: Cards) -> None:
    customer = await a_person(api)
    async with serving_less(api) as client:
        trace, traceparent = traced()
        answer = await client.get(f"/v1/customers/{customer}", headers={**traceparent, "Regulars-Purpose": "VISIT"})
    assert "Chen" not in answer.text and answer.json()["personal_data"] == "withheld"
    [row] = await rows_of(api, trace)
    assert (row["principal"], row["personal"], row["purpose"]) == (ANOTHER, False, "VISIT")


def serving_less(api: Cards) -> Any:
    return serving(build_api(api.settings), api.folder, [s for s in SCOPES if s != "cards.pii.read"], ANOTHER)


async def test_a_search_is_recorded_with_whom_it_found(standing: Cards) -> None:
    customer = await a_person(standing)
    trace, traceparent = traced()
    found = await standing.client.post("/v1/customers/search", json={"telephone": "+86 21 5555 0101"}, headers=traceparent)
    [row] = await rows_of(standing, trace)
    assert customer in row["customers"] and row["kind"] == "LISTED"
    assert {UUID(item["customer_id"]) for item in found.json()["items"]} == set(row["customers"])


@pytest.mark.requirement("S0.23")
async def test_nobody_takes_back_what_is_on_record(standing: Cards) -> None:
    await asked(standing, f"/v1/customers/{await standing.register(fresh())}")
    for statement in (
        "UPDATE cards.reads SET purpose = 'VISIT'",
        "DELETE FROM cards.reads",
        "TRUNCATE cards.reads",
        "UPDATE cards.read_seals SET rows = 0",
        "DELETE FROM cards.read_seals",
        "INSERT INTO cards.reads (xid, principal, key_id, operation, kind, personal, customers)"
        " VALUES ('3', gen_random_uuid(), 'k', 'o', 'OPENED', false, ARRAY[gen_random_uuid()])",
        "INSERT INTO cards.reads (read_at, principal, key_id, operation, kind, personal, customers)"
        " VALUES (now(), gen_random_uuid(), 'k', 'o', 'OPENED', false, ARRAY[gen_random_uuid()])",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await standing.pool.execute(statement)
    c = await asyncpg.connect(standing.database.dsn("auditor"))
    try:
        assert await c.fetchval("SELECT count(*) FROM cards.reads") > 0
        for statement in ("INSERT INTO cards.read_seals DEFAULT VALUES", "SELECT 1 FROM cards.events"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await c.execute(statement)
    finally:
        await c.close()


async def a_small_world(cards: Cards) -> tuple[dict[str, str], set[str]]:
    """Path parameters by name, and every customer there is."""
    first, second = str(await cards.register("K-1", area_id="EAST")), str(await cards.register("K-2"))
    person = str(await a_person(cards))
    made = await cards.post(
        f"/v1/customers/{first}/promises",
        {"made_by": "CUSTOMER", "kind": "PAY", "amount": {"amount": "10.00", "currency": "CNY"}, "due_on": "2026-12-20"},
    )
    opened = await cards.post(f"/v1/customers/{first}/intents", {"intent_class": "LAMPS", "grade": "A"})
    saved = await cards.post("/v1/lists", {"name": "all"})
    last = await cards.post("/v1/sales", sale("S-1", "K-2"))
    assert {answer.status_code for answer in (made, opened, saved, last)} == {201}, [a.text for a in (made, opened, saved, last)]
    await cards.get("/v1/receivables", min_position=last.headers["Regulars-Position"])
    names = {
        "customer_id": first,
        "promise_id": made.json()["id"],
        "intent_id": opened.json()["id"],
        "list_id": saved.json()["list_id"],
        "area_id": "EAST",
        "job_id": str(uuid4()),
    }
    return names, {first, second, person}


def named_in(answer: httpx.Response, customers: set[str]) -> set[str]:
    """Customers that an answer names, wherever they stand in it, save where it names another's card."""
    if "json" not in answer.headers.get("content-type", ""):
        return {one for one in customers if one in answer.text}
    return {one for one in _texts(answer.json()) if one in customers}


def _texts(value: Any) -> Iterator[str]:
    match value:
        case dict():
            for name, inner in value.items():
                if name not in _NAMES_ANOTHER:
                    yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)
        case str():
            yield from re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", value)


@pytest.mark.requirement("S0.23")
async def test_every_question_that_names_a_customer_is_on_record(cards: Cards) -> None:
    names, customers = await a_small_world(cards)
    routes: list[StrictRoute] = list(cards.client._transport.app.strict_routes)  # type: ignore[attr-defined]
    asked_of, naming = 0, []
    for route in routes:
        if route.methods != {"GET"} or route.scope is None:
            continue
        path = re.sub(r"{(\w+)}", lambda found: names.get(found[1], "none"), route.path)
        answer, rows = await asked(cards, path + ("?for_seconds=1" if path.endswith("/stream") else ""))
        assert answer.status_code < 500, (path, answer.text)
        asked_of += 1
        if answer.status_code != 200:
            continue
        wanted = named_in(answer, customers) | ({names["customer_id"]} if "{customer_id}" in route.path else set())
        recorded = {str(one) for row in rows for one in row["customers"]}
        assert recorded >= wanted, (path, json.dumps(sorted(wanted - recorded)))
        assert recorded <= wanted | customers
        naming += [path] if wanted else []
    counted(questions=asked_of, naming_customers=len(naming), not_on_record=0)
    assert len(naming) > 25


async def test_who_reaches_some_customers_exports_and_records_those(cards: Cards) -> None:
    """INVARIANT: what is read ahead of a file, to record it, is narrowed too; breaks when the first page is read outside."""
    for number, person in enumerate(("E-12", "E-13", "E-12")):
        last = await cards.post("/v1/customers", {"kind": "COMPANY", "name": f"Company {number}", "salesperson_id": person})
    position = last.headers["Regulars-Position"]
    await cards.get("/v1/customers", min_position=position)
    async with somebody(cards, "salesperson", "E-12") as caller:
        trace, traceparent = traced()
        answer = await caller.get("/v1/customers.csv", headers=traceparent)
        rows = await rows_of(cards, trace)
        assert answer.status_code == 200 and answer.text.count("Company") == 2 and "Company 1" not in answer.text
        assert {row["person_id"] for row in rows} == {"E-12"} and sum(len(row["customers"]) for row in rows) == 2
        opened, traceparent = traced()
        assert (await caller.get(f"/v1/customers/{last.json()['customer_id']}", headers=traceparent)).status_code == 200
        [row] = await rows_of(cards, opened)
        assert (row["person_id"], row["purpose"], row["personal"]) == ("E-12", "VISIT", True)
        foreign = await cards.client.get("/v1/customers?salesperson_id=E-13")
        assert (await caller.get(f"/v1/customers/{foreign.json()['items'][0]['customer_id']}")).status_code == 404
