"""Where dealers sit: towns with their addresses in the form of their country, and telephone numbers that nobody has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A town in a sales area. `street` holds the place of the house number, `telephone` that of the last four digits."""

    name: str
    country: str
    area: str
    region: str | None
    city: str
    district: str | None
    postal_code: str
    street: str
    telephone: str

    def postal(self, number: int) -> Body:
        """The address at a house number."""
        parts = {
            "country": self.country,
            "region": self.region,
            "city": self.city,
            "district": self.district,
            "postal_code": self.postal_code,
            "street": self.street.format(number),
        }
        return {name: value for name, value in parts.items() if value is not None}


def _china(name: str, area: str, region: str, city: str, district: str, postal_code: str, dialling: str) -> Place:
    # No subscriber's number begins with 0 there: nobody can be called by mistake.
    return Place(name, "CN", area, region, city, district, postal_code, "人民路{}号", f"{dialling}-0000{{:04d}}")


_PLACES = (
    _china("Suzhou", "EAST-1", "江苏省", "苏州市", "姑苏区", "215000", "0512"),
    _china("Wuxi", "EAST-1", "江苏省", "无锡市", "滨湖区", "214000", "0510"),
    _china("Hangzhou", "EAST-2", "浙江省", "杭州市", "滨江区", "310000", "0571"),
    _china("Ningbo", "EAST-2", "浙江省", "宁波市", "北仑区", "315800", "0574"),
    _china("Hefei", "CENTRE", "安徽省", "合肥市", "包河区", "230000", "0551"),
    _china("Wuhan", "CENTRE", "湖北省", "武汉市", "汉南区", "430000", "027"),
    _china("Changsha", "CENTRE", "湖南省", "长沙市", "芙蓉区", "410000", "0731"),
    _china("Guangzhou", "SOUTH", "广东省", "广州市", "白云区", "510000", "020"),
    _china("Xiamen", "SOUTH", "福建省", "厦门市", "湖里区", "361000", "0592"),
    _china("Chengdu", "WEST", "四川省", "成都市", "成华区", "610000", "028"),
    _china("Xi'an", "WEST", "陕西省", "西安市", "碑林区", "710000", "029"),
    _china("Qingdao", "NORTH", "山东省", "青岛市", "黄岛区", "266000", "0532"),
)
_ABROAD = {
    "USD": Place("Tacoma", "US", "ABROAD", "WA", "Tacoma", None, "98402", "{} Harbor Street", "253-555-{:04d}"),
    "EUR": Place("Rotterdam", "NL", "ABROAD", None, "Rotterdam", None, "3011 AA", "Havenstraat {}", "010 000 {:04d}"),
    "JPY": Place("Sakai", "JP", "ABROAD", "大阪府", "堺市", None, "590-0078", "堺区南瓦町 3-{}", "072-000-{:04d}"),
}


def place_of(number: int, currency: str) -> Place:
    """The town of the dealer with this number who trades in this currency."""
    return _ABROAD.get(currency) or _PLACES[number % len(_PLACES)]
