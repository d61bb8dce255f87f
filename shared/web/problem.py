"""Errors as RFC 9457 problem details: one shape for everything that is not a success. Values of the caller are never repeated."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from shared.telemetry.trace import current_trace_id
from shared.web import catalogue

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field. `pointer` is a JSON pointer as a URI fragment (RFC 6901 section 6): `#/items/3/amount`."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """An answer that is no success. Status and title come from the catalogue unless given.

    `extra` are further members of the body, such as the sum that is missing. Nothing in it may repeat personal data.
    """

    def __init__(
        self,
        code: str,
        status: int | None = None,
        title: str | None = None,
        detail: str | None = None,
        errors: Iterable[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        entry = catalogue.find(code)
        if entry is None and (status is None or title is None):
            raise ValueError(f"{code} is not in the catalogue of problems")
        self.code = code
        self.status: int = status if status is not None else entry.status if entry else 500
        self.title: str = title if title is not None else entry.title if entry else code
        self.detail = detail
        self.errors: Sequence[FieldError] = tuple(errors)
        self.headers: Mapping[str, str] = dict(headers or {})
        self.extra: Mapping[str, Any] = dict(extra or {})

    def body(self) -> dict[str, Any]:
        """The members of the problem, without the trace id, which belongs to one request."""
        members: dict[str, Any] = {
            "type": f"/problems/{self.code.lower().replace('_', '-')}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail is not None:
            members["detail"] = self.detail
        if self.errors:
            members["errors"] = [{"pointer": e.pointer, "code": e.code, "detail": e.detail} for e in self.errors]
        members.update(self.extra)
        return members


def problem_response(
    members: Mapping[str, Any], status: int, instance: str | None, headers: Mapping[str, str] | None = None
) -> Response:
    """A problem as a response. `instance` is the path of the request."""
    body = dict(members)
    if instance is not None:
        # A reference, and what was sent is not shown as it was.
        body["instance"] = quote(instance, safe="/:@!$&'()*+,;=~")
    trace_id = current_trace_id()
    if trace_id is not None:
        body["trace_id"] = trace_id
    return Response(msgspec.json.encode(body), status_code=status, headers=headers, media_type=MEDIA_TYPE)


def pointer(path: Iterable[str | int]) -> str:
    """A JSON pointer as a URI fragment. Field names of the caller are kept only when they are plain identifiers."""
    parts = ["#"]
    for step in path:
        text = str(step)
        if isinstance(step, str) and not (
            text.isascii() and text.replace("_", "").replace("-", "").isalnum() and len(text) <= 64
        ):
            text = "?"
        parts.append(text.replace("~", "~0").replace("/", "~1"))
    return "/".join(parts)
