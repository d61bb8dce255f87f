"""What the relay keeps in the database: its epoch, how far it has got, the last record of every topic and part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.contracts.cursor import Cursor, TopicPart
from shared.postgres.pool import Connection
from shared.postgres.schema import within

_BEGIN = "UPDATE {schema}.relay SET epoch = epoch + 1 RETURNING epoch, gen, xid, pos"
_MARKS = "SELECT topic, part, gen, xid, pos, end_offset FROM {schema}.relay_mark"
_SAVE = """
WITH led AS (
    UPDATE {schema}.relay SET gen = $2, xid = $3, pos = $4 WHERE epoch = $1 RETURNING epoch
), marked AS (
    INSERT INTO {schema}.relay_mark (topic, part, gen, xid, pos, end_offset)
    SELECT u.topic, u.part, u.gen, u.xid, u.pos, u.end_offset
      FROM unnest($5::text[], $6::smallint[], $7::smallint[], $8::xid8[], $9::bigint[], $10::bigint[])
           AS u (topic, part, gen, xid, pos, end_offset), led
    ON CONFLICT (topic, part) DO UPDATE
       SET gen = excluded.gen, xid = excluded.xid, pos = excluded.pos, end_offset = excluded.end_offset
)
SELECT count(*) FROM led
"""


class EpochLost(Exception):
    """Another relay leads now; nothing was saved. The process must end."""


class Mark(NamedTuple):
    """The last record that Kafka has acknowledged on a topic and part, and the offset behind it."""

    cursor: Cursor
    end_offset: int


@dataclass(slots=True)
class Lead:
    """One term of leadership. `cursor`: everything up to it is acknowledged; `marks`: the same for each topic and part."""

    schema: str
    epoch: int
    cursor: Cursor
    marks: dict[TopicPart, Mark] = field(default_factory=dict)


async def take_epoch(connection: Connection, schema: str) -> Lead:
    """Begin a term: raise the epoch, so that whoever led before can save nothing more, and read where it stood.

    Raises EpochLost when the relay's row is missing.
    """
    row = await connection.fetchrow(within(schema, _BEGIN))
    if row is None:
        raise EpochLost(f"{schema}.relay has no row")
    marks = await connection.fetch(within(schema, _MARKS))
    return Lead(
        schema,
        row["epoch"],
        Cursor(row["gen"], row["xid"], row["pos"]),
        {TopicPart(m["topic"], m["part"]): Mark(Cursor(m["gen"], m["xid"], m["pos"]), m["end_offset"]) for m in marks},
    )


async def save(connection: Connection, lead: Lead, cursor: Cursor, changed: Mapping[TopicPart, Mark]) -> None:
    """Save cursor and marks in one transaction if this term still lasts, then take them into `lead`.

    Call it only when every record up to the cursor is acknowledged. Raises EpochLost when another term has begun.
    """
    marks = changed.values()
    saved = await connection.fetchval(
        within(lead.schema, _SAVE),
        lead.epoch,
        *cursor,
        [at.topic for at in changed],
        [at.part for at in changed],
        [mark.cursor.gen for mark in marks],
        [mark.cursor.xid for mark in marks],
        [mark.cursor.pos for mark in marks],
        [mark.end_offset for mark in marks],
    )
    if saved != 1:
        raise EpochLost(f"epoch {lead.epoch} of {lead.schema} is over")
    lead.cursor = cursor
    lead.marks.update(changed)
