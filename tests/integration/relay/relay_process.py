"""A relay in a process of its own, to be killed and stopped: `python -m tests.integration.relay.relay_process DSN BOOTSTRAP PREFIX`."""

from __future__ import annotations

import asyncio
import sys

from shared.kafka.settings import KafkaSettings
from shared.relay.leader import lead
from tests.integration.relay.trade import now

if __name__ == "__main__":
    dsn, bootstrap, prefix = sys.argv[1:]
    asyncio.run(lead(service="cards", dsn=dsn, kafka=KafkaSettings(bootstrap, prefix), now=now))
