"""PostgreSQL as far as the program can tell: sessions, transactions, row locks, lost connections. Statements are elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Any, ClassVar

import asyncpg

from tests.chaos.simulation.loop import Process
from tests.chaos.simulation.world import LONG, World

Key = tuple[str, Hashable]
Statement = Callable[["Session", tuple[Any, ...]], Any]
Find = Callable[[str], Statement]


class Row(tuple[Any, ...]):
    """A record: by place and by name."""

    names: ClassVar[dict[str, int]] = {}

    def __getitem__(self, at: Any) -> Any:
        return tuple.__getitem__(self, self.names[at] if isinstance(at, str) else at)


def row_type(*names: str) -> type[Row]:
    return type("Row", (Row,), {"names": {name: i for i, name in enumerate(names)}})


class Blocked(Exception):
    """The statement waits for another transaction and is then executed anew."""

    def __init__(self, holder: Session) -> None:
        self.holder = holder


class Database:
    """Committed rows by (table, key), and who is at work on them."""

    def __init__(self, world: World, find: Find) -> None:
        self.world, self.find = world, find
        self.tables: dict[str, dict[Hashable, Any]] = {}
        self.locks: dict[Key, Session] = {}
        self.last_xid = 100
        self.last_pos = 0
        self.running: dict[int, Session] = {}

    def table(self, name: str) -> dict[Hashable, Any]:
        found = self.tables.get(name)
        if found is None:
            found = self.tables[name] = {}
        return found

    def xmin(self) -> int:
        """The horizon: below it no transaction runs any more."""
        return min(self.running, default=self.last_xid + 1)


class Session:
    """A connection on the server's side. Without `begin` each statement is a transaction of its own."""

    def __init__(self, database: Database, process: Process) -> None:
        self.database, self.process = database, process
        self.open = True
        self.within = False
        self.appended = False
        self.xid: int | None = None
        self.written: dict[str, dict[Hashable, Any]] = {}
        self.at_commit: list[Callable[[], None]] = []
        self.held: list[Key] = []
        self.waiting: list[Callable[[], None]] = []

    # What statements do.

    def lock(self, key: Key) -> None:
        """Hold it to the end of the transaction. Raises Blocked."""
        holder = self.database.locks.get(key)
        if holder is None:
            self.database.locks[key] = self
            self.held.append(key)
        elif holder is not self:
            raise Blocked(holder)

    def draw(self) -> int:
        """The transaction's id."""
        if self.xid is None:
            self.database.last_xid += 1
            self.xid = self.database.last_xid
            self.database.running[self.xid] = self
        return self.xid

    def read(self, table: str, key: Hashable) -> Any:
        own = self.written.get(table)
        return own[key] if own is not None and key in own else self.database.table(table).get(key)

    def rows(self, table: str) -> dict[Hashable, Any]:
        """All rows of a table as this transaction sees it."""
        own = self.written.get(table)
        stored = self.database.table(table)
        return {key: row for key, row in {**stored, **own}.items() if row is not None} if own else stored

    def write(self, table: str, key: Hashable, row: Any) -> None:
        """None deletes."""
        self.draw()
        self.written.setdefault(table, {})[key] = row

    # How it ends.

    def commit(self) -> None:
        for table, rows in self.written.items():
            stored = self.database.table(table)
            for key, row in rows.items():
                if row is None:
                    stored.pop(key, None)
                else:
                    stored[key] = row
        for done in self.at_commit:
            done()
        self.end()

    def end(self) -> None:
        """Forget what was not committed, let go of the locks."""
        if self.xid is not None:
            self.database.running.pop(self.xid, None)
        self.within = self.appended = False
        self.xid = None
        self.written, self.at_commit = {}, []
        for key in self.held:
            del self.database.locks[key]
        self.held = []
        waiting, self.waiting = self.waiting, []
        for go_on in waiting:
            self.database.world.loop.at(self.database.world.loop.outside, self.database.world.delay(), go_on)

    def lose(self) -> None:
        """The connection is gone; the server rolls back what it held open."""
        if self.open:
            self.open = False
            self.end()


