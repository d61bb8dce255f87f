"""The peer library `eventsourcing` with its PostgreSQL recorders and its own defaults: saving one event, and projecting."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.utils import get_topic
from psycopg.sql import SQL

_WAIT_SECONDS = 300.0


class Dealer(Aggregate):
    def __init__(self) -> None:
        self.net = Decimal(0)

    @event("Sold")
    def sell(self, number: str, article: str, quantity: Decimal, net: Decimal, currency: str) -> None:
        self.net += net


class Dealers(Application[UUID]):
    snapshotting_intervals = None


class Turnovers(PostgresTrackingRecorder):
    """One row a dealer, written in the transaction that moves the library's tracking."""

    def __init__(self, datastore: PostgresDatastore, **arguments: Any) -> None:
        super().__init__(datastore, **arguments)
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS turnovers (dealer uuid PRIMARY KEY, sales int NOT NULL, net numeric NOT NULL)")
        )

    def add(self, dealer: UUID, net: Decimal, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO turnovers AS t VALUES (%s, 1, %s)"
                " ON CONFLICT (dealer) DO UPDATE SET sales = t.sales + 1, net = t.net + excluded.net",
                (dealer, net),
                prepare=True,
            )


class Selling(Projection[Turnovers]):
    topics = (get_topic(Dealer.Sold),)

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.add(domain_event.originator_id, domain_event.net, tracking)


def environment(dsn: str) -> dict[str, str]:
    """What the library is told: where the database is. The rest are its defaults."""
    at = urlsplit(dsn)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": at.path.lstrip("/"),
        "POSTGRES_HOST": str(at.hostname),
        "POSTGRES_PORT": str(at.port),
        "POSTGRES_USER": str(at.username),
        "POSTGRES_PASSWORD": str(at.password),
    }


def save_seconds(dsn: str, events: int) -> float:
    """Seconds for so many calls of `save()` with one event each, over a hundred dealers that are there already."""
    app = Dealers(environment(dsn))
    dealers = [Dealer() for _ in range(100)]
    app.save(*dealers)
    try:
        began = time.perf_counter()
        for n in range(events):
            dealer = dealers[n % len(dealers)]
            dealer.sell(f"S-{n}", "A-17", Decimal(3), Decimal("412.50"), "CNY")
            app.save(dealer)
        return time.perf_counter() - began
    finally:
        app.close()


def projection_seconds(dsn: str, events: int) -> float:
    """Seconds in which the library's runner projects so many events that are stored before."""
    app = Dealers(environment(dsn))
    dealers = [Dealer() for _ in range(100)]
    for n in range(events):
        dealers[n % len(dealers)].sell(f"S-{n}", "A-17", Decimal(3), Decimal("412.50"), "CNY")
    recordings = app.save(*dealers)
    last = max(recording.notification.id for recording in recordings)
    app.close()
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Dealers, projection_class=Selling, view_class=Turnovers, env=environment(dsn)
    ) as runner:
        runner.wait(last, timeout=_WAIT_SECONDS)
        return time.perf_counter() - began
