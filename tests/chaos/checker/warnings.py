"""I7: a warning for everybody who deserved one, once, and for nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import asyncpg

from tests.chaos.load import Load

_ALERTS = """
SELECT x.value AS who, e.type, e.body->>'alert_id' AS alert, o.body->'finding'->>'rule_id' AS rule, o.body->>'kind' AS kind
  FROM alerts.events e
  JOIN alerts.events o ON o.stream = e.stream AND o.version = 1 AND o.type = 'regulars.alerts.alert-opened.v1'
  LEFT JOIN cards.external_ids x ON x.customer_id = e.customer_id AND x.system = 'chaos'
 ORDER BY e.gen, e.xid, e.pos"""


async def check_warnings(conn: asyncpg.Connection[asyncpg.Record], loads: Sequence[Load]) -> list[str]:
    """Each debtor has one alert of overdue debt; it is open where nothing was paid, and recovered where it was."""
    owing: set[str] = set()
    settled: set[str] = set()
    for load in loads:
        expected = load.expected()
        owing |= expected.owing
        settled |= expected.settled
    opened: Counter[str] = Counter()
    state: dict[str, str] = {}
    found: list[str] = []
    for row in await conn.fetch(_ALERTS):
        who = row["who"] or "somebody unknown"
        if row["rule"] != "overdue_debt":
            found.append(f"I7: {who} was warned of by {row['rule']}")
            continue
        name = row["type"].split(".")[2]
        opened[who] += name == "alert-opened"
        if name in ("alert-opened", "alert-recovered", "alert-reopened"):
            state[who] = name
    for who in sorted(owing | set(opened)):
        if opened[who] != (who in owing):
            found.append(f"I7: {who} was warned of {opened[who]} times")
        elif (state[who] == "alert-recovered") != (who in settled):
            found.append(f"I7: the alert of {who} ends as {state[who]}")
    return found
