"""A planted person is found in whatever form it stands in a file, and a report says so."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from deploy.erasure.canary import new_canary
from deploy.erasure.scan import files_of, in_files, in_topics, segments_of
from deploy.erasure.verify import Place

CANARY = new_canary()


@pytest.mark.parametrize(
    "content",
    [
        CANARY.token.encode(),
        f"Ada {CANARY.token} Lovelace".encode("utf-16-le"),
        CANARY.token.encode().hex().encode(),
        CANARY.token.encode().hex().upper().encode(),
        *(base64.b64encode(b"-" * before + CANARY.token.encode() + b"+" * 5) for before in range(4)),
        CANARY.telephone.encode(),
        json.dumps({"telephone": CANARY.telephone}).encode(),
        b"\0" * 100_000 + CANARY.token.encode(),
    ],
)
def test_every_form_is_found(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "one").write_bytes(b"before" + content + b"after")
    (tmp_path / "two").write_bytes(b"nothing of the sort")
    (tmp_path / "empty").touch()
    assert in_files(files_of(tmp_path), CANARY.needles()) == [tmp_path / "deep" / "one"]


def test_the_marker_is_no_person(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(CANARY.marker.encode())
    assert in_files(files_of(tmp_path), CANARY.needles()) == []
    assert in_files(files_of(tmp_path), CANARY.controls()) == [tmp_path / "one"]


@pytest.mark.parametrize(
    ("key", "value", "header"),
    [(CANARY.token, "", ""), ("", CANARY.token, ""), ("", "", CANARY.token)],
    ids=["key", "value", "header"],
)
def test_a_person_in_a_compressed_record_is_found(tmp_path: Path, key: str, value: str, header: str) -> None:
    batch = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=4,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=100_000,
    )
    for offset in range(50):
        here = offset == 30
        batch.append(
            offset,
            0,
            (f"{key}{offset}" if here else "k").encode(),
            ("the same words again and again " * 20 + (value if here else "")).encode(),
            [("name", (header if here else "plain").encode())],
        )
    folder = tmp_path / "regulars.cards.events.v1-7"
    folder.mkdir()
    # The broker is in the middle of writing the next batch.
    content = bytes(batch.build())
    (folder / "00000000000000000000.log").write_bytes(content + content[: len(content) // 2])
    assert in_topics(segments_of(tmp_path), CANARY.needles()) == ["regulars.cards.events.v1"]
    assert in_topics(segments_of(tmp_path), CANARY.controls()) == []


@pytest.mark.parametrize(
    ("place", "holds"),
    [
        (Place("topics", proof=3, before=0, after=0), True),
        (Place("topics", proof=0, before=0, after=0), False),
        (Place("topics", proof=3, before=1, after=0), False),
        (Place("topics", proof=3, before=0, after=1), False),
        (Place("answers", proof=3, before=3, after=0, stored=False), True),
        (Place("answers", proof=3, before=0, after=0, stored=False), False),
        (Place("answers", proof=3, before=3, after=1, stored=False), False),
    ],
)
def test_a_place_holds_where_looking_was_proven_and_nobody_is_found_after(place: Place, holds: bool) -> None:
    assert place.holds is holds
