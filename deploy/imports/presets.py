"""Layouts of well-known public data sets, told by their columns where nobody names them."""

from __future__ import annotations

from dataclasses import dataclass

from deploy.imports.mapping import Kind, Layout


@dataclass(frozen=True, slots=True)
class Preset:
    """A layout with the name under which it is asked for. Its columns are what it is recognised by."""

    name: str
    layout: Layout

    @property
    def kind(self) -> Kind:
        return self.layout.kind


PRESETS = (
    # UCI "Online Retail": a British wholesaler of gifts. Orders; cancellations have negative amounts.
    Preset(
        "online-retail",
        Layout(
            kind="transactions",
            columns={"customer": "customer", "day": "date", "amount": "amount", "id": "invoice", "order": "invoice"},
            fixed={"currency": "GBP"},
            source="online-retail",
            system="online-retail",
        ),
    ),
    # The same data by order line, as published.
    Preset(
        "online-retail",
        Layout(
            kind="transactions",
            columns={
                "customer": "CustomerID",
                "day": "InvoiceDate",
                "order": "InvoiceNo",
                "article": "StockCode",
                "quantity": "Quantity",
                "unit_price": "UnitPrice",
            },
            fixed={"currency": "GBP"},
            source="online-retail",
            system="online-retail",
        ),
    ),
    # CDNOW: purchases of a cohort of new customers of a music shop; no ids.
    Preset(
        "cdnow",
        Layout(
            kind="transactions",
            columns={"customer": "customer", "day": "date", "amount": "amount", "quantity": "quantity"},
            fixed={"currency": "USD"},
            source="cdnow",
            system="cdnow",
        ),
    ),
    # IBM "Late payments": settled invoices; the day of settlement becomes a payment.
    Preset(
        "ibm-late-payments",
        Layout(
            kind="invoices",
            columns={
                "customer": "customer",
                "number": "invoice",
                "issued_on": "invoice_date",
                "due_on": "due_date",
                "paid_on": "settled_date",
                "amount": "amount",
            },
            fixed={"currency": "USD"},
            source="ibm-late-payments",
            system="ibm-late-payments",
        ),
    ),
    # CFPB consumer complaints: the company that is complained about stands for the customer who passes the complaint on.
    Preset(
        "cfpb-complaints",
        Layout(
            kind="complaints",
            columns={"customer": "Company", "received_on": "Date received", "channel": "Submitted via", "article": "Product"},
            fixed={"kind": "SERVICE", "channel": "OTHER"},
            words={
                "channel": {
                    "Phone": "HOTLINE",
                    "Web": "WEB",
                    "Postal mail": "LETTER",
                    "Email": "EMAIL",
                    "Referral": "OTHER",
                    "Fax": "OTHER",
                },
            },
            source="cfpb-complaints",
            system="cfpb-complaints",
            date_format="%m/%d/%Y",
        ),
    ),
)


def preset(name: str, kind: Kind, columns: tuple[str, ...]) -> Layout | None:
    """The layout of a named preset that fits these columns."""
    found = [p.layout for p in PRESETS if p.name == name and p.kind == kind and set(p.layout.columns.values()) <= set(columns)]
    return found[0] if found else None


def recognised(columns: tuple[str, ...]) -> Layout | None:
    """The layout that a file with these columns has, when one preset fits: the one that uses most of them."""
    fitting = [p.layout for p in PRESETS if set(p.layout.columns.values()) <= set(columns)]
    return max(fitting, key=lambda layout: len(layout.columns), default=None)
