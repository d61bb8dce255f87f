"""PostgreSQL as far as the program can tell: sessions, transactions, row locks, lost connections. Statements are elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from typing import Any, ClassVar

import asyncpg

from tests.chaos.simulation.loop import Process
from tests.chaos.simulation.world import LONG, Fault, World

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
        self.within = self.appended = False
        if self.xid is not None:
            self.database.running.pop(self.xid, None)
            self.xid = None
            self.written, self.at_commit = {}, []
        if self.held:
            for key in self.held:
                del self.database.locks[key]
            self.held = []
        if self.waiting:
            waiting, self.waiting = self.waiting, []
            world = self.database.world
            for go_on in waiting:
                world.loop.at(world.loop.outside, world.delay(), go_on)

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

    def _ask(self, sql: str, arguments: tuple[Any, ...]) -> Awaitable[Any]:
        return self.call(self._executed, self.database.find(sql), arguments)

    def _executed(self, statement: Statement, arguments: tuple[Any, ...]) -> Any:
        session = self.session
        answer = statement(session, arguments)
        if not session.within:
            session.commit()
        return answer

    async def call(self, effect: Callable[..., Any], *arguments: Any) -> Any:
        """One round trip. The effect is executed at the server some time later, and the answer comes some time after that."""
        world, process = self.world, self.process
        loop = world.loop
        if not self.session.open:
            raise asyncpg.InterfaceError("connection is closed")
        fault = world.fault(process)
        future: asyncio.Future[Any] = loop.create_future()
        if fault == "killed before":
            process.kill()
            return await future
        slow = world.chance.random() * LONG if fault == "stall" else 0.0
        delay = world.delay() + slow
        if fault == "lost before":
            loop.at(loop.outside, delay, self._lost, future)
        else:
            loop.at(loop.outside, delay, self._execute, future, fault, effect, arguments)
        return await future

    def _execute(
        self, future: asyncio.Future[Any], fault: Fault | None, effect: Callable[..., Any], arguments: tuple[Any, ...]
    ) -> None:
        world, process = self.world, self.process
        if not self.session.open:
            world.loop.at(process, 0.0, _fail, future, asyncpg.ConnectionDoesNotExistError("connection was closed"))
            return
        try:
            value = effect(*arguments)
        except Blocked as blocked:
            blocked.holder.waiting.append(partial(self._execute, future, fault, effect, arguments))
            return
        except asyncpg.PostgresError as error:
            world.loop.at(process, world.delay(), _fail, future, error)
            return
        if fault is None:
            world.loop.at(process, world.delay(), _answer, future, value)
        elif fault == "killed after":
            process.kill()
        elif fault == "lost after":
            self._lost(future)
        else:
            world.loop.at(process, world.delay(), _answer, future, value)

    def _lost(self, future: asyncio.Future[Any]) -> None:
        self.session.lose()
        error = asyncpg.ConnectionDoesNotExistError("connection was closed")
        self.world.loop.at(self.process, self.world.delay(), _fail, future, error)


def _answer(future: asyncio.Future[Any], value: Any) -> None:
    if not future.done():
        future.set_result(value)


def _fail(future: asyncio.Future[Any], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


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
