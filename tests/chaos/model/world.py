"""Cards, classification and complaints with their HTTP interfaces on a real database, and read models that follow when they are told to."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from datetime import datetime, time
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import httpx
import msgspec

from shared.auth.scopes import SCOPES
from shared.contracts import event as registry
from shared.contracts.cards import SalespersonAssigned
from shared.contracts.cursor import part_of
from shared.contracts.event import upcaster
from shared.contracts.topics import SERVICES
from shared.postgres.pool import Pool, create_pool
from shared.privacy.secrets import make_secrets
from shared.projections.read_model import ReadModel
from shared.projections.rebuild import rebuild
from shared.projections.verify import verify_read_models
from shared.testing.databases import Cluster, Database, create_test_database, drop_test_database
from tests.chaos.model.crashes import Crash, crashing
from tests.integration.following_twice import follow_to_the_end
from tests.integration.running import second_caller, serving, settings_of

FOLLOWING = ("cards", "classification", "complaints")
ZONE = ZoneInfo("Asia/Shanghai")
RETIRED = "regulars.cards.salesperson-assigned.v99"
"""A type as a program of another version would have written it: its body names the salesperson otherwise."""


@contextmanager
def a_retired_type() -> Iterator[None]:
    """As long as the block, events of RETIRED are read through an upcaster."""
    with patch.object(registry, "_upcasters", dict(registry._upcasters)):

        @upcaster(RETIRED, SalespersonAssigned.type)
        def _renamed(body: dict[str, Any]) -> dict[str, Any]:
            return {"customer_id": body["customer_id"], "salesperson_id": body["seller"]}

        yield


def models_of(service: str) -> Sequence[ReadModel[Any]]:
    models: Sequence[ReadModel[Any]] = import_module(f"services.{service}.read_models").READ_MODELS
    return models


class World:
    """One event loop of its own, so that a step of a test machine is a plain call."""

    def __init__(self, cluster: Cluster) -> None:
        self._loop = asyncio.Runner()
        self._cluster = cluster
        self._folder = Path(tempfile.mkdtemp(prefix="regulars-model-"))
        self._stack = AsyncExitStack()
        self.clients: dict[str, httpx.AsyncClient] = {}
        self.pools: dict[str, Pool] = {}
        self._rebuilders: dict[str, Pool] = {}
        self._loop.run(self._open())

    async def _open(self) -> None:
        self.database: Database = await create_test_database(self._cluster)
        for service in SERVICES:
            self.pools[service] = await create_pool(self.database.dsn(service), max_size=6, name="model")
            self._rebuilders[service] = await create_pool(self.database.dsn(f"{service}_rebuild"), max_size=6, name="model")
        (self._folder / "keys.json").write_text('{"keys": []}')
        make_secrets(self._folder)
        self.second = second_caller(self._folder, SCOPES)
        for service in FOLLOWING:
            settings = import_module(f"services.{service}.settings").Settings(**settings_of(self.database, service, self._folder))
            app = import_module(f"services.{service}.wiring").build_api(settings)
            self.clients[service] = await self._stack.enter_async_context(serving(app, self._folder, SCOPES))

    def close(self) -> None:
        """Stop everything; the database is dropped."""
        self._loop.run(self._close())
        self._loop.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _close(self) -> None:
        await self._stack.aclose()
        for pool in (*self.pools.values(), *self._rebuilders.values()):
            pool.terminate()
        await drop_test_database(self.database)

    def ask(
        self,
        service: str,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        crash: Crash | None = None,
    ) -> httpx.Response:
        """Send a request. With `crash` its append loses its connection then."""

        async def asked() -> httpx.Response:
            return await self.clients[service].request(method, path, json=body, headers=headers)

        if crash is None:
            return self._loop.run(asked())
        with crashing(crash) as crashed:
            answer = self._loop.run(asked())
        assert not crashed or answer.status_code == 503, answer.text
        return answer

    def write_retired(self, customer_id: UUID, seller: str) -> None:
        """Append an event of the retired type, as the program of that time did."""
        append = {
            "stream": f"card-{customer_id}",
            "expected": None,
            "customer": customer_id,
            "part": part_of(str(customer_id)),
            "events": [
                {
                    "id": uuid4(),
                    "type": RETIRED,
                    "at": datetime.combine(datetime.now(ZONE).date(), time.min, ZONE),
                    "floor": False,
                    "meta": {},
                    "body": {"customer_id": customer_id, "seller": seller},
                }
            ],
        }

        async def write() -> None:
            statement = "SELECT cards.append_many($1, NULL, '[]', false)->>'outcome'"
            async with self.pools["cards"].acquire() as c, c.transaction():
                assert await c.fetchval(statement, msgspec.json.encode([append]).decode()) == "appended"

        self._loop.run(write())

    def events(self) -> int:
        """How many events all stores hold."""

        async def counted() -> int:
            return sum([await self.pools[one].fetchval(f"SELECT count(*) FROM {one}.events") for one in SERVICES])

        return self._loop.run(counted())

    def follow(self, seed: int) -> None:
        """Fold everything that is in the stores into the read models, doubled and split."""

        async def followed() -> None:
            for service in FOLLOWING:
                await follow_to_the_end(self.pools[service], service, self.pools, models_of(service), seed)

        self._loop.run(followed())

    def rebuild(self, service: str, number: int) -> None:
        """Make a read model anew in its other slot, and swap. What is compared meanwhile raises RebuildRefused."""
        models = models_of(service)
        stores = dict.fromkeys(SERVICES, self._rebuilders[service])
        model = models[number % len(models)]
        done = self._loop.run(rebuild(pool=self._rebuilders[service], schema=service, model=model, stores=stores))
        assert done.compared

    def differences(self) -> list[object]:
        """What is not as a fold of the stores from their beginning gives."""

        async def compared() -> list[object]:
            found: list[object] = []
            for service in FOLLOWING:
                found += await verify_read_models(self.pools[service], service, models_of(service), self.pools)
            return found

        return self._loop.run(compared())
