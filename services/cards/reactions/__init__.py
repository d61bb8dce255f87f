"""Events of other services that become events of this one."""

from __future__ import annotations

from services.cards.reactions.measure_decided import MEASURE_DECIDED
from shared.projections.reaction import Reaction

REACTIONS: tuple[Reaction, ...] = (MEASURE_DECIDED,)
