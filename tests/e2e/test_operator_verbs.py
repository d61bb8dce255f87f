"""What an operator does to a running installation from the command line."""

from __future__ import annotations

import asyncpg
import httpx

from deploy.local import postgres
from tests.e2e.installations import Installation, regulars, up_once


def test_topics_and_schemas_are_as_they_should_be(on_kafka: Installation) -> None:
    assert "as they should be" in regulars(on_kafka.folder, "topics").stdout
    assert regulars(on_kafka.folder, "migrate").stdout.count("up to date") == 4


def test_a_read_model_is_rebuilt_while_it_is_in_use(on_kafka: Installation) -> None:
    for service, read_model in (("cards", "receivables"), ("alerts", "alerts")):
        done = regulars(on_kafka.folder, "rebuild", service, read_model)
        assert done.returncode == 0, done.stderr
        assert "compared: True" in done.stdout
    assert "there are" in regulars(on_kafka.folder, "rebuild", "cards", "nonsense").stderr


def test_a_key_works_until_it_is_withdrawn(on_kafka: Installation) -> None:
    raw = regulars(on_kafka.folder, "keys", "new", "dashboard").stdout.strip()
    address = on_kafka.endpoints["services"]["alerts"]["url"] + "/v1/alerts"
    # Keys are looked at again within a second; a first wrong answer is asked for once more.
    transport = httpx.HTTPTransport(retries=1)
    with httpx.Client(headers={"authorization": f"Bearer {raw}"}, transport=transport, timeout=30) as client:
        assert _becomes(client, address, 200)
        key_id = raw.split("_")[2]
        assert regulars(on_kafka.folder, "keys", "withdraw", key_id).returncode == 0
        assert _becomes(client, address, 401)


def _becomes(client: httpx.Client, address: str, status: int) -> bool:
    return any(client.get(address).status_code == status for _ in range(2000))


def test_every_service_shows_its_documentation(on_kafka: Installation) -> None:
    for service in on_kafka.endpoints["services"].values():
        page = httpx.get(service["docs"], timeout=30)
        assert (page.status_code, "text/html" in page.headers["content-type"]) == (200, True)


_WATCHED = "SELECT customer_id, state FROM alerts.watched_customers_a ORDER BY 1"
_AGE = "UPDATE cards.routing SET version = version - 1 WHERE read_model = 'receivables'"


async def test_what_waits_for_a_rebuild_is_named_with_its_command(on_kafka: Installation) -> None:
    admin = await asyncpg.connect(on_kafka.endpoints["postgres"]["admin"])
    try:
        await admin.execute(_AGE)
    finally:
        await admin.close()
    assert "regulars rebuild cards receivables" in regulars(on_kafka.folder, "status").stdout
    async with httpx.AsyncClient(timeout=30) as client:
        health = (await client.get(on_kafka.endpoints["services"]["cards"]["work"] + "/readyz?verbose")).json()
    assert (health["status"], health["degraded"]) == ("degraded", ["receivables"])
    assert regulars(on_kafka.folder, "rebuild", "cards", "receivables").returncode == 0
    assert "regulars rebuild" not in regulars(on_kafka.folder, "status").stdout


async def test_the_next_start_rebuilds_what_an_older_version_has_made(on_stores: Installation) -> None:
    server = postgres.start(on_stores.folder / "postgres")
    admin = await asyncpg.connect(server.dsn("regulars"))
    try:
        before = await admin.fetch("SELECT customer_id, open_items FROM cards.receivables_a ORDER BY 1")
        assert before
        await admin.execute(_AGE)
        await admin.execute("UPDATE cards.positions SET version = version - 1 WHERE read_model = 'receivables'")
        await admin.execute("UPDATE cards.receivables_a SET open_items = '{}'")
        watched = await admin.fetch(_WATCHED)
        assert watched
        await admin.execute("UPDATE alerts.positions SET extra = extra - 'fold' WHERE read_model = 'watched_customers'")
        await admin.execute("UPDATE alerts.watched_customers_a SET state = '{}', next_due_at = NULL")
    finally:
        await admin.close()
        postgres.stop(server)
    again = up_once(on_stores.folder, "--no-kafka")
    assert again.returncode == 0, again.stdout + again.stderr
    assert "receivables: " in again.stdout and "now live in slot b" in again.stdout
    assert "watched_customers: " in again.stdout and "judged anew" in again.stdout
    server = postgres.start(on_stores.folder / "postgres")
    admin = await asyncpg.connect(server.dsn("regulars"))
    try:
        assert await admin.fetch("SELECT customer_id, open_items FROM cards.receivables_b ORDER BY 1") == before
        assert await admin.fetch(_WATCHED) == watched
    finally:
        await admin.close()
        postgres.stop(server)
