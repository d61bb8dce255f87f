"""Bodies sent to the services: as a job for what is large, in groups of a thousand otherwise."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import orjson

from clients.python.regulars_client import Cards, Reply, pages
from clients.python.regulars_client.cards_answers import (
    RecordTransactionsAnswer,
    RecordTransactionsItem,
    RegisterCustomersAnswer,
    RegisterCustomersItem,
)
from clients.python.regulars_client.complaints_answers import ReceiveComplaintsAnswer, ReceiveComplaintsItem
from deploy.http import chunks, key_of
from deploy.imports.bodies import Line
from deploy.imports.files import BadLine
from deploy.progress import Advance

_RUNNING = frozenset({"receiving", "stored", "running"})
_VERDICTS: tuple[Literal["recorded", "duplicate", "conflict", "rejected"], ...] = (
    "recorded",
    "duplicate",
    "conflict",
    "rejected",
)
_GROUP = 500

BulkReply = Reply[RecordTransactionsAnswer] | Reply[RegisterCustomersAnswer] | Reply[ReceiveComplaintsAnswer]
BulkItem = RecordTransactionsItem | RegisterCustomersItem | ReceiveComplaintsItem


class ImportFailed(Exception):
    """An import job ended without having looked at all of its lines."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one body: `id` of what it made, or the `code` and the reason why not."""

    status: str
    id: str = ""
    code: str = ""
    reason: str = ""


@dataclass
class Outcome:
    """How many bodies came to which verdict, and the lines that were refused. `items`: the verdicts of a bulk, by line."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[BadLine] = field(default_factory=list)
    items: list[Verdict] = field(default_factory=list)


async def send_job(
    cards: Cards, kind: Literal["transactions", "customers"], lines: Sequence[Line], source: str, ends: bool, advance: Advance
) -> Outcome:
    """Customers or transactions as one import job, waited for to its end. `ends`: the source will deliver nothing more.

    Raises ApiRefused, ApiUnreachable, ImportFailed.
    """
    content = b"\n".join(orjson.dumps(line.body) for line in lines) + b"\n"
    started = await cards.start_import(content, kind=kind, source=source, ends=ends, on_error="continue")
    job = started.body["job_id"]
    shown = 0
    while True:
        found = (await cards.get_import(job)).body
        advance(found["lines_read"] - shown)
        shown = found["lines_read"]
        if found["state"] not in _RUNNING:
            break
        await asyncio.sleep(0.1)
    counts = {name: found[name] for name in _VERDICTS}
    outcome = Outcome(Counter({name: count for name, count in counts.items() if count}))
    reasons: dict[int, list[str]] = {}
    async for error in pages(cards.list_import_errors, job, limit=500):
        reasons.setdefault(error["line"], []).append(f"{error['code']} {error['pointer']} {error['detail']}")
    outcome.refused = [BadLine(lines[number - 1].line, "; ".join(said)) for number, said in sorted(reasons.items())]
    if found["state"] != "done":
        raise ImportFailed(f"the import of {kind} {found['state']}: {found.get('cause', '')}; so far: {dict(outcome.counts)}")
    return outcome


class SendsMany(Protocol):
    """A call of the client that takes many bodies and answers each."""

    def __call__(self, body: Sequence[Any], *, key: str | None = None) -> Awaitable[BulkReply]: ...


async def send_bulk(many: SendsMany, lines: Sequence[Line], advance: Advance, *, again: frozenset[str] = frozenset()) -> Outcome:
    """Bodies in groups. What is refused with a code of `again` is sent once more for a minute: the service may not know it yet.

    The keys of the groups follow from their content, so that the same lines are never taken twice.
    Raises ApiRefused, ApiUnreachable.
    """
    outcome = Outcome()
    verdicts: dict[int, Verdict] = {}
    left = list(range(len(lines)))
    for attempt in range(120):
        waiting: list[int] = []
        place = 0
        for group in chunks([orjson.dumps(lines[i].body) for i in left], _GROUP):
            members = left[place : place + len(group)]
            place += len(group)
            answer = await many([lines[i].body for i in members], key=key_of(str(attempt), *group))
            again_told = answer.headers.get("idempotent-replayed") == "true"
            items: Sequence[BulkItem] = answer.body["items"]
            for i, item in zip(members, items, strict=True):
                verdicts[i] = _verdict(item, again_told)
                if verdicts[i].code in again:
                    waiting.append(i)
                else:
                    advance(1)
        left = waiting
        if not left:
            break
        await asyncio.sleep(0.5)
    for i, line in enumerate(lines):
        outcome.counts[verdicts[i].status] += 1
        if verdicts[i].code:
            outcome.refused.append(BadLine(line.line, verdicts[i].reason))
    outcome.items = [verdicts[i] for i in range(len(lines))]
    return outcome


def _verdict(item: BulkItem, again_told: bool) -> Verdict:
    if "problem" not in item:
        return Verdict("duplicate" if again_told else item["status"], item.get("id", ""))
    problem: Mapping[str, Any] = {**item["problem"]}
    fields = [f"{error.get('pointer', '')} {error.get('detail', '')}".strip() for error in problem.get("errors", ())]
    said = [problem["code"], problem.get("pointer", ""), problem.get("detail") or problem.get("title", ""), *fields]
    return Verdict(item["status"], code=problem["code"], reason=" ".join(text for text in said if text))
