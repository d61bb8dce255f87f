"""Imports: stored first, recorded by `work`, line by line, once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from services.cards.imports import recording, runner
from services.cards.wiring import run_work
from shared.testing.eventually import eventually
from shared.web.problem import Problem
from tests.integration.cards.conftest import Cards, sale
from tests.integration.running import key, working


def line(number: int, customer: str = "K-1", **more: Any) -> dict[str, Any]:
    return {"type": "sale", **sale(f"S-{number}", customer, **more)}


async def start(api: Cards, lines: Sequence[Any], headers: dict[str, str] | None = None, **params: Any) -> httpx.Response:
    body = b"".join((one if isinstance(one, bytes) else json.dumps(one).encode()) + b"\n" for one in lines)
    wanted = {"kind": "transactions", "source": "erp", **params}
    given = {"Content-Type": "application/x-ndjson", **key(), **(headers or {})}

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, len(body), 65_000):
            yield body[at : at + 65_000]

    return await api.client.post("/v1/imports", params=wanted, content=pieces(), headers=given)


async def ended(api: Cards, answer: httpx.Response, timeout: float = 20) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text

    async def probe() -> dict[str, Any] | None:
        job: dict[str, Any] = (await api.get(answer.headers["Location"])).json()
        return job if "ended_at" in job else None

    found = await eventually(probe, timeout=timeout)
    assert found is not None
    return found


async def test_lines_are_recorded_and_bad_ones_named(cards: Cards) -> None:
    lines = [
        line(1),
        b"{not json",
        line(2, net={"amount": "-1.00", "currency": "CNY"}),
        line(1),
        line(1, net={"amount": "9.00", "currency": "CNY"}),
        b"",
        line(3) | {"source": "shop"},
        b'{"type": "sale", "type": "sale"}',
        line(4, customer="K-2"),
        line(5) | {"customer": {"id": "00000000-0000-4000-8000-000000000000"}},
    ]
    answer = await start(cards, lines)
    job = await ended(cards, answer)
    counts = {name: job[name] for name in ("state", "lines", "lines_read", "recorded", "duplicate", "conflict", "rejected")}
    assert counts == {"state": "done", "lines": 10, "lines_read": 10, "recorded": 2, "duplicate": 1, "conflict": 1, "rejected": 5}
    first = (await cards.get(f"{answer.headers['Location']}/errors", limit=4)).json()
    rest = (await cards.get(f"{answer.headers['Location']}/errors", limit=4, cursor=first["next_cursor"])).json()
    found = [(e["line"], e["pointer"], e["code"]) for e in first["items"] + rest["items"]]
    assert found == [
        (2, "#", "JSON_INVALID"),
        (3, "#/net/amount", "AMOUNT_NEGATIVE"),
        (5, "#", "FACT_CONFLICT"),
        (7, "#/source", "SOURCE_DIFFERS"),
        (8, "#", "JSON_INVALID"),
        (10, "#", "CUSTOMER_UNKNOWN"),
    ]


async def test_a_source_is_incomplete_before_its_first_fact_and_ended_after_its_last(cards: Cards) -> None:
    payment = {
        "type": "payment",
        "source_event_id": "P-1",
        "customer": {"system": "erp", "value": "K-1"},
        "received_on": "2026-04-01",
        "amount": {"amount": "10.00", "currency": "CNY"},
    }
    job = await ended(cards, await start(cards, [line(1), payment], ends=True))
    assert job["state"] == "done"
    rows = await cards.pool.fetch("SELECT stream, type, part, recorded_at FROM cards.events ORDER BY recorded_at, pos")
    opened = {row["stream"]: row["recorded_at"] for row in rows if row["type"].endswith("source-opened.v1")}
    over = {row["stream"]: row["recorded_at"] for row in rows if row["type"].endswith("source-ended.v1")}
    facts = [row["recorded_at"] for row in rows if row["stream"].startswith("ledger-")]
    assert set(opened) == set(over) == {"source-erp-sales", "source-erp-payments"}
    assert max(opened.values()) < min(facts) <= max(facts) < min(over.values())
    assert {row["part"] for row in rows if row["stream"].startswith("source-")} == {0}


async def test_the_same_file_again_records_nothing(cards: Cards) -> None:
    lines = [line(n, customer=f"K-{n % 7}") for n in range(50)]
    assert (await ended(cards, await start(cards, lines)))["recorded"] == 50
    assert (await ended(cards, await start(cards, lines)))["duplicate"] == 50
    assert await cards.pool.fetchval("SELECT count(*) FROM cards.events WHERE source IS NOT NULL") == 50


async def test_a_repeated_upload_is_the_same_job(api: Cards) -> None:
    headers = {"Idempotency-Key": "upload"}
    first = await start(api, [line(1)], headers)
    again = await start(api, [line(1)], headers)
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    other = await start(api, [line(2)], headers)
    assert (other.status_code, other.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    elsewhere = await start(api, [line(1)], headers, source="shop")
    assert elsewhere.status_code == 422


async def test_an_upload_that_was_cut_off_begins_anew(api: Cards) -> None:
    headers = {"Idempotency-Key": "upload"}
    too_long = await start(api, [*(line(n) for n in range(5000)), b" " * 70_000], headers)
    assert (too_long.status_code, too_long.json()["code"], too_long.json()["line"]) == (413, "IMPORT_LINE_TOO_LONG", 5001)
    assert await api.pool.fetchval("SELECT count(*) FROM cards.import_lines") > 0
    assert (await start(api, [line(1)], headers)).status_code == 202
    assert await api.pool.fetchval("SELECT sum(lines) FROM cards.import_lines") == 1


async def test_stored_lines_are_sealed_and_gone_at_the_end(api: Cards) -> None:
    answer = await start(api, [line(1, customer="K-secret")])
    sealed = await api.pool.fetchval("SELECT sealed FROM cards.import_lines")
    assert b"K-secret" not in sealed
    async with working(run_work(api.settings)):
        await ended(api, answer)
    assert await api.pool.fetchval("SELECT count(*) FROM cards.import_lines") == 0
    assert await api.pool.fetchval("SELECT salt FROM cards.import_jobs") is None


async def test_abort_stops_at_the_first_bad_line(cards: Cards) -> None:
    lines = [line(1), line(2), line(3, net={"amount": "0.001", "currency": "CNY"}), line(4)]
    answer = await start(cards, lines, on_error="abort", ends=True)
    job = await ended(cards, answer)
    assert (job["state"], job["cause"], job["recorded"], job["lines_read"]) == ("failed", "LINE_3_REFUSED", 2, 3)
    assert [e["line"] for e in (await cards.get(f"{answer.headers['Location']}/errors")).json()["items"]] == [3]
    assert await cards.events("source-erp-sales") == ["source-opened"]


async def test_abort_stops_at_a_conflict(cards: Cards) -> None:
    lines = [line(1), line(2), line(1, net={"amount": "9.00", "currency": "CNY"}), line(4)]
    answer = await start(cards, lines, on_error="abort")
    job = await ended(cards, answer)
    assert (job["state"], job["cause"], job["recorded"], job["conflict"]) == ("failed", "LINE_3_REFUSED", 2, 1)
    errors = (await cards.get(f"{answer.headers['Location']}/errors")).json()["items"]
    assert [(e["line"], e["code"]) for e in errors] == [(3, "FACT_CONFLICT")]
    assert await cards.pool.fetchval("SELECT count(*) FROM cards.events WHERE source IS NOT NULL") == 2


async def test_abort_stops_at_a_card_that_is_registered_otherwise(cards: Cards) -> None:
    await cards.register("K-2")
    lines = [
        {"kind": "COMPANY", "name": f"Company {n}", "external_ids": [{"system": "erp", "value": f"K-{n}"}]} for n in range(1, 5)
    ]
    answer = await start(cards, lines, kind="customers", on_error="abort")
    job = await ended(cards, answer)
    assert (job["cause"], job["recorded"], job["conflict"], job["lines_read"]) == ("LINE_2_REFUSED", 1, 1, 2)
    errors = (await cards.get(f"{answer.headers['Location']}/errors")).json()["items"]
    assert [(e["line"], e["code"]) for e in errors] == [(2, "CUSTOMER_EXISTS")]


async def test_an_import_can_be_cancelled(api: Cards) -> None:
    answer = await start(api, [line(1)])
    where = answer.headers["Location"]
    assert (await api.client.post(f"{where}/cancellation")).status_code == 202
    async with working(run_work(api.settings)):
        job = await ended(api, answer)
    assert (job["state"], job["recorded"]) == ("cancelled", 0)
    assert (await api.client.post(f"{where}/cancellation")).status_code == 202
    nothing = await api.get("/v1/imports/00000000-0000-4000-8000-000000000000")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "IMPORT_UNKNOWN")


async def test_a_crash_in_mid_import_is_gone_on_with(api: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    """INVARIANT: a chunk's facts, its counts and its end are one transaction; breaks when one of them is written apart."""
    lines = [line(n, customer=f"K-{n % 400}") for n in range(9000)]
    answer = await start(api, lines)
    recorded = runner.record
    chunks = 0

    async def record_and_die(*given: Any) -> Any:
        nonlocal chunks
        settled = await recorded(*given)
        chunks += 1
        if chunks == 1:
            raise OSError("killed after the commit")
        return settled

    monkeypatch.setattr(runner, "record", record_and_die)
    async with working(_dying(api)):
        await eventually(_some(api), timeout=20)
    halfway = (await api.get(answer.headers["Location"])).json()
    assert halfway["state"] == "running"
    assert 0 < halfway["lines_read"] < 9000
    async with working(run_work(api.settings)):
        job = await ended(api, answer)
    assert (job["recorded"], job["duplicate"], job["lines_read"]) == (9000, 0, 9000)
    assert await api.pool.fetchval("SELECT count(*) FROM cards.events WHERE source IS NOT NULL") == 9000


