"""The two clocks as parameters of a question: the day of which it asks, and the day by whose knowledge it is answered."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from shared.web.fields import BusinessDay

AsOf = Annotated[BusinessDay | None, Query(description="What held at the end of this business day; today where it is left out")]
KnownAt = Annotated[
    BusinessDay | None, Query(description="By what was recorded through the end of this day; by all where it is left out")
]