class Connection:
    """The client's side, as asyncpg shows it."""

    def __init__(self, database: Database, process: Process) -> None:
        self.database, self.world, self.process = database, database.world, process
        self.session = Session(database, process)
        process.on_death.append(self._died)

    def _died(self) -> None:
        # What is under way reaches the server before it learns that nobody is there any more.
        self.world.loop.at(self.world.loop.outside, self.world.delay(), self.session.lose)

    async def fetch(self, sql: str, *arguments: Any) -> list[Any]:
        found: list[Any] = await self._ask(sql, arguments)
        return found

    async def fetchrow(self, sql: str, *arguments: Any) -> Any:
        found = await self._ask(sql, arguments)
        return found[0] if found else None

    async def fetchval(self, sql: str, *arguments: Any) -> Any:
        found = await self._ask(sql, arguments)
        return tuple.__getitem__(found[0], 0) if found else None

    async def execute(self, sql: str, *arguments: Any) -> str:
        found = await self._ask(sql, arguments)
        return f"DONE {found if isinstance(found, int) else len(found)}"

    def transaction(self, **_: Any) -> Transaction:
        return Transaction(self)

    async def _ask(self, sql: str, arguments: tuple[Any, ...]) -> Any:
        statement = self.database.find(sql)
        return await self.call(lambda: self._executed(statement, arguments))

    def _executed(self, statement: Statement, arguments: tuple[Any, ...]) -> Any:
        session = self.session
        answer = statement(session, arguments)
        if not session.within:
            session.commit()
        return answer

    async def call(self, effect: Callable[[], Any]) -> Any:
        """One round trip. The effect is executed at the server some time later, and the answer comes some time after that."""
        world, loop, process = self.world, self.world.loop, self.process
        if not self.session.open:
            raise asyncpg.InterfaceError("connection is closed")
        fault = world.fault(process)
        future: asyncio.Future[Any] = loop.create_future()
        if fault == "killed before":
            process.kill()
            return await future
        slow = world.chance.random() * LONG if fault == "stall" else 0.0

        def answer(value: Any) -> None:
            if not future.done():
                future.set_result(value)

        def fail(error: Exception) -> None:
            if not future.done():
                future.set_exception(error)

        def lost() -> None:
            self.session.lose()
            loop.at(process, world.delay(), fail, asyncpg.ConnectionDoesNotExistError("connection was closed"))

        def execute() -> None:
            if not self.session.open:
                loop.at(process, 0.0, fail, asyncpg.ConnectionDoesNotExistError("connection was closed"))
                return
            try:
                value = effect()
            except Blocked as blocked:
                blocked.holder.waiting.append(execute)
                return
            except asyncpg.PostgresError as error:
                loop.at(process, world.delay(), fail, error)
                return
            if fault == "killed after":
                process.kill()
            elif fault == "lost after":
                lost()
            else:
                loop.at(process, world.delay(), answer, value)

        loop.at(loop.outside, world.delay() + slow, lost if fault == "lost before" else execute)
        try:
            return await future
        except asyncio.CancelledError:
            # The client cancels the statement; what the server makes of it shows when the transaction is rolled back.
            raise


class Transaction:
    """`async with connection.transaction()`."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def start(self) -> None:
        self.connection.session.within = True

    async def __aenter__(self) -> Transaction:
        await self.start()
        return self

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        session = self.connection.session
        if kind is None:
            await self.connection.call(session.commit)
        else:
            # Without a round trip: nothing depends on when it is heard, since the locks go with it.
            session.end()


class Pool:
    """Connections of one process. A broken one is not given out again; others are used again, as in a real pool."""

    def __init__(self, database: Database, process: Process) -> None:
        self.database, self.process = database, process
        self.idle: list[Connection] = []
        self.given: list[Connection] = []

    def acquire(self, *, timeout: float | None = None) -> Acquired:
        return Acquired(self)

    def terminate(self) -> None:
        for one in (*self.idle, *self.given):
            one.session.lose()

    async def fetch(self, sql: str, *arguments: Any) -> Sequence[Any]:
        async with self.acquire() as connection:
            return await connection.fetch(sql, *arguments)


class Acquired:
    """`async with pool.acquire()`."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def __aenter__(self) -> Connection:
        pool = self.pool
        self.connection = pool.idle.pop() if pool.idle else Connection(pool.database, pool.process)
        pool.given.append(self.connection)
        return self.connection

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        pool, connection = self.pool, self.connection
        if connection in pool.given:
            pool.given.remove(connection)
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            # A statement may still be under way on it.
            connection.session.lose()
        if connection.session.open:
            pool.idle.append(connection)
