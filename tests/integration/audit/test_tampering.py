"""Whatever is done to a sealed log of reads is found: at every place of a small one, in the seals, and in the second place."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.audit import exports
from shared.audit.reads import Read, Reads, record_all
from shared.audit.seal_store import seals_after
from shared.audit.sealing import Sealing, seal_once
from shared.audit.seals import Seal, Signer
from shared.audit.verifying import verify
from shared.contracts.topics import SERVICES
from shared.postgres.pool import Connection, Pool
from shared.privacy.secrets import make_secrets
from shared.testing.databases import Database
from tests.trust.counts import counted

PoolOf = Callable[[Database, str], Awaitable[Pool]]
AT = datetime(2026, 6, 20, 1, 30, tzinfo=UTC)
SEALS, ROWS_EACH = 4, 3


def read(customer: UUID | None = None) -> Read:
    return Read(uuid4(), "k1", "E-12", "customers_get_customer", "OPENED", "VISIT", True, (customer or uuid4(),), None)


@dataclass
class Log:
    """A service's log of reads with its seals. `admin` may do everything, as somebody who has broken in."""

    schema: str
    sealing: Sealing
    admin: asyncpg.Connection[asyncpg.Record]
    auditor: asyncpg.Connection[asyncpg.Record]
    folder: Path

    async def findings(self, *, copies: bool = True, later: timedelta = timedelta()) -> list[str]:
        folder = self.folder if copies else None
        found = await verify(self.auditor, self.schema, folder, [self.sealing.signer.public], AT + later)
        return found.findings

    async def found(self, *statements: str, copies: bool = False) -> bool:
        """Whether something is found after these, which are then taken back. Without the second place, unless it is asked for."""
        tables = ("reads", "read_seals")
        for table in tables:
            await self.admin.execute(f"CREATE TABLE public.{table}_before AS SELECT * FROM {self.schema}.{table}")
        for statement in statements:
            await self.admin.execute(statement)
        findings = await self.findings(copies=copies)
        for table in tables:
            await self.admin.execute(f"TRUNCATE {self.schema}.{table}")
            overriding = " OVERRIDING SYSTEM VALUE" if table == "reads" else ""
            await self.admin.execute(f"INSERT INTO {self.schema}.{table}{overriding} SELECT * FROM public.{table}_before")
            await self.admin.execute(f"DROP TABLE public.{table}_before")
        assert await self.findings() == []
        return bool(findings)


@pytest.fixture(params=["cards"])
async def log(request: pytest.FixtureRequest, database: Database, pool_of: PoolOf, tmp_path: Path) -> AsyncIterator[Log]:
    """Four seals of three reads each."""
    make_secrets(tmp_path)
    schema: str = request.param
    pool = await pool_of(database, schema)
    sealing = Sealing(pool, schema, Signer(tmp_path), tmp_path / "seals", lambda: AT)
    for _ in range(SEALS):
        for _ in range(ROWS_EACH):
            await record_all(pool, schema, [read()])
        assert await seal_once(sealing) is not None
    admin = await asyncpg.connect(database.dsn("postgres"))
    auditor = await asyncpg.connect(database.dsn("auditor"))
    yield Log(schema, sealing, admin, auditor, tmp_path / "seals")
    await admin.close()
    await auditor.close()


of_every_service = pytest.mark.parametrize("log", SERVICES, indirect=True)
FLIPS = (
    "read_at = read_at + interval '1 microsecond'",
    "principal = gen_random_uuid()",
    "key_id = key_id || 'x'",
    "person_id = NULL",
    "operation = 'other'",
    "kind = 'LISTED'",
    "purpose = NULL",
    "personal = NOT personal",
    "customers = ARRAY[gen_random_uuid()]",
    "customers = customers || gen_random_uuid()",
    "trace_id = 'x'",
)
SEAL_FLIPS = (
    "gen = gen + 1",
    "upto = (upto::text::bigint + 1)::text::xid8",
    "rows = rows + 1",
    "digest = sha256(digest)",
    "previous = sha256(previous)",
    "sealed_at = sealed_at + interval '1 microsecond'",
    "kept_from = kept_from + 1",
    "key_id = 'x'",
    "signature = sha256(signature) || sha256(signature)",
)
_COLUMNS = "read_at, principal, key_id, person_id, operation, kind, purpose, personal, customers, trace_id"


