"""Where the service is put together: settings in, application and loops out. Nothing else makes pools, clients or clocks."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import uvloop
from fastapi import FastAPI

from services.alerts.api import ROUTERS
from services.alerts.engine.items import CONTROL_TOPICS, PART_TOPICS
from services.alerts.engine.run import watch
from services.alerts.handlers.deps import SCHEMA, Deps
from services.alerts.read_models import READ_MODELS
from services.alerts.settings import Settings
from shared.auth.keys import KeyRing
from shared.feed.feed import Feed, Membership
from shared.feed.kafka import KafkaFeed
from shared.feed.kafka_membership import KafkaMembership
from shared.feed.store import StoreFeed
from shared.feed.store_membership import StoreMembership
from shared.kafka.settings import KafkaSettings
from shared.postgres.guards import check_database
from shared.postgres.pool import Pool, create_pool
from shared.privacy.sealing import Sealer
from shared.privacy.secrets import Secrets, load_secrets
from shared.projections.runner import consume
from shared.relay.leader import lead
from shared.telemetry.logs import configure_logs
from shared.web.app import create_app
from shared.web.days import use_today
from shared.web.health import Readiness, health_app, serve_health
from shared.web.pages import CursorCodec
from shared.web.server import serve_api

SERVICE = "alerts"
TOPICS = frozenset((*PART_TOPICS, *CONTROL_TOPICS, *(topic for model in READ_MODELS for topic in model.topics)))
FOLLOWED = frozenset(topic.split(".")[1] for topic in TOPICS)
"""Services whose events are read, this one among them."""
WORK_STATEMENT_MS = 30_000
"""Thousands of rows or appends are one statement; it may take longer than a request may."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def build_api(settings: Settings, now: Callable[[], datetime] = utc_now) -> FastAPI:
    """The HTTP application. Pools are opened when it starts up. Raises SecretsRefused or FileNotFoundError for missing secrets."""
    secrets = load_secrets(settings.secrets)
    pools: list[Pool] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            pool = await _pool(stack, settings.dsn, f"{SERVICE}-api", settings.pool_size)
            keystore = await _pool(stack, settings.keystore_dsn or settings.dsn, f"{SERVICE}-api-keys", 4)
            await check_database(pool, SERVICE, settings.parts)
            app.state.deps = _deps(settings, secrets, pool, keystore, now)
            use_today(app.state.deps.today)
            pools.append(pool)
            yield
            pools.clear()

    async def ready() -> Readiness:
        if not pools:
            return Readiness(False, {"postgres": "starting"})
        await pools[0].fetchval("SELECT 1")
        return Readiness(True, {"postgres": "ok"})

    return create_app(
        service=SERVICE,
        title="Regulars: alerts",
        routers=ROUTERS,
        keys=KeyRing(settings.keys_file, secrets.pepper),
        ready=ready,
        lifespan=lifespan,
        docs=settings.docs,
        description="Early warnings about silence and credit, and what is done about them.",
    )


async def run_work(settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
    """Relay, read models and the engine, for ever. Any failure of one ends all: the process is started again."""
    async with AsyncExitStack() as stack:
        pool = await _pool(stack, settings.dsn, f"{SERVICE}-work", settings.pool_size, WORK_STATEMENT_MS)
        await check_database(pool, SERVICE, settings.parts)
        published = {name: await _published(stack, settings, name, pool) for name in FOLLOWED}
        kafka = _kafka(settings)
        membership = _membership(settings, kafka)

        async def ready() -> Readiness:
            await pool.fetchval("SELECT 1")
            return Readiness(True, {"postgres": "ok"})

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lead(service=SERVICE, dsn=settings.dsn, kafka=kafka, now=now))
            tasks.create_task(
                consume(
                    pool=pool,
                    schema=SCHEMA,
                    feed=_feed(settings, kafka, published, "lists"),
                    membership=membership,
                    models=READ_MODELS,
                    stores=published,
                )
            )
            tasks.create_task(
                watch(
                    pool=pool,
                    feed=_feed(settings, kafka, published, "engine"),
                    membership=membership,
                    zone=ZoneInfo(settings.zone),
                    stores=published,
                )
            )
            tasks.create_task(serve_health(health_app(ready=ready), settings.host, settings.work_port))


def serve(settings: Settings) -> None:
    """The process `api`."""
    configure_logs(SERVICE, settings.log_level)
    serve_api(build_api(settings), settings.host, settings.port)


def work(settings: Settings) -> None:
    """The process `work`. SIGTERM and SIGINT end it cleanly; any error ends it with a traceback and status 1."""
    configure_logs(SERVICE, settings.log_level)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_until_told(run_work(settings)))


async def _until_told(forever: Coroutine[Any, Any, None]) -> None:
    task = asyncio.create_task(forever)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        return


async def _pool(stack: AsyncExitStack, dsn: str, name: str, size: int, statement_ms: int = 2000) -> Pool:
    pool = await create_pool(dsn, max_size=size, statement_timeout_ms=statement_ms, name=name)
    stack.callback(pool.terminate)
    return pool


async def _published(stack: AsyncExitStack, settings: Settings, service: str, own: Pool) -> Pool:
    dsn = settings.published_dsns.get(service)
    return own if dsn is None else await _pool(stack, dsn, f"{SERVICE}-reads-{service}", 2, WORK_STATEMENT_MS)


def _kafka(settings: Settings) -> KafkaSettings | None:
    return KafkaSettings(settings.kafka_bootstrap, settings.kafka_prefix) if settings.feed == "kafka" else None


def _feed(settings: Settings, kafka: KafkaSettings | None, published: dict[str, Pool], reader: str) -> Feed:
    return StoreFeed(published) if kafka is None else KafkaFeed(kafka, f"{_client(settings)}-{reader}")


def _membership(settings: Settings, kafka: KafkaSettings | None) -> Membership:
    # One membership for the lists and the engine, so that a process works on the same parts in both.
    if kafka is None:
        return StoreMembership(settings.dsn, SERVICE, settings.parts)
    client = _client(settings)
    return KafkaMembership(kafka, SERVICE, TOPICS, client, instance=client)


def _client(settings: Settings) -> str:
    return f"regulars-{SERVICE}-{settings.worker_id}"


def _deps(settings: Settings, secrets: Secrets, pool: Pool, keystore: Pool, now: Callable[[], datetime]) -> Deps:
    return Deps(
        pool=pool,
        sealer=Sealer(keystore, secrets.master, secrets.fingerprint, now),
        cursors=CursorCodec(secrets.cursors),
        now=now,
        zone=ZoneInfo(settings.zone),
        parts=settings.parts,
    )
