"""The cards of the sample, as the bodies that register them: who the customer is, and what somebody has said about it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random

from deploy.local.sample import names
from deploy.local.sample.dealer import SYSTEM, Body, Dealer

_CHARACTER = (
    "Calm and exact",
    "Quick to decide, slow to forget",
    "Friendly, dislikes paper",
    "Careful with every yuan",
    "Keeps his word",
)
_HOBBIES = ("Fishing", "Table tennis", "Tea", "Old maps", "Hiking in the hills", "Calligraphy")
_FAMILY = (
    "Two children, one at school",
    "Runs the shop with a brother",
    "The daughter is to take over",
    "Lives with the parents",
)
_EDUCATION = ("Trade school", "Middle school", "University, engineering", "University, economics")
_ABILITY = ("Sells well, plans little", "Knows every article by heart", "Leads people well", "Good with figures")
_PHILOSOPHY = (
    "Few brands, each of them in depth",
    "A low price before all",
    "Service brings them back",
    "Grow a little every year",
)
_POLICY = ("Builds up the county towns", "Lives from building contractors", "Opens a shop a year", "Stays as it is")
_TRAITS = ("The owner decides everything", "The manager has a free hand", "Family council", "Every order is compared")
_COMPETITORS = (
    "Buys fittings from two others",
    "A rival's main dealer for lamps",
    "Nearly everything from us",
    "Tries a cheaper make of taps",
)
_ACTIVITY = (
    "Sells the whole range",
    "Hinges and rails mostly",
    "Lamps in winter, taps in summer",
    "Orders by telephone, small and often",
)
_PROBLEMS = (
    "Stock is low before the season",
    "No room for large deliveries",
    "Staff changes often",
    "Late with its own customers",
)
_ADVANTAGES = (
    "Three shops in good places",
    "Own vans",
    "Known to every contractor of the town",
    "A long list of regular customers",
)
_MEASURES = ("Agree on deliveries before the season", "Train the staff on rails", "Visit every month", "Offer a rebate on lamps")
_NEEDS = (
    ("SERVICE", "Deliveries before nine in the morning"),
    ("SERVICE", "One invoice a month"),
    ("PRODUCT", "Hinges in stainless steel"),
    ("PRODUCT", "A cheaper lamp for stairways"),
    ("PREFERENCE", "Wants to be called, not written to"),
)
_AGENCIES = ("Harbour Credit", "Plum Street Reports")


def registration(dealer: Dealer, taken: set[str], system: str = SYSTEM) -> Body:
    """What every card has: a name, how to reach it, marks, who serves it. The card of a dealer with books has its terms as well."""
    rng, place = dealer.rng, dealer.place
    name, industry = names.company(rng, taken)
    owner = names.person(rng)
    email = f"{owner.split()[1].lower()}.{dealer.number.lower()}@example.com"
    who: Body = {"kind": "PERSON", "person_name": owner} if dealer.person else {"kind": "COMPANY", "name": name}
    found = {
        **who,
        "place": place.name,
        "country": place.country,
        "telephone": place.telephone.format(dealer.digits),
        "email": email,
        "postal": place.postal(dealer.digits),
        "contacts": [] if dealer.person else [{"role": "OWNER", "name": owner, "email": email}],
        "marks": {
            "nature": "INDIVIDUAL" if dealer.person else rng.choice(("ORDINARY_COMPANY", "SPECIAL_COMPANY", "TRADING_PARTNER")),
            "shop_kind": rng.choice(("WHOLESALE", "RETAIL", "AGENCY", "CHAIN", "EXCLUSIVE")),
            "industry": industry,
        },
        "external_ids": [{"system": system, "value": dealer.number}],
        "area_id": place.area,
        "salesperson_id": dealer.salesperson,
    }
    if dealer.since is None:
        return found
    limit = {} if dealer.credit_limit is None else {"credit_limit": dealer.amount(dealer.money(Decimal(dealer.credit_limit)))}
    terms = {"payment_days": dealer.payment_days, "agreed_on": str(dealer.since), **limit}
    return found | {"terms": terms, "trading_since": str(dealer.since), "valid_from": str(dealer.since)}


def in_full(body: Body, dealer: Dealer, source: str, observed_on: date | None = None) -> Body:
    """The card with all its parts, as said by a source: SALESPERSON, QUESTIONNAIRE or AGENCY."""
    rng = dealer.rng
    seen = observed_on or _seen_on(rng, dealer)
    parts: Body = {
        "provenance": _provenance(rng, dealer, source, seen),
        "marks": {**body["marks"], "location": rng.choice(("BUSINESS_CENTRE", "WHOLESALE_MARKET", "RESIDENTIAL", "SUBURB"))},
        "characteristics": _characteristics(rng, dealer),
        "business_status": _business(rng, dealer, seen),
        "trade_status": _trade(rng, dealer),
        "needs": [{"kind": kind, "text": text} for kind, text in rng.sample(_NEEDS, rng.choice((0, 1, 1, 2)))],
    }
    if dealer.person:
        return {**body, **parts, "traits": _person(rng)}
    owner = {"name": body["contacts"][0]["name"], "email": body["email"], **_person(rng)}
    manager = {"name": names.person(rng), **_person(rng)}
    ownership = rng.choice(("PRIVATE", "PRIVATE", "JOINT_STOCK", "STATE_OWNED", "FOREIGN"))
    return {
        **body,
        **parts,
        "marks": {**parts["marks"], "ownership": ownership},
        "owner": owner,
        "manager": manager,
        "legal_representative": {"name": owner["name"], "born_on": owner["born_on"]},
        "decision_maker": {"role": "PURCHASING", "person": {"name": manager["name"], "telephone": body["telephone"]}},
        "legal_form": rng.choice(("LIMITED_COMPANY", "LIMITED_COMPANY", "JOINT_STOCK_COMPANY", "SOLE_PROPRIETOR")),
        "founded_on": str(date(dealer.anchor.year - rng.randrange(4, 35), rng.randrange(1, 13), 1)),
        "assets": _about(dealer, 300_000 + dealer.bought(dealer.anchor) * rng.randrange(2, 6)),
    }


def questionnaire(body: Body, dealer: Dealer, stated: Decimal) -> Body:
    """The card as the customer filled it in, with what it says to buy from us in a year: so many times what the books say."""
    seen = dealer.anchor - timedelta(days=dealer.rng.randrange(1, 30))
    found = in_full(body, dealer, "QUESTIONNAIRE", seen)
    told = {"annual_purchases": _about(dealer, dealer.bought(seen) * stated)}
    return {**found, "business_status": {**found["business_status"], **told}}


def _provenance(rng: Random, dealer: Dealer, source: str, seen: date) -> Body:
    mark = {"SALESPERSON": "V", "QUESTIONNAIRE": "Q", "AGENCY": "R"}[source]
    found: Body = {"source": source, "observed_on": str(seen), "reference": f"{mark}-{dealer.digits}"}
    if source == "AGENCY":
        cost = {"amount": f"{rng.choice((400, 800, 1500))}.00", "currency": "CNY"}
        found |= {"agency": rng.choice(_AGENCIES), "cost": cost}
    return found


def _seen_on(rng: Random, dealer: Dealer) -> date:
    ago = rng.choice((rng.randrange(1, 30), rng.randrange(1, 30), rng.randrange(30, 400)))
    return max(dealer.anchor - timedelta(days=ago), dealer.since or date.min)


def _person(rng: Random) -> Body:
    return {
        "character": rng.choice(_CHARACTER),
        "hobbies": rng.choice(_HOBBIES),
        "family": rng.choice(_FAMILY),
        "education": rng.choice(_EDUCATION),
        "born_on": str(date(rng.randrange(1955, 1992), rng.randrange(1, 13), rng.randrange(1, 29))),
        "ability": rng.choice(_ABILITY),
    }


def _characteristics(rng: Random, dealer: Dealer) -> Body:
    return {
        "service_area": f"{dealer.place.name} and the towns around it",
        "sales_power": _grade(rng),
        "potential": _grade(rng),
        "philosophy": rng.choice(_PHILOSOPHY),
        "policy": rng.choice(_POLICY),
        "staff": rng.randrange(3, 60),
        "annual_sales": _about(dealer, 400_000 + dealer.bought(dealer.anchor) * rng.randrange(3, 8)),
        "management_traits": rng.choice(_TRAITS),
    }


def _business(rng: Random, dealer: Dealer, seen: date) -> Body:
    sales = 350_000 + dealer.bought(seen) * rng.randrange(3, 8)
    years = [(dealer.anchor.year - 2, sales * rng.randrange(75, 105) / 100), (dealer.anchor.year - 1, sales)]
    return {
        "sales_results": [{"year": year, "sales": _about(dealer, amount)} for year, amount in years],
        "share_with_us": rng.randrange(5, 60),
        "managers_quality": _grade(rng),
        "staff_quality": _grade(rng),
        "competitors": rng.choice(_COMPETITORS),
        "business_tie": rng.choice(("CONTRACT", "PARTNER", "LOOSE")),
        "attitude": rng.choice(("COOPERATIVE", "COOPERATIVE", "NEUTRAL", "DIFFICULT")),
        **_purchases(dealer, seen),
    }


def _purchases(dealer: Dealer, seen: date) -> Body:
    bought = dealer.bought(seen)
    return {"annual_purchases": _about(dealer, bought)} if bought > 0 else {}


def _trade(rng: Random, dealer: Dealer) -> Body:
    found: Body = {
        "activity": rng.choice(_ACTIVITY),
        "problems": rng.choice(_PROBLEMS),
        "advantages": rng.choice(_ADVANTAGES),
        "measures": rng.choice(_MEASURES),
        "reputation": _grade(rng),
        "credit_status": rng.choice(("GOOD", "GOOD", "FAIR", "POOR")),
        "trade_conditions": f"{dealer.payment_days} days net",
    }
    if rng.random() < 0.1:
        happened = date(dealer.anchor.year - 3, rng.randrange(1, 13), rng.randrange(1, 29))
        kind = rng.choice(("LATE_PAYMENT", "BOUNCED_CHEQUE"))
        found["credit_problems"] = [{"happened_on": str(happened), "kind": kind, "amount": _about(dealer, Decimal(4000))}]
    return found


def _grade(rng: Random) -> int:
    return rng.choices((1, 2, 3, 4, 5), (1, 2, 4, 3, 2))[0]


def _about(dealer: Dealer, amount: Decimal) -> Body:
    """As people say amounts: in round thousands of the currency."""
    return {"amount": str(max(1, round(amount / 1000)) * 1000), "currency": dealer.currency}
