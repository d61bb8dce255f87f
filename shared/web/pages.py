"""Pages of lists: keyset cursors that are opaque, signed, and bound to the filters that they were made for."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Query, Request
from starlette.responses import Response

from shared.web.problem import Problem
from shared.web.rendering import Json

DEFAULT_LIMIT = 50
LARGEST_LIMIT = 500
_SIGNATURE_BYTES = 16

Item = TypeVar("Item")
SortKey = str | int | None

Limit = Annotated[int, Query(ge=1, le=LARGEST_LIMIT, description="Items a page.")]
CursorParameter = Annotated[
    str | None, Query(alias="cursor", max_length=2000, description="`next_cursor` of the page before, with the same filters.")
]


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """One page; `next_cursor` is None at the end."""

    items: Sequence[Item]
    next_cursor: str | None


class _Held(msgspec.Struct, array_like=True, frozen=True):
    filters: bytes
    keys: tuple[SortKey, ...]


_decoder = msgspec.msgpack.Decoder(_Held)


def filter_hash(**filters: Any) -> bytes:
    """Short hash of a list's name and filters; filters that are not set count for nothing."""
    content = sorted((name, str(value)) for name, value in filters.items() if value is not None)
    return hashlib.sha256(msgspec.json.encode(content)).digest()[:12]


class CursorCodec:
    """Makes and reads cursors. `secret` is the signing key, the same for all processes of an installation."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hashlib.sha256(b"page cursors\n" + secret).digest()

    def encode(self, filter_hash: bytes, keys: Sequence[SortKey]) -> str:
        """A cursor that goes on after the row with these sort keys (texts, whole numbers, None)."""
        content = msgspec.msgpack.encode(_Held(filter_hash, tuple(keys)))
        return _text(self._signature(content) + content)

    def decode(self, filter_hash: bytes, cursor: str, length: int | None = None) -> tuple[SortKey, ...]:
        """The sort keys in a cursor. Raises Problem (400) when it was not made here, or for other filters, or holds not `length` keys."""
        try:
            raw = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
            # The decoder passes over what is no letter of its alphabet, and over bits at the end.
            if _text(raw) != cursor:
                raise Problem("CURSOR_INVALID")
            signature, content = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
            if not hmac.compare_digest(signature, self._signature(content)):
                raise Problem("CURSOR_INVALID")
            held = _decoder.decode(content)
        except (UnicodeError, binascii.Error, msgspec.MsgspecError):
            raise Problem("CURSOR_INVALID") from None
        if held.filters != filter_hash or (length is not None and len(held.keys) != length):
            raise Problem("CURSOR_INVALID")
        return held.keys

    def _signature(self, content: bytes) -> bytes:
        return hmac.digest(self._secret, content, "sha256")[:_SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def page_response(page: Page[Any], request: Request, head: Mapping[str, Any] | None = None) -> Response:
    """`{"items": [...], "next_cursor": ..., "next": <absolute URL>}` and a Link header; both `next*` are absent at the end.

    `head` goes before the items: what holds for all of them.
    """
    body: dict[str, Any] = {**(head or {}), "items": list(page.items)}
    headers: dict[str, str] = {}
    if page.next_cursor is not None:
        url = str(request.url.include_query_params(cursor=page.next_cursor))
        body["next_cursor"], body["next"] = page.next_cursor, url
        headers["Link"] = f'<{url}>; rel="next"'
    return Json(body, headers=headers)
