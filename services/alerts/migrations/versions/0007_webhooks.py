"""Subscriptions of other systems and what is delivered to them."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = (
    # The subscriptions as their streams say; `since` is the place in the log behind which they begin.
    """CREATE TABLE alerts.webhooks (
      webhook_id uuid PRIMARY KEY,
      version int NOT NULL,
      state text NOT NULL CHECK (state IN ('ACTIVE', 'PAUSED', 'DISABLED', 'ENDED')),
      reason text,
      name text NOT NULL,
      sealed_url text NOT NULL,
      secrets jsonb NOT NULL,
      kinds text[] NOT NULL,
      levels text[] NOT NULL,
      rules text[] NOT NULL,
      since text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      failing_since timestamptz,
      last_delivered_at timestamptz
    )""",
    "CREATE INDEX ON alerts.webhooks (created_at, webhook_id)",
    # One call to be made, until it is answered or given up. `place` is the order of the log; `attempts` fences a slow sender;
    # `due` is the one call of a customer that may be made.
    """CREATE TABLE alerts.webhook_deliveries (
      webhook_id uuid NOT NULL REFERENCES alerts.webhooks,
      event_id uuid NOT NULL,
      place bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
      queue_key uuid NOT NULL,
      type text NOT NULL,
      body text NOT NULL,
      state text NOT NULL DEFAULT 'WAITING' CHECK (state IN ('WAITING', 'DELIVERED', 'DEAD')),
      due boolean NOT NULL DEFAULT false,
      attempts int NOT NULL DEFAULT 0,
      next_at timestamptz NOT NULL DEFAULT now(),
      leased_until timestamptz,
      began_at timestamptz,
      queued_at timestamptz NOT NULL DEFAULT now(),
      ended_at timestamptz,
      last_status int,
      last_error text,
      PRIMARY KEY (webhook_id, event_id)
    ) WITH (fillfactor = 70)""",
    "CREATE UNIQUE INDEX ON alerts.webhook_deliveries (webhook_id, place)",
    "CREATE INDEX ON alerts.webhook_deliveries (webhook_id, next_at) WHERE due",
    "CREATE UNIQUE INDEX ON alerts.webhook_deliveries (webhook_id, queue_key) WHERE due",
    "CREATE INDEX ON alerts.webhook_deliveries (webhook_id, queue_key, place) WHERE state = 'WAITING'",
    "CREATE INDEX ON alerts.webhook_deliveries (queued_at)",
    # Level and rule that an alert has at the place that was read: later events of it do not repeat them.
    "CREATE TABLE alerts.webhook_alerts (alert_id uuid PRIMARY KEY, level text NOT NULL, rule_id text)",
    "GRANT SELECT, INSERT, UPDATE ON alerts.webhooks, alerts.webhook_alerts TO alerts",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON alerts.webhook_deliveries TO alerts",
)


def upgrade() -> None:
    for statement in TABLES:
        op.get_bind().exec_driver_sql(statement)
