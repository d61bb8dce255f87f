"""Accounts to and from their column, remembering the last ones: a busy account is read once a batch, not once a fact."""

from __future__ import annotations

from shared.contracts.open_items import Account, read_account, write_account

_REMEMBERED = 512
_seen: dict[str, Account] = {}


def account_of(text: str) -> Account:
    """The account of a column. The same text gives an equal account, whether it was remembered or read."""
    found = _seen.get(text)
    return read_account(text) if found is None else found


def text_after(before: str, account: Account) -> str:
    """The column of an account that has grown out of that of `before`, which is not asked for again."""
    text = write_account(account)
    _seen.pop(before, None)
    if len(_seen) >= _REMEMBERED:
        del _seen[next(iter(_seen))]
    _seen[text] = account
    return text
