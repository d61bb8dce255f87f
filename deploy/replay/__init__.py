"""Replay equals live: the same events give the same alerts with the same ids, however they are read. Tried on any events."""
