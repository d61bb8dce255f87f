"""Which feed a local installation runs on: a broker that somebody names, one of our own, or the event stores themselves."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deploy.kafka.jars import BrokerUnavailable
from deploy.local import kafka
from deploy.local.jvm import java_or_installed


@dataclass
class FeedSource:
    """`why` says why it is the event stores, where Kafka was wanted. `own` is the broker that we started, `access` the folder
    with which one proves to it who one is, where it asks."""

    feed: Literal["kafka", "store"]
    bootstrap: str = ""
    why: str = ""
    own: kafka.Broker | None = None
    access: Path | None = None

    async def stop(self) -> None:
        if self.own is not None:
            await asyncio.to_thread(self.own.stop)

    async def keep(self, folder: Path, started: Callable[[int], None]) -> None:
        """Start our broker again whenever it is gone, until cancelled; `started` is told its process."""
        while self.own is not None:
            if not self.own.running():
                self.own = await asyncio.to_thread(kafka.start, folder, access=self.access)
                started(self.own.pid)
            await asyncio.sleep(0.3)


async def choose(wanted: bool, folder: Path, access: Path | None = None) -> FeedSource:
    """Kafka when it is wanted and can be had. `access`: one of our own, which asks everybody who they are.

    Raises BrokerFailed when a broker is there and does not start.
    """
    if not wanted:
        return FeedSource("store")
    named = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    if named and access is None:
        return FeedSource("kafka", named)
    await asyncio.to_thread(java_or_installed)
    if missing := kafka.broker_available():
        return FeedSource("store", why=missing)
    try:
        broker = await asyncio.to_thread(kafka.start, folder, access=access)
    except BrokerUnavailable as error:
        return FeedSource("store", why=str(error))
    return FeedSource("kafka", broker.bootstrap, own=broker, access=access)
