"""What is fuzzed. A target takes any bytes and raises AssertionError, or anything else, only where a promise is broken."""

from __future__ import annotations

import base64
import csv
import io
import json
import tempfile
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit
from uuid import UUID

import httpx

from shared.auth.keys import KeyRing, Refused, make_key
from shared.auth.principal import Principal
from shared.contracts import event as registry
from shared.contracts.cards import SalespersonAssigned
from shared.contracts.cursor import parse_cursor
from shared.contracts.envelope import Passed, Record, Undecodable, from_headers
from shared.contracts.event import UndecodableEvent, UnknownEventType, decode, encode, event_types, upcaster
from shared.outgoing.addresses import AddressRefused, check_address, check_url
from shared.web import csv as tables
from shared.web.pages import CursorCodec
from shared.web.problem import Problem
from shared.web.strict_json import clean, parse
from tests.chaos.bytefuzz.tokens import TOKEN_SEEDS, access_token, set_of_keys

ROOT = Path(__file__).parents[3]
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")


def composed(value: Any) -> Any:
    """A JSON value with its texts in Unicode form NFC."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, list):
        return [composed(one) for one in value]
    if isinstance(value, dict):
        return {composed(name): composed(one) for name, one in value.items()}
    return value


def strict_json(data: bytes) -> None:
    """A subset of what the standard parser takes, with the same values, and nothing in it that a store or a sum breaks on."""
    try:
        value = parse(data)
    except Problem as problem:
        assert problem.status == 400
        return
    assert value == composed(json.loads(data))
    _sane(value)


def _sane(value: Any) -> None:
    if isinstance(value, str):
        assert clean(value) and unicodedata.is_normalized("NFC", value)
        value.encode()
    elif isinstance(value, dict):
        for name, one in value.items():
            _sane(name)
            _sane(one)
    elif isinstance(value, list):
        for one in value:
            _sane(one)
    elif isinstance(value, float):
        assert value - value == 0
    elif isinstance(value, int):
        assert -(2**63) <= value < 2**63


@cache
def _types() -> list[str]:
    return sorted(event_types())


def event_body(data: bytes) -> None:
    """A body fits its class, and is written and read again as the same; or it is refused."""
    type_name = _types()[int.from_bytes(data[:2]) % len(_types())]
    try:
        event = decode(type_name, data[2:])
    except UndecodableEvent:
        return
    assert decode(type_name, encode(event)) == event


def retired_event_body(data: bytes) -> None:
    """An upcaster meets bodies that it was not written for."""
    with patch.object(registry, "_upcasters", dict(registry._upcasters)):

        @upcaster("regulars.cards.salesperson-assigned.v98", "regulars.cards.salesperson-assigned.v99")
        def _renamed(body: dict[str, Any]) -> dict[str, Any]:
            return {"customer_id": body["customer_id"], "person": body["seller"].strip()}

        @upcaster("regulars.cards.salesperson-assigned.v99", SalespersonAssigned.type)
        def _split(body: dict[str, Any]) -> dict[str, Any]:
            area, _, person = body["person"].partition("/")
            return {"customer_id": body["customer_id"], "area_id": area, "salesperson_id": person}

        try:
            event = decode("regulars.cards.salesperson-assigned.v98", data)
        except (UndecodableEvent, UnknownEventType):
            return
        assert isinstance(event, SalespersonAssigned)


def kafka_headers(data: bytes) -> None:
    """A record whose headers can be read can be stored, parked and told about; all others are kept as raw bytes."""
    *lines, body = data.split(b"\n")
    found = [(name.decode("latin-1"), value) for name, _, value in (line.partition(b"=") for line in lines)]
    for passed_over in (None, lambda _topic, name: name.endswith(".v1")):
        record = from_headers("regulars.cards.events.v1", 0, 7, found, body, passed_over)
        if isinstance(record, Undecodable):
            assert record.raw == body
            continue
        for cursor in (record.cursor, record.prev):
            assert cursor is None or (cursor.gen < 2**15 and cursor.xid < 2**63 and cursor.pos < 2**63)
        if isinstance(record, Passed):
            continue
        assert isinstance(record, Record)
        assert record.stream.isprintable() and record.type.isprintable()
        assert 0 <= record.version < 2**31
        assert isinstance(record.event_id, UUID)
        assert record.occurred_at.timestamp() is not None and record.recorded_at.timestamp() is not None


def event_cursor(data: bytes) -> None:
    """A cursor, or a ValueError; written again it is the same place."""
    text = data.decode("latin-1")
    with suppress(ValueError):
        cursor = parse_cursor(text)
        assert parse_cursor(str(cursor)) == cursor


_codec = CursorCodec(b"fuzz")


def page_token(data: bytes) -> None:
    """Nobody makes a page token but the service, whatever stands behind a right signature."""
    filters = b"f" * 12
    with suppress(Problem):
        keys = _codec.decode(filters, data.decode("latin-1"))
        # Base64 has several ways to write the same bytes; they are what was signed.
        assert _codec.decode(filters, _codec.encode(filters, keys)) == keys
    signed = base64.urlsafe_b64encode(_codec._signature(data) + data).rstrip(b"=").decode()
    with suppress(Problem):
        keys = _codec.decode(filters, signed)
        assert all(key is None or isinstance(key, str | int) for key in keys)


def csv_line(data: bytes) -> None:
    """Cells come back as they were but for an apostrophe, and no spreadsheet takes one for a formula."""
    cells = data.decode("utf-8", "replace").split("\x1f")
    written = tables.line(cells).decode()
    [read] = csv.reader(io.StringIO(written, newline=""))
    assert len(read) == len(cells)
    for before, after in zip(cells, read, strict=True):
        assert after.replace("'", "") == before.replace("'", "")
        assert not after.startswith(_FORMULAS)


def webhook_url(data: bytes) -> None:
    """What is accepted is read alike by two parsers, names no user, and leads to no address inside."""
    url = data.decode("utf-8", "replace")
    try:
        check_url(url)
    except AddressRefused:
        return
    parts = urlsplit(url)
    assert parts.scheme == "https" and parts.username is None and parts.hostname
    try:
        other = httpx.URL(url)
    except httpx.InvalidURL:
        return
    assert other.scheme == "https" and other.raw_host.decode().lower().rstrip(".") == parts.hostname.rstrip(".").strip("[]"), url
    assert (other.port or 443) == (parts.port or 443)
    with suppress(ValueError):
        # A host that is a number at all is public.
        check_address(other.host)


@cache
def _ring() -> tuple[KeyRing, str]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "keys.json"
        key = make_key("fuzz", path, b"p" * 32, name="fuzz", scopes=["cards.customer.read"], principal=UUID(int=1))
        ring = KeyRing(path, b"p" * 32, "fuzz")
    # The file is gone: what was read of it stays, and nobody looks at a disk for each input.
    ring._look_again = lambda: None  # type: ignore[method-assign]
    return ring, key


def api_key(data: bytes) -> None:
    """Nobody comes in but with the key."""
    ring, key = _ring()
    try:
        principal = ring.authenticate(data.decode("latin-1"))
    except Refused:
        return
    assert isinstance(principal, Principal)
    assert data.decode("latin-1").partition(" ")[2].strip(" ") == key


TARGETS: Mapping[str, Callable[[bytes], None]] = {
    one.__name__: one
    for one in (
        strict_json,
        event_body,
        retired_event_body,
        kafka_headers,
        event_cursor,
        page_token,
        csv_line,
        webhook_url,
        api_key,
        access_token,
        set_of_keys,
    )
}


def seeds(target: str) -> list[bytes]:
    """Inputs from which a fuzzer can learn the form."""
    samples = sorted((ROOT / "shared" / "contracts" / "samples").glob("*.json"))
    match target:
        case "strict_json":
            return [one.read_bytes() for one in samples[::8]] + [
                b'{"a": [1, -2.5e3, "\\u00e9", null, true]}',
                b"[[[]]]",
                b'"e\xcc\x81"',
            ]
        case "event_body":
            return [_types().index(one.stem).to_bytes(2) + one.read_bytes() for one in samples if one.stem in _types()]
        case "retired_event_body":
            return [
                b'{"customer_id": "6af67f20-0a34-5e65-83f6-57fff4bb91ae", "seller": "North/E-1"}',
                b"[]",
                b'{"customer_id": 1, "seller": 2}',
            ]
        case "kafka_headers":
            headers = {
                "cursor": "1.840.2",
                "prev": "1.800.1",
                "ce_id": "490072f3-ee7c-557b-9045-49b75bbf214e",
                "ce_type": "regulars.cards.sale-recorded.v1",
                "ce_subject": "ledger-6af67f20-0a34-5e65-83f6-57fff4bb91ae",
                "ce_sequence": "3",
                "ce_partitionkey": "6af67f20-0a34-5e65-83f6-57fff4bb91ae",
                "ce_time": "2026-03-01T16:00:00+00:00",
                "ce_recordedtime": "2026-11-23T02:10:17.935743+00:00",
            }
            whole = "\n".join(f"{name}={value}" for name, value in headers.items())
            return [f"{whole}\n{{}}".encode(), whole.replace("1.840.2", "1.99999999999999999999.2").encode() + b"\n"]
        case "event_cursor":
            return [b"1.840.2", b"0.0.0"]
        case "page_token":
            return [_codec.encode(b"f" * 12, ("lotus", 7, None)).encode(), b"\x92\xc4\x0cffffffffffff\x93\xa5lotus\x07\xc0"]
        case "csv_line":
            return [b'Lotus\x1f=1+1\x1fa;b\x1f"quoted"\x1f\t@x', "＝1\x1f'".encode()]
        case "webhook_url":
            hosts = (
                "example.com",
                "127.0.0.1",
                "[::1]",
                "[::ffff:10.0.0.1]",
                "0x7f.1",
                "a@b",
                "1.1.1.1",
                "xn--bcher-kva.example",
            )
            return [f"https://{host}:8443/path?q=1".encode() for host in hosts]
        case "access_token" | "set_of_keys":
            return TOKEN_SEEDS[target]()
        case _:
            return [b"Bearer " + _ring()[1].encode(), b"Bearer reg_fuzz_0123456789ab_x", b"Basic x"]
