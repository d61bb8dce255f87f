"""Facts that come as commands: recorded and answered in one statement, which is one round trip and one transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import asyncpg
import msgspec

from shared.event_store.append import fact_arguments
from shared.event_store.events import CommandRecord, Fact, Stub, Verdict
from shared.postgres.pool import Pool
from shared.postgres.schema import within
from shared.telemetry.metrics import APPEND_SECONDS

# The function runs before the rows that are inserted from its result, so it still is the transaction's first write. Facts that
# moved have to be sent again: then their command is not answered yet, and nothing of it is remembered.
_RECORD = """
WITH appended AS MATERIALIZED (
    SELECT {schema}.append_facts($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) AS verdicts),
sent AS (
    SELECT c.*, coalesce(a.verdicts[c.first:c.last], '{}') AS verdicts
      FROM unnest($13::uuid[], $14::text[], $15::text[], $16::bytea[], $17::int[], $18::text[], $19::int[], $20::int[])
           AS c(principal, route, key, fingerprint, status, answer, first, last), appended a),
remembered AS (
    INSERT INTO {schema}.commands (principal, route, key, fingerprint, status, answer, results, at)
    SELECT s.principal, s.route, s.key, s.fingerprint, s.status,
           s.answer::jsonb || jsonb_build_object('verdicts', to_jsonb(s.verdicts),
               'place', (SELECT gen FROM {schema}.store) || '.' || pg_current_xact_id() || '.1'), '[]', clock_timestamp()
      FROM sent s WHERE 'moved' <> ALL (s.verdicts)
    RETURNING answer->>'place' AS place)
SELECT a.verdicts, (SELECT min(place) FROM remembered) AS place FROM appended a"""


class KeyTaken(Exception):
    """A command's key was answered before: read the stored answer. Nothing was written, of no command."""


class FactCommand(NamedTuple):
    """The facts of one request, and what it is answered."""

    facts: Sequence[Fact]
    stubs: Sequence[Stub]
    command: CommandRecord


class Recorded(NamedTuple):
    """`place` is the cursor at which the transaction's events begin; None when some facts moved and nothing was remembered."""

    verdicts: list[Verdict]
    place: str | None


async def record_commands(pool: Pool, schema: str, sent: Sequence[FactCommand]) -> list[Recorded]:
    """`append_facts` in a transaction of its own, with the answers of all commands, to which `verdicts` and `place` are added.

    Raises KeyTaken, and whatever `append_facts` raises.
    """
    facts = [fact for one in sent for fact in one.facts]
    ends, end = [], 0
    for one in sent:
        end += len(one.facts)
        ends.append(end)
    firsts = [end - len(one.facts) + 1 for one, end in zip(sent, ends, strict=True)]
    commands = [one.command for one in sent]
    began = time.perf_counter()
    try:
        row = await pool.fetchrow(
            within(schema, _RECORD),
            *fact_arguments(facts, [stub for one in sent for stub in one.stubs]),
            [command.principal for command in commands],
            [command.route for command in commands],
            [command.key for command in commands],
            [command.fingerprint for command in commands],
            [command.status for command in commands],
            [msgspec.json.encode(command.answer).decode() for command in commands],
            firsts,
            ends,
        )
    except asyncpg.UniqueViolationError as error:
        if error.constraint_name == "commands_pkey":
            raise KeyTaken from None
        raise
    APPEND_SECONDS.labels(schema, "facts").observe(time.perf_counter() - began)
    if row is None:
        raise AssertionError("a statement without a row")
    verdicts: list[Verdict] = row["verdicts"] or []
    each = (verdicts[first - 1 : end] for first, end in zip(firsts, ends, strict=True))
    return [Recorded(own, None if "moved" in own else row["place"]) for own in each]
