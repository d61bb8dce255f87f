"""The seeded bugs, as exact replacements of shipped text, and who must find each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

SIMULATION = "simulation"
STORE_HUNT = "tests/integration/event_store/test_tail.py::test_nothing_is_lost_or_disordered_beside_many_writers"


class Change(NamedTuple):
    """`before` stands exactly once in the file."""

    file: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Bug:
    """`found_by`: the simulation, or tests by name."""

    number: int
    name: str
    changes: Sequence[Change]
    found_by: str = SIMULATION


_SAVE = """    marks = await send(sender, outgoing)
    last = rows[-1]
    await save(connection, lead, Cursor(last.gen, last.xid, last.pos), marks)
"""
_SAVE_FIRST = """    last = rows[-1]
    await save(connection, lead, Cursor(last.gen, last.xid, last.pos), {at: Mark(out.last, 0) for at, out in outgoing.items()})
    await send(sender, outgoing)
"""
_REMEMBERED = "        done = await append_many(c, SCHEMA, [Append(stream, version, customer_id, part, new)], command=command)\n"
_REMEMBERED_LATER = """        done = await append_many(c, SCHEMA, [Append(stream, version, customer_id, part, new)])
    async with deps.pool.acquire() as c, c.transaction():
        if done.outcome == "appended":
            done = await append_many(c, SCHEMA, [], command=command)
    async with deps.pool.acquire() as c:
