"""What do figures come from? Read models, and through which event each has folded the topics that it follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.contracts.cursor import START
from shared.postgres.pool import Connection
from shared.projections.reached import reached
from shared.projections.read_model import ReadModel


async def basis(c: Connection, schema: str, models: Sequence[ReadModel[Any]]) -> list[dict[str, str]]:
    found = []
    for model in models:
        for topic in sorted(model.topics):
            places = (await reached(c, schema, model.name, topic)).values()
            found.append({"read_model": model.name, "topic": topic, "through": str(max(places, default=START))})
    return found
