"""Commands over HTTP: the key that makes a repeat harmless, the version that it was decided on, and the answer.

The header follows draft-ietf-httpapi-idempotency-key-header-07 (quoted) and common practice (bare).
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec
from fastapi import Depends, Header, Request
from starlette.responses import Response

from shared.auth.scopes import SEES_PERSONS
from shared.web.answers import Answer
from shared.web.problem import Problem, problem_response
from shared.web.rendering import Json, NotModified, RepeatableJson
from shared.web.routes import StrictRequest
from shared.web.scope import caller_of

KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r'"([\x21\x23-\x5b\x5d-\x7e]{1,255})"|([\x21\x23-\x7e][\x21-\x7e]{0,254})')
_ETAG = re.compile(r'"(0|[1-9][0-9]{0,9})(?:-withheld)?"')
_NAMESPACE = UUID("5d6a3b52-3c0f-5f43-9d4c-5f0f3c0f8a11")
_encoder = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True)
class CommandKey:
    """Names one intention of one caller: (principal, route, key). `fingerprint` is the SHA-256 of address and canonical body."""

    principal: UUID
    route: str
    key: str
    fingerprint: bytes

    def new_id(self, n: int = 0) -> UUID:
        """The n-th id that this command makes: a repeat makes the same ones, so twins meet on one stream."""
        return uuid5(_NAMESPACE, f"{self.principal}\n{self.route}\n{self.key}\n{n}")


async def command_key_of(request: Request, header: str | None) -> CommandKey:
    """What the header names. Raises Problem: IDEMPOTENCY_KEY_MISSING, IDEMPOTENCY_KEY_INVALID."""
    if header is None:
        raise Problem("IDEMPOTENCY_KEY_MISSING")
    named = key_in(header)
    if named is None or len(request.headers.getlist(KEY_HEADER)) > 1:
        raise Problem("IDEMPOTENCY_KEY_INVALID")
    content = b""
    if isinstance(request, StrictRequest) and request.limit is not None:
        body = await request.body()
        if body:
            content = _encoder.encode(await request.json())
    fingerprint = fingerprint_of(f"{request.method} {request.url.path}?{request.url.query}", content)
    route = f"{request.method} {request.scope['route'].path}"
    return CommandKey(caller_of(request).id, route, named, fingerprint)


def key_in(header: str) -> str | None:
    """The key that a header holds; None when it holds none."""
    match = _KEY.fullmatch(header)
    return None if match is None else match[1] or match[2]


def fingerprint_of(address: str, content: bytes) -> bytes:
    """What tells one command from another: method, path and query, and the JSON of its body, members in the order of their names."""
    return hashlib.sha256(b"%b\n%b" % (address.encode(), content)).digest()


async def _command_key(
    request: Request,
    header: Annotated[
        str | None,
        Header(
            alias=KEY_HEADER,
            description="Names this intention; a repeat carries the same. 1 to 255 visible ASCII characters.",
        ),
    ] = None,
) -> CommandKey:
    return await command_key_of(request, header)


async def _if_match(
    request: Request,
    header: Annotated[
        str | None, Header(alias="If-Match", description="The ETag of the version that the command was decided on.")
    ] = None,
) -> int:
    if header is None:
        raise Problem("IF_MATCH_MISSING")
    return _version(request)


async def _if_match_optional(
    request: Request,
    header: Annotated[
        str | None, Header(alias="If-Match", description="The ETag of the version that the command was decided on.")
    ] = None,
) -> int | None:
    return None if header is None else _version(request)


def _version(request: Request) -> int:
    # Of two headers there is no saying which version it was decided on.
    match = _ETAG.fullmatch(",".join(request.headers.getlist("if-match")).strip())
    if match is None:
        raise Problem("IF_MATCH_INVALID")
    return int(match[1])


command_key = Depends(_command_key)
if_match = Depends(_if_match)
Command = Annotated[CommandKey, command_key]
IfMatch = Annotated[int, if_match]
IfMatchOptional = Annotated[int | None, Depends(_if_match_optional)]


def reused_key() -> Problem:
    """The key was used before with another fingerprint (422)."""
    return Problem("IDEMPOTENCY_KEY_REUSED")


def etag(version: int) -> str:
    return f'"{version}"'


def respond(answer: Answer, request: Request) -> Response:
    """The response to a command: status, ETag, Regulars-Position, Location, Idempotent-Replayed, and the body."""
    return response_of(answer, request.url.path if answer.status >= 400 else "")


def response_of(answer: Answer, path: str) -> Response:
    """As `respond`; `path` is only told of with a problem."""
    headers: dict[str, str] = {}
    if answer.version is not None:
        headers["ETag"] = etag(answer.version)
    if answer.position is not None:
        headers["Regulars-Position"] = answer.position
    if answer.location is not None:
        headers["Location"] = answer.location
    if answer.replayed:
        headers["Idempotent-Replayed"] = "true"
    if answer.status >= 400:
        return problem_response(answer.body or {}, answer.status, path, headers)
    return RepeatableJson(answer.body, status_code=answer.status, headers=headers)


def resource(body: Any, version: int, request: Request, *, by_version: bool = True, persons: bool = True) -> Response:
    """A single resource with its ETag; 304 without a body when If-None-Match names this version, or any with `*`.

    What is answered without persons' data has an ETag of its own, which does as If-Match too: whoever is shown them later must not be
    told that nothing has changed, nor the other way round. Not `persons`: all are shown the same. Not `by_version`: what is shown
    depends on more than what was recorded on the stream, such as the day, and is always sent.
    """
    withheld = by_version and persons and not caller_of(request).may(SEES_PERSONS)
    tag = f'"{version}-withheld"' if withheld else etag(version)
    wanted = ",".join(request.headers.getlist("if-none-match"))
    if by_version and (wanted.strip() == "*" or tag in (part.strip().removeprefix("W/") for part in wanted.split(","))):
        return NotModified(body, {"ETag": tag})
    return Json(body, headers={"ETag": tag})
