"""The Python client against a real service, and what its types refuse."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from clients.python.regulars_client import Api, ApiRefused, Cards, pages
from services.cards.settings import Settings
from services.cards.wiring import build_api, run_work
from shared.testing.databases import Database
from tests.integration.running import serving, settings_of, working

SCOPES = ("cards.customer.read", "cards.customer.write", "cards.ledger.read", "cards.ledger.write")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
async def cards(database: Database, tmp_path: Path) -> AsyncIterator[Cards]:
    (tmp_path / "keys.json").write_text('{"keys": []}')
    settings = Settings(**settings_of(database, "cards", tmp_path))
    async with serving(build_api(settings), tmp_path, SCOPES) as client, working(run_work(settings)):
        yield Cards(Api(client, patience=5))


async def test_what_is_registered_can_be_read_changed_and_listed_page_after_page(cards: Cards) -> None:
    numbers = [f"K-{number}" for number in range(5)]
    replies = [
        await cards.register_customer({"kind": "COMPANY", "name": f"Lotus {n}", "external_ids": [{"system": "erp", "value": n}]})
        for n in numbers
    ]
    first = replies[0]
    found = await cards.get_customer(first.body["customer_id"])
    assert found.body["name"] == "Lotus K-0"
    changed = await cards.revise_basics(
        first.body["customer_id"], {"kind": "COMPANY", "name": "Lotus Gate"}, version=found.version or 0, key="the-same-intention"
    )
    again = await cards.revise_basics(
        first.body["customer_id"], {"kind": "COMPANY", "name": "Lotus Gate"}, version=found.version or 0, key="the-same-intention"
    )
    assert (again.body, again.headers["idempotent-replayed"]) == (changed.body, "true")
    await cards.list_customers(limit=1, min_position=changed.position)
    listed = [one["name"] async for one in pages(cards.list_customers, name_prefix="lotus", limit=2)]
    assert sorted(listed) == ["Lotus Gate", *(f"Lotus {n}" for n in numbers[1:])]


async def test_a_refusal_carries_the_problem_as_it_was_sent(cards: Cards) -> None:
    with pytest.raises(ApiRefused) as refused:
        await cards.get_customer(uuid4())
    assert (refused.value.status, refused.value.problem["code"]) == (404, refused.value.code)
    with pytest.raises(ApiRefused) as invalid:
        await cards.record_sale({})  # type: ignore[typeddict-item]
    assert (invalid.value.status, invalid.value.code) == (422, "VALIDATION_FAILED")


async def test_a_value_in_a_path_stays_one_segment(cards: Cards) -> None:
    asked: list[bytes] = []

    async def note(request: httpx.Request) -> None:
        asked.append(request.url.raw_path)

    cards.api.client.event_hooks["request"].append(note)
    with pytest.raises(ApiRefused):
        await cards.open_source("a/b?c", {"fact_kind": "sale"})
    assert asked == [b"/v1/sources/a%2Fb%3Fc/opened"]


CALLS = (
    ("register_customer({'kind': 'COMPANY', 'name': 'x', 'external_ids': []})", None),
    ("register_customer({'kind': 'SHOP', 'name': 'x'})", "typeddict-item"),
    ("register_customer({'kind': 'COMPANY', 'nmae': 'x'})", "typeddict-unknown-key"),
    ("record_sale({'source': 'erp'})", "typeddict-item"),
    ("list_customers(page=2)", "call-arg"),
    ("revise_basics('x', {'kind': 'COMPANY', 'name': 'x'}, version='1')", "arg-type"),
    ("start_import(b'', kind='sales', source='erp')", "arg-type"),
    ("start_import(b'', kind='customers', source='erp')", None),
)
ANSWERED = (
    ("(await cards.get_import('x')).body['lines_read'] + 1", None),
    ("(await cards.get_import('x')).body['lines_red']", "typeddict-item"),
    ("(await cards.get_import('x')).body['state'] + 1", "operator"),
    ("(await cards.register_customer({'kind': 'COMPANY', 'name': 'x'})).body['customer_id'].upper()", None),
    ("[one['line'] + 1 async for one in pages(cards.list_import_errors, 'x')]", None),
    ("[one['code'] + 1 async for one in pages(cards.list_import_errors, 'x')]", "operator"),
    ("(await cards.export_customers()).body.decode()", None),
)
"""What is called, what is done with answers, and what a type checker says to it."""


def test_types_refuse_what_the_service_would(tmp_path: Path) -> None:
    file = tmp_path / "called.py"
    head = "from clients.python.regulars_client import Cards, pages\nasync def called(cards: Cards) -> None:\n"
    lines = [*(f"await cards.{call}" for call, _ in CALLS), *(line for line, _ in ANSWERED)]
    file.write_text(head + "".join(f"    {line}\n" for line in lines))
    command = [sys.executable, "-m", "mypy", "--strict", "--follow-imports=silent", f"--cache-dir={tmp_path}", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    found = {int(line): code for line, code in re.findall(r"called\.py:(\d+): error: .*\[([a-z-]+)\]", done.stdout)}
    assert found == {number: code for number, (_, code) in enumerate(CALLS + ANSWERED, 3) if code}, done.stdout + done.stderr
