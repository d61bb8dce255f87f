"""What is committed is what the event classes generate, and what was promised once is kept."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import ClassVar, Literal

import jsonschema
import msgspec
import pytest

import deploy.contracts as contracts
from deploy.contracts.compatibility import breaks, promises_of
from deploy.contracts.schemas import event_schema
from shared.contracts.event import Event, decode, encode, event_types, retired_types

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "shared" / "contracts" / "samples"
TYPE = "regulars.testing.parcel-sent.v1"


class Label(msgspec.Struct, frozen=True, kw_only=True):
    text: str


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    text: int


class ParcelSent(Event, frozen=True, kw_only=True, omit_defaults=True):
    type: ClassVar[str] = TYPE
    weight: Decimal
    way: Literal["ROAD", "RAIL"]
    labels: tuple[Label, ...] = ()
    note: str | None = None


def promised(cls: type[Event]) -> dict[str, dict[str, str]]:
    return {TYPE: promises_of(event_schema(cls))}


def test_committed_files_are_what_the_code_generates() -> None:
    assert contracts.stale(ROOT) == [], "run `make contracts` and commit what it writes"


def test_every_promise_is_kept() -> None:
    assert contracts.broken_promises(ROOT) == []


def test_every_type_has_a_sample_and_every_sample_a_type() -> None:
    assert {file.stem for file in SAMPLES.glob("*.json")} == set(event_types()) | retired_types()


@pytest.mark.parametrize("file", sorted(SAMPLES.glob("*.json")), ids=lambda file: file.stem)
def test_sample_decodes_for_ever(file: Path) -> None:
    event = decode(file.stem, file.read_bytes())
    if file.stem in event_types():
        assert json.loads(encode(event)) == json.loads(file.read_bytes()), "a field of the sample was not understood"
        jsonschema.validate(json.loads(encode(event)), event_schema(type(event)), format_checker=jsonschema.FormatChecker())


def test_the_gate_catches_a_removed_field() -> None:
    class Without(Event, frozen=True, kw_only=True):
        type: ClassVar[str] = TYPE
        weight: Decimal
        way: Literal["ROAD", "RAIL"]
        labels: tuple[Label, ...] = ()

    assert breaks(promised(ParcelSent), promised(Without)) == [f"{TYPE}: note was removed"]


def test_the_gate_catches_a_retyped_field() -> None:
    class Retyped(Event, frozen=True, kw_only=True):
        type: ClassVar[str] = TYPE
        weight: int
        way: Literal["ROAD", "RAIL"]
        labels: tuple[Label, ...] = ()
        note: str | None = None

    assert breaks(promised(ParcelSent), promised(Retyped)) == [
        f"{TYPE}: weight was string (decimal) (always) and is integer (always)"
    ]


def test_the_gate_looks_into_structures_and_choices() -> None:
    class Changed(Event, frozen=True, kw_only=True):
        type: ClassVar[str] = TYPE
        weight: Decimal
        way: Literal["ROAD"]
        labels: tuple[Tag, ...] = ()
        note: str | None = None

    assert breaks(promised(ParcelSent), promised(Changed)) == [
        f'{TYPE}: way was one of "RAIL", "ROAD" (always) and is one of "ROAD" (always)',
        f"{TYPE}: labels[].text was string (always) and is integer (always)",
    ]


def test_a_choice_may_get_more_words_and_stays_needed() -> None:
    class Longer(ParcelSent, frozen=True, kw_only=True):
        way: Literal["ROAD", "RAIL", "SEA"]

    class Free(ParcelSent, frozen=True, kw_only=True):
        way: str = "ROAD"

    assert breaks(promised(ParcelSent), promised(Longer)) == []
    assert breaks(promised(Longer), promised(ParcelSent)) != []
    assert breaks(promised(ParcelSent), promised(Free)) != []


def test_a_list_of_choices_may_get_more_words_and_stays_a_list() -> None:
    class Listed(ParcelSent, frozen=True, kw_only=True):
        ways: tuple[Literal["ROAD", "RAIL"], ...] = ()

    class Longer(ParcelSent, frozen=True, kw_only=True):
        ways: tuple[Literal["ROAD", "RAIL", "SEA"], ...] = ()

    class One(ParcelSent, frozen=True, kw_only=True):
        ways: Literal["ROAD", "RAIL"] = "ROAD"

    assert breaks(promised(Listed), promised(Longer)) == []
    assert breaks(promised(Longer), promised(Listed)) != []
    assert breaks(promised(Listed), promised(One)) != []


def test_a_new_field_needs_a_default() -> None:
    class Needing(ParcelSent, frozen=True, kw_only=True):
        receiver: str

    class Offering(ParcelSent, frozen=True, kw_only=True):
        receiver: str | None = None

    assert breaks(promised(ParcelSent), promised(Needing)) != []
    assert breaks(promised(ParcelSent), promised(Offering)) == []


def test_a_type_that_is_gone_is_caught_unless_it_is_retired() -> None:
    assert breaks(promised(ParcelSent), {}) != []
    assert breaks(promised(ParcelSent), {}, {TYPE}) == []


def test_generation_refuses_to_overwrite_a_promise(tmp_path: Path) -> None:
    contracts.write(tmp_path)
    file = tmp_path / contracts.PROMISES
    promises = json.loads(file.read_text())
    promises["regulars.cards.sale-recorded.v1"]["warehouse"] = "string"
    file.write_text(json.dumps(promises))
    with pytest.raises(contracts.BreakingChange, match="warehouse was removed"):
        contracts.write(tmp_path)


def test_asyncapi_refers_to_schemas_that_are_there() -> None:
    document = json.loads((ROOT / "asyncapi" / "regulars.json").read_text())
    assert document["asyncapi"] == "3.0.0"
    for name, message in document["components"]["messages"].items():
        if name != "watermark":
            assert (ROOT / "asyncapi" / message["payload"]["schema"]["$ref"]).resolve().is_file()
    for channel in document["channels"].values():
        assert channel["messages"], channel["address"]
        for reference in channel["messages"].values():
            assert reference["$ref"].rsplit("/", 1)[1] in document["components"]["messages"]
