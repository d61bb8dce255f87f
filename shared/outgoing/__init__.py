"""Calls to addresses that somebody outside has named."""
