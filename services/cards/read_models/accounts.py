"""Accounts to and from their column, remembering the last ones: a busy account is read once a batch, not once a fact."""

from __future__ import annotations

from shared.contracts.open_items import Account, read_account, write_account

_REMEMBERED = 4096
_seen: dict[str, Account] = {}


def account_of(text: str) -> Account:
    """The account of a column. The same text gives an equal account, whether it was remembered or read."""
    found = _seen.get(text)
    return read_account(text) if found is None else found


def text_of(account: Account) -> str:
    text = write_account(account)
    if len(_seen) >= _REMEMBERED:
        _seen.clear()
    _seen[text] = account
    return text
