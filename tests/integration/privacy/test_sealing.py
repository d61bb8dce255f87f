"""Sealing with keys of a real keystore: nothing personal is readable without the key, and none after erasure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import asyncpg
import pytest

from shared.contracts import alerts, cards
from shared.contracts.event import encode
from shared.contracts.money import Money
from shared.contracts.transactions import SaleRecorded
from shared.privacy import keystore
from shared.privacy.sealing import KeyNotLoaded, Sealer, Unopenable
from shared.testing.databases import Database

MASTER, FINGERPRINT = b"m" * 32, b"f" * 32
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[asyncpg.Pool]:
    async with asyncpg.create_pool(database.dsn("cards"), min_size=1, max_size=4) as pool:
        yield pool


@pytest.fixture
def sealer(pool: asyncpg.Pool, clock: Clock) -> Sealer:
    return Sealer(pool, MASTER, FINGERPRINT, lambda: NOON, monotonic=clock)


def another(pool: asyncpg.Pool, clock: Clock, master: bytes = MASTER) -> Sealer:
    return Sealer(pool, master, FINGERPRINT, lambda: NOON, monotonic=clock)


def registered(customer: UUID) -> cards.CustomerRegistered:
    contacts = (
        cards.Contact(role="BUYER", name="Wang Fang", telephone="+8613912345678"),
        cards.Contact(role="OWNER", email="li@example.com"),
    )
    basics = cards.Basics(kind="PERSON", person_name="李雷", place="Suzhou", telephone="+862155550101", contacts=contacts)
    return cards.CustomerRegistered(customer_id=customer, basics=basics)


async def test_what_was_sealed_comes_back_and_its_body_shows_nothing(sealer: Sealer) -> None:
    customer = uuid4()
    event = registered(customer)
    await sealer.keys_for([customer])
    sealed = sealer.seal(event, f"card-{customer}", customer)
    body = encode(sealed).decode()
    for word in ("Wang", "13912345678", "li@example.com", "李雷", "55550101"):
        assert word not in body
    assert "Suzhou" in body
    assert sealed.basics.contacts[0].role == "BUYER"
    assert await sealer.unseal_struct(sealed, f"card-{customer}") == event


async def test_another_process_reads_with_the_key_id_alone(sealer: Sealer, pool: asyncpg.Pool, clock: Clock) -> None:
    customer = uuid4()
    await sealer.keys_for([customer])
    sealed = sealer.seal(registered(customer), "card-1", customer)
    assert await another(pool, clock).unseal_struct(sealed, "card-1") == registered(customer)


async def test_a_sealed_text_cannot_be_moved_to_another_stream_or_field(sealer: Sealer) -> None:
    customer = uuid4()
    await sealer.keys_for([customer])
    sealed = sealer.seal(registered(customer), "card-1", customer)
    with pytest.raises(Unopenable):
        await sealer.unseal_struct(sealed, "card-2")
    with pytest.raises(Unopenable):
        await sealer.unseal([("card-1", "Basics.address", sealed.basics.telephone)])
    assert await sealer.unseal([("card-1", "Basics.telephone", sealed.basics.telephone), ("card-1", "x", None)]) == [
        "+862155550101",
        None,
    ]


async def test_a_damaged_text_does_not_open(sealer: Sealer) -> None:
    customer = uuid4()
    await sealer.keys_for([customer])
    text = sealer.seal_text("secret", "s", "f", customer)
    assert text is not None
    for damaged in (text[:60] + ("A" if text[60] != "A" else "B") + text[61:], text[:60], text + "!"):
        with pytest.raises(Unopenable):
            await sealer.unseal([("s", "f", damaged)])


async def test_a_class_without_personal_fields_is_returned_as_it_is(sealer: Sealer) -> None:
    sale = SaleRecorded(
        customer_id=uuid4(), source="erp", source_event_id="1", sold_on=date(2026, 1, 1), net=Money(Decimal("1.00"), "CNY")
    )
    assert sealer.seal(sale, "ledger-1", sale.customer_id) is sale


async def test_sealing_without_a_loaded_key_is_refused(sealer: Sealer, clock: Clock) -> None:
    customer = uuid4()
    with pytest.raises(KeyNotLoaded):
        sealer.seal(registered(customer), "card-1", customer)
    await sealer.keys_for([customer])
    clock.seconds += 61
    with pytest.raises(KeyNotLoaded):
        sealer.seal(registered(customer), "card-1", customer)


async def test_erasure_leaves_nothing_readable_and_no_new_key_is_ever_made(
    sealer: Sealer, pool: asyncpg.Pool, clock: Clock
) -> None:
    customer = uuid4()
    await sealer.keys_for([customer])
    sealed = sealer.seal(registered(customer), "card-1", customer)
    note = sealer.seal(
        alerts.NoteAdded(alert_id=uuid4(), customer_id=customer, kind="credit", note="He is ill", added_by=uuid4()),
        "alert-1",
        customer,
    )
    await sealer.erase(customer)
    for reader in (sealer, another(pool, clock)):
        read = await reader.unseal_struct(sealed, "card-1")
        assert read.basics.person_name is None
        assert read.basics.contacts[0] == cards.Contact(role="BUYER")
        assert (await reader.unseal_struct(note, "alert-1")).note == ""
        await reader.keys_for([customer])
        assert reader.is_erased(customer)
        later = reader.seal(registered(customer), "card-1", customer)
        assert later.basics == cards.Basics(
            kind="PERSON", place="Suzhou", contacts=(cards.Contact(role="BUYER"), cards.Contact(role="OWNER"))
        )
        assert reader.seal_text("x", "s", "f", customer) is None


async def test_another_process_forgets_an_erased_key_within_a_minute(sealer: Sealer, pool: asyncpg.Pool, clock: Clock) -> None:
    customer = uuid4()
    other = another(pool, clock)
    await other.keys_for([customer])
    sealed = other.seal(registered(customer), "card-1", customer)
    await sealer.erase(customer)
    clock.seconds += 61
    assert (await other.unseal_struct(sealed, "card-1")).basics.person_name is None


async def test_erasing_one_who_never_had_a_key_prevents_one(sealer: Sealer, database: Database) -> None:
    customer = uuid4()
    await sealer.erase(customer)
    await sealer.erase(customer)
    await sealer.keys_for([customer])
    assert sealer.is_erased(customer)
    admin = await asyncpg.connect(database.dsn("postgres"))
    rows = await admin.fetch("SELECT wrapped, erased_at FROM keystore.keys WHERE customer_id = $1", customer)
    ledger = await admin.fetch("SELECT erased_at, signature FROM keystore.erasures WHERE customer_id = $1", customer)
    await admin.close()
    assert [tuple(row) for row in rows] == [(None, NOON)]
    assert [row["erased_at"] for row in ledger] == [NOON]
    assert len(ledger[0]["signature"]) == 32


async def test_a_replayed_ledger_alone_prevents_a_key(sealer: Sealer, database: Database) -> None:
    customer = uuid4()
    admin = await asyncpg.connect(database.dsn("postgres"))
    await admin.execute("INSERT INTO keystore.erasures VALUES ($1, now(), 'x')", customer)
    await admin.close()
    await sealer.keys_for([customer])
    assert sealer.is_erased(customer)


async def test_many_customers_at_once_and_from_two_processes_get_one_key_each(
    pool: asyncpg.Pool, clock: Clock, database: Database
) -> None:
    customers = [uuid4() for _ in range(3000)]
    one, two = another(pool, clock), another(pool, clock)
    await asyncio.gather(one.keys_for(customers), two.keys_for(list(reversed(customers))))
    for customer in customers[::500]:
        sealed = one.seal(registered(customer), "card-1", customer)
        assert await two.unseal_struct(sealed, "card-1") == registered(customer)
    admin = await asyncpg.connect(database.dsn("postgres"))
    assert await admin.fetchval("SELECT count(*) FROM keystore.keys") == 3000
    await admin.close()


async def test_the_cache_is_bounded_but_holds_the_call_in_hand(pool: asyncpg.Pool, clock: Clock) -> None:
    sealer = Sealer(pool, MASTER, FINGERPRINT, lambda: NOON, monotonic=clock, most_kept=10)
    first, second = [uuid4() for _ in range(20)], [uuid4() for _ in range(5)]
    await sealer.keys_for(first)
    assert all(sealer.seal(registered(c), "s", c) for c in first)
    await sealer.keys_for(second)
    assert all(sealer.seal(registered(c), "s", c) for c in second)
    forgotten = 0
    for customer in first:
        try:
            sealer.seal(registered(customer), "s", customer)
        except KeyNotLoaded:
            forgotten += 1
    assert forgotten == 15
    kept = next(customer for customer in first if customer in sealer._by_customer)
    await sealer.keys_for([kept, *(uuid4() for _ in range(10))])
    assert sealer.seal(registered(kept), "s", kept)


async def test_another_master_key_opens_nothing(sealer: Sealer, pool: asyncpg.Pool, clock: Clock) -> None:
    customer = uuid4()
    await sealer.keys_for([customer])
    with pytest.raises(Unopenable):
        await another(pool, clock, b"n" * 32).keys_for([customer])


@pytest.mark.parametrize("role", ["cards", "alerts", "dashboards", "cards_rebuild"])
async def test_no_role_reads_the_tables(database: Database, role: str) -> None:
    connection = await asyncpg.connect(database.dsn(role))
    for statement in ("SELECT * FROM keystore.keys", "DELETE FROM keystore.erasures", "UPDATE keystore.keys SET wrapped = NULL"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    await connection.close()


@pytest.mark.parametrize("role", ["alerts", "complaints", "classification", "dashboards"])
async def test_only_cards_may_destroy_a_key(database: Database, role: str) -> None:
    connection = await asyncpg.connect(database.dsn(role))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await connection.execute("SELECT keystore.destroy_key($1, $2, now(), 'x')", uuid4(), uuid4())
    await connection.close()


async def test_installing_again_changes_nothing(database: Database, sealer: Sealer) -> None:
    customer = uuid4()
    await sealer.keys_for([customer])
    sealed = sealer.seal(registered(customer), "s", customer)
    admin = await asyncpg.connect(database.dsn("postgres"))
    await keystore.install(admin)
    paths = await admin.fetch("SELECT proname, prosecdef, proconfig FROM pg_proc WHERE pronamespace = 'keystore'::regnamespace")
    await admin.close()
    assert len(paths) == 6
    assert all(row["prosecdef"] and row["proconfig"] == ["search_path=pg_catalog, pg_temp"] for row in paths)
    assert await sealer.unseal_struct(sealed, "s") == registered(customer)
