"""What the refusals of a merge become."""

from __future__ import annotations

from collections.abc import Mapping

from services.cards.domain import refusals
from shared.web.catalogue import describe

MERGE_WITH_ITSELF = describe(
    "MERGE_WITH_ITSELF", 422, "A card cannot be merged with itself", "Name the other card of the customer."
)
CUSTOMER_MERGED = describe(
    "CUSTOMER_MERGED",
    409,
    "The card was merged before",
    "It was merged into the card that lead_id names. A merge is not taken back.",
)
MERGE_CHAIN = describe(
    "MERGE_CHAIN",
    409,
    "A card would lead and be led",
    "Cards are merged into one that leads, which lead_id names: merge the other into that one.",
)
MERGE_CURRENCIES_DIFFER = describe(
    "MERGE_CURRENCIES_DIFFER",
    409,
    "The two trade in different currencies",
    "The card to be merged has a ledger or a limit in a currency in which the leading card has none. What is owed in different "
    "currencies is not one sum; perhaps they are two customers, or the other card has to lead.",
)
MERGE_WITH_OPEN_DISPUTES = describe(
    "MERGE_WITH_OPEN_DISPUTES",
    409,
    "One of the two has an open dispute",
    "Complaints that claim something are settled, closed or withdrawn first: whose claim it is must not change meanwhile.",
)

CODES: Mapping[type[refusals.CardRefused], str] = {
    refusals.MergeWithItself: MERGE_WITH_ITSELF,
    refusals.AlreadyMerged: CUSTOMER_MERGED,
    refusals.MergeChain: MERGE_CHAIN,
    refusals.MergeCurrenciesDiffer: MERGE_CURRENCIES_DIFFER,
    refusals.MergeWithOpenDisputes: MERGE_WITH_OPEN_DISPUTES,
}


def named(refusal: refusals.CardRefused) -> Mapping[str, str]:
    """What a refusal names, as members of its problem."""
    match refusal:
        case refusals.AlreadyMerged() | refusals.MergeChain():
            return {"lead_id": str(refusal.lead_id)}
    return {}
