"""A sale over HTTP as it is usually written, as a process: `bare` checks the body and answers; `orm` loads the customer, changes it, and keeps
it with an event and an outbox row in one transaction of SQLAlchemy's ORM.

    python -m tests.performance.baselines.http_sales orm <port> <dsn>
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import uvicorn
from fastapi import FastAPI
from sqlalchemy import BigInteger, DateTime, ForeignKey, Numeric, String, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.performance.baselines.bodies import SaleIn


class Base(DeclarativeBase):
    pass


class Customer(Base):
    __tablename__ = "orm_customer"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    number: Mapped[str] = mapped_column(String, unique=True)
    sales: Mapped[int] = mapped_column(default=0)
    net: Mapped[Decimal] = mapped_column(Numeric(18, 2), default=Decimal(0))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012


class Event(Base):
    __tablename__ = "orm_event"
    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    customer_id: Mapped[UUID] = mapped_column(ForeignKey("orm_customer.id"), index=True)
    type: Mapped[str] = mapped_column(String)
    body: Mapped[dict[str, object]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Outbox(Base):
    __tablename__ = "orm_outbox"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=True)
    topic: Mapped[str] = mapped_column(String)
    key: Mapped[str] = mapped_column(String)
    body: Mapped[dict[str, object]] = mapped_column(JSONB)


async def prepare(dsn: str, customers: int) -> None:
    """The tables, with customers K-0, K-1, ..."""
    engine = _engine(dsn)
    async with engine.begin() as c:
        await c.run_sync(Base.metadata.create_all)
        rows = [{"id": uuid4(), "number": f"K-{n}", "sales": 0, "net": 0, "version": 1} for n in range(customers)]
        await c.execute(insert(Customer), rows)
    await engine.dispose()


def bare() -> FastAPI:
    app = FastAPI()

    @app.post("/v1/sales", status_code=201)
    async def record_sale(sale: SaleIn) -> dict[str, str]:
        return {"id": str(uuid4()), "status": "recorded", "customer": sale.customer.value}

    return app


def orm(dsn: str) -> FastAPI:
    engine = _engine(dsn)
    sessions = async_sessionmaker(engine, expire_on_commit=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await engine.dispose()

    app = FastAPI(lifespan=lifespan)

    @app.post("/v1/sales", status_code=201)
    async def record_sale(sale: SaleIn) -> dict[str, str]:
        async with sessions() as session, session.begin():
            event = await _kept(session, sale)
        return {"id": str(event.id), "status": "recorded", "customer": sale.customer.value}

    return app


async def _kept(session: AsyncSession, sale: SaleIn) -> Event:
    found = select(Customer).where(Customer.number == sale.customer.value).with_for_update()
    customer = (await session.scalars(found)).one()
    customer.sales += 1
    customer.net += sale.net.amount
    body = sale.model_dump(mode="json")
    event = Event(id=uuid4(), customer_id=customer.id, type="sale-recorded", body=body, at=datetime.now(UTC))
    session.add(event)
    session.add(Outbox(topic="sales", key=str(customer.id), body=body))
    return event


def _engine(dsn: str) -> AsyncEngine:
    return create_async_engine(dsn.replace("postgresql://", "postgresql+asyncpg://"), pool_size=16, max_overflow=0)


async def _serve(app: FastAPI, port: int) -> None:
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, loop="uvloop", http="httptools", access_log=False, log_level="warning", workers=1
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    chosen = bare() if sys.argv[1] == "bare" else orm(sys.argv[3])
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(chosen, int(sys.argv[2])))
