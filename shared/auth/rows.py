"""Which customers a caller may know of at all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everybody:
    """Every customer."""


@dataclass(frozen=True, slots=True)
class Own:
    """Customers whom this person, by the company's own id, serves now."""

    person_id: str


@dataclass(frozen=True, slots=True)
class Areas:
    """Customers in the areas, with the smaller ones in them, that this person, by the company's own id, leads now."""

    person_id: str


Rows = Everybody | Own | Areas

EVERYBODY = Everybody()
