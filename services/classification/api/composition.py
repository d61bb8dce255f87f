"""Composition of the customers of a scope: by a mark or a pair of marks, and the customers of each kind."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.classification.api.analysis_query import REFUSED, Asked, heading
from services.classification.api.deps import Dependencies
from services.classification.handlers.deps import SCHEMA
from services.classification.handlers.marks import split_by
from services.classification.read_models.composition import Group, Mark, Member, Split, Wanted, groups, members
from services.classification.read_models.mark_columns import models_of
from services.classification.read_models.scoping import Question, basis, in_currency
from shared.postgres.pool import Connection
from shared.web.amounts import money_body
from shared.web.fields import Reference
from shared.web.pages import DEFAULT_LIMIT, CursorParameter, Limit, Page, filter_hash, page_response
from shared.web.reach import listed
from shared.web.scope import analysis, scope

router = APIRouter(tags=["composition"])
reads = scope("classification.class.read")
By = Annotated[Mark, Query(description="The mark; of what is not known the kind is UNKNOWN")]
And = Annotated[Mark | None, Query(alias="and", description="Another mark inside it")]
SHARE = Decimal("0.000001")


@router.get(
    "/v1/composition",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="What the customers of a scope are made of: net sales by a mark or a pair of marks",
)
async def get_composition(
    deps: Dependencies,
    request: Request,
    asked: Asked,
    by: By,
    and_by: And = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """Subtotal of each kind, its share in the total, and its A, B and C customers of the scope by the standard of value classes.

    The kind with the largest net sales comes first. Marks of the card, grades and classes are those of the end of the last day.
    """
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        split = await split_by(deps, c, asked.last, by, and_by)
        found = await groups(c, SCHEMA, question, split)
        head = {**heading(question, await _basis(c, split)), **_totals(question, split, found)}
    bound = filter_hash(list="composition", by=by, and_by=and_by, **question.filters())
    begin = 0 if cursor is None else _behind(found, deps.cursors.decode(bound, cursor, 3))
    shown = found[begin : begin + limit]
    following = None
    if begin + limit < len(found):
        following = deps.cursors.encode(bound, (str(shown[-1].net), shown[-1].kind, shown[-1].and_kind))
    total = sum((one.net for one in found), Decimal(0))
    return page_response(Page([_group(one, total, question) for one in shown], following), request, head)


def _behind(found: Sequence[Group], place: Sequence[Any]) -> int:
    net, kind, and_kind = place
    last = (-Decimal(str(net)), str(kind), and_kind or "")
    return sum((-one.net, one.kind, one.and_kind or "") <= last for one in found)


@router.get(
    "/v1/composition/customers",
    dependencies=[reads, analysis, listed],
    responses={422: REFUSED},
    summary="The customers of a kind, each with its share in the kind and in the total",
)
async def list_composition_customers(
    deps: Dependencies,
    request: Request,
    asked: Asked,
    by: By,
    and_by: And = None,
    kind: Annotated[Reference | None, Query(description="Only this kind; UNKNOWN for the kind without one")] = None,
    and_kind: Annotated[Reference | None, Query(description="Only this kind of the other mark")] = None,
    abc: Annotated[Literal["A", "B", "C"] | None, Query(description="Only this class of the whole scope")] = None,
    limit: Limit = DEFAULT_LIMIT,
    cursor: CursorParameter = None,
) -> Response:
    """By net sales, the largest first. `class_in_total` is the ABC of the whole scope, `class_in_kind` that of the kind alone."""
    wanted = Wanted(kind, and_kind, abc)
    async with deps.analyses.acquire() as c, c.transaction(isolation="repeatable_read", readonly=True):
        question = await in_currency(c, SCHEMA, asked)
        split = await split_by(deps, c, asked.last, by, and_by)
        bound = filter_hash(list="composition-customers", by=by, and_by=and_by, **wanted._asdict(), **question.filters())
        after = None
        if cursor is not None:
            net, customer = deps.cursors.decode(bound, cursor, 2)
            after = Decimal(str(net)), UUID(str(customer))
        found = await members(c, SCHEMA, question, split, wanted, after, limit + 1)
        head = {**heading(question, await _basis(c, split)), "by": by, **({} if and_by is None else {"and": and_by})}
    following = None
    if len(found) > limit:
        following = deps.cursors.encode(bound, (str(found[limit - 1].net), str(found[limit - 1].customer_id)))
    return page_response(Page([_member(one, question) for one in found[:limit]], following), request, head)


async def _basis(c: Connection, split: Split) -> list[dict[str, str]]:
    marks = [split.by] if split.and_by is None else [split.by, split.and_by]
    return await basis(c, SCHEMA, models_of(marks, split.at))


def _totals(question: Question, split: Split, found: Sequence[Group]) -> dict[str, Any]:
    total = sum((one.net for one in found), Decimal(0))
    return {
        "by": split.by,
        **({} if split.and_by is None else {"and": split.and_by}),
        "standard_version": split.abc.version,
        "mark_standard_version": split.at.standard.version,
        "kinds": len(found),
        "customers": sum(one.customers for one in found),
        "net": money_body(total, question.currency),
    }


def share_of(net: Decimal, total: Decimal) -> str | None:
    """A fraction; None of a total that is not positive."""
    return f"{(net / total).quantize(SHARE):f}" if total > 0 else None


def _group(one: Group, total: Decimal, question: Question) -> dict[str, Any]:
    classes = {
        "A": (one.a_customers, one.a_net),
        "B": (one.b_customers, one.b_net),
        "C": (one.c_customers, one.c_net),
    }
    return {
        "kind": one.kind,
        **({} if one.and_kind is None else {"and_kind": one.and_kind}),
        "customers": one.customers,
        "net": money_body(one.net, question.currency),
        "share": share_of(one.net, total),
        "classes": {
            name: {"customers": customers, "net": money_body(net, question.currency), "share_in_kind": share_of(net, one.net)}
            for name, (customers, net) in classes.items()
        },
    }


def _member(one: Member, question: Question) -> dict[str, Any]:
    return {
        "customer_id": one.customer_id,
        "kind": one.kind,
        **({} if one.and_kind is None else {"and_kind": one.and_kind}),
        "net": money_body(one.net, question.currency),
        "share_in_kind": share_of(one.net, one.kind_net),
        "share_in_total": share_of(one.net, one.total_net),
        "class_in_total": one.class_in_total,
        "class_in_kind": one.class_in_kind,
    }
