"""`regulars erasure verify`: plant a person, find it, erase it, look for it in everything that is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from deploy.erasure.canary import Canary, new_canary
from deploy.erasure.planted import Callers, Planted, callers, erase, metrics, plant, shown
from deploy.erasure.scan import files_of, in_files, in_tables, in_topics, segments_of
from deploy.local.folder import Folder
from shared.contracts.event import decode
from shared.contracts.topics import SERVICES
from shared.postgres.schema import within
from shared.privacy.fields import personal_texts
from shared.privacy.sealing import KEPT_SECONDS, Sealer
from shared.privacy.secrets import load_secrets

Say = Callable[[str], None]
_PATIENCE_SECONDS = 60.0
_EVENTS = "SELECT stream, type, body::text AS body FROM {schema}.events WHERE customer_id = $1"
_HASHES = "SELECT count(*) FROM cards.customer_search WHERE customer_id = $1"
_WRAPPED = "SELECT wrapped FROM keystore.keys WHERE customer_id = $1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where was looked. `proof`: how often something was found there that has to be, so that the looking is known to see;
    `before` and `after` the erasure: how often the person. `stored`: where nothing personal may stand at any time."""

    name: str
    proof: int
    before: int
    after: int
    stored: bool = True

    @property
    def holds(self) -> bool:
        return self.proof > 0 and self.after == 0 and (self.before == 0) == self.stored


@dataclass(frozen=True, slots=True)
class Report:
    """`forgotten_after`: seconds until the last process had forgotten the key. `log_files`: files of PostgreSQL's write-ahead log that
    still hold the wrapped key, until they are used again."""

    places: tuple[Place, ...]
    forgotten_after: float
    log_files: int

    @property
    def holds(self) -> bool:
        return all(place.holds for place in self.places)


@dataclass(frozen=True, slots=True)
class Seen:
    """How often something was found in each place."""

    tables: int
    database_files: int
    topics: int
    logs: int
    other_files: int


async def verify(folder: Folder, say: Say) -> Report:
    """Plant a made-up person in a running installation and erase it. Its erased card stays. Raises ApiRefused, ApiUnreachable,
    FileNotFoundError where nothing was started, TimeoutError where what was recorded does not come to its topics."""
    endpoints = folder.read_endpoints()
    admin: str = endpoints["postgres"]["admin"]
    canary = new_canary()
    async with callers(folder, canary) as who:
        planted = await plant(who, canary)
        customer = planted.customer
        say(f"planted {canary.marker}, customer {customer}")
        # The broker is the installation's own: its files are those of the topics.
        kafka = endpoints["kafka"] is not None
        if kafka:
            await _until(lambda: _arrived(folder, canary))
        await _until(lambda: _said(who, planted, canary.marker))
        opened = await _opened(folder, admin, customer, canary)
        hashes, wrapped = await _value(admin, _HASHES, customer), bytes(await _value(admin, _WRAPPED, customer))
        proof = await _seen(folder, admin, canary.controls())
        before = await _seen(folder, admin, canary.needles())
        key_before = await _files_with(folder, {wrapped})
        told, measured = await shown(who, planted), await metrics(folder)
        say("found before the erasure; erasing")
        await erase(who, customer, canary)
        began = time.monotonic()
        await _until(lambda: _silent(who, planted, canary), KEPT_SECONDS + _PATIENCE_SECONDS)
        forgotten_after = time.monotonic() - began
        await rewrite_keys(admin)
        after = await _seen(folder, admin, canary.needles())
        key_after = await _files_with(folder, {wrapped})
        still, later = await shown(who, planted), await metrics(folder)
    needles = canary.needles()
    places = [
        Place("answers and exports", _hits(told, canary.controls()), _hits(told, needles), _hits(still, needles), stored=False),
        Place("sealed texts that open", opened, opened, await _opened(folder, admin, customer, canary), stored=False),
        Place("hashes to be found by", hashes, hashes, await _value(admin, _HASHES, customer), stored=False),
        Place("rows of all tables", proof.tables, before.tables, after.tables),
        Place("files of the database", proof.database_files, before.database_files, after.database_files),
        Place("its key in these files", len(key_before), len(key_before), len(_without_log(key_after)), stored=False),
        Place("logs", proof.logs, before.logs, after.logs),
        Place("metrics", _hits(measured, {b"regulars_http_requests_total"}), _hits(measured, needles), _hits(later, needles)),
    ]
    if kafka:
        places.append(Place("records of topics", proof.topics, before.topics, after.topics))
    # Nothing of the person's goes there, and neither does the marker: the file of data sets shows that they are read.
    places.append(Place("other files", len(_others(folder)), before.other_files, after.other_files))
    return Report(tuple(places), forgotten_after, len(key_after) - len(_without_log(key_after)))


