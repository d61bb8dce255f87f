"""Promises, the dossier of each customer, and what dashboards may see of them: dossier, register, collection plan, promises."""

from alembic import op

from services.cards.read_models.collection_plan import BROKEN_LATELY_DAYS, ORDER, PLAN
from services.cards.read_models.dossier import DOSSIER
from services.cards.read_models.promises import PROMISES
from shared.postgres.ddl import statements
from shared.projections.ddl import SLOTS, create_read_model

revision = "0006"
down_revision = "0005"

# An installation that begins with this revision has the columns already: the tables are made from the read model as it is now.
RECEIVABLES = """
ALTER TABLE {schema}.receivables_{slot} ADD COLUMN IF NOT EXISTS since text COLLATE "C";
ALTER TABLE {schema}.receivables_{slot} ADD COLUMN IF NOT EXISTS in_credit boolean;
CREATE INDEX ON {schema}.receivables_{slot} (customer_id) WHERE in_credit;
"""

VIEWS = """
-- What was promised by whom, and since when it is late.
CREATE VIEW {schema}.public_promises AS
    SELECT p.promise_id, p.customer_id, r.name, r.area_id, r.salesperson_id, p.made_by, p.kind, p.state, p.made_on, p.due_on, p.amount,
           p.currency, p.ended_on,
           greatest(coalesce(p.ended_on, current_date) - p.due_on, 0) AS days_late
      FROM {promises} p LEFT JOIN {receivables} r USING (customer_id);

-- One row a card: what the other services say of the customer, what was put into it, what was promised. A card that was merged into
-- another names it as `lead_id`: group by coalesce(lead_id, customer_id) for one row a customer.
CREATE VIEW {schema}.public_dossier AS
    SELECT d.customer_id, d.lead_id, r.name, r.area_id, r.salesperson_id, d.value_class, d.open_complaints,
           coalesce((d.complaints::jsonb ->> 'received')::int, 0) AS complaints_received, d.open_alerts, d.credit_level,
           coalesce(i.times, 0) AS invested_times, coalesce(i.hours, 0) AS invested_hours, i.last_on AS last_invested_on,
           d.investments::jsonb AS investments, coalesce(p.pending, 0) AS promises_pending, coalesce(p.late, 0) AS promises_late,
           coalesce(p.kept, 0) AS promises_kept, coalesce(p.broken, 0) AS promises_broken
      FROM {dossier} d
      LEFT JOIN {receivables} r ON r.customer_id = d.customer_id
      LEFT JOIN LATERAL (SELECT sum((e ->> 'times')::int) AS times, sum((e ->> 'hours')::numeric) AS hours,
                                max((e ->> 'last_on')::date) AS last_on
                           FROM jsonb_array_elements(d.investments::jsonb) e) i ON true
      LEFT JOIN (SELECT customer_id, count(*) FILTER (WHERE state = 'PENDING') AS pending,
                        count(*) FILTER (WHERE state = 'PENDING' AND due_on < current_date) AS late,
                        count(*) FILTER (WHERE state = 'KEPT') AS kept, count(*) FILTER (WHERE state = 'BROKEN') AS broken
                   FROM {promises} GROUP BY 1) p ON p.customer_id = d.customer_id;

-- The summary register: one row a card with what it stands for. `receivables`: by currency what is open, overdue and left as credit.
CREATE VIEW {schema}.public_register AS
    SELECT c.customer_id, c.kind, c.name, c.area_id, c.salesperson_id, c.nature, c.shop_kind, c.industry, c.restriction, c.payment_days,
           c.credit_limit, c.credit_currency, d.lead_id, d.value_class, coalesce(d.open_complaints, 0) AS open_complaints,
           coalesce(d.open_alerts, 0) AS open_alerts, d.credit_level, r.oldest_due_on, b.receivables
      FROM {customers} c
      LEFT JOIN {receivables} r ON r.customer_id = c.customer_id
      LEFT JOIN {dossier} d ON d.customer_id = c.customer_id
      LEFT JOIN LATERAL (
           SELECT jsonb_object_agg(v.key, jsonb_build_object(
                      'outstanding', v.value -> 'outstanding', 'unallocated', v.value -> 'unallocated',
                      'overdue', (SELECT coalesce(sum((x ->> 'open')::numeric), 0)::text FROM jsonb_array_elements(v.value -> 'items') x
                                   WHERE (x ->> 'due_on')::date < current_date))) AS receivables
             FROM jsonb_each(r.open_items) v) b ON true;

-- What is to be collected through the server's current date, in the order in which to collect it.
CREATE VIEW {schema}.public_collection_plan AS
    SELECT row_number() OVER (ORDER BY {order}) AS place, l.customer_id, l.name, l.area_id, l.salesperson_id, l.currency, l.to_collect,
           l.overdue, l.disputed, l.promised, l.promised_on, l.oldest_due_on, l.days_overdue, l.amount_days, l.promises_due,
           l.promises_broken, l.credit_level, l.value_class,
           CASE l.step WHEN 1 THEN 'PROMISE' WHEN 2 THEN 'OVERDUE' ELSE 'DUE' END AS why
      FROM ({plan}) l;

GRANT SELECT ON {schema}.public_promises, {schema}.public_dossier, {schema}.public_register,
    {schema}.public_collection_plan TO dashboards;
"""


def live(name: str, columns: str = "*") -> str:
    """The rows of a read model that are shown now, whichever slot they are in."""
    shown = (
        "SELECT {columns} FROM cards.{name}_{slot} WHERE (SELECT live FROM cards.routing WHERE read_model = '{name}') = '{slot}'"
    )
    return "(" + " UNION ALL ".join(shown.format(columns=columns, name=name, slot=slot) for slot in SLOTS) + ")"


CUSTOMERS = (
    "customer_id, kind, name, area_id, salesperson_id, nature, shop_kind, industry, restriction, payment_days, credit_limit,"
    " credit_currency"
)


def views() -> str:
    tables = {name: live(name) for name in ("receivables", "dossier", "promises")}
    plan = PLAN.format(day="current_date", lately=BROKEN_LATELY_DAYS, narrowed="", **tables)
    return VIEWS.format(schema="cards", plan=plan, order=ORDER, customers=live("customers", CUSTOMERS), **tables)


def upgrade() -> None:
    made = [statement for slot in SLOTS for statement in statements(RECEIVABLES.replace("{slot}", slot), "cards")]
    made += create_read_model(
        "cards", PROMISES, indexes=["due_on, promise_id", "customer_id, due_on, promise_id", "state, due_on, promise_id"]
    )
    made += create_read_model("cards", DOSSIER)
    made += [f"CREATE INDEX ON cards.dossier_{slot} (lead_id) WHERE lead_id IS NOT NULL" for slot in SLOTS]
    made += statements(views(), "cards")
    for statement in made:
        op.get_bind().exec_driver_sql(statement)
