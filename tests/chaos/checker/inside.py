"""I12, I13: the logs of the processes, and what PostgreSQL says about its sessions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import asyncpg

# A process ends with a traceback when what it needs is away. These kinds say that it is the program itself that is wrong.
_DEFECT = re.compile(
    r"\b(TypeError|KeyError|AttributeError|IndexError|ValueError|AssertionError|NameError|UnboundLocalError|ZeroDivisionError"
    r"|RecursionError|NotImplementedError|InvalidStateError|ReactionRefused|RowOfAnotherPart|TooManyParked|UndefinedColumnError"
    r"|UndefinedTableError|UniqueViolationError|InsufficientPrivilegeError)\b"
)
_LOOSE = re.compile(r"Task exception was never retrieved|coroutine '.*' was never awaited|Future exception was never retrieved")
# A client's own task, for which nobody waited any more as its process was ending: what it lost was a connection.
_LOST = re.compile(r'"error":"(Kafka\w*|Node\w*|Connection\w*|Timeout|InternalClient|Interface|OS)Error"')
_OPEN = """
SELECT application_name, state, extract(epoch FROM clock_timestamp() - xact_start)::int AS seconds FROM pg_stat_activity
 WHERE xact_start < clock_timestamp() - interval '30 s' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
   AND application_name NOT LIKE 'chaos%'"""


class Logs:
    """Reads what was written since it was asked last."""

    def __init__(self) -> None:
        self._read: dict[str, int] = {}

    def check(self, logs: Mapping[str, str], allowed: Sequence[str] = ()) -> list[str]:
        """Lines that tell of a defect; `allowed` are pieces of lines that a scenario brings about on purpose."""
        found: list[str] = []
        for name, text in logs.items():
            fresh, self._read[name] = text[self._read.get(name, 0) :], len(text)
            for line in fresh.splitlines():
                loose = _LOOSE.search(line) and not _LOST.search(line)
                if (_DEFECT.search(line) or loose) and not any(one in line for one in allowed):
                    found.append(f"I12 {name}: {line.strip()[:300]}")
        return found[:10]


async def check_sessions(conn: asyncpg.Connection[asyncpg.Record]) -> list[str]:
    """No transaction is older than thirty seconds."""
    return [f"I13: {row['application_name']} is {row['state']} for {row['seconds']} s" for row in await conn.fetch(_OPEN)]