def _told(what: str, tried: dict[str, list[bool]]) -> None:
    changes = sum(len(found) for found in tried.values())
    counted(**{f"changes_of_{what}": changes, "not_found": changes - sum(sum(found) for found in tried.values())})


@of_every_service
async def test_every_change_of_a_sealed_log_is_found(log: Log) -> None:
    """INVARIANT: a flip, deletion, insertion, exchange or cut at any place is found. It would break if the digest took no order, or the
    seals were not chained."""
    assert await log.findings() == []
    places = [row["pos"] for row in await log.admin.fetch(f"SELECT pos FROM {log.schema}.reads ORDER BY gen, xid, pos")]
    assert len(places) == SEALS * ROWS_EACH
    tried: dict[str, list[bool]] = {}
    for place in places:
        for flip in FLIPS:
            tried.setdefault("flip", []).append(await log.found(f"UPDATE {log.schema}.reads SET {flip} WHERE pos = {place}"))
        tried.setdefault("deletion", []).append(await log.found(f"DELETE FROM {log.schema}.reads WHERE pos = {place}"))
        insertion = f"INSERT INTO {log.schema}.reads (gen, xid, {_COLUMNS}) SELECT gen, xid, {_COLUMNS} FROM {log.schema}.reads WHERE pos = {place}"
        tried.setdefault("insertion", []).append(await log.found(insertion))
        tried.setdefault("cut", []).append(await log.found(f"DELETE FROM {log.schema}.reads WHERE pos >= {place}"))
        for other in places:
            if other > place:
                exchanged = (
                    f"UPDATE {log.schema}.reads r SET ({_COLUMNS}) = (SELECT {', '.join(f'o.{c.strip()}' for c in _COLUMNS.split(','))}"
                    f" FROM {log.schema}.reads o WHERE o.pos = {place + other} - r.pos) WHERE r.pos IN ({place}, {other})"
                )
                tried.setdefault("exchange", []).append(await log.found(exchanged))
    _told("reads", tried)
    assert {name: found.count(False) for name, found in tried.items()} == dict.fromkeys(tried, 0)


@of_every_service
async def test_every_change_of_the_seals_is_found(log: Log) -> None:
    tried: dict[str, list[bool]] = {}
    for number in range(1, SEALS + 1):
        for flip in SEAL_FLIPS:
            changed = f"UPDATE {log.schema}.read_seals SET {flip} WHERE number = {number}"
            tried.setdefault("flip", []).append(await log.found(changed))
        # The last ones can be cut off so that the rest is sound: the second place tells.
        tried.setdefault("deletion", []).append(
            await log.found(f"DELETE FROM {log.schema}.read_seals WHERE number = {number}", copies=True)
        )
        cut = (
            f"DELETE FROM {log.schema}.reads WHERE (gen, xid) >= (SELECT gen, upto FROM {log.schema}.read_seals WHERE number = {number} - 1)",
            f"DELETE FROM {log.schema}.read_seals WHERE number >= {number}",
        )
        if number > 1:
            tried.setdefault("cut with its reads", []).append(await log.found(*cut, copies=True))
        tried.setdefault("insertion", []).append(
            await log.found(
                f"INSERT INTO {log.schema}.read_seals SELECT number + {SEALS}, gen, upto, rows, digest, previous, sealed_at, kept_from, key_id,"
                f" signature FROM {log.schema}.read_seals WHERE number = {number}"
            )
        )
        for other in range(number + 1, SEALS + 1):
            exchanged = (
                f"UPDATE {log.schema}.read_seals SET number = 1000 WHERE number = {number}",
                f"UPDATE {log.schema}.read_seals SET number = {number} WHERE number = {other}",
                f"UPDATE {log.schema}.read_seals SET number = {other} WHERE number = 1000",
            )
            tried.setdefault("exchange", []).append(await log.found(*exchanged))
    everything = await log.found(f"TRUNCATE {log.schema}.reads", f"TRUNCATE {log.schema}.read_seals", copies=True)
    tried["loss of everything"] = [everything]
    _told("seals", tried)
    assert {name: found.count(False) for name, found in tried.items()} == dict.fromkeys(tried, 0)


