"""The sample: the same seed, the same trade; and every body is one that the services take."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import TypeAdapter

from deploy.local.sample import make_sample
from services.cards.api.card_bodies import CustomerBody
from services.cards.api.fact_bodies import TaggedFact
from services.complaints.api.bodies import ComplaintBody

ANCHOR = date(2026, 3, 31)
_fact: TypeAdapter[object] = TypeAdapter(TaggedFact)


def test_the_same_seed_gives_the_same_trade_and_another_seed_other_dealers() -> None:
    assert make_sample(1, ANCHOR, 12) == make_sample(1, ANCHOR, 12)
    first, second = make_sample(1, ANCHOR, 12), make_sample(2, ANCHOR, 12)
    assert [one.story for one in first.expected] == [one.story for one in second.expected]
    assert {one.external_id for one in first.expected} != {one.external_id for one in second.expected}


def test_every_body_is_taken() -> None:
    sample = make_sample(3, ANCHOR, 60)
    for body in sample.customers:
        CustomerBody.model_validate(body)
    for body in sample.transactions:
        _fact.validate_python(body)
    for body in sample.complaints:
        ComplaintBody.model_validate({name: value for name, value in body.items() if name != "settled"})


def test_nothing_lies_behind_the_anchor_day_and_ids_are_unique() -> None:
    sample = make_sample(4, ANCHOR, 60)
    days = [
        body[name]
        for body in sample.transactions
        for name in ("sold_on", "issued_on", "received_on", "returned_on", "reversed_on")
        if name in body
    ]
    assert max(days) <= str(ANCHOR)
    assert min(days) >= str(ANCHOR.replace(year=ANCHOR.year - 3))
    ids = [(body["type"], body["source_event_id"]) for body in sample.transactions]
    assert len(ids) == len(set(ids))


def test_the_full_sample_is_two_years_of_four_hundred_dealers() -> None:
    sample = make_sample(1, ANCHOR)
    assert len(sample.customers) == 400
    assert 30_000 < len(sample.transactions) < 60_000
    assert len(sample.complaints) > 20


def test_there_must_be_room_for_the_stories() -> None:
    with pytest.raises(ValueError, match="at least"):
        make_sample(1, ANCHOR, 3)
