"""Registry, encoding and upcasting of events."""

import json
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Literal
from uuid import UUID, uuid4

import pytest

from shared.contracts import event as registry
from shared.contracts.event import Event, UndecodableEvent, UnknownEventType, decode, encode, registered, upcaster
from shared.contracts.money import Money
from shared.contracts.transactions import SaleLine, SaleRecorded

CUSTOMER = UUID("0194f7a0-0000-7000-8000-000000000001")


@pytest.fixture
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Types that a test registers are forgotten after it."""
    for name in ("_classes", "_decoders", "_upcasters"):
        monkeypatch.setattr(registry, name, dict(getattr(registry, name)))


def a_sale() -> SaleRecorded:
    return SaleRecorded(
        customer_id=CUSTOMER,
        source="erp",
        source_event_id="S-1",
        sold_on=date(2026, 3, 2),
        net=Money(Decimal("12.50"), "CNY"),
        lines=(SaleLine(article="A1", quantity=Decimal("5"), net=Decimal("12.50")),),
    )


def test_an_event_survives_the_wire_with_its_exact_decimals() -> None:
    body = encode(a_sale())
    assert b'"12.50"' in body
    assert decode(SaleRecorded.type, body) == a_sale()


def test_fields_at_their_default_are_left_out_and_come_back() -> None:
    assert b"order_number" not in encode(a_sale())


def test_an_old_reader_ignores_new_fields() -> None:
    body = encode(a_sale())[:-1] + b',"field_of_tomorrow":1}'
    assert decode(SaleRecorded.type, body) == a_sale()


@pytest.mark.usefixtures("own_registry")
def test_a_retired_type_is_read_through_the_whole_chain_of_upcasters() -> None:
    @registered
    class SampleRenamed(Event, frozen=True, kw_only=True, omit_defaults=True):
        type: ClassVar[str] = "regulars.sample.sample-renamed.v3"
        title: str
        by: str = "unknown"

    @upcaster("regulars.sample.sample-renamed.v1", "regulars.sample.sample-renamed.v2")
    def _v2(body: dict[str, Any]) -> dict[str, Any]:
        return {"label": body["name"]}

    @upcaster("regulars.sample.sample-renamed.v2", "regulars.sample.sample-renamed.v3")
    def _v3(body: dict[str, Any]) -> dict[str, Any]:
        return {"title": body["label"], "by": "before v3"}

    assert decode("regulars.sample.sample-renamed.v1", b'{"name":"x"}') == SampleRenamed(title="x", by="before v3")


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize("body", [b"{}", b"[]", b'"secret"', b"7", b"null"])
def test_a_body_that_an_upcaster_was_not_written_for_is_refused(body: bytes) -> None:
    """INVARIANT: one bad body parks one customer; whatever else an upcaster raised would stop the part for ever."""

    @upcaster("regulars.cards.sale-recorded.v98", SaleRecorded.type)
    def _renamed(body: dict[str, Any]) -> dict[str, Any]:
        return {"source": body["name"].strip()}

    with pytest.raises(UndecodableEvent) as refusal:
        decode("regulars.cards.sale-recorded.v98", body)
    assert "secret" not in str(refusal.value)


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(UnknownEventType, match=r"regulars\.cards\.never-heard\.v1"):
        decode("regulars.cards.never-heard.v1", b"{}")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"customer_id":"4242-secret"}', b"[" * 100_000])
def test_an_undecodable_body_is_refused_without_repeating_it(body: bytes) -> None:
    with pytest.raises(UndecodableEvent) as refusal:
        decode(SaleRecorded.type, body)
    assert "secret" not in str(refusal.value)


@pytest.mark.usefixtures("own_registry")
@pytest.mark.parametrize("kind", ["secret", "a secret's own", "a\nsecret"])
def test_a_value_that_its_type_does_not_know_is_not_repeated(kind: str) -> None:
    @registered
    class Sampled(Event, frozen=True, kw_only=True, omit_defaults=True):
        type: ClassVar[str] = "regulars.sample.sampled.v1"
        kind: Literal["known"]

    with pytest.raises(UndecodableEvent, match="kind") as refusal:
        decode(Sampled.type, json.dumps({"kind": kind}))
    assert "secret" not in str(refusal.value)


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="twice"):

        @registered
        class Again(Event, frozen=True, kw_only=True):
            type: ClassVar[str] = SaleRecorded.type

    assert type(decode(SaleRecorded.type, encode(a_sale()))) is SaleRecorded


def test_a_malformed_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no event type name"):

        @registered
        class Misnamed(Event, frozen=True, kw_only=True):
            type: ClassVar[str] = f"services.cards.{uuid4()}"
