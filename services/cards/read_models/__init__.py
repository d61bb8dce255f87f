"""The questions that the service answers. READ_MODELS are folded from the feed; the others read the store itself."""

from __future__ import annotations

from typing import Any

from services.cards.read_models.card_health import CARD_HEALTH
from services.cards.read_models.collected import COLLECTED_MODEL
from services.cards.read_models.customers import CUSTOMERS
from services.cards.read_models.dossier import DOSSIER
from services.cards.read_models.hierarchy import HIERARCHY
from services.cards.read_models.intents import INTENTS
from services.cards.read_models.promises import PROMISES
from services.cards.read_models.receivables import RECEIVABLES
from services.cards.read_models.saved_lists import SAVED_LISTS
from services.cards.read_models.sub_sales import SUB_SALES
from services.cards.read_models.trade import TRADE
from services.cards.read_models.verifications import VERIFICATIONS
from services.cards.read_models.visits import VISITS
from shared.projections.read_model import ReadModel
from shared.reach.areas import AREAS

READ_MODELS: tuple[ReadModel[Any], ...] = (
    CUSTOMERS,
    RECEIVABLES,
    PROMISES,
    DOSSIER,
    TRADE,
    COLLECTED_MODEL,
    CARD_HEALTH,
    HIERARCHY,
    INTENTS,
    VERIFICATIONS,
    SUB_SALES,
    SAVED_LISTS,
    VISITS,
    AREAS,
)