async def _dying(api: Cards) -> None:
    with pytest.raises(ExceptionGroup):
        await run_work(api.settings)


def _some(api: Cards) -> Any:
    async def probe() -> bool:
        return bool(await api.pool.fetchval("SELECT lines_read > 0 FROM cards.import_jobs"))

    return probe


async def test_an_import_follows_an_external_id_that_is_claimed_meanwhile(api: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    owner = await api.register("K-1")
    append, linked = recording.append_facts, False

    async def when_it_is_linked(*given: Any) -> Any:
        nonlocal linked
        if not linked:
            linked = True
            await api.post(f"/v1/customers/{owner}/external-ids", {"system": "erp", "value": "K-8"})
        return await append(*given)

    monkeypatch.setattr(recording, "append_facts", when_it_is_linked)
    answer = await start(api, [line(1, customer="K-1"), line(2, customer="K-8")])
    async with working(run_work(api.settings)):
        job = await ended(api, answer)
    assert (job["state"], job["recorded"], job["duplicate"]) == ("done", 2, 0)
    assert await api.events(f"ledger-{owner}") == ["sale-recorded", "sale-recorded"]


async def test_cards_are_imported_and_fill_stubs(cards: Cards) -> None:
    stub = (await cards.post("/v1/sales", sale(customer="K-1"))).json()["customer_id"]
    lines = [
        {"kind": "COMPANY", "name": f"Company {n}", "external_ids": [{"system": "erp", "value": f"K-{n}"}]} for n in range(1500)
    ]
    lines += [
        {"kind": "PERSON", "person_name": "Li Na", "external_ids": [{"system": "erp", "value": "P-1"}]},
        {"kind": "COMPANY", "name": "Nobody"},
        {"kind": "COMPANY", "name": "Another 7", "external_ids": [{"system": "erp", "value": "K-7"}]},
    ]
    answer = await start(cards, lines, kind="customers")
    job = await ended(cards, answer)
    assert (job["state"], job["recorded"], job["conflict"], job["rejected"]) == ("done", 1501, 1, 1)
    assert await cards.events(f"card-{stub}") == ["stub-opened", "customer-registered"]
    errors = (await cards.get(f"{answer.headers['Location']}/errors")).json()["items"]
    assert [(e["line"], e["code"]) for e in errors] == [(1502, "EXTERNAL_ID_MISSING"), (1503, "CUSTOMER_EXISTS")]
    again = await ended(cards, await start(cards, lines, kind="customers"))
    assert (again["recorded"], again["duplicate"], again["conflict"]) == (0, 1501, 1)


async def test_a_card_that_is_too_large_when_sealed_is_one_bad_line(cards: Cards) -> None:
    words = dict.fromkeys(("character", "hobbies", "family", "education", "ability"), "\N{CJK UNIFIED IDEOGRAPH-4E2D}" * 4000)

    def card(number: str, **more: Any) -> bytes:
        body = {"kind": "COMPANY", "name": "Lotus", "external_ids": [{"system": "erp", "value": number}], **more}
        return json.dumps(body, ensure_ascii=False).encode()

    answer = await start(cards, [card("K-1"), card("K-2", owner=words), card("K-3")], kind="customers")
    job = await ended(cards, answer)
    assert (job["state"], job["recorded"], job["rejected"]) == ("done", 2, 1)
    [error] = (await cards.get(f"{answer.headers['Location']}/errors")).json()["items"]
    assert (error["line"], error["code"]) == (2, "EVENT_TOO_LARGE")


async def test_wrong_media_types_are_refused(api: Cards) -> None:
    answer = await start(api, [line(1)], {"Content-Type": "text/csv"})
    assert (answer.status_code, answer.json()["code"]) == (415, "MEDIA_TYPE_UNSUPPORTED")


async def test_two_uploads_under_one_key_leave_one_job(api: Cards) -> None:
    headers = {"Idempotency-Key": "twins"}
    lines = [line(n) for n in range(20)]
    answers = await asyncio.gather(*(start(api, lines, headers) for _ in range(3)))
    assert {answer.status_code for answer in answers} <= {202, 409}
    assert await api.pool.fetchval("SELECT count(*) FROM cards.import_jobs WHERE state = 'stored'") == 1
    assert await api.pool.fetchval("SELECT sum(lines) FROM cards.import_lines") == 20


async def test_uploads_that_nobody_finished_are_given_up_after_a_day(api: Cards) -> None:
    cut = await start(api, [*(line(n) for n in range(5000)), b" " * 70_000])
    assert cut.status_code == 413
    await api.pool.execute("UPDATE cards.import_jobs SET made_at = made_at - interval '25 hours'")

    async def given_up() -> bool:
        found = await api.pool.fetchrow("SELECT state, cause, salt FROM cards.import_jobs")
        return found is not None and tuple(found) == ("failed", "UPLOAD_CUT_OFF", None)

    async with working(run_work(api.settings)):
        await eventually(given_up, timeout=20)
    assert await api.pool.fetchval("SELECT count(*) FROM cards.import_lines") == 0


async def test_an_erasure_that_has_to_wait_stops_no_import(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    async def waits(_deps: Any) -> int:
        raise Problem("UNAVAILABLE")

    monkeypatch.setattr(runner, "SWEEP_SECONDS", 0.0)
    monkeypatch.setattr(runner, "sweep", waits)
    job = await ended(cards, await start(cards, [line(1)]))
    assert (job["state"], job["recorded"]) == ("done", 1)


async def test_a_defect_ends_the_job_and_not_the_process(cards: Cards, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_given: Any) -> Any:
        raise ValueError("a defect")

    with monkeypatch.context() as patched:
        patched.setattr(runner, "record", breaks)
        job = await ended(cards, await start(cards, [line(1)]))
    assert (job["state"], job["cause"]) == ("failed", "INTERNAL_ERROR")
    assert (await ended(cards, await start(cards, [line(1)])))["recorded"] == 1


async def test_lines_that_cannot_be_opened_fail_the_job(api: Cards) -> None:
    answer = await start(api, [line(1)])
    await api.pool.execute("UPDATE cards.import_jobs SET salt = 'another'")
    async with working(run_work(api.settings)):
        job = await ended(api, answer)
    assert (job["state"], job["cause"]) == ("failed", "LINES_UNREADABLE")
