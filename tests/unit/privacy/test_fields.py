"""Which fields are personal is found from the types, however deep they are nested."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import msgspec
import pytest

from shared.contracts import alerts, cards, complaints
from shared.contracts.event import Personal, event_types
from shared.privacy.fields import change, has_personal, personal_texts


class Child(msgspec.Struct, frozen=True):
    age: int
    name: Personal


class Family(msgspec.Struct, frozen=True):
    children: tuple[Child, ...]
    by_rank: dict[str, Child]
    pair: tuple[Child, int]
    hobbies: tuple[Personal, ...] = ()
    spouse: Child | None = None
    motto: Personal | None = None
    town: str = "Suzhou"


def family() -> Family:
    return Family(
        (Child(1, "a"), Child(2, "b")), {"first": Child(3, "c")}, (Child(4, "d"), 1), ("chess", "tea"), Child(5, "e"), "f"
    )


def test_everything_personal_is_found_and_nothing_else() -> None:
    assert sorted(personal_texts(family())) == [
        *(("Child.name", letter) for letter in "abcde"),
        ("Family.hobbies", "chess"),
        ("Family.hobbies", "tea"),
        ("Family.motto", "f"),
    ]


def test_everything_personal_is_changed_and_the_rest_kept() -> None:
    changed = change(family(), lambda _field, text: text.upper())
    assert changed == Family(
        (Child(1, "A"), Child(2, "B")), {"first": Child(3, "C")}, (Child(4, "D"), 1), ("CHESS", "TEA"), Child(5, "E"), "F"
    )


def test_dropping_leaves_optional_fields_out_and_empties_required_ones() -> None:
    dropped = change(family(), lambda _field, _text: None)
    assert dropped == Family((Child(1, ""), Child(2, "")), {"first": Child(3, "")}, (Child(4, ""), 1), (), Child(5, ""), None)
    assert msgspec.json.decode(msgspec.json.encode(dropped), type=Family) == dropped


def test_what_does_not_change_is_the_same_object() -> None:
    one = family()
    assert change(one, lambda _field, text: text) is one


def test_inherited_fields_keep_one_name() -> None:
    note = alerts.NoteAdded(alert_id=uuid4(), customer_id=uuid4(), kind="credit", note="n", added_by=uuid4())
    assert personal_texts(note) == [("NoteAdded.note", "n")]


@pytest.mark.parametrize(
    "cls", [cards.CustomerRegistered, cards.BasicsRevised, complaints.ComplaintReceived, alerts.AbnormalityReported]
)
def test_classes_with_personal_fields(cls: type[msgspec.Struct]) -> None:
    assert has_personal(cls)


def test_every_personal_field_of_the_contracts_is_reached() -> None:
    for name, cls in event_types().items():
        schema: dict[str, Any] = msgspec.json.schema(cls)
        assert has_personal(cls) == ("x-personal" in str(schema)), name
