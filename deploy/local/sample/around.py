"""Who and what there is around the dealers: prospects, their sub-distributors, second cards of one customer, promises, investments."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from deploy.local.sample.card import in_full, registration
from deploy.local.sample.dealer import SOURCE, SYSTEM, Body, Dealer
from deploy.local.sample.organisation import CONDITIONS, Call

CRM = "crm"
"""The system in which cards stand that the ERP does not know."""


@dataclass
class Below:
    """Sub-distributors: their cards, and what dealers sold to them, level by level."""

    cards: list[Body] = field(default_factory=list)
    sales: tuple[list[Body], list[Body]] = field(default_factory=lambda: ([], []))


def sub_distributors(dealers: Sequence[Dealer], numbers: Iterator[int], seed: int, taken: set[str]) -> Below:
    """Two to four under each dealer; the first of them has one of its own."""
    found = Below()
    for dealer in dealers:
        count = 2 + dealer.digits % 3
        below = [_unbooked(f"V-{next(numbers)}", seed, dealer.anchor) for _ in range(count)]
        lowest = _unbooked(f"V-{next(numbers)}", seed, dealer.anchor)
        for level, seller, buyers in ((0, dealer, below), (1, below[0], [lowest])):
            for buyer in buyers:
                found.sales[level].extend(_sub_sales(seller, buyer))
                card = registration(buyer, taken)
                found.cards.append(in_full(card, buyer, "SALESPERSON") if buyer.rng.random() < 0.3 else card)
    for sales in found.sales:
        sales.sort(key=lambda body: (body["sold_on"], body["source_event_id"]))
    return found


def prospects(count: int, numbers: Iterator[int], seed: int, anchor: date, taken: set[str]) -> tuple[list[Body], list[Call]]:
    """Cards of customers to be, half of them with something that they think of buying; some admitted, some hardly known."""
    cards, calls = [], []
    for place in range(count):
        one = _unbooked(f"P-{next(numbers)}", seed, anchor)
        card = registration(one, taken, CRM)
        if place % 8 == 5:
            # Met at a fair: nobody asked how to reach them.
            card = {name: value for name, value in card.items() if name not in ("telephone", "email", "postal")}
        admitted = place % 8 == 0
        cards.append(in_full(card, one, "SALESPERSON") if admitted or place % 4 == 3 else card)
        if place % 2 == 0:
            calls.append(_intent(one))
        if admitted:
            checks = [{"code": code, "met": True} for code, _ in CONDITIONS]
            calls.append(Call("POST", "/customers/{customer}/admission", {"checks": checks}, one.number, versioned=True))
    return cards, calls


def second_cards(
    cards: Sequence[tuple[Dealer, Body]], numbers: Iterator[int], seed: int, taken: set[str]
) -> tuple[list[Body], list[Call]]:
    """Another card of each of these companies of China, with its telephone or nearly its name; every third pair is merged."""
    found, calls = [], []
    for place, (dealer, first) in enumerate(cards):
        other = _unbooked(f"D-{next(numbers)}", seed, dealer.anchor)
        body = registration(other, taken, CRM)
        like = {"telephone": first["telephone"]} if place % 2 == 0 else {"name": _otherwise_spelt(first["name"])}
        where = {"place": first["place"], "postal": dealer.place.postal(other.digits), "area_id": dealer.place.area}
        found.append(body | where | {"salesperson_id": dealer.salesperson} | like)
        if place % 3 == 0:
            reason = {"reason": "registered twice"}
            named = {"merged_id": other.number}
            calls.append(Call("POST", "/customers/{customer}/merge", reason, dealer.number, named, versioned=True))
    return found, calls


def promises(debtors: Sequence[Dealer], owed: Sequence[Dealer]) -> Iterator[Call]:
    """Debtors promised to pay their oldest invoice; the others, who trade in CNY, were promised a rebate."""
    for dealer in debtors:
        for invoice in dealer.unpaid()[:1]:
            made = max(dealer.anchor - timedelta(days=dealer.digits % 6), date.fromisoformat(invoice["issued_on"]))
            body = {
                "made_by": "CUSTOMER",
                "kind": "PAY",
                "made_on": str(made),
                "due_on": str(made + timedelta(days=2 + dealer.digits % 9)),
                "amount": invoice["amount"],
                "invoices": [{"source": SOURCE, "number": invoice["number"]}],
            }
            yield Call("POST", "/customers/{customer}/promises", body, dealer.number)
    for dealer in owed:
        rebate = (dealer.bought(dealer.anchor) / 50).quantize(Decimal("0.01"))
        body = {
            "made_by": "COMPANY",
            "kind": "PAY",
            "made_on": str(dealer.anchor - timedelta(days=9)),
            "due_on": str(dealer.anchor + timedelta(days=dealer.digits % 30)),
            "amount": dealer.amount(rebate),
            "text": "Rebate of the year",
        }
        yield Call("POST", "/customers/{customer}/promises", body, dealer.number)


def investments(dealers: Sequence[Dealer]) -> Iterator[Call]:
    """What was put into these dealers."""
    for dealer in dealers:
        kind = dealer.rng.choice(("VISIT", "SUPPORT", "PROMOTION", "TRAINING", "GIFT"))
        cost = {"cost": {"amount": f"{dealer.rng.randrange(2, 90)}00.00", "currency": "CNY"}}
        body = {
            "kind": kind,
            "spent_on": str(dealer.anchor - timedelta(days=dealer.rng.randrange(1, 300))),
            **({"hours": str(dealer.rng.randrange(2, 20))} if kind in ("VISIT", "TRAINING") else cost),
        }
        yield Call("POST", "/customers/{customer}/investments", body, dealer.number)


def _unbooked(number: str, seed: int, anchor: date) -> Dealer:
    """Somebody who has no trade with us."""
    return Dealer(number, Random(f"{seed}/{number}"), anchor)


def _sub_sales(seller: Dealer, buyer: Dealer) -> Iterator[Body]:
    rng = buyer.rng
    systems = [{"system": SYSTEM, "value": one.number} for one in (buyer, seller)]
    for n in range(rng.randrange(2, 9)):
        sold = buyer.anchor - timedelta(days=rng.randrange(1, 180))
        yield {
            "type": "sub_sale",
            "source": SOURCE,
            "source_event_id": f"SUB-{buyer.digits}-{n}",
            "customer": systems[0],
            "dealer": systems[1],
            "sold_on": str(sold),
            "net": {"amount": f"{rng.randrange(300, 6000)}.00", "currency": "CNY"},
        }


def _intent(one: Dealer) -> Call:
    rng = one.rng
    body = {
        "number": f"I-{one.digits}",
        "intent_class": rng.choice(("LAMPS", "TAPS", "FITTINGS")),
        "grade": rng.choice("ABBCC"),
        "opened_on": str(one.anchor - timedelta(days=rng.randrange(1, 60))),
        "expected_on": str(one.anchor + timedelta(days=rng.randrange(10, 120))),
        "expected": {"amount": f"{rng.randrange(5, 80)}000.00", "currency": "CNY"},
    }
    return Call("POST", "/customers/{customer}/intents", body, one.number)


def _otherwise_spelt(name: str) -> str:
    """The same name to those who read it: in capitals, with another legal form."""
    return f"{name.removesuffix(', Ltd.').removesuffix(' Co.').upper()} LIMITED"
