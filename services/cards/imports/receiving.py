"""Taking in the body of an import: cut, sealed and stored chunk by chunk, each in a short transaction of its own."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.problems import IMPORT_LINE_TOO_LONG
from services.cards.imports.lines import CHUNK_LINES, Chunker, LineKey, LineTooLong
from services.cards.read_models.import_jobs import StoredLines, get, keep_lines, mark_stored, open_job
from shared.web.commands import CommandKey, reused_key
from shared.web.problem import Problem

_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported, and how."""

    kind: str
    source: str
    ends: bool
    on_error: str


async def receive(deps: Deps, wanted: Wanted, key: CommandKey, body: AsyncIterator[bytes]) -> tuple[UUID, bool]:
    """Store a body; the id of its job, and whether it was stored before under this key.

    An upload that was cut off begins anew under the same key. Raises Problem: IDEMPOTENCY_KEY_REUSED when the key came with
    another address or body, IMPORT_LINE_TOO_LONG, COMMAND_RUNNING when another upload under this key took over.
    """
    job_id = key.new_id()
    async with deps.pool.acquire() as c:
        before = await get(c, SCHEMA, job_id)
    if before is not None and before.fingerprint != key.fingerprint:
        raise reused_key()
    if before is not None and before.state != "receiving":
        if await _hash(body) != before.body_hash:
            raise reused_key()
        return job_id, True
    salt = os.urandom(_SALT_BYTES)
    given = {
        "job_id": job_id,
        "principal": key.principal,
        "fingerprint": key.fingerprint,
        "kind": wanted.kind,
        "source": wanted.source,
        "ends": wanted.ends,
        "on_error": wanted.on_error,
    }
    async with deps.pool.acquire() as c, c.transaction():
        if not await open_job(c, SCHEMA, given, salt):
            raise Problem("COMMAND_RUNNING", headers={"Retry-After": "1"})
    lines, body_hash = await _store(deps, wanted.kind, job_id, salt, body)
    async with deps.pool.acquire() as c:
        if not await mark_stored(c, SCHEMA, job_id, salt, lines, body_hash):
            raise Problem("COMMAND_RUNNING", headers={"Retry-After": "1"})
    return job_id, False


async def _store(deps: Deps, kind: str, job_id: UUID, salt: bytes, body: AsyncIterator[bytes]) -> tuple[int, bytes]:
    key, chunker, digest = LineKey(deps.line_secret, salt), Chunker(CHUNK_LINES[kind]), hashlib.sha256()

    async def keep(chunks: list[tuple[int, int, bytes]]) -> None:
        for first_line, lines, content in chunks:
            chunk = StoredLines(first_line, lines, key.seal(first_line, content))
            async with deps.pool.acquire() as c:
                if not await keep_lines(c, SCHEMA, job_id, salt, chunk):
                    raise Problem("COMMAND_RUNNING", headers={"Retry-After": "1"})

    try:
        async for data in body:
            digest.update(data)
            await keep(list(chunker.feed(data)))
    except LineTooLong as error:
        raise Problem(IMPORT_LINE_TOO_LONG, extra={"line": error.line}, headers={"Connection": "close"}) from None
    await keep(list(chunker.rest()))
    return chunker.lines, digest.digest()


async def _hash(body: AsyncIterator[bytes]) -> bytes:
    digest = hashlib.sha256()
    async for data in body:
        digest.update(data)
    return digest.digest()
