"""Seals the personal fields of events with the customer's own key, and opens them again for reading.

Folds never come here: they carry sealed texts or drop them. Keys are made in a transaction of their own, before that of
the append, so that no event is ever sealed with a key that a rollback took away.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import asyncpg
import msgspec

from shared.privacy.fields import change, has_personal, personal_texts
from shared.privacy.search import Hashes, SearchKind
from shared.privacy.wrapping import DataKey, MasterKey, Unopenable, key_name_of, key_named, open_text, seal_text

KEPT_SECONDS = 60.0
_FRESH_SECONDS = 30.0
_MOST_KEPT = 50_000

S = TypeVar("S", bound=msgspec.Struct)


class KeyNotLoaded(Exception):
    """`seal` was called without `keys_for` less than half a minute before: a defect of the caller."""


class Sealer:
    """One a process. `pool` is of a role that may call the keystore's functions, `now` answers in UTC.

    Open keys are kept for 60 seconds at most: that is how long another process may still read after an erasure.
    """

    def __init__(
        self,
        pool: asyncpg.Pool,
        master_key: bytes,
        fingerprint_key: bytes,
        now: Callable[[], datetime],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        most_kept: int = _MOST_KEPT,
    ) -> None:
        self._pool = pool
        self._master = MasterKey(master_key)
        self._hashes = Hashes(fingerprint_key)
        self._now = now
        self._monotonic = monotonic
        self._most_kept = most_kept
        # Both least recently asked for first. None instead of a key: erased.
        self._by_customer: OrderedDict[UUID, tuple[float, DataKey | None]] = OrderedDict()
        self._by_id: OrderedDict[UUID, tuple[float, DataKey | None]] = OrderedDict()

    async def keys_for(self, customers: Sequence[UUID]) -> None:
        """Make or load the keys of these customers, so that `seal` works for at least half a minute. Two statements for any number.

        Call it before the transaction of the append: it takes a connection of its own from the pool.
        """
        since = self._monotonic()
        wanted = {customer for customer in customers if not self._kept(self._by_customer, customer, since, _FRESH_SECONDS)}
        if not wanted:
            return
        async with self._pool.acquire() as connection:
            rows = await connection.fetch("SELECT customer_id, key_id, wrapped FROM keystore.keys_for($1)", list(wanted))
            missing = sorted(wanted - {row["customer_id"] for row in rows})
            if missing:
                ids = [uuid4() for _ in missing]
                wrapped = [self._master.new_wrapped(key_id, customer) for key_id, customer in zip(ids, missing, strict=True)]
                statement = "SELECT customer_id, key_id, wrapped FROM keystore.make_keys($1, $2, $3)"
                rows += await connection.fetch(statement, missing, ids, wrapped)
        for customer in wanted:
            self._keep(self._by_customer, customer, since, None)
        for row in rows:
            key = self._opened(row)
            self._keep(self._by_customer, row["customer_id"], since, key)
            self._keep(self._by_id, row["key_id"], since, key)
        # Others may have trimmed while this call waited for its answer.
        for customer in self._by_customer.keys() & set(customers):
            self._by_customer.move_to_end(customer)
        self._trim(len(customers))

    def seal(self, event: S, stream: str, customer_id: UUID) -> S:
        """The event with every personal field sealed; of an erased customer without them. Raises KeyNotLoaded."""
        if not has_personal(type(event)):
            return event
        kept = self._by_customer.get(customer_id)
        if kept is None or self._monotonic() - kept[0] > KEPT_SECONDS:
            if not personal_texts(event):
                return event
            raise KeyNotLoaded(str(customer_id))
        key = kept[1]
        return change(event, lambda field, text: None if key is None else seal_text(key, stream, field, text))

    def seal_text(self, text: str, stream: str, field: str, customer_id: UUID) -> str | None:
        """A single text, sealed; None of an erased customer. Raises KeyNotLoaded."""
        if self.is_erased(customer_id):
            return None
        key = self._by_customer[customer_id][1]
        return None if key is None else seal_text(key, stream, field, text)

    def is_erased(self, customer_id: UUID) -> bool:
        """Whether the keystore said so when `keys_for` last asked. Raises KeyNotLoaded."""
        kept = self._by_customer.get(customer_id)
        if kept is None or self._monotonic() - kept[0] > KEPT_SECONDS:
            raise KeyNotLoaded(str(customer_id))
        return kept[1] is None

    async def unseal_struct(self, value: S, stream: str) -> S:
        """A struct with its personal fields in the clear; fields of an erased customer are None, required ones empty. Raises Unopenable."""
        return (await self.unseal_structs([(value, stream)]))[0]

    async def unseal_structs(self, values: Sequence[tuple[S, str]]) -> list[S]:
        """Many structs, each with its stream: one question to the keystore. Raises Unopenable."""
        keys = await self._open([text for value, _ in values for _, text in personal_texts(value)])
        return [change(value, self._opening(stream, keys)) for value, stream in values]

    async def unseal(self, texts: Sequence[tuple[str, str, str | None]]) -> list[str | None]:
        """Single texts, each as (stream, name of the field such as `Basics.telephone`, text). None when erased. Raises Unopenable."""
        keys = await self._open([text for _, _, text in texts if text is not None])
        return [None if text is None else self._opening(stream, keys)(field, text) for stream, field, text in texts]

    async def erase(self, customer_id: UUID) -> None:
        """Destroy the customer's key for ever and sign it into the erasure ledger. Other processes forget it within a minute."""
        at = self._now()
        signature = self._master.signature(customer_id, at.isoformat())
        async with self._pool.acquire() as connection:
            await connection.execute("SELECT keystore.destroy_key($1, $2, $3, $4)", customer_id, uuid4(), at, signature)
        self.forget(customer_id)

    def forget(self, customer_id: UUID) -> None:
        """Drop a customer's key from memory, as when the event of an erasure passes by."""
        kept = self._by_customer.pop(customer_id, None)
        if kept is not None and kept[1] is not None:
            self._by_id.pop(kept[1].key_id, None)

    def fingerprint(self, content: bytes) -> bytes:
        """Keyed hash of a fact's content before sealing, 32 bytes."""
        return self._hashes.fingerprint(content)

    def search_hash(self, kind: SearchKind, text: str, country: str | None = None) -> bytes:
        """Keyed hash of a normalised name, telephone number or e-mail address, 32 bytes."""
        return self._hashes.search_hash(kind, text, country)

    def _opening(self, stream: str, keys: dict[str, DataKey | None]) -> Callable[[str, str], str | None]:
        def opened(field: str, text: str) -> str | None:
            name = key_name_of(text)
            if name is None or name not in keys:
                return text
            key = keys[name]
            return None if key is None else open_text(key, stream, field, text)

        return opened

    async def _open(self, texts: Sequence[str]) -> dict[str, DataKey | None]:
        """The keys of texts by their names; without names that are none."""
        since = self._monotonic()
        names = {name for text in texts if (name := key_name_of(text)) is not None}
        named = {name: key_id for name in names if (key_id := key_named(name)) is not None}
        wanted = set(named.values())
        missing = [key_id for key_id in wanted if not self._kept(self._by_id, key_id, since, KEPT_SECONDS)]
        found: dict[UUID, DataKey | None] = {key_id: self._by_id[key_id][1] for key_id in wanted.difference(missing)}
        if missing:
            async with self._pool.acquire() as connection:
                rows = await connection.fetch("SELECT key_id, customer_id, wrapped FROM keystore.open_keys($1)", missing)
            opened = {row["key_id"]: self._opened(row) for row in rows}
            for key_id in missing:
                found[key_id] = opened.get(key_id)
                self._keep(self._by_id, key_id, since, found[key_id])
            self._trim(len(missing))
        return {name: found[key_id] for name, key_id in named.items()}

    def _opened(self, row: Any) -> DataKey | None:
        return None if row["wrapped"] is None else self._master.unwrap(row["key_id"], row["customer_id"], row["wrapped"])

    def _kept(self, kept: OrderedDict[UUID, tuple[float, DataKey | None]], key: UUID, now: float, seconds: float) -> bool:
        found = kept.get(key)
        return found is not None and now - found[0] <= seconds

    def _keep(
        self, kept: OrderedDict[UUID, tuple[float, DataKey | None]], key: UUID, since: float, value: DataKey | None
    ) -> None:
        kept[key] = (since, value)
        kept.move_to_end(key)

    def _trim(self, in_use: int) -> None:
        # The keys of the call in hand stay, however many they are: the caller is about to seal with them.
        bound = max(self._most_kept, in_use)
        oldest = self._monotonic() - KEPT_SECONDS
        for kept in (self._by_customer, self._by_id):
            while kept and (len(kept) > bound or next(iter(kept.values()))[0] < oldest):
                kept.popitem(last=False)


__all__ = ["KEPT_SECONDS", "KeyNotLoaded", "Sealer", "Unopenable"]
