"""Where a service reads events from, by its settings: Kafka, or the published views of the stores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from shared.feed.feed import Feed, Membership
from shared.feed.kafka import KafkaFeed
from shared.feed.kafka_membership import KafkaMembership
from shared.feed.store import StoreFeed
from shared.feed.store_membership import StoreMembership
from shared.kafka.settings import KafkaSettings, read_password
from shared.postgres.pool import Pool
from shared.settings import ServiceSettings

LISTS_GATHER_SECONDS = 2.5
"""During an import what is read for lists and totals is gathered longer than what warnings rest on: fewer rows are written."""


def kafka_of(settings: ServiceSettings) -> KafkaSettings | None:
    """None: the installation runs without a broker. Raises PasswordRefused."""
    if settings.feed != "kafka":
        return None
    file = settings.kafka_password_file
    return KafkaSettings(
        settings.kafka_bootstrap,
        settings.kafka_prefix,
        security=settings.kafka_security,
        user=settings.kafka_user or None,
        password=None if file is None else read_password(file),
        ca_file=settings.kafka_ca_file or None,
    )


def services_of(topics: Iterable[str]) -> frozenset[str]:
    """The services whose topics these are."""
    return frozenset(topic.split(".")[1] for topic in topics)


def feed_of(
    settings: ServiceSettings, service: str, stores: Mapping[str, Pool], reader: str, gather_seconds: float = LISTS_GATHER_SECONDS
) -> Feed:
    """`stores`: pools that see the published views, by service. `reader` names the feed among those of the process."""
    kafka = kafka_of(settings)
    if kafka is None:
        return StoreFeed(stores)
    return KafkaFeed(kafka, f"{_client(settings, service)}-{reader}", gather_seconds=gather_seconds)


def membership_of(settings: ServiceSettings, service: str, topics: frozenset[str]) -> Membership:
    """Which parts of the topics this process works on."""
    kafka = kafka_of(settings)
    if kafka is None:
        return StoreMembership(settings.dsn, service, settings.parts)
    client = _client(settings, service)
    return KafkaMembership(kafka, service, topics, client, instance=client)


def _client(settings: ServiceSettings, service: str) -> str:
    return f"regulars-{service}-{settings.worker_id}"
