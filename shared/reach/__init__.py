"""Whom a caller may know of: who leads which areas, and what every query of a caller with limited rows is narrowed to."""
