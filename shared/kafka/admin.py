"""Topics: made once from the published list, their number of parts checked for ever after."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, for_code

from shared.contracts.topics import TOPICS, Topic
from shared.kafka.settings import KafkaSettings


class TopicRefused(Exception):
    """A topic exists with another number of partitions, or the broker will not make it."""


def configuration(topic: Topic) -> dict[str, str]:
    """The topic's settings on the broker. Broker time, since business times of old facts would expire at once."""
    found = {
        "cleanup.policy": topic.cleanup,
        "retention.ms": str(topic.retention_ms),
        "message.timestamp.type": "LogAppendTime",
    }
    if topic.cleanup == "compact":
        # Read whole at every start: keep what is not yet compacted small.
        found |= {"segment.ms": "600000", "min.cleanable.dirty.ratio": "0.1"}
    return found


async def create_topics(settings: KafkaSettings, parts: int) -> None:
    """Create what is missing of all topics, then wait until each has a leader for every part.

    Raises TopicRefused when a topic exists with another number of partitions: adding some would move customers between
    parts while their old records are unread.
    """
    wanted = {settings.physical(topic.name): 1 if topic.one_part else parts for topic in TOPICS}
    admin = AIOKafkaAdminClient(**settings.connection(), client_id="regulars-topics")
    await admin.start()
    try:
        there = set(await admin.list_topics())
        missing = [topic for topic in TOPICS if settings.physical(topic.name) not in there]
        if missing:
            made = await admin.create_topics(
                [
                    NewTopic(
                        settings.physical(topic.name),
                        wanted[settings.physical(topic.name)],
                        settings.replication,
                        topic_configs=configuration(topic),
                    )
                    for topic in missing
                ]
            )
            for name, code, *said in made.topic_errors:
                error = for_code(code)
                if error not in (NoError, TopicAlreadyExistsError):
                    raise TopicRefused(f"{name}: {error.__name__} {said}")
        async with asyncio.timeout(30):
            ready = await _settled(admin, wanted)
            while not ready:
                await asyncio.sleep(0.05)
                ready = await _settled(admin, wanted)
    finally:
        await admin.close()


async def _settled(admin: AIOKafkaAdminClient, wanted: Mapping[str, int]) -> bool:
    ready = True
    for topic in await admin.describe_topics(list(wanted)):
        name, found = topic["topic"], topic["partitions"]
        if topic["error_code"] or not found:
            ready = False
        elif len(found) != wanted[name]:
            raise TopicRefused(f"{name} has {len(found)} partitions, {wanted[name]} are wanted; the number is fixed for ever")
        elif any(part["error_code"] or part["leader"] < 0 for part in found):
            ready = False
    return ready


async def partition_counts(settings: KafkaSettings, topics: Sequence[str]) -> dict[str, int]:
    """How many partitions each topic has; 0 for one that does not exist."""
    admin = AIOKafkaAdminClient(**settings.connection(), client_id="regulars-topics")
    await admin.start()
    try:
        described = await admin.describe_topics([settings.physical(topic) for topic in topics])
    finally:
        await admin.close()
    return {settings.logical(topic["topic"]): len(topic["partitions"]) for topic in described}


async def delete_topics(settings: KafkaSettings) -> None:
    """Delete every topic of this prefix, with all records, and wait until the broker knows none of them any more."""
    ours = {settings.physical(topic.name) for topic in TOPICS}
    admin = AIOKafkaAdminClient(**settings.connection(), client_id="regulars-topics")
    await admin.start()
    try:
        await admin.delete_topics(sorted(ours.intersection(await admin.list_topics())))
        async with asyncio.timeout(30):
            there = ours.intersection(await admin.list_topics())
            while there:
                await asyncio.sleep(0.05)
                there = ours.intersection(await admin.list_topics())
    finally:
        await admin.close()
