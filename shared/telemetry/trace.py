"""W3C trace context of the request in hand: continued from the caller when valid, begun anew otherwise.

Source: W3C Trace Context, https://www.w3.org/TR/trace-context/.
"""

from __future__ import annotations

import re
import secrets
from contextvars import ContextVar

import msgspec

_TRACEPARENT = re.compile(r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:/+=-]{1,128}")


class Trace(msgspec.Struct, frozen=True, gc=False):
    """`span_id` is ours; `request_id` is the caller's X-Request-Id or, without a usable one, the trace id.

    `parent`: the caller's traceparent, where it was continued.
    """

    trace_id: str
    span_id: str
    flags: str
    request_id: str
    parent: str | None = None

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"

    @property
    def sampled(self) -> bool:
        """Whether somebody records this trace."""
        return int(self.flags, 16) & 1 == 1


_current: ContextVar[Trace | None] = ContextVar("trace", default=None)


def begin(traceparent: str | None, request_id: str | None) -> Trace:
    """The trace of a new request, set for the running context. Malformed headers are passed over, as the standard asks."""
    # Anything may stand behind the first four fields of a later version; only version 00 ends there.
    match = _TRACEPARENT.match(traceparent) if traceparent is not None else None
    if match is not None and traceparent is not None:
        rest = traceparent[match.end() :]
        if rest and (traceparent.startswith("00") or not rest.startswith("-")):
            match = None
    fresh = secrets.token_hex(24)
    trace_id = match[1] if match else fresh[:32]
    flags = match[3] if match else "00"
    usable = request_id is not None and _REQUEST_ID.fullmatch(request_id) is not None
    named = request_id if usable and request_id else trace_id
    trace = Trace(trace_id, fresh[32:], flags, named, traceparent if match else None)
    _current.set(trace)
    return trace


def become(here: Trace, trace_id: str, span_id: str) -> Trace:
    """The same request under the ids of a span that is recorded."""
    named = here.request_id != here.trace_id
    found = Trace(trace_id, span_id, "01", here.request_id if named else trace_id, here.parent)
    _current.set(found)
    return found


def current() -> Trace | None:
    return _current.get()


def current_trace_id() -> str | None:
    trace = _current.get()
    return None if trace is None else trace.trace_id
