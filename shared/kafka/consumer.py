"""Consumers: one that reads by assignment, one that is a member of a group."""

from __future__ import annotations

from aiokafka import AIOKafkaConsumer
from aiokafka.coordinator.assignors.range import RangePartitionAssignor

from shared.kafka.settings import KafkaSettings


def reader(settings: KafkaSettings, client_id: str, *, max_wait_ms: int = 500) -> AIOKafkaConsumer:
    """A consumer for `assign()` and `seek()`, outside any group, not yet started.

    It has no offset of its own to fall back on: a part that was not sought, and an offset outside the log, are errors and
    never a silent jump. `max_wait_ms` delays no record: it is how long the broker holds a fetch for which there is none.
    """
    return AIOKafkaConsumer(
        **settings.connection(),
        client_id=client_id,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_min_bytes=1,
        fetch_max_wait_ms=max_wait_ms,
        max_partition_fetch_bytes=settings.max_partition_fetch_bytes,
        metadata_max_age_ms=60000,
        check_crcs=False,
    )


def group_member(settings: KafkaSettings, client_id: str, group: str, instance: str | None = None) -> AIOKafkaConsumer:
    """A member of a consumer group with the range assignor, not yet started nor subscribed; commits only when told.

    `instance` makes the membership static: a restart within the session timeout moves no part.
    """
    return AIOKafkaConsumer(
        **settings.connection(),
        client_id=client_id,
        group_id=group,
        group_instance_id=instance,
        enable_auto_commit=False,
        auto_offset_reset="none",
        fetch_max_wait_ms=100,
        max_partition_fetch_bytes=settings.max_partition_fetch_bytes,
        session_timeout_ms=settings.session_timeout_ms,
        heartbeat_interval_ms=settings.heartbeat_interval_ms,
        max_poll_interval_ms=300000,
        rebalance_timeout_ms=60000,
        metadata_max_age_ms=60000,
        partition_assignment_strategy=(RangePartitionAssignor,),
    )
