"""Why somebody wants to see a person's data: a closed list of words, one of which goes with each request for them."""

from __future__ import annotations

from collections.abc import Mapping

HEADER = "Regulars-Purpose"

PURPOSES: Mapping[str, str] = {
    "VISIT": "preparing or following up a visit",
    "ORDER": "taking or carrying out an order",
    "CREDIT_CONTROL": "deciding on credit",
    "COLLECTION": "collecting what is owed",
    "COMPLAINT": "handling a complaint, a question or an opinion",
    "CARD_KEEPING": "keeping, completing and checking cards",
    "SUPERVISION": "looking after the work of salespeople",
    "CONTACT": "writing, calling or sending something to the customer",
    "ANALYSIS": "studying many customers at once",
    "INTEGRATION": "passing data to another system of the company",
    "SUBJECT_REQUEST": "answering a person who asks what is held on them, or wants it corrected or erased",
    "AUDIT": "checking how cards are used",
    "OPERATIONS": "finding and mending a fault of the system",
}
"""Word to meaning. Words are added and never reused."""
