"""Which read models wait for a rebuild, because what is shown was made by an older version of them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel

_OLDER = """
SELECT r.read_model FROM {schema}.routing r JOIN unnest($1::text[], $2::int[]) AS m(name, version) ON r.read_model = m.name
 WHERE r.version < m.version ORDER BY 1"""


async def rebuilds_due(conn: Connection, schema: str, models: Sequence[ReadModel[Any]]) -> list[str]:
    """Names of the read models whose live slot is of an older version: readers see it as it was, nothing is folded into it."""
    rows = await conn.fetch(_OLDER.format(schema=schema), [m.name for m in models], [m.version for m in models])
    return [row["read_model"] for row in rows]
