"""Answers of the service alerts: watched customers (the engine's own state) and the list of alerts."""
