"""Money: a decimal amount in one currency, never a float, never two currencies in one sum."""

from __future__ import annotations

from decimal import Decimal

import msgspec

LARGEST_MINOR_UNITS = 10**15
"""Amounts beyond this many minor units are refused: no invoice is that large, a slipped decimal point is."""

# ISO 4217:2015 with amendments; only the exponents that differ from 2 need a number.
OTHER_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),
    **dict.fromkeys("CLF UYW".split(), 4),
}
_TWO_DECIMALS = frozenset(
    """AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
    CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS
    KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD
    PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP
    TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG""".split()
)


def decimals(currency: str) -> int:
    """Number of decimals of an ISO 4217 currency. Raises ValueError for a code that is none."""
    if currency in _TWO_DECIMALS:
        return 2
    if currency in OTHER_EXPONENTS:
        return OTHER_EXPONENTS[currency]
    raise ValueError("not an ISO 4217 currency")


class Money(msgspec.Struct, frozen=True, order=False):
    """An amount and its ISO 4217 currency; the amount travels as a decimal string."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise ValueError("two currencies in one sum")
        return Money(self.amount + other.amount, self.currency)


def checked(amount: Decimal, currency: str) -> Money:
    """Money that may enter the system. Raises ValueError when the amount is not finite, finer than the currency, or too large."""
    places = decimals(currency)
    if not amount.is_finite():
        raise ValueError("not a finite amount")
    unit, largest = _UNITS[places]
    if not -largest <= amount <= largest:
        raise ValueError("too large")
    kept = amount.quantize(unit)
    if kept != amount:
        raise ValueError(f"more than {places} decimals")
    return Money(kept, currency)


_UNITS = {places: (Decimal(1).scaleb(-places), Decimal(LARGEST_MINOR_UNITS).scaleb(-places)) for places in (0, 2, 3, 4)}
"""By number of decimals: the smallest unit, and the largest amount."""
