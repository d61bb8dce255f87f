"""The list of customers by every field and mark; by what duplicates are found; saved lists."""

from alembic import op

from services.cards.read_models.saved_lists import SAVED_LISTS
from shared.postgres.ddl import statements
from shared.projections.ddl import create_read_model

revision = "0008"
down_revision = "0007"

# An installation that begins with this revision has the columns already: the tables are made from the read model as it is now. In an
# older one the rows show these defaults until the list is rebuilt.
COLUMNS = {
    "name_key": "text COLLATE \"C\" DEFAULT ''",
    "place": 'text COLLATE "C"',
    "country": 'text COLLATE "C"',
    "legal_form": 'text COLLATE "C"',
    "founded_on": "date",
    "trading_since": "date",
    "ownership": 'text COLLATE "C"',
    "location": 'text COLLATE "C"',
    "stage": "text COLLATE \"C\" DEFAULT 'PROSPECT'",
    "stage_since": "date",
    "dealer_id": "uuid",
    "merged_into": "uuid",
    "figures": "jsonb DEFAULT '{}'",
    "standing": "text COLLATE \"C\" DEFAULT '{}'",
}
SHOWN = (
    "customer_id, stub, kind, name, area_id, salesperson_id, nature, shop_kind, industry, payment_days, credit_limit,"
    " credit_currency, agreed_on, restriction, changed_at, ownership, location, place, country, legal_form, founded_on,"
    " trading_since, stage, stage_since, dealer_id, merged_into, figures"
)
VIEW = """
CREATE OR REPLACE VIEW {schema}.public_customers AS
    SELECT {shown} FROM {schema}.customers_a WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'customers') = 'a'
    UNION ALL
    SELECT {shown} FROM {schema}.customers_b WHERE (SELECT live FROM {schema}.routing WHERE read_model = 'customers') = 'b';
"""
INDEXES = (
    "(name_key, customer_id)",
    "(dealer_id, customer_id) WHERE dealer_id IS NOT NULL",
    "(merged_into, customer_id) WHERE merged_into IS NOT NULL",
    # Orders that are asked for with no condition: who has been with us longest, what changed last.
    "(trading_since, customer_id)",
    "(changed_at, customer_id)",
)
SIGNS = """
ALTER TABLE {schema}.customer_search ADD COLUMN sign text NOT NULL DEFAULT 'other';

-- A number without width, case, separators and leading zeros.
CREATE FUNCTION {schema}.number_key(number text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    RETURN ltrim(regexp_replace(lower(normalize(number, NFKC)), '[\\s._/#:-]+', '', 'g'), '0');
CREATE INDEX ON {schema}.external_ids ({schema}.number_key(value), customer_id);
"""


def upgrade() -> None:
    made = []
    for slot in "ab":
        table = f"cards.customers_{slot}"
        made += [f"ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {name} {kind}" for name, kind in COLUMNS.items()]
        made += [f"CREATE INDEX ON {table} {index}" for index in INDEXES]
    made += statements(SIGNS, "cards")
    made += create_read_model("cards", SAVED_LISTS, indexes=["owner, name, list_id"])
    made += statements(VIEW.replace("{shown}", SHOWN), "cards")
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
