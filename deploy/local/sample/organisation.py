"""The sales organisation of the sample: areas, who leads them, who sells there, and what is asked of new customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Call:
    """One command to cards. `{customer}` in the path is the one with the number `customer`; `named` are fields of the body that
    hold the ids of customers, given by their numbers. `versioned`: decided on the card as it stands."""

    method: str
    path: str
    body: Body
    customer: str | None = None
    named: dict[str, str] = field(default_factory=dict)
    versioned: bool = False


@dataclass(frozen=True, slots=True)
class Area:
    area_id: str
    name: str
    parent_id: str | None = None
    superior: str | None = None
    salespeople: tuple[str, ...] = ()


CUSTODIAN = "C-01"
AREAS = (
    Area("CHINA", "China", superior="M-01"),
    Area("EAST", "East", "CHINA", superior="M-02"),
    Area("EAST-1", "Jiangsu", "EAST", salespeople=("S-01", "S-02")),
    Area("EAST-2", "Zhejiang", "EAST", salespeople=("S-03", "S-04")),
    Area("CENTRE", "Centre", "CHINA", superior="M-03", salespeople=("S-05", "S-06", "S-07")),
    Area("SOUTH", "South", "CHINA", salespeople=("S-08", "S-09")),
    Area("WEST", "West", "CHINA", salespeople=("S-10",)),
    Area("NORTH", "North", "CHINA", salespeople=("S-11",)),
    Area("ABROAD", "Abroad", superior="M-04", salespeople=("S-12",)),
)
CONDITIONS = (
    ("LICENCE", "The business licence was seen and is valid"),
    ("PREMISES", "The premises were visited"),
    ("REFERENCES", "Two suppliers were asked"),
)


def salesperson_of(area_id: str, number: int) -> str:
    """Who serves the customer with this number."""
    team = next(area.salespeople for area in AREAS if area.area_id == area_id)
    return team[number // 16 % len(team)]


def organisation(since: date) -> Iterator[Call]:
    """The commands that set it up as of a day, larger areas first."""
    day = {"valid_from": str(since)}
    for area in AREAS:
        path = f"/areas/{area.area_id}"
        above = {} if area.parent_id is None else {"parent_id": area.parent_id}
        yield Call("PUT", path, {"name": area.name, **above})
        if area.superior is not None:
            yield Call("PUT", f"{path}/superior", {"superior_id": area.superior, **day})
        if area.parent_id is None:
            yield Call("PUT", f"{path}/custodian", {"custodian_id": CUSTODIAN, **day})
        for person in area.salespeople:
            yield Call("PUT", f"{path}/salespeople/{person}", day)
    yield Call("PUT", "/admission-standard", {"conditions": [{"code": code, "text": text} for code, text in CONDITIONS]})
