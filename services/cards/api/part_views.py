"""The parts of a card as they are shown: each field with what was said, by whom, from when on, and how far it is to be believed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from services.cards.api.card_views import opened
from services.cards.domain.confidence import confidence
from services.cards.domain.parts import (
    BASICS,
    BUSINESS,
    CHARACTERISTICS,
    DECISION_MAKER,
    MARKS,
    PARTS,
    TRADE,
    YEARS,
    DecisionMaker,
    Need,
    Parts,
    Statement,
    Task,
    Verification,
)
from services.cards.handlers.deps import Deps
from shared.auth.principal import Principal
from shared.contracts.card_parts import BusinessStatus, Characteristics, TradeStatus
from shared.contracts.cards import Basics, KeyPerson, Marks, Provenance
from shared.web.amounts import money_body

_STRUCTS: Mapping[str, type[msgspec.Struct]] = {
    BASICS: Basics,
    MARKS: Marks,
    CHARACTERISTICS: Characteristics,
    BUSINESS: BusinessStatus,
    TRADE: TradeStatus,
    DECISION_MAKER: DecisionMaker,
}
_KEY_PERSONS = ("owner", "manager", "legal_representative", "traits", "person")


async def parts_body(deps: Deps, caller: Principal, customer_id: UUID, parts: Parts, day: date) -> dict[str, Any]:
    """Basics and marks as they stand, then every part field by field, needs, and figures that wait. Ages and confidence are of `day`."""
    structs = _structs(parts)
    needs = [need.event for need in parts.needs.values()]
    actions = [action.event for need in parts.needs.values() for action in need.actions]
    read = await opened(deps, caller, customer_id, [*structs.values(), *needs, *actions])
    values = {part: _plain(value, day) for part, value in zip(structs, read, strict=False)}
    texts = iter(read[len(structs) :])
    needs_read = [next(texts) for _ in needs]
    found = {**values.get(BASICS, {}), "marks": values.get(MARKS, {})}
    fields: dict[str, dict[str, Any]] = {part: {} for part in PARTS}
    for field, statement in parts.known():
        part, _, name = field.partition(".")
        shown = _field(field, statement, parts.verification(field), _value(field, statement, values), day)
        if name:
            fields[part][name] = shown
        else:
            found[part] = shown
    found["parts"] = {part: one for part, one in fields.items() if one}
    found["needs"] = [
        _need(need, one, [next(texts) for _ in need.actions]) for need, one in zip(parts.needs.values(), needs_read, strict=True)
    ]
    found["open_verifications"] = [task_body(task) for task in parts.open_tasks()]
    return found


def _structs(parts: Parts) -> dict[str, msgspec.Struct]:
    """What stands, part by part. Years of sales hold nothing personal and are shown one by one."""
    given: dict[str, dict[str, Any]] = {}
    for field, statement in parts.known():
        part, _, name = field.partition(".")
        if not name:
            given[part] = msgspec.structs.asdict(statement.value)
        elif not field.startswith(f"{YEARS}."):
            given.setdefault(part, {})[name] = statement.value
    return {part: _STRUCTS[part](**values) for part, values in given.items()}


def _plain(value: msgspec.Struct, day: date) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(value)
    for role in _KEY_PERSONS:
        person = getattr(value, role, None)
        if isinstance(person, KeyPerson) and person.born_on:
            found[role]["age"] = _age(date.fromisoformat(person.born_on), day)
    return found


def _age(born_on: date, day: date) -> int:
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def _value(field: str, statement: Statement, values: Mapping[str, dict[str, Any]]) -> Any:
    part, _, name = field.partition(".")
    if field.startswith(f"{YEARS}."):
        return msgspec.to_builtins(statement.value)
    return values[part].get(name) if name else values[part]


def _field(field: str, statement: Statement, look: Verification | None, value: Any, day: date) -> dict[str, Any]:
    found: dict[str, Any] = {} if value is None else {"value": value}
    found |= dict(_said(statement.provenance))
    found["valid_from"] = statement.valid_from
    found["entered_at"] = statement.entered_at
    if statement.entered_by is not None:
        found["entered_by"] = statement.entered_by
    if look is not None:
        found["verified"] = _look(look)
    found["confidence"] = confidence(field, statement, look, day)
    return found


def _said(provenance: Provenance | None) -> Iterator[tuple[str, Any]]:
    if provenance is not None:
        yield from msgspec.to_builtins(provenance).items()


def _look(look: Verification) -> dict[str, Any]:
    found: dict[str, Any] = {"outcome": "CONFIRMED" if look.confirmed else "REFUTED", "on": look.verified_on}
    if look.verified_by is not None:
        found["by"] = look.verified_by
    return found


def _need(need: Need, read: Any, actions: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"need_id": need.event.need_id, "kind": need.event.kind}
    if read.text:
        found["text"] = read.text
    found |= dict(_said(need.event.provenance))
    found |= {"valid_from": need.valid_from, "entered_at": need.entered_at, "met": need.met}
    if need.event.decided_by is not None:
        found["entered_by"] = need.event.decided_by
    found["actions"] = [
        {**({"action": one.action} if one.action else {}), "taken_on": one.taken_on, "met": one.met, "entered_by": one.decided_by}
        for one in actions
    ]
    return found


def task_body(task: Task) -> dict[str, Any]:
    """A figure that waits to be looked into."""
    found: dict[str, Any] = {"task_id": task.task_id, "field": task.field}
    found |= {"stated": figure_text(task.stated, task.currency), "known": figure_text(task.known, task.currency)}
    found["known_from"] = task.known_from
    if task.currency is not None:
        found["currency"] = task.currency
    found |= dict(_said(task.provenance))
    found |= {"valid_from": task.valid_from, "entered_at": task.entered_at}
    if task.entered_by is not None:
        found["entered_by"] = task.entered_by
    return found


def figure_text(amount: Decimal, currency: str | None) -> str:
    """A figure as decimal string, of money with the decimals of its currency."""
    money = money_body(amount, currency)
    return f"{amount:f}" if money is None else money["amount"]
