"""A projection as it is usually written: a FastStream subscriber, and one transaction of the ORM for each message."""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.contracts.topics import CARDS_TRANSACTIONS
from shared.kafka.settings import KafkaSettings


class Base(DeclarativeBase):
    pass


class Turnover(Base):
    __tablename__ = "bench_turnovers"

    customer_id: Mapped[UUID] = mapped_column(primary_key=True)
    sales: Mapped[int]
    net: Mapped[Decimal]


async def orm_seconds(dsn: str, kafka: KafkaSettings, customers: list[UUID], records: int) -> float:
    """Seconds from the first of so many messages until the last one's transaction is committed. All customers have rows before."""
    from faststream.kafka import KafkaBroker

    engine = create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"))
    sessions = async_sessionmaker(engine)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.drop_all)
        await connection.run_sync(Base.metadata.create_all)
    async with sessions.begin() as session:
        session.add_all([Turnover(customer_id=one, sales=0, net=Decimal(0)) for one in customers])
    broker = KafkaBroker(kafka.bootstrap, logger=None)
    count, began = 0, 0.0
    done = asyncio.Event()

    @broker.subscriber(kafka.physical(CARDS_TRANSACTIONS), group_id=f"bench-{uuid4()}", auto_offset_reset="earliest")
    async def project(sale: dict[str, Any]) -> None:
        nonlocal count, began
        began = began or time.perf_counter()
        async with sessions.begin() as session:
            row = await session.get_one(Turnover, UUID(sale["customer_id"]))
            row.sales += 1
            row.net += Decimal(sale["net"]["amount"])
        count += 1
        if count == records:
            done.set()

    try:
        await broker.start()
        await done.wait()
        return time.perf_counter() - began
    finally:
        await broker.stop()
        await engine.dispose()
