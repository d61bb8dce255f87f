"""Who was erased stays erased when an older backup is restored: the ledger of erasures is kept apart and replayed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from deploy.backup.erasures import BadLedger, parse_ledger, read_ledger, replay
from services.cards.wiring import run_work
from shared.privacy.secrets import load_secrets
from shared.privacy.wrapping import MasterKey
from shared.testing.eventually import eventually
from tests.integration.cards.conftest import Cards
from tests.integration.running import working

PERSON = {"kind": "PERSON", "person_name": "Li Na", "telephone": "+86 10 6552 9988"}


def line(master: MasterKey, customer: UUID) -> str:
    at = datetime(2026, 3, 1, 12, 30, 0, 17, UTC)
    signature = master.signature(customer, at.isoformat())
    return json.dumps({"customer_id": str(customer), "erased_at": at.isoformat(), "signature": signature.hex()})


async def test_the_ledger_erases_again_whom_a_backup_brought_back(api: Cards) -> None:
    master = MasterKey(load_secrets(api.settings.secrets).master)
    customer = UUID((await api.post("/v1/customers", PERSON)).json()["customer_id"])
    untouched = UUID((await api.post("/v1/customers", PERSON | {"person_name": "Wang Wei"})).json()["customer_id"])
    # The first was erased after the backup; the second customer of the ledger was registered after it and is not known here.
    ledger = parse_ledger([line(master, customer), line(master, uuid4())], master)
    admin = api.database.dsn("postgres")
    assert await replay(admin, ledger) == 2
    assert await replay(admin, ledger) == 0
    assert parse_ledger(await read_ledger(admin), master) == sorted(ledger)

    async def recorded() -> bool:
        return (await api.events(f"card-{customer}"))[-1] == "customer-erased"

    async with working(run_work(api.settings)):
        await eventually(recorded, timeout=20)
    gone = await api.get(f"/v1/customers/{customer}")
    assert (gone.status_code, "Li Na" in gone.text) == (410, False)
    assert (await api.get(f"/v1/customers/{untouched}")).json()["person_name"] == "Wang Wei"


async def test_a_forged_ledger_destroys_nothing(api: Cards) -> None:
    """INVARIANT: only this installation's master key can say who is erased; a line of anybody else would destroy data for ever."""
    master = MasterKey(load_secrets(api.settings.secrets).master)
    good = line(master, uuid4())
    moved = json.loads(good) | {"customer_id": str(uuid4())}
    for bad in (line(MasterKey(bytes(32)), uuid4()), json.dumps(moved), "{}", "[]", "nonsense", '{"customer_id": 1}'):
        with pytest.raises(BadLedger, match="line 2"):
            parse_ledger([good, bad], master)
