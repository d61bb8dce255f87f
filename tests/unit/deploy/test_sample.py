"""The sample: the same seed, the same trade; and every body is one that the services take."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pydantic import TypeAdapter

from deploy.local.sample import Sample, make_sample
from services.cards.api.areas import AreaBody, CustodianBody, SalespersonBody, SuperiorBody
from services.cards.api.card_bodies import CustomerBody
from services.cards.api.fact_bodies import TaggedFact
from services.cards.api.intents import IntentBody
from services.cards.api.merging import MergeBody
from services.cards.api.promise_bodies import InvestmentBody, PromiseBody
from services.cards.api.stages import AdmissionBody, StandardBody
from services.cards.domain.likeness import name_key
from services.complaints.api.bodies import ComplaintBody

ANCHOR = date(2026, 3, 31)
_fact: TypeAdapter[object] = TypeAdapter(TaggedFact)
_BODY_OF = {
    "superior": SuperiorBody,
    "custodian": CustodianBody,
    "admission-standard": StandardBody,
    "merge": MergeBody,
    "intents": IntentBody,
    "admission": AdmissionBody,
    "promises": PromiseBody,
    "investments": InvestmentBody,
}


def cards_of(sample: Sample) -> dict[str, dict[str, Any]]:
    return {body["external_ids"][0]["value"]: body for body in (*sample.customers, *sample.late_customers)}


def test_the_same_seed_gives_the_same_trade_and_another_seed_other_dealers() -> None:
    assert make_sample(1, ANCHOR, 12) == make_sample(1, ANCHOR, 12)
    first, second = make_sample(1, ANCHOR, 12), make_sample(2, ANCHOR, 12)
    assert [one.story for one in first.expected] == [one.story for one in second.expected]
    assert {one.external_id for one in first.expected} != {one.external_id for one in second.expected}


def test_every_body_is_taken() -> None:
    sample = make_sample(3, ANCHOR, 60)
    for body in cards_of(sample).values():
        # Telephones and addresses are held against what is known of their countries.
        CustomerBody.model_validate(body).basics()
    for body in (*sample.transactions, *(body for level in sample.sub_sales for body in level)):
        _fact.validate_python(body)
    for call in (*sample.organisation, *sample.calls):
        last, before = call.path.split("/")[-1], call.path.split("/")[-2]
        model: Any = _BODY_OF.get(last) or (SalespersonBody if before == "salespeople" else AreaBody)
        model.model_validate({**call.body, **dict.fromkeys(call.named, str(uuid4()))})
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
    assert sum("terms" in body for body in cards_of(sample).values()) == 400
    assert 30_000 < len(sample.transactions) < 60_000
    assert len(sample.complaints) > 20


def test_there_must_be_room_for_the_stories() -> None:
    with pytest.raises(ValueError, match="at least"):
        make_sample(1, ANCHOR, 3)


def test_the_cards_are_those_of_a_company_that_has_begun_to_keep_them() -> None:
    sample = make_sample(1, ANCHOR)
    cards = cards_of(sample)
    assert len(cards) == len(sample.customers) + len(sample.late_customers)
    assert all(body["email"].endswith("@example.com") for body in cards.values() if "email" in body)
    dealers = [body for body in cards.values() if "terms" in body]
    full = [body for body in dealers if "characteristics" in body and ("owner" in body or "traits" in body)]
    assert 300 < len(full) < 400
    sources = Counter(body["provenance"]["source"] for body in full)
    assert sources["SALESPERSON"] > sources["QUESTIONNAIRE"] > sources["AGENCY"] > 10
    assert all("cost" in body["provenance"] for body in full if body["provenance"]["source"] == "AGENCY")
    assert {body["postal"]["country"] for body in dealers} == {"CN", "JP", "US", "NL"}


def test_only_second_cards_share_a_telephone_or_a_name() -> None:
    cards = cards_of(make_sample(1, ANCHOR))
    second = {number for number in cards if number.startswith("D-")}
    for known in (
        {number: body["telephone"] for number, body in cards.items() if "telephone" in body},
        {number: name_key(body["name"]) for number, body in cards.items() if "name" in body},
    ):
        first = [one for number, one in known.items() if number not in second]
        assert len(first) == len(set(first))
        assert len(set(first) & {known[number] for number in second}) == len(second) / 2 == 3


def test_what_is_around_the_dealers_leaves_the_stories_alone() -> None:
    sample = make_sample(2, ANCHOR)
    stories = {one.external_id for one in sample.expected}
    touched = {call.customer for call in sample.calls} | {number for call in sample.calls for number in call.named.values()}
    late = {body["external_ids"][0]["value"] for body in sample.late_customers}
    sellers = {body["dealer"]["value"] for level in sample.sub_sales for body in level}
    assert not stories & (touched | late | sellers)
    assert touched <= set(cards_of(sample))
    trade = {body["customer"]["value"] for body in sample.transactions}
    assert not trade & {body["customer"]["value"] for level in sample.sub_sales for body in level}


def test_half_of_the_late_questionnaires_contradict_the_books() -> None:
    sample = make_sample(1, ANCHOR)
    late = [body for body in sample.late_customers if "terms" in body]
    far = 0
    for body in late:
        assert body["provenance"]["source"] == "QUESTIONNAIRE"
        stated, seen = body["business_status"]["annual_purchases"]["amount"], body["provenance"]["observed_on"]
        year_before = str(date.fromisoformat(seen).replace(year=int(seen[:4]) - 1))
        number = body["external_ids"][0]["value"]
        net = sum(
            Decimal(one["net"]["amount"]) * (1 if one["type"] == "sale" else -1)
            for one in sample.transactions
            if one["customer"]["value"] == number and year_before < one.get("sold_on", one.get("returned_on", "")) <= seen
        )
        far += not Decimal("0.7") < Decimal(stated) / net < Decimal("1.3")
    assert (far, len(late)) == (10, 20)