async def rewrite_keys(admin: str) -> None:
    """Write the table of keys anew, so that no file of it holds a key that was destroyed. It is locked meanwhile, a second or less."""
    connection = await asyncpg.connect(admin)
    try:
        await connection.execute("VACUUM (FULL) keystore.keys")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _seen(folder: Folder, admin: str, needles: Collection[bytes]) -> Seen:
    connection = await asyncpg.connect(admin)
    try:
        # What was written lies in memory before.
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()
    tables = await in_tables(admin, needles)
    return Seen(
        len(tables),
        len(await asyncio.to_thread(in_files, files_of(folder.postgres), needles)),
        len(await asyncio.to_thread(in_topics, segments_of(folder.kafka), needles)),
        len(await asyncio.to_thread(in_files, files_of(folder.logs), needles)),
        len(await asyncio.to_thread(in_files, _others(folder), needles)),
    )


def _others(folder: Folder) -> list[Path]:
    apart = (folder.postgres, folder.logs)
    found = [path for path in files_of(folder.root) if not any(path.is_relative_to(one) for one in apart)]
    # Kafka's indexes hold places and times, and are gigabytes of nothing.
    return [path for path in found if path.suffix not in (".index", ".timeindex")]


async def _files_with(folder: Folder, needles: Collection[bytes]) -> list[Path]:
    return await asyncio.to_thread(in_files, files_of(folder.postgres), needles)


def _without_log(files: Sequence[Path]) -> list[Path]:
    return [path for path in files if "pg_wal" not in path.parts]


async def _opened(folder: Folder, admin: str, customer: str, canary: Canary) -> int:
    """How many personal texts of the stores open to the person's own words."""
    secrets = load_secrets(folder.secrets)
    async with asyncpg.create_pool(folder.read_endpoints()["postgres"]["cards"], min_size=1, max_size=2) as pool:
        sealer = Sealer(pool, secrets.master, secrets.fingerprint, lambda: datetime.now(UTC))
        found = 0
        connection = await asyncpg.connect(admin)
        try:
            for service in SERVICES:
                rows = await connection.fetch(within(service, _EVENTS), UUID(customer))
                events = await sealer.unseal_structs([(decode(row["type"], row["body"]), row["stream"]) for row in rows])
                found += sum(canary.token in text for event in events for _, text in personal_texts(event))
        finally:
            await connection.close()
    return found


async def _value(admin: str, statement: str, customer: str) -> Any:
    connection = await asyncpg.connect(admin)
    try:
        return await connection.fetchval(statement, UUID(customer))
    finally:
        await connection.close()


async def _arrived(folder: Folder, canary: Canary) -> bool:
    return bool(await asyncio.to_thread(in_topics, segments_of(folder.kafka), canary.controls()))


async def _said(who: Callers, planted: Planted, word: str) -> bool:
    return _hits(await shown(who, planted), {word.encode()}) > 0


async def _silent(who: Callers, planted: Planted, canary: Canary) -> bool:
    return _hits(await shown(who, planted), canary.needles()) == 0


async def _until(condition: Callable[[], Awaitable[bool]], patience: float = _PATIENCE_SECONDS) -> None:
    async with asyncio.timeout(patience):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.5)


def _hits(contents: Collection[bytes], needles: Collection[bytes]) -> int:
    return sum(any(needle in content for needle in needles) for content in contents)
