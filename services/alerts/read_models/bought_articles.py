"""Which articles has each customer bought lately? Read from the log by whole pieces, when somebody asks."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from services.alerts.read_models.log_places import IN_PIECE, read_on
from shared.contracts.cursor import Cursor
from shared.contracts.transactions import SaleRecorded
from shared.postgres.pool import Connection, Pool
from shared.projections.routing import live_table

ARTICLE_DAYS = 180
"""An article is a customer's for so many days before its last purchase."""
KEPT_DAYS = 2 * 365
"""What was last bought longer ago is forgotten: nobody asks for customers who have bought nothing for a year."""

_READ = """
SELECT e.customer_id, line->>'article', max((e.body->>'sold_on')::date)
  FROM cards.published_events e, jsonb_array_elements(e.body->'lines') AS line
 WHERE {in_piece} AND e.type = $8 AND (e.body->>'sold_on')::date > $7 GROUP BY 1, 2"""
_WRITE = """
INSERT INTO alerts.bought_articles AS b (customer_id, article, last_on) SELECT * FROM unnest($1::uuid[], $2::text[], $3::date[])
ON CONFLICT (customer_id, article) DO UPDATE SET last_on = excluded.last_on WHERE excluded.last_on > b.last_on"""
_FORGET = "DELETE FROM alerts.bought_articles WHERE last_on <= $1"
_LATELY = """
SELECT b.customer_id, array_agg(b.article) FROM alerts.bought_articles b JOIN {watched} w USING (customer_id)
 WHERE b.last_on >= w.last_purchase_on - $1::int GROUP BY b.customer_id"""


async def read_bought_articles(pool: Pool, cards: Pool, through: Cursor, today: date) -> None:
    """Take in what cards has recorded up to a place below which nothing more can appear."""
    oldest = today - timedelta(days=KEPT_DAYS)
    await read_on(pool, cards, "bought_articles", through, _READ.format(in_piece=IN_PIECE), (oldest, SaleRecorded.type), _WRITE)
    async with pool.acquire() as c:
        await c.execute(_FORGET, oldest)


async def bought_lately(c: Connection) -> dict[UUID, frozenset[str]]:
    """By customer, the articles bought in the last ARTICLE_DAYS before its last purchase."""
    watched = await live_table(c, "alerts", "watched_customers")
    return {row[0]: frozenset(row[1]) for row in await c.fetch(_LATELY.format(watched=watched), ARTICLE_DAYS)}


def create_table() -> list[str]:
    return [
        'CREATE TABLE alerts.bought_articles (customer_id uuid, article text COLLATE "C", last_on date NOT NULL,'
        " PRIMARY KEY (customer_id, article))",
        "CREATE INDEX ON alerts.bought_articles (last_on)",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON alerts.bought_articles TO alerts",
    ]
