"""How far a statement is to be believed on a day: by its source, by who looked into it, and the less the older it is. Pure.

Figures of our own making, not of the literature: they order statements and say which to look into first, and claim no more.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from services.cards.domain.parts import DECISION_MAKER, Statement, Verification

# A questionnaire is filled by the customer, who holds back and inflates; an agency is paid for hard data; a salesperson was there.
_OF_SOURCE = {"AGENCY": 90, "OFFICE": 80, "SALESPERSON": 80, "SYSTEM": 70, "QUESTIONNAIRE": 50}
_UNSAID = 60
_VERIFIED = 95

_YEAR = 365
_HALVED_IN = {"basics": 5 * _YEAR, "marks": 5 * _YEAR, "characteristics": 2 * _YEAR, "business": _YEAR, "trade": _YEAR}
"""Days in which the confidence in a field of a part is halved: names last for years, attitudes and figures of trade for one."""
_REACHED_BY = frozenset(
    {"basics.telephone", "basics.email", "basics.address", "basics.postal", "basics.contacts", DECISION_MAKER}
)
_REACHED_BY_HALVED_IN = 2 * _YEAR


def confidence(field: str, statement: Statement, look: Verification | None, day: date) -> Decimal:
    """Between 0 and 1 with two decimals, on this day; 0 for what was found wrong.

    The age counts from the day on which it was last observed or verified: c(t) = c(0) * 2 ** (-age / half-life).
    """
    if look is not None and not look.confirmed:
        return Decimal("0.00")
    since = observed(statement)
    percent = _OF_SOURCE[statement.provenance.source] if statement.provenance is not None else _UNSAID
    if look is not None:
        since, percent = max(since, look.verified_on), max(percent, _VERIFIED)
    age = max((day - since).days, 0)
    return Decimal(round(percent * 2 ** (-age / _half_life(field)))).scaleb(-2)


def observed(statement: Statement) -> date:
    """The day on which it was seen or heard; where nobody said so, that from which it holds."""
    provenance = statement.provenance
    return statement.valid_from if provenance is None or provenance.observed_on is None else provenance.observed_on


def _half_life(field: str) -> int:
    return _REACHED_BY_HALVED_IN if field in _REACHED_BY else _HALVED_IN.get(field.split(".")[0], _YEAR)
