"""Promises and dossiers from the worst feed there may be: what the stores say, however it was delivered."""

from __future__ import annotations

import random
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from services.cards.read_models.dossier import DOSSIER
from services.cards.read_models.promises import PROMISES
from services.cards.read_models.receivables import RECEIVABLES
from shared.contracts.alerts import AlertClosed, AlertOpened, AlertRecovered, Finding
from shared.contracts.classification import ValueClassChanged
from shared.contracts.complaints import ComplaintClosed, ComplaintReceived
from shared.contracts.credit_grades import CreditGraded
from shared.contracts.event import Event
from shared.contracts.money import Money
from shared.contracts.promises import InvestmentRecorded, PromiseBroken, PromiseKept, PromiseMade
from shared.contracts.transactions import InvoiceIssued
from shared.projections.rebuild import rebuild
from shared.projections.verify import verify_read_models
from tests.conftest import PoolOf
from tests.integration.following_twice import follow_to_the_end
from tests.integration.running import record

MODELS = (DOSSIER, PROMISES, RECEIVABLES)
DAY = date(2026, 5, 5)
Told = tuple[str, str, UUID, Event]


def _history(chance: random.Random) -> list[Told]:
    """(service, stream, customer, event) of a few customers."""
    found: list[Told] = []
    for customer in [UUID(int=chance.getrandbits(128)) for _ in range(6)]:
        for n in range(chance.randrange(1, 4)):
            found += _one(chance, customer, n)
    return found


def _one(chance: random.Random, customer: UUID, n: int) -> list[Told]:
    about: dict[str, Any] = {"customer_id": customer}
    promise, complaint, alert = uuid4(), uuid4(), uuid4()
    money = Money(Decimal(chance.randrange(1, 500)), "CNY")
    day = DAY + timedelta(days=n)
    made = PromiseMade(promise_id=promise, made_by="CUSTOMER", kind="PAY", made_on=day, due_on=day, amount=money, **about)
    end = chance.choice(
        [PromiseKept(promise_id=promise, kept_on=day, **about), PromiseBroken(promise_id=promise, broken_on=day, **about)]
    )
    received = ComplaintReceived(complaint_id=complaint, kind="QUALITY", channel="WEB", received_on=day, claimed=money, **about)
    finding = Finding(rule_id="overdue_debt", rule_version=1, level="act", true_on=day, reasons=())
    opened = AlertOpened(alert_id=alert, kind="credit", channel="CNY", finding=finding, **about)
    closed = AlertClosed(alert_id=alert, kind="credit", outcome="TRUE", cause="LATE", closed_by=uuid4(), **about)
    period: dict[str, Any] = {"standard": "value_class", "standard_version": 1, "period_from": DAY, "period_to": day}
    changed = ValueClassChanged(run_id=uuid4(), value_class=chance.choice(["A", "B"]), net=money, **period, **about)
    graded = CreditGraded(
        run_id=uuid4(), standard_version=1, graded_on=day, grade=chance.choice(["GROW", "STOP", None]), exposure=(money,), **about
    )
    spent = InvestmentRecorded(investment_id=uuid4(), kind="VISIT", spent_on=day, cost=money, hours=Decimal("1.5"), **about)
    invoice = InvoiceIssued(
        source="erp", source_event_id=str(promise), number=str(n), issued_on=day, due_on=day, amount=money, **about
    )
    ended: list[Told] = []
    if chance.random() < 0.5:
        ended = [
            ("cards", f"promise-{promise}", customer, end),
            ("complaints", f"complaint-{complaint}", customer, ComplaintClosed(complaint_id=complaint, closed_on=day, **about)),
            (
                "alerts",
                f"alert-{alert}",
                customer,
                AlertRecovered(alert_id=alert, kind="credit", reasons=(), true_on=day, **about),
            ),
            ("alerts", f"alert-{alert}", customer, closed),
        ]
    return [
        ("cards", f"promise-{promise}", customer, made),
        ("cards", f"ledger-{customer}", customer, invoice),
        ("cards", f"investment-{customer}", customer, spent),
        ("classification", f"classification-{customer}", customer, changed),
        ("classification", f"credit-grade-{customer}", customer, graded),
        ("complaints", f"complaint-{complaint}", customer, received),
        ("alerts", f"alert-{alert}", customer, opened),
        *ended,
    ]


async def test_doubled_split_and_rebuilt_they_are_what_the_stores_say(database: Any, pool_of: PoolOf) -> None:
    stores = {service: await pool_of(database, service) for service in ("cards", "classification", "complaints", "alerts")}
    told = _history(random.Random(7))
    for service, stream, customer, event in told:
        await record(stores[service], service, [(stream, customer, event)])
    await follow_to_the_end(stores["cards"], "cards", stores, MODELS, seed=3)
    assert await verify_read_models(stores["cards"], "cards", MODELS, stores) == []
    tables = ("dossier_a", "promises_a", "receivables_a")
    rows = [await stores["cards"].fetchval(f"SELECT count(*) FROM cards.{table}") for table in tables]
    assert rows == [6, sum(isinstance(event, PromiseMade) for *_, event in told), 6]
    rebuilder = await pool_of(database, "cards_rebuild")
    for model in MODELS:
        done = await rebuild(pool=rebuilder, schema="cards", model=model, stores=dict.fromkeys(stores, rebuilder))
        assert (done.slot, done.compared) == ("b", True)
    assert await verify_read_models(stores["cards"], "cards", MODELS, stores) == []
