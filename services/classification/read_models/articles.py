"""What is each article, from which day on? One row for each article and day from which something else holds."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

import msgspec

from services.classification.domain.article import id_of
from services.classification.domain.stock import Unit
from shared.contracts.envelope import Envelope
from shared.contracts.money import Money
from shared.contracts.products import ArticleDescribed, Pack
from shared.contracts.topics import CLASSIFICATION_EVENTS
from shared.postgres.pool import Connection
from shared.projections.read_model import ReadModel
from shared.projections.routing import live_table

_encoder = msgspec.json.Encoder(decimal_format="string")
_prices: msgspec.json.Decoder[tuple[Money, ...]] = msgspec.json.Decoder(tuple[Money, ...])
_packs: msgspec.json.Decoder[tuple[Pack, ...]] = msgspec.json.Decoder(tuple[Pack, ...])


@dataclass(frozen=True, slots=True)
class Described:
    """`unit_prices` and `packs` are JSON as the event has them."""

    row_id: UUID
    article: str
    from_on: date
    unit: str
    name: str | None
    unit_prices: str
    packs: str


def key(envelope: Envelope) -> UUID | None:
    event = envelope.event
    return id_of(event.article, event.from_on) if isinstance(event, ArticleDescribed) else None


def evolve(row: Described | None, envelope: Envelope) -> Described | None:
    event = envelope.event
    if not isinstance(event, ArticleDescribed):
        return row
    return Described(
        row_id=id_of(event.article, event.from_on),
        article=event.article,
        from_on=event.from_on,
        unit=event.unit,
        name=event.name,
        unit_prices=_encoder.encode(event.unit_prices).decode(),
        packs=_encoder.encode(event.packs).decode(),
    )


ARTICLES = ReadModel(
    name="articles",
    version=1,
    row=Described,
    columns={
        "row_id": "uuid",
        "article": "text",
        "from_on": "date",
        "unit": "text",
        "name": "text",
        "unit_prices": "text",
        "packs": "text",
    },
    key_column="row_id",
    topics={CLASSIFICATION_EVENTS: frozenset({ArticleDescribed.type})},
    key=key,
    evolve=evolve,
)


@dataclass(frozen=True, slots=True)
class Article:
    """An article as it is described on a day."""

    article: str
    from_on: date
    unit: str
    name: str | None
    unit_prices: Sequence[Money]
    packs: Sequence[Pack]

    def price_in(self, currency: str | None) -> Decimal | None:
        return next((one.amount for one in self.unit_prices if one.currency == currency), None)

    def counted_in(self, currency: str | None) -> Unit:
        return Unit(self.unit, self.packs, self.price_in(currency))


_ON_A_DAY = """
SELECT DISTINCT ON (article) article, from_on, unit, name, unit_prices, packs FROM {table}
 WHERE from_on <= $1 AND ($2::text[] IS NULL OR article = ANY($2)) AND ($3::text IS NULL OR article > $3)
 ORDER BY article, from_on DESC LIMIT $4"""


async def described_on(
    c: Connection,
    schema: str,
    day: date,
    names: Collection[str] | None = None,
    after: str | None = None,
    limit: int | None = None,
) -> list[Article]:
    """Articles as they are described on a day, by number; those of `names` only, where given."""
    statement = _ON_A_DAY.format(table=await live_table(c, schema, ARTICLES))
    rows = await c.fetch(statement, day, None if names is None else list(names), after, limit)
    return [
        Article(
            row["article"],
            row["from_on"],
            row["unit"],
            row["name"],
            _prices.decode(row["unit_prices"]),
            _packs.decode(row["packs"]),
        )
        for row in rows
    ]
