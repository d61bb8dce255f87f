"""The service over HTTP: one module a resource."""

from __future__ import annotations

from fastapi import APIRouter

from services.cards.api.agreements import router as agreements
from services.cards.api.areas import router as areas
from services.cards.api.balance import router as balance
from services.cards.api.card_health import router as card_health
from services.cards.api.collection import router as collection
from services.cards.api.custody import router as custody
from services.cards.api.customer_export import router as customer_export
from services.cards.api.customer_list import router as customer_list
from services.cards.api.customer_search import router as customer_search
from services.cards.api.customer_stream import router as customer_stream
from services.cards.api.customer_views import router as customer_views
from services.cards.api.customers import router as customers
from services.cards.api.dealers import router as dealers
from services.cards.api.dormant import router as dormant
from services.cards.api.dossier import router as dossier
from services.cards.api.duplicates import router as duplicates
from services.cards.api.erasure import router as erasure
from services.cards.api.history import router as history
from services.cards.api.imports import router as imports
from services.cards.api.intents import router as intents
from services.cards.api.investments import router as investments
from services.cards.api.mailing_list import router as mailing_list
from services.cards.api.merging import router as merging
from services.cards.api.parts import router as parts
from services.cards.api.promises import router as promises
from services.cards.api.reads import router as reads
from services.cards.api.receivables import router as receivables
from services.cards.api.register import router as register
from services.cards.api.results import router as results
from services.cards.api.saved_lists import router as saved_lists
from services.cards.api.sources import router as sources
from services.cards.api.stages import router as stages
from services.cards.api.sub_sales import router as sub_sales
from services.cards.api.subject_access import router as subject_access
from services.cards.api.trade import router as trade
from services.cards.api.trade_check import router as trade_check
from services.cards.api.transactions import router as transactions
from services.cards.api.verifications import router as verifications

ROUTERS: tuple[APIRouter, ...] = (
    customers,
    customer_list,
    customer_stream,
    customer_export,
    mailing_list,
    saved_lists,
    customer_search,
    customer_views,
    parts,
    agreements,
    verifications,
    erasure,
    subject_access,
    merging,
    duplicates,
    transactions,
    receivables,
    trade_check,
    history,
    card_health,
    imports,
    sources,
    promises,
    areas,
    stages,
    dealers,
    intents,
    sub_sales,
    investments,
    collection,
    trade,
    results,
    balance,
    dormant,
    dossier,
    register,
    reads,
    custody,
)
