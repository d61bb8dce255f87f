"""The machine: rules are what callers do, `expected` is what must be answered from then on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

import httpx
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, precondition, rule

from tests.chaos.model.crashes import Crash
from tests.chaos.model.world import FOLLOWING, World

crashes = st.sampled_from([None, None, None, "before commit", "after commit"])
sellers = st.sampled_from(["E-1", "E-2", "E-3"])
natures = st.sampled_from(["ORDINARY_COMPANY", "GOVERNMENT"])
amounts = st.integers(1, 999).map(lambda n: {"amount": f"{n}.00", "currency": "CNY"})


@dataclass(frozen=True)
class Customer:
    """What a card has to say. `known`: the read models have followed it."""

    id: str
    number: str
    version: int
    stub: bool
    name: str | None = None
    salesperson_id: str | None = None
    nature: str | None = None
    payment_days: int | None = None
    erased: bool = False
    known: bool = False
    outstanding: int = 0
    invoices: int = 0


@dataclass(frozen=True)
class Complaint:
    id: str
    customer: int
    version: int = 1
    state: str = "OPEN"


class Said(NamedTuple):
    """A command and what it was answered."""

    service: str
    method: str
    path: str
    body: Any
    headers: dict[str, str]
    answer: tuple[int, Any, str | None]


def heard(answer: httpx.Response) -> tuple[int, Any, str | None]:
    body = answer.json()
    # Each request has a trace of its own, and a problem names it.
    return answer.status_code, {name: value for name, value in body.items() if name != "trace_id"}, answer.headers.get("etag")


@dataclass
class Expected:
    customers: list[Customer] = field(default_factory=list)
    complaints: list[Complaint] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)


class Register(RuleBasedStateMachine):
    """`world` is set before the machine runs; examples use numbers of their own, so they may share one."""

    world: ClassVar[World]
    names: ClassVar[int] = 0

    customers = Bundle("customers")
    complaints = Bundle("complaints")
    commands = Bundle("commands")

    @initialize()
    def begin(self) -> None:
        self.expected = Expected()
        self.touched: set[int] = set()

    def _name(self) -> str:
        Register.names += 1
        return f"{Register.names}"

    def _ask(
        self,
        service: str,
        method: str,
        path: str,
        body: Any,
        crash: Crash | None = None,
        version: int | None = None,
        caller: Mapping[str, str] | None = None,
    ) -> Said:
        """A command under a key of its own. After a crash it is repeated, as its caller would."""
        headers = {"Idempotency-Key": f"model-{self._name()}"} | ({} if version is None else {"If-Match": f'"{version}"'})
        headers |= caller or {}
        answer = self.world.ask(service, method, path, body, headers, crash)
        if answer.status_code == 503:
            assert crash is not None
            answer = self.world.ask(service, method, path, body, headers)
        return Said(service, method, path, body, headers, heard(answer))

    def _changed(self, at: int, **change: Any) -> None:
        self.expected.customers[at] = replace(self.expected.customers[at], **change)
        self.touched.add(at)

    def _news(self, at: int, said: Said, news: bool, **change: Any) -> Said:
        """The card has another version if it is news, and says so."""
        one = self.expected.customers[at]
        version = one.version + news
        assert said.answer == (200, {"customer_id": one.id}, f'"{version}"'), said
        self._changed(at, version=version, **change)
        return said

    @rule(target=customers, crash=crashes, seller=st.none() | sellers)
    def register(self, crash: Crash | None, seller: str | None) -> int:
        number = self._name()
        body = {"kind": "COMPANY", "name": f"Company {number}", "external_ids": [{"system": "erp", "value": f"M-{number}"}]}
        said = self._ask("cards", "POST", "/v1/customers", body if seller is None else body | {"salesperson_id": seller}, crash)
        status, answer, etag = said.answer
        assert (status, answer["status"], etag) == (201, "registered", '"1"'), said
        self.expected.customers.append(
            Customer(answer["customer_id"], f"M-{number}", 1, False, name=f"Company {number}", salesperson_id=seller)
        )
        return self._added()

    @rule(target=customers, n=st.integers(1, 4), flawed=st.booleans(), crash=crashes)
    def register_many(self, n: int, flawed: bool, crash: Crash | None) -> Any:
        numbers = [self._name() for _ in range(n)]
        body: list[Any] = [
            {"kind": "COMPANY", "name": f"Company {one}", "external_ids": [{"system": "erp", "value": f"M-{one}"}]}
            for one in numbers
        ]
        said = self._ask("cards", "POST", "/v1/customers/bulk", [*body, {"kind": "NOTHING"}] if flawed else body, crash)
        status, answer, _ = said.answer
        assert status == 207, said
        assert [one["status"] for one in answer["items"]] == ["recorded"] * n + ["rejected"] * flawed, said
        found = []
        for number, item in zip(numbers, answer["items"], strict=False):
            self.expected.customers.append(Customer(item["id"], f"M-{number}", 1, False, name=f"Company {number}"))
            found.append(self._added())
        return multiple(*found)

    def _added(self) -> int:
        at = len(self.expected.customers) - 1
        self.touched.add(at)
        return at

    @rule(target=customers, amount=amounts)
    def a_fact_opens_a_stub(self, amount: Any) -> int:
        number = f"M-{self._name()}"
        said = self._invoice(number, amount)
        assert said.answer[0] == 201, said
        customer_id = said.answer[1]["customer_id"]
        money = int(amount["amount"].removesuffix(".00"))
        self.expected.customers.append(Customer(customer_id, number, 1, True, outstanding=money, invoices=1))
        return self._added()

    def _invoice(self, number: str, amount: Any) -> Said:
        name = f"I-{self._name()}"
        body = {
            "source": "erp",
            "source_event_id": name,
            "customer": {"system": "erp", "value": number},
            "number": name,
            "issued_on": "2026-03-01",
            "due_on": "2026-03-31",
            "amount": amount,
        }
        return self._ask("cards", "POST", "/v1/invoices", body)

    @rule(target=commands, at=customers, amount=amounts)
    def invoice(self, at: int, amount: Any) -> Said:
        """Also of the erased: the ledger goes on. The same invoice under another key is a duplicate, with another amount a conflict."""
        one = self.expected.customers[at]
        said = self._invoice(one.number, amount)
        assert (said.answer[0], said.answer[1]["customer_id"]) == (201, one.id), said
        again = self._ask("cards", "POST", "/v1/invoices", said.body)
        assert (again.answer[0], again.answer[1]["status"]) == (200, "duplicate"), again
        other = self._ask("cards", "POST", "/v1/invoices", said.body | {"amount": {"amount": "1000.00", "currency": "CNY"}})
        assert (other.answer[0], other.answer[1]["code"]) == (409, "FACT_CONFLICT"), other
        money = int(amount["amount"].removesuffix(".00"))
        self._changed(at, outstanding=one.outstanding + money, invoices=one.invoices + 1)
        return said

    @rule(target=commands, at=customers, crash=crashes)
    def register_again(self, at: int, crash: Crash | None) -> Any:
        """A card with a stub is filled; one that is there stays."""
        one = self.expected.customers[at]
        if one.erased:
            return multiple()
        name = f"Company {self._name()}"
        body = {"kind": "COMPANY", "name": name, "external_ids": [{"system": "erp", "value": one.number}]}
        said = self._ask("cards", "POST", "/v1/customers", body, crash)
        if one.stub:
            assert said.answer == (201, {"customer_id": one.id, "status": "stub_filled"}, f'"{one.version + 1}"'), said
            self._changed(at, version=one.version + 1, stub=False, name=name)
        else:
            assert (said.answer[0], said.answer[1]["code"]) == (409, "CUSTOMER_EXISTS"), said
        return said

    @rule(target=commands, at=customers, seller=sellers, crash=crashes)
    def move_to_salesperson(self, at: int, seller: str, crash: Crash | None) -> Any:
        one = self.expected.customers[at]
        if one.stub or one.erased:
            return multiple()
        said = self._ask("cards", "PUT", f"/v1/customers/{one.id}/assignment", {"salesperson_id": seller}, crash, one.version)
        return self._news(at, said, seller != one.salesperson_id, salesperson_id=seller)

    @rule(target=commands, at=customers, nature=natures, crash=crashes)
    def sort(self, at: int, nature: str, crash: Crash | None) -> Any:
        one = self.expected.customers[at]
        if one.stub or one.erased:
            return multiple()
        said = self._ask("cards", "PUT", f"/v1/customers/{one.id}/marks", {"nature": nature}, crash, one.version)
        return self._news(at, said, nature != one.nature, nature=nature)

    @rule(target=commands, at=customers, days=st.sampled_from([30, 60]), crash=crashes)
    def agree_on_terms(self, at: int, days: int, crash: Crash | None) -> Any:
        one = self.expected.customers[at]
        if one.stub or one.erased:
            return multiple()
        body = {"payment_days": days, "agreed_on": "2026-01-05"}
        said = self._ask("cards", "PUT", f"/v1/customers/{one.id}/terms", body, crash, one.version)
        return self._news(at, said, days != one.payment_days, payment_days=days)

    @rule(at=customers, back=st.integers(1, 3))
    def decide_on_a_stale_version(self, at: int, back: int) -> None:
        one = self.expected.customers[at]
        if one.stub or one.erased or one.version <= back:
            return
        before = self.world.events()
        said = self._ask(
            "cards", "PUT", f"/v1/customers/{one.id}/assignment", {"salesperson_id": "E-9"}, None, one.version - back
        )
        assert (said.answer[0], said.answer[1]["code"]) == (412, "VERSION_STALE"), said
        assert self.world.events() == before

    @rule(at=customers, seller=sellers)
    def read_what_an_older_program_wrote(self, at: int, seller: str) -> None:
        one = self.expected.customers[at]
        if one.stub or one.erased or one.salesperson_id is not None:
            return
        self.world.write_retired(UUID(one.id), seller)
        self._changed(at, version=one.version + 1, salesperson_id=seller)

    @rule(at=customers, crash=crashes)
    def erase(self, at: int, crash: Crash | None) -> None:
        one = self.expected.customers[at]
        if one.stub or one.erased:
            return
        path = f"/v1/customers/{one.id}/erasure"
        asked = self._ask("cards", "POST", path, {"reason": "REQUESTED"}, crash)
        assert (asked.answer[0], asked.answer[2]) == (200, f'"{one.version + 1}"'), asked
        said = self._ask("cards", "POST", f"{path}/approval", {}, crash, caller=self.world.second)
        assert said.answer[0] == 200, said
        self._changed(at, version=one.version + 2, erased=True)
        late = self._ask("cards", "PUT", f"/v1/customers/{one.id}/marks", {"nature": "GOVERNMENT"}, None, one.version + 2)
        assert late.answer[0] == 410, late

    @rule(target=complaints, at=customers, crash=crashes)
    def complain(self, at: int, crash: Crash | None) -> Any:
        one = self.expected.customers[at]
        if one.erased or not one.known:
            return multiple()
        body = {"customer": {"id": one.id}, "kind": "QUALITY", "channel": "WEB", "received_on": "2026-03-02"}
        said = self._ask("complaints", "POST", "/v1/complaints", body, crash)
        assert (said.answer[0], said.answer[2]) == (201, '"1"'), said
        self.expected.complaints.append(Complaint(said.answer[1]["id"], at))
        return len(self.expected.complaints) - 1

    @rule(target=commands, at=complaints, crash=crashes)
    def assess(self, at: int, crash: Crash | None) -> Any:
        one = self.expected.complaints[at]
        if one.version > 1 or self.expected.customers[one.customer].erased:
            return multiple()
        body = {"founded": True, "severity": "HIGH", "assessed_on": "2026-03-05"}
        stale = self._ask("complaints", "POST", f"/v1/complaints/{one.id}/assessment", body, None, one.version + 1)
        assert stale.answer[0] == 412, stale
        said = self._ask("complaints", "POST", f"/v1/complaints/{one.id}/assessment", body, crash, one.version)
        assert (said.answer[0], said.answer[2]) == (200, f'"{one.version + 1}"'), said
        self.expected.complaints[at] = replace(one, version=one.version + 1, state=said.answer[1]["state"])
        return said

    @rule(target=commands, at=customers, share=st.integers(1, 9), crash=crashes)
    def classify(self, at: int, share: int, crash: Crash | None) -> Any:
        """What is expected of a customer: only of one that has bought."""
        one = self.expected.customers[at]
        body = {"currency": "CNY", "from_on": "2026-01-01", "share": f"0.{share}"}
        said = self._ask("classification", "PUT", f"/v1/customers/{one.id}/expectation", body, crash)
        if said.answer[0] == 404:
            # Nobody has heard of the customer yet: that is not remembered, since it changes.
            assert said.answer[1]["code"] == "CUSTOMER_UNKNOWN", said
            return multiple()
        assert said.answer[0] == 200, said
        shown = self.world.ask("classification", "GET", f"/v1/customers/{one.id}/expectation").json()
        assert [float(known["share"]) for known in shown["expectations"]] == [share / 10], shown
        return said

    @rule(said=commands)
    def repeat(self, said: Said) -> None:
        before = self.world.events()
        again = self.world.ask(said.service, said.method, said.path, said.body, said.headers)
        assert heard(again) == said.answer, again.text
        assert self.world.events() == before

    @rule(said=consumes(commands))
    def repeat_with_another_body(self, said: Said) -> None:
        before = self.world.events()
        name = next(one for one in _TELLING if one in said.body)
        other = said.body | {name: _another(said.body[name])}
        again = self.world.ask(said.service, said.method, said.path, other, said.headers)
        assert (again.status_code, again.json()["code"]) == (422, "IDEMPOTENCY_KEY_REUSED"), again.text
        assert self.world.events() == before

    @rule(seed=st.integers(0, 1000))
    def follow(self, seed: int) -> None:
        self._follow(seed)

    def _follow(self, seed: int) -> None:
        self.world.follow(seed)
        for at, one in enumerate(self.expected.customers):
            self.expected.customers[at] = one = replace(one, known=True)
            self._compare_lists(one)
        for complaint in self.expected.complaints:
            shown = self.world.ask("complaints", "GET", f"/v1/complaints/{complaint.id}")
            assert (shown.json()["state"], _version(shown)) == (complaint.state, complaint.version), shown.text

    def _compare_lists(self, one: Customer) -> None:
        line = self.world.ask("cards", "GET", f"/v1/customers?external_id=erp:{one.number}").json()["items"]
        shown = [(each["customer_id"], each.get("name"), each.get("salesperson_id")) for each in line]
        assert shown == ([] if one.erased else [(one.id, one.name, one.salesperson_id)]), (line, one)
        owed = self.world.ask("cards", "GET", f"/v1/customers/{one.id}/receivables").json()["balances"]
        assert [each["outstanding"] for each in owed] == ([f"{one.outstanding}.00"] if one.invoices else []), owed

    @rule(service=st.sampled_from(FOLLOWING), number=st.integers(0, 100), seed=st.integers(0, 1000))
    def make_anew(self, service: str, number: int, seed: int) -> None:
        self._follow(seed)
        self.world.rebuild(service, number)
        self._follow(seed + 1)

    @precondition(lambda self: hasattr(self, "touched"))
    @invariant()
    def cards_are_as_expected(self) -> None:
        for at in self.touched:
            one = self.expected.customers[at]
            shown = self.world.ask("cards", "GET", f"/v1/customers/{one.id}")
            if one.erased:
                assert shown.status_code == 410, shown.text
                continue
            card = shown.json()
            assert _version(shown) == one.version, (shown.headers, one)
            said = (card["stub"], card.get("name"), card.get("salesperson_id"), card.get("marks", {}).get("nature"))
            assert said == (one.stub, one.name, one.salesperson_id, one.nature), (card, one)
            assert card.get("terms", {}).get("payment_days") == one.payment_days, (card, one)
        self.touched.clear()

    def teardown(self) -> None:
        if hasattr(self, "expected"):
            self._follow(7)
            assert self.world.differences() == []


_TELLING = ("number", "name", "salesperson_id", "nature", "payment_days", "share", "severity")
"""What may be said otherwise of each command without making it ill-formed."""


def _another(value: str | int) -> str | int:
    if isinstance(value, int):
        return value + 1
    return {"HIGH": "LOW"}.get(value, value[:-1] + ("5" if value[-1] == "7" else "7"))


def _version(shown: httpx.Response) -> int:
    # What is shown without persons' data may have a tag of its own.
    return int(shown.headers["etag"].strip('"').removesuffix("-withheld"))
