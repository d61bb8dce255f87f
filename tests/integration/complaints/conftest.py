"""The service complaints with three customers known to cards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest

from services.complaints.settings import Settings
from services.complaints.wiring import build_api, run_work
from shared.contracts.cards import Basics, CustomerRegistered, ExternalId, StubOpened
from shared.postgres.pool import Pool
from shared.testing.databases import Database
from tests.integration.running import record, serving, settings_of, working

PoolOf = Callable[[Database, str], Awaitable[Pool]]
HEADQUARTERS = UUID("0b3f5a40-6d1e-5d5f-8d53-1f0a2b3c4d5e")
SCOPES = (
    "complaints.complaint.read",
    "complaints.complaint.write",
    "complaints.prevention.write",
    "complaints.standard.write",
    "cards.pii.read",
)


@dataclass(frozen=True)
class Complaints:
    """A client of the service, the cards store beside it, and whom cards knows."""

    client: httpx.AsyncClient
    cards: Pool
    own: Pool
    customer: UUID
    known_at: str
    folder: Path
    database: Database


@pytest.fixture
async def complaints(database: Database, pool_of: PoolOf, tmp_path: Path) -> AsyncIterator[Complaints]:
    settings = Settings(**settings_of(database, "complaints", tmp_path))
    (tmp_path / "keys.json").write_text('{"keys": []}')
    cards = await pool_of(database, "cards")
    customer, stub = uuid4(), uuid4()
    registered = CustomerRegistered(
        customer_id=customer, basics=Basics(kind="COMPANY", name="Hua Xin"), external_ids=(ExternalId("erp", "K-1"),)
    )
    opened = StubOpened(customer_id=stub, external_id=ExternalId("erp", "K-2"))
    at = await record(cards, "cards", [(f"card-{customer}", customer, registered), (f"card-{stub}", stub, opened)])
    async with serving(build_api(settings), tmp_path, SCOPES) as client, working(run_work(settings)):
        yield Complaints(client, cards, await pool_of(database, "complaints"), customer, at, tmp_path, database)


@pytest.fixture
async def headquarters(complaints: Complaints) -> AsyncIterator[Complaints]:
    """The same service, called by somebody who decides for headquarters."""
    settings = Settings(**settings_of(complaints.database, "complaints", complaints.folder))
    scopes = (*SCOPES, "complaints.settlement.decide")
    async with serving(build_api(settings), complaints.folder, scopes, HEADQUARTERS) as client:
        yield replace(complaints, client=client)
