"""`regulars verify` and `regulars rebuild`: is everything what the stores say, and made anew from them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

from deploy.kafka.access import kafka_at
from deploy.kafka.rights import OPERATIONS
from shared.contracts.cursor import PARTS
from shared.contracts.topics import SERVICES
from shared.feed.kafka import KafkaFeed
from shared.kafka.settings import KafkaSettings
from shared.postgres.pool import Pool, create_pool
from shared.projections.differences import Difference
from shared.projections.read_model import ReadModel
from shared.projections.rebuild import Rebuilt, rebuild_all
from shared.projections.verify import verify_read_models
from shared.projections.verify_topics import verify_topics

_STATEMENT_MS = 300_000
ALL = "all"
"""Instead of a name: every read model of a service, in one pass over the stores."""


class UnknownReadModel(Exception):
    """No service has a read model of this name."""


def models_of(service: str) -> tuple[ReadModel[Any], ...]:
    """The read models of a service."""
    found: tuple[ReadModel[Any], ...] = import_module(f"services.{service}.read_models").READ_MODELS
    return found


@asynccontextmanager
async def pools_of(endpoints: Mapping[str, Any], suffix: str = "") -> AsyncIterator[dict[str, Pool]]:
    """A pool for each service, of its role or of its `_rebuild` role."""
    pools: dict[str, Pool] = {}
    try:
        for service in SERVICES:
            dsn = endpoints["postgres"][f"{service}{suffix}"]
            pools[service] = await create_pool(dsn, max_size=4, statement_timeout_ms=_STATEMENT_MS, name="regulars-verify")
        yield pools
    finally:
        for pool in pools.values():
            pool.terminate()


async def differences(endpoints: Mapping[str, Any], say: Callable[[str], None], zone: str = "UTC") -> list[Difference]:
    """Everything that is not as the stores say: topics record by record, read models and the alerts engine row by row."""
    found: list[Difference] = []
    async with pools_of(endpoints) as pools:
        kafka = kafka_at(endpoints, OPERATIONS)
        if kafka is not None:
            # Reading a topic is mostly waiting: all services at once.
            for said in await asyncio.gather(*(_topics(pools[service], service, kafka, say) for service in SERVICES)):
                found += said
        for service in SERVICES:
            models = models_of(service)
            found += await verify_read_models(pools[service], service, models, pools, range(PARTS))
            say(f"{service}: {len(models)} read models folded anew and compared")
        engine = import_module("services.alerts.engine.refold")
        for one in await engine.compare(pools["alerts"], pools, ZoneInfo(zone), range(PARTS)):
            found.append(
                Difference(f"alerts.watched_customers, part {one.part}", f"the {one.field} of {one.customer_id} differs")
            )
        say("alerts: the engine's customers judged anew and compared")
    return found


async def _topics(pool: Pool, service: str, kafka: KafkaSettings, say: Callable[[str], None]) -> list[Difference]:
    found = await verify_topics(pool, service, KafkaFeed(kafka, "regulars-verify"), datetime.now(UTC), parts=PARTS)
    say(f"{service}: topics compared with the store")
    return found


async def rebuild_named(
    endpoints: Mapping[str, Any], service: str, name: str, *, anew: bool, force: bool, progress: Callable[[int], None]
) -> list[Rebuilt]:
    """Fill the other slot of a read model, or of ALL, compare and swap. Raises UnknownReadModel, RebuildRefused."""
    models = [model for model in models_of(service) if name in (model.name, ALL)]
    if not models:
        there = ", ".join(model.name for model in models_of(service))
        raise UnknownReadModel(f"{service} has no read model {name}; there are {there}; {ALL} are all of them")
    async with pools_of(endpoints, "_rebuild") as pools:
        kafka = kafka_at(endpoints, OPERATIONS)
        feed = None if kafka is None else KafkaFeed(kafka, "regulars-rebuild")
        try:
            return await rebuild_all(
                pool=pools[service],
                schema=service,
                models=models,
                stores=pools,
                feed=feed,
                anew=anew,
                force=force,
                progress=progress,
            )
        finally:
            if feed is not None:
                await feed.close()
