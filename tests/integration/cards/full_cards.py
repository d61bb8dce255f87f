"""A company and a person with everything that a card can hold."""

from __future__ import annotations

from typing import Any

VISIT = {"source": "SALESPERSON", "observed_on": "2026-03-02", "reference": "V-118"}
FORM = {"source": "QUESTIONNAIRE", "observed_on": "2026-03-05", "reference": "Q-7"}
REPORT = {
    "source": "AGENCY",
    "agency": "Harbour Credit",
    "observed_on": "2026-03-09",
    "reference": "R-2026-31",
    "cost": {"amount": "800.00", "currency": "CNY"},
}


def cny(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


OWNER = {
    "name": "Wang Min",
    "telephone": "+8613800138000",
    "email": "wang.min@example.com",
    "character": "Careful, keeps his word",
    "hobbies": "Angling",
    "family": "Two sons, one in the shop",
    "education": "Technical college",
    "born_on": "1971-08-02",
    "ability": "Knows every builder in town",
}
CHARACTERISTICS = {
    "service_area": "Hangzhou and Shaoxing",
    "sales_power": 4,
    "potential": 5,
    "philosophy": "Few brands, each of them in depth",
    "policy": "Builds up the county towns",
    "staff": 36,
    "annual_sales": cny("12000000.00"),
    "management_traits": "Decides himself, and fast",
}
BUSINESS = {
    "sales_results": [{"year": 2024, "sales": cny("9000000.00")}, {"year": 2025, "sales": cny("11800000.00")}],
    "annual_purchases": cny("900000.00"),
    "share_with_us": 35,
    "managers_quality": 4,
    "staff_quality": 3,
    "competitors": "Buys fittings from two others",
    "business_tie": "CONTRACT",
    "attitude": "COOPERATIVE",
}
TRADE = {
    "activity": "Sells our whole range",
    "problems": "Stock is low before the season",
    "advantages": "Three shops in good places",
    "measures": "Agree on deliveries before the season",
    "reputation": 4,
    "credit_status": "FAIR",
    "trade_conditions": "30 days net",
    "days_late": 6,
    "credit_problems": [
        {"happened_on": "2024-08-19", "kind": "LATE_PAYMENT", "amount": cny("4200.00"), "note": "Flood in the store"}
    ],
}
COMPANY: dict[str, Any] = {
    "kind": "COMPANY",
    "name": "Hua Xin Trading",
    "place": "Suzhou",
    "country": "CN",
    "address": "5 Guanqian Street",
    "telephone": "0512 6789 0123",
    "postal": {
        "country": "CN",
        "region": "江苏省",
        "city": "苏州市",
        "district": "姑苏区",
        "street": "观前街5号",
        "postal_code": "215000",
    },
    "owner": OWNER,
    "manager": {**OWNER, "name": "Li Qiang", "born_on": "1980-01-31"},
    "legal_representative": {**OWNER, "name": "Wang Lei", "born_on": "1949-12-01"},
    "founded_on": "1987-05-01",
    "trading_since": "2009-03-01",
    "legal_form": "LIMITED",
    "assets": cny("3000000.00"),
    "marks": {
        "nature": "ORDINARY_COMPANY",
        "shop_kind": "WHOLESALE",
        "industry": "HARDWARE",
        "ownership": "JOINT_STOCK",
        "location": "BUSINESS_CENTRE",
    },
    "provenance": VISIT,
    "characteristics": CHARACTERISTICS,
    "business_status": BUSINESS,
    "trade_status": TRADE,
    "decision_maker": {"role": "PURCHASING", "person": {"name": "Zhao Li", "telephone": "+8613900139000"}},
    "needs": [{"kind": "SERVICE", "text": "Deliveries before nine in the morning"}],
}
PERSON: dict[str, Any] = {
    "kind": "PERSON",
    "person_name": "Li Na",
    "country": "JP",
    "telephone": "03-1234-5678",
    "postal": {"country": "JP", "region": "Tokyo", "street": "千代田区丸の内1-1", "postal_code": "100-0005"},
    "traits": {**OWNER, "name": None, "telephone": None, "email": None},
    "marks": {"nature": "INDIVIDUAL"},
    "provenance": VISIT,
    "characteristics": {"potential": 2},
    "trade_status": {"credit_status": "GOOD"},
}
