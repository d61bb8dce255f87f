"""Seals: what the digest, the chain and the signature notice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from shared.audit.seals import NOTHING, Digest, Seal, Signer, is_signed
from shared.privacy.secrets import make_secrets

ONE, TWO = UUID("0190f7a4-1111-7000-8000-000000000001"), UUID("0190f7a4-1111-7000-8000-000000000002")
AT = datetime(2026, 6, 20, 1, 30, tzinfo=UTC)


def row(**changes: Any) -> dict[str, Any]:
    told = {
        "read_at": AT,
        "principal": ONE,
        "key_id": "k1",
        "person_id": "E-12",
        "operation": "customers_get_customer",
        "kind": "OPENED",
        "purpose": "VISIT",
        "personal": True,
        "customers": [ONE],
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }
    return told | changes


def digest(*rows: dict[str, Any]) -> bytes:
    found = Digest()
    for one in rows:
        found.take(one)
    return found.value()


@pytest.mark.parametrize(
    "change",
    [
        {"read_at": AT.replace(microsecond=1)},
        {"principal": TWO},
        {"key_id": "k2"},
        {"person_id": None},
        {"operation": "dossier_get_dossier"},
        {"kind": "LISTED"},
        {"purpose": None},
        {"personal": False},
        {"customers": [TWO]},
        {"customers": [ONE, TWO]},
        {"trace_id": None},
    ],
)
def test_every_field_of_a_row_is_in_the_digest(change: dict[str, Any]) -> None:
    assert digest(row(**change)) != digest(row())


def test_the_order_of_rows_is_in_the_digest() -> None:
    """INVARIANT: no two orders of the same reads have one digest. It would break if rows were summed instead of chained."""
    rows = [row(key_id=f"k{n}") for n in range(4)]
    assert len({digest(*order) for order in permutations(rows)}) == 24


def seal() -> Seal:
    return Seal("cards", 2, 1, 100, 3, digest(row()), NOTHING, AT, 1)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    make_secrets(tmp_path)
    return Signer(tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "alerts"},
        {"number": 3},
        {"gen": 2},
        {"upto": 101},
        {"rows": 4},
        {"digest": digest()},
        {"previous": digest(row(key_id="k9"))},
        {"sealed_at": AT.replace(minute=31)},
        {"kept_from": 2},
        {"key_id": "0" * 16},
        {"signature": b"\0" * 64},
    ],
)
def test_every_field_of_a_seal_is_signed(signer: Signer, change: dict[str, Any]) -> None:
    signed = signer.signed(seal())
    assert is_signed(signed, [signer.public])
    assert not is_signed(replace(signed, **change), [signer.public])


def test_another_installations_key_signs_nothing_here(signer: Signer, tmp_path: Path) -> None:
    make_secrets(tmp_path / "other")
    assert not is_signed(Signer(tmp_path / "other").signed(seal()), [signer.public])
