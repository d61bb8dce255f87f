"""What consumers may never do: commit by themselves, or fall back on a place that nobody gave them."""

from __future__ import annotations

from shared.kafka.consumer import group_member, reader
from shared.kafka.settings import KafkaSettings


async def test_no_consumer_commits_by_itself_or_jumps() -> None:
    """INVARIANT: places are those in the database. Broken by auto commit, and by a reset that skips records without an error."""
    settings = KafkaSettings("127.0.0.1:9")
    for consumer in (reader(settings, "c"), group_member(settings, "c", "g")):
        assert consumer._enable_auto_commit is False
        assert consumer._auto_offset_reset == "none"
        await consumer.stop()
