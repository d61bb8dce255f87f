"""Where the service is put together: settings in, application and loops out. Nothing else makes pools, clients or clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from services.classification.api import ROUTERS
from services.classification.api.reach import REACH
from services.classification.handlers.deps import SCHEMA, Deps
from services.classification.jobs import credit_grades, customer_grades, prospects, value_classes
from services.classification.jobs.grading import run_next
from services.classification.jobs.telling import RunJob
from services.classification.read_models import READ_MODELS
from services.classification.settings import Settings
from shared.auth.keys import KeyRing
from shared.auth.tokens import tokens_of
from shared.event_store.forgetting import forget_answers_for_ever
from shared.postgres.guards import check_database
from shared.postgres.leader_lock import while_leading
from shared.postgres.pool import Pool, opened_pool
from shared.privacy.secrets import load_secrets
from shared.process.feeds import feed_of, kafka_of, membership_of, services_of
from shared.process.pools import WORK_STATEMENT_MS, answering, stores_of
from shared.process.reads import recording_of, seal_reads
from shared.process.running import run_until_told
from shared.projections.runner import consume
from shared.relay.leader import lead
from shared.telemetry.logs import configure_logs
from shared.telemetry.spans import configure_spans
from shared.web.app import create_app
from shared.web.days import use_today
from shared.web.health import health_app, serve_health
from shared.web.pages import CursorCodec
from shared.web.server import serve_api

SERVICE = "classification"
ANSWERS = Path(__file__).parent / "api" / "answers.json"
TOPICS = frozenset(topic for model in READ_MODELS for topic in model.topics)
FOLLOWED = services_of(TOPICS)
"""Services whose events are read, this one among them."""
IDLE_SECONDS = 0.3
"""Between two looks for a run that was asked for."""
ANALYSES_AT_ONCE = 2
ANALYSIS_MS = 25_000
"""How long one may take; a transaction ends after 30 s whatever it does."""
ANALYSIS_MEMORY = "16MB"
"""For each sort or hash of one. Not more: a million customers are summed faster along the key of `sold` than in a large hash."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def build_api(settings: Settings, now: Callable[[], datetime] = utc_now) -> FastAPI:
    """The HTTP application. Pools are opened when it starts up. Raises SecretsRefused or FileNotFoundError for missing secrets."""
    secrets = load_secrets(settings.secrets)
    pools: list[Pool] = []

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            pool = await stack.enter_async_context(
                opened_pool(settings.dsn, name=f"{SERVICE}-api", max_size=settings.pool_size, watched=True)
            )
            await check_database(pool, SERVICE, settings.parts)
            app.state.reads = await recording_of(stack, settings, SERVICE)
            analysing = opened_pool(
                settings.dsn,
                name=f"{SERVICE}-analyses",
                max_size=ANALYSES_AT_ONCE,
                statement_timeout_ms=ANALYSIS_MS,
                work_mem=ANALYSIS_MEMORY,
            )
            app.state.deps = _deps(settings, secrets.cursors, pool, await stack.enter_async_context(analysing), now)
            use_today(app.state.deps.today)
            pools.append(pool)
            yield
            pools.clear()

    ring = KeyRing(settings.keys_file, secrets.pepper, settings.environment)
    return create_app(
        service=SERVICE,
        title="Regulars: classification",
        routers=ROUTERS,
        keys=ring,
        tokens=tokens_of(settings, ring),
        ready=answering(pools, SERVICE, READ_MODELS),
        lifespan=lifespan,
        docs=settings.docs,
        reach=REACH,
        answers=ANSWERS,
        description="What each customer is worth to the company, by published standards, explained and dated.",
    )


async def run_work(settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
    """Relay, read models and runs, for ever. Any failure of one ends all: the process is started again."""
    secrets = load_secrets(settings.secrets)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            opened_pool(settings.dsn, name=f"{SERVICE}-work", max_size=settings.pool_size, statement_timeout_ms=WORK_STATEMENT_MS)
        )
        await check_database(pool, SERVICE, settings.parts)
        stores = await stores_of(stack, settings, SERVICE, FOLLOWED, pool)

        deps = _deps(settings, secrets.cursors, pool, pool, now)
        runs = RunJob(deps, stores)
        intents = prospects.ProspectJob(runs)

        async def grade() -> None:
            # Any error ends the process; the next one goes on with the run.
            while True:
                await prospects.look(intents)
                busy = await value_classes.run_next(runs)
                for grading in (credit_grades.GRADING, customer_grades.GRADING):
                    busy = await run_next(runs, grading) or busy
                if not busy:
                    await asyncio.sleep(IDLE_SECONDS)

        async def jobs() -> None:
            async with asyncio.TaskGroup() as each:
                each.create_task(grade())
                each.create_task(forget_answers_for_ever(pool, SCHEMA, timedelta(days=settings.answers_kept_days)))

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(lead(service=SERVICE, dsn=settings.dsn, kafka=kafka_of(settings), now=now))
            tasks.create_task(
                consume(
                    pool=pool,
                    schema=SCHEMA,
                    feed=feed_of(settings, SERVICE, stores, "lists"),
                    membership=membership_of(settings, SERVICE, TOPICS),
                    models=READ_MODELS,
                    stores=stores,
                )
            )
            tasks.create_task(while_leading(settings.dsn, f"regulars.{SERVICE}.jobs", jobs, application=f"{SERVICE}-jobs"))
            tasks.create_task(seal_reads(settings, SERVICE, pool, now))
            tasks.create_task(
                serve_health(health_app(ready=answering([pool], SERVICE, READ_MODELS)), settings.host, settings.work_port)
            )


def serve(settings: Settings) -> None:
    """The process `api`."""
    configure_logs(SERVICE, settings.log_level)
    configure_spans(SERVICE, "api", settings.traces)
    serve_api(build_api(settings), settings.host, settings.port)


def work(settings: Settings) -> None:
    """The process `work`. SIGTERM and SIGINT end it cleanly; any error ends it with a traceback and status 1."""
    configure_logs(SERVICE, settings.log_level)
    configure_spans(SERVICE, "work", settings.traces)
    run_until_told(run_work(settings))


def _deps(settings: Settings, cursor_key: bytes, pool: Pool, analyses: Pool, now: Callable[[], datetime]) -> Deps:
    zone = ZoneInfo(settings.zone)
    return Deps(pool=pool, analyses=analyses, cursors=CursorCodec(cursor_key), now=now, zone=zone, parts=settings.parts)
