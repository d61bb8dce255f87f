"""C12, C14: wrong clocks, and records that should not be there."""

from __future__ import annotations

import asyncio

from aiokafka import AIOKafkaProducer

from tests.chaos.place import WORKERS
from tests.chaos.stage import Stage, during

_SKEW_SECONDS = 600


async def clocks_jump(stage: Stage) -> None:
    """C12: the clocks of the processes jump by up to ten minutes, each its own way, and stand apart; no warning moves by it."""
    place = stage.place
    names = ["cards-api", "alerts-api", *(f"{service}-work-{n + 1}" for service, many in WORKERS.items() for n in range(many))]
    async with stage.loaded():
        for _ in range(4):
            await during(stage.seconds, 0.2)
            for name in names:
                place.hurt(name, "clock", str(stage.dice.uniform(-_SKEW_SECONDS, _SKEW_SECONDS)))
            stage.add("jumps")
        await during(stage.seconds, 0.2)


async def poisoned(stage: Stage) -> None:
    """C14: records that are not ours stand in the topics: without headers, with senseless ones, empty, large. Each is kept raw, and
    its neighbours flow."""
    place = stage.place
    async with stage.loaded():
        await during(stage.seconds, 0.3)
        producer = AIOKafkaProducer(bootstrap_servers=place.broker.bootstrap, max_request_size=1_048_576)
        await producer.start()
        try:
            for topic in ("regulars.cards.transactions.v1", "regulars.cards.events.v1"):
                for value, headers in _strange(stage):
                    part = stage.dice.randrange(12)
                    key = b"nobody" if value is None else stage.dice.choice((None, b"nobody", b""))
                    ack = await producer.send_and_wait(topic, value, key=key, partition=part, headers=headers)
                    stage.foreign.append((topic, part, ack.offset))
                    await asyncio.sleep(0.05)
        finally:
            await producer.stop()
        await during(stage.seconds, 0.4)
    stage.add("foreign_records", len(stage.foreign))


def _strange(stage: Stage) -> list[tuple[bytes | None, list[tuple[str, bytes]]]]:
    garbage = stage.dice.randbytes(200)
    return [
        (garbage, []),
        (None, []),
        (b"{}", [("ce_type", b"regulars.cards.sale-recorded.v1")]),
        (b"{}", [("ce_type", b"\xff\xfe"), ("cursor", b"1.2.3"), ("ce_id", garbage)]),
        (stage.dice.randbytes(900_000), [("cursor", b"not a cursor")]),
        (b"", [("cursor", b"-1.-1.-1"), ("ce_type", b"x"), ("ce_id", b"y")]),
    ]
