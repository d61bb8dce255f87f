"""Reads of customers are recorded when the answer is made and before any of it leaves; what cannot be recorded is not answered."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterable
from uuid import UUID

from fastapi import Request
from starlette.responses import Response, StreamingResponse

from shared.audit.named import Named
from shared.audit.purposes import HEADER, PURPOSES
from shared.audit.reads import Kind, Read, Reads
from shared.auth.principal import Principal
from shared.auth.scopes import SEES_PERSONS
from shared.telemetry.trace import current_trace_id
from shared.web.catalogue import describe
from shared.web.problem import Problem
from shared.web.rendering import NotModified
from shared.web.scope import caller_of

log = logging.getLogger(__name__)
_Piece = str | bytes | memoryview

PURPOSE_MISSING = describe(
    "PURPOSE_MISSING",
    400,
    "The Regulars-Purpose header is missing",
    "Persons' data are shown for a purpose, which is kept with the read. Send one of: " + ", ".join(PURPOSES) + ".",
)
PURPOSE_INVALID = describe(
    "PURPOSE_INVALID", 400, "This is no purpose", "Regulars-Purpose takes one of: " + ", ".join(PURPOSES) + "."
)


def for_a_purpose(request: Request, caller: Principal, scope: str) -> Principal:
    """The caller as this read allows: without a purpose nobody sees persons. Raises Problem: PURPOSE_MISSING, PURPOSE_INVALID."""
    said = request.headers.getlist(HEADER)
    purpose = said[0] if said else None
    if len(said) > 1 or (purpose is not None and purpose not in PURPOSES):
        raise Problem(PURPOSE_INVALID)
    request.state.purpose = purpose
    if purpose is not None or not caller.may(SEES_PERSONS):
        return caller
    if scope == SEES_PERSONS:
        raise Problem(PURPOSE_MISSING)
    return caller.without(SEES_PERSONS)


async def recorded(request: Request, response: Response, operation: str, of_one: bool) -> Response:
    """The answer, once it is on record whose customers it shows. `of_one`: the path names a customer, or something of one.

    Raises Problem: UNAVAILABLE when that cannot be recorded.
    """
    if not (200 <= response.status_code < 300 or response.status_code == 304):
        return response
    media_type = response.headers.get("content-type", "")
    named = Named(media_type)
    kind: Kind = "EXPORTED" if media_type.startswith("text/csv") else "OPENED" if of_one else "LISTED"
    if isinstance(response, StreamingResponse):
        await _follow(request, response, operation, kind, named)
        return response
    opened = [UUID(request.path_params["customer_id"])] if "customer_id" in request.path_params else []
    shown = response.shown if isinstance(response, NotModified) else response.body
    await _record(request, operation, kind, [*opened, *named.within(shown)])
    return response


async def _record(request: Request, operation: str, kind: Kind, customers: Iterable[UUID]) -> bool:
    named = tuple(dict.fromkeys(customers))
    if not named:
        return False
    reads: Reads | None = request.app.state.reads
    caller = caller_of(request)
    personal = caller.may(SEES_PERSONS)
    purpose: str | None = request.state.purpose
    read = Read(caller.id, caller.key_id, caller.person_id, operation, kind, purpose, personal, named, current_trace_id())
    try:
        if reads is None:
            raise LookupError("a service without a log of reads")
        await reads.record(read)
    except Exception as error:
        # Whatever it is: an answer that nobody has recorded must not leave.
        log.error("read not recorded, nothing answered: %s", type(error).__name__)
        raise Problem("UNAVAILABLE", headers={"Retry-After": "1"}) from error
    return True


async def _follow(request: Request, response: StreamingResponse, operation: str, kind: Kind, named: Named) -> None:
    pieces = response.body_iterator
    ahead: list[_Piece] = []
    if kind == "EXPORTED":
        # The first customers are recorded before the answer begins, so that it can still be refused as a whole.
        async for piece in pieces:
            ahead.append(piece)
            if await _record(request, operation, kind, named.within(_bytes(piece))):
                break

    async def body() -> AsyncIterator[_Piece]:
        for piece in ahead:
            yield piece
        async for piece in pieces:
            await _record(request, operation, kind, named.within(_bytes(piece)))
            yield piece

    response.body_iterator = body()


def _bytes(piece: _Piece) -> bytes | memoryview:
    return piece.encode() if isinstance(piece, str) else piece
