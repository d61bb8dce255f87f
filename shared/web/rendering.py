"""Bodies of successful answers: decimals as strings, ids and days as text, times in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from pydantic import BaseModel
from starlette.responses import Response


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_none=True)
    raise TypeError(f"{type(value).__name__} cannot be put into an answer")


_encoder = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical", enc_hook=_plain)
_sorted = msgspec.json.Encoder(decimal_format="string", uuid_format="canonical", enc_hook=_plain, order="sorted")


def rendered(value: Any) -> bytes:
    """JSON of dictionaries, structs, dataclasses and models."""
    return _encoder.encode(value)


class Json(Response):
    """A JSON response, rendered by us and passed on as it is."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return b"" if content is None else rendered(content)


class RepeatableJson(Json):
    """Members in the order of their names: an answer that was stored meanwhile, which keeps no order, has the same bytes."""

    def render(self, content: Any) -> bytes:
        return b"" if content is None else _sorted.encode(content)


class NotModified(Response):
    """304: the caller has the answer already. `shown` is what it has, for the log of reads."""

    def __init__(self, content: Any, headers: Mapping[str, str]) -> None:
        super().__init__(status_code=304, headers=dict(headers))
        self.shown = rendered(content)
