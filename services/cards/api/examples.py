"""One example a request, shown in the API's document."""

from __future__ import annotations

from typing import Any

from fastapi.openapi.models import Example

_CUSTOMER = {"system": "erp", "value": "K-1077"}
_FACT = {"source": "erp", "customer": _CUSTOMER}
_AMOUNT = {"amount": "1250.00", "currency": "CNY"}

_FACTS: dict[str, dict[str, Any]] = {
    "sale": {
        **_FACT,
        "source_event_id": "S-90117",
        "sold_on": "2026-03-02",
        "net": _AMOUNT,
        "lines": [{"article": "A-17", "quantity": "5", "net": "1250.00", "unit_cost": "180.00"}],
        "order_number": "O-5521",
        "salesperson_id": "wang",
    },
    "return": {**_FACT, "source_event_id": "R-311", "returned_on": "2026-03-09", "net": {"amount": "250.00", "currency": "CNY"}},
    "invoice": {
        **_FACT,
        "source_event_id": "I-2207",
        "number": "2026-2207",
        "issued_on": "2026-03-03",
        "due_on": "2026-04-02",
        "amount": _AMOUNT,
    },
    "payment": {
        **_FACT,
        "source_event_id": "P-804",
        "received_on": "2026-04-01",
        "amount": {"amount": "1000.00", "currency": "CNY"},
        "allocations": [{"invoice": {"number": "2026-2207"}, "amount": "1000.00"}],
    },
    "payment_reversal": {**_FACT, "source_event_id": "PR-12", "payment": "P-804", "reversed_on": "2026-04-03"},
    "refund": {**_FACT, "source_event_id": "F-9", "paid_on": "2026-04-20", "amount": {"amount": "50.00", "currency": "CNY"}},
    "credit_note": {
        **_FACT,
        "source_event_id": "C-77",
        "number": "CN-77",
        "noted_on": "2026-03-15",
        "amount": {"amount": "250.00", "currency": "CNY"},
        "allocations": [{"invoice": {"number": "2026-2207"}, "amount": "250.00"}],
    },
    "write_off": {
        **_FACT,
        "source_event_id": "W-3",
        "invoice": {"number": "2026-2207"},
        "written_off_on": "2026-12-31",
        "amount": {"amount": "120.00", "currency": "CNY"},
    },
    "sub_sale": {
        **_FACT,
        "source_event_id": "SO-44",
        "dealer": {"system": "erp", "value": "K-1077"},
        "customer": {"system": "dealer-1077", "value": "12"},
        "sold_on": "2026-03-12",
        "net": {"amount": "310.00", "currency": "CNY"},
    },
}


def example(value: Any) -> dict[str, Example]:
    return {"example": {"summary": "An example", "value": value}}


FACT_EXAMPLES: dict[str, dict[str, Example]] = {kind: example(value) for kind, value in _FACTS.items()}
bulk_example = example([{"type": "sale", **_FACTS["sale"]}, {"type": "payment", **_FACTS["payment"]}])

CUSTOMER = example(
    {
        "kind": "COMPANY",
        "name": "Hua Xin Trading Co.",
        "place": "Suzhou",
        "country": "CN",
        "telephone": "+8651267890123",
        "contacts": [{"role": "buyer", "name": "Wang Min", "telephone": "+8613800138000"}],
        "postal": {
            "country": "CN",
            "region": "江苏省",
            "city": "苏州市",
            "district": "姑苏区",
            "street": "观前街5号",
            "postal_code": "215000",
        },
        "owner": {"name": "Wang Lei", "character": "Keeps his word", "born_on": "1971-08-02"},
        "legal_form": "LIMITED",
        "marks": {"nature": "ORDINARY_COMPANY", "shop_kind": "WHOLESALE", "industry": "HARDWARE", "ownership": "JOINT_STOCK"},
        "external_ids": [_CUSTOMER],
        "area_id": "EAST",
        "salesperson_id": "wang",
        "terms": {"payment_days": 30, "credit_limit": {"amount": "200000.00", "currency": "CNY"}, "agreed_on": "2026-01-05"},
        "provenance": {"source": "SALESPERSON", "observed_on": "2026-01-05", "reference": "V-7"},
        "characteristics": {"service_area": "Suzhou and Wuxi", "sales_power": 4, "staff": 36},
        "trade_status": {"reputation": 4, "credit_status": "GOOD"},
        "decision_maker": {"role": "PURCHASING", "person": {"name": "Wang Min"}},
        "needs": [{"kind": "SERVICE", "text": "Deliveries before nine in the morning"}],
    }
)
CUSTOMERS = example(
    [{"kind": "COMPANY", "name": "Hua Xin Trading Co.", "external_ids": [_CUSTOMER]}, {"kind": "PERSON", "person_name": "Li Na"}]
)
BASICS = example(
    {
        "kind": "COMPANY",
        "name": "Hua Xin Trading Group",
        "place": "Suzhou",
        "country": "CN",
        "reason": "renamed",
        "valid_from": "2026-03-01",
    }
)
MARKS = example(
    {
        "nature": "ORDINARY_COMPANY",
        "shop_kind": "CHAIN",
        "industry": "HARDWARE",
        "ownership": "JOINT_STOCK",
        "location": "BUSINESS_CENTRE",
        "provenance": {"source": "SALESPERSON", "observed_on": "2026-03-02"},
    }
)
ASSIGNMENT = example({"area_id": "EAST", "salesperson_id": "li"})
TERMS = example({"payment_days": 45, "credit_limit": {"amount": "300000.00", "currency": "CNY"}, "agreed_on": "2026-06-01"})
EXTERNAL_ID = example({"system": "webshop", "value": "c-20934"})
SEARCH = example({"telephone": "+8613800138000"})
ERASURE = example({"reason": "REQUESTED_BY_CUSTOMER"})
SOURCE_KIND = example({"fact_kind": "payments"})
SOURCE_DAY = example({"fact_kind": "payments", "day": "2026-03-31"})
