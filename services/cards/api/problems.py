"""What is wrong with one item of many, in the same words as for a body of its own."""

from __future__ import annotations

from pydantic import ValidationError

from services.cards.domain.ledger import KINDS
from shared.web.errors import field_error
from shared.web.problem import Problem

_MOST_ERRORS = 100


def invalid(error: ValidationError) -> Problem:
    """Every wrong field by its pointer."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    errors = []
    for one in found[:_MOST_ERRORS]:
        location = one["loc"]
        # The kind of fact stands first in the place of an error; the caller never wrote it there.
        if location and location[0] in KINDS:
            location = location[1:]
        errors.append(field_error(location, one["type"], one["msg"]))
    return Problem("VALIDATION_FAILED", errors=errors)
