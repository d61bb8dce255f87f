"""Whose cards come when, and how well they are filled: in the proportions of a company that has begun to keep them in earnest."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from deploy.local.sample.around import investments, promises, prospects, second_cards, sub_distributors
from deploy.local.sample.card import in_full, questionnaire, registration
from deploy.local.sample.dealer import Body, Dealer
from deploy.local.sample.organisation import Call

_STATED = tuple(map(Decimal, ("1.9", "1", "0.5", "1.05", "2.6", "0.9")))
"""What customers say to buy in a year, against the books: every other one is far off."""


@dataclass(frozen=True, slots=True)
class Customers:
    """Cards before the trade and after it, what dealers sell on, and single commands."""

    early: list[Body]
    late: list[Body]
    sub_sales: Sequence[list[Body]]
    calls: list[Call]


def customers(books: Sequence[Dealer], stories: Collection[str], numbers: Iterator[int], seed: int) -> Customers:
    """`stories`: the numbers of the dealers whose end is planned; `numbers`: digits that nobody has yet."""
    anchor, many = books[0].anchor, len(books)
    ordinary = sorted((dealer for dealer in books if dealer.number not in stories), key=lambda dealer: dealer.digits)
    late, poor = ordinary[: max(2, many // 20)], ordinary[-max(1, many // 8) :]
    taken: set[str] = set()
    bodies = {dealer.number: registration(dealer, taken) for dealer in books}
    early = [
        bodies[dealer.number] if dealer in poor else in_full(bodies[dealer.number], dealer, _source(dealer))
        for dealer in books
        if dealer not in late
    ]
    asked = [questionnaire(bodies[dealer.number], dealer, _STATED[n % len(_STATED)]) for n, dealer in enumerate(late)]
    middle = [dealer for dealer in ordinary[len(late) :] if dealer.currency == "CNY" and not dealer.person]
    twice = [(dealer, bodies[dealer.number]) for dealer in middle[: max(2, many // 60)]]
    seconds, merges = second_cards(twice, numbers, seed, taken)
    hoped_for, steps = prospects(max(2, many // 16), numbers, seed, anchor, taken)
    below = sub_distributors(middle[-max(1, many // 50) :], numbers, seed, taken)
    debtors = sorted((dealer for dealer in middle if dealer.unpaid()), key=lambda dealer: str(dealer.unpaid()[0]["due_on"]))
    largest = sorted(middle, key=lambda dealer: dealer.bought(anchor), reverse=True)
    calls = [
        *merges,
        *steps,
        *promises(debtors[: max(2, many // 40)], largest[: max(1, many // 50)]),
        *investments(largest[:: max(1, len(largest) * 25 // many)]),
    ]
    return Customers([*early, *seconds, *hoped_for], [*asked, *below.cards], below.sales, calls)


def _source(dealer: Dealer) -> str:
    return dealer.rng.choices(("SALESPERSON", "QUESTIONNAIRE", "AGENCY"), (75, 15, 10))[0]