"""
_APPENDS = ("shared/event_store/sql/02_append_many.sql", "shared/event_store/sql/03_append_facts.sql")

BUGS: tuple[Bug, ...] = (
    Bug(
        1,
        "positions are moved without compare-and-set",
        [Change("shared/projections/positions.py", " AND p.part = n.part AND p.rev = n.rev\n", " AND p.part = n.part\n")],
    ),
    Bug(2, "the relay saves before Kafka has acknowledged", [Change("shared/relay/relay.py", _SAVE, _SAVE_FIRST)]),
    Bug(
        3,
        "the tail reads beyond the oldest running transaction",
        [
            Change(
                "shared/event_store/tail.py",
                "\n    AND (r.gen < (SELECT s.gen FROM {schema}.store s) OR r.xid < (SELECT pg_snapshot_xmin(pg_current_snapshot())))",
                "",
            )
        ],
    ),
    Bug(
        4,
        "the transaction id is drawn before the locks",
        [
            Change(file, "PERFORM {schema}.begin_append();", "PERFORM {schema}.begin_append(); PERFORM pg_current_xact_id();")
            for file in _APPENDS
        ],
        STORE_HUNT,
    ),
    Bug(
        5,
        "streams are not locked",
        [
            Change(file, "PERFORM pg_advisory_xact_lock(k.category, k.bucket)", "PERFORM (k.category, k.bucket)")
            for file in _APPENDS
        ],
        STORE_HUNT,
    ),
    Bug(
        6,
        "a consumer commits offsets by itself",
        [
            Change(
                "shared/kafka/consumer.py",
                "        group_instance_id=instance,\n        enable_auto_commit=False,",
                "        group_instance_id=instance,\n        enable_auto_commit=True,",
            )
        ],
        "tests/unit/kafka/test_consumers.py",
    ),
    Bug(
        7,
        "an offset outside the log is taken for its end",
        [
            Change(
                "shared/kafka/consumer.py",
                '        group_id=None,\n        enable_auto_commit=False,\n        auto_offset_reset="none",',
                '        group_id=None,\n        enable_auto_commit=False,\n        auto_offset_reset="latest",',
            )
        ],
        "tests/unit/kafka/test_consumers.py",
    ),
    Bug(
        8,
        "ids of alerts are random",
        [
            Change(
                "services/alerts/domain/judging.py",
                'return uuid5(ALERTS, f"{rule_id}/{customer_id}/{channel}/{began}")',
                'return __import__("uuid").uuid4()',
            )
        ],
    ),
    Bug(
        9,
        "timers fire by the clock on the wall",
        [
            Change(
                "services/alerts/engine/run.py",
                "if not await advance(self.pool, part, min(known)):",
                "if not await advance(self.pool, part, datetime.now(known[0].tzinfo)):",
            )
        ],
    ),
    Bug(
        10,
        "bodies of retired types are read without their upcaster",
        [
            Change(
                "shared/contracts/event.py",
                "fields = _upcast(type_name, function, msgspec.json.decode(body) if fields is None else fields)",
                "fields = msgspec.json.decode(body) if fields is None else fields",
            )
        ],
        "tests/unit/contracts",
    ),
    Bug(
        11,
        "a record at the position itself is folded again",
        [Change("shared/projections/apply.py", "        if record.cursor <= last:\n", "        if record.cursor < last:\n")],
    ),
    Bug(
        12,
        "a key is parked and the position stays",
        [
            Change(
                "shared/projections/apply.py",
                "                await _moved(conn, schema, works)\n                for its in alike:",
                "                await _moved(conn, schema, [work for work in works if not work.parked()])\n"
                "                for its in alike:",
            )
        ],
    ),
    Bug(
        13,
        "a cache forgets nothing",
        [
            Change(
                "shared/privacy/sealing.py",
                "            while kept and (len(kept) > bound or",
                "            while kept and (False and",
            )
        ],
        "tests/integration/privacy/test_sealing.py::test_the_cache_is_bounded_but_holds_the_call_in_hand",
    ),
    Bug(
        14,
        "a predicate is left out: what follows a record that was not seen is folded",
        [
            Change(
                "shared/projections/apply.py",
                "        if record.prev is not None and record.prev > last:\n",
                "        if False:\n",
            )
        ],
    ),
    Bug(
        15,
        "totals are kept without their part",
        [Change("shared/projections/rows.py", "SELECT n.g, n.p, n.m, trim_scale", "SELECT n.g, 0 * n.p, n.m, trim_scale")],
    ),
    Bug(
        16,
        "a key is kept for ever",
        [
            Change(
                "shared/privacy/sealing.py",
                "return found is not None and now - found[0] <= seconds",
                "return found is not None",
            )
        ],
        "tests/integration/privacy/test_sealing.py::test_another_process_forgets_an_erased_key_within_a_minute",
    ),
    Bug(
        17,
        "reads are audited after the response",
        [
            Change(
                "shared/web/reading.py",
                "        await reads.record(read)\n",
                '        __import__("asyncio").get_running_loop().create_task(reads.record(read))\n',
            )
        ],
        "tests/integration/cards/test_reads.py::test_what_cannot_be_recorded_is_not_answered",
    ),
    Bug(
        18,
        "the audit's hash chain has no order",
        [
            Change(
                "shared/audit/seals.py",
                "        self._chain = hashlib.sha256(self._chain + content_of(row)).digest()\n",
                "        one = hashlib.sha256(content_of(row)).digest()\n"
                "        self._chain = bytes(a ^ b for a, b in zip(self._chain, one, strict=True))\n",
            )
        ],
        "tests/integration/audit/test_tampering.py::test_every_change_of_a_sealed_log_is_found[cards]",
    ),
    Bug(
        19,
        "after a conflict the old decision is appended again",
        [
            Change(
                "services/alerts/handlers/carrying_out.py",
                "[Append(stream, version, customer_id, part, new)]",
                '[Append(stream, "any", customer_id, part, new)]',
            )
        ],
    ),
    Bug(
        20,
        "the answer to a command is remembered in a transaction of its own",
        [Change("services/alerts/handlers/carrying_out.py", _REMEMBERED, _REMEMBERED_LATER)],
    ),
    Bug(
        21,
        "a new leader does not save what it finds on the topics",
        [
            Change(
                "shared/relay/leader.py", "await save(connection, mine, found.cursor, found.marks)", "mine.cursor = found.cursor"
            )
        ],
    ),
    Bug(
        22,
        "the id of a watermark is drawn before its tick",
        [
            Change(
                "shared/relay/watermark.py",
                "    row = await connection.fetchrow(within(schema, _TICK))\n    assert row is not None\n"
                "    drawn = await connection.fetchval(_DRAW)\n",
                "    drawn = await connection.fetchval(_DRAW)\n"
                "    row = await connection.fetchrow(within(schema, _TICK))\n    assert row is not None\n",
            )
        ],
    ),
)
