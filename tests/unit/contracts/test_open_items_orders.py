"""INVARIANT: the same facts give the same account and the same books in whatever order they arrive."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.account import Account
from shared.contracts.event import Event
from shared.contracts.open_items import ageing, apply, open_items, settlements
from tests.unit.contracts.ledgers import LAST_DAY, credit_note, day, folded, invoice, payment, refund, reversal, write_off

NUMBERS = [f"N{n}" for n in range(8)]
TWO_YEARS = 700


@st.composite
def ledgers(draw: st.DrawFn, days: int) -> list[Event]:
    on = st.integers(0, days)
    amount = st.integers(1, 60)
    named = st.dictionaries(st.sampled_from(NUMBERS), amount, max_size=2)
    facts: list[Event] = [
        invoice(number, draw(on), draw(amount), draw(st.sampled_from([0, 10, 30])))
        for number in draw(st.lists(st.sampled_from(NUMBERS), max_size=6, unique=True))
    ]
    for n in range(draw(st.integers(0, 5))):
        facts.append(payment(f"p{n}", draw(on), draw(amount), **draw(named)))
        if draw(st.booleans()) and days <= TWO_YEARS:
            facts.append(reversal(f"p{n}", draw(on)))
    facts += [credit_note(f"c{n}", draw(on), draw(amount), **draw(named)) for n in range(draw(st.integers(0, 2)))]
    facts += [refund(f"m{n}", draw(on), draw(amount)) for n in range(draw(st.integers(0, 2)))]
    facts += [write_off(draw(st.sampled_from(NUMBERS)), draw(on), draw(amount)) for n in range(draw(st.integers(0, 1)))]
    return facts


def balance(account: Account) -> Decimal:
    found = open_items(account, LAST_DAY).get("CNY")
    return Decimal(0) if found is None else found.outstanding - found.unallocated - found.waiting + found.owed


@settings(max_examples=100, deadline=None)
@given(data=st.data(), days=st.sampled_from([40, TWO_YEARS, 1800]))
def test_any_order_gives_the_same(data: st.DataObject, days: int) -> None:
    facts = data.draw(ledgers(days))
    other_order = data.draw(st.permutations(facts))
    as_of = day(data.draw(st.integers(-5, days)))
    one, other = folded(*facts), folded(*other_order)
    assert one == other
    assert open_items(one, as_of) == open_items(other, as_of)
    assert settlements(one, as_of) == settlements(other, as_of)
    assert ageing(one, LAST_DAY) == ageing(other, LAST_DAY)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), days=st.sampled_from([40, TWO_YEARS, 1800]))
def test_books_handed_on_fact_by_fact_equal_books_settled_anew(data: st.DataObject, days: int) -> None:
    facts = data.draw(st.permutations(data.draw(ledgers(days))))
    account = Account()
    for fact in facts:
        account = apply(account, fact, LAST_DAY)
        anew = Account(account.facts, account.opening, account.newest, account.older)
        assert open_items(account, LAST_DAY) == open_items(anew, LAST_DAY)
        assert settlements(account, LAST_DAY) == settlements(anew, LAST_DAY)


@settings(max_examples=100, deadline=None)
@given(data=st.data(), days=st.sampled_from([40, TWO_YEARS, 1800]))
def test_the_sides_of_the_account_add_up(data: st.DataObject, days: int) -> None:
    facts = data.draw(ledgers(days))
    account = folded(*facts)
    reversed_ones = {fact.payment for fact in facts if fact.type.endswith("payment-reversed.v1")}  # type: ignore[attr-defined]
    expected = Decimal(0)
    for fact in facts:
        name = fact.type.split(".")[2]
        if name in ("invoice-issued", "payment-made"):
            expected += fact.amount.amount  # type: ignore[attr-defined]
        elif name != "payment-reversed" and fact.source_event_id not in reversed_ones:  # type: ignore[attr-defined]
            expected -= fact.amount.amount  # type: ignore[attr-defined]
    assert balance(account) == expected
    for standing in open_items(account, LAST_DAY).values():
        assert all(0 < item.open <= item.amount for item in standing.items)
        assert not (standing.unallocated and standing.items)
    assert account.newest is None or all(entry.on >= account.window_from - timedelta(days=900) for entry in account.facts)
