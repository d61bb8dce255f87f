"""Every error code of the HTTP interfaces: its usual status, its title, and the page that explains it.

Codes are stable. Services add their own with `describe` where they define the refusal.
"""

from __future__ import annotations

import html
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One kind of problem, as documented at /problems/<slug>."""

    code: str
    status: int
    title: str
    explanation: str

    @property
    def slug(self) -> str:
        return self.code.lower().replace("_", "-")


_entries: dict[str, Entry] = {}
_slugs: dict[str, Entry] = {}


def describe(code: str, status: int, title: str, explanation: str) -> str:
    """Make a code known and return it. Describing it again in the same words is allowed, in other words it is a ValueError."""
    entry = Entry(code, status, title, explanation)
    if _entries.get(code, entry) != entry:
        raise ValueError(f"{code} is described twice")
    _entries[code] = _slugs[entry.slug] = entry
    return code


def find(code: str) -> Entry | None:
    return _entries.get(code)


def entries() -> tuple[Entry, ...]:
    """All known problems, by code."""
    return tuple(_entries[code] for code in sorted(_entries))


def page(slug: str) -> str | None:
    """The page about one kind of problem as HTML, None when there is no such kind."""
    entry = _slugs.get(slug)
    if entry is None:
        return None
    title, text = html.escape(entry.title), html.escape(entry.explanation)
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p><code>{entry.code}</code>, usually with status {entry.status}.</p><p>{text}</p></html>"
    )


for _code, _status, _title, _explanation in (
    ("JSON_INVALID", 400, "The body is not valid JSON",
     "The body must be one JSON text in UTF-8, without a byte order mark. NaN, Infinity and repeated keys are not JSON here."),
    ("JSON_TOO_DEEP", 400, "The body is nested too deeply", "Objects and arrays may be nested at most 32 deep."),
    ("JSON_NUMBER_OUT_OF_RANGE", 400, "A number is out of range",
     "Whole numbers must fit into 64 bits with a sign, other numbers into a double. Money is sent as a decimal string."),
    ("TEXT_INVALID", 400, "A text holds characters that are not accepted",
     "NUL, control characters other than tab and line breaks, bidirectional overrides and lone surrogates are refused."),
    ("QUERY_INVALID", 400, "The query holds what is not known here",
     "`errors` names every parameter that this operation does not know or that was said more than once. Nothing is passed over: a filter that "
     "is misspelt would answer everything."),
    ("BODY_MISSING", 400, "The body is missing", "This operation needs a JSON body."),
    ("IDEMPOTENCY_KEY_MISSING", 400, "The Idempotency-Key header is missing",
     "Every command carries an Idempotency-Key, so that repeating it after a lost answer does no harm. Make a new one (a UUID is fine) for "
     "each new intention and repeat the same one when in doubt."),
    ("IDEMPOTENCY_KEY_INVALID", 400, "The Idempotency-Key header is malformed", "A key is 1 to 255 visible ASCII characters, bare or in double quotes."),
    ("IDEMPOTENCY_KEY_REUSED", 422, "This Idempotency-Key was used for another request",
     "A key belongs to one request: same operation, same address, same body. Make a new key for a new request."),
    ("COMMAND_RUNNING", 409, "The same command is still running", "The first request with this Idempotency-Key has not ended. Repeat it after the given time."),
    ("CURSOR_INVALID", 400, "The page cursor is not valid",
     "A cursor is used as it was given, with the same filters. Start again without a cursor."),
    ("POSITION_INVALID", 400, "The position is not valid", "min_position takes the value of a Regulars-Position header as it was given."),
    ("KEY_MISSING", 401, "An API key is needed",
     "Send the key as `Authorization: Bearer reg_...`, or an access token of the company's identity provider in its place."),
    ("KEY_INVALID", 401, "The API key is not valid", "The key is unknown, malformed or withdrawn."),
    ("TOKEN_INVALID", 401, "The access token is not valid",
     "It is malformed, expired, not for this service, not by its identity provider, or of somebody who is not admitted here."),
    ("SCOPE_MISSING", 403, "The API key does not allow this", "The key lacks the scope that this operation needs; the scope is named in the answer."),
    ("ROWS_LIMITED", 403, "This is not for callers with customers of their own",
     "The operation is about more customers than those of a salesperson or of a supervisor's areas. Ask somebody who keeps them all."),
    ("NOT_FOUND", 404, "There is nothing at this address", "The address names no resource of this service, or none that this key may see."),
    ("METHOD_NOT_ALLOWED", 405, "This method is not offered here", "The Allow header names the methods of this address."),
    ("CONFLICT", 409, "The state of the resource does not allow this", "Read the resource again and decide anew."),
    ("CUSTOMER_UNKNOWN", 404, "The customer is not known", "No customer has this id or this external id."),
    ("CUSTOMER_ERASED", 410, "The customer's personal data were erased", "The card is gone for good. Figures go on under the bare id."),
    ("VERSION_STALE", 412, "The resource has changed meanwhile", "If-Match names an older version. Read the resource again and decide anew."),
    ("BODY_TOO_LARGE", 413, "The body is too large",
     "A body holds at most 256 KiB, a bulk body 2 MiB. Larger inputs go to /v1/imports as lines of JSON, at most 64 KiB a line."),
    ("EVENT_TOO_LARGE", 413, "What would be recorded is too large",
     "All fields of a command together hold at most 64 KiB, personal texts counted by a third more. Nothing was recorded; shorten the texts."),
    ("MEDIA_TYPE_UNSUPPORTED", 415, "This media type is not accepted", "Send application/json; imports take application/x-ndjson or application/jsonl."),
    ("VALIDATION_FAILED", 422, "Some fields are not valid", "`errors` names every field by a JSON pointer, and what is wrong with it."),
    ("IF_MATCH_MISSING", 428, "The If-Match header is missing",
     "A command on an existing resource carries the ETag of the version that it was decided on."),
    ("IF_MATCH_INVALID", 400, "The If-Match header is malformed", "Send the ETag as it was given: one version number in double quotes."),
    ("RATE_LIMITED", 429, "Too many requests", "The key has used up its requests. Retry-After names the seconds until there are new ones."),
    ("INTERNAL_ERROR", 500, "Something went wrong on our side",
     "It is not known whether the command took effect. Repeat it with the same Idempotency-Key. Quote the trace_id when you report it."),
    ("UNAVAILABLE", 503, "The service cannot answer just now", "A dependency is away or busy. Repeat the request after the given time, with the same key."),
    ("POSITION_NOT_REACHED", 503, "The lists have not caught up yet", "What min_position asks for was not there within two seconds. Ask again."),
):  # fmt: skip
    describe(_code, _status, _title, _explanation)
