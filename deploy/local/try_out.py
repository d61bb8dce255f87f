"""Keys to try things out with on this machine: one for each role, of people of the sample, and two that open more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.keys import FILE, new_key, principal_of_name
from deploy.local.sample.organisation import CUSTODIAN
from shared.auth.keys import KeyEntry, read_keys, withdraw_key
from shared.auth.scopes import READING, SCOPES

ENV = "local"


@dataclass(frozen=True, slots=True)
class TryOut:
    """`person` is one of the sample's; in other data it serves nobody."""

    name: str
    scopes: Iterable[str] = ()
    role: str | None = None
    person: str | None = None

    def is_that_of(self, key: KeyEntry) -> bool:
        return (key.role, key.person, key.scopes) == (self.role, self.person, tuple(sorted(self.scopes)))


TRY_OUTS = (
    TryOut("everything", SCOPES),
    TryOut("reading", READING),
    TryOut("salesperson", role="salesperson", person="S-02"),
    TryOut("supervisor", role="supervisor", person="M-02"),
    TryOut("custodian", role="custodian", person=CUSTODIAN),
    *(TryOut(role, role=role) for role in ("credit_controller", "complaint_handler", "ops", "integrator", "auditor")),
)


def try_out_keys(secrets: Path, known: Mapping[str, str]) -> dict[str, str]:
    """Raw keys by name. Those that are known and still open what they should stay; the others are made anew, and the old ones withdrawn."""
    file = secrets / FILE
    live = {key.id: key for key in read_keys(file)}
    found = {}
    for one in TRY_OUTS:
        raw = known.get(one.name, "")
        kept = live.get(raw.split("_", 3)[2]) if raw.count("_") >= 3 else None
        if kept is not None and one.is_that_of(kept):
            found[one.name] = raw
            continue
        for key in live.values():
            if key.principal == principal_of_name(one.name):
                withdraw_key(file, key.id)
        found[one.name] = new_key(secrets, ENV, one.name, one.scopes, role=one.role, person=one.person)
    return found
