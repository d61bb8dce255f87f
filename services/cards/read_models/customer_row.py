"""A line of the list of customers, and how its JSON is read."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from services.cards.domain.hierarchy import INDEPENDENT, Affiliation
from services.cards.domain.trade_stage import TradeStep
from services.cards.read_models.customer_parts import Waiting
from shared.contracts.cards import Basics, ExternalId

MARKS = ("nature", "shop_kind", "industry", "ownership", "location")


@dataclass(frozen=True, slots=True)
class Customer:
    """`basics` and `external_ids` are JSON; `basics` is sealed where it is personal. A stub has none.

    `name_key` is the name as duplicates are found by. `figures`: of the card's other parts, by part and field, as JSON. `standing`:
    what the fold remembers of when things hold. `merged_into` leads this card.
    """

    customer_id: UUID
    stub: bool
    changed_at: datetime
    kind: str | None = None
    name: str | None = None
    sort_name: str = ""
    name_key: str = ""
    place: str | None = None
    country: str | None = None
    legal_form: str | None = None
    founded_on: date | None = None
    trading_since: date | None = None
    basics: str | None = None
    external_ids: str = "[]"
    area_id: str | None = None
    salesperson_id: str | None = None
    nature: str | None = None
    shop_kind: str | None = None
    industry: str | None = None
    ownership: str | None = None
    location: str | None = None
    payment_days: int | None = None
    credit_limit: Decimal | None = None
    credit_currency: str | None = None
    agreed_on: date | None = None
    restriction: str | None = None
    stage: str = "PROSPECT"
    stage_since: date | None = None
    dealer_id: UUID | None = None
    merged_into: UUID | None = None
    figures: str = "{}"
    standing: str = "{}"


class Standing(msgspec.Struct, frozen=True, omit_defaults=True):
    """`since`: from when what stands of a field holds, or of fields that are always stated together. `waiting`: figures to be verified by task."""

    since: dict[str, datetime] = {}
    waiting: dict[str, Waiting] = {}
    step: TradeStep = TradeStep()
    dealer: Affiliation = INDEPENDENT


_standing = msgspec.json.Decoder(Standing)
_basics = msgspec.json.Decoder(Basics)
_external_ids = msgspec.json.Decoder(tuple[ExternalId, ...])
_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")


def sort_name(name: str | None) -> str:
    """A name as it is sorted and searched by prefix: compatibility form, no case."""
    return "" if name is None else unicodedata.normalize("NFKC", name).casefold()


def ids_text(found: tuple[ExternalId, ...]) -> str:
    return msgspec.json.encode(found).decode()


def standing_in(text: str) -> Standing:
    return _standing.decode(text)


def text_of(value: Any) -> str:
    return _encoder.encode(value).decode()


def external_ids_of(text: str) -> tuple[ExternalId, ...]:
    return _external_ids.decode(text)


def figures_in(text: str) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(text)
    return found


def basics_in(text: str) -> Basics:
    return _basics.decode(text)