@of_every_service
async def test_every_change_of_the_second_place_is_found(log: Log) -> None:
    [file] = log.folder.glob(f"{log.schema}-*.seals")
    whole = file.read_bytes()
    lines = whole.splitlines(keepends=True)
    assert len(lines) == SEALS
    tried: dict[str, list[bool]] = {}

    async def after(name: str, content: bytes) -> None:
        file.write_bytes(content)
        tried.setdefault(name, []).append(bool(await log.findings(later=timedelta(minutes=6))))
        file.write_bytes(whole)

    for at in range(len(lines)):
        await after("deletion", b"".join(lines[:at] + lines[at + 1 :]))
        await after("cut", b"".join(lines[:at]))
        for place in range(0, len(lines[at]) - 1, 7):
            line = bytearray(lines[at])
            line[place] ^= 1
            await after("flip", b"".join([*lines[:at], bytes(line), *lines[at + 1 :]]))
    _told("second_place", tried)
    assert {name: found.count(False) for name, found in tried.items()} == dict.fromkeys(tried, 0)


async def test_seals_made_again_with_another_key_are_found(log: Log, tmp_path: Path) -> None:
    """Somebody who may write everything, also the second place, has not the key."""
    make_secrets(tmp_path / "forger")
    await log.admin.execute("TRUNCATE cards.read_seals")
    await log.admin.execute("DELETE FROM cards.reads WHERE pos = (SELECT min(pos) FROM cards.reads)")
    shutil.rmtree(log.folder)
    forged = replace(log.sealing, signer=Signer(tmp_path / "forger"))
    assert await seal_once(forged) is not None
    assert await log.findings() != []


async def test_what_is_read_while_others_are_sealed_is_in_one_seal(log: Log) -> None:
    pool = log.sealing.pool
    async with pool.acquire() as c, c.transaction():
        # Its id is drawn, its rows come later: nothing behind it is closed before it ends.
        await c.execute("SELECT pg_current_xact_id()")
        await record_all(pool, "cards", [read()])
        assert await seal_once(log.sealing) is None
        await c.execute(
            "INSERT INTO cards.reads (principal, key_id, operation, kind, personal, customers)"
            " VALUES (gen_random_uuid(), 'k1', 'o', 'OPENED', false, ARRAY[gen_random_uuid()])"
        )
    sealed = await seal_once(log.sealing)
    assert sealed is not None and sealed.rows == 2
    assert await log.findings() == []
    assert await seal_once(log.sealing) is None


async def test_an_export_that_was_cut_short_is_made_good(log: Log) -> None:
    [file] = log.folder.glob("cards-*.seals")
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    assert await log.findings() == []
    assert await seal_once(log.sealing) is None
    assert file.read_bytes().splitlines()[-1] == whole.splitlines()[-1]
    assert await log.findings(later=timedelta(minutes=6)) == []


async def test_what_is_exported_is_not_looked_at_again_unless_the_store_was_restored(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind: list[int] = []

    def looked(c: Connection, schema: str, number: int = 0) -> AsyncIterator[Seal]:
        behind.append(number)
        return seals_after(c, schema, number)

    async def sealed() -> None:
        await record_all(log.sealing.pool, "cards", [read()])
        assert await seal_once(log.sealing) is not None

    monkeypatch.setattr(exports, "seals_after", looked)
    await sealed()
    assert behind == [SEALS]
    await log.admin.execute(f"DELETE FROM cards.read_seals WHERE number >= {SEALS}")
    await log.admin.execute("UPDATE cards.store SET gen = gen + 1")
    await sealed()
    await sealed()
    assert behind == [SEALS, 0, SEALS]
    copies = [(copy.seal.gen, copy.seal.number) for copy in exports.exported(log.folder, "cards") if copy.seal is not None]
    assert copies == [*((1, number) for number in range(1, SEALS + 2)), (2, SEALS), (2, SEALS + 1)]


async def test_reads_at_the_same_moment_are_recorded_together_and_each_as_it_is(log: Log) -> None:
    reads, sent = Reads(log.sealing.pool, "cards"), [replace(read(), customers=(uuid4(), uuid4())) for _ in range(250)]
    await asyncio.gather(*(reads.record(one) for one in sent))
    rows = await log.admin.fetch("SELECT principal, customers, xid::text FROM cards.reads")
    by_principal = {row["principal"]: tuple(row["customers"]) for row in rows}
    assert {one.principal: one.customers for one in sent}.items() <= by_principal.items()
    assert len({row["xid"] for row in rows}) < 100
