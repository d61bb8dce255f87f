"""Where the service is put together: settings in, application and loops out. Nothing else makes pools, clients or clocks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import FastAPI

from services.cards.api import ROUTERS
from services.cards.api.reach import REACH
from services.cards.handlers.deps import SCHEMA, Deps
from services.cards.handlers.known import KnownCustomers
from services.cards.imports.runner import run_jobs, tidy_for_ever
from services.cards.reactions import REACTIONS
from services.cards.read_models import READ_MODELS
from services.cards.settings import Settings
from shared.auth.keys import KeyRing
from shared.auth.tokens import tokens_of
from shared.contracts.topics import SERVICES
from shared.event_store.forgetting import forget_answers_for_ever
from shared.event_store.together import Together
from shared.postgres.guards import check_database
from shared.postgres.leader_lock import while_leading
from shared.postgres.pool import Pool, opened_pool
from shared.privacy.sealing import Sealer
from shared.privacy.secrets import Secrets, load_secrets
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

SERVICE = "cards"
ANSWERS = Path(__file__).parent / "api" / "answers.json"
TOPICS = frozenset(topic for model in READ_MODELS for topic in model.topics) | frozenset(
    topic for reaction in REACTIONS for topic in reaction.topics
)
FOLLOWED = services_of(TOPICS)
"""Services whose events are read, this one among them."""


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
            keystore = await stack.enter_async_context(
                opened_pool(settings.keystore_dsn or settings.dsn, name=f"{SERVICE}-api-keys", max_size=4, watched=True)
            )
            await check_database(pool, SERVICE, settings.parts)
            app.state.reads = await recording_of(stack, settings, SERVICE)
            stores = await stores_of(stack, settings, SERVICE, SERVICES, pool)
            app.state.deps = _deps(settings, secrets, pool, keystore, stores, now)
            use_today(app.state.deps.today)
            pools.append(pool)
            yield
            pools.clear()

    ring = KeyRing(settings.keys_file, secrets.pepper, settings.environment)
    return create_app(
        service=SERVICE,
        title="Regulars: cards",
        routers=ROUTERS,
        keys=ring,
        tokens=tokens_of(settings, ring),
        ready=answering(pools, SERVICE, READ_MODELS),
        lifespan=lifespan,
        docs=settings.docs,
        reach=REACH,
        answers=ANSWERS,
        description="The card of every customer and the ledger of what was sold, invoiced, paid and returned.",
    )


async def run_work(settings: Settings, now: Callable[[], datetime] = utc_now) -> None:
    """Relay, read models, reactions and imports, for ever. Any failure of one ends all: the process is started again."""
    secrets = load_secrets(settings.secrets)
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(
            opened_pool(settings.dsn, name=f"{SERVICE}-work", max_size=settings.pool_size, statement_timeout_ms=WORK_STATEMENT_MS)
        )
        keystore = await stack.enter_async_context(
            opened_pool(settings.keystore_dsn or settings.dsn, name=f"{SERVICE}-work-keys", max_size=2)
        )
        await check_database(pool, SERVICE, settings.parts)
        stores = await stores_of(stack, settings, SERVICE, FOLLOWED, pool)
        deps = _deps(settings, secrets, pool, keystore, stores, now)
        use_today(deps.today)

        async def jobs() -> None:
            async with asyncio.TaskGroup() as each:
                each.create_task(run_jobs(deps))
                each.create_task(tidy_for_ever(deps, timedelta(days=settings.imports_kept_days)))
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
                    reactions=REACTIONS,
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


def _deps(
    settings: Settings, secrets: Secrets, pool: Pool, keystore: Pool, stores: Mapping[str, Pool], now: Callable[[], datetime]
) -> Deps:
    return Deps(
        pool=pool,
        together=Together(pool, SCHEMA),
        keystore=keystore,
        sealer=Sealer(keystore, secrets.master, secrets.fingerprint, now),
        known=KnownCustomers(SCHEMA),
        cursors=CursorCodec(secrets.cursors),
        now=now,
        zone=ZoneInfo(settings.zone),
        parts=settings.parts,
        line_secret=secrets.master,
        stores=stores,
    )
