"""Commands that come while others are being recorded are recorded together by the next statement.

One statement for sixteen small requests costs PostgreSQL and the driver little more than for one, and there is one commit to
wait for. Whoever comes while nothing is under way does not wait for others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from shared.event_store.append import Unstorable
from shared.event_store.fact_command import FactCommand, KeyTaken, Recorded, record_commands
from shared.postgres.pool import Pool
from shared.telemetry.spans import step

_MOST_COMMANDS = 100
_MOST_FACTS = 1000
_Waiting = tuple[FactCommand, "asyncio.Future[Recorded]"]


class Together:
    """Records commands of small requests, a statement at a time.

    INVARIANT: what one command asks decides nothing about another's answer: a key that is taken, or a fact that cannot be
    stored, sends all of the statement once more, each alone. It would break if an error of one were told to its neighbours.
    """

    def __init__(self, pool: Pool, schema: str) -> None:
        self._pool, self._schema = pool, schema
        self._waiting: deque[_Waiting] = deque()
        self._under_way: asyncio.Task[None] | None = None

    async def record(self, command: FactCommand) -> Recorded:
        """As `record_commands` for one. Raises what that raises; when PostgreSQL is away or busy, all that went together are told so.

        Whoever is cancelled before its command was sent has recorded nothing.
        """
        answer: asyncio.Future[Recorded] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, answer))
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._record_all())
        # Of this request, whatever went with it.
        with step("append"):
            return await answer

    async def _record_all(self) -> None:
        try:
            while self._waiting:
                await self._record(self._next())
        finally:
            self._under_way = None

    def _next(self) -> list[_Waiting]:
        taken: list[_Waiting] = []
        facts = 0
        while self._waiting and len(taken) < _MOST_COMMANDS:
            facts += len(self._waiting[0][0].facts)
            if taken and facts > _MOST_FACTS:
                break
            one = self._waiting.popleft()
            if not one[1].done():
                taken.append(one)
        return taken

    async def _record(self, sent: Sequence[_Waiting]) -> None:
        if not sent:
            return
        try:
            found = await record_commands(self._pool, self._schema, [command for command, _ in sent])
        except (KeyTaken, Unstorable) as error:
            if len(sent) == 1:
                _tell(sent, error)
            else:
                for one in sent:
                    await self._record([one])
        except Exception as error:
            _tell(sent, error)
        else:
            for (_, answer), recorded in zip(sent, found, strict=True):
                if not answer.done():
                    answer.set_result(recorded)


def _tell(sent: Sequence[_Waiting], error: Exception) -> None:
    for _, answer in sent:
        if not answer.done():
            answer.set_exception(error)
