"""Logs and metrics: no bodies, no personal data."""
