"""Tables of a read model, for the migrations: two slots, its totals, its row in the routing table, the rights."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.projections.read_model import ReadModel
from shared.projections.sums import key_columns

SLOTS = ("a", "b")


def table_name(schema: str, name: str, slot: str) -> str:
    return f"{schema}.{name}_{slot}"


def totals_name(schema: str, name: str, slot: str) -> str:
    return f"{schema}.{name}_totals_{slot}"


def create_read_model(schema: str, model: ReadModel[Any], indexes: Sequence[str] = (), carried: Sequence[str] = ()) -> list[str]:
    """Statements that make a read model's tables. `indexes` are column lists, such as "area_id, name", made on both slots.
    `carried`: columns that the primary key carries, so that who asks for no others need not read the table."""
    statements: list[str] = []
    for slot in SLOTS:
        table = table_name(schema, model.name, slot)
        columns = ", ".join(
            _column(name, kind, key=name in key_columns(model) or name in model.added) for name, kind in model.columns.items()
        )
        key = f"PRIMARY KEY ({', '.join(key_columns(model))})" + (f" INCLUDE ({', '.join(carried)})" if carried else "")
        # Sums of a day are written and hardly ever touched again, and read by the million.
        filled = 80 if model.split is None else 100
        statements.append(f"CREATE TABLE {table} ({columns}, part smallint NOT NULL, {key}) WITH (fillfactor = {filled})")
        statements += _rights(schema, table)
        if model.split is None:
            # Sums have many rows, and only checks and rebuilds ask for a part: they read the table.
            statements.append(f"CREATE INDEX ON {table} (part)")
        statements += [f"CREATE INDEX ON {table} ({columns})" for columns in indexes]
        if model.totals is not None:
            totals = totals_name(schema, model.name, slot)
            statements.append(_TOTALS.format(table=totals))
            statements += _rights(schema, totals)
    statements.append(_ROUTING.format(schema=schema, name=model.name, version=int(model.version)))
    return statements


def drop_read_model(schema: str, name: str) -> list[str]:
    """Statements that take a read model away again, with its positions."""
    tables = [make(schema, name, slot) for slot in SLOTS for make in (table_name, totals_name)]
    return [
        *(f"DROP TABLE IF EXISTS {table}" for table in tables),
        *(_FORGET.format(schema=schema, table=table, name=name) for table in ("routing", "positions", "parked")),
    ]


_TOTALS = (
    'CREATE TABLE {table} (group_key text COLLATE "C" NOT NULL, part smallint NOT NULL,'
    ' measure text COLLATE "C" NOT NULL, value numeric NOT NULL, PRIMARY KEY (group_key, part, measure))'
)
_ROUTING = "INSERT INTO {schema}.routing (read_model, live, version) VALUES ('{name}', 'a', {version}) ON CONFLICT (read_model) DO NOTHING"
_FORGET = "DELETE FROM {schema}.{table} WHERE read_model = '{name}'"


def _column(name: str, kind: str, key: bool) -> str:
    collation = ' COLLATE "C"' if kind == "text" else ""
    return f"{name} {kind}{collation}{' NOT NULL' if key else ''}"


def _rights(schema: str, table: str) -> list[str]:
    return [
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {schema}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON {table} TO {schema}_rebuild",
    ]
