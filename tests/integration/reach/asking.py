"""Requests of every route, made from the routes and their document: for each customer, and for each way of asking for one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI

from tests.integration.reach.world import ARTICLES, BATCH, TODAY, Someone, World, day

_REQUIRED: Mapping[str, str] = {
    "from": day(-365),
    "to": day(0),
    "value": BATCH,
    "period": f"{TODAY - timedelta(days=260):%Y-%m}",
    "amount": "100.00",
    "currency": "CNY",
    "article": ARTICLES[0],
    "a_below": "0.70",
    "b_below": "0.90",
    "on": day(10),
    "against": "BEFORE",
    "external_id": "erp:K-quillon-7",
    "kind": "transactions",
    "source": "erp",
    "by": "salesperson",
}
"""Values of query parameters that have to be there. Without days an analysis looks at the last year."""
_STREAM_SECONDS = 1
_FROM_THE_BEGINNING = {"Last-Event-ID": "0.0.0"}
_NOTHING = "00000000-0000-4000-8000-00000000feed"
_numbers = count(1)


@dataclass(frozen=True)
class Ask:
    """One request. `path` is the route's, `of` whom it names in its address, `about` whom its query or body names."""

    service: str
    method: str
    path: str
    url: str
    params: Mapping[str, Any]
    body: Any
    of: Someone | None
    about: Someone | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def named(self) -> tuple[Someone, ...]:
        return tuple({one.who: one for one in (self.of, self.about) if one is not None}.values())

    def __str__(self) -> str:
        named = ", ".join(one.who for one in self.named)
        return f"{self.service} {self.method} {self.url} {dict(self.params)} ({named or 'nobody named'})"


def asks(service: str, app: FastAPI, world: World, *, every_way: bool) -> Iterator[Ask]:
    """All of them; without `every_way` only one of each route and customer."""
    document = app.openapi()
    for route in app.strict_routes:  # type: ignore[attr-defined]
        if route.scope is None:
            continue
        for method in sorted(route.methods):
            operation = document["paths"][route.path_format][method.lower()]
            yield from _of_route(service, method, route.path_format, operation, document, world, every_way)


def _of_route(
    service: str, method: str, path: str, operation: dict[str, Any], document: dict[str, Any], world: World, every_way: bool
) -> Iterator[Ask]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    # A file's ending stands behind the braces.
    names = [name.partition("}")[0] for name in names]
    own_names = [name for name in names if name in world.own.ids and not _of_company(path, name)]
    given = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
    needed = {name: _value(name, one) for name, one in given.items() if one.get("required")} | _always(given)
    example = _example(operation)
    headers = {"If-Match": '"1"'} if method != "GET" else _FROM_THE_BEGINNING if "for_seconds" in given else {}

    def ask(of: Someone | None, about: Someone | None, params: Mapping[str, Any]) -> Ask:
        url = path
        for name in names:
            known = of.ids.get(name) if of is not None and name in own_names else None
            url = url.replace("{" + name + "}", quote(_segment(path, name, known, world), safe=""))
        body = None if example is None else _told(example, about or of or world.own)
        return Ask(service, method, path, url, params, body, of, about, headers)

    for of in world.everybody if own_names else (None,):
        if of is not None and any(name not in of.ids for name in own_names):
            continue
        about = None if example is None or of is not None or not _names_somebody(example) else world.own
        yield ask(of, about, needed)
    bound = world.own if own_names else None
    if example is not None and _names_somebody(example):
        for one in world.everybody[1:]:
            yield ask(bound, one, needed)
    if not every_way:
        return
    for name, parameter in given.items():
        for one in world.everybody:
            if (value := _about(name, one)) is not None:
                yield ask(bound, one, {**needed, name: value})
        for value in _words_of(parameter, document):
            if needed.get(name) != value:
                yield ask(bound, None, {**needed, name: value})


def _of_company(path: str, name: str) -> bool:
    """Where a name of something of a customer is that of something else."""
    return (name == "measure_id" and "/prevention/" in path) or (name == "alert_id" and "/company-alerts/" in path)


def _segment(path: str, name: str, known: str | None, world: World) -> str:
    if known is not None:
        return known
    if name == "run_id":
        for kind in ("credit", "customer"):
            if f"/{kind}-grade-runs/" in path:
                return world.company[f"{kind}_run_id"]
    if name == "rule_id" and "/company-rules/" in path:
        return world.company["company_rule_id"]
    if name == "alert_id":
        return world.company["company_alert_id"]
    # Some things are nowhere in the company: they are as unknown to one caller as to another.
    return world.company.get(name, _NOTHING)


def _value(name: str, parameter: Mapping[str, Any]) -> str:
    schema = parameter["schema"]
    if "enum" in schema:
        return str(schema["enum"][0])
    return _REQUIRED[name]


def _always(given: Mapping[str, Any]) -> dict[str, Any]:
    """A whole page, a short stream, and the days of which the customers have a story."""
    found: dict[str, Any] = {"limit": 500} if "limit" in given else {}
    if "for_seconds" in given:
        found["for_seconds"] = _STREAM_SECONDS
    return found


def _about(name: str, one: Someone) -> str | None:
    match name:
        case "customer_id" | "complaint_id":
            return one.ids[name]
        case "area_id" | "salesperson_id":
            return getattr(one, name)  # type: ignore[no-any-return]
        case "external_id":
            return f"erp:{one.number}"
        case "name_prefix":
            return one.name[:5].lower()
        case "subject_id":
            return one.id
        case "where":
            return f"salesperson_id={one.salesperson_id}" if one.salesperson_id else None
    return None


def _words_of(parameter: Mapping[str, Any], document: Mapping[str, Any]) -> list[Any]:
    schema = parameter["schema"]
    for one in (schema, *schema.get("anyOf", ())):
        if "$ref" in one:
            one = document["components"]["schemas"][one["$ref"].rsplit("/", 1)[1]]
        if "enum" in one:
            return list(one["enum"])
        if one.get("type") == "boolean":
            return ["true", "false"]
    return []


def _example(operation: Mapping[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    examples = content["application/json"]["examples"]
    return next(iter(examples.values()))["value"]


_NAMING = frozenset(
    ("customer", "customer_id", "customer_ids", "external_id", "dealer", "dealer_id", "merged_id", "complaint_id")
)


def _names_somebody(example: Any) -> bool:
    if isinstance(example, list):
        return any(map(_names_somebody, example))
    return isinstance(example, dict) and bool(_NAMING & set(example))


def _told(example: Any, one: Someone) -> Any:
    """The example, about this customer, and new: delivered under an id that nothing had before."""
    if isinstance(example, list):
        return [_told(each, one) for each in example]
    if not isinstance(example, dict):
        return example
    found = {}
    for name, value in example.items():
        match name:
            case "customer" | "dealer":
                value = one.ref
            case "customer_id" | "dealer_id" | "merged_id":
                value = one.id
            case "complaint_id":
                value = one.ids["complaint_id"]
            case "customer_ids":
                value = [one.id]
            case "source_event_id" | "number":
                value = f"M-{next(_numbers)}"
            case "area_id" | "salesperson_id":
                value = getattr(one, name) or value
            case "external_ids":
                value = [{"system": "erp", "value": f"M-{next(_numbers)}"}]
            case _:
                value = _told(value, one)
        found[name] = value
    return found
