"""What an operator does to a running installation from the command line."""

from __future__ import annotations

import httpx

from tests.e2e.installations import Installation, regulars


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
