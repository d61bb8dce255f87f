"""Facts that come as one command: recorded and answered in one statement, which is one round trip and one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
import msgspec

from shared.event_store.append import fact_arguments
from shared.event_store.events import CommandRecord, Fact, Stub, Verdict
from shared.postgres.pool import Pool
from shared.postgres.schema import within

# The function runs before the row that is inserted from its result, so it still is the transaction's first write. Facts that
# moved have to be sent again: then the command is not answered yet, and nothing is remembered.
_RECORD = """
WITH appended AS MATERIALIZED (
    SELECT {schema}.append_facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS verdicts),
remembered AS (
    INSERT INTO {schema}.commands (principal, route, key, fingerprint, status, answer, results, at)
    SELECT $13, $14, $15, $16, $17, $18::jsonb || jsonb_build_object('verdicts', to_jsonb(a.verdicts),
               'place', (SELECT gen FROM {schema}.store) || '.' || pg_current_xact_id() || '.1'), '[]', clock_timestamp()
      FROM appended a WHERE a.verdicts IS NULL OR 'moved' <> ALL (a.verdicts)
    RETURNING answer->>'place' AS place)
SELECT a.verdicts, (SELECT place FROM remembered) AS place FROM appended a"""


class KeyTaken(Exception):
    """The command's key was answered before: read the stored answer. Nothing was written."""


class Recorded(NamedTuple):
    """`place` is the cursor at which the transaction's events begin; None when some facts moved and nothing was remembered."""

    verdicts: list[Verdict]
    place: str | None


async def record_facts(pool: Pool, schema: str, facts: Sequence[Fact], stubs: Sequence[Stub], command: CommandRecord) -> Recorded:
    """`append_facts` in a transaction of its own, with the command's answer, to which `verdicts` and `place` are added.

    Raises KeyTaken, and whatever `append_facts` raises.
    """
    try:
        row = await pool.fetchrow(
            within(schema, _RECORD),
            *fact_arguments(facts, stubs),
            command.principal,
            command.route,
            command.key,
            command.fingerprint,
            command.status,
            msgspec.json.encode(command.answer).decode(),
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "commands_pkey":
            raise KeyTaken from None
        raise
    if row is None:
        raise AssertionError("a statement without a row")
    return Recorded(row["verdicts"] or [], row["place"])
