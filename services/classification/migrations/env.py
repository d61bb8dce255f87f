"""Run by alembic: the connection is given by `shared.postgres.migrate`."""

from alembic import context

from shared.postgres.migrate import run

run(context.config.attributes["connection"], "classification")
