"""From when a statement holds: a business day of the company, today where none is given."""

from __future__ import annotations

from datetime import date

from services.cards.handlers.deps import Deps
from shared.web.catalogue import describe
from shared.web.problem import FieldError, Problem

VALID_FROM_IN_FUTURE = describe(
    "VALID_FROM_IN_FUTURE",
    422,
    "The day lies in the future",
    "What holds from a later day is said on that day. Today is a day in the company's time zone.",
)


def valid_day(deps: Deps, valid_from: date | None, pointer: str = "#/valid_from") -> date:
    """The day from which a statement holds. Raises Problem: VALID_FROM_IN_FUTURE."""
    today = deps.today()
    if valid_from is None:
        return today
    if valid_from > today:
        error = FieldError(pointer, VALID_FROM_IN_FUTURE, "must not lie in the future")
        raise Problem(VALID_FROM_IN_FUTURE, errors=[error])
    return valid_from
