"""Complaints: what may happen to one, and what may not. Pure."""
