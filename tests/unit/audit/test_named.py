"""Which customers an answer names, in each form in which answers of ours name one."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import pytest

from shared.audit.named import Named

ONE, TWO = UUID("0190f7a4-1111-7000-8000-000000000001"), UUID("0190f7a4-1111-7000-8000-000000000002")
OTHER = UUID("0190f7a4-1111-7000-8000-000000000003")


def written(body: Any) -> str:
    return json.dumps(body, separators=(",", ":"))


@pytest.mark.parametrize(
    ("body", "customers"),
    [
        ({"items": [{"customer_id": str(ONE), "dealer_id": str(OTHER)}, {"customer_id": str(ONE)}]}, [ONE, ONE]),
        ({"id": str(OTHER), "customer": {"id": str(ONE), "name": "Hua Xin"}}, [ONE]),
        ({"customer_ids": [str(ONE), str(TWO)], "alert_ids": [str(OTHER)]}, [ONE, TWO]),
        ({"customer_ids": [], "customer": None, "customer_id": None}, []),
        # A call that was made is shown as it was: a text in which there is JSON.
        ({"body": written({"customer_id": str(ONE), "customer": {"id": str(TWO)}, "alert_id": str(OTHER)})}, [ONE, TWO]),
    ],
)
def test_customers_are_read_off_json(body: Any, customers: list[UUID]) -> None:
    assert list(Named("application/json").within(written(body).encode())) == customers


def test_customers_are_read_off_streams() -> None:
    told = f'id: 1.2.3\nevent: customer_registered\ndata: {{"customer_id":"{TWO}"}}\n\n'.encode()
    assert list(Named("text/event-stream").within(told * 2)) == [TWO, TWO]


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_customers_are_read_off_their_column_of_a_file_whatever_its_pieces(mark: bytes) -> None:
    file = Named("text/csv; charset=utf-8")
    assert list(file.within(mark + b"variant,alert_id,customer_id,name\r\n")) == []
    assert list(file.within(f"LIVE,{OTHER},{ONE},{OTHER}\r\nDRAFT,{OTHER},{TWO},\r\n".encode())) == [ONE, TWO]
    assert list(file.within(f"LIVE,{OTHER},{TWO},Hua Xin\r\n".encode())) == [TWO]


def test_of_a_file_without_the_column_every_id_counts() -> None:
    file = Named("text/csv")
    assert list(file.within(f"a,b\r\nx,{ONE}\r\n".encode())) == [ONE]
