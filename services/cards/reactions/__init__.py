"""Events that become events of this service, or are told by it in another place."""

from __future__ import annotations

from services.cards.reactions.complaint_credited import COMPLAINT_CREDITED
from services.cards.reactions.measure_decided import MEASURE_DECIDED
from shared.projections.reaction import Reaction

REACTIONS: tuple[Reaction, ...] = (MEASURE_DECIDED, COMPLAINT_CREDITED)
